"""Rows of inbox rules (Eingangsregeln): which unit gets what names no case file."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.ids import new_id


class InboxRule(SQLModel, table=True):
    """One rule; what it asks for must all hold, of its words one is enough."""

    __tablename__ = "inbox_rule"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    position: int
    """The first rule that matches decides; smaller is first."""
    unit_id: str = Field(foreign_key="unit.id")
    words: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    """Any of these stands in the text; `Wohngeld*` also begins longer words."""
    sender: str = ""
    """Stands at the head of the first page."""
    station_id: str | None = Field(default=None, foreign_key="station.id")
