"""Documents, versions, words and text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import LevelWord, Told, Wish

Kind = Literal["incoming", "outgoing", "internal"]


class DocumentIn(Wish):
    """What a document is attached with, as JSON in the field `metadata`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Entgeltabrechnung 10/2026",
                    "kind": "outgoing",
                    "document_date": "2026-10-31",
                    "section": "Bezüge",
                    "external_id": "lohn-2026-10-004711",
                }
            ]
        }
    )
    title: str = Field(min_length=1, max_length=500, examples=["Entgeltabrechnung 10/2026"])
    kind: Kind
    document_date: date | None = None
    received_on: date | None = Field(default=None, description="The day it reached the authority")
    section: str | None = None
    proceeding: UUID | None = None
    external_id: str | None = Field(default=None, min_length=1, max_length=200)
    upload: UUID | None = Field(default=None, description="A complete upload (`POST /uploads`) in place of `file`")


class DocumentPatch(Wish):
    """What is to change; what is left out stays."""

    title: str | None = Field(default=None, min_length=1, max_length=500)
    kind: Kind | None = None
    document_date: date | None = None
    received_on: date | None = None
    section: str | None = None
    level: LevelWord | None = Field(default=None, description="Its own level; needs `share`")


class SignatureOut(Told):
    """What the check of an electronic signature said when the file was read."""

    signer: str = Field(description="The name in its certificate; empty where it cannot be read", examples=["A. Ärmel"])
    signed_at: datetime | None = Field(description="Of a sound timestamp, else as the signer claims")
    covers_whole_document: bool = Field(description="Nothing was added to the file after signing")
    intact: bool = Field(description="What was signed is unchanged, and signed with the key of the certificate")
    verifies: bool = Field(description="Intact, and nothing added later touches what was signed")
    trusted: Literal["yes", "no", "unknown"] = Field(
        description="Whether its issuer is trusted here; `unknown` where nobody set whom to trust"
    )
    reason: str = Field(description="What there is to be said about it, in German; empty when all is well")


class DocumentOut(Told):
    """A document (Dokument)."""

    id: UUID
    case_file_id: UUID | None = Field(description="None while it waits in an inbox")
    reference: str | None = Field(description="Of its case file")
    title: str
    kind: Kind
    section: str | None
    proceeding: UUID | None
    level: str = Field(examples=["offen"], description="The highest on the way down to it")
    document_date: date | None
    received_on: date | None
    channel: str | None
    external_id: str | None
    status: str = Field(examples=["ready"], description="received, reading, ready or quarantined")
    status_reason: str | None
    version: int
    sha256: str
    size_bytes: int
    media_type: str
    file_name: str
    pages: int | None
    hidden_pages: list[int] = Field(description="Blank pages of a scan, which readers may pass over")
    signatures: list[SignatureOut] = Field(description="Of a signed PDF, in the order of signing")
    archive_problem: str | None = Field(description="Why there can be no archive copy")
    created_at: datetime
    updated_at: datetime


class DocumentsOut(Told):
    """A page of documents, newest first."""

    items: list[DocumentOut]
    next_cursor: str | None


class VersionOut(Told):
    """A version of a document; its bytes never change."""

    number: int
    sha256: str
    size_bytes: int
    media_type: str
    file_name: str
    pages: int | None
    hidden_pages: list[int] = Field(description="Blank pages of a scan, which readers may pass over")
    signatures: list[SignatureOut] = Field(description="Of a signed PDF, in the order of signing")
    archive_problem: str | None = Field(description="Why there can be no archive copy")
    created_by: str
    created_at: datetime


class VersionsOut(Told):
    """All versions, newest first."""

    items: list[VersionOut]


class MoveIn(Wish):
    """Where a document belongs instead."""

    case_file_id: UUID
    section: str | None = None


class ReasonIn(Wish):
    """Why."""

    reason: str = Field(min_length=1, max_length=2000)


class WordOut(Told):
    """A word on an upright page; edges as fractions of the page (0..1)."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    hit: bool = Field(description="Whether it matches the query `q`")


class WordsOut(Told):
    """The words of a page in reading order."""

    page: int
    width_mm: float
    height_mm: float
    items: list[WordOut]


class PageTextOut(Told):
    """The text of a page."""

    page: int
    text: str
    source: str = Field(description="ocr, text_layer or blank")
    confidence: float | None = Field(description="Of the recognition, 0 to 1; null without words")
    poorly_read: bool = Field(description="Recognised with so little confidence that the image should be looked at")


class TextOut(Told):
    """The text of a document, page by page."""

    items: list[PageTextOut]
