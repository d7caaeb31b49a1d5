"""Rows of cover sheets (Deckblätter)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.document_tables import DocumentKind
from eakte.ids import new_id


class CoverSheet(SQLModel, table=True):
    """A printed sheet that steers the sheets behind it into a case file."""

    __tablename__ = "cover_sheet"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    printing_id: UUID = Field(index=True)
    """Sheets printed together, so that they can be printed again."""
    code_id: str = Field(unique=True, max_length=16)
    case_file_id: UUID = Field(foreign_key="case_file.id")
    section: str | None = None
    title: str
    kind: DocumentKind = Field(sa_type=fixed_words(DocumentKind, "kind"))
    profile: str | None = None
    """How the sheets behind it are to be scanned; printed for the operator, and compared when they come."""
    reusable: bool = False
    created_by: str = Field(foreign_key="principal.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it last filed something."""
    times_used: int = 0
