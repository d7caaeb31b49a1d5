"""Emergency access (Notzugriff), and what the responsible units are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.denials import note_denial
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import PostedDep, Visit, VisitDep
from eakte import access, break_glass
from eakte.access_tables import AccessNotice
from eakte.actors import Actor
from eakte.errors import EakteError, FieldProblem, Invalid, NotFound
from eakte.principals import Principal

router = APIRouter()
USUAL_MINUTES = 15
BACK_TO = ("/", "/postkorb")
"""The pages that show notices."""


@dataclass(frozen=True)
class NoticeLine:
    """An emergency access that the visitor's unit is to know of."""

    notice: AccessNotice
    reference: str
    name: str


@router.get("/notzugriff")
def show_form(visit: VisitDep) -> Response:
    """The empty form."""
    return _form(visit, {"minutes": str(USUAL_MINUTES)})


@router.post("/notzugriff")
def use_break_glass(posted: PostedDep) -> Response:
    """Open a case file to oneself for some minutes and go there."""
    typed = {name: posted.text(name) for name in ("reference", "reason", "minutes")}

    def act(session: Session) -> Response:
        case_file = break_glass.break_glass(
            session, posted.visit.actor, typed["reference"], typed["reason"], minutes=_minutes(typed["minutes"])
        )
        return go_to(f"/akten/{case_file.id}")

    try:
        return posted.write_once(act)
    except Invalid as error:
        return _form(posted.visit, typed, error, 422)
    except NotFound as error:
        note_denial(posted.visit.request, error)
        field = FieldProblem("/reference", "Bitte das Aktenzeichen prüfen; nicht jede Akte ist für Notzugriffe offen.")
        return _form(posted.visit, typed, Invalid("Eine solche Akte ist für Sie nicht erreichbar.", field), 404)


@router.post("/hinweise/{notice_id}/gesehen")
def take_note(posted: PostedDep, notice_id: UUID) -> Response:
    """Note that the unit has seen it."""

    def act(session: Session) -> Response:
        break_glass.take_note(session, posted.visit.actor, notice_id)
        back = posted.text("zurueck")
        return go_to(back if back in BACK_TO else "/", "notice_seen")

    return posted.write_once(act)


def notice_lines(session: Session, actor: Actor) -> list[NoticeLine]:
    """What the actor's units have not yet taken note of, newest first."""
    return [
        NoticeLine(row, access.reference_of(session, row.case_file_id), session.get_one(Principal, row.person_id).name)
        for row in break_glass.notices_for(session, actor)
    ]


def _minutes(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        detail = f"Bitte eine Zahl von 1 bis {break_glass.LONGEST_MINUTES} angeben."
        raise Invalid("Die Dauer ist keine Zahl.", FieldProblem("/minutes", detail)) from error


def _form(visit: Visit, typed: dict[str, str], problem: EakteError | None = None, status: int = 200) -> Response:
    return render(
        visit.request,
        "break_glass.html",
        status=status,
        typed={"reference": "", "reason": "", **typed},
        problem=problem,
        longest=break_glass.LONGEST_MINUTES,
    )
