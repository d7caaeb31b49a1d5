"""A station's day (Heute): counts of what came in, and the protocol to print."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.pages.rendering import render
from api.pages.visits import VisitDep, read_day
from eakte.clock import today
from eakte.intake import day_protocol, receive
from eakte.scan_tables import ScanBatchStatus

router = APIRouter()
DayText = Annotated[str, Query(alias="tag", max_length=20)]


@router.get("/stapel/heute")
def show_day(visit: VisitDep, day_text: DayText = "") -> Response:
    """What came in on a day, station by station; today when none is named."""
    day = read_day("tag", day_text) or today()
    with visit.service.database.reading() as session:
        stations = receive.stations_of(session, visit.actor)
        overviews = [day_protocol.overview_of(session, visit.actor, station.id, day) for station in stations]
    working = any(stack.batch.status is not ScanBatchStatus.DONE for one in overviews for stack in one.stacks)
    return render(
        visit.request,
        "station_day.html",
        overviews=overviews,
        day=day,
        working=working,
        day_before=day - timedelta(days=1) if day > date.min else None,
        day_after=day + timedelta(days=1) if day < today() else None,
    )


@router.get("/stationen/{station_id}/protokoll")
def show_protocol(visit: VisitDep, station_id: str, day_text: DayText = "") -> Response:
    """The protocol of a station's day, laid out to be printed."""
    day = read_day("tag", day_text) or today()
    with visit.service.database.reading() as session:
        protocol = day_protocol.protocol_of(session, visit.actor, station_id, day)
    return render(visit.request, "station_protocol.html", protocol=protocol, day=day)
