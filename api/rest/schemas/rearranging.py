"""Neighbours in a stack, joining and splitting."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import Told, Wish
from api.rest.schemas.paper import InboxItemOut


class NeighbourOut(Told):
    """A document that was scanned next to an inbox item."""

    document_id: UUID
    inbox_item_id: UUID | None = Field(description="Where it waits itself; null once it is filed")
    case_file_id: UUID | None
    title: str
    may_join: bool = Field(description="Whether the caller may put something to it")


class NeighboursOut(Told):
    """What lay right before and right behind; null at the stack's ends and where the caller may not know of it."""

    previous: NeighbourOut | None
    next: NeighbourOut | None


class JoinIn(Wish):
    """What an inbox item is put to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"with": "0192f0c1-6e2a-7b6e-9d55-0f4f5b1c2d3e"}]})
    with_: UUID = Field(alias="with", description="An inbox item that waits, or a document")


class SplitIn(Wish):
    """Where a document is parted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": [3]}]})
    at: list[int] = Field(min_length=1, max_length=2000, description="Page numbers, from 2, that begin a new document")


class SplitOut(Told):
    """What the further pieces became, in the order of their pages."""

    items: list[InboxItemOut]
