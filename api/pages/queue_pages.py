"""The queue page for administrators: what waits, runs and failed, and trying it again. Ids, no titles."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import PostedDep, Visit, VisitDep
from eakte import jobs
from eakte.errors import Conflict, NotFound

router = APIRouter()
LISTED = 100


@router.get("/auftraege")
def show_queue(visit: VisitDep) -> Response:
    """What is ordered, the failed first."""
    return _page(visit)


@router.post("/auftraege/{job_id}/wiederholen")
def retry(posted: PostedDep, job_id: UUID) -> Response:
    """Put one job back to work."""

    def act(session: Session) -> Response:
        jobs.retry_job(session, posted.visit.actor, job_id)
        return go_to("/auftraege", "work_retried")

    try:
        return posted.write_once(act)
    except (Conflict, NotFound) as error:
        return _page(posted.visit, problem=error, status=409)


def _page(visit: Visit, *, problem: Conflict | NotFound | None = None, status: int = 200) -> Response:
    with visit.service.database.reading() as session:
        rows = jobs.list_jobs(session, visit.actor, limit=LISTED + 1)
        counted = jobs.count_jobs(session)
    counts = {state: sum(count for _, of, count in counted if of is state) for state in jobs.JobStatus}
    return render(
        visit.request,
        "queue.html",
        status=status,
        rows=rows[:LISTED],
        more=len(rows) > LISTED,
        counts=counts,
        problem=problem,
    )
