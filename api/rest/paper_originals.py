"""Paper in boxes (Papieroriginale), things that cannot be scanned (Platzhalter), post that must not be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import cursors
from api.rest.cursors import Cursor, Limit
from api.rest.schemas.paper_originals import (
    BoxesOut,
    BoxOut,
    DocumentPapersOut,
    HandOverIn,
    PaperIn,
    PaperOut,
    PaperPatch,
    PapersDoneIn,
    PapersDoneOut,
    PapersOut,
    PlaceholderIn,
    PlaceholderOut,
    UnscannedPostIn,
    UnscannedPostOut,
    UnscannedPostsOut,
)
from eakte import access, documents, nodes, paper_originals, placeholders, repeats, unscanned_post
from eakte.actors import Actor
from eakte.document_tables import DocumentKind
from eakte.paper_originals import Due, PaperLine, PaperWish
from eakte.placeholders import PlaceholderWish
from eakte.receipt_tables import UnscannedPost, WhyUnscanned
from eakte.unscanned_post import PostWish

router = APIRouter(tags=["Papier"])
Unit = Annotated[str, Query(max_length=80, description="The unit that keeps it", examples=["POST"])]


@router.get(
    "/documents/{document_id}/paper", response_model=DocumentPapersOut, responses=answers(404), summary="Its paper"
)
def read_document_paper(call: CallDep, document_id: UUID) -> Response:
    """Tell where the paper of a document lies; nothing where nobody said so."""

    def act(session: Session) -> Answer:
        document = access.document_for(session, call.actor, document_id)
        rows = paper_originals.papers_of(session, document)
        items = [_paper(paper_originals.paper_for(session, call.actor, row.id)) for row in rows]
        return Answer(DocumentPapersOut(items=items))

    return call.read(act)


@router.post(
    "/documents/{document_id}/paper",
    status_code=201,
    response_model=PaperOut,
    responses=answers(403, 404, 409),
    summary="Say where its paper lies",
)
def place_paper(call: CallDep, document_id: UUID, body: PaperIn) -> Response:
    """Say where the paper of a document lies, until when it is kept, and to whom it goes back."""

    def act(session: Session) -> Answer:
        row = paper_originals.place_paper(session, call.actor, document_id, PaperWish(**body.model_dump()))
        told = _paper(paper_originals.paper_for(session, call.actor, row.id))
        about = (nodes.document(document_id).written,)
        return Answer(told, 201, is_state=True, location=f"/api/v1/paper/{row.id}", about=about)

    return call.write(act, content=body.model_dump_json())


@router.get("/paper", response_model=PapersOut, responses=answers(404), summary="What a unit keeps")
def list_papers(
    call: CallDep,
    unit: Unit,
    box: Annotated[str | None, Query(max_length=80, description="Only what lies there; empty: in no box")] = None,
    due: Annotated[
        Literal["destroy", "return"] | None, Query(description="Only what may be destroyed today, or goes back")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the paper a unit of the caller keeps, oldest first. Titles only of what the caller may read."""

    def act(session: Session) -> Answer:
        wanted = None if due is None else Due(due)
        after = cursors.read_id(cursor)
        lines = paper_originals.list_papers(
            session, call.actor, unit, box=box, due=wanted, after=after, limit=limit + 1
        )
        page = lines[:limit]
        next_cursor = cursors.write(str(page[-1].paper.id)) if len(lines) > limit else None
        return Answer(PapersOut(items=[_paper(line) for line in page], next_cursor=next_cursor))

    return call.read(act)


@router.get("/paper-boxes", response_model=BoxesOut, responses=answers(404), summary="The boxes of a unit")
def list_boxes(call: CallDep, unit: Unit) -> Response:
    """List the boxes of a unit of the caller: how much lies in each, what may be destroyed, what goes back."""

    def act(session: Session) -> Answer:
        lines = paper_originals.boxes_of(session, call.actor, unit)
        return Answer(BoxesOut(items=[BoxOut(**vars(line)) for line in lines]))

    return call.read(act)


@router.get("/paper/{paper_id}", response_model=PaperOut, responses=answers(404), summary="One piece of paper")
def read_paper(call: CallDep, paper_id: UUID) -> Response:
    """Tell where paper lies and what becomes of it."""

    def act(session: Session) -> Answer:
        return Answer(_paper(paper_originals.paper_for(session, call.actor, paper_id)), is_state=True)

    return call.read(act)


@router.patch(
    "/paper/{paper_id}",
    response_model=PaperOut,
    responses=answers(403, 404, 409, 412, 428),
    summary="Change where it lies",
)
def change_paper(call: CallDep, paper_id: UUID, body: PaperPatch) -> Response:
    """Say anew where paper lies, until when it is kept, to whom it goes back."""

    def act(session: Session) -> Answer:
        call.require_match(_paper(paper_originals.paper_for(session, call.actor, paper_id)))
        changes = body.model_dump(exclude_unset=True)
        return Answer(_paper(paper_originals.change_paper(session, call.actor, paper_id, changes)), is_state=True)

    return call.write(act)


@router.post("/paper/returned", response_model=PapersDoneOut, responses=answers(403, 404, 409), summary="Given back")
def note_returned(call: CallDep, body: PapersDoneIn) -> Response:
    """Note that originals were sent or given back."""
    return _done(call, body, paper_originals.note_returned)


@router.post("/paper/destroyed", response_model=PapersDoneOut, responses=answers(403, 404, 409), summary="Destroyed")
def note_destroyed(call: CallDep, body: PapersDoneIn) -> Response:
    """Note that paper was destroyed; refused for all of it while one has to be kept, or goes back."""
    return _done(call, body, paper_originals.note_destroyed)


def _done(
    call: Call, body: PapersDoneIn, note: Callable[[Session, Actor, Sequence[UUID], date | None], int]
) -> Response:
    def act(session: Session) -> Answer:
        return Answer(PapersDoneOut(papers=note(session, call.actor, body.papers, body.on)))

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/placeholders",
    status_code=201,
    response_model=PlaceholderOut,
    responses=answers(403, 404, 409),
    summary="A thing that cannot be scanned",
)
def put_placeholder(call: CallDep, body: PlaceholderIn) -> Response:
    """Put a document that stands for a thing into a case file or an inbox; its original is a page that says so."""
    content = body.model_dump_json()
    given = call.given_before(content)
    if given is not None:
        return given
    wish = PlaceholderWish(**{**body.model_dump(), "kind": DocumentKind(body.kind)})
    service = call.service
    with service.database.reading() as session:
        placeholders.check_placeholder(session, call.actor, wish)
    work_dir = service.settings.work_dir / "placeholders"
    stored = placeholders.draw(service.blobs, service.press, call.actor, wish, work_dir)

    def act(session: Session) -> Answer:
        row = placeholders.put_placeholder(session, call.actor, wish, stored)
        told = PlaceholderOut(
            document_id=row.id,
            case_file_id=row.case_file_id,
            unit=wish.unit,
            sha256=documents.newest_version(session, row).sha256,
        )
        about = (nodes.document(row.id).written,)
        return Answer(told, 201, location=f"/api/v1/documents/{row.id}", about=about)

    return call.write(act, content=content)


@router.get("/unscanned-post", response_model=UnscannedPostsOut, responses=answers(), summary="Post not scanned")
def list_unscanned_post(
    call: CallDep,
    only_open: Annotated[bool, Query(alias="open", description="Only what was not handed over yet")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List what the caller's units registered or were addressed by, newest first."""

    def act(session: Session) -> Answer:
        after = cursors.read_id(cursor)
        rows = unscanned_post.list_post(session, call.actor, only_open=only_open, after=after, limit=limit + 1)
        page = rows[:limit]
        next_cursor = cursors.write(str(page[-1].id)) if len(rows) > limit else None
        return Answer(UnscannedPostsOut(items=[_post(row) for row in page], next_cursor=next_cursor))

    return call.read(act)


@router.post(
    "/unscanned-post",
    status_code=201,
    response_model=UnscannedPostOut,
    responses=answers(403),
    summary="Register post that is not scanned",
)
def register_unscanned_post(call: CallDep, body: UnscannedPostIn) -> Response:
    """Register a sealed bid, the staff council's or a personal letter, so that its hand-over can be proven."""

    def act(session: Session) -> Answer:
        wish = PostWish(**{**body.model_dump(), "why": WhyUnscanned(body.why)})
        row = unscanned_post.register_post(session, call.actor, wish)
        location = f"/api/v1/unscanned-post/{row.id}"
        return Answer(_post(row), 201, is_state=True, location=location, about=(repeats.post_name(row.id),))

    return call.write(act, content=body.model_dump_json())


@router.get(
    "/unscanned-post/{post_id}", response_model=UnscannedPostOut, responses=answers(404), summary="One piece of post"
)
def read_unscanned_post(call: CallDep, post_id: UUID) -> Response:
    """Tell what was registered of a piece of post, for the mail room's and the addressee's unit."""

    def act(session: Session) -> Answer:
        return Answer(_post(unscanned_post.post_for(session, call.actor, post_id)), is_state=True)

    return call.read(act)


@router.post(
    "/unscanned-post/{post_id}/hand-over",
    response_model=UnscannedPostOut,
    responses=answers(403, 404, 409, 412),
    summary="Handed over",
)
def hand_over_post(call: CallDep, post_id: UUID, body: HandOverIn) -> Response:
    """Note to whom a piece of post was handed; for good."""

    def act(session: Session) -> Answer:
        listed = unscanned_post.post_for(session, call.actor, post_id)
        call.honour_match(lambda: _post(listed))
        row = unscanned_post.hand_over(session, call.actor, post_id, body.to)
        return Answer(_post(row), is_state=True, about=(repeats.post_name(row.id),))

    return call.write(act, content=body.model_dump_json())


def _paper(line: PaperLine) -> PaperOut:
    paper, document = line.paper, line.document
    return PaperOut(
        id=paper.id,
        unit=paper.unit_id,
        document_id=None if document is None else document.id,
        title=None if document is None else document.title,
        thing=None if document is None else paper.thing,
        batch_id=None if line.batch is None else line.batch.batch_id,
        box=paper.box,
        keep_until=paper.keep_until,
        return_to=paper.return_to,
        returned_on=paper.returned_on,
        destroyed_on=paper.destroyed_on,
        done_by=paper.done_by,
    )


def _post(row: UnscannedPost) -> UnscannedPostOut:
    return UnscannedPostOut(
        id=row.id,
        unit=row.unit_id,
        addressee_unit=row.addressee_unit_id,
        sender=row.sender,
        why=row.why.value,
        remark=row.remark,
        received_on=row.received_on,
        channel=row.channel,
        registered_by=row.registered_by,
        registered_at=row.registered_at,
        handed_to=row.handed_to,
        handed_at=row.handed_at,
        handed_by=row.handed_by,
    )
