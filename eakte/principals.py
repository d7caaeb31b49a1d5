"""Who can act: people, specialist systems and scanning stations, and the units people belong to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.ids import new_id

UNASSIGNED_UNIT = "unassigned"
"""The built-in unit without members that is responsible where nobody was named: nobody gains by it."""


class PrincipalKind(StrEnum):
    """The three kinds of names that can sign in; a name is unique across them."""

    PERSON = "person"
    SYSTEM = "system"
    STATION = "station"


class Principal(SQLModel, table=True):
    """A name that can act."""

    id: str = Field(primary_key=True, max_length=80)
    kind: PrincipalKind = Field(sa_type=fixed_words(PrincipalKind, "kind"))
    name: str
    secret_hash: str | None = None
    """Argon2 hash of the password (people) or the client secret (systems, stations)."""
    active: bool = True
    """False once a person has left or a system was switched off: nothing reaches them; their history stays."""
    ceiling: int = 0
    """The highest level (`eakte.levels`) at which things exist for them."""


class Unit(SQLModel, table=True):
    """Node of the organisation (Organisationseinheit)."""

    id: str = Field(primary_key=True, max_length=80)
    name: str
    parent_id: str | None = Field(default=None, foreign_key="unit.id")
    position: int = 0
    ended: bool = False
    """No longer part of the organisation: belonging to it gives nothing any more."""
    merged_into_id: str | None = Field(default=None, foreign_key="unit.id", index=True)
    """The unit it was merged into: whoever belongs to that one has what was granted here."""
    files_without_code_from: float | None = None
    """From this score on, what waits here without a code files itself into this unit's case files; None: never."""


class Person(SQLModel, table=True):
    """A person with a login."""

    id: str = Field(primary_key=True, foreign_key="principal.id", max_length=80)
    email: str = ""
    birth_date: date | None = None
    """Tells a person from a party of the same name."""
    name_key: str = Field(default="", index=True)
    """Spelling-free twin of the name (`eakte.person_names`), for finding parties who work here."""


class Membership(SQLModel, table=True):
    """A person belongs to a unit; several are possible (matrix)."""

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    unit_id: str = Field(primary_key=True, foreign_key="unit.id", index=True)
    position: int = 0


class RoleHolding(SQLModel, table=True):
    """A person holds a role: `admin` or `dpo` everywhere, or a role in one unit."""

    __tablename__ = "role_holding"
    __table_args__ = (sa.UniqueConstraint("person_id", "role", "unit_id"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    role: str
    unit_id: str | None = Field(default=None, foreign_key="unit.id")


class SpecialistSystem(SQLModel, table=True):
    """A machine client (Fachverfahren)."""

    __tablename__ = "specialist_system"
    id: str = Field(primary_key=True, foreign_key="principal.id", max_length=80)


class Station(SQLModel, table=True):
    """A scanning station; what it cannot place lands in the inbox of its unit."""

    id: str = Field(primary_key=True, foreign_key="principal.id", max_length=80)
    unit_id: str = Field(foreign_key="unit.id")
    device: str = ""
    """What it scans with, unless a delivery says otherwise."""


class AccessToken(SQLModel, table=True):
    """A bearer token in use, or a signed-in browser; only its hash is kept."""

    __tablename__ = "access_token"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(unique=True)
    principal_id: str = Field(foreign_key="principal.id", index=True)
    browser: bool = False
    csrf_token: str = ""
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
