"""What is derived from a version's bytes (Wiedergabeformen) and can be made again."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from eakte.document_tables import Rendition
from eakte.ports import BlobRef

ORIGINAL = "original"
"""No rendition but the bytes themselves, called so beside the others."""
SEARCHABLE = "searchable"
"""PDF with the untouched page images and their text."""
ARCHIVE = "archive"
"""PDF/A-2b."""


def rendition_of(session: Session, version_id: UUID, kind: str) -> Rendition | None:
    """A rendition that has been made; whoever calls has asked the door for its document."""
    return session.get(Rendition, (version_id, kind))


def keep_pdf(session: Session, version_id: UUID, kind: str, blob: BlobRef) -> None:
    """Note a PDF as a version's rendition, in place of an earlier one."""
    row = Rendition(
        version_id=version_id,
        kind=kind,
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
        media_type="application/pdf",
    )
    session.merge(row)


def forget(session: Session, version_id: UUID, kind: str) -> None:
    """Drop a rendition that fits the version no more; silent when there is none."""
    row = rendition_of(session, version_id, kind)
    if row is not None:
        session.delete(row)
