"""Rows around the receipt of paper: when it reached the authority, where it lies, what was not to be scanned."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.ids import new_id

LONGEST_BOX = 80
LONGEST_RECIPIENT = 300


class ReceiptCorrection(SQLModel, table=True):
    """Day or channel of a receipt put right (Eingang berichtigt): what stood there before, and why."""

    __tablename__ = "receipt_correction"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    document_id: UUID = Field(foreign_key="document.id", index=True)
    received_on_before: date | None = None
    received_on: date | None = None
    channel_before: str | None = None
    channel: str | None = None
    reason: str
    """Empty where the day was changed by `PATCH`, which asks for none."""
    corrected_by: str = Field(foreign_key="principal.id")
    corrected_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class PaperOriginal(SQLModel, table=True):
    """Where the paper of a document lies, or the thing it stands for (Papieroriginal), and what becomes of it."""

    __tablename__ = "paper_original"
    __table_args__ = (sa.Index("ix_paper_original_unit_box", "unit_id", "box", "id"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    document_id: UUID = Field(foreign_key="document.id", index=True)
    batch_id: UUID | None = Field(default=None, foreign_key="scan_batch.id")
    """The stack it was scanned with."""
    unit_id: str = Field(foreign_key="unit.id")
    """Who keeps it."""
    thing: str | None = None
    """What it is where it could not be scanned: a CD, a model, a parcel."""
    box: str | None = Field(default=None, max_length=LONGEST_BOX)
    keep_until: date | None = None
    """The last day it has to be kept."""
    return_to: str | None = Field(default=None, max_length=LONGEST_RECIPIENT)
    """To whom the original goes back."""
    returned_on: date | None = None
    destroyed_on: date | None = None
    done_by: str | None = Field(default=None, foreign_key="principal.id")
    """Who says that it was sent back or destroyed."""
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revision: int = 1

    @property
    def is_gone(self) -> bool:
        """Whether it is no longer here."""
        return self.returned_on is not None or self.destroyed_on is not None


class WhyUnscanned(StrEnum):
    """Why post is handed over unopened or unscanned."""

    SEALED_BID = "sealed_bid"
    STAFF_COUNCIL = "staff_council"
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"
    OTHER = "other"


class UnscannedPost(SQLModel, table=True):
    """Post that is not to be scanned (nicht zu scannende Post): registered, so that its hand-over can be proven."""

    __tablename__ = "unscanned_post"
    __table_args__ = (sa.Index("ix_unscanned_post_unit", "unit_id", "id"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    unit_id: str = Field(foreign_key="unit.id")
    """The mail room that took it in."""
    addressee_unit_id: str = Field(foreign_key="unit.id", index=True)
    why: WhyUnscanned = Field(sa_type=fixed_words(WhyUnscanned, "why"))
    sender: str
    remark: str = ""
    """What stands on the outside, such as the number of a tender."""
    received_on: date
    channel: str
    registered_by: str = Field(foreign_key="principal.id")
    registered_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    handed_to: str | None = None
    """The name of whoever took it."""
    handed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handed_by: str | None = Field(default=None, foreign_key="principal.id")
    """Who says so."""
    revision: int = 1


class ScanMistake(SQLModel, table=True):
    """A document that should never have been scanned (irrtümlich gescannt), and how it stood before."""

    __tablename__ = "scan_mistake"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    document_id: UUID = Field(foreign_key="document.id", index=True)
    batch_id: UUID | None = Field(default=None, foreign_key="scan_batch.id")
    """The stack, where a whole one was withdrawn."""
    reason: str
    was: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    """What undoing it brings back."""
    withdrawn_by: str = Field(foreign_key="principal.id")
    withdrawn_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    undone_by: str | None = Field(default=None, foreign_key="principal.id")
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_reason: str | None = None
