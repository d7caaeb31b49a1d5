"""Rows of case files (Akten), their parties and proceedings."""

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


class CaseFileStatus(StrEnum):
    """Open, or completed (abgeschlossen): no more writing."""

    OPEN = "open"
    COMPLETED = "completed"


class CaseFile(SQLModel, table=True):
    """Everything on one matter or person (Akte)."""

    __tablename__ = "case_file"
    __table_args__ = (
        sa.Index("ix_case_file_newest", "updated_at", "id", "access_scope_id"),
        sa.Index("ix_case_file_scope_newest", "access_scope_id", "updated_at", "id"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    reference: str = Field(unique=True)
    """Aktenzeichen as people write it."""
    reference_sort: str = Field(index=True)
    """Sortable twin: numbers padded."""
    reference_key: str = Field(unique=True)
    """Spelling-free twin: found however it is typed."""
    filing_plan_code: str = Field(foreign_key="filing_plan_entry.code", index=True)
    title: str
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    responsible_unit_id: str = Field(foreign_key="unit.id", index=True)
    responsible_person_id: str | None = Field(default=None, foreign_key="person.id")
    status: CaseFileStatus = Field(default=CaseFileStatus.OPEN, sa_type=fixed_words(CaseFileStatus, "status"))
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    access_scope_id: int = Field(foreign_key="access_scope.id")
    created_by: str = Field(foreign_key="principal.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revision: int = 1


class ReferenceCounter(SQLModel, table=True):
    """Last number given out for one filing plan entry and year."""

    __tablename__ = "reference_counter"
    filing_plan_code: str = Field(primary_key=True, foreign_key="filing_plan_entry.code")
    year: int = Field(primary_key=True)
    last_number: int = 0


class ExternalReference(SQLModel, table=True):
    """The name a specialist system has for a case file."""

    __tablename__ = "external_reference"
    system_id: str = Field(primary_key=True, foreign_key="principal.id")
    external_id: str = Field(primary_key=True, max_length=200)
    case_file_id: UUID = Field(foreign_key="case_file.id", index=True)


class Party(SQLModel, table=True):
    """Person or organisation with a role in a case file (Beteiligte)."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_file_id: UUID = Field(foreign_key="case_file.id", index=True)
    position: int = 0
    role: str
    name: str
    name_key: str = Field(default="", index=True)
    """Spelling-free twin of the name (`eakte.person_names`)."""
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    """The account of a party who is known to work here."""
    birth_date: date | None = None
    address: dict[str, str] | None = Field(default=None, sa_type=sa.JSON)
    """`street`, `postal_code`, `city`, `country`, `extra`, or `text` with lines; each optional."""
    protected: bool = False
    """Auskunftssperre (§ 51 BMG): the address stays off everything printed for others."""


class Proceeding(SQLModel, table=True):
    """One matter inside a case file (Vorgang)."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_file_id: UUID = Field(foreign_key="case_file.id", index=True)
    title: str
    access_scope_id: int = Field(foreign_key="access_scope.id", index=True)
    created_by: str = Field(foreign_key="principal.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
