"""Receive a delivery of a scanning station: everything is durable before anybody is told so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import audit, jobs
from eakte.access_lists import Position
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.clock import end_of, start_of, today
from eakte.days_of_receipt import check_day
from eakte.documents import StoredFile
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.intake.stack_order import PatchCode
from eakte.jobs import JobKind
from eakte.principals import PrincipalKind, Station
from eakte.receipt_tables import LONGEST_BOX
from eakte.scan_profiles import DEFAULT_PROFILE, keep_paper_until, settings_of
from eakte.scan_tables import ScanBatch, ScanFile, ScanItem
from eakte.typed_lines import line, line_or_none

LONGEST_NAME = 200
LONGEST_CHANNEL = 80


@dataclass(frozen=True)
class Delivery:
    """What a station says of a stack it delivers.

    Attributes:
        operator: Who scanned; may be a pseudonym.
        batch_id: The station's own name for the stack; the same delivery twice is one.
        received_on: The day the paper reached the authority, today when None.
        box: Where its paper lies.
        keep_paper_until: The last day its paper has to be kept; as the profile says when None.
        patch_codes: Pages on which the scanner saw a patch sheet; they separate as printed separators do.
        device: What it was scanned with; the station's own when empty.
        device_settings: Resolution, colours and the like, in the scanner's own words.
        remarks: What the operator noticed about the stack.
    """

    station: str
    operator: str
    batch_id: str
    profile: str = DEFAULT_PROFILE
    received_on: date | None = None
    channel: str = "post"
    expected_sheets: int | None = None
    scanned_at: datetime | None = None
    patch_codes: tuple[PatchCode, ...] = ()
    device: str = ""
    device_settings: Mapping[str, str | int | bool] = field(default_factory=dict)
    remarks: str = ""
    box: str | None = None
    keep_paper_until: date | None = None


def receive_batch(
    session: Session, actor: Actor, delivery: Delivery, files: Sequence[StoredFile]
) -> tuple[ScanBatch, bool]:
    """Take over a delivery whose bytes are stored already.

    Returns:
        The batch, and True when this call received it; False when it was here before.

    Raises:
        NotPermitted: Neither the station itself nor somebody of its unit.
        Conflict: The station used the batch id for other files.
        Invalid: No file, an unknown profile, a patch code in a file that is not there, or a day of receipt to come.
    """
    station = station_for(session, actor, delivery.station)
    if not files:
        raise Invalid(
            "Der Stapel enthält keine Datei.", FieldProblem("/files", "Bitte mindestens eine Datei übertragen.")
        )
    settings = settings_of(session, delivery.profile)
    _check_patch_codes(delivery.patch_codes, len(files))
    fingerprint = hashlib.sha256("\n".join(file.blob.sha256 for file in files).encode()).hexdigest()
    known = session.exec(
        select(ScanBatch).where(ScanBatch.station_id == station.id, ScanBatch.batch_id == delivery.batch_id)
    ).first()
    if known is not None:
        if known.fingerprint != fingerprint:
            raise Conflict(f"Unter der Stapelnummer „{delivery.batch_id}“ wurden schon andere Dateien abgegeben.")
        return known, False
    _check_said(delivery)

    batch = ScanBatch(
        station_id=station.id,
        batch_id=delivery.batch_id,
        fingerprint=fingerprint,
        operator=delivery.operator,
        device=delivery.device or station.device,
        device_settings=dict(delivery.device_settings),
        remarks=delivery.remarks,
        profile=delivery.profile,
        settings=settings.to_row(),
        patch_codes=[{"file": code["file"], "page": code["page"]} for code in delivery.patch_codes],
        received_on=delivery.received_on or today(),
        channel=delivery.channel,
        box=line_or_none(delivery.box, "/metadata/box", LONGEST_BOX),
        keep_paper_until=delivery.keep_paper_until or keep_paper_until(session, delivery.profile),
        expected_sheets=delivery.expected_sheets,
        scanned_at=delivery.scanned_at,
        delivered_by=actor.id,
    )
    session.add(batch)
    session.flush()
    add_files(session, batch.id, files)
    audit.record(
        session,
        AuditTag.BATCH_DELIVERED,
        actor_id=actor.id,
        object_kind="scan_batch",
        object_id=batch.id,
        origin=actor.origin,
        station=station.id,
        operator=delivery.operator,
        files=[file.blob.sha256 for file in files],
    )
    jobs.enqueue(session, JobKind.WORK_SCAN_BATCH, batch.id)
    return batch, True


def add_files(session: Session, batch_id: UUID, files: Sequence[StoredFile]) -> list[int]:
    """Add files to a stack, behind those it has; whoever calls has checked the rights.

    Returns:
        Their positions.
    """
    wanted = select(sa.func.count()).select_from(ScanFile).where(ScanFile.batch_id == batch_id)
    first = session.exec(wanted).one()
    for position, file in enumerate(files, start=first):
        session.add(
            ScanFile(
                batch_id=batch_id,
                position=position,
                file_name=file.file_name,
                sha256=file.blob.sha256,
                size_bytes=file.blob.size_bytes,
            )
        )
    session.flush()
    return list(range(first, first + len(files)))


def station_for(session: Session, actor: Actor, station_id: str) -> Station:
    """A station the actor may deliver for.

    Raises:
        NotPermitted: Neither the station itself nor somebody of its unit; or there is no such station.
    """
    station = session.get(Station, station_id)
    if station is None or not _may_deliver(actor, station):
        raise NotPermitted(f"Für die Station „{station_id}“ dürfen Sie keine Stapel abgeben.")
    return station


def batch_for(session: Session, actor: Actor, batch_id: UUID, *, alone: bool = False) -> ScanBatch:
    """A batch as its station and the people of the station's unit may see it.

    Args:
        alone: Nobody else changes it until the transaction ends.

    Raises:
        NotFound: No such batch, or somebody else's.
    """
    batch = session.get(ScanBatch, batch_id, with_for_update=alone or None)
    if batch is None or not _may_deliver(actor, session.get_one(Station, batch.station_id)):
        raise NotFound
    return batch


def list_batches(
    session: Session,
    actor: Actor,
    *,
    station_id: str | None = None,
    day: date | None = None,
    after: Position | None = None,
    limit: int,
) -> list[ScanBatch]:
    """The newest batches the actor may see, newest first by when they were delivered.

    Args:
        day: Only those delivered on this day of the city.
    """
    stations = [row.id for row in stations_of(session, actor) if station_id in (None, row.id)]
    return newest_batches(session, stations, day=day, after=after, limit=limit)


def newest_batches(
    session: Session, station_ids: Sequence[str], *, day: date | None = None, after: Position | None = None, limit: int
) -> list[ScanBatch]:
    """The newest batches of stations; whoever calls has asked whether they may be seen."""
    delivered_at, id_ = col(ScanBatch.delivered_at), col(ScanBatch.id)
    wanted = select(ScanBatch).where(col(ScanBatch.station_id).in_(station_ids))
    if day is not None:
        wanted = wanted.where(delivered_at >= start_of(day), delivered_at < end_of(day))
    if after is not None:
        wanted = wanted.where(
            (delivered_at < after.updated_at) | ((delivered_at == after.updated_at) & (id_ < after.id))
        )
    return list(session.exec(wanted.order_by(delivered_at.desc(), id_.desc()).limit(limit)))


def batches_called(
    session: Session, actor: Actor, name: str, *, day: date | None = None, limit: int
) -> list[ScanBatch]:
    """For whoever runs the application: stacks by id or by the number their station gave them; all for an empty name.

    Raises:
        NotPermitted: Only administrators; others ask for the stacks of their stations.
    """
    jobs.check_runs_the_application(actor)
    if name:
        wanted = select(ScanBatch).where(ScanBatch.batch_id == name)
        with suppress(ValueError):  # no id, so it is a number of a station
            wanted = select(ScanBatch).where(ScanBatch.id == UUID(name))
        return list(session.exec(wanted.order_by(col(ScanBatch.id)).limit(limit)))
    return newest_batches(session, session.exec(select(Station.id)).all(), day=day, limit=limit)


def stations_of(session: Session, actor: Actor) -> list[Station]:
    """The stations whose batches the actor may see."""
    return [row for row in session.exec(select(Station).order_by(col(Station.id))) if _may_deliver(actor, row)]


def station_seen_by(session: Session, actor: Actor, station_id: str) -> Station:
    """A station whose batches the actor may see.

    Raises:
        NotFound: None such, or it is another unit's.
    """
    station = session.get(Station, station_id)
    if station is None or not _may_deliver(actor, station):
        raise NotFound
    return station


def items_of(session: Session, batch: ScanBatch) -> list[ScanItem]:
    """What became of the documents of a batch, in the order of the stack."""
    return list(session.exec(select(ScanItem).where(ScanItem.batch_id == batch.id).order_by(col(ScanItem.position))))


def files_of(session: Session, batch: ScanBatch) -> list[ScanFile]:
    """The files of a batch, in the order they were delivered."""
    return list(session.exec(select(ScanFile).where(ScanFile.batch_id == batch.id).order_by(col(ScanFile.position))))


def _check_said(delivery: Delivery) -> None:
    """Refuse what cannot stand in a list or on a transfer note, and a day to come."""
    check_day(delivery.received_on, field="/metadata/received_on")
    line(delivery.operator, "/metadata/operator", LONGEST_NAME)
    line(delivery.batch_id, "/metadata/batch_id", LONGEST_NAME)
    line(delivery.channel, "/metadata/channel", LONGEST_CHANNEL)


def _check_patch_codes(patch_codes: Sequence[PatchCode], file_count: int) -> None:
    wrong = [position for position, code in enumerate(patch_codes) if code["file"] >= file_count]
    if wrong:
        raise Invalid(
            "Ein Patchcode nennt eine Datei, die nicht im Stapel ist.",
            *(
                FieldProblem(
                    f"/metadata/patch_codes/{position}/file",
                    f"Der Stapel hat {file_count} Dateien; gezählt wird ab 0.",
                )
                for position in wrong
            ),
        )


def _may_deliver(actor: Actor, station: Station) -> bool:
    if actor.kind is PrincipalKind.STATION:
        return actor.id == station.id
    return is_of_its_unit(actor, station)


def is_of_its_unit(actor: Actor, station: Station) -> bool:
    """Whether somebody belongs to the unit of a station."""
    return actor.kind is PrincipalKind.PERSON and station.unit_id in actor.units
