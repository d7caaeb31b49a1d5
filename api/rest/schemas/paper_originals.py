"""Paper in boxes, things that cannot be scanned, post that must not be."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import Told, Wish
from api.rest.schemas.documents import Kind
from api.rest.schemas.receipt import ChannelWord


class PaperIn(Wish):
    """Where paper lies and what becomes of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"box": "K-2026-117", "keep_until": "2027-05-31"}]})
    box: str | None = Field(default=None, max_length=80)
    keep_until: date | None = Field(default=None, description="The last day it has to be kept")
    return_to: str | None = Field(default=None, max_length=300, description="To whom the original goes back")


class PaperPatch(PaperIn):
    """What is to change; what is left out stays, null empties it."""


class PaperOut(Told):
    """The paper of a document, or the thing it stands for."""

    id: UUID
    unit: str = Field(description="Who keeps it")
    document_id: UUID | None = Field(description="None where the caller may not know of it")
    title: str | None
    thing: str | None = Field(description="What it is where it could not be scanned")
    batch_id: str | None = Field(description="The stack it was scanned with, as its station called it")
    box: str | None
    keep_until: date | None
    return_to: str | None
    returned_on: date | None
    destroyed_on: date | None
    done_by: str | None = Field(description="Who says that it was given back or destroyed")


class PapersOut(Told):
    """A page of paper, oldest first."""

    items: list[PaperOut]
    next_cursor: str | None


class DocumentPapersOut(Told):
    """The paper of one document."""

    items: list[PaperOut]


class BoxOut(Told):
    """A box and what lies in it."""

    box: str | None = Field(description="None for what lies in no box")
    papers: int
    destroyable: int = Field(description="How many may be destroyed today")
    to_return: int = Field(description="How many have to go back")
    keep_until: date | None = Field(description="The last day on which something in it has to be kept")


class BoxesOut(Told):
    """The boxes of a unit, by name."""

    items: list[BoxOut]


class PapersDoneIn(Wish):
    """What was done with paper; all or none of it."""

    papers: list[UUID] = Field(min_length=1, max_length=1_000)
    on: date | None = Field(default=None, description="Today when left out")


class PapersDoneOut(Told):
    """What was noted."""

    papers: int


class PlaceholderIn(Wish):
    """A thing that cannot be scanned, and where it belongs: into a case file, or a unit's inbox."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Bauplan", "thing": "Modell 1:100", "box": "K-7", "unit": "SO"}]}
    )
    title: str = Field(min_length=1, max_length=500)
    thing: str = Field(min_length=1, max_length=2000, description="What it is, for somebody who looks for it")
    case_file_id: UUID | None = None
    unit: str | None = Field(default=None, description="In place of a case file: the inbox of this unit")
    section: str | None = None
    box: str | None = Field(default=None, max_length=80)
    kind: Kind = "incoming"
    received_on: date | None = Field(default=None, description="Today when left out, for incoming things")
    channel: ChannelWord | None = None


class PlaceholderOut(Told):
    """The document that stands for a thing; the caller need not be able to read it."""

    document_id: UUID
    case_file_id: UUID | None
    unit: str | None
    sha256: str = Field(description="Of the page that stands for it")


WhyWord = Literal["sealed_bid", "staff_council", "personal", "confidential", "other"]


class UnscannedPostIn(Wish):
    """Post that is handed over without being scanned."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"addressee_unit": "SO", "sender": "Bau GmbH", "why": "sealed_bid", "remark": "Vergabe 17/2026"}
            ]
        }
    )
    addressee_unit: str
    sender: str = Field(min_length=1, max_length=500)
    why: WhyWord
    remark: str = Field(default="", max_length=500, description="What stands on the outside")
    received_on: date | None = Field(default=None, description="Today when left out")
    channel: ChannelWord = "post"
    unit: str | None = Field(default=None, description="The mail room, where the caller belongs to several")


class UnscannedPostOut(Told):
    """Registered post and to whom it was handed."""

    id: UUID
    unit: str = Field(description="The mail room that took it in")
    addressee_unit: str
    sender: str
    why: WhyWord
    remark: str
    received_on: date
    channel: str
    registered_by: str
    registered_at: datetime
    handed_to: str | None
    handed_at: datetime | None
    handed_by: str | None


class UnscannedPostsOut(Told):
    """A page of registered post, newest first."""

    items: list[UnscannedPostOut]
    next_cursor: str | None


class HandOverIn(Wish):
    """Who took it."""

    to: str = Field(min_length=1, max_length=300, examples=["Frau Amt, Vergabestelle"])
