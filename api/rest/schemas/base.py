"""Base of everything on the wire: requests refuse unknown fields, answers are written out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

DEEPEST = 50


class Wish(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _check_storable(cls, sent: Any) -> Any:
        _check_texts(sent, DEEPEST)
        return sent


class Told(BaseModel):
    """Base of answers."""


def _check_texts(sent: Any, depth: int) -> None:
    """Refuse what no database takes: half characters and null characters, however deep in free values."""
    if depth == 0:
        raise PydanticCustomError("too_deep", "Das ist zu tief geschachtelt.")
    if isinstance(sent, str):
        if "\x00" in sent or any("\ud800" <= sign <= "\udfff" for sign in sent):
            raise PydanticCustomError("not_storable", "Der Text enthält Zeichen, die es nicht gibt.")
    elif isinstance(sent, dict):
        for key, value in sent.items():
            _check_texts(key, depth - 1)
            _check_texts(value, depth - 1)
    elif isinstance(sent, list):
        for value in sent:
            _check_texts(value, depth - 1)
