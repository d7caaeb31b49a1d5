"""The mail room page: what waits for which unit, and sending it on with one click."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import organisation
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import PostedDep, Visit, VisitDep
from eakte import inbox, mail_room
from eakte.clock import in_city, today
from eakte.errors import EakteError

router = APIRouter()
LISTED = 25
MOST_TARGETS = 4


@router.get("/poststelle")
def show_mail_room(visit: VisitDep, einheit: Annotated[str | None, Query(max_length=80)] = None) -> Response:
    """What waits per unit, and the items of one of them."""
    return _page(visit, einheit)


@router.post("/poststelle/{item_id}/weiterleiten")
def send_on(posted: PostedDep, item_id: UUID) -> Response:
    """Send an item to another unit's inbox and stay here."""
    source = posted.text("from")

    def act(session: Session) -> Response:
        unit_id = posted.text("unit")
        inbox.forward_item(session, posted.visit.actor, item_id, unit_id, "")
        unit = organisation.unit_name(session, unit_id) or unit_id
        return go_to(f"/poststelle?einheit={quote(source, safe='')}", "item_forwarded", unit=unit)

    return posted.write_or_show(
        act, lambda problem, status: _page(posted.visit, source, problem=problem, status=status)
    )


def _page(visit: Visit, unit_id: str | None, *, problem: EakteError | None = None, status: int = 200) -> Response:
    with visit.service.database.reading() as session:
        units = mail_room.waiting_by_unit(session, visit.actor)
        shown = next((line for line in units if line.unit_id == unit_id), units[0] if units else None)
        lines = [] if shown is None else mail_room.waiting_in(session, visit.actor, shown.unit_id, limit=LISTED)
        targets = [] if shown is None else mail_room.units_of_rules(session, besides=shown.unit_id)[:MOST_TARGETS]
        everywhere = organisation.units(session)
    return render(
        visit.request,
        "mail_room.html",
        status=status,
        units=units,
        shown=shown,
        lines=lines,
        ages={line.waiting.item.id: (today() - in_city(line.waiting.item.created_at).date()).days for line in lines},
        targets=targets,
        everywhere=everywhere,
        unit_names={unit.id: unit.name for unit in everywhere},
        problem=problem,
    )
