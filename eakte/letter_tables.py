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
    answer_document_id: UUID | None = Field(default=None, foreign_key="document.id")
    revision: int = 1
