"""Column types shared by all tables, so that SQLite and PostgreSQL hold the same truths."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BYTE_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Sizes of files: PostgreSQL's plain integer ends at 2 GiB, SQLite's goes far enough."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC. SQLite would forget the zone and mix local with UTC times."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must be aware")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def fixed_words(kind: type[StrEnum], name: str) -> sa.Enum:
    """A column of fixed words: stored as text, held by a CHECK constraint.

    Args:
        name: Of the constraint; unique within its table.
    """

    def values(members: Any) -> list[str]:
        return [member.value for member in members]

    return sa.Enum(kind, name=name, native_enum=False, create_constraint=True, length=24, values_callable=values)
