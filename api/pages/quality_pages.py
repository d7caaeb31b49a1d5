"""Checking the quality of scans: the picture beside its transfer note, judged with one key, then the next."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api import note_exports
from api.pages import case_file_views
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import quality_checks
from eakte.errors import Conflict, EakteError, NotPermitted
from eakte.transfer_note_tables import CheckResult

router = APIRouter()
LISTED = 50
Page = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/qualitaet")
def show_sample(visit: VisitDep) -> Response:
    """What is to be checked, open at what has waited longest, and the faults that wait for the visitor's stations."""
    return _page(visit, None)


@router.get("/qualitaet/{note_id}")
def show_product(visit: VisitDep, note_id: UUID, seite: Page = 1) -> Response:
    """One scan product beside its note; also one that is in no sample."""
    try:
        return _page(visit, note_id, page_number=seite)
    except (Conflict, NotPermitted) as error:
        return _page(visit, None, problem=error, status=409 if isinstance(error, Conflict) else 403)


@router.post("/qualitaet/{note_id}")
def check_product(posted: PostedDep, note_id: UUID) -> Response:
    """Note what was found, and go on to the next."""
    actor = posted.visit.actor

    def act(session: Session) -> Response:
        result = _result(posted)
        quality_checks.check_quality(
            session, actor, note_id, result, remark=posted.text("remark"), rescan=bool(posted.text("rescan"))
        )
        following = quality_checks.list_products(session, actor, after=note_id, limit=1)
        path = f"/qualitaet/{following[0].note.id}" if following else "/qualitaet"
        return go_to(path, "scan_good" if result is CheckResult.GOOD else "scan_fault")

    def show(problem: EakteError, status: int) -> Response:
        if status == 409:
            return _page(posted.visit, None, problem=problem, status=status)
        return _page(posted.visit, note_id, posted=posted, problem=problem, status=status)

    return posted.write_or_show(act, show)


@router.post("/qualitaet/{note_id}/erledigt")
def settle(posted: PostedDep, note_id: UUID) -> Response:
    """Note how a fault was settled."""

    def act(session: Session) -> Response:
        quality_checks.settle_fault(session, posted.visit.actor, note_id, posted.text("remark"))
        return go_to("/qualitaet", "fault_settled")

    return posted.write_or_show(act, lambda problem, status: _page(posted.visit, None, problem=problem, status=status))


@router.get("/dokumente/{document_id}/transfervermerk")
def print_transfer_note(visit: VisitDep, document_id: UUID) -> Response:
    """The transfer note of a scanned document, to print."""
    pdf = note_exports.printed(visit.service, visit.actor, document_id)
    return Response(pdf, headers=note_exports.PDF_HEADERS, media_type="application/pdf")


def _result(posted: Posted) -> CheckResult:
    return CheckResult.FAULT if posted.text("result") == CheckResult.FAULT else CheckResult.GOOD


def _page(
    visit: Visit,
    note_id: UUID | None,
    *,
    page_number: int = 1,
    posted: Posted | None = None,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    reader = None
    with visit.service.database.noting() as session:
        listed = quality_checks.list_products(session, visit.actor, limit=LISTED + 1)
        faults = quality_checks.open_faults(session, visit.actor, limit=LISTED)
        if note_id is None and listed:
            note_id = listed[0].note.id
        shown = None if note_id is None else quality_checks.note_to_check(session, visit.actor, note_id)
        if shown is not None:
            reader = case_file_views.gather_reader(session, visit.actor, shown.document, page_number, "", note=shown)
    return render(
        visit.request,
        "quality.html",
        status=status,
        listed=listed[:LISTED],
        more=len(listed) > LISTED,
        faults=faults,
        shown=shown,
        reader=reader,
        posted=posted,
        problem=problem,
    )
