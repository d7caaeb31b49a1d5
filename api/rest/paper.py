"""Delivering paper (Scanstapel) and what waits for people (Postkorb)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import cursors, views
from api.rest.cursors import Cursor, Limit
from api.rest.multipart_docs import multipart
from api.rest.schemas.documents import DocumentOut, ReasonIn
from api.rest.schemas.paper import (
    FileInboxItemIn,
    ForwardIn,
    InboxOut,
    OneInboxItemOut,
    ScanBatchIn,
    ScanBatchOut,
)
from api.rest.uploads import clear_used, uploaded_files
from api.uploads import Form, receive_form
from eakte import inbox, nodes, repeats, resumable_uploads
from eakte.errors import FieldProblem, Invalid
from eakte.inbox import Waiting
from eakte.intake import receive, suggestions
from eakte.intake.receive import Delivery

router = APIRouter()


@router.post(
    "/scan-batches",
    status_code=201,
    response_model=ScanBatchOut,
    responses={
        200: {"model": ScanBatchOut, "description": "The same delivery was here already"},
        **answers(403, 409, 413, 415),
    },
    summary="Deliver paper",
    tags=["Scanstapel"],
    openapi_extra=multipart("files", ScanBatchIn, repeatable=True),
)
async def deliver(request: Request, call: CallDep) -> Response:
    """Deliver a stack. When this answers, every byte is durable; the work goes on by itself.

    The same delivery twice (station, batch id, content) is one: 200 with the batch as it is by now.
    """
    limits = call.service.settings.upload
    form = await receive_form(
        request, call.service.blobs, max_file_bytes=limits.max_file_bytes, max_files=limits.max_files
    )
    form.refuse_others("files", "metadata")
    return await run_in_threadpool(_deliver, call, form)


def _deliver(call: Call, form: Form) -> Response:
    given = call.given_before(form.content())
    if given is not None:
        return given
    body = form.metadata(ScanBatchIn)
    files = form.files_named("files")
    if body.uploads and files:
        problem = FieldProblem("/metadata/uploads", "Bitte entweder Dateien mitsenden oder Übertragungen nennen.")
        raise Invalid("Der Stapel kommt auf zwei Wegen zugleich.", problem)
    files += uploaded_files(call, body.uploads, "/metadata/uploads")

    def act(session: Session) -> Answer:
        delivery = Delivery(**body.model_dump(exclude={"uploads"}))
        batch, new = receive.receive_batch(session, call.actor, delivery, files)
        resumable_uploads.use_uploads(session, call.actor, body.uploads, repeats.batch_name(batch.id))
        location = f"/api/v1/scan-batches/{batch.id}"
        about = (repeats.batch_name(batch.id),)
        return Answer(views.scan_batch(session, batch), 201 if new else 200, location=location, about=about)

    response = call.write(act, content=form.content())
    clear_used(call.service, body.uploads)
    return response


@router.get(
    "/scan-batches/{batch_id}",
    response_model=ScanBatchOut,
    responses=answers(404),
    summary="A stack's progress",
    tags=["Scanstapel"],
)
def read_batch(call: CallDep, batch_id: UUID) -> Response:
    """Tell how far a stack is and what became of its documents."""

    def act(session: Session) -> Answer:
        return Answer(views.scan_batch(session, receive.batch_for(session, call.actor, batch_id)), is_state=True)

    return call.read(act)


@router.get("/inbox", response_model=InboxOut, responses=answers(), summary="What waits", tags=["Postkorb"])
def read_inbox(
    call: CallDep,
    unit: Annotated[str | None, Query(description="Only this unit's")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List what waits for the caller, longest waiting first."""

    def act(session: Session) -> Answer:
        rows = inbox.list_waiting(session, call.actor, unit_id=unit, after=cursors.read_id(cursor), limit=limit + 1)
        page = rows[:limit]
        next_cursor = cursors.write(str(page[-1].item.id)) if len(rows) > limit else None
        return Answer(InboxOut(items=[views.inbox_item(row) for row in page], next_cursor=next_cursor))

    return call.read(act)


@router.get(
    "/inbox/{item_id}",
    response_model=OneInboxItemOut,
    responses=answers(404, 409),
    summary="One item",
    tags=["Postkorb"],
)
def read_item(call: CallDep, item_id: UUID) -> Response:
    """Tell one waiting item, and where it probably belongs by its text: case files the caller may file into."""

    def act(session: Session) -> Answer:
        return Answer(_told(session, call, inbox.item_for(session, call.actor, item_id)), is_state=True)

    return call.read(act)


@router.post(
    "/inbox/{item_id}/file",
    response_model=DocumentOut,
    responses=answers(403, 404, 409, 412),
    summary="File into a case file",
    tags=["Postkorb"],
)
def file_item(call: CallDep, item_id: UUID, body: FileInboxItemIn) -> Response:
    """File what waits; if its code names a letter of that case file, it becomes the answer."""

    def act(session: Session) -> Answer:
        honour_match(session, call, item_id)
        row = inbox.file_item(
            session,
            call.actor,
            item_id,
            body.case_file_id,
            section=body.section,
            title=body.title,
            is_answer=body.is_answer,
        )
        about = (nodes.document(row.id).written,)
        return Answer(views.document(session, call.actor, row), is_state=True, about=about)

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/inbox/{item_id}/forward",
    status_code=204,
    responses=answers(403, 404, 409, 412),
    summary="Send to another unit",
    tags=["Postkorb"],
)
def forward_item(call: CallDep, item_id: UUID, body: ForwardIn) -> Response:
    """Send what waits to another unit's inbox, with a note."""

    def act(session: Session) -> Answer:
        honour_match(session, call, item_id)
        inbox.forward_item(session, call.actor, item_id, body.unit, body.note)
        return Answer(None, 204)

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/inbox/{item_id}/reject",
    status_code=204,
    responses=answers(403, 404, 409, 412),
    summary="Sort out",
    tags=["Postkorb"],
)
def reject_item(call: CallDep, item_id: UUID, body: ReasonIn) -> Response:
    """Sort out what is no record (advertising, misdelivered)."""

    def act(session: Session) -> Answer:
        honour_match(session, call, item_id)
        inbox.reject_item(session, call.actor, item_id, body.reason)
        return Answer(None, 204)

    return call.write(act, content=body.model_dump_json())


def honour_match(session: Session, call: Call, item_id: UUID) -> None:
    """Check `If-Match` against what waits; it exists for the caller afterwards."""
    waiting = inbox.item_for(session, call.actor, item_id)
    call.honour_match(lambda: _told(session, call, waiting))


def honour_match_of_batch(session: Session, call: Call, batch_id: UUID) -> None:
    """Check `If-Match` against a stack; it exists for the caller afterwards."""
    batch = receive.batch_for(session, call.actor, batch_id)
    call.honour_match(lambda: views.scan_batch(session, batch))


def _told(session: Session, call: Call, waiting: Waiting) -> OneInboxItemOut:
    return views.inbox_item_with_suggestions(waiting, suggestions.suggest(session, call.actor, waiting.document))
