"""Deputies: whom I stand in for, who stands in for me, naming after a preview, and ending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages import organisation, rights_changes
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import clock, deputies, deputy_preview, filing_plan, nodes
from eakte.access_tables import AccessScope, Deputyship
from eakte.actors import ADMIN
from eakte.deputies import DeputyWish
from eakte.errors import EakteError, FieldProblem, Invalid, NotFound
from eakte.principals import PrincipalKind
from eakte.subjects import DisplayNames, display_names

router = APIRouter()
FIELDS = ("person", "for", "from", "until", "on", "reason")


@dataclass(frozen=True)
class DeputyLine:
    """A deputyship as its page shows it.

    Attributes:
        on: Where it holds, in words; empty for everywhere.
        has_begun: Whether it holds already.
    """

    id: UUID
    person: str
    represented: str
    on: str
    has_begun: bool
    valid_from: datetime | None
    valid_until: datetime | None
    reason: str
    given_by: str


@router.get("/vertretung")
def show_deputies(visit: VisitDep) -> Response:
    """Those that concern me, and the form for naming one."""
    return _page(visit)


@router.post("/vertretung/vorschau")
def preview(posted: PostedDep) -> Response:
    """What would be handed on and where; nothing is saved."""

    def act() -> Response:
        visit = posted.visit
        with visit.service.database.reading() as session:
            wish = _wish(session, posted)
            handed_on = deputy_preview.handed_on(session, visit.actor, wish)
            sentence = _sentence(session, posted, wish)
        return render(
            visit.request,
            "deputy_preview.html",
            sentence=sentence,
            later=rights_changes.later_start(posted),
            handed_on=handed_on,
            carried=[(name, posted.text(name)) for name in FIELDS if posted.text(name)],
        )

    return _or_form(posted, act)


@router.post("/vertretung/formular")
def back_to_form(posted: PostedDep) -> Response:
    """The page again with what was typed."""
    return _page(posted.visit, posted=posted)


@router.post("/vertretung/speichern")
def name_deputy(posted: PostedDep) -> Response:
    """Name a deputy for myself; administrators also for others."""

    def act(session: Session) -> Response:
        row = deputies.name_deputy(session, posted.visit.actor, _wish(session, posted))
        return go_to("/vertretung", "deputy_named", name=display_names(session).principal(row.person_id))

    return _or_form(posted, lambda: posted.write_once(act))


@router.post("/vertretung/{deputyship_id}/beenden")
def end_deputyship(posted: PostedDep, deputyship_id: UUID) -> Response:
    """End one: either of the two may."""

    def act(session: Session) -> Response:
        deputies.end_deputyship(session, posted.visit.actor, deputyship_id)
        return go_to("/vertretung", "deputy_ended")

    return posted.write_once(act)


def _or_form(posted: Posted, act: Callable[[], Response]) -> Response:
    """What comes of a form; where something is wrong with it, the form again with what was typed."""
    try:
        return act()
    except Invalid as error:
        return _page(posted.visit, posted=posted, problem=error, status=422)
    except NotFound:  # what there is not, and what one may not know of, alike
        field = FieldProblem("/on", "Bitte eine Aktenplaneinheit angeben, die Sie kennen, oder leer lassen.")
        problem = Invalid(f"„{posted.text('on')}“ gibt es nicht.", field)
        return _page(posted.visit, posted=posted, problem=problem, status=422)


def _sentence(session: Session, posted: Posted, wish: DeputyWish) -> str:
    names = display_names(session)
    where = "" if wish.on is None else f", nur unterhalb von {nodes.in_words(session, wish.on)}"
    period = rights_changes.period_of(posted)
    return f"{names.principal(wish.person)} vertritt {names.principal(wish.for_person)}{period}{where}."


def _wish(session: Session, posted: Posted) -> DeputyWish:
    actor, code = posted.visit.actor, posted.text("on").partition(" ")[0]
    represented = posted.text("for")
    return DeputyWish(
        person=organisation.find_person(session, posted.text("person"), "/person"),
        for_person=organisation.find_person(session, represented, "/for") if represented else actor.id,
        on=nodes.entry(code) if code else None,
        valid_from=posted.day("from"),
        valid_until=posted.day("until"),
        reason=posted.text("reason"),
    )


def _page(
    visit: Visit, *, posted: Posted | None = None, problem: EakteError | None = None, status: int = 200
) -> Response:
    actor = visit.actor
    with visit.service.database.reading() as session:
        names = display_names(session)
        rows = deputies.deputyships_of(session, actor)
        lines = [(row, _line(session, row, names)) for row in rows]
        people = organisation.principals(session, PrincipalKind.PERSON)
        entries = filing_plan.visible_plan(session, actor)
    return render(
        visit.request,
        "deputies.html",
        status=status,
        mine=[line for row, line in lines if row.person_id == actor.id],
        for_me=[line for row, line in lines if row.for_id == actor.id],
        others=[line for row, line in lines if actor.id not in (row.person_id, row.for_id)],
        is_admin=actor.has_role(ADMIN),
        people=[row for row in people if row.id != actor.id],
        entries=entries,
        typed={name: posted.text(name) if posted else "" for name in FIELDS},
        problem=problem,
    )


def _line(session: Session, row: Deputyship, names: DisplayNames) -> DeputyLine:
    scope = None if row.scope_id is None else session.get_one(AccessScope, row.scope_id)
    return DeputyLine(
        row.id,
        names.principal(row.person_id),
        names.principal(row.for_id),
        "" if scope is None else nodes.scope_in_words(session, scope),
        row.valid_from is None or row.valid_from <= clock.now(),
        row.valid_from,
        row.valid_until,
        row.reason,
        names.principal(row.given_by),
    )
