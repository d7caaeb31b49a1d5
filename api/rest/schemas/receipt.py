"""When paper came, and what should never have been scanned."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import Told, Wish

ChannelWord = Literal["post", "letterbox", "night_letterbox", "counter", "courier", "fax", "e-mail", "portal"]


class ReceiptIn(Wish):
    """What is right about a receipt; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"received_on": "2026-11-28", "channel": "night_letterbox", "reason": "Nachtbriefkasten vom Samstag"}
            ]
        }
    )
    received_on: date | None = Field(default=None, description="Not to come, and not after the delivery of the scan")
    channel: ChannelWord | None = None
    reason: str = Field(min_length=1, max_length=2000)


class ReceiptCorrectionOut(Told):
    """What stood there before a correction, and what since."""

    received_on_before: date | None
    received_on: date | None
    channel_before: str | None
    channel: str | None
    reason: str = Field(description="Empty where the day was changed by PATCH")
    corrected_by: str
    corrected_at: datetime


class ReceiptOut(Told):
    """When and how a document reached the authority."""

    document_id: UUID
    received_on: date | None
    channel: str | None
    corrections: list[ReceiptCorrectionOut] = Field(description="Newest first")


class BatchCorrectedOut(Told):
    """What the correction of a whole stack came to."""

    corrected: int = Field(description="Documents that follow it")
    left: int = Field(description="Documents corrected on their own before, withdrawn, or that take no changes")


class MistakeOut(Told):
    """A document that was withdrawn because it should never have been scanned."""

    id: UUID = Field(description="To undo it")
    reason: str
    withdrawn_at: datetime


class ListedMistakeOut(MistakeOut):
    """The same, as the stack tells it."""

    may_undo: bool = Field(description="Whether the caller may undo it now")


class MistakesOut(Told):
    """What of a stack was withdrawn."""

    items: list[ListedMistakeOut]


class BatchWithdrawnOut(Told):
    """What the withdrawal of a whole stack came to."""

    documents: int = Field(description="How many exist for nobody now")
    with_other_sheets: int = Field(description="How many of them held sheets of other stacks too, gone with them")
