"""Rows of documents (Dokumente), their versions, pages and renditions."""

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
from eakte.paper import TextSource


class DocumentKind(StrEnum):
    """Eingang, Ausgang, intern."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


class DocumentStatus(StrEnum):
    """How far the newest version has been read."""

    RECEIVED = "received"
    READING = "reading"
    READY = "ready"
    QUARANTINED = "quarantined"


class Document(SQLModel, table=True):
    """A document, in a case file, or waiting in an inbox (then without a case file)."""

    __table_args__ = (
        sa.Index("ix_document_newest", "updated_at", "id", "access_scope_id"),
        sa.Index("ix_document_scope_newest", "access_scope_id", "updated_at", "id"),
        sa.Index("ix_document_case_file_created", "case_file_id", "created_at", "id"),
        sa.UniqueConstraint("case_file_id", "created_by", "external_id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_file_id: UUID | None = Field(default=None, foreign_key="case_file.id")
    proceeding_id: UUID | None = Field(default=None, foreign_key="proceeding.id")
    section: str | None = None
    title: str
    kind: DocumentKind = Field(sa_type=fixed_words(DocumentKind, "kind"))
    document_date: date | None = None
    received_on: date | None = None
    """The day it reached the authority; deadlines count from it."""
    channel: str | None = None
    external_id: str | None = Field(default=None, max_length=200)
    status: DocumentStatus = Field(default=DocumentStatus.RECEIVED, sa_type=fixed_words(DocumentStatus, "status"))
    status_reason: str | None = None
    access_scope_id: int = Field(foreign_key="access_scope.id")
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_reason: str | None = None
    created_by: str = Field(foreign_key="principal.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revision: int = 1


class DocumentVersion(SQLModel, table=True):
    """Bytes as received, never changed (Version)."""

    __tablename__ = "document_version"
    __table_args__ = (sa.UniqueConstraint("document_id", "number"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    document_id: UUID = Field(foreign_key="document.id")
    number: int
    sha256: str = Field(index=True, max_length=64)
    size_bytes: int = Field(sa_type=BYTE_COUNT)
    media_type: str = "application/octet-stream"
    """By content once looked at, until then as the sender named it."""
    file_name: str = ""
    page_count: int | None = None
    rotations: dict[str, int] = Field(default_factory=dict, sa_type=sa.JSON)
    """Page number → clockwise degrees to stand upright, where a code already told it."""
    origin: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    """For scanned documents: `{"scan_batch": id, "sheets": [[file position, page number], …], "hidden": [number, …]}`.

    Hidden are blank pages, by their number in this version; readers pass over them.
    """
    signatures: list[dict[str, Any]] | None = Field(default=None, sa_type=sa.JSON)
    """What the check of its electronic signatures said, written by `eakte.signatures`; None until it was looked at."""
    archive_problem: str | None = None
    """Why no archive copy can be made of it."""
    created_by: str = Field(foreign_key="principal.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def sheets(self) -> list[tuple[UUID, int, int]]:
        """The scanned pages it is made of, as `(batch, file position, page number)` in its order; else none."""
        origin = self.origin or {}
        if "sheets_of" in origin:
            return [(UUID(batch_id), file, page) for batch_id, file, page in origin["sheets_of"]]
        if "scan_batch" not in origin:
            return []
        return [(UUID(origin["scan_batch"]), file, page) for file, page in origin.get("sheets", ())]

    @property
    def hidden_pages(self) -> list[int]:
        """Numbers of the blank pages that readers pass over."""
        return list((self.origin or {}).get("hidden", ()))


class Page(SQLModel, table=True):
    """One page of a version as recognised; derived, rebuildable."""

    __table_args__ = (sa.CheckConstraint("page_number >= 1", name="counts_from_one"),)
    version_id: UUID = Field(primary_key=True, foreign_key="document_version.id")
    page_number: int = Field(primary_key=True)
    rotation: int = 0
    width_mm: float
    height_mm: float
    text: str
    words: bytes
    """Packed by `eakte.page_words`."""
    confidence: float | None = None
    source: TextSource = Field(sa_type=fixed_words(TextSource, "source"))
    image_sha256: str | None = Field(default=None, max_length=64)
    thumbnail_sha256: str | None = Field(default=None, max_length=64)


class Rendition(SQLModel, table=True):
    """Something derived from a version (Wiedergabeform): its searchable PDF, its archive copy."""

    version_id: UUID = Field(primary_key=True, foreign_key="document_version.id")
    kind: str = Field(primary_key=True, max_length=24)
    sha256: str = Field(max_length=64)
    size_bytes: int = Field(sa_type=BYTE_COUNT)
    media_type: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
