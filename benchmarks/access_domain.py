"""Rights in the domain functions: pages of lists beside plainer queries, resolving a person, granting high up."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from benchmarks import access_city
from benchmarks.access_city import City, people_of
from benchmarks.access_installation import Installation
from benchmarks.measures import Measure
from eakte import access, access_lists, actors, case_files, granting, nodes, scopes
from eakte.access_lists import Position
from eakte.access_tables import AccessGrant, ScopeAncestor
from eakte.actors import Actor, in_force
from eakte.case_file_tables import CaseFile
from eakte.clock import now
from eakte.document_tables import Document
from eakte.granting import GrantWish
from eakte.subjects import SubjectWish
from storage.database import Database

PAGE = 50
LIST_LIMIT_MS, TOKENS_LIMIT_MS, GRANT_LIMIT_MS = 10.0, 2.0, 100.0
TOP = access_city.SOCIAL


def kinds_of(city: City) -> dict[str, list[str]]:
    """People by what they see, in the words of the promise."""
    return {
        "sees all": [access_city.EVERYBODY],
        "only the oldest tenth": [access_city.OLDEST],
        "a department": people_of(city, "A01")[:3],
        "a normal case load": people_of(city, "A20")[:3],
        "sixty old files": [access_city.SIXTY],
        "nothing": [access_city.NOBODY],
        "personnel files": [access_city.PERSONNEL_CLERK],
        "two by deputyship": [access_city.DEPUTY],
    }


def timed_ms(act: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def figure(what: str, times_ms: Sequence[float], limit: float | None, detail: str = "") -> Measure:
    """The 95th percentile, with the rest beside it."""
    ordered = sorted(times_ms)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    spread = f"p50 {statistics.median(ordered):.2f}, max {ordered[-1]:.2f} of {len(ordered)}"
    return Measure(what, p95, "ms", limit, detail=f"{spread}{'; ' if detail else ''}{detail}")


# -- lists -------------------------------------------------------------------------------------------


def lists(installation: Installation, *, rounds: int) -> Iterator[Measure]:
    """Pages of 50 newest: the function as it is, first as after a change of rights; then plainer queries."""
    with installation.database() as database:
        for kind, names in kinds_of(installation.city).items():
            yield from _lists_of(installation.name, database, kind, names, rounds)


def _lists_of(at: str, database: Database, kind: str, names: Sequence[str], rounds: int) -> Iterator[Measure]:
    pages: dict[str, list[float]] = {}
    shapes: dict[str, list[float]] = {}
    set_sizes = []
    for name in names:
        with database.reading() as session:
            actor = actors.actor_for(session, name)
        for _ in range(max(3, rounds // 10)):
            with database.writing() as session:
                scopes.rights_changed(session)
            pages.setdefault("first after a change", []).append(_page_ms(database, actor, None))
        with database.reading() as session:
            readable = access.scopes_with(session, actor)
            set_sizes.append(len(readable.ids))
        positions = _positions(database, actor, (1, 19))
        for number in range(rounds + 2):
            for label, after in positions.items():
                took_ms = _page_ms(database, actor, after)
                took_documents_ms = _documents_ms(database, actor, after)
                if number > 1:
                    pages.setdefault(label, []).append(took_ms)
                    pages.setdefault(f"{label}, documents", []).append(took_documents_ms)
        for label, shape in (("IN (list)", _in_list), ("EXISTS", _exists)):
            for table in (CaseFile, Document):
                act = partial(_shape_ms, database, actor, readable.ids, shape, table)
                label_of = f"{label}, {'case files' if table is CaseFile else 'documents'}"
                shapes.setdefault(label_of, []).extend(_patiently(act))
    told = f"{min(set_sizes):,} to {max(set_sizes):,} scopes".replace(",", " ")
    for label, times_ms in pages.items():
        limit = None if label.startswith("first after") else LIST_LIMIT_MS
        yield figure(f"{at}: list, {kind}, {label}", times_ms, limit, told)
    for label, times_ms in shapes.items():
        yield figure(f"{at}: list, {kind}, by plain {label}", times_ms, None, "for comparison")


def _patiently(act: Callable[[], float]) -> Iterator[float]:
    """Three times; once is enough of what takes seconds."""
    for _ in range(3):
        took_ms = act()
        yield took_ms
        if took_ms > 1000:
            return


def _positions(database: Database, actor: Actor, pages: Sequence[int]) -> dict[str, Position | None]:
    """The first page, and where these begin."""
    found: dict[str, Position | None] = {"page 1": None}
    with database.reading() as session:
        rows = case_files.list_case_files(session, actor, limit=PAGE * max(pages))
        for page in pages:
            if len(rows) >= page * PAGE:
                last = rows[page * PAGE - 1]
                found[f"page {page + 1}"] = Position(last.updated_at, last.id)
    return found


def _page_ms(database: Database, actor: Actor, after: Position | None) -> float:
    with database.reading() as session:
        return timed_ms(lambda: case_files.list_case_files(session, actor, after=after, limit=PAGE + 1))


def _documents_ms(database: Database, actor: Actor, after: Position | None) -> float:
    def act() -> None:
        readable = access.scopes_with(session, actor)
        access_lists.newest(session, readable, Document, after=after, limit=PAGE + 1)

    with database.reading() as session:
        return timed_ms(act)


Shape: TypeAlias = "Callable[[type[CaseFile | Document], Actor, Sequence[int]], sa.Select[UUID, datetime]]"


def _shape_ms(
    database: Database, actor: Actor, ids: Sequence[int], shape: Shape, table: type[CaseFile | Document]
) -> float:
    wanted = shape(table, actor, ids).order_by(sa.desc("updated_at"), sa.desc("id")).limit(PAGE + 1)
    with database.reading() as session:
        return timed_ms(lambda: session.execute(wanted).all())


def _in_list(table: type[CaseFile | Document], _: Actor, ids: Sequence[int]) -> sa.Select[UUID, datetime]:
    return sa.select(col(table.id), col(table.updated_at)).where(col(table.access_scope_id).in_(ids))


def _exists(table: type[CaseFile | Document], actor: Actor, _: Sequence[int]) -> sa.Select[UUID, datetime]:
    """Only the grants: levels, exclusions and what deputies may not would come on top."""
    subjects = frozenset().union(*(one.subjects for one in actor.identities))
    granted = (
        sa.exists()
        .where(
            col(ScopeAncestor.scope_id) == col(table.access_scope_id),
            col(ScopeAncestor.inherits).is_(True),
            col(AccessGrant.scope_id) == col(ScopeAncestor.ancestor_id),
            col(AccessGrant.subject).in_(subjects),
            *in_force(AccessGrant, now()),
        )
        .correlate(table)
    )
    return sa.select(col(table.id), col(table.updated_at)).where(granted)


# -- people ------------------------------------------------------------------------------------------


def tokens(installation: Installation, *, rounds: int) -> Iterator[Measure]:
    """Resolving a person to all that grants may call them by, and a right in one scope."""
    special = [name for names in kinds_of(installation.city).values() for name in names]
    names = [*special, *list(installation.city.people)[: rounds * 4]]
    with installation.database() as database:
        first_ms, times_ms, counts, opening_ms = [], [], [], []
        for number in range(2):
            for name in names:
                with database.writing() as session:
                    scopes.rights_changed(session)
                with database.reading() as session:
                    session.connection()
                    took_first_ms = timed_ms(lambda: actors.actor_for(session, name))  # noqa: B023 # called at once
                with database.reading() as session:
                    session.connection()
                    took_ms = timed_ms(lambda: actors.actor_for(session, name))  # noqa: B023 # called at once
                with database.reading() as session:
                    actor = actors.actor_for(session, name)
                    row = session.exec(select(CaseFile).limit(1)).one()
                    took_opening_ms = timed_ms(lambda: access.rights_on(session, actor, row.access_scope_id))  # noqa: B023
                if number:
                    first_ms.append(took_first_ms)
                    times_ms.append(took_ms)
                    opening_ms.append(took_opening_ms)
                    counts.append(sum(len(one.subjects) for one in actor.identities))
    told = f"{min(counts)} to {max(counts)} tokens, with combinations and deputyships"
    yield figure(f"{installation.name}: resolving a person, first after a change", first_ms, None)
    yield figure(f"{installation.name}: resolving a person", times_ms, TOKENS_LIMIT_MS, told)
    yield figure(f"{installation.name}: rights in one scope", opening_ms, None)


# -- changes -----------------------------------------------------------------------------------------


def grants(installation: Installation, *, rounds: int, sees: Callable[[str], bool]) -> Iterator[Measure]:
    """Granting and revoking on the entry that half of all case files lie below; each holds in the next request.

    Args:
        sees: Whether somebody's next request, at a server that runs meanwhile, lists any case file.
    """
    city, given_ms, revoked_ms, excluded_ms, late = installation.city, [], [], [], 0
    node, nobody = nodes.entry(TOP), access_city.NOBODY
    wish = GrantWish(("read",), SubjectWish(person=nobody))
    with installation.database() as database:
        with database.reading() as session:
            actor = actors.actor_for(session, access_city.EVERYBODY)
        for _ in range(rounds):
            made = []

            def give() -> None:
                with database.writing() as session:
                    made.append(granting.give(session, actor, node, wish).id)  # noqa: B023 # called at once

            def revoke() -> None:
                with database.writing() as session:
                    granting.revoke(session, actor, node, made[0])  # noqa: B023

            given_ms.append(timed_ms(give))
            late += not sees(nobody)
            revoked_ms.append(timed_ms(revoke))
            late += sees(nobody)
        for _ in range(rounds):
            with Session(database.engine) as session:
                exclusion = granting.ExclusionWish(nobody, "Messung")
                excluded_ms.append(timed_ms(partial(granting.exclude, session, actor, node, exclusion)))
                session.rollback()
    below = sum(file.code.startswith(f"{TOP}.") for file in city.files)
    told = f"{below:,} case files below, committed".replace(",", " ")
    yield figure(f"{installation.name}: a grant on entry {TOP}", given_ms, GRANT_LIMIT_MS, told)
    yield figure(f"{installation.name}: its revocation", revoked_ms, GRANT_LIMIT_MS, told)
    yield figure(f"{installation.name}: an exclusion there", excluded_ms, GRANT_LIMIT_MS)
    yield Measure(f"{installation.name}: not yet in force in the next request", late, "", 0, detail=f"of {2 * rounds}")
    with Session(database.engine) as session:
        entry_scope = city.entries[TOP].scope_id
        times_ms = [
            timed_ms(partial(scopes.set_shield, session, entry_scope, shielded=bool(n % 2 - 1))) for n in range(2)
        ]
        session.rollback()
    yield figure(f"{installation.name}: shielding entry {TOP} and lifting it", times_ms, None, "every scope below")
