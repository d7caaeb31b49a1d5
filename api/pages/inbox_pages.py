"""The inbox: what waits, its page beside the choice where it belongs; filing one brings the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import case_file_views, inbox_choices, organisation
from api.pages.break_glass_pages import notice_lines
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import access, case_files, inbox, neighbours, nodes, reading
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_file_writing import CaseFileCompleted
from eakte.errors import Conflict, EakteError, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.inbox import Waiting

router = APIRouter()
ITEMS_LISTED = 50
RECENT_OFFERED = 8
Page = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/postkorb")
def show_inbox(visit: VisitDep) -> Response:
    """What waits, open at what has waited longest."""
    return _page(visit, None)


@router.get("/postkorb/{item_id}")
def show_item(
    visit: VisitDep, item_id: UUID, seite: Page = 1, suche: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """One of the things that wait; `suche` looks for a case file to put it into."""
    try:
        with visit.service.database.reading() as session:
            waiting = inbox.item_for(session, visit.actor, item_id)
    except Conflict as error:
        return _page(visit, None, problem=error, status=409)
    return _page(visit, waiting, page_number=seite, sought=suche.strip())


@router.post("/postkorb/{item_id}/ablegen")
@router.post("/postkorb/{item_id}/vorschlag")
def file_item(posted: PostedDep, item_id: UUID) -> Response:
    """File it, where somebody says or where a suggestion leads, and go on to the next."""

    def act(session: Session) -> Response:
        actor = posted.visit.actor
        target = _target(session, actor, posted)
        document = inbox.file_item(
            session,
            actor,
            item_id,
            target.id,
            section=posted.optional("section"),
            title=posted.optional("title"),
            is_answer=True if posted.text("is_answer") else None,
        )
        path = next_path(session, actor, item_id)
        return go_to(path, "item_filed", title=document.title, reference=target.reference, document=str(document.id))

    return act_on(posted, item_id, act)


@router.post("/postkorb/{item_id}/weiterleiten")
def forward_item(posted: PostedDep, item_id: UUID) -> Response:
    """Send it to another unit."""

    def act(session: Session) -> Response:
        actor, unit_id = posted.visit.actor, posted.text("unit")
        inbox.forward_item(session, actor, item_id, unit_id, posted.text("note"))
        unit = organisation.unit_name(session, unit_id) or unit_id
        return go_to(next_path(session, actor, item_id), "item_forwarded", unit=unit)

    return act_on(posted, item_id, act)


@router.post("/postkorb/{item_id}/aussortieren")
def reject_item(posted: PostedDep, item_id: UUID) -> Response:
    """Sort out what is no record."""

    def act(session: Session) -> Response:
        inbox.reject_item(session, posted.visit.actor, item_id, posted.text("reason"))
        return go_to(next_path(session, posted.visit.actor, item_id), "item_rejected")

    return act_on(posted, item_id, act)


def act_on(posted: Posted, item_id: UUID, act: Callable[[Session], Response]) -> Response:
    """Do what a form asks with what waits; what stands against it is shown beside it, or beside what waits next."""
    visit = posted.visit
    try:
        return posted.write_once(act)
    except (Invalid, NotPermitted, CaseFileCompleted) as error:
        with visit.service.database.reading() as session:
            waiting = inbox.item_for(session, visit.actor, item_id)
        return _page(visit, waiting, posted=posted, problem=error, status=422)
    except Conflict as error:
        return _page(visit, None, problem=error, status=409)


def _target(session: Session, actor: Actor, posted: Posted) -> CaseFile:
    """The case file chosen: what was typed counts before what was picked."""
    typed = posted.text("reference")
    try:
        if typed:
            return case_files.find_by_reference(session, actor, typed)
        picked = posted.id("case_file")
        if picked is not None:
            return access.case_file_for(session, actor, picked)
    except NotFound:
        raise Invalid(
            f"Eine Akte „{typed}“ gibt es nicht." if typed else "Diese Akte gibt es nicht.",
            FieldProblem("/reference", "Bitte das Aktenzeichen prüfen oder eine Akte aus der Liste wählen."),
        ) from None
    raise Invalid(
        "Es ist noch keine Akte gewählt.",
        FieldProblem("/reference", "Bitte ein Aktenzeichen eingeben oder eine Akte aus der Liste wählen."),
    )


def next_path(session: Session, actor: Actor, done_id: UUID) -> str:
    """What waited next after the item just done, else what has waited longest."""
    following = inbox.list_waiting(session, actor, after=done_id, limit=1) or inbox.list_waiting(
        session, actor, limit=1
    )
    return f"/postkorb/{following[0].item.id}" if following else "/postkorb"


def _page(
    visit: Visit,
    waiting: Waiting | None,
    *,
    page_number: int = 1,
    sought: str = "",
    posted: Posted | None = None,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    reader, beside, choices = None, None, None
    thumbnails: list[int] = []
    with visit.service.database.noting() as session:
        listed = inbox.list_waiting(session, visit.actor, limit=ITEMS_LISTED + 1)
        if waiting is None and listed:
            waiting = listed[0]
        offered = _offered(session, visit.actor, waiting) if waiting is not None else []
        units = organisation.units(session)
        sections = _sections(session, visit.actor, offered)
        told = notice_lines(session, visit.actor)
        if waiting is not None:
            beside = neighbours.neighbours_of(session, visit.actor, waiting.document)
            reader = case_file_views.gather_reader(session, visit.actor, waiting.document, page_number, "")
            thumbnails = reading.pages_with_thumbnail(session, visit.actor, waiting.document.id)
            choices = inbox_choices.gather(session, visit.service.index, visit.actor, waiting, sought)
    return render(
        visit.request,
        "inbox.html",
        status=status,
        listed=listed[:ITEMS_LISTED],
        more=len(listed) > ITEMS_LISTED,
        waiting=waiting,
        reader=reader,
        beside=beside,
        thumbnails=thumbnails,
        offered=offered,
        choices=choices,
        units=units,
        unit_names={unit.id: unit.name for unit in units},
        sections=sections,
        access_notices=told,
        posted=posted,
        problem=problem,
    )


def _offered(session: Session, actor: Actor, waiting: Waiting) -> list[CaseFile]:
    """Case files to pick from: the one its code names, then what changed last and takes documents."""
    offered: list[CaseFile] = []
    concerned = waiting.item.concerns_case_file_id
    if concerned is not None:
        offered.append(access.case_file_for(session, actor, concerned))
    recent = case_files.list_case_files(session, actor, status=CaseFileStatus.OPEN, limit=2 * RECENT_OFFERED)
    offered += [
        row
        for row in recent
        if row.id != concerned and access.rights_on(session, actor, row.access_scope_id) & Right.FILE
    ]
    return offered[:RECENT_OFFERED]


def _sections(session: Session, actor: Actor, offered: list[CaseFile]) -> list[str]:
    """The sections of these case files that the actor may file into."""
    names: dict[str, None] = {}
    for row in offered:
        names |= dict.fromkeys(nodes.sections_with(session, actor, row, Right.FILE))
    return list(names)
