"""The quarantine (Quarantäne): files that could not be read or may not be opened, and what people do about them.

A file is held back with its reason. It can be read again from the start, released as it is without being read, or
sorted out. What a virus scanner refuses is neither opened nor given out until an administrator releases it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from eakte import access, correcting, documents, inbox, installation, jobs, places, virus_checks
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import now
from eakte.document_tables import Document, DocumentStatus, DocumentVersion
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.inbox_tables import InboxStatus
from eakte.intake import receive
from eakte.jobs import JobKind
from eakte.principals import Principal
from eakte.quarantine_tables import (
    HARMFUL,
    OPEN_STATES,
    QuarantineCause,
    QuarantineEntry,
    QuarantineState,
    VirusCheck,
)
from eakte.scan_tables import ScanBatch, ScanItem, ScanOutcome

_STAYS_LISTED = (QuarantineCause.INFECTED, QuarantineCause.UNSCANNABLE)


@dataclass(frozen=True)
class Held:
    """Something in quarantine, as far as somebody may know it.

    Attributes:
        document, version: None for an administrator who may not know the document.
        batch: The stack it came with; None for those whom stacks of that station are not shown.
        may_retry, may_release, may_withdraw: What the viewer may do now.
    """

    entry: QuarantineEntry
    document: Document | None
    version: DocumentVersion | None
    batch: ScanBatch | None
    may_retry: bool = False
    may_release: bool = False
    may_withdraw: bool = False


def list_held(session: Session, actor: Actor, *, after: UUID | None = None, limit: int) -> list[Held]:
    """What is held back, longest first: all of it for administrators, for others what they may read.

    Older versions are left out once a newer one has taken their place, unless they are harmful.
    """
    newer = aliased(DocumentVersion)
    wanted = (
        select(QuarantineEntry)
        .join(Document, col(Document.id) == col(QuarantineEntry.document_id))
        .join(DocumentVersion, col(DocumentVersion.id) == col(QuarantineEntry.version_id))
        .where(
            col(QuarantineEntry.state).in_(OPEN_STATES),
            col(Document.withdrawn_at).is_(None),
            col(QuarantineEntry.cause).in_(_STAYS_LISTED)
            | ~sa.exists().where(
                col(newer.document_id) == col(DocumentVersion.document_id),
                col(newer.number) > col(DocumentVersion.number),
            ),
        )
        .order_by(col(QuarantineEntry.id))
    )
    listed: list[Held] = []
    while len(listed) < limit:
        step = wanted if after is None else wanted.where(col(QuarantineEntry.id) > after)
        rows = session.exec(step.limit(limit)).all()
        listed += [held for row in rows if (held := _as_known(session, actor, row)) is not None]
        if len(rows) < limit:
            break
        after = rows[-1].id
    return listed[:limit]


def held_for(session: Session, actor: Actor, entry_id: UUID) -> Held:
    """One of them, also after it has ended.

    Raises:
        NotFound: None such, or not for this actor.
    """
    entry = session.get(QuarantineEntry, entry_id)
    held = None if entry is None else _as_known(session, actor, entry)
    if held is None:
        raise access.nothing_there(session, actor)
    return held


def counted(session: Session) -> list[tuple[QuarantineCause, int]]:
    """How much is held back, by cause; for whoever runs the machine."""
    rows = session.exec(
        select(QuarantineEntry.cause, sa.func.count())
        .join(Document, col(Document.id) == col(QuarantineEntry.document_id))
        .where(col(QuarantineEntry.state).in_(OPEN_STATES), col(Document.withdrawn_at).is_(None))
        .group_by(col(QuarantineEntry.cause))
    )
    return [(QuarantineCause(cause), count) for cause, count in rows]


# -- what people do ------------------------------------------------------------------------------------


def retry(session: Session, actor: Actor, entry_id: UUID) -> Held:
    """Read a file again, from the start; a file of a stack is split and filed as if it came now.

    Raises:
        NotFound, NotPermitted: As everywhere; `file` is needed, or being an administrator.
        Conflict: Somebody has dealt with it meanwhile.
    """
    held, document, version = _to_deal_with(session, actor, entry_id)
    entry = held.entry
    if entry.state is QuarantineState.RETRYING:
        return held
    _check_still_held(session, entry)
    _check_may(held.may_retry)
    entry.state, entry.tries = QuarantineState.RETRYING, entry.tries + 1
    entry.revision += 1
    virus_checks.want_anew(session, version.sha256)
    jobs.forget_failed(session, version.id)
    batch_id = _batch_to_split(session, document)
    if batch_id is not None:
        jobs.enqueue(session, JobKind.WORK_SCAN_BATCH, batch_id, entry=str(entry.id))
    else:
        read_again(session, document, version)
    _note(session, actor, AuditTag.QUARANTINE_RETRIED, entry, document, tries=entry.tries)
    return _known_again(session, actor, entry)


def release(session: Session, actor: Actor, entry_id: UUID, reason: str) -> Held:
    """Let a file be what it is without being read: in its case file, or in the inbox to be filed by hand.

    Raises:
        NotFound, NotPermitted: As everywhere; what is harmful or not scanned only an administrator releases.
        Conflict: Somebody has dealt with it meanwhile, or the file holds other people's pages.
        Invalid: No reason.
    """
    held, document, version = _to_deal_with(session, actor, entry_id)
    entry = held.entry
    if _did_the_same(entry, QuarantineState.RELEASED, actor, reason):
        return held
    _check_still_held(session, entry)
    if entry.cause is QuarantineCause.UNCUT:
        raise Conflict(
            "Diese Seiten ließen sich nicht aus ihrer Datei nehmen, und die Datei enthält auch andere Schreiben. Bitte "
            "noch einmal versuchen oder die Blätter neu scannen."
        )
    _check_may(held.may_release, "Das können nur Personen, die die Anwendung verwalten.")
    _end(entry, QuarantineState.RELEASED, actor, reason)
    jobs.forget(session, version.id)
    if documents.newest_version(session, document).id == version.id:
        document.status = DocumentStatus.READY
        document.status_reason = f"Ohne Lesen aus der Quarantäne freigegeben: {entry.done_reason}"
        _let_wait(session, document, "Ohne Lesen aus der Quarantäne freigegeben; bitte von Hand ablegen.")
        documents.touch(session, document)
    _note(session, actor, AuditTag.QUARANTINE_RELEASED, entry, document, reason=entry.done_reason)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return _known_again(session, actor, entry)


def withdraw(session: Session, actor: Actor, entry_id: UUID, reason: str) -> Held:
    """Sort out what is held back. A document without another version goes with it, its bytes and traces stay.

    Raises:
        NotFound, NotPermitted: As everywhere; `edit` is needed in a case file, `file` in an inbox.
        Conflict: Somebody has dealt with it meanwhile, or its case file is completed.
        Invalid: No reason.
    """
    held, document, version = _to_deal_with(session, actor, entry_id)
    entry = held.entry
    if _did_the_same(entry, QuarantineState.WITHDRAWN, actor, reason):
        return held
    _check_still_held(session, entry)
    _check_may(held.may_withdraw)
    _end(entry, QuarantineState.WITHDRAWN, actor, reason)
    jobs.forget(session, version.id)
    if version.number == 1 and documents.newest_version(session, document).id == version.id:
        if document.case_file_id is not None:
            case_file = session.get_one(CaseFile, document.case_file_id)
            if case_file.completed_at is not None and held.document is None:
                raise Conflict("Die Akte, in der die Datei liegt, ist abgeschlossen; sie muss erst geöffnet werden.")
            if case_file.completed_at is not None:
                raise CaseFileCompleted(case_file.reference)
        item = inbox.waiting_item(session, document)
        if item is not None:
            inbox.close_item(session, item, InboxStatus.REJECTED, done_by=actor.id)
        document.withdrawn_at, document.withdrawn_reason = now(), entry.done_reason
        correcting.take_back_answer(session, document)
        documents.touch(session, document)
    _note(session, actor, AuditTag.QUARANTINE_WITHDRAWN, entry, document, reason=entry.done_reason)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return Held(entry, None, None, held.batch)


def read_again(session: Session, document: Document, version: DocumentVersion) -> None:
    """Order that a version is read from the start; what a cut of ours has told of its pages stays."""
    if not (version.origin or {}).get("sheets") and not (version.origin or {}).get("sheets_of"):
        version.page_count, version.rotations = None, {}
    if documents.newest_version(session, document).id == version.id:
        document.status, document.status_reason = DocumentStatus.RECEIVED, None
        documents.touch(session, document)
    jobs.enqueue(session, JobKind.READ_VERSION, version.id)


# -- inside ------------------------------------------------------------------------------------------


def _as_known(session: Session, actor: Actor, entry: QuarantineEntry) -> Held | None:
    """An entry as the actor may know it; None for nothing of it."""
    is_admin = actor.is_admin
    try:
        document = access.document_for(session, actor, entry.document_id)
    except NotFound:
        if not is_admin:
            return None
        document = None
    version = session.get_one(DocumentVersion, entry.version_id)
    batch = _batch_of(session, actor, version)
    is_open = entry.state in OPEN_STATES
    rights = Right(0) if document is None else access.rights_on(session, actor, document.access_scope_id)
    deals = is_admin or bool(rights & Right.FILE)
    edits = deals if document is None or document.case_file_id is None else is_admin or bool(rights & Right.EDIT)
    return Held(
        entry,
        document,
        None if document is None else version,
        batch,
        may_retry=deals and entry.state is QuarantineState.HELD,
        may_release=is_open
        and entry.cause is not QuarantineCause.UNCUT
        and (is_admin or (deals and _is_harmless(session, entry, version))),
        may_withdraw=is_open and edits,
    )


def _is_harmless(session: Session, entry: QuarantineEntry, version: DocumentVersion) -> bool:
    """Whether it needs no administrator: nothing is known against its bytes, and they are scanned where that is due."""
    known = session.get(VirusCheck, version.sha256)
    since = installation.scanning_since(session)
    if entry.cause in _STAYS_LISTED:
        return False
    if known is None:
        return since is None or version.created_at < since
    return known.verdict not in HARMFUL


def _batch_of(session: Session, actor: Actor, version: DocumentVersion) -> ScanBatch | None:
    batch_id = (version.origin or {}).get("scan_batch")
    if batch_id is None:
        return None
    if actor.is_admin:
        return session.get(ScanBatch, UUID(batch_id))
    try:
        return receive.batch_for(session, actor, UUID(batch_id))
    except NotFound:
        return None


def _to_deal_with(session: Session, actor: Actor, entry_id: UUID) -> tuple[Held, Document, DocumentVersion]:
    """What is held back, its document held until the transaction ends: of two people the second sees what became."""
    known = held_for(session, actor, entry_id).entry
    document = session.get_one(Document, known.document_id)
    places.hold(session, document)
    session.exec(
        select(QuarantineEntry)
        .where(QuarantineEntry.id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return held_for(session, actor, entry_id), document, session.get_one(DocumentVersion, known.version_id)


def _known_again(session: Session, actor: Actor, entry: QuarantineEntry) -> Held:
    session.flush()
    return held_for(session, actor, entry.id)


def _check_still_held(session: Session, entry: QuarantineEntry) -> None:
    if entry.state in OPEN_STATES:
        return
    how = {
        QuarantineState.READ: "gelesen",
        QuarantineState.RELEASED: "freigegeben",
        QuarantineState.WITHDRAWN: "aussortiert",
    }[entry.state]
    person = None if entry.done_by is None else session.get(Principal, entry.done_by)
    by = "" if person is None else f" von {person.name}"
    raise Conflict(f"Diese Datei wurde inzwischen{by} {how}; sie ist nicht mehr in Quarantäne.")


def _check_may(may: bool, why: str = "Dazu fehlt Ihnen das Recht.") -> None:
    if not may:
        raise NotPermitted(why)


def _did_the_same(entry: QuarantineEntry, state: QuarantineState, actor: Actor, reason: str) -> bool:
    if not reason.strip():
        raise Invalid("Der Grund fehlt.", FieldProblem("/reason", "Bitte angeben, warum."))
    return (entry.state, entry.done_by, entry.done_reason) == (state, actor.id, reason.strip())


def _end(entry: QuarantineEntry, state: QuarantineState, actor: Actor, reason: str) -> None:
    entry.state, entry.done_at, entry.done_by, entry.done_reason = state, now(), actor.id, reason.strip()
    entry.revision += 1


def _let_wait(session: Session, document: Document, reason: str) -> None:
    """What waits in an inbox tells why it does now, there and in its stack."""
    item = inbox.waiting_item(session, document)
    if item is not None:
        item.reason = reason
        item.revision += 1
        wanted = select(ScanItem).where(
            ScanItem.document_id == document.id, ScanItem.outcome == ScanOutcome.QUARANTINED
        )
        for scan_item in session.exec(wanted):
            scan_item.outcome, scan_item.reason = ScanOutcome.INBOX, reason


def _batch_to_split(session: Session, document: Document) -> UUID | None:
    """The stack a file has yet to be split from; None where the document is read as it is."""
    waiting = inbox.waiting_item(session, document)
    wanted = select(ScanItem.batch_id).where(
        ScanItem.document_id == document.id, ScanItem.outcome == ScanOutcome.QUARANTINED
    )
    return None if waiting is None else session.exec(wanted).first()


def _note(
    session: Session, actor: Actor, tag: AuditTag, entry: QuarantineEntry, document: Document, **details: Any
) -> None:
    documents.note(session, actor, tag, document, quarantine=str(entry.id), cause=entry.cause.value, **details)
