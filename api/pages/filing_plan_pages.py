"""The filing plan as far as visible, and the case files on its entries."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Response

from api.pages.rendering import render
from api.pages.visits import VisitDep
from api.rest import cursors
from eakte import access, case_files, filing_plan, nodes
from eakte.access_tables import Right
from eakte.actors import ADMIN
from eakte.filing_plan_tables import FilingPlanEntry

router = APIRouter()
FILES_PER_PAGE = 50


@dataclass(frozen=True)
class Branch:
    """An entry with the visible ones below it."""

    entry: FilingPlanEntry
    below: list[Branch]


@router.get("/aktenplan")
def show_filing_plan(visit: VisitDep) -> Response:
    """The tree."""
    with visit.service.database.reading() as session:
        entries = filing_plan.visible_plan(session, visit.actor)
    return render(visit.request, "filing_plan.html", branches=as_tree(entries), is_admin=visit.actor.has_role(ADMIN))


@router.get("/aktenplan/{code:path}")
def show_entry(visit: VisitDep, code: str, nach: str | None = None) -> Response:
    """One entry: what hangs below it, newest change first."""
    with visit.service.database.reading() as session:
        entry = access.filing_plan_entry_for(session, visit.actor, code)
        plan = filing_plan.visible_plan(session, visit.actor)
        rows = case_files.list_case_files(
            session,
            visit.actor,
            filing_plan_code=code,
            after=cursors.read_position(nach),
            limit=FILES_PER_PAGE + 1,
        )
        is_leaf = filing_plan.is_leaf(session, code)
        may_share = nodes.allows(session, visit.actor, nodes.entry(code), Right.SHARE)
        may_open = is_leaf and bool(access.rights_on(session, visit.actor, entry.access_scope_id) & Right.FILE)
    shown = rows[:FILES_PER_PAGE]
    more = cursors.write_position(shown[-1].updated_at, shown[-1].id) if len(rows) > FILES_PER_PAGE else None
    return render(
        visit.request,
        "filing_plan_entry.html",
        entry=entry,
        above=_above(entry, plan),
        below=[row for row in plan if row.parent_code == code],
        case_files=shown,
        next_cursor=more,
        is_first=nach is None,
        is_leaf=is_leaf,
        may_open=may_open,
        may_share=may_share,
    )


def as_tree(entries: list[FilingPlanEntry]) -> list[Branch]:
    """Entries in tree order, nested; one whose parent is not visible stands at the top."""
    branches: dict[str, Branch] = {}
    top: list[Branch] = []
    for entry in entries:
        branch = branches[entry.code] = Branch(entry, [])
        parent = branches.get(entry.parent_code or "")
        (top if parent is None else parent.below).append(branch)
    return top


def _above(entry: FilingPlanEntry, plan: list[FilingPlanEntry]) -> list[FilingPlanEntry]:
    by_code = {row.code: row for row in plan}
    chain: list[FilingPlanEntry] = []
    parent = by_code.get(entry.parent_code or "")
    while parent is not None:
        chain.insert(0, parent)
        parent = by_code.get(parent.parent_code or "")
    return chain
