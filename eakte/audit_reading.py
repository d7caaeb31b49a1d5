"""Reading the audit trail of one object: for the data protection officer, and for whoever leads the file."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access
from eakte.access_tables import Right
from eakte.actors import DPO, Actor
from eakte.audit import AuditEvent
from eakte.case_file_tables import CaseFile
from eakte.errors import NotFound
from eakte.letter_tables import Letter

NEWEST_EVENTS = 1_000


def trail_of(session: Session, actor: Actor, object_id: str) -> list[AuditEvent]:
    """The newest events on a case file (with everything in it), document or letter, oldest first.

    Raises:
        NotFound: Nothing of that id, or not for this actor; needs `share`, or the role `dpo`.
    """
    try:
        id_ = UUID(object_id)
    except ValueError:
        raise NotFound from None
    if not actor.has_role(DPO):
        _require_leading(session, actor, id_)
    about = (col(AuditEvent.object_id) == str(id_)) | (col(AuditEvent.case_file_id) == id_)
    events = session.exec(
        select(AuditEvent).where(about).order_by(col(AuditEvent.number).desc()).limit(NEWEST_EVENTS)
    ).all()
    if not events:
        raise NotFound
    return list(reversed(events))


def _require_leading(session: Session, actor: Actor, id_: UUID) -> None:
    if session.get(CaseFile, id_) is not None:
        access.case_file_for(session, actor, id_, Right.SHARE)
    elif session.get(Letter, id_) is not None:
        access.letter_for(session, actor, id_, Right.SHARE)
    else:
        access.document_for(session, actor, id_, Right.SHARE)
