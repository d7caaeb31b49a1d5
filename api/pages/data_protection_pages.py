"""The data protection officer's desk: who has access to a thing and why, and its trail; never what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import organisation
from api.pages.audit_words import detail_words, kind_word, tag_word
from api.pages.rendering import render
from api.pages.visits import Visit, VisitDep
from eakte import access, audit_reading, break_glass, clock, explaining, nodes
from eakte.access_tables import AccessNotice
from eakte.audit_reading import TrailEvent
from eakte.errors import EakteError, FieldProblem, Invalid, NotFound
from eakte.explaining import Explanation, Reader
from eakte.nodes import Node
from eakte.principals import PrincipalKind
from eakte.subjects import DisplayNames, display_names

router = APIRouter()
Text = Annotated[str, Query(max_length=400)]


@dataclass(frozen=True)
class TrailLine:
    """An event of the trail in words."""

    number: int
    at: datetime
    who: str
    what: str
    on: str
    details: str


@dataclass(frozen=True)
class EmergencyLine:
    """An emergency access, and who has taken note of it."""

    notice: AccessNotice
    reference: str
    who: str
    seen_by: str | None


@dataclass(frozen=True)
class Findings:
    """What is known of a thing, without its content."""

    on: str
    level: str | None
    readers: list[Reader] | None
    told: Explanation | None
    trail: list[TrailLine] | None
    shown_at: datetime


@router.get("/datenschutz")
def show_desk(visit: VisitDep, objekt: Text = "", person: Text = "") -> Response:
    """The field for a thing and perhaps a person, and what is known of them."""
    audit_reading.require_officer(visit.actor)
    found: Findings | None = None
    problem: EakteError | None = None
    if objekt.strip():
        try:
            with visit.service.database.noting() as session:
                found = _look_up(session, visit, objekt.strip(), person.strip())
        except Invalid as error:
            problem = error
    with visit.service.database.writing() as session:
        people = organisation.principals(session, PrincipalKind.PERSON)
        emergencies = None if found else _emergencies(session, visit)
    return render(
        visit.request,
        "data_protection.html",
        status=200 if problem is None else 422,
        found=found,
        problem=problem,
        typed={"objekt": objekt, "person": person},
        people=people,
        emergencies=emergencies,
    )


def _emergencies(session: Session, visit: Visit) -> list[EmergencyLine]:
    names = display_names(session)
    return [
        EmergencyLine(
            row,
            access.reference_of(session, row.case_file_id),
            names.principal(row.person_id),
            None if row.seen_by is None else names.principal(row.seen_by),
        )
        for row in break_glass.newest_accesses(session, visit.actor)
    ]


def _look_up(session: Session, visit: Visit, objekt: str, person: str) -> Findings:
    actor, names = visit.actor, display_names(session)
    node = _node(session, objekt)
    trail = _trail(session, visit, objekt if node is None else node.id, names)
    if node is None:
        if trail is None:
            detail = "Bitte Aktenzeichen, Aktenplancode oder Kennung prüfen."
            raise Invalid(f"„{objekt}“ gibt es nicht.", FieldProblem("/objekt", detail))
        return Findings(f"Kennung {objekt}", None, None, None, trail, clock.now())
    told = None
    if person:
        person_id = organisation.find_person_or_system(session, person, "/person")
        told = explaining.explain(session, actor, person_id, node)
    readers = explaining.readers(session, actor, node)
    level = access.level_of(session, nodes.place_of(session, node)).word
    return Findings(nodes.in_words(session, node), level, readers, told, trail, clock.now())


def _node(session: Session, objekt: str) -> Node | None:
    try:
        return nodes.parse(session, objekt)
    except NotFound:
        return None


def _trail(session: Session, visit: Visit, object_id: str, names: DisplayNames) -> list[TrailLine] | None:
    """The trail in words, newest first; None where there is none, as for the filing plan."""
    try:
        events = audit_reading.trail_of(session, visit.actor, object_id)
    except NotFound:
        return None
    return [_line(event, names) for event in reversed(events)]


def _line(event: TrailEvent, names: DisplayNames) -> TrailLine:
    return TrailLine(
        event.number,
        event.at,
        names.principal(event.actor_id),
        tag_word(event.tag),
        f"{kind_word(event.object_kind)} {event.object_id}",
        detail_words(event.details, names),
    )
