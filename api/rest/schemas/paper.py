"""Stacks of paper and inboxes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from api.rest.schemas.base import Moment, Told, Wish
from api.rest.schemas.quarantine import CountsOut

MOST_SETTING = 2**53 - 1
"""Beyond, readers of JSON may take one whole number for another."""


SettingName = Annotated[str, StringConstraints(min_length=1, max_length=80)]
SettingValue = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-MOST_SETTING, le=MOST_SETTING)]
    | Annotated[str, StringConstraints(max_length=300)]
)


class PatchCodeIn(Wish):
    """A page on which the scanner saw a patch sheet."""

    file: int = Field(ge=0, description="Position of the file, from 0")
    page: int = Field(ge=1, description="Page in that file, from 1")


class BatchFactsIn(Wish):
    """What a station says of a stack."""

    station: str = Field(examples=["scan-1"])
    operator: str = Field(min_length=1, max_length=200, description="May be a pseudonym")
    batch_id: str = Field(min_length=1, max_length=200, description="The station's own name for the stack")
    profile: str = Field(default="default", description="A scan profile; `default` is always there")
    received_on: date | None = None
    channel: str = Field(default="post", max_length=80)
    box: str | None = Field(default=None, max_length=80, description="Where its paper lies", examples=["K-2026-117"])
    keep_paper_until: date | None = Field(
        default=None, description="The last day its paper has to be kept; left out: as the profile says"
    )
    expected_sheets: int | None = Field(default=None, ge=0)
    scanned_at: Moment | None = None
    patch_codes: list[PatchCodeIn] = Field(
        default_factory=list,
        max_length=10_000,
        description="Pages on which the scanner saw a patch sheet; they separate as printed separator sheets do",
        examples=[[{"file": 0, "page": 3}]],
    )
    device: str = Field(
        default="",
        max_length=300,
        description="What it was scanned with, for the transfer note; left out: as `eakte apply` names it",
        examples=["Scanner S-7900, Inv. 4711, Scansoftware 3.2"],
    )
    device_settings: dict[SettingName, SettingValue] = Field(
        default_factory=dict,
        max_length=50,
        description="Resolution, colours and the like, in the scanner's own words, for the transfer note",
        examples=[{"resolution_dpi": 300, "colour": "grey", "duplex": True}],
    )
    remarks: str = Field(
        default="",
        max_length=2_000,
        description="What the operator noticed about the stack, for the transfer notes",
        examples=["Blatt 3 war eingerissen"],
    )


class ScanBatchIn(BatchFactsIn):
    """What a station says of a stack, as JSON in the field `metadata`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"station": "scan-1", "operator": "op-7", "batch_id": "2026-10-31-003", "received_on": "2026-10-31"}
            ]
        }
    )
    uploads: list[UUID] = Field(
        default_factory=list,
        max_length=1_000,
        description="Complete uploads (`POST /uploads`) in place of `files`, in the order of the stack",
    )


class CompletenessOut(Told):
    """Which sheets of the letter came back."""

    expected: list[int]
    found: list[int]
    missing: list[int]
    doubled: list[int]
    complete: bool


class SheetOut(Told):
    """A page of the stack."""

    file: int = Field(description="Position of the file, from 0")
    page: int = Field(description="Page in that file, from 1")


class ScanItemOut(Told):
    """One document of a stack and what became of it."""

    outcome: str = Field(
        description="pending, filed, inbox or quarantined; withdrawn: scanned by mistake, then nothing else is told"
    )
    reason: str | None
    document_id: UUID | None
    case_file_id: UUID | None
    letter_id: UUID | None
    pages: list[SheetOut]
    codes: list[str]
    answer: str | None = Field(
        description="What its sheets of a letter mean: answer, partial, undeliverable (the whole letter came back), or "
        "copy (the answer with sheets of ours)"
    )
    completeness: CompletenessOut | None


class ScanFileOut(Told):
    """A delivered file."""

    file_name: str
    sha256: str
    size_bytes: int
    pages: int | None
    refused: str | None = Field(description="Why it could not be read")


class ScanBatchOut(Told):
    """A stack and its progress."""

    id: UUID
    station: str
    batch_id: str
    operator: str
    profile: str
    received_on: date
    channel: str
    box: str | None
    keep_paper_until: date | None
    expected_sheets: int | None
    scanned_at: datetime | None
    delivered_at: datetime
    status: str = Field(description="received, working or done")
    counts: CountsOut
    files: list[ScanFileOut]
    items: list[ScanItemOut]


class InboxItemOut(Told):
    """What waits for a person."""

    id: UUID
    unit: str
    document_id: UUID
    title: str
    reason: str
    note: str
    concerns_case_file_id: UUID | None
    received_on: date | None
    created_at: datetime


class SuggestionOut(Told):
    """A case file that what waits may belong to."""

    case_file_id: UUID
    reference: str
    title: str
    score: float = Field(description="0 to 1: how likely it is, by what was found in the text", examples=[0.94])
    reason: str = Field(
        description="The evidence, weightiest first",
        examples=["Aktenzeichen 11.20/2026/00042 im Text, Seite 1; Name von Erika Muster, Seite 1"],
    )


class OneInboxItemOut(InboxItemOut):
    """What waits, and where it probably belongs."""

    suggestions: list[SuggestionOut] = Field(
        description="Case files the caller may file into, likeliest first, at most five; empty until the text is read"
    )


class InboxOut(Told):
    """What waits, longest waiting first."""

    items: list[InboxItemOut]
    next_cursor: str | None


class FileInboxItemIn(Wish):
    """Where an inbox item belongs."""

    case_file_id: UUID
    section: str | None = None
    title: str | None = Field(default=None, min_length=1, max_length=500)
    is_answer: bool | None = Field(
        default=None, description="Whether it ends the waiting for an answer; left out: as its sheets say"
    )


class ForwardIn(Wish):
    """Who should see to it instead."""

    unit: str
    note: str = Field(default="", max_length=2000)
