"""What the mail room does not scan: things with a placeholder, and post that is handed over closed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import case_file_views, organisation
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from api.rest import cursors
from eakte import access, placeholders, unscanned_post
from eakte.access_tables import Right
from eakte.document_tables import DocumentKind
from eakte.errors import Conflict, EakteError, FieldProblem, Invalid, NotPermitted
from eakte.placeholders import PlaceholderWish
from eakte.receipt_tables import WhyUnscanned
from eakte.unscanned_post import PostWish

router = APIRouter()
LISTED = 100
THING_FIELDS = ("title", "thing", "box", "unit", "section", "kind", "received_on", "channel")
POST_FIELDS = ("addressee_unit", "sender", "why", "remark", "received_on", "channel")


@router.get("/akten/{case_file_id}/gegenstand")
def show_thing_form(visit: VisitDep, case_file_id: UUID) -> Response:
    """The form for a thing that belongs to a case file."""
    return _thing_form(visit, case_file_id, None)


@router.post("/akten/{case_file_id}/gegenstand")
def put_thing(posted: PostedDep, case_file_id: UUID) -> Response:
    """Put a placeholder into a case file."""
    return _put(posted, case_file_id)


@router.get("/poststelle/gegenstand")
def show_thing_form_of_mail_room(visit: VisitDep) -> Response:
    """The form for a thing whose case file is not known."""
    return _thing_form(visit, None, None)


@router.post("/poststelle/gegenstand")
def put_thing_into_inbox(posted: PostedDep) -> Response:
    """Put a placeholder into the inbox of a unit."""
    return _put(posted, None)


@router.get("/poststelle/ungescannt")
def show_post(
    visit: VisitDep,
    alle: Annotated[str, Query(max_length=4)] = "",
    nach: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Post that is not scanned: what still has to be handed over, or everything."""
    return _post_page(visit, None, everything=bool(alle), after=nach)


@router.post("/poststelle/ungescannt")
def register_post(posted: PostedDep) -> Response:
    """Register a piece of post."""

    def act(session: Session) -> Response:
        unscanned_post.register_post(session, posted.visit.actor, _post_wish(posted))
        return go_to("/poststelle/ungescannt", "post_registered")

    return posted.write_or_show(
        act, lambda problem, status: _post_page(posted.visit, posted, problem=problem, status=status)
    )


@router.post("/poststelle/ungescannt/{post_id}/uebergeben")
def hand_over(posted: PostedDep, post_id: UUID) -> Response:
    """Note to whom it was handed."""

    def act(session: Session) -> Response:
        row = unscanned_post.hand_over(session, posted.visit.actor, post_id, posted.text("to"))
        return go_to("/poststelle/ungescannt", "post_handed_over", to=row.handed_to or "")

    return posted.write_or_show(
        act, lambda problem, status: _post_page(posted.visit, None, problem=problem, status=status)
    )


def _post_wish(posted: Posted) -> PostWish:
    addressee, why = posted.text("addressee_unit"), posted.text("why")
    chosen = {"/addressee_unit": addressee, "/why": why}
    missing = [FieldProblem(pointer, "Bitte auswählen.") for pointer, value in chosen.items() if not value]
    if missing:
        raise Invalid("Es fehlt noch eine Angabe.", *missing)
    try:
        reason = WhyUnscanned(why)
    except ValueError as error:
        raise Invalid("Diesen Anlass gibt es nicht.", FieldProblem("/why", "Bitte neu auswählen.")) from error
    return PostWish(
        addressee_unit=addressee,
        sender=posted.text("sender"),
        why=reason,
        remark=posted.text("remark"),
        received_on=posted.day("received_on"),
        channel=posted.text("channel") or "post",
    )


def _put(posted: Posted, case_file_id: UUID | None) -> Response:
    visit, service = posted.visit, posted.visit.service
    try:
        wish = _thing_wish(posted, case_file_id)
        with service.database.reading() as session:
            placeholders.check_placeholder(session, visit.actor, wish)
        work_dir = service.settings.work_dir / "placeholders"
        stored = placeholders.draw(service.blobs, service.press, visit.actor, wish, work_dir)

        def act(session: Session) -> Response:
            document = placeholders.put_placeholder(session, visit.actor, wish, stored)
            seen = case_file_views.may_read(session, visit.actor, document.id)
            return go_to(f"/dokumente/{document.id}" if seen else "/poststelle", "placeholder_made")

        return posted.write_once(act)
    except (Invalid, NotPermitted, Conflict) as error:
        return _thing_form(visit, case_file_id, posted, problem=error, status=422)


def _thing_wish(posted: Posted, case_file_id: UUID | None) -> PlaceholderWish:
    try:
        kind = DocumentKind(posted.text("kind") or DocumentKind.INCOMING)
    except ValueError as error:
        raise Invalid("Diese Art gibt es nicht.", FieldProblem("/kind", "Bitte neu auswählen.")) from error
    return PlaceholderWish(
        title=posted.text("title"),
        thing=posted.text("thing"),
        case_file_id=case_file_id,
        unit=None if case_file_id is not None else posted.text("unit"),
        section=posted.optional("section"),
        box=posted.optional("box"),
        kind=kind,
        received_on=posted.day("received_on"),
        channel=posted.optional("channel"),
    )


def _thing_form(
    visit: Visit,
    case_file_id: UUID | None,
    posted: Posted | None,
    *,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    with visit.service.database.reading() as session:
        case_file, places = None, []
        if case_file_id is not None:
            case_file = access.case_file_reached(session, visit.actor, case_file_id, Right.FILE)
            places = case_file_views.places_to_file(session, visit.actor, case_file)
        units = organisation.units(session)
    return render(
        visit.request,
        "placeholder_form.html",
        status=status,
        case_file=case_file,
        places=places,
        units=units,
        typed={name: posted.text(name) if posted else "" for name in THING_FIELDS},
        problem=problem,
    )


def _post_page(
    visit: Visit,
    posted: Posted | None,
    *,
    everything: bool = False,
    after: str | None = None,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    last = cursors.read_id(after)
    with visit.service.database.reading() as session:
        rows = unscanned_post.list_post(session, visit.actor, only_open=not everything, after=last, limit=LISTED + 1)
        may_register = bool(unscanned_post.mail_rooms_of(session, visit.actor))
        units = organisation.units(session)
    return render(
        visit.request,
        "unscanned_post.html",
        status=status,
        rows=rows[:LISTED],
        is_first=after is None,
        next_cursor=cursors.write(str(rows[LISTED - 1].id)) if len(rows) > LISTED else None,
        everything=everything,
        may_register=may_register,
        units=units,
        unit_names={unit.id: unit.name for unit in units},
        typed={name: posted.text(name) if posted else "" for name in POST_FIELDS},
        problem=problem,
    )
