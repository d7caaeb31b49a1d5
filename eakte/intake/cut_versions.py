"""Versions made of scanned pages: written with the transfer note that binds them to their bytes, and read anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from eakte import documents, jobs, virus_checks
from eakte.actors import Actor
from eakte.audit import Doer
from eakte.document_tables import Document, DocumentStatus, DocumentVersion
from eakte.intake import transfer_notes
from eakte.jobs import JobKind
from eakte.scan_origins import Cut
from eakte.scan_tables import ScanBatch


def add_first_cut(
    session: Session, document: Document, cut: Cut, batch: ScanBatch, anomaly: str, *, by: Actor
) -> DocumentVersion:
    """The first version of a document that is made of pages of another."""
    version = documents.add_first_version(
        session,
        document,
        cut.stored,
        by.id,
        origin=cut.origin,
        page_count=len(cut.pages),
        rotations=cut.rotations,
    )
    return _to_be_read(session, version, batch, anomaly, by, None)


def add_next_cut(
    session: Session,
    document: Document,
    cut: Cut,
    batch: ScanBatch,
    anomaly: str,
    *,
    created_by: str,
    by: Doer,
    completeness: Mapping[str, Any] | None = None,
) -> DocumentVersion:
    """A further version of a document, made of scanned pages; the document is read anew.

    Args:
        created_by: Who brought its newest pages, where the application does it by itself.
        completeness: Sheets of its letter, as a `ScanItem` keeps them.
    """
    version = documents.add_next_version(
        session,
        document,
        cut.stored,
        created_by,
        origin=cut.origin,
        page_count=len(cut.pages),
        rotations=cut.rotations,
    )
    document.status, document.status_reason = DocumentStatus.RECEIVED, None
    documents.touch(session, document)
    return _to_be_read(session, version, batch, anomaly, by, completeness)


def _to_be_read(
    session: Session,
    version: DocumentVersion,
    batch: ScanBatch,
    anomaly: str,
    by: Doer,
    completeness: Mapping[str, Any] | None,
) -> DocumentVersion:
    scans = transfer_notes.scans_of(session, version, batch.id)
    transfer_notes.note_transfer(session, version, scans, [anomaly], by=by, completeness=completeness)
    virus_checks.note_made_here(session, version.sha256)
    jobs.enqueue(session, JobKind.READ_VERSION, version.id)
    return version
