"""Letters: made from a template, approved, posted, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import access, case_file_writing, case_files, letters
from eakte.access_tables import Right
from eakte.errors import EakteError, Invalid
from eakte.letter_tables import Letter

router = APIRouter()
NAMED_VALUES = ("betreff", "text", "frist")
"""What nearly every template takes; whatever else one takes is given by name."""


@router.get("/akten/{case_file_id}/schreiben")
def show_form(visit: VisitDep, case_file_id: UUID) -> Response:
    """The empty form."""
    return _form(visit, case_file_id, None)


@router.post("/akten/{case_file_id}/schreiben")
def make_letter(posted: PostedDep, case_file_id: UUID) -> Response:
    """Make a draft, or show the form again with what is wrong."""
    visit, service = posted.visit, posted.visit.service
    try:
        with service.database.reading() as session:
            planned = letters.plan_letter(
                session,
                visit.actor,
                case_file_id,
                template_id=posted.text("template"),
                data=_values_of(posted),
                recipient_id=posted.id("recipient"),
                city=service.settings.city,
            )
        rendered = letters.render_letter(planned, service.blobs, service.press, service.settings.work_dir / "letters")
    except Invalid as error:
        return _form(visit, case_file_id, posted, problem=error, status=422)

    def act(session: Session) -> Response:
        letter = letters.make_letter(session, visit.actor, rendered)
        return go_to(f"/dokumente/{letter.document_id}", "letter_made")

    return posted.write_once(act)


@router.post("/schreiben/{letter_id}/freigeben")
def approve(posted: PostedDep, letter_id: UUID) -> Response:
    """Approve a draft."""
    return _change(
        posted, "letter_approved", lambda session: letters.approve_letter(session, posted.visit.actor, letter_id)
    )


@router.post("/schreiben/{letter_id}/versandt")
def post(posted: PostedDep, letter_id: UUID) -> Response:
    """Note that it went out."""
    day = posted.day("posted_on")
    return _change(
        posted,
        "letter_posted",
        lambda session: letters.post_letter(session, posted.visit.actor, letter_id, posted_on=day),
    )


@router.post("/schreiben/{letter_id}/stornieren")
def cancel(posted: PostedDep, letter_id: UUID) -> Response:
    """Cancel it: its return code files nothing any more."""
    return _change(
        posted, "letter_cancelled", lambda session: letters.cancel_letter(session, posted.visit.actor, letter_id)
    )


def _change(posted: Posted, notice: str, change: Callable[[Session], Letter]) -> Response:
    return posted.write_once(lambda session: go_to(f"/dokumente/{change(session).document_id}", notice))


def _values_of(posted: Posted) -> dict[str, str]:
    named = {name: posted.text(name) for name in NAMED_VALUES}
    further = dict(zip(posted.all("value_name"), posted.all("value_text"), strict=False))
    return {name: text for name, text in {**named, **further}.items() if name and text}


def _form(
    visit: Visit, case_file_id: UUID, posted: Posted | None, *, problem: EakteError | None = None, status: int = 200
) -> Response:
    with visit.service.database.reading() as session:
        case_file = case_file_writing.still_open(session, visit.actor, case_file_id, Right.FILE)
        parties = case_files.parties_of(session, visit.actor, case_file_id)
        templates = letters.list_templates(session)
        entry = access.filing_plan_entry_for(session, visit.actor, case_file.filing_plan_code)
    names = ("template", "recipient", *NAMED_VALUES)
    typed = {name: posted.text(name) if posted else "" for name in names}
    if posted is None:
        typed["recipient"] = str(parties[0].id) if parties else ""
    further = list(zip(posted.all("value_name"), posted.all("value_text"), strict=False)) if posted else []
    return render(
        visit.request,
        "letter_form.html",
        status=status,
        case_file=case_file,
        entry=entry,
        parties=parties,
        templates=templates,
        typed=typed,
        further=further or [("", "")] * 4,
        problem=problem,
    )
