"""Tokens, and who one is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.rest.schemas.base import Told


class TokenOut(Told):
    """A bearer token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a word of RFC 6749
    expires_in: int = Field(description="Seconds", examples=[3600])


class MeOut(Told):
    """Who the token stands for."""

    id: str = Field(examples=["km-personal"])
    name: str
    kind: Literal["person", "system", "station"]
    ceiling: str = Field(examples=["offen"])
    units: list[str]
    roles: list[str] = Field(examples=[["admin", "registry@SO"]])
    deputised: list[str] = Field(description="People this one acts for at the moment")
