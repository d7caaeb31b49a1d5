"""Transfer notes (Transfervermerke): one per scan product, bound to its hash."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from eakte.scan_tables import ScanBatch, TransferNote


def note_transfer(session: Session, batch: ScanBatch, version_id: UUID, sha256: str, anomalies: Sequence[str]) -> None:
    """Write the transfer note (Transfervermerk) of a scan product, bound to its hash."""
    session.add(
        TransferNote(
            version_id=version_id,
            batch_id=batch.id,
            sha256=sha256,
            operator=batch.operator,
            station_id=batch.station_id,
            profile=batch.profile,
            scanned_at=batch.scanned_at,
            delivered_at=batch.delivered_at,
            anomalies=list(anomalies),
        )
    )
