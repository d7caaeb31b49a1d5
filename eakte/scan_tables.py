"""Rows of scan batches (Scanstapel): what was delivered, what was seen on it, what became of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import BYTE_COUNT, UtcDateTime, fixed_words
from eakte.ids import new_id


class ScanBatchStatus(StrEnum):
    """Received (durable), being worked on, done."""

    RECEIVED = "received"
    WORKING = "working"
    DONE = "done"


class ScanOutcome(StrEnum):
    """What became of one document of a batch."""

    PENDING = "pending"
    FILED = "filed"
    INBOX = "inbox"
    QUARANTINED = "quarantined"
    WITHDRAWN = "withdrawn"
    """Scanned by mistake."""


class ScannedAnswer(StrEnum):
    """What sheets of a letter mean: its answer; a part of it; the letter itself, undelivered; the answer with ours."""

    ANSWER = "answer"
    PARTIAL = "partial"
    UNDELIVERABLE = "undeliverable"
    COPY = "copy"


class ScanBatch(SQLModel, table=True):
    """One delivery of a scanning station; the same delivery twice is one."""

    __tablename__ = "scan_batch"
    __table_args__ = (
        sa.UniqueConstraint("station_id", "batch_id"),
        sa.Index("ix_scan_batch_newest", "delivered_at", "id"),
        sa.Index("ix_scan_batch_station_newest", "station_id", "delivered_at", "id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    station_id: str = Field(foreign_key="station.id")
    batch_id: str = Field(max_length=200)
    fingerprint: str = Field(max_length=64)
    """Over the hashes of its files, in order."""
    operator: str
    device: str = ""
    """What it was scanned with, as the station or its delivery names it."""
    device_settings: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    """Resolution, colours and the like, in the scanner's own words."""
    remarks: str = ""
    """What the operator noticed about the stack."""
    profile: str = "default"
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    """What the profile said on reception (`eakte.scan_profiles`); empty for stacks from before there were profiles."""
    patch_codes: list[dict[str, int]] = Field(default_factory=list, sa_type=sa.JSON)
    """Separators the scanner saw: `{"file": position from 0, "page": number from 1}`."""
    received_on: date
    channel: str
    box: str | None = Field(default=None, max_length=80)
    """Where its paper lies (Karton)."""
    keep_paper_until: date | None = None
    """The last day its paper has to be kept."""
    expected_sheets: int | None = None
    scanned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_by: str = Field(foreign_key="principal.id")
    delivered_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    status: ScanBatchStatus = Field(default=ScanBatchStatus.RECEIVED, sa_type=fixed_words(ScanBatchStatus, "status"))
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ScanFile(SQLModel, table=True):
    """One file of a batch, as delivered."""

    __tablename__ = "scan_file"
    __table_args__ = (sa.UniqueConstraint("batch_id", "position"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    batch_id: UUID = Field(foreign_key="scan_batch.id")
    position: int
    file_name: str
    sha256: str = Field(max_length=64)
    size_bytes: int = Field(sa_type=BYTE_COUNT)
    reading: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    """What was seen (`eakte.intake.look`), None until looked at."""
    refused_reason: str | None = None
    """Why it could not be opened, for a clerk."""


class ScanItem(SQLModel, table=True):
    """One document of a batch and what became of it."""

    __tablename__ = "scan_item"
    __table_args__ = (sa.UniqueConstraint("batch_id", "position"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    batch_id: UUID = Field(foreign_key="scan_batch.id")
    position: int
    outcome: ScanOutcome = Field(default=ScanOutcome.PENDING, sa_type=fixed_words(ScanOutcome, "outcome"))
    reason: str | None = None
    document_id: UUID | None = Field(default=None, foreign_key="document.id", index=True)
    case_file_id: UUID | None = Field(default=None, foreign_key="case_file.id")
    letter_id: UUID | None = Field(default=None, foreign_key="letter.id")
    sheets: list[list[int]] = Field(default_factory=list, sa_type=sa.JSON)
    """`[file position, page number]`, in reading order."""
    codes: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    """Return codes of ours on its sheets, as printed."""
    completeness: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    answer: ScannedAnswer | None = Field(default=None, sa_type=fixed_words(ScannedAnswer, "answer"), nullable=True)
