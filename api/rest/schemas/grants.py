"""Rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import DayOrMoment, Told, Wish


class SubjectIn(Wish):
    """Who gets rights: one person, unit or specialist system."""

    person: str | None = None
    unit: str | None = None
    sub_units: bool = Field(default=False, description="With a unit: everybody below it, too")
    system: str | None = None


class GrantIn(Wish):
    """A grant, as in `eakte apply`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"to": {"unit": "SO-EH", "sub_units": True}, "rights": ["read", "file"], "until": "2027-12-31"},
                {"to": {"person": "anna"}, "rights": ["Bearbeiten"], "reason": "Urlaubsvertretung"},
            ]
        }
    )
    to: SubjectIn
    rights: list[str] = Field(min_length=1, examples=[["read", "file"]])
    valid_from: DayOrMoment | None = Field(default=None, alias="from")
    valid_until: DayOrMoment | None = Field(default=None, alias="until", description="A day is included")
    reason: str | None = Field(default=None, max_length=2000)


class GrantOut(Told):
    """A grant on this very node."""

    id: UUID
    to: dict[str, Any]
    rights: list[str]
    cause: str
    given_by: str
    given_at: datetime
    reason: str
    valid_from: datetime | None = Field(serialization_alias="from")
    valid_until: datetime | None = Field(serialization_alias="until")


class GrantsOut(Told):
    """The grants on a node itself; what it inherits is not among them."""

    items: list[GrantOut]
