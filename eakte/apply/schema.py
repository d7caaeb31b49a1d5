"""The parts of an organisation file, each as one checked value. Cross-references are checked elsewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from eakte.clock import CITY_ZONE, end_of, start_of
from eakte.return_codes import HIGHEST_SHEET
from eakte.scan_profiles import QUALITY_SHARE
from eakte.subjects import SubjectWish


def begins_at(value: Any) -> datetime:
    """The moment a validity begins: of a day, its first.

    Raises:
        ValueError: Neither a day nor a moment.
    """
    day = _day(value)
    return start_of(day) if day else _moment(value)


def ends_at(value: Any) -> datetime:
    """The moment a validity ends; `until` a day includes that day.

    Raises:
        ValueError: Neither a day nor a moment.
    """
    day = _day(value)
    try:
        return end_of(day) if day else _moment(value)
    except OverflowError as error:
        raise ValueError("liegt zu weit in der Zukunft; bitte weglassen, wenn es kein Ende gibt") from error


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: Any) -> datetime:
    wanted = "muss ein Tag (2027-12-31) oder ein Zeitpunkt (2027-12-31T12:00) sein"
    if not isinstance(value, str):
        raise ValueError(wanted)  # noqa: TRY004 - pydantic gathers value errors
    try:
        moment = datetime.fromisoformat(value)
        # Without a zone it is meant as the clocks in the city show it.
        return (moment if moment.tzinfo else moment.replace(tzinfo=CITY_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(wanted) from error


def _sheets(value: Any) -> Any:
    return None if value == "all" else value


LevelWord = Literal["offen", "intern", "vertraulich", "streng-vertraulich"]
NAME_RULE = "Buchstaben, Ziffern, Punkt, Strich und Unterstrich, höchstens 80 Zeichen"
Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.\-]*$", max_length=80)]
Code = Annotated[str, StringConstraints(pattern=r"^\w(?:[\w.\- ]*\w)?$", max_length=80)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w*$", max_length=80)]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=300)]


class Part(BaseModel):
    """A mapping in the file; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=False)


class FileWithoutCodePart(Part):
    """From which score on a unit's post files itself although no code tells where."""

    score: Annotated[float, Field(ge=0.5, le=1, alias="from")]


class UnitPart(Part):
    """A unit."""

    id: Name
    name: Text
    parent: Name | None = None
    ended: bool = False
    merged_into: Name | None = None
    file_without_code: FileWithoutCodePart | None = None


class PersonPart(Part):
    """A person with memberships, most important first, and roles."""

    id: Name
    name: Text
    email: Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f@]+@[^\s\x00-\x1f@]+$|^$", max_length=254)] = ""
    units: tuple[Name, ...] = ()
    roles: tuple[str, ...] = ()
    ceiling: LevelWord = "offen"
    birth_date: date | None = None
    active: bool = True


class SystemPart(Part):
    """A specialist system."""

    id: Name
    name: Text
    ceiling: LevelWord = "offen"
    active: bool = True


class OperatorPart(Part):
    """Whom a pseudonym of a station means: a person with a login, or somebody else by name."""

    pseudonym: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]
    person: Name | None = None
    name: Text | None = None


class StationPart(Part):
    """A scanning station."""

    id: Name
    name: Text
    unit: Name
    device: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)] = ""
    operators: tuple[OperatorPart, ...] = ()


class ScanProfilePart(Part):
    """How a station scans."""

    id: Name
    name: Text
    sides: Literal["simplex", "duplex", "collated"] = "simplex"
    blank_pages: Literal["hide", "keep"] = "hide"
    separators: bool = True
    languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{3}(_[a-z]{2,8})*$", max_length=20)], ...] = ()
    quality_share: Annotated[int, Field(ge=0, le=100)] = QUALITY_SHARE
    agreement: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=2000)] = ""
    procedure: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)] = ""
    keep_paper_days: Annotated[int, Field(ge=0, le=36_500)] | None = None


class FieldPart(Part):
    """Type of one field of a case file."""

    type: Literal["text", "number", "date", "boolean"] = "text"
    required: bool = False


class EntryPart(Part):
    """A filing plan entry without its children."""

    code: Code
    title: Text
    retention_years: Annotated[int, Field(ge=0, le=1000)] | None = None
    level: LevelWord = "offen"
    fields: dict[FieldName, FieldPart] = Field(default_factory=dict)
    sections: tuple[Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f/]+$", max_length=80)], ...] = ()
    break_glass: bool = False
    four_eyes: tuple[Literal["share", "dispose"], ...] = ()
    parties_may_read: bool = False


class SubjectPart(Part):
    """Whom a grant is for: exactly one of them, or those who are all of several."""

    person: Name | None = None
    unit: Name | None = None
    sub_units: bool = False
    role: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None
    system: Name | None = None
    all_of: tuple[SubjectPart, ...] | None = None

    def as_wish(self) -> SubjectWish:
        """As the domain understands it."""
        return SubjectWish(
            self.person,
            self.unit,
            self.sub_units,
            self.role,
            self.system,
            None if self.all_of is None else tuple(part.as_wish() for part in self.all_of),
        )


class ValidPart(Part):
    """Something that holds from a moment until another."""

    valid_from: Annotated[datetime, BeforeValidator(begins_at)] | None = Field(default=None, alias="from")
    valid_until: Annotated[datetime, BeforeValidator(ends_at)] | None = Field(default=None, alias="until")
    reason: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=1000)] = ""


class GrantPart(ValidPart):
    """A grant, or a shield, or both on one node."""

    on: Text
    to: SubjectPart | None = None
    rights: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    shielded: bool = False


class ExclusionPart(ValidPart):
    """Somebody who gets nothing at a node or below."""

    on: Text
    person: Name


class DeputyPart(ValidPart):
    """Somebody who stands in for another."""

    person: Name
    for_person: Name = Field(alias="for")
    on: Text | None = None


class InboxConditionPart(Part):
    """What a rule asks for: all that is written must hold, of the words one is enough."""

    words: tuple[Text, ...] = ()
    sender: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)] = ""
    station: Name | None = None


class InboxRulePart(Part):
    """Which unit gets what names no case file."""

    unit: Name
    condition: InboxConditionPart = Field(alias="if")
    position: Annotated[int, Field(ge=1, le=100_000)] | None = None


class TemplatePart(Part):
    """A letter template."""

    id: Name
    name: Text
    file: Text
    answer_sheets: Annotated[
        tuple[Annotated[int, Field(ge=1, le=HIGHEST_SHEET)], ...] | None, BeforeValidator(_sheets)
    ] = None

    @field_validator("answer_sheets")
    @classmethod
    def _each_once(cls, sheets: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if sheets is not None and (not sheets or len(set(sheets)) != len(sheets)):
            raise ValueError("braucht mindestens eine Seite und jede nur einmal, oder das Wort all")
        return tuple(sorted(sheets)) if sheets is not None else None
