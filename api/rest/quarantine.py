"""The quarantine (Quarantäne): what is held back, and reading again, releasing, sorting out."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, Call, CallDep
from api.problems import answers
from api.rest import cursors
from api.rest.cursors import Cursor, Limit
from api.rest.schemas.quarantine import QuarantineBatchOut, QuarantineListOut, QuarantineOut, QuarantineReasonIn
from eakte import quarantine, repeats
from eakte.quarantine import Held

router = APIRouter(tags=["Quarantäne"])


@router.get("/quarantine", response_model=QuarantineListOut, responses=answers(), summary="What is held back")
def list_quarantine(call: CallDep, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List what is held back, longest first: administrators see all of it, others what they may read.

    An administrator learns why and since when, and neither title nor file name of what they may not read.
    """

    def act(session: Session) -> Answer:
        rows = quarantine.list_held(session, call.actor, after=cursors.read_id(cursor), limit=limit + 1)
        page = rows[:limit]
        next_cursor = cursors.write(str(page[-1].entry.id)) if len(rows) > limit else None
        return Answer(QuarantineListOut(items=[_told(row) for row in page], next_cursor=next_cursor))

    return call.read(act)


@router.get("/quarantine/{entry_id}", response_model=QuarantineOut, responses=answers(404), summary="One of them")
def read_quarantine(call: CallDep, entry_id: UUID) -> Response:
    """Tell one thing that is or was held back."""
    return call.read(lambda session: _answer(quarantine.held_for(session, call.actor, entry_id)))


@router.post(
    "/quarantine/{entry_id}/retry",
    response_model=QuarantineOut,
    responses=answers(403, 404, 409, 412),
    summary="Read again",
)
def retry_quarantine(call: CallDep, entry_id: UUID) -> Response:
    """Read a file again from the start; a file of a stack is split and filed as if it came now.

    Needs `file` where it lies, or being an administrator. While it is being read again, asking once more changes
    nothing.
    """
    return _act(call, entry_id, lambda session: quarantine.retry(session, call.actor, entry_id))


@router.post(
    "/quarantine/{entry_id}/release",
    response_model=QuarantineOut,
    responses=answers(403, 404, 409, 412),
    summary="Release unread",
)
def release_quarantine(call: CallDep, entry_id: UUID, body: QuarantineReasonIn) -> Response:
    """Let a file be what it is without being read: in its case file, or in the inbox to be filed by hand.

    What the virus scanner refuses, or has not scanned, only an administrator releases.
    """

    def release(session: Session) -> Held:
        return quarantine.release(session, call.actor, entry_id, body.reason)

    return _act(call, entry_id, release, body.model_dump_json())


@router.post(
    "/quarantine/{entry_id}/withdraw",
    status_code=204,
    responses=answers(403, 404, 409, 412),
    summary="Sort out",
)
def withdraw_quarantine(call: CallDep, entry_id: UUID, body: QuarantineReasonIn) -> Response:
    """Sort a file out; bytes and reason stay in evidence. Where a document has other versions, it keeps them."""

    def act(session: Session) -> Answer:
        call.honour_match(lambda: _told(quarantine.held_for(session, call.actor, entry_id)))
        quarantine.withdraw(session, call.actor, entry_id, body.reason)
        return Answer(None, 204)

    return call.write(act, content=body.model_dump_json())


def _act(call: Call, entry_id: UUID, do: Callable[[Session], Held], content: str = "") -> Response:
    def act(session: Session) -> Answer:
        call.honour_match(lambda: _told(quarantine.held_for(session, call.actor, entry_id)))
        return _answer(do(session))

    return call.write(act, content=content)


def _answer(held: Held) -> Answer:
    return Answer(_told(held), is_state=True, about=(repeats.held_name(held.entry.id),))


def _told(held: Held) -> QuarantineOut:
    entry, document, version, batch = held.entry, held.document, held.version, held.batch
    deeds = {"retry": held.may_retry, "release": held.may_release, "withdraw": held.may_withdraw}
    return QuarantineOut(
        id=entry.id,
        cause=entry.cause.value,
        reason=entry.reason,
        state=entry.state.value,
        tries=entry.tries,
        since=entry.since,
        batch=None
        if batch is None
        else QuarantineBatchOut(id=batch.id, station=batch.station_id, batch_id=batch.batch_id),
        document_id=None if document is None else document.id,
        case_file_id=None if document is None else document.case_file_id,
        title=None if document is None else document.title,
        file_name=None if version is None else version.file_name,
        size_bytes=None if version is None else version.size_bytes,
        may=[deed for deed, may in deeds.items() if may],
        done_at=entry.done_at,
        done_reason=entry.done_reason,
    )
