"""Sheets scanned by mistake are seen nowhere: not in an earlier version of another document either.

Such versions stem from before a stack was put right: split again, or taken out of what they had been joined with.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.document_tables import DocumentVersion
from eakte.scan_tables import ScanFile, ScanItem, ScanOutcome


def shows_withdrawn_sheet(session: Session, version: DocumentVersion) -> bool:
    """Whether a version shows a sheet that was withdrawn as scanned by mistake."""
    return bool(showing_withdrawn_sheets(session, [version]))


def showing_withdrawn_sheets(session: Session, versions: Collection[DocumentVersion]) -> set[UUID]:
    """Ids of those versions that show a sheet withdrawn as scanned by mistake."""
    sheets = {version.id: set(version.sheets) for version in versions}
    batch_ids = {batch_id for shown in sheets.values() for batch_id, _, _ in shown}
    if not batch_ids:
        return set()
    withdrawn = select(ScanItem).where(col(ScanItem.batch_id).in_(batch_ids), ScanItem.outcome == ScanOutcome.WITHDRAWN)
    gone = {(row.batch_id, file, page) for row in session.exec(withdrawn) for file, page in row.sheets}
    return {id_ for id_, shown in sheets.items() if not gone.isdisjoint(shown)}


def withdrawn_files(session: Session, batch_ids: Collection[UUID]) -> set[UUID]:
    """The files of stacks of which nothing is left but what was withdrawn: nobody is told their names either.

    Returns:
        Ids of `ScanFile`.
    """
    items = session.exec(select(ScanItem).where(col(ScanItem.batch_id).in_(batch_ids))).all()
    gone = [item for item in items if item.outcome == ScanOutcome.WITHDRAWN]
    if not gone:
        return set()
    kept = [item for item in items if item.outcome != ScanOutcome.WITHDRAWN]
    whole = {item.batch_id for item in gone} - {item.batch_id for item in kept}
    parts = _files_of(gone) - _files_of(kept)
    files = session.exec(select(ScanFile).where(col(ScanFile.batch_id).in_({item.batch_id for item in gone})))
    return {file.id for file in files if file.batch_id in whole or (file.batch_id, file.position) in parts}


def _files_of(items: Collection[ScanItem]) -> set[tuple[UUID, int]]:
    return {(item.batch_id, position) for item in items for position, _ in item.sheets}
