"""Search results and audit events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.rest.schemas.base import Told


class SearchHitOut(Told):
    """Something found."""

    kind: Literal["case_file", "document"]
    case_file_id: UUID | None
    document_id: UUID | None
    reference: str | None
    title: str
    page: int | None = Field(description="Best page, from 1")
    snippet: str
    highlights: list[tuple[int, int]] = Field(description="Spans of hits in the snippet: start, end")


class SearchOut(Told):
    """What was found, best first."""

    items: list[SearchHitOut]
    next_cursor: str | None


class AuditEventOut(Told):
    """An event of the audit trail."""

    number: int
    at: datetime
    actor: str
    tag: str
    object_kind: str
    object_id: str
    details: dict[str, Any]
    hash: str


class AuditOut(Told):
    """Events on one object, oldest first."""

    items: list[AuditEventOut]
