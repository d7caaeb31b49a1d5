"""Base of everything on the wire: requests refuse unknown fields, answers are written out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Discriminator, Tag, model_validator
from pydantic_core import PydanticCustomError


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Diesen Zeitpunkt gibt es in UTC nicht.") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment (RFC 3339), kept as UTC."""


def _day_or_moment(sent: Any) -> str:
    if isinstance(sent, str):
        return "day" if len(sent) == len("2026-10-31") else "moment"
    return "moment" if isinstance(sent, datetime) else "day"


DayOrMoment = Annotated[Annotated[date, Tag("day")] | Annotated[Moment, Tag("moment")], Discriminator(_day_or_moment)]
"""A day of the city or a moment; told apart by their length, since a day would take a midnight for the whole day."""

LevelWord = Literal["offen", "intern", "vertraulich", "streng-vertraulich"]
"""Levels of confidentiality, in order."""

DEEPEST = 50
"""Free values (typed fields, the data of letters) may be nested; nobody needs more."""


class Wish(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _check_storable(cls, sent: Any) -> Any:
        _check_texts(sent)
        return sent


class Told(BaseModel):
    """Base of answers."""


def _check_texts(sent: Any, *steps: str | int) -> None:
    """Refuse what no database takes, half characters and null characters, however deep it stands."""
    if len(steps) > DEEPEST:
        raise PydanticCustomError("too_deep", "Das ist zu tief geschachtelt.", {"steps": steps[:3]})
    if isinstance(sent, str):
        if "\x00" in sent or any("\ud800" <= sign <= "\udfff" for sign in sent):
            raise PydanticCustomError("not_storable", "Der Text enthält Zeichen, die es nicht gibt.", {"steps": steps})
    elif isinstance(sent, dict):
        for key, value in sent.items():
            _check_texts(key, *steps)
            _check_texts(value, *steps, key)
    elif isinstance(sent, list):
        for position, value in enumerate(sent):
            _check_texts(value, *steps, position)
