"""Inboxes (Postkörbe): what could not be filed by itself waits here for a person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, case_file_writing, documents, jobs, letters, places, virus_checks, where_to_file
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import MACHINE, AuditTag, Doer
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import now, today
from eakte.document_tables import Document
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.jobs import JobKind
from eakte.letter_tables import Letter
from eakte.principals import Unit
from eakte.scan_tables import ScanItem, ScannedAnswer, ScanOutcome


@dataclass(frozen=True)
class Waiting:
    """An inbox item with the document it holds."""

    item: InboxItem
    document: Document


def put_into_inbox(
    session: Session,
    document: Document,
    unit_id: str,
    reason: str,
    *,
    by: Doer,
    concerns: CaseFile | None = None,
    letter: Letter | None = None,
) -> InboxItem:
    """Let a document without a case file wait in a unit's inbox.

    Args:
        reason: Why it waits, for a clerk.
        concerns: The case file its code names; then only holders of `file` there may see it.
    """
    item = InboxItem(
        unit_id=unit_id,
        document_id=document.id,
        reason=reason,
        concerns_case_file_id=None if concerns is None else concerns.id,
        letter_id=None if letter is None else letter.id,
    )
    session.add(item)
    session.flush()
    audit.record(
        session,
        AuditTag.INBOX_RECEIVED,
        actor_id=by.id,
        object_kind="inbox_item",
        object_id=item.id,
        origin=by.origin,
        unit=unit_id,
        reason=reason,
        document=str(document.id),
    )
    return item


def list_waiting(
    session: Session, actor: Actor, *, unit_id: str | None = None, after: UUID | None = None, limit: int
) -> list[Waiting]:
    """What waits for the actor, longest waiting first."""
    units = [unit for unit in actor.inbox_units if unit_id is None or unit == unit_id]
    waiting: list[Waiting] = []
    while len(waiting) < limit:
        wanted = (
            select(InboxItem, Document)
            .join(Document, col(Document.id) == col(InboxItem.document_id))
            .where(
                col(InboxItem.unit_id).in_(units),
                InboxItem.status == InboxStatus.WAITING,
                col(Document.withdrawn_at).is_(None),
            )
        )
        if after is not None:
            wanted = wanted.where(col(InboxItem.id) > after)
        rows = session.exec(wanted.order_by(col(InboxItem.id)).limit(limit)).all()
        seen = access.documents_among(session, actor, [document.id for _, document in rows])
        waiting += [Waiting(item, document) for item, document in rows if document.id in seen]
        if len(rows) < limit:
            break
        after = rows[-1][0].id
    return waiting[:limit]


def item_for(session: Session, actor: Actor, item_id: UUID) -> Waiting:
    """An inbox item that waits and exists for the actor.

    Raises:
        NotFound: None such.
        Conflict: Somebody has dealt with it meanwhile.
    """
    item = session.get(InboxItem, item_id)
    if item is None:
        raise access.nothing_there(session, actor)
    if item.status is InboxStatus.WITHDRAWN:
        raise access.nothing_there(session, actor)
    document = session.get_one(Document, item.document_id)
    if item.status is not InboxStatus.WAITING:
        if item.unit_id in actor.inbox_units and (
            item.concerns_case_file_id is None or _may_file(session, actor, item.concerns_case_file_id)
        ):
            raise Conflict("Dieser Eingang wurde inzwischen schon bearbeitet.")
        raise NotFound
    if document.withdrawn_at is not None or not access.may_see_item(session, actor, item, document):
        raise NotFound
    return Waiting(item, document)


def file_item(
    session: Session,
    actor: Actor,
    item_id: UUID,
    case_file_id: UUID,
    *,
    section: str | None = None,
    title: str | None = None,
    is_answer: bool | None = None,
) -> Document:
    """File what waits into a case file; if its code names a letter of that file, it becomes the answer.

    Args:
        is_answer: Whether it ends the waiting for an answer; None for what its sheets say: neither a part of an answer
            nor a letter that came back undelivered does.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: On the item (`file`), and on the case file.
        Conflict: Somebody else was faster.
        Invalid: Unknown section, empty title.
    """
    waiting = _item_to_deal_with(session, actor, item_id)
    item, document = waiting.item, waiting.document
    virus_checks.check_may_leave(session, documents.newest_version(session, document))
    target, _ = where_to_file.place_to_file(session, actor, case_file_id, section, None)
    if target.status is CaseFileStatus.COMPLETED:
        raise CaseFileCompleted(target.reference)
    if title is not None:
        if not title.strip():
            raise Invalid("Der Titel fehlt.", FieldProblem("/title", "Bitte einen Titel angeben oder weglassen."))
        document.title = title.strip()
    document.case_file_id, document.section = target.id, section
    places.place_document(session, document)
    documents.touch(session, document)
    case_file_writing.touch(session, target)
    close_item(session, item, InboxStatus.FILED, done_by=actor.id)
    tell_batch(session, document, target)
    letter = session.get(Letter, item.letter_id) if item.letter_id is not None else None
    if letter is not None and letter.case_file_id == target.id and letter.answered_on is None:
        received_on = document.received_on or today()
        came_back = _came_back(session, document)
        if is_answer or (is_answer is None and not came_back and letter.part_document_id != document.id):
            letters.mark_answered(session, letter, document.id, received_on=received_on, by=actor)
        elif came_back:
            letters.mark_returned(session, letter, document.id, received_on=received_on, by=actor)
    documents.note(session, actor, AuditTag.INBOX_FILED, document, inbox_item=str(item.id))
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return document


def forward_item(session: Session, actor: Actor, item_id: UUID, unit_id: str, note: str) -> InboxItem:
    """Send what waits to another unit's inbox, with a note."""
    waiting = _item_to_deal_with(session, actor, item_id)
    check_unit(session, unit_id)
    virus_checks.check_may_leave(session, documents.newest_version(session, waiting.document))
    item = waiting.item
    source = item.unit_id
    item.unit_id, item.note = unit_id, note
    item.revision += 1
    places.hang_document(session, waiting.document, places.inbox_scope(session, unit_id))
    documents.touch(session, waiting.document)
    documents.note(session, actor, AuditTag.INBOX_FORWARDED, waiting.document, source=source, target=unit_id)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, waiting.document.id)
    return item


def file_by_itself(
    session: Session, item: InboxItem, document: Document, target: CaseFile, *, score: float, evidence: str
) -> None:
    """File what waits by the authority of its unit, which asked for it; the trail tells score and evidence.

    The batch tells no more than that: others see it than those who may know the case file.

    Whoever calls holds both and has decided (`eakte.intake.suggestions_filing`).
    """
    document.case_file_id = target.id
    places.place_document(session, document)
    documents.touch(session, document)
    case_file_writing.touch(session, target)
    close_item(session, item, InboxStatus.FILED, done_by=None)
    tell_batch(session, document, target, "Ohne Code von selbst abgelegt.")
    documents.note(
        session,
        MACHINE,
        AuditTag.DOCUMENT_FILED,
        document,
        by="text",
        unit=item.unit_id,
        score=score,
        evidence=evidence,
        inbox_item=str(item.id),
    )
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)


def forward_by_rule(session: Session, item: InboxItem, document: Document, unit_id: str, rule: str) -> None:
    """Send what waits to the unit that a rule of the inbox names; the reason tells the rule.

    Args:
        rule: In words for a clerk.
    """
    source = item.unit_id
    item.unit_id, item.reason = unit_id, f"{item.reason} Hierher durch {rule}."
    item.revision += 1
    places.hang_document(session, document, places.inbox_scope(session, unit_id))
    documents.touch(session, document)
    documents.note(session, MACHINE, AuditTag.INBOX_FORWARDED, document, source=source, target=unit_id, rule=rule)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)


def reject_item(session: Session, actor: Actor, item_id: UUID, reason: str) -> None:
    """Sort out what is no record (advertising, misdelivered); its bytes and the reason stay in evidence."""
    waiting = _item_to_deal_with(session, actor, item_id)
    if not reason.strip():
        raise Invalid("Der Grund fehlt.", FieldProblem("/reason", "Bitte angeben, warum der Eingang aussortiert wird."))
    close_item(session, waiting.item, InboxStatus.REJECTED, done_by=actor.id)
    waiting.document.withdrawn_at, waiting.document.withdrawn_reason = now(), reason.strip()
    letters.forget_parts_in(session, waiting.document.id)
    documents.touch(session, waiting.document)
    documents.note(session, actor, AuditTag.INBOX_REJECTED, waiting.document, reason=reason)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, waiting.document.id)


def check_unit(session: Session, unit_id: str, field: str = "/unit") -> Unit:
    """Refuse to send anything to a unit that is not there, or no longer: nobody would find it.

    Raises:
        Invalid: Names the field.
    """
    unit = session.get(Unit, unit_id)
    if unit is None or unit.ended:
        raise Invalid(
            "Diese Organisationseinheit gibt es nicht.",
            FieldProblem(field, f"„{unit_id}“ ist keine Organisationseinheit."),
        )
    return unit


def _item_to_deal_with(session: Session, actor: Actor, item_id: UUID) -> Waiting:
    """As `item_for`, held until the transaction ends. Who may only read what waits neither files nor sends it away."""
    places.hold(session, item_for(session, actor, item_id).document)
    waiting = item_for(session, actor, item_id)
    access.require(session, actor, waiting.document.access_scope_id, Right.FILE)
    return waiting


def _may_file(session: Session, actor: Actor, case_file_id: UUID) -> bool:
    case_file = session.get_one(CaseFile, case_file_id)
    return bool(access.rights_on(session, actor, case_file.access_scope_id) & Right.FILE)


def waiting_item(session: Session, document: Document) -> InboxItem | None:
    """How a document waits, if it does; whoever calls has got it through the door."""
    wanted = select(InboxItem).where(InboxItem.document_id == document.id, InboxItem.status == InboxStatus.WAITING)
    return session.exec(wanted).first()


def close_item(session: Session, item: InboxItem, status: InboxStatus, *, done_by: str | None) -> None:
    """End what waited; whoever calls has asked the door and done the rest.

    Args:
        done_by: None where it files itself.
    """
    item.status, item.done_at, item.done_by = status, now(), done_by
    item.revision += 1
    session.flush()


def _came_back(session: Session, document: Document) -> bool:
    answers = session.exec(select(ScanItem.answer).where(ScanItem.document_id == document.id)).all()
    return ScannedAnswer.UNDELIVERABLE in answers


def tell_batch(session: Session, document: Document, target: CaseFile, reason: str | None = None) -> None:
    """The batch a document came with learns where it is filed."""
    for scan_item in session.exec(select(ScanItem).where(ScanItem.document_id == document.id)):
        scan_item.outcome, scan_item.case_file_id = ScanOutcome.FILED, target.id
        scan_item.reason = reason or scan_item.reason
