"""When paper came (Eingang berichtigen), and what should never have been scanned (irrtümlich gescannt)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.calls import Answer, CallDep
from api.problems import answers
from api.rest import views
from api.rest.paper import honour_match, honour_match_of_batch
from api.rest.schemas.documents import DocumentOut, ReasonIn
from api.rest.schemas.paper import InboxItemOut
from api.rest.schemas.receipt import (
    BatchCorrectedOut,
    BatchWithdrawnOut,
    ListedMistakeOut,
    MistakeOut,
    MistakesOut,
    ReceiptCorrectionOut,
    ReceiptIn,
    ReceiptOut,
)
from eakte import access, inbox, nodes, receipt, repeats, scanned_by_mistake
from eakte.intake import receive
from eakte.receipt import ReceiptWish
from eakte.receipt_tables import ScanMistake

router = APIRouter()


@router.get(
    "/documents/{document_id}/receipt",
    response_model=ReceiptOut,
    responses=answers(404),
    summary="When and how it came",
    tags=["Dokumente"],
)
def read_receipt(call: CallDep, document_id: UUID) -> Response:
    """Tell when a document reached the authority, and what was put right about that, with the reasons.

    The state to name in `If-Match` is that of the document itself.
    """

    def act(session: Session) -> Answer:
        row = access.document_for(session, call.actor, document_id)
        corrections = [
            ReceiptCorrectionOut(**one.model_dump(exclude={"id", "document_id"}))
            for one in receipt.corrections_of(session, row)
        ]
        told = ReceiptOut(document_id=row.id, received_on=row.received_on, channel=row.channel, corrections=corrections)
        return Answer(told)

    return call.read(act)


@router.post(
    "/documents/{document_id}/receipt",
    response_model=DocumentOut,
    responses=answers(403, 404, 409, 412),
    summary="Correct when it came",
    tags=["Dokumente"],
)
def correct_receipt(call: CallDep, document_id: UUID, body: ReceiptIn) -> Response:
    """Put right the day or the channel of an incoming document, with a reason; deadlines count from the new day."""

    def act(session: Session) -> Answer:
        row = access.document_for(session, call.actor, document_id)
        call.honour_match(lambda: views.document(session, call.actor, row))
        row = receipt.correct_receipt(session, call.actor, document_id, _wish(body))
        about = (nodes.document(row.id).written,)
        return Answer(views.document(session, call.actor, row), is_state=True, about=about)

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/inbox/{item_id}/receipt",
    response_model=InboxItemOut,
    responses=answers(403, 404, 409, 412),
    summary="Correct when it came",
    tags=["Postkorb"],
)
def correct_item_receipt(call: CallDep, item_id: UUID, body: ReceiptIn) -> Response:
    """Put right the day or the channel of what waits, with a reason."""

    def act(session: Session) -> Answer:
        honour_match(session, call, item_id)
        waiting = inbox.item_for(session, call.actor, item_id)
        receipt.correct_receipt(session, call.actor, waiting.document.id, _wish(body))
        about = (nodes.document(waiting.document.id).written,)
        return Answer(views.inbox_item(inbox.item_for(session, call.actor, item_id)), about=about)

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/scan-batches/{batch_id}/receipt",
    response_model=BatchCorrectedOut,
    responses=answers(403, 404, 409, 412),
    summary="Correct when all of it came",
    tags=["Scanstapel"],
)
def correct_batch_receipt(call: CallDep, batch_id: UUID, body: ReceiptIn) -> Response:
    """Put right the day or the channel of a whole stack: of all its documents that still say what it said."""

    def act(session: Session) -> Answer:
        honour_match_of_batch(session, call, batch_id)
        told = receipt.correct_receipt_of_batch(session, call.actor, batch_id, _wish(body))
        return Answer(BatchCorrectedOut(**vars(told)), about=(repeats.batch_name(batch_id),))

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/documents/{document_id}/scanned-by-mistake",
    response_model=MistakeOut,
    responses=answers(403, 404, 409, 412),
    summary="Scanned by mistake",
    tags=["Dokumente"],
)
def withdraw_scanned(call: CallDep, document_id: UUID, body: ReasonIn) -> Response:
    """Withdraw what should never have been scanned through every door at once; only the fact and the reason stay."""

    def act(session: Session) -> Answer:
        row = access.document_for(session, call.actor, document_id)
        call.honour_match(lambda: views.document(session, call.actor, row))
        return _mistake(scanned_by_mistake.withdraw_scanned(session, call.actor, document_id, body.reason))

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/inbox/{item_id}/scanned-by-mistake",
    response_model=MistakeOut,
    responses=answers(403, 404, 409, 412),
    summary="Scanned by mistake",
    tags=["Postkorb"],
)
def withdraw_scanned_item(call: CallDep, item_id: UUID, body: ReasonIn) -> Response:
    """Withdraw what waits and should never have been scanned."""

    def act(session: Session) -> Answer:
        honour_match(session, call, item_id)
        return _mistake(scanned_by_mistake.withdraw_item(session, call.actor, item_id, body.reason))

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/scan-batches/{batch_id}/scanned-by-mistake",
    response_model=BatchWithdrawnOut,
    responses=answers(403, 404, 409, 412),
    summary="All of it scanned by mistake",
    tags=["Scanstapel"],
)
def withdraw_batch(call: CallDep, batch_id: UUID, body: ReasonIn) -> Response:
    """Withdraw everything of a stack that should never have been scanned, wherever it lies by now."""

    def act(session: Session) -> Answer:
        honour_match_of_batch(session, call, batch_id)
        told = scanned_by_mistake.withdraw_batch(session, call.actor, batch_id, body.reason)
        return Answer(BatchWithdrawnOut(**vars(told)), about=(repeats.batch_name(batch_id),))

    return call.write(act, content=body.model_dump_json())


@router.get(
    "/scan-batches/{batch_id}/scan-mistakes",
    response_model=MistakesOut,
    responses=answers(404),
    summary="What was scanned by mistake",
    tags=["Scanstapel"],
)
def list_scan_mistakes(call: CallDep, batch_id: UUID) -> Response:
    """List what of a stack was withdrawn as scanned by mistake: that, when and why, not what it was."""

    def act(session: Session) -> Answer:
        batch = receive.batch_for(session, call.actor, batch_id)
        found = scanned_by_mistake.mistakes_in(session, call.actor, batch).values()
        items = [
            ListedMistakeOut(id=row.id, reason=row.reason, withdrawn_at=row.withdrawn_at, may_undo=may_undo)
            for row, may_undo in found
        ]
        return Answer(MistakesOut(items=items))

    return call.read(act)


@router.post(
    "/scan-mistakes/{mistake_id}/undo",
    status_code=204,
    responses=answers(403, 404, 409),
    summary="Bring it back",
    tags=["Scanstapel"],
)
def undo_scan_mistake(call: CallDep, mistake_id: UUID, body: ReasonIn) -> Response:
    """Bring back what was withdrawn as scanned by mistake, where it lay; within 30 days, with a reason."""

    def act(session: Session) -> Answer:
        scanned_by_mistake.undo(session, call.actor, mistake_id, body.reason)
        return Answer(None, 204)

    return call.write(act, content=body.model_dump_json())


def _wish(body: ReceiptIn) -> ReceiptWish:
    return ReceiptWish(body.reason, body.received_on, body.channel)


def _mistake(row: ScanMistake) -> Answer:
    return Answer(MistakeOut(id=row.id, reason=row.reason, withdrawn_at=row.withdrawn_at))
