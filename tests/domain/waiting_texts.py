"""What waits in an inbox with its text recognised, for tests."""

from __future__ import annotations

from eakte import documents, page_words
from eakte.document_tables import Document, DocumentStatus, Page
from eakte.inbox_tables import InboxItem
from eakte.paper import TextSource
from tests.domain.registry import Registry


def waiting_with(registry: Registry, *pages: str, unit: str = "SO") -> InboxItem:
    """An item whose pages say this."""
    item = registry.waiting(unit)
    document = registry.session.get_one(Document, item.document_id)
    document.status = DocumentStatus.READY
    version = documents.newest_version(registry.session, document)
    registry.session.add_all(
        Page(
            version_id=version.id,
            page_number=number,
            width_mm=210,
            height_mm=297,
            text=text,
            words=page_words.pack(()),
            source=TextSource.OCR,
        )
        for number, text in enumerate(pages, start=1)
    )
    registry.session.flush()
    return item
