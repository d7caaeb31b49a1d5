"""Holding a file back with its reason (in Quarantäne nehmen), and noting that it was read after all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from eakte import documents, jobs
from eakte.audit import MACHINE, AuditTag
from eakte.clock import now
from eakte.document_tables import Document, DocumentStatus, DocumentVersion
from eakte.errors import Unreadable
from eakte.jobs import JobKind
from eakte.quarantine_tables import OPEN_STATES, QuarantineCause, QuarantineEntry, QuarantineState
from eakte.virus_checks import Harmful


def cause_of(refusal: Unreadable) -> QuarantineCause:
    """Why a file that could not be opened is held back."""
    return QuarantineCause(refusal.reason) if isinstance(refusal, Harmful) else QuarantineCause.UNREADABLE


def hold_back(session: Session, version: DocumentVersion, cause: QuarantineCause, reason: str) -> QuarantineEntry:
    """Hold a version back; its bytes stay, and the reason is for a clerk. The newest one speaks for its document.

    No person does that: whoever brought it has nothing to do with what the application finds in it.

    Returns:
        The one entry of this version; what people decided about it meanwhile stands.
    """
    document = session.get_one(Document, version.document_id)
    entry = entry_of(session, version.id)
    if entry is not None and is_let_go(session, version.id):
        return entry
    if documents.newest_version(session, document).id == version.id:
        document.status, document.status_reason = DocumentStatus.QUARANTINED, reason
        documents.touch(session, document)
    if entry is None:
        entry = QuarantineEntry(document_id=document.id, version_id=version.id, cause=cause, reason=reason)
        session.add(entry)
    else:
        entry.state, entry.cause, entry.reason, entry.done_at = QuarantineState.HELD, cause, reason, None
        entry.revision += 1
    session.flush()
    _note(session, AuditTag.QUARANTINED, entry, document, reason=reason)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return entry


def note_read(session: Session, version: DocumentVersion) -> None:
    """End the quarantine of a version that could be read after all, if it was held back."""
    entry = entry_of(session, version.id)
    if entry is not None and entry.state in OPEN_STATES:
        end_as_read(session, entry)


def end_as_read(session: Session, entry: QuarantineEntry) -> None:
    """End a quarantine: what it held back has been read."""
    entry.state, entry.done_at = QuarantineState.READ, now()
    entry.revision += 1
    session.flush()
    document = session.get_one(Document, entry.document_id)
    _note(session, AuditTag.QUARANTINE_READ, entry, document, tries=entry.tries)


def is_let_go(session: Session, version_id: UUID) -> bool:
    """Whether people decided that a version is not to be read: released as it is, or sorted out."""
    entry = entry_of(session, version_id)
    return entry is not None and entry.state in (QuarantineState.RELEASED, QuarantineState.WITHDRAWN)


def is_tried_again(session: Session, version_id: UUID) -> bool:
    """Whether somebody has ordered that a version is read once more."""
    entry = entry_of(session, version_id)
    return entry is not None and entry.state is QuarantineState.RETRYING


def entry_of(session: Session, version_id: UUID) -> QuarantineEntry | None:
    """The entry of a version, if it ever was held back."""
    return session.exec(select(QuarantineEntry).where(QuarantineEntry.version_id == version_id)).first()


def _note(session: Session, tag: AuditTag, entry: QuarantineEntry, document: Document, **details: Any) -> None:
    documents.note(session, MACHINE, tag, document, quarantine=str(entry.id), cause=entry.cause.value, **details)
