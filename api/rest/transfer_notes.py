"""Transfer notes (Transfervermerke), checks of scan products, and whom pseudonyms of stations mean."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from api import note_exports
from api.calls import Answer, Call, CallDep
from api.note_exports import EXPORTS, PDF_HEADERS, note_out
from api.problems import answers
from api.rest import cursors
from api.rest.cursors import Cursor, Limit
from api.rest.schemas.transfer_notes import (
    FaultOut,
    FaultPagesOut,
    FaultsOut,
    QualityCheckIn,
    ResolvedOut,
    ResolveIn,
    SettleIn,
    ToCheckOut,
    TransferNoteOut,
)
from eakte import nodes, quality_checks, repeats, station_operators, transfer_notes
from eakte.quality_checks import FaultLine
from eakte.transfer_note_tables import CheckResult

router = APIRouter(tags=["Scanstapel"])
MOST_FAULTS = 500
_PDF = "application/pdf"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
VersionNumber = Annotated[int | None, Query(ge=1, le=1_000_000, description="Newest when left out")]


@router.get(
    "/documents/{document_id}/transfer-note",
    response_model=TransferNoteOut,
    responses={
        200: {"description": "The note; as PDF with `Accept: application/pdf`", "content": {_PDF: _BINARY}},
        **answers(404),
    },
    summary="The transfer note",
)
def read_note(request: Request, call: CallDep, document_id: UUID, version: VersionNumber = None) -> Response:
    """Tell who scanned a document, when, how, and what checks found; 404 where it was not scanned."""
    if _wants_pdf(request.headers.get("accept", "")):
        return _pdf(call, document_id, version)
    with call.service.database.noting() as session:
        view = transfer_notes.note_for(session, call.actor, document_id, version)
        transfer_notes.noted_reading(session, call.actor, view, "json")
    return Answer(note_out(view), headers={"Vary": "Accept"}).response()


@router.get(
    "/documents/{document_id}/transfer-note.pdf",
    response_class=Response,
    responses={200: {"description": "The note on paper", "content": {_PDF: _BINARY}}, **answers(404)},
    summary="The transfer note as PDF",
)
def print_transfer_note(call: CallDep, document_id: UUID, version: VersionNumber = None) -> Response:
    """Print the note of a scanned document."""
    return _pdf(call, document_id, version)


@router.get(
    "/scan-batches/{batch_id}/transfer-notes",
    response_class=Response,
    responses={
        200: {
            "description": "One note a line, of the documents the caller may read",
            "content": {kind: {"schema": {"type": "string"}} for kind in EXPORTS.values()},
        },
        **answers(404),
    },
    summary="The transfer notes of a stack",
)
def export_notes(
    call: CallDep,
    batch_id: UUID,
    form: Annotated[
        Literal["jsonl", "csv"], Query(alias="format", description="JSON Lines with all fields, or a table")
    ] = "jsonl",
) -> Response:
    """Export the newest note of each document of a stack, in its order."""
    return note_exports.export_batch(call.service, call.actor, batch_id, form)


@router.get(
    "/quality-checks",
    response_model=ToCheckOut,
    responses=answers(),
    summary="What is to be checked",
)
def list_to_check(call: CallDep, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List scan products of the sample that the caller may judge, longest waiting first."""

    def act(session: Session) -> Answer:
        after = cursors.read_id(cursor)
        views = quality_checks.list_to_check(session, call.actor, after=after, limit=limit + 1)
        page = views[:limit]
        next_cursor = cursors.write(str(page[-1].note.id)) if len(views) > limit else None
        return Answer(ToCheckOut(items=[note_out(view) for view in page], next_cursor=next_cursor))

    return call.read(act)


@router.get(
    "/quality-checks/faults", response_model=FaultsOut, responses=answers(), summary="Faults that wait for a station"
)
def list_faults(call: CallDep) -> Response:
    """List faults that nobody has settled, at the stations of the caller's units; names no document."""

    def act(session: Session) -> Answer:
        lines = quality_checks.open_faults(session, call.actor, limit=MOST_FAULTS)
        return Answer(FaultsOut(items=[_fault(line) for line in lines]))

    return call.read(act)


@router.post(
    "/documents/{document_id}/quality-checks",
    status_code=201,
    response_model=TransferNoteOut,
    responses=answers(403, 404, 409),
    summary="Check a scan product",
)
def check_quality(call: CallDep, document_id: UUID, body: QualityCheckIn) -> Response:
    """Say what a look at the newest version found. People only; at the highest level not whoever scanned it."""

    def act(session: Session) -> Answer:
        note = transfer_notes.note_for(session, call.actor, document_id).note
        result = CheckResult(body.result)
        quality_checks.check_quality(session, call.actor, note.id, result, remark=body.remark, rescan=body.rescan)
        view = transfer_notes.note_for(session, call.actor, document_id)
        return Answer(note_out(view), 201, about=(nodes.document(document_id).written,))

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/quality-checks/{note_id}/settle", status_code=204, responses=answers(403, 404, 409), summary="Settle a fault"
)
def settle_fault(call: CallDep, note_id: UUID, body: SettleIn) -> Response:
    """Say how a fault was settled: scanned again, or why it stays."""

    def act(session: Session) -> Answer:
        quality_checks.settle_fault(session, call.actor, note_id, body.remark)
        return Answer(None, 204)

    return call.write(act, content=body.model_dump_json())


@router.post(
    "/stations/{station_id}/operators/resolve",
    response_model=ResolvedOut,
    responses=answers(403, 404),
    summary="Whose pseudonym it is",
)
def resolve_operator(call: CallDep, station_id: str, body: ResolveIn) -> Response:
    """Turn a station's pseudonym into a name: for administrators and the role `scan-lead`; enters the trail."""

    def act(session: Session) -> Answer:
        name = station_operators.resolve_operator(session, call.actor, station_id, body.pseudonym, body.reason)
        about = (repeats.operators_name(station_id),)
        return Answer(ResolvedOut(station=station_id, pseudonym=body.pseudonym, name=name), about=about)

    return call.write(act, content=body.model_dump_json())


def _pdf(call: Call, document_id: UUID, number: int | None) -> Response:
    pdf = note_exports.printed(call.service, call.actor, document_id, number)
    return Answer(None, pdf=pdf, headers={**PDF_HEADERS, "Vary": "Accept"}).response()


def _wants_pdf(accept: str) -> bool:
    """Whether PDF is named, and JSON not before it."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    return _PDF in kinds and "application/json" not in kinds[: kinds.index(_PDF)]


def _fault(line: FaultLine) -> FaultOut:
    return FaultOut(
        note_id=line.note_id,
        scan_batch_id=line.batch_id,
        batch_id=line.batch_name,
        files=[FaultPagesOut(file_name=name, pages=list(pages)) for name, pages in line.pages],
        remark=line.remark,
        rescan=line.rescan,
        checker_name=line.checker_name,
        checked_at=line.checked_at,
    )
