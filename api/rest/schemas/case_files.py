"""Case files, parties and proceedings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import LevelWord, Told, Wish
from api.rest.schemas.grants import GrantIn


class AddressIn(Wish):
    """A postal address."""

    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    extra: str | None = Field(default=None, description="Line between name and street")


class PartyIn(Wish):
    """A party (Beteiligte)."""

    role: str = Field(min_length=1, max_length=200, examples=["Beschäftigte"])
    name: str = Field(min_length=1, max_length=500, examples=["Jörg Größmann"])
    birth_date: date | None = None
    address: AddressIn | str | None = Field(default=None, description="Structured, or lines of text")
    protected: bool = Field(default=False, description="Auskunftssperre, § 51 BMG")
    person: str | None = Field(default=None, description="Account of a party who works here: kept from acting")


class PartyOut(Told):
    """A party of a case file."""

    id: UUID
    role: str
    name: str
    birth_date: date | None
    address: dict[str, str] | None
    protected: bool


class CaseFileIn(Wish):
    """What a case file is opened with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "filing_plan": "11.20",
                    "title": "Personalakte Jörg Größmann",
                    "parties": [{"role": "Beschäftigte", "name": "Jörg Größmann", "birth_date": "1981-04-12"}],
                    "fields": {"personnel_no": "004711"},
                    "responsible_unit": "PO",
                }
            ]
        }
    )
    filing_plan: str = Field(description="Code of a leaf of the filing plan")
    title: str = Field(min_length=1, max_length=500)
    parties: list[PartyIn] = Field(default_factory=list, max_length=1000)
    fields: dict[str, Any] = Field(default_factory=dict)
    responsible_unit: str | None = Field(
        default=None, description="Federführung; nobody's yet when left out by a system"
    )
    level: LevelWord | None = Field(default=None, description="Where it is to be higher than its filing plan entry's")
    grants: list[GrantIn] = Field(default_factory=list, max_length=100)


class CaseFilePatch(Wish):
    """What is to change; what is left out stays."""

    title: str | None = Field(default=None, min_length=1, max_length=500)
    fields: dict[str, Any] | None = None
    responsible_unit: str | None = None
    filing_plan: str | None = Field(default=None, description="Move to this leaf; the reference stays")
    level: LevelWord | None = Field(default=None, description="Its own level; needs `share`")


class CaseFileOut(Told):
    """A case file (Akte)."""

    id: UUID
    reference: str = Field(examples=["11.20/2026/00042"])
    filing_plan: str
    title: str
    status: str = Field(examples=["open"], description="open or completed")
    level: str = Field(examples=["offen"])
    responsible_unit: str
    parties: list[PartyOut]
    fields: dict[str, Any]
    external_references: dict[str, str] = Field(
        description="The caller's own id for it", examples=[{"km-personal": "P-1"}]
    )
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class CaseFilesOut(Told):
    """A page of case files, newest change first."""

    items: list[CaseFileOut]
    next_cursor: str | None


class PartiesOut(Told):
    """The parties of a case file, in order."""

    items: list[PartyOut]


class ProceedingIn(Wish):
    """A new proceeding (Vorgang)."""

    title: str = Field(min_length=1, max_length=500)


class ProceedingOut(Told):
    """A proceeding (Vorgang)."""

    id: UUID
    case_file_id: UUID
    title: str
    created_at: datetime


class ProceedingsOut(Told):
    """The proceedings of a case file, oldest first."""

    items: list[ProceedingOut]
