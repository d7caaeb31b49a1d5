"""Stations (Scanstationen): how far their stacks are, and the day's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.calls import Answer, CallDep
from api.problems import answers
from api.rest import cursors
from api.rest.cursors import Cursor, Limit
from api.rest.schemas.quarantine import (
    CountsOut,
    DayProtocolOut,
    ProtocolFileOut,
    ProtocolStackOut,
    ScanBatchLineOut,
    ScanBatchListOut,
)
from api.spreadsheets import as_csv
from eakte.clock import in_city, today
from eakte.intake import day_protocol, progress, receive
from eakte.intake.day_protocol import DayProtocol, StackRecord
from eakte.intake.progress import Counts
from eakte.scan_tables import ScanBatch

router = APIRouter(tags=["Scanstapel"])
_CSV = {"text/csv": {"schema": {"type": "string"}}}


@router.get("/scan-batches", response_model=ScanBatchListOut, responses=answers(), summary="Stacks and their progress")
def list_batches(
    call: CallDep,
    day: Annotated[date | None, Query(description="Delivered on this day of the city")] = None,
    station: Annotated[str | None, Query(max_length=80, description="Only this station's")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the stacks of the caller's stations, newest first, each with its counts."""

    def act(session: Session) -> Answer:
        after = cursors.read_position(cursor)
        rows = receive.list_batches(
            session, call.actor, station_id=station, day=day, after=after, limit=limit + 1
        )  # fmt: skip
        page = rows[:limit]
        counts = progress.counts_of(session, page)
        more = cursors.write_position(page[-1].delivered_at, page[-1].id) if len(rows) > limit else None
        return Answer(ScanBatchListOut(items=[line(row, counts[row.id]) for row in page], next_cursor=more))

    return call.read(act)


@router.get(
    "/stations/{station_id}/protocol",
    response_model=DayProtocolOut,
    responses={200: {"description": "The protocol", "content": _CSV}, **answers(404)},
    summary="The day's protocol",
)
def read_protocol(
    call: CallDep,
    station_id: str,
    day: Annotated[date | None, Query(description="Today in the city when left out")] = None,
    form: Annotated[
        Literal["json", "csv"], Query(alias="format", description="CSV has a line for each delivered file")
    ] = "json",
) -> Response:
    """Tell every stack a station delivered on a day: files with their hashes, counts, operator, anomalies.

    It tells the state of the moment: what waits now may be filed later.
    """
    with call.service.database.reading() as session:
        protocol = day_protocol.protocol_of(session, call.actor, station_id, day or today())
        if form == "json":
            return Answer(_protocol(protocol)).response()
        name = f"protokoll-{protocol.day}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(as_csv(_COLUMNS, _rows(protocol)), media_type="text/csv; charset=utf-8", headers=headers)


def counts_told(counts: Counts) -> CountsOut:
    """Counts."""
    return CountsOut(**vars(counts))


def line(batch: ScanBatch, counts: Counts) -> ScanBatchLineOut:
    """A stack in a list."""
    return ScanBatchLineOut(
        id=batch.id,
        station=batch.station_id,
        batch_id=batch.batch_id,
        operator=batch.operator,
        profile=batch.profile,
        received_on=batch.received_on,
        delivered_at=batch.delivered_at,
        done_at=batch.done_at,
        status=batch.status.value,
        expected_sheets=batch.expected_sheets,
        counts=counts_told(counts),
    )


def _protocol(protocol: DayProtocol) -> DayProtocolOut:
    return DayProtocolOut(
        station=protocol.station_id,
        name=protocol.station_name,
        day=protocol.day,
        made_at=protocol.made_at,
        total=counts_told(protocol.total),
        stacks=[_stack(stack) for stack in protocol.stacks],
    )


def _stack(stack: StackRecord) -> ProtocolStackOut:
    files = [
        ProtocolFileOut(
            file_name=name or "",
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            pages=None if file.reading is None else len(file.reading["pages"]),
            refused=file.refused_reason,
        )
        for name, file in stack.files
    ]
    return ProtocolStackOut(
        **line(stack.batch, stack.counts).model_dump(),
        channel=stack.batch.channel,
        files=files,
        anomalies=list(stack.anomalies),
    )


_COLUMNS = (
    "Station", "Stapel", "Gescannt von", "Profil", "Eingegangen am", "Abgegeben", "Stand", "Datei", "SHA-256",
    "Byte", "Seiten", "Nicht lesbar", "Dokumente", "abgelegt", "wartend", "gescheitert", "aussortiert",
    "Auffälligkeiten",
)  # fmt: skip


def _rows(protocol: DayProtocol) -> Iterator[tuple[object, ...]]:
    """One line for each file."""
    for stack in protocol.stacks:
        batch, counts = stack.batch, stack.counts
        for name, file in stack.files:
            pages = "" if file.reading is None else len(file.reading["pages"])
            yield (
                batch.station_id, batch.batch_id, batch.operator, batch.profile, batch.received_on,
                f"{in_city(batch.delivered_at):%Y-%m-%d %H:%M:%S}", batch.status.value, name or "", file.sha256,
                file.size_bytes, pages, file.refused_reason or "", counts.documents, counts.filed, counts.waiting,
                counts.failed, counts.sorted_out, " | ".join(stack.anomalies),
            )  # fmt: skip
