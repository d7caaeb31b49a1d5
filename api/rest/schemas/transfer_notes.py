"""Transfer notes and checks of scan products."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.rest.schemas.base import Told, Wish


class QualityCheckOut(Told):
    """A look at a scan product, or that a fault was settled."""

    result: str = Field(description="good, fault or settled")
    remark: str
    rescan: bool = Field(description="The paper should be scanned again")
    checker: str
    checker_name: str
    scanned_by_checker: bool | None = Field(description="Null where nobody can tell, or it was no look at the picture")
    level: str = Field(description="Of the document at that moment")
    checked_at: datetime


class TransferNoteOut(Told):
    """Who scanned what, when and how, bound to the hashes (BSI TR-03138 RESISCAN, A.NB.4)."""

    id: UUID
    document_id: UUID
    version: int
    sha256: str = Field(description="Of the scan product the note is about")
    digest: str = Field(
        description="SHA-256 of `content`, written with sorted keys and without blanks (RFC 8785)",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    intact: bool = Field(description="Note and checks are as they were sealed, and the version has the hash they name")
    quality: str = Field(description="none (not in the sample), waiting, good, fault or settled")
    needs_check: bool = Field(
        description="Somebody is to look at it; also true at the highest level when only its operator has"
    )
    content: dict[str, Any] = Field(
        description="What the note says, as sealed: product, scans (operator, station, device, settings, profile, "
        "times, sheets, files), anomalies, completeness, quality_assurance, agreement"
    )
    checks: list[QualityCheckOut]


class ToCheckOut(Told):
    """Notes whose products are to be looked at, longest waiting first."""

    items: list[TransferNoteOut]
    next_cursor: str | None


class QualityCheckIn(Wish):
    """What a look at a scan product found."""

    result: Literal["good", "fault"]
    remark: str = Field(
        default="",
        max_length=2_000,
        description="What is wrong; required for a fault. The scanning station reads it, too",
        examples=["Seite 2 ist abgeschnitten"],
    )
    rescan: bool = Field(default=False, description="Ask for the paper to be scanned again")


class SettleIn(Wish):
    """How a fault was settled."""

    remark: str = Field(min_length=1, max_length=2_000, examples=["Neu gescannt in Stapel 2026-10-31-004"])


class FaultOut(Told):
    """A fault that waits for the scanning station."""

    note_id: UUID
    scan_batch_id: UUID
    batch_id: str
    files: list[FaultPagesOut]
    remark: str
    rescan: bool
    checker_name: str
    checked_at: datetime


class FaultPagesOut(Told):
    """Where in the delivery the faulty product lies."""

    file_name: str
    pages: list[int]


class FaultsOut(Told):
    """Faults that wait for the stations of the caller's units, oldest first."""

    items: list[FaultOut]


class ResolveIn(Wish):
    """Whose pseudonym it is, and why somebody wants to know."""

    pseudonym: str = Field(min_length=1, max_length=200, examples=["op-7"])
    reason: str = Field(min_length=1, max_length=1_000, examples=["Rückfrage des Gerichts zu Stapel 2026-10-31-003"])


class ResolvedOut(Told):
    """The name behind a pseudonym."""

    station: str
    pseudonym: str
    name: str
