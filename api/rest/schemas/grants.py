"""Rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.rest.schemas.base import DayOrMoment, Told, Wish


class SubjectIn(Wish):
    """Who gets rights: one person, unit, role in a unit or specialist system, or those who are all of several."""

    person: str | None = None
    unit: str | None = None
    sub_units: bool = Field(default=False, description="With a unit: everybody below it, too")
    role: str | None = Field(default=None, description="With a unit: who holds this role in it")
    system: str | None = None
    all_of: list[SubjectIn] | None = Field(default=None, description="Only whoever is all of these")


class GrantIn(Wish):
    """A grant, as in `eakte apply`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"to": {"unit": "SO-EH", "sub_units": True}, "rights": ["read", "file"], "until": "2027-12-31"},
                {"to": {"all_of": [{"unit": "SO-EH"}, {"unit": "SR-MITTE"}]}, "rights": ["Bearbeiten"]},
                {"to": {"person": "anna"}, "rights": ["read"], "reason": "Anhörung des Personalrats"},
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
    confirmed_by: str | None = Field(description="The second person, where four eyes are asked for")
    given_at: datetime
    reason: str
    valid_from: datetime | None = Field(serialization_alias="from")
    valid_until: datetime | None = Field(serialization_alias="until")


class GrantsOut(Told):
    """The grants on a node itself; what it inherits is not among them."""

    items: list[GrantOut]


class ExclusionIn(Wish):
    """Who is to be kept out of a node and everything below it, whatever else says otherwise."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"person": "anna", "reason": "Nichte der Antragstellerin"}]}
    )
    person: str
    reason: str = Field(min_length=1, max_length=2000)
    valid_from: DayOrMoment | None = Field(default=None, alias="from")
    valid_until: DayOrMoment | None = Field(default=None, alias="until", description="A day is included")


class ExclusionOut(Told):
    """An exclusion at this very node."""

    id: UUID
    person: str
    cause: str = Field(description="stated, applied, or party: the person is a party of the case file")
    allows_reading: bool
    reason: str
    given_by: str
    given_at: datetime
    valid_from: datetime | None = Field(serialization_alias="from")
    valid_until: datetime | None = Field(serialization_alias="until")


class ExclusionsOut(Told):
    """The exclusions at a node itself."""

    items: list[ExclusionOut]


class ShieldOut(Told):
    """Whether a node inherits nothing."""

    shielded: bool


class ProposalOut(Told):
    """A change of rights that waits for a second person (Vier-Augen-Prinzip)."""

    id: UUID
    what: str = Field(description="grant, unshield, lift, level, hand_over or move")
    wish: dict[str, Any]
    asked_by: str
    asked_at: datetime


class ProposalsOut(Told):
    """What waits for a second person on a node, oldest first."""

    items: list[ProposalOut]


class DeltaOut(Told):
    """What a change gives and takes for one person or specialist system; to a deputy, what is handed on."""

    id: str
    name: str
    gained: list[str]
    lost: list[str]
    on: str = Field(description="Where, in words")


class PreviewOut(Told):
    """Who gains and who loses by a change, which was not made."""

    items: list[DeltaOut]


class ReasonOut(Told):
    """A grant that gives rights here."""

    rights: list[str]
    on: str
    to: str
    because: str = Field(description="How the person comes to be meant; empty when the grant names them")
    cause: str
    given_by: str
    given_at: datetime
    reason: str
    valid_from: datetime | None = Field(serialization_alias="from")
    valid_until: datetime | None = Field(serialization_alias="until")
    deputy_for: str | None


class ObstacleOut(Told):
    """Something that takes rights away: a ceiling, an exclusion, a shield, what does not hold as a deputy."""

    kind: str
    text: str


class ExplanationOut(Told):
    """What one person may do with one thing, and why."""

    person: str
    name: str
    object: str
    on: str
    level: str
    ceiling: str
    rights: list[str]
    reasons: list[ReasonOut]
    obstacles: list[ObstacleOut]


class ReaderOut(Told):
    """Somebody with rights on a thing."""

    id: str
    name: str
    kind: str
    units: list[str]
    rights: list[str]
    reasons: list[ReasonOut]


class ReadersOut(Told):
    """Everybody with rights on a thing now, by name."""

    object: str
    on: str
    items: list[ReaderOut]


class DeputyIn(Wish):
    """Who stands in for whom, from when until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"person": "otto", "for": "anna", "until": "2099-12-31"}, {"person": "otto", "for": "anna"}]
        }
    )
    person: str = Field(description="The deputy")
    for_person: str = Field(alias="for", description="Whose rights they have meanwhile")
    on: str | None = Field(default=None, description="Only below this: plan:CODE, case:REFERENCE …")
    valid_from: DayOrMoment | None = Field(default=None, alias="from")
    valid_until: DayOrMoment | None = Field(default=None, alias="until", description="A day is included")
    reason: str | None = Field(default=None, max_length=2000)


class DeputyOut(Told):
    """A deputyship that is not over."""

    id: UUID
    person: str
    for_person: str = Field(serialization_alias="for")
    on: str | None
    valid_from: datetime | None = Field(serialization_alias="from")
    valid_until: datetime | None = Field(serialization_alias="until")
    reason: str
    given_by: str


class DeputiesOut(Told):
    """Deputyships that are not over, oldest first."""

    items: list[DeputyOut]


class BreakGlassIn(Wish):
    """An emergency access to one case file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reference": "50.10/2026/00017", "reason": "Kind heute Nacht in Obhut genommen", "minutes": 15}
            ]
        }
    )
    reference: str = Field(min_length=1, max_length=200, description="In any spelling")
    reason: str = Field(min_length=1, max_length=2000)
    minutes: int = Field(default=15, ge=1, le=60)


class NoticeOut(Told):
    """An emergency access the responsible unit has not yet taken note of."""

    id: UUID
    case_file_id: UUID
    reference: str
    person: str
    reason: str
    created_at: datetime
    until: datetime


class NoticesOut(Told):
    """Emergency accesses to take note of, newest first."""

    items: list[NoticeOut]
