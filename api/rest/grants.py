"""Rights on filing plan entries, case files and documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import views
from api.rest.schemas.grants import GrantIn, GrantOut, GrantsOut
from eakte import granting
from eakte.access_tables import AccessGrant

router = APIRouter(tags=["Berechtigungen"])
_Known = Callable[[Session], Sequence[AccessGrant]]


@router.get("/filing-plan/{code}/grants", response_model=GrantsOut, responses=answers(403, 404), summary="Grants")
def list_on_entry(call: CallDep, code: str) -> Response:
    """List the grants on a filing plan entry itself."""
    return _list(call, lambda session: granting.grants_on_entry(session, call.actor, code))


@router.post(
    "/filing-plan/{code}/grants", status_code=201, response_model=GrantOut, responses=answers(403, 404), summary="Grant"
)
def grant_on_entry(call: CallDep, code: str, body: GrantIn) -> Response:
    """Grant on a filing plan entry and everything below it."""
    return _give(call, body, lambda session: granting.grant_on_entry(session, call.actor, code, views.grant_wish(body)))


@router.delete("/filing-plan/{code}/grants/{grant_id}", status_code=204, responses=answers(403, 404), summary="Revoke")
def revoke_on_entry(call: CallDep, code: str, grant_id: UUID) -> Response:
    """Revoke a grant, from the next request on."""
    return _revoke(call, lambda session: granting.grants_on_entry(session, call.actor, code), grant_id)


@router.get(
    "/case-files/{case_file_id}/grants", response_model=GrantsOut, responses=answers(403, 404), summary="Grants"
)
def list_on_case_file(call: CallDep, case_file_id: UUID) -> Response:
    """List the grants on a case file itself."""
    return _list(call, lambda session: granting.grants_on_case_file(session, call.actor, case_file_id))


@router.post(
    "/case-files/{case_file_id}/grants",
    status_code=201,
    response_model=GrantOut,
    responses=answers(403, 404),
    summary="Grant",
)
def grant_on_case_file(call: CallDep, case_file_id: UUID, body: GrantIn) -> Response:
    """Grant on a case file and everything in it."""
    return _give(
        call,
        body,
        lambda session: granting.grant_on_case_file(session, call.actor, case_file_id, views.grant_wish(body)),
    )


@router.delete(
    "/case-files/{case_file_id}/grants/{grant_id}", status_code=204, responses=answers(403, 404), summary="Revoke"
)
def revoke_on_case_file(call: CallDep, case_file_id: UUID, grant_id: UUID) -> Response:
    """Revoke a grant, from the next request on."""
    return _revoke(call, lambda session: granting.grants_on_case_file(session, call.actor, case_file_id), grant_id)


@router.get("/documents/{document_id}/grants", response_model=GrantsOut, responses=answers(403, 404), summary="Grants")
def list_on_document(call: CallDep, document_id: UUID) -> Response:
    """List the grants on a document itself."""
    return _list(call, lambda session: granting.grants_on_document(session, call.actor, document_id))


@router.post(
    "/documents/{document_id}/grants",
    status_code=201,
    response_model=GrantOut,
    responses=answers(403, 404),
    summary="Grant",
)
def grant_on_document(call: CallDep, document_id: UUID, body: GrantIn) -> Response:
    """Grant on one document; of its case file only the reference becomes visible."""
    return _give(
        call, body, lambda session: granting.grant_on_document(session, call.actor, document_id, views.grant_wish(body))
    )


@router.delete(
    "/documents/{document_id}/grants/{grant_id}", status_code=204, responses=answers(403, 404), summary="Revoke"
)
def revoke_on_document(call: CallDep, document_id: UUID, grant_id: UUID) -> Response:
    """Revoke a grant, from the next request on."""
    return _revoke(call, lambda session: granting.grants_on_document(session, call.actor, document_id), grant_id)


def _list(call: Call, known: _Known) -> Response:
    return call.read(lambda session: Answer(GrantsOut(items=[views.grant(row) for row in known(session)])))


def _give(call: Call, body: GrantIn, give: Callable[[Session], AccessGrant]) -> Response:
    return call.write(
        lambda session: Answer(views.grant(give(session)), 201), content=body.model_dump_json(by_alias=True)
    )


def _revoke(call: Call, known: _Known, grant_id: UUID) -> Response:
    def act(session: Session) -> Answer:
        granting.revoke(session, call.actor, known(session), grant_id)
        return Answer(None, 204)

    return call.write(act)
