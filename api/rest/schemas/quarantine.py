"""What is held back, and the day's protocol of a station."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import Told, Wish


class QuarantineBatchOut(Told):
    """The stack something came with."""

    id: UUID
    station: str
    batch_id: str = Field(description="The station's own name for the stack")


class QuarantineOut(Told):
    """A file that is held back."""

    id: UUID
    cause: str = Field(
        description="unreadable, infected, unscannable (the virus scanner refuses it), failed (given up after many "
        "tries), or uncut (pages that cannot be taken out of their file)",
        examples=["infected"],
    )
    reason: str = Field(examples=["Der Virenscanner meldet „Eicar-Test-Signature“. Die Datei wurde nicht geöffnet."])
    state: str = Field(description="held, retrying, read, released or withdrawn")
    tries: int = Field(description="How often it was read in vain, or is being read")
    since: datetime
    batch: QuarantineBatchOut | None = Field(description="Null where the caller is not shown that station's stacks")
    document_id: UUID | None = Field(description="Null for administrators who may not know the document")
    case_file_id: UUID | None
    title: str | None
    file_name: str | None
    size_bytes: int | None
    may: list[str] = Field(description="What the caller may do now: retry, release, withdraw", examples=[["retry"]])
    done_at: datetime | None = Field(description="When it ended")
    done_reason: str | None = Field(description="As given with release or withdraw")


class QuarantineListOut(Told):
    """What is held back, longest first."""

    items: list[QuarantineOut]
    next_cursor: str | None


class QuarantineReasonIn(Wish):
    """Why somebody lets a file go."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Fehlalarm, mit dem Absender geklärt"}]})
    reason: str = Field(min_length=1, max_length=2000)


class CountsOut(Told):
    """What came in and what became of it; no more than counts, whatever the caller may read."""

    files: int
    pages: int = Field(description="Of the files looked at so far, with separators and blank backs")
    sheets: int = Field(description="What that is in sheets, by the sides the profile scans")
    documents: int = Field(description="filed + waiting + failed + sorted_out + pending")
    filed: int
    waiting: int = Field(description="In an inbox")
    failed: int = Field(description="In quarantine")
    sorted_out: int
    pending: int
    read: int = Field(description="Documents whose text is recognised")
    reading: int = Field(description="Documents whose text is still to be recognised")


class ScanBatchLineOut(Told):
    """A stack in a list."""

    id: UUID
    station: str
    batch_id: str
    operator: str
    profile: str
    received_on: date
    delivered_at: datetime
    done_at: datetime | None
    status: str = Field(description="received, working or done")
    expected_sheets: int | None
    counts: CountsOut


class ScanBatchListOut(Told):
    """Stacks, newest first."""

    items: list[ScanBatchLineOut]
    next_cursor: str | None


class ProtocolFileOut(Told):
    """A delivered file in the protocol."""

    file_name: str
    sha256: str
    size_bytes: int
    pages: int | None
    refused: str | None


class ProtocolStackOut(ScanBatchLineOut):
    """A stack in the protocol."""

    channel: str
    files: list[ProtocolFileOut]
    anomalies: list[str]


class DayProtocolOut(Told):
    """What a station delivered on a day."""

    station: str
    name: str
    day: date
    made_at: datetime
    total: CountsOut
    stacks: list[ProtocolStackOut]
