"""The filing plan."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.rest.schemas.base import Told


class FilingPlanEntryOut(Told):
    """An entry of the filing plan (Aktenplaneinheit)."""

    code: str = Field(examples=["11.20"])
    title: str = Field(examples=["Personalakten"])
    parent: str | None
    retention_years: int | None
    level: str = Field(examples=["offen"])
    fields: dict[str, Any]
    sections: list[str]


class FilingPlanOut(Told):
    """The tree as far as visible, parents before children."""

    items: list[FilingPlanEntryOut]
