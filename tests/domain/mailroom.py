"""A mail room for tests: stacks split and filed as the work on them does, from real originals, in one transaction."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
from sqlmodel import Session, col, select

from eakte import documents, installation, rearranging
from eakte.desk import Desk
from eakte.document_tables import Document, DocumentVersion
from eakte.documents import StoredFile
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import parts, receive
from eakte.intake.filing import CutSegment, file_stack
from eakte.intake.reading_rows import to_row
from eakte.intake.receive import Delivery, receive_batch
from eakte.intake.splitting import read_page, split
from eakte.paper import FileReading, PageReading
from eakte.scan_origins import scanned_pages
from eakte.scan_tables import ScanBatch
from ocr.paper_reader import LocalPaperReader
from tests.domain.registry import Registry

_NO_INDEX: Any = None


class Here:
    """The test's own transaction as units of work."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        yield self.session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        yield self.session


def pdf_of(page_count: int) -> bytes:
    """Pages that are told apart by their width."""
    with pikepdf.new() as pdf:
        for number in range(1, page_count + 1):
            pdf.add_blank_page(page_size=(100 + number, 200))
        target = io.BytesIO()
        pdf.save(target, deterministic_id=True)
    return target.getvalue()


class Mailroom:
    """A stack that is split and filed as the work on it does."""

    def __init__(self, registry: Registry, reader: LocalPaperReader, folder: Path) -> None:
        self.registry, self.reader, self.folder = registry, reader, folder
        registry.station("scan-1", "SO")

    def scan(self, *pages: PageReading, batch_id: str = "1", operator: str = "op", **said: Any) -> ScanBatch:
        registry = self.registry
        session = registry.session
        blob = registry.blobs.put(io.BytesIO(pdf_of(len(pages))))
        delivery = Delivery("scan-1", operator, batch_id, **said)
        batch, _ = receive_batch(session, registry.actor("scan-1"), delivery, [StoredFile(blob, "stapel.pdf")])
        (file,) = receive.files_of(session, batch)
        file.reading = to_row(FileReading("application/pdf", pages))
        key = installation.return_code_key(session)
        segments = split([read_page(0, reading, key) for reading in pages])
        waited_for = parts.waited_for(session, segments)
        desk = Desk(Here(session), registry.blobs, self.reader, _NO_INDEX, (), self.folder)
        pieces = [
            CutSegment(
                segment,
                registry.stored(b"Blatt"),
                stands_upright=True,
                together=parts.prepare_together(desk, batch.id, segment, key, self.folder)
                if segment.code_id in waited_for
                else None,
            )
            for segment in segments
        ]
        file_stack(session, batch, pieces, operator_id="scan-1")
        return batch

    def join(self, item: InboxItem, other: UUID, actor: str = "anna") -> Document:
        session, who = self.registry.session, self.registry.actor(actor)
        plan = rearranging.plan_join(session, who, item.id, other)
        [cut] = rearranging.cut_pieces(self.registry.blobs, self.reader, plan, self.folder)
        return rearranging.join_item(session, who, plan, cut)

    def split(self, id_: UUID, *at: int, actor: str = "anna") -> list[InboxItem]:
        session, who = self.registry.session, self.registry.actor(actor)
        plan = rearranging.plan_split(session, who, id_, at)
        cuts = rearranging.cut_pieces(self.registry.blobs, self.reader, plan, self.folder)
        return [one.item for one in rearranging.split_document(session, who, plan, cuts)]

    def waiting(self) -> list[InboxItem]:
        wanted = select(InboxItem).where(InboxItem.status == InboxStatus.WAITING).order_by(col(InboxItem.id))
        return list(self.registry.session.exec(wanted))

    def document(self, item: InboxItem) -> Document:
        return self.registry.session.get_one(Document, item.document_id)

    def newest(self, document: Document) -> DocumentVersion:
        return documents.newest_version(self.registry.session, document)

    def lies_in(self) -> list[tuple[int, UUID]]:
        """Page and document of every page that lies somewhere, by page; none of a withdrawn document."""
        found = []
        for document in self.registry.session.exec(select(Document).where(col(Document.withdrawn_at).is_(None))):
            version = self.newest(document)
            if version.origin is not None:
                found += [(page.page, document.id) for page in scanned_pages(version)]
        return sorted(found)

    def batch_says(self, batch: ScanBatch) -> list[tuple[int, UUID | None]]:
        items = receive.items_of(self.registry.session, batch)
        return sorted((page, item.document_id) for item in items for _, page in item.sheets)
