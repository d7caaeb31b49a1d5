"""Putting right what a stack was split into: neighbours, joining, splitting."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import views
from api.rest.paper import honour_match
from api.rest.schemas.documents import DocumentOut
from api.rest.schemas.rearranging import JoinIn, NeighbourOut, NeighboursOut, SplitIn, SplitOut
from eakte import inbox, neighbours, nodes, rearranging
from eakte.neighbours import Neighbour

router = APIRouter()


@router.get(
    "/inbox/{item_id}/neighbours",
    response_model=NeighboursOut,
    responses=answers(404, 409),
    summary="What lay beside it in the stack",
    tags=["Postkorb"],
)
def read_neighbours(call: CallDep, item_id: UUID) -> Response:
    """Tell what was scanned right before and right behind an item, as far as the caller may know of it."""

    def act(session: Session) -> Answer:
        document = inbox.item_for(session, call.actor, item_id).document
        found = neighbours.neighbours_of(session, call.actor, document)
        return Answer(NeighboursOut(previous=_neighbour(found.previous), next=_neighbour(found.next)))

    return call.read(act)


@router.post(
    "/inbox/{item_id}/join",
    response_model=DocumentOut,
    responses=answers(403, 404, 409, 412),
    summary="Put to another document",
    tags=["Postkorb"],
)
def join_item(call: CallDep, item_id: UUID, body: JoinIn) -> Response:
    """Put what waits to another item or document, as a new version of it in stack order; the item ends.

    `split` undoes it.
    """
    content = body.model_dump_json()
    given = call.given_before(content)
    if given is not None:
        return given
    service = call.service
    with service.database.reading() as session:
        honour_match(session, call, item_id)
        plan = rearranging.plan_join(session, call.actor, item_id, body.with_)
    [cut] = rearranging.cut_pieces(service.blobs, service.reader, plan, service.settings.work_dir / "rearranging")

    def act(session: Session) -> Answer:
        honour_match(session, call, item_id)
        row = rearranging.join_item(session, call.actor, plan, cut)
        return Answer(views.document(session, call.actor, row), is_state=True, about=(nodes.document(row.id).written,))

    return call.write(act, content=content)


@router.post(
    "/inbox/{item_id}/split",
    response_model=SplitOut,
    responses=answers(403, 404, 409, 412),
    summary="Split into several",
    tags=["Postkorb"],
)
def split_item(call: CallDep, item_id: UUID, body: SplitIn) -> Response:
    """Split what waits: its first pages stay it, each further piece waits for itself in the same inbox."""
    return _split(call, item_id, body, honours_match=True)


@router.post(
    "/documents/{document_id}/split",
    response_model=SplitOut,
    responses=answers(403, 404, 409),
    summary="Split a filed document",
    tags=["Dokumente"],
)
def split_document(call: CallDep, document_id: UUID, body: SplitIn) -> Response:
    """Take scanned pages out of a document: its first pages stay, each further piece waits in an inbox."""
    return _split(call, document_id, body, honours_match=False)


def _split(call: Call, id_: UUID, body: SplitIn, *, honours_match: bool) -> Response:
    content = body.model_dump_json()
    given = call.given_before(content)
    if given is not None:
        return given
    service = call.service
    with service.database.reading() as session:
        if honours_match:
            honour_match(session, call, id_)
        plan = rearranging.plan_split(session, call.actor, id_, body.at)
    cuts = rearranging.cut_pieces(service.blobs, service.reader, plan, service.settings.work_dir / "rearranging")

    def act(session: Session) -> Answer:
        waiting = rearranging.split_document(session, call.actor, plan, cuts)
        about = tuple(nodes.document(one.document.id).written for one in waiting)
        return Answer(SplitOut(items=[views.inbox_item(one) for one in waiting]), about=about)

    return call.write(act, content=content)


def _neighbour(found: Neighbour | None) -> NeighbourOut | None:
    if found is None:
        return None
    return NeighbourOut(
        document_id=found.document.id,
        inbox_item_id=None if found.item is None else found.item.id,
        case_file_id=found.document.case_file_id,
        title=found.document.title,
        may_join=found.may_join,
    )
