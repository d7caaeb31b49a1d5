"""The life of case files (Akten)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import cursors, rights_views, views
from api.rest.cursors import Cursor, Limit
from api.rest.schemas.case_files import (
    CaseFileIn,
    CaseFileOut,
    CaseFilePatch,
    CaseFilesOut,
    PartiesOut,
    PartyIn,
    PartyOut,
    ProceedingIn,
    ProceedingOut,
    ProceedingsOut,
)
from api.rest.wishes import case_file_wish, party_wish
from eakte import access, case_files, granting, nodes
from eakte.access_tables import RightsProposal
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_files import CaseFileChange
from eakte.errors import NotPermitted

router = APIRouter(prefix="/case-files", tags=["Akten"])


@router.put(
    "/by-reference/{system}/{external_id:path}",
    response_model=CaseFileOut,
    responses={201: {"model": CaseFileOut, "description": "Opened by this call"}, **answers(403, 409)},
    summary="Open a case file: find or create",
)
def find_or_open(
    call: CallDep, system: str, external_id: Annotated[str, Path(min_length=1, max_length=200)], body: CaseFileIn
) -> Response:
    """Find the case file a specialist system knows by its own id (200, left unchanged), or open it (201).

    Safe to repeat: however often and however many at once, there is one case file.
    """
    if system != call.actor.id:
        raise NotPermitted("Im Pfad muss der Name des aufrufenden Fachverfahrens stehen.")

    def act(session: Session) -> Answer:
        wish = case_file_wish(body, external_id)
        row, opened = case_files.find_or_open(
            session, call.actor, wish, reference_format=call.service.settings.reference_format
        )
        if opened:
            _grant_all(session, call, row, body)
        return _told(session, call, row, 201 if opened else 200)

    return call.write(act)


@router.post("", status_code=201, response_model=CaseFileOut, responses=answers(403, 409), summary="Open a case file")
def open_case_file(call: CallDep, body: CaseFileIn) -> Response:
    """Open a case file (Akte anlegen)."""

    def act(session: Session) -> Answer:
        row = case_files.open_case_file(
            session, call.actor, case_file_wish(body, None), reference_format=call.service.settings.reference_format
        )
        _grant_all(session, call, row, body)
        return _told(session, call, row, 201)

    return call.write(act, content=body.model_dump_json())


@router.get("", response_model=CaseFilesOut, responses=answers(), summary="Case files, newest change first")
def list_case_files(
    call: CallDep,
    filing_plan: Annotated[str | None, Query(description="Code of an entry")] = None,
    status: Literal["open", "completed"] | None = None,
    responsible_unit: str | None = None,
    reference: Annotated[str | None, Query(description="In any spelling; at most one is found")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the case files the caller may read."""

    def act(session: Session) -> Answer:
        if reference is not None:
            rows = case_files.find_all_by_reference(session, call.actor, reference)
        else:
            rows = case_files.list_case_files(
                session,
                call.actor,
                filing_plan_code=filing_plan,
                status=None if status is None else CaseFileStatus(status),
                responsible_unit=responsible_unit,
                after=cursors.read_position(cursor),
                limit=limit + 1,
            )
        page = rows[:limit]
        next_cursor = cursors.write_position(page[-1].updated_at, page[-1].id) if len(rows) > limit else None
        items = views.case_files_listed(session, call.actor, page)
        return Answer(CaseFilesOut(items=items, next_cursor=next_cursor))

    return call.read(act)


@router.get("/{case_file_id}", response_model=CaseFileOut, responses=answers(404), summary="One case file")
def read_case_file(call: CallDep, case_file_id: UUID) -> Response:
    """Tell one case file."""

    def act(session: Session) -> Answer:
        return _told(session, call, access.case_file_for(session, call.actor, case_file_id))

    return call.read(act)


@router.patch(
    "/{case_file_id}",
    response_model=CaseFileOut,
    responses={**rights_views.WAITING_ANSWER, **answers(403, 404, 409, 412, 428)},
    summary="Change a case file",
)
def change_case_file(call: CallDep, case_file_id: UUID, body: CaseFilePatch) -> Response:
    """Change metadata; needs `If-Match` with the ETag the change is based on.

    Handing over, moving and lowering the level wait for a second person where four eyes are asked for; the rest holds.
    """

    def act(session: Session) -> Answer:
        row = access.case_file_for(session, call.actor, case_file_id)
        call.require_match(views.case_file(session, call.actor, row))
        change = CaseFileChange(body.title, body.fields, body.responsible_unit, body.filing_plan, body.level)
        row, waiting = case_files.change_case_file(session, call.actor, case_file_id, change)
        return _told(session, call, row, waiting=waiting)

    return call.write(act)


@router.post(
    "/{case_file_id}/complete", response_model=CaseFileOut, responses=answers(403, 404, 409, 412), summary="Complete"
)
def complete_case_file(call: CallDep, case_file_id: UUID) -> Response:
    """Complete a case file (abschließen): it takes nothing more."""

    def act(session: Session) -> Answer:
        _honour_match(session, call, case_file_id)
        return _told(session, call, case_files.complete_case_file(session, call.actor, case_file_id))

    return call.write(act)


@router.post("/{case_file_id}/reopen", response_model=CaseFileOut, responses=answers(403, 404, 412), summary="Reopen")
def reopen_case_file(call: CallDep, case_file_id: UUID) -> Response:
    """Open a completed case file again."""

    def act(session: Session) -> Answer:
        _honour_match(session, call, case_file_id)
        return _told(session, call, case_files.reopen_case_file(session, call.actor, case_file_id))

    return call.write(act)


@router.get("/{case_file_id}/parties", response_model=PartiesOut, responses=answers(404), summary="Parties")
def list_parties(call: CallDep, case_file_id: UUID) -> Response:
    """List the parties (Beteiligte) of a case file."""

    def act(session: Session) -> Answer:
        rows = case_files.parties_of(session, call.actor, case_file_id)
        return Answer(PartiesOut(items=[views.party(row) for row in rows]))

    return call.read(act)


@router.post(
    "/{case_file_id}/parties",
    status_code=201,
    response_model=PartyOut,
    responses=answers(403, 404, 409),
    summary="Add a party",
)
def add_party(call: CallDep, case_file_id: UUID, body: PartyIn) -> Response:
    """Add a party (Beteiligte)."""

    def act(session: Session) -> Answer:
        row = case_files.add_party(session, call.actor, case_file_id, party_wish(body))
        return Answer(views.party(row), 201, about=(nodes.case_file(case_file_id).written,))

    return call.write(act, content=body.model_dump_json())


@router.get("/{case_file_id}/proceedings", response_model=ProceedingsOut, responses=answers(404), summary="Proceedings")
def list_proceedings(call: CallDep, case_file_id: UUID) -> Response:
    """List the proceedings (Vorgänge) of a case file."""

    def act(session: Session) -> Answer:
        rows = case_files.proceedings_of(session, call.actor, case_file_id)
        return Answer(ProceedingsOut(items=[views.proceeding(row) for row in rows]))

    return call.read(act)


@router.post(
    "/{case_file_id}/proceedings",
    status_code=201,
    response_model=ProceedingOut,
    responses=answers(403, 404, 409),
    summary="Open a proceeding",
)
def open_proceeding(call: CallDep, case_file_id: UUID, body: ProceedingIn) -> Response:
    """Open a proceeding (Vorgang)."""

    def act(session: Session) -> Answer:
        row = case_files.open_proceeding(session, call.actor, case_file_id, body.title)
        return Answer(views.proceeding(row), 201, about=(nodes.proceeding(row.id).written,))

    return call.write(act, content=body.model_dump_json())


def _told(
    session: Session, call: Call, row: CaseFile, status: int = 200, *, waiting: Sequence[RightsProposal] = ()
) -> Answer:
    return Answer(
        views.case_file(session, call.actor, row),
        status,
        is_state=True,
        about=(nodes.case_file(row.id).written,),
        location=f"/api/v1/case-files/{row.id}" if status == 201 else None,
        waiting=tuple(proposal.id for proposal in waiting),
    )


def _honour_match(session: Session, call: Call, case_file_id: UUID) -> None:
    row = access.case_file_for(session, call.actor, case_file_id)
    call.honour_match(lambda: views.case_file(session, call.actor, row))


def _grant_all(session: Session, call: Call, row: CaseFile, body: CaseFileIn) -> None:
    for position, grant in enumerate(body.grants):
        granting.give_at_opening(session, call.actor, row.id, rights_views.grant_wish(grant, f"/grants/{position}"))
