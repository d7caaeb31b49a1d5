"""Rows of letters (Schreiben) and the templates they are made from."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.ids import new_id


class LetterStatus(StrEnum):
    """Entwurf, freigegeben, versandt, storniert."""

    DRAFT = "draft"
    APPROVED = "approved"
    POSTED = "posted"
    CANCELLED = "cancelled"


class Reply(StrEnum):
    """What came of the answer to a letter: nothing, only some of its sheets, all; or the letter itself came back."""

    NONE = "none"
    PARTIAL = "partial"
    ANSWER = "answer"
    UNDELIVERABLE = "undeliverable"


class LetterTemplate(SQLModel, table=True):
    """A template a city edits itself; its bytes are in the blob store."""

    __tablename__ = "letter_template"
    id: str = Field(primary_key=True, max_length=80)
    name: str
    position: int = 0
    sha256: str = Field(max_length=64)
    file_name: str
    media_type: str
    answer_sheets: list[int] | None = Field(default=None, sa_type=sa.JSON)
    """Pages expected back, from 1; None for all of them."""


class Letter(SQLModel, table=True):
    """An outgoing letter whose sheets carry a return code (Antwortcode)."""

    __table_args__ = (sa.Index("ix_letter_case_file_created", "case_file_id", "created_at"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_file_id: UUID = Field(foreign_key="case_file.id")
    document_id: UUID = Field(foreign_key="document.id", unique=True)
    template_id: str = Field(foreign_key="letter_template.id")
    recipient_id: UUID | None = Field(default=None, foreign_key="party.id")
    data: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    code_id: str = Field(unique=True)
    """The random part of its return codes; the sheet number and check follow from it."""
    answer_sheets: list[int] = Field(sa_type=sa.JSON)
    """Pages expected back; a sheet's number in its code is its page number."""
    coded_sheets: list[int] | None = Field(default=None, sa_type=sa.JSON)
    """Pages that carry a code, those not expected back among them; None for letters whose other pages carry none."""
    status: LetterStatus = Field(default=LetterStatus.DRAFT, sa_type=fixed_words(LetterStatus, "status"))
    created_by: str = Field(foreign_key="principal.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    approved_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    posted_by: str | None = None
    posted_on: date | None = None
    cancelled_by: str | None = None
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_on: date | None = None
    """The day the answer reached the authority."""
    answer_document_id: UUID | None = Field(default=None, foreign_key="document.id", index=True)
    part_document_id: UUID | None = Field(default=None, foreign_key="document.id", index=True)
    """Where the sheets lie that came of an answer, while others are missing."""
    part_sheets: list[int] | None = Field(default=None, sa_type=sa.JSON)
    """Which sheets lie there."""
    returned_on: date | None = None
    """The day the whole letter came back undelivered."""
    returned_document_id: UUID | None = Field(default=None, foreign_key="document.id", index=True)
    revision: int = 1

    @property
    def own_sheets(self) -> list[int]:
        """Pages that carry a code and are not expected back."""
        return [sheet for sheet in self.coded_sheets or [] if sheet not in self.answer_sheets]

    @property
    def sheets_missing(self) -> list[int]:
        """Pages still missing of an answer of which some came; empty when none came, or all."""
        if self.part_document_id is None or self.answered_on is not None:
            return []
        return [sheet for sheet in self.answer_sheets if sheet not in (self.part_sheets or [])]

    @property
    def reply(self) -> Reply:
        """What came of the answer."""
        if self.answered_on is not None:
            return Reply.ANSWER
        if self.sheets_missing:
            return Reply.PARTIAL
        return Reply.NONE if self.returned_on is None else Reply.UNDELIVERABLE
