"""Long lists of numbers as a filter, passed as one parameter in the shape each database is fast with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session


def any_of(session: Session, column: Any, ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a column is one of these; `IN (…)` with a parameter each is slow and limited in number."""
    if session.get_bind().dialect.name == "sqlite":
        listed = sa.func.json_each(sa.bindparam(None, json.dumps(list(ids)), unique=True)).table_valued("value")
        is_listed: sa.ColumnElement[bool] = column.in_(sa.select(listed.c.value))
        return is_listed
    return sa.cast(column == sa.func.any(sa.bindparam(None, list(ids), ARRAY(sa.Integer), unique=True)), sa.Boolean)
