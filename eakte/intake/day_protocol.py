"""The day's protocol of a station (Tagesprotokoll): every stack of a day with its files and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import add
from uuid import UUID

import sqlalchemy as sa
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


@dataclass(frozen=True)
class StackLine:
    """A stack in the overview of a day.

    Attributes:
        odd: How many of its documents have a transfer note that tells anomalies.
        counted_otherwise: Whether the operator counted other sheets than were scanned.
    """

    batch: ScanBatch
    counts: Counts
    odd: int
    counted_otherwise: bool


@dataclass(frozen=True)
class DayOverview:
    """A station's day in numbers, in the order the stacks came."""

    station_id: str
    station_name: str
    stacks: tuple[StackLine, ...]
    total: Counts


def overview_of(session: Session, actor: Actor, station_id: str, day: date) -> DayOverview:
    """Count a day; made to be asked every few seconds, so it reads no transfer note.

    Raises:
        NotFound: No such station, or its stacks are not for this actor.
    """
    station = receive.station_seen_by(session, actor, station_id)
    batches = _batches(session, station.id, day)
    ids = [batch.id for batch in batches]
    counts = progress.counts_of(session, batches)
    odd, looked_at = _odd(session, ids), _looked_at(session, ids)
    stacks = tuple(
        StackLine(
            batch,
            counts[batch.id],
            odd.get(batch.id, 0),
            batch.id in looked_at and bool(_otherwise(batch, counts[batch.id])),
        )
        for batch in batches
    )
    name = session.get_one(Principal, station.id).name
    return DayOverview(station.id, name, stacks, reduce(add, counts.values(), Counts()))


def protocol_of(session: Session, actor: Actor, station_id: str, day: date) -> DayProtocol:
    """Put the protocol of a day together; days are those of the city.

    Raises:
        NotFound: No such station, or its stacks are not for this actor.
    """
    station = receive.station_seen_by(session, actor, station_id)
    batches = _batches(session, station.id, day)
    ids = [batch.id for batch in batches]
    counts = progress.counts_of(session, batches)
    files, looked_at = _files(session, ids), _looked_at(session, ids)
    gone = withdrawn_files(session, ids)
    told = _anomalies(session, ids)
    stacks = tuple(
        StackRecord(
            batch,
            tuple((None if file.id in gone else file.file_name, file) for file in files.get(batch.id, ())),
            counts[batch.id],
            (*(_otherwise(batch, counts[batch.id]) if batch.id in looked_at else ()), *told.get(batch.id, ())),
        )
        for batch in batches
    )
    name = session.get_one(Principal, station.id).name
    return DayProtocol(station.id, name, day, now(), stacks, reduce(add, counts.values(), Counts()))


def _batches(session: Session, station_id: str, day: date) -> Sequence[ScanBatch]:
    return session.exec(
        select(ScanBatch)
        .where(
            ScanBatch.station_id == station_id,
            col(ScanBatch.delivered_at) >= start_of(day),
            col(ScanBatch.delivered_at) < end_of(day),
        )
        .order_by(col(ScanBatch.delivered_at), col(ScanBatch.id))
    ).all()


def _odd(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many notes of stacks tell anomalies; a seal's one exact spelling shows that without reading them."""
    none_told = col(TransferNote.content).contains('"anomalies":[]', autoescape=True)
    counted = (
        sa.select(col(TransferNote.batch_id), sa.func.count())
        .where(col(TransferNote.batch_id).in_(ids), ~none_told)
        .group_by(col(TransferNote.batch_id))
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def _looked_at(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """The stacks of which every file was looked at."""
    read = sa.func.coalesce(sa.cast(col(ScanFile.reading), sa.Text), "null")  # not there yet: either kind of null
    untouched = (read == "null") & col(ScanFile.refused_reason).is_(None)
    waiting = sa.select(col(ScanFile.batch_id)).where(col(ScanFile.batch_id).in_(ids), untouched).distinct()
    return set(ids) - set(session.execute(waiting).scalars())


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


def _otherwise(batch: ScanBatch, counts: Counts) -> list[str]:
    """Whether the operator counted other sheets than were scanned; to be said once all files were looked at."""
    if batch.expected_sheets in (None, counts.sheets):
        return []
    return [f"Gezählt wurden {batch.expected_sheets} Blätter, gescannt {counts.sheets}."]
