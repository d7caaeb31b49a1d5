"""Scan batches with their progress and what became of their documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.note_exports import export
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import PostedDep, Visit, VisitDep
from api.rest.transfer_notes import note_out
from eakte import access, quality_checks, scanned_by_mistake, station_operators, transfer_notes
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.errors import EakteError, Invalid, NotFound, NotPermitted
from eakte.intake import progress, receive
from eakte.principals import Station
from eakte.receipt_tables import ScanMistake
from eakte.scan_tables import ScanItem, ScanOutcome
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
def show_batches(visit: VisitDep) -> Response:
    """The newest batches."""
    with visit.service.database.reading() as session:
        batches = receive.list_batches(session, visit.actor, limit=BATCHES_LISTED)
        counts = progress.counts_of(session, batches)
    return render(visit.request, "batches.html", batches=batches, counts=counts)


@router.get("/stapel/{batch_id}")
def show_batch(visit: VisitDep, batch_id: UUID) -> Response:
    """One batch, its files, its documents, and what checks found on them."""
    return _page(visit, batch_id)


@router.get("/stapel/{batch_id}/transfervermerke/{form}")
def export_notes(visit: VisitDep, batch_id: UUID, form: Literal["jsonl", "csv"]) -> Response:
    """The transfer notes of a batch's documents, as far as the visitor may read these."""
    with visit.service.database.noting() as session:
        views = transfer_notes.notes_of_batch(session, visit.actor, batch_id)
        for view in views:
            transfer_notes.noted_reading(session, visit.actor, view, "export")
    return export([note_out(view) for view in views], form)


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
        mistakes = scanned_by_mistake.mistakes_in(session, visit.actor, batch)
        lines = [_item_line(session, visit.actor, item, mistakes) for item in receive.items_of(session, batch)]
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


def _item_line(
    session: Session, actor: Actor, item: ScanItem, mistakes: Mapping[UUID, tuple[ScanMistake, bool]]
) -> ItemLine:
    found = None if item.document_id is None else mistakes.get(item.document_id)
    if item.outcome is ScanOutcome.WITHDRAWN and found is not None:
        return ItemLine(item, None, None, *found)
    return ItemLine(item, _document(session, actor, item.document_id), _case_file(session, actor, item.case_file_id))


def _document(session: Session, actor: Actor, document_id: UUID | None) -> Document | None:
    try:
        return None if document_id is None else access.document_for(session, actor, document_id)
    except NotFound:
        return None


def _case_file(session: Session, actor: Actor, case_file_id: UUID | None) -> CaseFile | None:
    try:
        return None if case_file_id is None else access.case_file_for(session, actor, case_file_id)
    except NotFound:
        return None
