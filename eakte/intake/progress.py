"""How far stacks are (Fortschritt): counts only, so that whoever scanned learns of no title they may not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from eakte.document_tables import Document, DocumentStatus
from eakte.scan_profiles import ScannedSides, ScanSettings
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanFile, ScanItem, ScanOutcome


@dataclass(frozen=True)
class Counts:
    """What came in with a stack and what became of it.

    Attributes:
        pages: Of the files that were looked at so far; separators and blank backs count.
        sheets: What that is in sheets, by the sides the profile scans.
        documents: The following five add up to it.
        waiting: In an inbox.
        failed: In quarantine.
        sorted_out: Withdrawn by somebody.
        pending: Not decided yet.
        read: Documents whose text is recognised.
        reading: Documents whose text is still to be recognised.
    """

    files: int = 0
    pages: int = 0
    sheets: int = 0
    documents: int = 0
    filed: int = 0
    waiting: int = 0
    failed: int = 0
    sorted_out: int = 0
    pending: int = 0
    read: int = 0
    reading: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def is_over(self, status: ScanBatchStatus) -> bool:
        """Whether nothing more happens by itself: all is filed, waits or failed, and what can be read is read."""
        return status is ScanBatchStatus.DONE and not self.reading


def counts_of(session: Session, batches: Sequence[ScanBatch]) -> dict[UUID, Counts]:
    """The counts of stacks, by their ids; whoever calls has asked whether the stacks may be seen."""
    ids = [batch.id for batch in batches]
    files = _files(session, ids)
    items = _items(session, ids)
    return {batch.id: _of_one(batch, files.get(batch.id, (0, 0)), items.get(batch.id, {})) for batch in batches}


def _files(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Files and pages by stack."""
    pages = sa.func.coalesce(sa.func.sum(sa.func.json_array_length(col(ScanFile.reading)["pages"])), 0)
    counted = (
        sa.select(col(ScanFile.batch_id), sa.func.count(), pages)
        .where(col(ScanFile.batch_id).in_(ids))
        .group_by(col(ScanFile.batch_id))
    )
    return {batch_id: (files, int(found)) for batch_id, files, found in session.execute(counted)}


def _items(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Documents by stack and by what became of them."""
    withdrawn = col(Document.withdrawn_at).is_not(None)
    counted = (
        sa.select(col(ScanItem.batch_id), col(ScanItem.outcome), withdrawn, col(Document.status), sa.func.count())
        .outerjoin(Document, col(Document.id) == col(ScanItem.document_id))
        .where(col(ScanItem.batch_id).in_(ids))
        .group_by(col(ScanItem.batch_id), col(ScanItem.outcome), withdrawn, col(Document.status))
    )
    found: dict[UUID, dict[str, int]] = {}
    for batch_id, outcome, is_withdrawn, status, count in session.execute(counted):
        of_batch = found.setdefault(batch_id, {})
        names = [_name(outcome, is_withdrawn=bool(is_withdrawn))]
        if status in _READ and not is_withdrawn:
            names.append(_READ[status])
        for name in names:
            of_batch[name] = of_batch.get(name, 0) + count
    return found


_READ = {
    DocumentStatus.RECEIVED: "reading",
    DocumentStatus.READING: "reading",
    DocumentStatus.READY: "read",
}


def _name(outcome: ScanOutcome, *, is_withdrawn: bool) -> str:
    if is_withdrawn and outcome is not ScanOutcome.FILED:
        return "sorted_out"
    return {
        ScanOutcome.FILED: "filed",
        ScanOutcome.INBOX: "waiting",
        ScanOutcome.QUARANTINED: "failed",
        ScanOutcome.PENDING: "pending",
    }[outcome]


def _of_one(batch: ScanBatch, files: tuple[int, int], items: dict[str, int]) -> Counts:
    file_count, pages = files
    two_sided = ScanSettings.from_row(batch.settings).sides != ScannedSides.SIMPLEX
    documents = sum(count for name, count in items.items() if name not in _READ.values())
    return Counts(file_count, pages, -(-pages // 2) if two_sided else pages, documents=documents, **items)
