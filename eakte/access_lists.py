"""Pages of lists through the access door, newest first, fast for everybody.

The rule is measured (`docs/decisions/0004-access-scopes.md`): look at the newest rows and keep the readable;
if that does not fill a page, ask per readable scope; with very many scopes, look on without end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from eakte.access_sets import ScopeSet
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document

_Rows: TypeAlias = "sa.Select[UUID, datetime, int]"
NEWEST_ROWS = 5_000
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
    updated_at, id_, scope_id = col(table.updated_at), col(table.id), col(table.access_scope_id)
    wanted = list(conditions)
    if after is not None:
        # The first condition alone is what an index can begin at; an alternative would be read from the newest row on.
        wanted += [updated_at <= after.updated_at, (updated_at < after.updated_at) | (id_ < after.id)]
    rows: _Rows = sa.select(id_, updated_at, scope_id.label("scope_id")).where(*wanted)

    page = _scan(session, dialect, rows, readable, limit, NEWEST_ROWS)
    if len(page) >= limit:
        return page
    if len(readable.ids) <= SCOPE_LIMIT[dialect]:
        return _per_scope(session, dialect, rows, scope_id, readable.ids, limit)
    return _scan(session, dialect, rows, readable, limit, None)


def _scan(
    session: Session,
    dialect: str,
    rows: _Rows,
    readable: ScopeSet,
    limit: int,
    cap: int | None,
) -> list[UUID]:
    inner = rows.order_by(sa.desc("updated_at"), sa.desc("id")).limit(cap).subquery()
    is_readable: sa.ColumnElement[bool]
    if dialect == "sqlite":
        flags = sa.bindparam("flags", readable.bytemap, sa.LargeBinary)
        is_readable = sa.func.substr(flags, inner.c.scope_id + 1, 1) == sa.literal(b"\x01", sa.LargeBinary)
    else:
        # get_bit raises past the end of the bytes: a scope newer than the set is not readable.
        flags = sa.bindparam("flags", readable.bitmap, sa.LargeBinary)
        is_readable = sa.case(
            (inner.c.scope_id < 8 * sa.func.length(flags), sa.func.get_bit(flags, inner.c.scope_id) == 1),
            else_=sa.false(),
        )
    page = sa.select(inner.c.id).where(is_readable).order_by(inner.c.updated_at.desc(), inner.c.id.desc()).limit(limit)
    return list(session.execute(page).scalars())


def _per_scope(
    session: Session,
    dialect: str,
    rows: _Rows,
    scope_id: Mapped[int],
    ids: Sequence[int],
    limit: int,
) -> list[UUID]:
    newest_first: tuple[sa.UnaryExpression[object], ...] = (sa.desc("updated_at"), sa.desc("id"))
    if dialect == "sqlite":
        listed = sa.func.json_each(sa.bindparam("ids", json.dumps(ids))).table_valued("value")
        page = rows.where(scope_id.in_(sa.select(listed.c.value))).order_by(*newest_first).limit(limit)
        return list(session.execute(sa.select(page.subquery().c.id)).scalars())
    scope = (
        sa.func.unnest(sa.bindparam("ids", list(ids), ARRAY(sa.Integer)))
        .table_valued("value", name="scope")
        .render_derived()
    )
    per_scope = rows.where(scope_id == scope.c.value).order_by(*newest_first).limit(limit).lateral("per_scope")
    joined = (
        sa.select(per_scope.c.id)
        .select_from(scope.join(per_scope, sa.true()))
        .order_by(per_scope.c.updated_at.desc(), per_scope.c.id.desc())
        .limit(limit)
    )
    return list(session.execute(joined).scalars())
