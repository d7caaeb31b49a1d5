"""The one row that makes this installation itself: secrets that must travel with its records."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlmodel import Field, Session, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime
from eakte.errors import Damaged


class Installation(SQLModel, table=True):
    """Made by the first migration. The key lies with the letters it signs: a backup holds both or neither."""

    id: int = Field(default=1, primary_key=True)
    return_code_key: bytes = Field(default_factory=lambda: secrets.token_bytes(32))
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


def return_code_key(session: Session) -> bytes:
    """The secret that signs this installation's return codes."""
    row = session.get(Installation, 1)
    if row is None:
        raise Damaged("Die Datenbank hat keine Installationszeile; bitte aus der Sicherung wiederherstellen.")
    return row.return_code_key
