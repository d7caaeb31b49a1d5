"""Scan batches with their progress and what became of their documents."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages.rendering import render
from api.pages.visits import VisitDep
from eakte import access
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.errors import NotFound
from eakte.intake import receive
from eakte.scan_tables import ScanBatch, ScanItem, ScanOutcome

router = APIRouter()
BATCHES_LISTED = 50


@dataclass(frozen=True)
class BatchLine:
    """A batch with how many of its documents came to what."""

    batch: ScanBatch
    file_count: int
    item_count: int
    outcomes: dict[ScanOutcome, int]


@dataclass(frozen=True)
class ItemLine:
    """A document of a batch; document and case file only where the visitor may know of them."""

    item: ScanItem
    document: Document | None
    case_file: CaseFile | None

    @property
    def may_tell(self) -> bool:
        """Whether the reason may be told: one about a letter can name a case file the visitor may not know of."""
        return self.document is not None or self.item.letter_id is None


@router.get("/stapel")
def show_batches(visit: VisitDep) -> Response:
    """The newest batches."""
    with visit.service.database.reading() as session:
        batches = receive.list_batches(session, visit.actor, limit=BATCHES_LISTED)
        lines = [_batch_line(session, batch) for batch in batches]
    return render(visit.request, "batches.html", lines=lines)


@router.get("/stapel/{batch_id}")
def show_batch(visit: VisitDep, batch_id: UUID) -> Response:
    """One batch, its files and its documents."""
    with visit.service.database.reading() as session:
        batch = receive.batch_for(session, visit.actor, batch_id)
        files = receive.files_of(session, batch)
        lines = [_item_line(session, visit.actor, item) for item in receive.items_of(session, batch)]
        line = _batch_line(session, batch)
    return render(visit.request, "batch.html", line=line, batch=batch, files=files, items=lines)


def _batch_line(session: Session, batch: ScanBatch) -> BatchLine:
    items = receive.items_of(session, batch)
    counts = {outcome: sum(item.outcome is outcome for item in items) for outcome in ScanOutcome}
    return BatchLine(batch, len(receive.files_of(session, batch)), len(items), counts)


def _item_line(session: Session, actor: Actor, item: ScanItem) -> ItemLine:
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
