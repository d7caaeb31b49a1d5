"""How far stacks are: counts, whatever became of their documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from eakte import quarantine
from eakte.clock import today
from eakte.document_tables import Document, DocumentStatus
from eakte.intake import day_protocol, progress, receive
from eakte.intake.filing import RefusedFile, file_stack
from eakte.intake.progress import Counts
from eakte.intake.reading_rows import to_row
from eakte.paper import FileReading, PageReading
from eakte.scan_profiles import ScanSettings
from eakte.scan_tables import ScanBatch
from tests.domain.held_paper import HeldPaper
from tests.domain.registry import Registry
from tests.domain.test_virus_checks import NO_READER


@pytest.fixture
def paper(registry: Registry, tmp_path: Path) -> HeldPaper:
    return HeldPaper(registry, NO_READER, tmp_path / "work")


@pytest.fixture
def batch(paper: HeldPaper) -> ScanBatch:
    """Two files, the first of five pages scanned from both sides, the second not looked at; both held back."""
    batch = paper.deliver(b"eins", b"zwei")
    batch.settings = ScanSettings(sides="duplex").to_row()
    files = receive.files_of(paper.session, batch)
    files[0].reading = to_row(FileReading("application/pdf", tuple(PageReading(n) for n in range(1, 6))))
    file_stack(paper.session, batch, [RefusedFile(file, "unlesbar") for file in files], operator_id="scan-1")
    return batch


def test_counts_follow_what_becomes_of_the_documents(paper: HeldPaper, batch: ScanBatch) -> None:
    first, second = paper.held("anna")
    anna = paper.registry.actor("anna")
    assert counts(paper, batch) == Counts(files=2, pages=5, sheets=3, documents=2, failed=2)

    quarantine.release(paper.session, anna, first.entry.id, "gut so")
    assert counts(paper, batch) == Counts(files=2, pages=5, sheets=3, documents=2, waiting=1, failed=1, read=1)

    quarantine.withdraw(paper.session, anna, second.entry.id, "Werbung")
    told = counts(paper, batch)
    assert told == Counts(files=2, pages=5, sheets=3, documents=2, waiting=1, sorted_out=1, read=1)
    assert told.is_over(batch.status)
    paper.session.get_one(Document, first.entry.document_id).status = DocumentStatus.READING
    paper.session.flush()
    assert not counts(paper, batch).is_over(batch.status)


def test_a_days_protocol_adds_its_stacks_up(paper: HeldPaper, batch: ScanBatch) -> None:
    later = paper.deliver(b"drei", batch_id="2")
    anna = paper.registry.actor("anna")

    protocol = day_protocol.protocol_of(paper.session, anna, "scan-1", today())

    assert [stack.batch.id for stack in protocol.stacks] == [batch.id, later.id]
    assert (protocol.total.files, protocol.total.documents) == (3, 2)
    assert protocol.stacks[0].anomalies == ("unlesbar (2-mal)",)
    batch.expected_sheets = later.expected_sheets = 9
    for looked_at in (False, True):
        overview = day_protocol.overview_of(paper.session, anna, "scan-1", today())
        assert [(stack.odd, stack.counted_otherwise) for stack in overview.stacks] == [(2, looked_at), (0, False)]
        assert overview.total == protocol.total
        receive.files_of(paper.session, batch)[1].refused_reason = "unlesbar"
        paper.session.flush()
    assert [row.id for row in receive.list_batches(paper.session, anna, day=today(), limit=9)] == [later.id, batch.id]
    assert receive.list_batches(paper.session, paper.registry.actor("otto"), limit=9) == []


def counts(paper: HeldPaper, batch: ScanBatch) -> Counts:
    return progress.counts_of(paper.session, [batch])[batch.id]
