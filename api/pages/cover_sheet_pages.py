"""Printing cover sheets for a case file."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages import case_file_views
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import access, cover_sheets
from eakte.access_tables import Right
from eakte.case_file_tables import CaseFile
from eakte.cover_sheets import CoverSheetWish
from eakte.document_tables import DocumentKind
from eakte.errors import EakteError, FieldProblem, Invalid, NotPermitted

router = APIRouter()
FIELDS = ("title", "section", "kind", "profile", "reusable", "count")


@dataclass(frozen=True)
class _Form:
    """A case file with the places in it that the visitor may file in; None for outside of all sections."""

    case_file: CaseFile
    places: list[str | None]


@router.get("/akten/{case_file_id}/deckblatt")
def show_form(visit: VisitDep, case_file_id: UUID) -> Response:
    """The empty form."""
    return _form(visit, case_file_id, None)


@router.post("/akten/{case_file_id}/deckblatt")
def print_sheets(posted: PostedDep, case_file_id: UUID) -> Response:
    """Make the sheets and show them as PDF, or the form again with what is wrong."""
    visit, service = posted.visit, posted.visit.service
    try:
        wishes = [_wish(posted, case_file_id)] * _count(posted)
        with service.database.reading() as session:
            planned = cover_sheets.plan_cover_sheets(session, visit.actor, wishes)

        def act(session: Session) -> Response:
            cover_sheets.make_cover_sheets(session, visit.actor, planned)
            return go_to(f"/deckblaetter/{planned.printing_id}")

        return posted.write_once(act)
    except Invalid as error:
        return _form(visit, case_file_id, posted, problem=cover_sheets.as_of_one(error), status=422)
    except NotPermitted as error:
        return _form(visit, case_file_id, posted, problem=error, status=422)


@router.get("/deckblaetter/{printing_id}")
def show_sheets(visit: VisitDep, printing_id: UUID) -> Response:
    """The sheets to print; again, if need be."""
    service = visit.service
    with service.database.reading() as session:
        faces = cover_sheets.printed_before(session, visit.actor, printing_id)
    pdf = cover_sheets.draw(service.press, faces, service.settings.work_dir / "cover-sheets")
    headers = {"Content-Disposition": 'inline; filename="deckblatt.pdf"'}
    return Response(pdf, headers=headers, media_type="application/pdf")


def _wish(posted: Posted, case_file_id: UUID) -> CoverSheetWish:
    try:
        kind = DocumentKind(posted.text("kind") or DocumentKind.INCOMING)
    except ValueError as error:
        raise Invalid("Diese Art gibt es nicht.", FieldProblem("/kind", "Bitte neu auswählen.")) from error
    return CoverSheetWish(
        case_file_id=case_file_id,
        section=posted.optional("section"),
        title=posted.optional("title"),
        kind=kind,
        profile=posted.optional("profile"),
        reusable=bool(posted.text("reusable")),
    )


def _count(posted: Posted) -> int:
    text = posted.text("count") or "1"
    if not text.isdecimal() or not 1 <= int(text) <= cover_sheets.MOST_SHEETS:
        raise Invalid(
            "Die Anzahl stimmt nicht.",
            FieldProblem("/count", f"Bitte eine Zahl von 1 bis {cover_sheets.MOST_SHEETS} angeben."),
        )
    return int(text)


def _form(
    visit: Visit, case_file_id: UUID, posted: Posted | None, *, problem: EakteError | None = None, status: int = 200
) -> Response:
    with visit.service.database.reading() as session:
        case_file = access.case_file_reached(session, visit.actor, case_file_id, Right.FILE)
        places = case_file_views.places_to_file(session, visit.actor, case_file)
    return render(
        visit.request,
        "cover_sheet_form.html",
        status=status,
        form=_Form(case_file, places),
        most=cover_sheets.MOST_SHEETS,
        typed={name: posted.text(name) if posted else "" for name in FIELDS},
        problem=problem,
    )
