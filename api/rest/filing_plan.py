"""The filing plan (Aktenplan), as far as visible."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, CallDep
from api.problems import answers
from api.rest import views
from api.rest.schemas.filing_plan import FilingPlanEntryOut, FilingPlanOut
from eakte import access, filing_plan

router = APIRouter(prefix="/filing-plan", tags=["Aktenplan"])


@router.get("", response_model=FilingPlanOut, responses=answers(), summary="The tree as far as visible")
def read_plan(call: CallDep) -> Response:
    """List the entries the caller may know of: parents before children."""

    def act(session: Session) -> Answer:
        rows = filing_plan.visible_plan(session, call.actor)
        return Answer(FilingPlanOut(items=[views.entry(session, row) for row in rows]))

    return call.read(act)


@router.get("/{code}", response_model=FilingPlanEntryOut, responses=answers(404), summary="One entry")
def read_entry(call: CallDep, code: str) -> Response:
    """Tell one entry of the filing plan."""

    def act(session: Session) -> Answer:
        return Answer(views.entry(session, access.filing_plan_entry_for(session, call.actor, code)), is_state=True)

    return call.read(act)
