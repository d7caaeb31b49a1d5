"""Cover sheets (Deckblätter): printed here, they steer what lies behind them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest.schemas.cover_sheets import CoverSheetsIn
from eakte import cover_sheets, nodes
from eakte.cover_sheets import CoverSheetWish
from eakte.document_tables import DocumentKind
from eakte.errors import Invalid
from eakte.sheet_faces import CoverSheetFace

router = APIRouter(tags=["Scanstapel"])
_PDF = {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/cover-sheets",
    status_code=201,
    response_class=Response,
    responses={
        201: {"description": "The sheets as PDF, one page each; `Location` prints them again", **_PDF},
        **answers(403, 404, 409),
    },
    summary="Print cover sheets",
)
def print_cover_sheets(call: CallDep, body: CoverSheetsIn) -> Response:
    """Print sheets that steer what is scanned behind them into a case file.

    A sheet steers while its case file is open and whoever printed it may file there; otherwise what lies behind it
    waits in an inbox.
    """
    content = body.model_dump_json()
    given = call.given_before(content)
    if given is not None:
        return given
    wishes = [
        CoverSheetWish(
            case_file_id=one.case_file_id,
            section=one.section,
            title=one.title,
            kind=DocumentKind(one.kind),
            profile=one.profile,
            reusable=one.reusable,
        )
        for one in body.all()
    ]
    try:
        with call.service.database.reading() as session:
            planned = cover_sheets.plan_cover_sheets(session, call.actor, wishes)
    except Invalid as error:
        raise cover_sheets.as_of_one(error) if body.sheets is None else error from error
    pdf = _drawn(call, planned.faces)

    def act(session: Session) -> Answer:
        cover_sheets.make_cover_sheets(session, call.actor, planned)
        location = f"/api/v1/cover-sheets/{planned.printing_id}"
        about = tuple(nodes.case_file(wish.case_file_id).written for wish in wishes)
        return Answer(None, 201, location=location, about=about, pdf=pdf)

    return call.write(act, content=content)


@router.get(
    "/cover-sheets/{printing_id}",
    response_class=Response,
    responses={200: {"description": "The sheets as PDF, one page each", **_PDF}, **answers(403, 404)},
    summary="Print them again",
)
def print_again(call: CallDep, printing_id: UUID) -> Response:
    """Print cover sheets once more, for whoever ordered them; they are the same sheets, not further ones."""
    with call.service.database.reading() as session:
        faces = cover_sheets.printed_before(session, call.actor, printing_id)
    return Answer(None, pdf=_drawn(call, faces)).response()


def _drawn(call: Call, faces: Sequence[CoverSheetFace]) -> bytes:
    return cover_sheets.draw(call.service.press, faces, call.service.settings.work_dir / "cover-sheets")
