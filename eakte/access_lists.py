"""Pages of lists through the access door, newest first, fast for everybody.

The rule is measured (`docs/decisions/0004-access-scopes.md`): look at the newest rows and keep the readable;
if that does not fill a page, ask per readable scope; with very many scopes, look on without end. With few scopes
PostgreSQL, which takes only a page's rows from each, is asked per scope at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from eakte.access_sets import ScopeSet
from eakte.case_file_tables import CaseFile
from eakte.columns import UtcDateTime
from eakte.document_tables import Document

_Rows: TypeAlias = "sa.Select[UUID, datetime, int]"
_Page: TypeAlias = "sa.Select[Any]"
NEWEST_ROWS = {"sqlite": 5_000, "postgresql": 2_000}
FEW_SCOPES = {"sqlite": 0, "postgresql": 300}
SCOPE_LIMIT = {"sqlite": 50_000, "postgresql": 10_000}


@dataclass(frozen=True)
class Position:
    """A place in a list ordered by newest change: the last row of the page before."""

    updated_at: datetime
    id: UUID


def newest(
    session: Session,
    readable: ScopeSet,
    table: type[CaseFile | Document],
    *conditions: sa.ColumnElement[bool],
    after: Position | None = None,
    limit: int,
) -> list[UUID]:
    """Ids of the newest readable rows.

    Args:
        conditions: Further filters on the table.
        after: Only rows older than this position.
        limit: At most so many; callers ask for one more than they show, to know whether there is more.
    """
    if not readable.ids:
        return []
    dialect = session.get_bind().dialect.name
    asked: dict[str, Any] = {"limit": limit}
    if after is not None:
        asked |= {"after_at": after.updated_at, "after_id": after.id}

    def page(way: _Way, **more: Any) -> list[UUID]:
        # Building them takes as long as asking them; only what is filtered further is built anew.
        build = _statement if conditions else _kept_statement
        statement = build(way, dialect, table, after is not None, *conditions)
        return list(session.execute(statement, asked | more).scalars())

    flags = readable.bytemap if dialect == "sqlite" else readable.bitmap
    ids = json.dumps(readable.ids) if dialect == "sqlite" else list(readable.ids)
    if len(readable.ids) > FEW_SCOPES[dialect]:
        found = page(_Way.NEWEST_ROWS, flags=flags, cap=NEWEST_ROWS[dialect])
        if len(found) >= limit:
            return found
    if len(readable.ids) <= SCOPE_LIMIT[dialect]:
        return page(_Way.PER_SCOPE, ids=ids)
    return page(_Way.ALL_ROWS, flags=flags)


class _Way(Enum):
    """How a page is found; what each takes stands in `newest`."""

    NEWEST_ROWS = auto()
    PER_SCOPE = auto()
    ALL_ROWS = auto()


def _statement(
    way: _Way, dialect: str, table: type[CaseFile | Document], is_later: bool, *conditions: sa.ColumnElement[bool]
) -> _Page:
    updated_at, id_, scope_id = col(table.updated_at), col(table.id), col(table.access_scope_id)
    wanted = list(conditions)
    if is_later:
        after_at, after_id = sa.bindparam("after_at", type_=UtcDateTime), sa.bindparam("after_id", type_=sa.Uuid)
        # The first condition alone is what an index can begin at; an alternative would be read from the newest row on.
        wanted += [updated_at <= after_at, (updated_at < after_at) | (id_ < after_id)]
    rows: _Rows = sa.select(id_, updated_at, scope_id.label("scope_id")).where(*wanted)
    match way, dialect:
        case _Way.PER_SCOPE, "sqlite":
            listed = sa.func.json_each(sa.bindparam("ids", type_=sa.String)).table_valued("value")
            return _best(rows.where(scope_id.in_(sa.select(listed.c.value))))
        case _Way.PER_SCOPE, _:
            return _best_of_each(rows, scope_id)
    return _scan(rows, dialect, sa.bindparam("cap", type_=sa.Integer) if way is _Way.NEWEST_ROWS else None)


_kept_statement = cache(_statement)
_NEWEST_FIRST: tuple[sa.UnaryExpression[object], ...] = (sa.desc("updated_at"), sa.desc("id"))
_LIMIT = sa.bindparam("limit", type_=sa.Integer)


def _best(rows: _Rows) -> _Page:
    return sa.select(rows.order_by(*_NEWEST_FIRST).limit(_LIMIT).subquery().c.id)


def _scan(rows: _Rows, dialect: str, cap: sa.BindParameter[int] | None) -> _Page:
    inner = rows.order_by(*_NEWEST_FIRST).limit(cap).subquery()
    flags = sa.bindparam("flags", type_=sa.LargeBinary)
    is_readable: sa.ColumnElement[bool]
    if dialect == "sqlite":
        is_readable = sa.func.substr(flags, inner.c.scope_id + 1, 1) == sa.literal(b"\x01", sa.LargeBinary)
    else:
        # get_bit raises past the end of the bytes: a scope newer than the set is not readable.
        is_readable = sa.case(
            (inner.c.scope_id < 8 * sa.func.length(flags), sa.func.get_bit(flags, inner.c.scope_id) == 1),
            else_=sa.false(),
        )
    return _page_of(inner, sa.select(inner.c.id).where(is_readable))


def _best_of_each(rows: _Rows, scope_id: Mapped[int]) -> _Page:
    """Per scope on PostgreSQL: a page lies in the scopes whose newest rows are the newest; these are found first."""
    scope = (
        sa.func.unnest(sa.bindparam("ids", type_=ARRAY(sa.Integer)))
        .table_valued("value", name="scope")
        .render_derived()
    )
    head = rows.where(scope_id == scope.c.value).order_by(*_NEWEST_FIRST).limit(1).lateral("head")
    leading = _page_of(head, sa.select(scope.c.value).select_from(scope.join(head, sa.true()))).subquery("leading")
    each = rows.where(scope_id == leading.c.value).order_by(*_NEWEST_FIRST).limit(_LIMIT).lateral("each")
    return _page_of(each, sa.select(each.c.id).select_from(leading.join(each, sa.true())))


def _page_of(rows: sa.FromClause, found: sa.Select[Any]) -> _Page:
    return found.order_by(rows.c.updated_at.desc(), rows.c.id.desc()).limit(_LIMIT)
