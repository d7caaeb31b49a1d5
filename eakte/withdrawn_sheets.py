"""Sheets scanned by mistake are seen nowhere: not in an earlier version of another document either.

Such versions stem from before a stack was put right: split again, or taken out of what they had been joined with.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from eakte.document_tables import DocumentVersion
from eakte.scan_tables import ScanItem, ScanOutcome


def shows_withdrawn_sheet(session: Session, version: DocumentVersion) -> bool:
    """Whether a version shows a sheet that was withdrawn as scanned by mistake."""
    sheets = set(version.sheets)
    if not sheets:
        return False
    withdrawn = select(ScanItem).where(
        col(ScanItem.batch_id).in_({batch_id for batch_id, _, _ in sheets}), ScanItem.outcome == ScanOutcome.WITHDRAWN
    )
    return any((row.batch_id, file, page) in sheets for row in session.exec(withdrawn) for file, page in row.sheets)
