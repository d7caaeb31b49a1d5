"""Scanned by mistake (irrtümlich gescannt): a sealed bid, a private letter. Withdrawn through every door at once.

What remains is that it happened, when, by whom and why: in the trail and in the counts of the stack. Earlier versions
of other documents that show one of its sheets, from before a stack was put right, are withdrawn with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, case_file_writing, documents, inbox, jobs, letters, places
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import enclosures, receive
from eakte.jobs import JobKind
from eakte.letter_tables import Letter
from eakte.receipt_tables import ScanMistake
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanItem, ScanOutcome

UNDO_DAYS = 30
"""How long a withdrawal can be taken back."""


@dataclass(frozen=True)
class BatchWithdrawn:
    """What the withdrawal of a whole stack came to.

    Attributes:
        documents: How many exist for nobody now.
        with_other_sheets: How many of them held sheets of other stacks too, which are gone with them.
    """

    documents: int
    with_other_sheets: int


def withdraw_scanned(session: Session, actor: Actor, document_id: UUID, reason: str) -> ScanMistake:
    """Withdraw a document that should never have been scanned, filed or still waiting; also from a completed file.

    Raises:
        NotFound, NotPermitted: As for every change (`edit`).
        Conflict: It was not scanned.
        Invalid: No reason.
    """
    places.hold(session, access.document_for(session, actor, document_id, Right.EDIT))
    document = access.document_for(session, actor, document_id, Right.EDIT)
    _check_reason(reason)
    entries = _entries_of(session, document)
    if not entries:
        raise Conflict("Das Dokument wurde nicht gescannt; bitte zurückziehen oder aussortieren.")
    if any(_came_with_a_mail(session, document, entry) for entry in entries):
        raise Conflict(
            "Das Dokument kam als Anlage einer E-Mail, in der es noch einmal steckt; bitte den ganzen Stapel "
            "zurückziehen."
        )
    return _withdraw(session, actor, document, reason.strip())


def withdraw_item(session: Session, actor: Actor, item_id: UUID, reason: str) -> ScanMistake:
    """As `withdraw_scanned`, of what waits in an inbox."""
    return withdraw_scanned(session, actor, inbox.item_for(session, actor, item_id).document.id, reason)


def withdraw_batch(session: Session, actor: Actor, batch_id: UUID, reason: str) -> BatchWithdrawn:
    """Withdraw everything of a stack that should never have been scanned, wherever it lies by now.

    Raises:
        NotFound: No such stack, or another unit's.
        Conflict: It is still being worked on, or nothing of it is left.
        Invalid: No reason.
    """
    batch = receive.batch_for(session, actor, batch_id)
    _check_reason(reason)
    if batch.status is not ScanBatchStatus.DONE:
        raise Conflict("Der Stapel wird gerade bearbeitet; bitte gleich noch einmal versuchen.")
    found = [document for document in _all_held(session, batch) if document.withdrawn_at is None]
    if not found:
        raise Conflict("Von diesem Stapel ist nichts mehr da, was zurückgezogen werden könnte.")
    others = 0
    for document in found:
        others += any(entry.batch_id != batch.id for entry in _entries_of(session, document))
        _withdraw(session, actor, document, reason.strip(), batch=batch)
    audit.record(
        session,
        AuditTag.SCANNED_BY_MISTAKE,
        actor_id=actor.id,
        object_kind="scan_batch",
        object_id=batch.id,
        origin=actor.origin,
        reason=reason.strip(),
        documents=len(found),
    )
    return BatchWithdrawn(len(found), others)


def mistake_for(session: Session, actor: Actor, mistake_id: UUID) -> ScanMistake:
    """What was withdrawn, for those who may bring it back where it lay.

    Raises:
        NotFound: None such, or not for this actor.
    """
    mistake = session.get(ScanMistake, mistake_id)
    if mistake is None:
        raise access.nothing_there(session, actor)
    if not _may_undo(session, actor, mistake, session.get_one(Document, mistake.document_id)):
        raise NotFound
    return mistake


def undo(session: Session, actor: Actor, mistake_id: UUID, reason: str) -> Document:
    """Bring back what was withdrawn as scanned by mistake, where it lay, for whoever may see it there.

    It is up to those who may change it where it lies, and for a whole stack to those of its station.

    Raises:
        NotFound: None such, or not for this actor.
        Conflict: Undone already, or too long ago.
        Invalid: No reason.
    """
    mistake = mistake_for(session, actor, mistake_id)
    document = session.get_one(Document, mistake.document_id)
    places.hold(session, document)
    mistake_for(session, actor, mistake_id)
    if mistake.batch_id is None:
        access.require(session, actor, document.access_scope_id, Right.EDIT)
    _check_reason(reason)
    if mistake.undone_at is not None:
        raise Conflict("Das wurde schon rückgängig gemacht.")
    if mistake.withdrawn_at < now() - timedelta(days=UNDO_DAYS):
        raise Conflict(f"Nach mehr als {UNDO_DAYS} Tagen lässt sich das nicht mehr rückgängig machen.")
    mistake.undone_by, mistake.undone_at, mistake.undone_reason = actor.id, now(), reason.strip()
    document.withdrawn_at, document.withdrawn_reason = None, None
    _bring_back(session, document, mistake.was)
    if document.case_file_id is not None:
        places.place_document(session, document)
        case_file_writing.touch(session, session.get_one(CaseFile, document.case_file_id))
    documents.touch(session, document)
    documents.note(session, actor, AuditTag.SCAN_MISTAKE_UNDONE, document, reason=reason.strip())
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return document


def mistakes_in(session: Session, actor: Actor, batch: ScanBatch) -> dict[UUID, tuple[ScanMistake, bool]]:
    """What was withdrawn of a stack the actor may see, by document, and whether the actor may undo it."""
    ids = {item.document_id for item in receive.items_of(session, batch) if item.outcome is ScanOutcome.WITHDRAWN} - {
        None
    }
    wanted = select(ScanMistake).where(col(ScanMistake.document_id).in_(ids), col(ScanMistake.undone_at).is_(None))
    recent = now() - timedelta(days=UNDO_DAYS)
    return {
        row.document_id: (
            row,
            row.withdrawn_at >= recent and _may_undo(session, actor, row, session.get_one(Document, row.document_id)),
        )
        for row in session.exec(wanted)
    }


# -- inside ------------------------------------------------------------------------------------------


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Der Grund fehlt.", FieldProblem("/reason", "Bitte angeben, warum, ohne Inhalte zu nennen."))


def _all_held(session: Session, batch: ScanBatch) -> list[Document]:
    """The documents of a stack, held: also those that sheets were put to while these were waited for."""
    held: list[Document] = []
    while True:
        ids = {item.document_id for item in receive.items_of(session, batch)} - {None}
        if ids <= {document.id for document in held}:
            return held
        held = list(session.exec(select(Document).where(col(Document.id).in_(ids)).order_by(col(Document.id))))
        places.hold(session, *held)


def _entries_of(session: Session, document: Document) -> list[ScanItem]:
    return list(session.exec(select(ScanItem).where(ScanItem.document_id == document.id).order_by(col(ScanItem.id))))


def _came_with_a_mail(session: Session, document: Document, entry: ScanItem) -> bool:
    """Whether a document is an enclosure: the mail, which is kept as it was received, holds it once more."""
    files = receive.files_of(session, session.get_one(ScanBatch, entry.batch_id))
    enclosed = enclosures.mail_of(files)
    if entry.sheets:
        return any(file in enclosed for file, _ in entry.sheets)
    held = {file.sha256 for file in files if file.position in enclosed}
    return documents.newest_version(session, document).sha256 in held


def _withdraw(
    session: Session, actor: Actor, document: Document, reason: str, *, batch: ScanBatch | None = None
) -> ScanMistake:
    entries = _entries_of(session, document)
    item = inbox.waiting_item(session, document)
    was: dict[str, Any] = {
        "entries": {str(entry.id): [entry.outcome.value, entry.reason] for entry in entries},
        "inbox_item": None if item is None else str(item.id),
        "letters": _letters_of(session, document),
    }
    mistake = ScanMistake(
        document_id=document.id,
        batch_id=None if batch is None else batch.id,
        reason=reason,
        was=was,
        withdrawn_by=actor.id,
    )
    session.add(mistake)
    document.withdrawn_at, document.withdrawn_reason = mistake.withdrawn_at, reason
    for entry in entries:
        entry.outcome, entry.reason = ScanOutcome.WITHDRAWN, reason
    if item is not None:
        inbox.close_item(session, item, InboxStatus.WITHDRAWN, done_by=actor.id)
    letters.forget_document(session, document.id)
    documents.touch(session, document)
    if document.case_file_id is not None:
        case_file_writing.touch(session, session.get_one(CaseFile, document.case_file_id))
    documents.note(session, actor, AuditTag.SCANNED_BY_MISTAKE, document, reason=reason)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return mistake


def _letters_of(session: Session, document: Document) -> dict[str, dict[str, Any]]:
    """What letters know of a document."""
    columns = (Letter.answer_document_id, Letter.part_document_id, Letter.returned_document_id)
    found: dict[str, dict[str, Any]] = {}
    for column in columns:
        for letter in session.exec(select(Letter).where(col(column) == document.id)):
            known = found.setdefault(str(letter.id), {})
            if letter.answer_document_id == document.id:
                known["answer"] = True
            if letter.part_document_id == document.id:
                known["part_sheets"] = letter.part_sheets
            if letter.returned_document_id == document.id:
                known["returned"] = True
    return found


def _may_undo(session: Session, actor: Actor, mistake: ScanMistake, document: Document) -> bool:
    if mistake.batch_id is not None:
        try:
            receive.batch_for(session, actor, mistake.batch_id)
        except NotFound:
            pass
        else:
            return True
    if not access.rights_on(session, actor, document.access_scope_id) & Right.EDIT:
        return False
    if document.case_file_id is not None:
        return True
    item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
    return item is not None and access.may_see_item(session, actor, item, document)


def _bring_back(session: Session, document: Document, was: dict[str, Any]) -> None:
    for entry in _entries_of(session, document):
        if str(entry.id) in was["entries"]:
            outcome, entry.reason = was["entries"][str(entry.id)]
            entry.outcome = ScanOutcome(outcome)
    if was["inbox_item"] is not None:
        item = session.get_one(InboxItem, UUID(was["inbox_item"]))
        item.status, item.done_at, item.done_by = InboxStatus.WAITING, None, None
        item.revision += 1
    for letter_id, known in was["letters"].items():
        _letter_knows_again(session.get_one(Letter, UUID(letter_id)), document, known)
    session.flush()


def _letter_knows_again(letter: Letter, document: Document, known: dict[str, Any]) -> None:
    """Nothing that came meanwhile is put aside."""
    day = document.received_on
    if known.get("answer") and letter.answered_on is None:
        letter.answered_on, letter.answer_document_id = day, document.id
    if known.get("part_sheets") and letter.part_document_id is None and letter.answered_on is None:
        letter.part_document_id, letter.part_sheets = document.id, known["part_sheets"]
    if known.get("returned") and letter.returned_document_id is None:
        letter.returned_on, letter.returned_document_id = day, document.id
    letter.revision += 1
