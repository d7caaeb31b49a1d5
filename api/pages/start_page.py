"""The first page: what waits, and what was last worked on."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.pages.break_glass_pages import notice_lines
from api.pages.rendering import render
from api.pages.visits import VisitDep
from eakte import case_files, inbox

router = APIRouter()
COUNTED = 50
RECENT = 12


@router.get("/")
def show_start(visit: VisitDep) -> Response:
    """My inbox and the case files that changed last."""
    with visit.service.database.reading() as session:
        waiting = inbox.list_waiting(session, visit.actor, limit=COUNTED + 1)
        recent = case_files.list_case_files(session, visit.actor, limit=RECENT)
        told = notice_lines(session, visit.actor)
    return render(
        visit.request,
        "start.html",
        waiting_count=len(waiting),
        counted=COUNTED,
        first_waiting=waiting[:5],
        recent=recent,
        access_notices=told,
    )
