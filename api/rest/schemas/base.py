"""Base of everything on the wire: requests refuse unknown fields, answers are written out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wish(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Told(BaseModel):
    """Base of answers."""
