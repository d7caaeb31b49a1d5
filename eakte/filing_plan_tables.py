"""Rows of the filing plan (Aktenplan)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class FilingPlanEntry(SQLModel, table=True):
    """Subject with a code (Aktenplaneinheit); case files hang only on leaves. Always owns a scope."""

    __tablename__ = "filing_plan_entry"
    code: str = Field(primary_key=True, max_length=80)
    title: str
    parent_code: str | None = Field(default=None, foreign_key="filing_plan_entry.code", index=True)
    position: int = 0
    retention_years: int | None = None
    field_types: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    """Typed fields of its case files: name → `{"type": text|number|date|boolean, "required": bool}`."""
    sections: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    """Sections (Register) of its case files, in order."""
    break_glass: bool = False
    """Whether emergency access (Notzugriff) to its case files is allowed."""
    four_eyes: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    """Rights (`share`, `dispose`) that take two people here (Vier-Augen-Prinzip)."""
    parties_may_read: bool = False
    """Whether the law lets people read the case files they are a party of, such as their own personnel file."""
    access_scope_id: int = Field(foreign_key="access_scope.id", index=True)
