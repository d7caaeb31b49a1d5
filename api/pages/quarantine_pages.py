"""The quarantine page: what is held back and why, with what the visitor may do about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import quarantine
from eakte.errors import EakteError

router = APIRouter()
LISTED = 50


@router.get("/quarantaene")
def show_quarantine(visit: VisitDep) -> Response:
    """What is held back, as far as the visitor may know of it."""
    return _page(visit)


@router.post("/quarantaene/{entry_id}/wiederholen")
def retry(posted: PostedDep, entry_id: UUID) -> Response:
    """Read a file again, from the start."""
    return _do(posted, lambda session: quarantine.retry(session, posted.visit.actor, entry_id), "quarantine_retried")


@router.post("/quarantaene/{entry_id}/freigeben")
def release(posted: PostedDep, entry_id: UUID) -> Response:
    """Let a file be what it is without being read."""
    reason = posted.text("reason")
    actor = posted.visit.actor
    return _do(posted, lambda session: quarantine.release(session, actor, entry_id, reason), "quarantine_released")


@router.post("/quarantaene/{entry_id}/aussortieren")
def withdraw(posted: PostedDep, entry_id: UUID) -> Response:
    """Sort a file out."""
    reason = posted.text("reason")
    actor = posted.visit.actor
    return _do(posted, lambda session: quarantine.withdraw(session, actor, entry_id, reason), "quarantine_withdrawn")


def _do(posted: Posted, act: Callable[[Session], object], notice: str) -> Response:
    def write(session: Session) -> Response:
        act(session)
        return go_to("/quarantaene", notice)

    return posted.write_or_show(write, lambda problem, status: _page(posted.visit, problem=problem, status=status))


def _page(visit: Visit, *, problem: EakteError | None = None, status: int = 200) -> Response:
    with visit.service.database.reading() as session:
        rows = quarantine.list_held(session, visit.actor, limit=LISTED + 1)
    return render(
        visit.request,
        "quarantine.html",
        status=status,
        rows=rows[:LISTED],
        more=len(rows) > LISTED,
        working=any(row.entry.state == "retrying" for row in rows[:LISTED]),
        problem=problem,
    )
