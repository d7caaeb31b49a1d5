"""Writing into a case file (Akte): only while it is open, and every change is noted on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from eakte import access, audit, jobs, places
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.clock import now
from eakte.errors import Conflict
from eakte.jobs import JobKind


class CaseFileCompleted(Conflict):
    """The case file is completed (abgeschlossen) and takes nothing more."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"Die Akte {reference} ist abgeschlossen; sie muss erst wieder geöffnet werden.")


def open_for_writing(session: Session, actor: Actor, case_file_id: UUID, right: Right) -> CaseFile:
    """A case file the actor has this right on and that takes changes, held until the transaction ends.

    Raises:
        NotFound, NotPermitted: As everywhere.
        CaseFileCompleted: It is completed.
    """
    places.hold(session, access.case_file_for(session, actor, case_file_id, right))
    return still_open(session, actor, case_file_id, right)


def still_open(session: Session, actor: Actor, case_file_id: UUID, right: Right) -> CaseFile:
    """As `open_for_writing`, for looking before the work: it keeps nobody waiting."""
    case_file = access.case_file_for(session, actor, case_file_id, right)
    if case_file.status is CaseFileStatus.COMPLETED:
        raise CaseFileCompleted(case_file.reference)
    return case_file


def as_it_was(case_file: CaseFile) -> dict[str, str]:
    """What the trail keeps of a case file before it changes."""
    return {
        "title": case_file.title,
        "responsible_unit": case_file.responsible_unit_id,
        "filing_plan": case_file.filing_plan_code,
    }


def changed(session: Session, actor: Actor, case_file: CaseFile, before: dict[str, str]) -> None:
    """Note changed metadata: for lists and ETag, in the trail, and for the index."""
    touch(session, case_file)
    note(session, actor, AuditTag.CASE_FILE_CHANGED, case_file, before=before)
    jobs.enqueue(session, JobKind.INDEX_CASE_FILE, case_file.id)


def touch(session: Session, case_file: CaseFile) -> None:
    """Note that a case file changed: its place in lists and its ETag follow."""
    case_file.updated_at = now()
    case_file.revision += 1
    session.flush()


def note(session: Session, actor: Actor, tag: AuditTag, case_file: CaseFile, **details: Any) -> None:
    """Record an audit event about a case file."""
    audit.record(
        session,
        tag,
        actor_id=actor.id,
        object_kind="case_file",
        object_id=case_file.id,
        case_file_id=case_file.id,
        origin=actor.origin,
        **details,
    )
