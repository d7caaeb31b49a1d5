"""The one row that makes this installation itself: secrets that must travel with its records."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, select

from eakte.audit import AuditTag, record
from eakte.clock import now
from eakte.columns import UtcDateTime
from eakte.errors import Damaged


class Installation(SQLModel, table=True):
    """Made by the first migration. The key lies with the letters it signs: a backup holds both or neither."""

    id: int = Field(default=1, primary_key=True)
    return_code_key: bytes = Field(default_factory=lambda: secrets.token_bytes(32))
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    scanning_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when files from outside are scanned for viruses; None: they are not."""


def return_code_key(session: Session) -> bytes:
    """The secret that signs this installation's return codes."""
    row = session.get(Installation, 1)
    if row is None:
        raise Damaged("Die Datenbank hat keine Installationszeile; bitte aus der Sicherung wiederherstellen.")
    return row.return_code_key


def scanning_since(session: Session) -> datetime | None:
    """Since when files from outside are scanned before anything opens them; None where they are not."""
    return session.exec(select(Installation.scanning_since)).one()


def begin_scanning(session: Session, *, actor_id: str) -> bool:
    """From now on nothing that comes in is opened or given out unscanned; False when that holds already."""
    row = session.get_one(Installation, 1)
    if row.scanning_since is not None:
        return False
    row.scanning_since = now()
    _note(session, actor_id, "begun")
    return True


def end_scanning(session: Session, *, actor_id: str) -> bool:
    """Let files pass unscanned again; what was found harmful stays so. False when they did already."""
    row = session.get_one(Installation, 1)
    if row.scanning_since is None:
        return False
    row.scanning_since = None
    _note(session, actor_id, "ended")
    return True


def _note(session: Session, actor_id: str, how: str) -> None:
    session.flush()
    record(
        session,
        AuditTag.VIRUS_SCANNING_SWITCHED,
        actor_id=actor_id,
        object_kind="installation",
        object_id="1",
        scanning=how,
    )
