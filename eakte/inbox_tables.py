"""Rows of inboxes (Postkörbe)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.ids import new_id


class InboxStatus(StrEnum):
    """Waiting for a person, filed into a case file, rejected (not ours, advertising …), put to another document.

    Withdrawn was what should never have been scanned: it exists for nobody.
    """

    WAITING = "waiting"
    FILED = "filed"
    REJECTED = "rejected"
    JOINED = "joined"
    WITHDRAWN = "withdrawn"


class InboxItem(SQLModel, table=True):
    """A document that could not be filed by itself and waits in a unit's inbox."""

    __tablename__ = "inbox_item"
    __table_args__ = (sa.Index("ix_inbox_item_waiting", "unit_id", "status", "created_at", "id"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    unit_id: str = Field(foreign_key="unit.id")
    document_id: UUID = Field(foreign_key="document.id", unique=True)
    reason: str
    """Why it waits, for a clerk."""
    note: str = ""
    """From whoever forwarded it."""
    concerns_case_file_id: UUID | None = Field(default=None, foreign_key="case_file.id")
    """A known case file it belongs to by its code; then only holders of `file` there may see it."""
    letter_id: UUID | None = Field(default=None, foreign_key="letter.id")
    status: InboxStatus = Field(default=InboxStatus.WAITING, sa_type=fixed_words(InboxStatus, "status"))
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_by: str | None = None
    revision: int = 1
