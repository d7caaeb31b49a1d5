"""Correcting when paper came, saying where it lies, withdrawing what should never have been scanned."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages import case_file_views, receipt_views
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, VisitDep
from eakte import access, paper_originals, receipt, replies, scanned_by_mistake
from eakte.paper_originals import PaperWish
from eakte.receipt import ReceiptWish

router = APIRouter()


@router.post("/dokumente/{document_id}/eingang")
def correct_receipt(posted: PostedDep, document_id: UUID) -> Response:
    """Put right the day or the way something came."""

    def act(session: Session) -> Response:
        document = receipt.correct_receipt(session, posted.visit.actor, document_id, _wish(posted))
        return go_to(receipt_views.place_of(session, document), "receipt_corrected")

    return posted.write_once(act)


@router.post("/stapel/{batch_id}/eingang")
def correct_batch(posted: PostedDep, batch_id: UUID) -> Response:
    """Put right the day or the way a whole stack came."""

    def act(session: Session) -> Response:
        told = receipt.correct_receipt_of_batch(session, posted.visit.actor, batch_id, _wish(posted))
        numbers = {"corrected": str(told.corrected), "left": str(told.left)}
        return go_to(f"/stapel/{batch_id}", "batch_corrected", **numbers)

    return posted.write_once(act)


@router.post("/dokumente/{document_id}/papier")
def place_paper(posted: PostedDep, document_id: UUID) -> Response:
    """Say where the paper of a document lies."""

    def act(session: Session) -> Response:
        actor = posted.visit.actor
        wish = PaperWish(posted.optional("box"), posted.day("keep_until"), posted.optional("return_to"))
        paper_originals.place_paper(session, actor, document_id, wish)
        return go_to(receipt_views.place_of(session, access.document_for(session, actor, document_id)), "paper_placed")

    return posted.write_once(act)


@router.post("/dokumente/{document_id}/irrtuemlich-gescannt")
def withdraw(posted: PostedDep, document_id: UUID) -> Response:
    """Withdraw a document that should never have been scanned; where it lay, it can be brought back."""

    def act(session: Session) -> Response:
        reason = posted.text("reason")
        mistake = scanned_by_mistake.withdraw_scanned(session, posted.visit.actor, document_id, reason)
        return go_to(f"/irrtuemlich-gescannt/{mistake.id}")

    return posted.write_once(act)


@router.post("/stapel/{batch_id}/irrtuemlich-gescannt")
def withdraw_batch(posted: PostedDep, batch_id: UUID) -> Response:
    """Withdraw all of a stack."""

    def act(session: Session) -> Response:
        told = scanned_by_mistake.withdraw_batch(session, posted.visit.actor, batch_id, posted.text("reason"))
        numbers = {"documents": str(told.documents), "others": str(told.with_other_sheets)}
        return go_to(f"/stapel/{batch_id}", "batch_withdrawn", **numbers)

    return posted.write_once(act)


@router.get("/irrtuemlich-gescannt/{mistake_id}")
def show_mistake(visit: VisitDep, mistake_id: UUID) -> Response:
    """That something was withdrawn, and the way to bring it back."""
    with visit.service.database.reading() as session:
        mistake = scanned_by_mistake.mistake_for(session, visit.actor, mistake_id)
    return render(visit.request, "scan_mistake.html", mistake=mistake, undo_days=scanned_by_mistake.UNDO_DAYS)


@router.post("/irrtuemlich-gescannt/{mistake_id}/zurueckholen")
def undo(posted: PostedDep, mistake_id: UUID) -> Response:
    """Bring back what was withdrawn, and go where it lies; to its stack for those of the station who may not see it."""

    def act(session: Session) -> Response:
        actor = posted.visit.actor
        batch_id = scanned_by_mistake.mistake_for(session, actor, mistake_id).batch_id
        document = scanned_by_mistake.undo(session, actor, mistake_id, posted.text("reason"))
        path = f"/stapel/{batch_id}"
        if batch_id is None or case_file_views.may_read(session, actor, document.id):
            path = receipt_views.place_of(session, document)
        return go_to(path, "mistake_undone")

    return posted.write_once(act)


@router.post("/schreiben/{letter_id}/ist-antwort")
def take_as_answer(posted: PostedDep, letter_id: UUID) -> Response:
    """What came back undelivered is the answer after all."""

    def act(session: Session) -> Response:
        letter = replies.take_as_answer(session, posted.visit.actor, letter_id)
        return go_to(f"/dokumente/{letter.document_id}", "reply_judged")

    return posted.write_once(act)


@router.post("/schreiben/{letter_id}/ist-unzustellbar")
def take_as_undeliverable(posted: PostedDep, letter_id: UUID) -> Response:
    """What was taken for the answer came back undelivered."""

    def act(session: Session) -> Response:
        letter = replies.take_as_undeliverable(session, posted.visit.actor, letter_id)
        return go_to(f"/dokumente/{letter.document_id}", "reply_judged")

    return posted.write_once(act)


def _wish(posted: Posted) -> ReceiptWish:
    return ReceiptWish(posted.text("reason"), posted.day("received_on"), posted.optional("channel"))
