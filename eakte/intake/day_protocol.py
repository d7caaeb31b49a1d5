"""The day's protocol of a station (Tagesprotokoll): every stack of a day with its files and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import add
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.actors import Actor
from eakte.clock import end_of, now, start_of
from eakte.intake import progress, receive
from eakte.intake.progress import Counts
from eakte.principals import Principal
from eakte.scan_tables import ScanBatch, ScanFile
from eakte.transfer_note_tables import TransferNote
from eakte.withdrawn_sheets import withdrawn_files


@dataclass(frozen=True)
class StackRecord:
    """A stack in the protocol.

    Attributes:
        files: With their names; None for those that were withdrawn whole.
        anomalies: What the transfer notes tell, each once, with how often; and what does not add up.
    """

    batch: ScanBatch
    files: tuple[tuple[str | None, ScanFile], ...]
    counts: Counts
    anomalies: tuple[str, ...]


@dataclass(frozen=True)
class DayProtocol:
    """What a station delivered on a day, in the order it came, as far as it is by the moment it was made."""

    station_id: str
    station_name: str
    day: date
    made_at: datetime
    stacks: tuple[StackRecord, ...]
    total: Counts


def protocol_of(session: Session, actor: Actor, station_id: str, day: date) -> DayProtocol:
    """Put the protocol of a day together; days are those of the city.

    Raises:
        NotFound: No such station, or its stacks are not for this actor.
    """
    station = receive.station_seen_by(session, actor, station_id)
    batches = session.exec(
        select(ScanBatch)
        .where(
            ScanBatch.station_id == station.id,
            col(ScanBatch.delivered_at) >= start_of(day),
            col(ScanBatch.delivered_at) < end_of(day),
        )
        .order_by(col(ScanBatch.delivered_at), col(ScanBatch.id))
    ).all()
    counts = progress.counts_of(session, batches)
    files = _files(session, [batch.id for batch in batches])
    gone = withdrawn_files(session, [batch.id for batch in batches])
    told = _anomalies(session, [batch.id for batch in batches])
    stacks = tuple(
        StackRecord(
            batch,
            tuple((None if file.id in gone else file.file_name, file) for file in files.get(batch.id, ())),
            counts[batch.id],
            (*_missing(batch, files.get(batch.id, ()), counts[batch.id]), *told.get(batch.id, ())),
        )
        for batch in batches
    )
    name = session.get_one(Principal, station.id).name
    return DayProtocol(station.id, name, day, now(), stacks, reduce(add, counts.values(), Counts()))


def _files(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[ScanFile]]:
    rows = session.exec(
        select(ScanFile).where(col(ScanFile.batch_id).in_(ids)).order_by(col(ScanFile.batch_id), col(ScanFile.position))
    )
    found: dict[UUID, list[ScanFile]] = {}
    for row in rows:
        found.setdefault(row.batch_id, []).append(row)
    return found


def _anomalies(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    counted: dict[UUID, Counter[str]] = {}
    notes = select(TransferNote).where(col(TransferNote.batch_id).in_(ids)).order_by(col(TransferNote.id))
    for note in session.exec(notes):
        counted.setdefault(note.batch_id, Counter()).update(note.anomalies)
    return {
        batch_id: [text if count == 1 else f"{text} ({count}-mal)" for text, count in found.items()]
        for batch_id, found in counted.items()
    }


def _missing(batch: ScanBatch, files: Sequence[ScanFile], counts: Counts) -> list[str]:
    """Whether the operator counted other sheets than were scanned; said once all files were looked at."""
    looked_at = all(file.reading is not None or file.refused_reason is not None for file in files)
    if batch.expected_sheets is None or batch.expected_sheets == counts.sheets or not looked_at:
        return []
    return [f"Gezählt wurden {batch.expected_sheets} Blätter, gescannt {counts.sheets}."]
