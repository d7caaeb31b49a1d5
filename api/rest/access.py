"""Why somebody may, deputies, and emergency access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.calls import Answer, CallDep
from api.problems import answers
from api.rest import rights_views, views
from api.rest.rights_views import Preview
from api.rest.schemas.case_files import CaseFileOut
from api.rest.schemas.grants import (
    BreakGlassIn,
    DeputiesOut,
    DeputyIn,
    DeputyOut,
    ExplanationOut,
    NoticesOut,
    ReadersOut,
)
from eakte import break_glass, deputies, deputy_preview, explaining, nodes
from eakte.deputies import DeputyWish
from eakte.errors import FieldProblem, Invalid, NotFound

router = APIRouter(tags=["Berechtigungen"])
Told = TypeVar("Told")
ObjectName = Annotated[
    str,
    Query(
        alias="object",
        max_length=400,
        description="plan:CODE, plan:CODE/SECTION, case:REFERENCE, case:REFERENCE/SECTION, proceeding:ID, document:ID; "
        "also a bare reference, code or id",
    ),
]


@router.get("/access/explain", response_model=ExplanationOut, responses=answers(403, 404), summary="Explain")
def explain(
    call: CallDep,
    person: Annotated[str, Query(max_length=80, description="Id of a person or system")],
    named: ObjectName,
) -> Response:
    """Tell what one person may do with one thing, through which grants, or what takes it away.

    About oneself everybody may ask, about others whoever has `share`, and the data protection officer (`dpo`).
    """

    def act(session: Session) -> Answer:
        told = explaining.explain(session, call.actor, person, nodes.parse(session, named))
        return Answer(rights_views.explanation(told))

    return call.read_and_note(act)


@router.get("/access/readers", response_model=ReadersOut, responses=answers(403, 404), summary="Who has access")
def readers(call: CallDep, named: ObjectName) -> Response:
    """Tell everybody who has rights on a thing now, and why; needs `share`, or the role `dpo`."""

    def act(session: Session) -> Answer:
        node = nodes.parse(session, named)
        found = explaining.readers(session, call.actor, node)
        items = [rights_views.reader(one) for one in found]
        return Answer(ReadersOut(object=node.written, on=nodes.in_words(session, node), items=items))

    return call.read_and_note(act)


@router.get("/deputies", response_model=DeputiesOut, responses=answers(), summary="Deputies")
def list_deputies(call: CallDep) -> Response:
    """List the deputyships that concern the caller; administrators see all."""

    def act(session: Session) -> Answer:
        rows = deputies.deputyships_of(session, call.actor)
        return Answer(DeputiesOut(items=[rights_views.deputyship(session, row) for row in rows]))

    return call.read(act)


@router.post(
    "/deputies",
    status_code=201,
    response_model=DeputyOut,
    responses={**rights_views.PREVIEW_ANSWER, **answers(403)},
    summary="Name a deputy",
)
def name_deputy(call: CallDep, body: DeputyIn, preview: Preview = False) -> Response:
    """Name a deputy for oneself; administrators name them for everybody.

    The preview tells what is handed on: what the represented person has now, and nothing of the deputy, who may have it
    already, or not at all for a ceiling or an exclusion.
    """

    def with_wish(session: Session, act: Callable[[DeputyWish], Told]) -> Told:
        try:
            return act(
                DeputyWish(
                    person=body.person,
                    for_person=body.for_person,
                    on=None if body.on is None else nodes.parse(session, body.on),
                    valid_from=body.valid_from,
                    valid_until=body.valid_until,
                    reason=body.reason or "",
                )
            )
        except NotFound as error:  # what there is not, and what the caller may not know of, alike
            raise Invalid(
                "Das gibt es nicht.", FieldProblem("/on", f"„{body.on}“ ist nichts, was Sie kennen.")
            ) from error

    def look(session: Session) -> Answer:
        found = with_wish(session, lambda wish: deputy_preview.handed_on(session, call.actor, wish))
        return rights_views.handed_on(session, body.person, found)

    def act(session: Session) -> Answer:
        named = with_wish(session, lambda wish: deputies.name_deputy(session, call.actor, wish))
        told = rights_views.deputyship(session, named)
        return Answer(told, 201, about=() if told.on is None else (told.on,))

    return call.read(look) if preview else call.write(act, content=body.model_dump_json(by_alias=True))


@router.delete("/deputies/{deputy_id}", status_code=204, responses=answers(403, 404), summary="End a deputyship")
def end_deputyship(call: CallDep, deputy_id: UUID) -> Response:
    """End a deputyship: either of the two may, and administrators."""

    def act(session: Session) -> Answer:
        deputies.end_deputyship(session, call.actor, deputy_id)
        return Answer(None, 204)

    return call.write(act)


@router.post(
    "/break-glass", status_code=201, response_model=CaseFileOut, responses=answers(403, 404), summary="Emergency access"
)
def use_break_glass(call: CallDep, body: BreakGlassIn) -> Response:
    """Read a case file for some minutes, where its filing plan entry allows it; its unit is told at once."""

    def act(session: Session) -> Answer:
        row = break_glass.break_glass(session, call.actor, body.reference, body.reason, minutes=body.minutes)
        about = (nodes.case_file(row.id).written,)
        return Answer(views.case_file(session, call.actor, row), 201, is_state=True, about=about)

    return call.write(act, content=body.model_dump_json())


@router.get("/access-notices", response_model=NoticesOut, responses=answers(), summary="Emergency accesses")
def list_notices(call: CallDep) -> Response:
    """List the emergency accesses that the caller's units have not yet taken note of.

    Where nobody belongs to the unit, whoever may manage the rights of the case file is told.
    """

    def act(session: Session) -> Answer:
        rows = break_glass.notices_for(session, call.actor)
        return Answer(NoticesOut(items=[rights_views.notice(session, row) for row in rows]))

    return call.read(act)


@router.post("/access-notices/{notice_id}/seen", status_code=204, responses=answers(403, 404), summary="Take note")
def take_note(call: CallDep, notice_id: UUID) -> Response:
    """Note that the responsible unit has seen an emergency access."""

    def act(session: Session) -> Answer:
        break_glass.take_note(session, call.actor, notice_id)
        return Answer(None, 204)

    return call.write(act)
