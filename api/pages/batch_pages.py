"""Scan batches with their progress and what became of their documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api import note_exports
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import PostedDep, Visit, VisitDep
from api.rest import cursors
from eakte import access, quality_checks, scanned_by_mistake, station_operators
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.errors import EakteError, Invalid, NotPermitted
from eakte.intake import progress, receive
from eakte.principals import Station
from eakte.receipt_tables import ScanMistake
from eakte.scan_tables import ScanBatch, ScanItem, ScanOutcome
from eakte.withdrawn_sheets import withdrawn_files

router = APIRouter()
BATCHES_LISTED = 50


@dataclass(frozen=True)
class ItemLine:
    """A document of a batch; document and case file only where the visitor may know of them."""

    item: ScanItem
    document: Document | None
    case_file: CaseFile | None
    mistake: ScanMistake | None = None
    may_undo: bool = False

    @property
    def may_tell(self) -> bool:
        """Whether the reason may be told: one about a letter can name a case file the visitor may not know of."""
        return self.document is not None or self.item.letter_id is None or self.mistake is not None


@router.get("/stapel")
def show_batches(visit: VisitDep, nach: Annotated[str | None, Query(max_length=500)] = None) -> Response:
    """The newest batches."""
    after = cursors.read_position(nach)
    with visit.service.database.reading() as session:
        rows = receive.list_batches(session, visit.actor, after=after, limit=BATCHES_LISTED + 1)
        batches = rows[:BATCHES_LISTED]
        counts = progress.counts_of(session, batches)
    more = len(rows) > BATCHES_LISTED
    return render(
        visit.request,
        "batches.html",
        batches=batches,
        counts=counts,
        is_first=nach is None,
        next_cursor=cursors.write_position(batches[-1].delivered_at, batches[-1].id) if more else None,
    )


@router.get("/stapel/{batch_id}")
def show_batch(visit: VisitDep, batch_id: UUID) -> Response:
    """One batch, its files, its documents, and what checks found on them."""
    return _page(visit, batch_id)


@router.get("/stapel/{batch_id}/transfervermerke/{form}")
def export_notes(visit: VisitDep, batch_id: UUID, form: Literal["jsonl", "csv"]) -> Response:
    """The transfer notes of a batch's documents, as far as the visitor may read these."""
    return note_exports.export_batch(visit.service, visit.actor, batch_id, form)


@router.post("/stapel/{batch_id}/pseudonym")
def resolve_operator(posted: PostedDep, batch_id: UUID) -> Response:
    """Tell whose pseudonym the batch's operator is, once."""
    visit = posted.visit

    try:
        with visit.service.database.writing() as session:
            batch = receive.batch_for(session, visit.actor, batch_id)
            station_id, word = batch.station_id, batch.operator
            name = station_operators.resolve_operator(session, visit.actor, station_id, word, posted.text("reason"))
    except (Invalid, NotPermitted) as error:
        return _page(visit, batch_id, problem=error, status=422)
    return go_to(f"/stapel/{batch_id}", "operator_resolved", pseudonym=word, name=name)


def _page(visit: Visit, batch_id: UUID, *, problem: EakteError | None = None, status: int = 200) -> Response:
    with visit.service.database.reading() as session:
        batch = receive.batch_for(session, visit.actor, batch_id)
        files = receive.files_of(session, batch)
        gone = withdrawn_files(session, [batch_id])
        counts = progress.counts_of(session, [batch])[batch.id]
        lines = _item_lines(session, visit.actor, batch)
        quality = {stands.value: count for stands, count in quality_checks.counts_of_batch(session, batch).items()}
        faults = quality_checks.open_faults(session, visit.actor, batch_id=batch_id, limit=BATCHES_LISTED)
        may_resolve = station_operators.may_resolve(visit.actor, session.get_one(Station, batch.station_id))
    return render(
        visit.request,
        "batch.html",
        status=status,
        counts=counts,
        batch=batch,
        files=files,
        items=lines,
        quality=quality,
        faults=faults,
        may_resolve=may_resolve,
        problem=problem,
        gone=gone,
        all_gone=bool(lines) and all(one.mistake is not None for one in lines),
    )


def _item_lines(session: Session, actor: Actor, batch: ScanBatch) -> list[ItemLine]:
    items = receive.items_of(session, batch)
    mistakes = scanned_by_mistake.mistakes_in(session, actor, batch)
    seen = access.documents_among(session, actor, {one.document_id for one in items if one.document_id is not None})
    case_files = access.case_files_among(
        session, actor, {one.case_file_id for one in items if one.case_file_id is not None}
    )
    lines = []
    for item in items:
        found = None if item.document_id is None else mistakes.get(item.document_id)
        if item.outcome is ScanOutcome.WITHDRAWN and found is not None:
            lines.append(ItemLine(item, None, None, *found))
        else:
            document = None if item.document_id is None else seen.get(item.document_id)
            case_file = None if item.case_file_id is None else case_files.get(item.case_file_id)
            lines.append(ItemLine(item, document, case_file))
    return lines
