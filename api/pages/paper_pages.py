"""The boxes of a mail room (Kartons): what lies where, what goes back, what may be destroyed; a list to print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import organisation, receipt_views
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from api.rest import cursors
from eakte import paper_originals
from eakte.errors import EakteError, Invalid
from eakte.paper_originals import Due

router = APIRouter()
LISTED = 200
_DUE = {"vernichten": Due.DESTROY, "zurueck": Due.RETURN}


@dataclass(frozen=True)
class Shelf:
    """What of its paper a unit looks at, as it stands in the address.

    Attributes:
        unit: None for the visitor's first.
        box: Only what lies in it; empty for all.
        boxless: Only what lies in no box.
        due: A key of `_DUE`; empty for all.
        after: Cursor of the page before; None for the first page.
    """

    unit: str | None = None
    box: str = ""
    boxless: bool = False
    due: str = ""
    after: str | None = None

    def path(self, **changes: Any) -> str:
        """The address of the page, with some of it otherwise; a new choice begins at its first page."""
        shown = replace(self, **{"after": None, **changes})
        told = {
            "einheit": shown.unit,
            "karton": shown.box,
            "ohne_karton": "ja" if shown.boxless else "",
            "faellig": shown.due,
            "nach": shown.after,
        }
        kept = {name: value for name, value in told.items() if value}
        return "/papier" + (f"?{urlencode(kept)}" if kept else "")

    @property
    def chooses_box(self) -> bool:
        """Whether only one box is looked at, or what lies in none."""
        return self.boxless or bool(self.box)


@router.get("/papier")
def show_paper(
    visit: VisitDep,
    einheit: Annotated[str | None, Query(max_length=80)] = None,
    karton: Annotated[str, Query(max_length=80)] = "",
    ohne_karton: Annotated[str, Query(max_length=4)] = "",
    faellig: Annotated[str, Query(max_length=20)] = "",
    nach: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """The boxes of a unit, and what lies in one of them or is due."""
    due = faellig if faellig in _DUE else ""
    return _page(visit, Shelf(einheit, karton.strip(), bool(ohne_karton), due, nach))


@router.post("/papier/vernichtet")
def note_destroyed(posted: PostedDep) -> Response:
    """Note that paper was destroyed."""

    def act(session: Session) -> Response:
        count = paper_originals.note_destroyed(session, posted.visit.actor, _chosen(posted), posted.day("on"))
        return go_to(_shelf(posted).path(), "paper_destroyed", count=str(count))

    return _act(posted, act)


@router.post("/papier/zurueckgegeben")
def note_returned(posted: PostedDep) -> Response:
    """Note that originals were given back."""

    def act(session: Session) -> Response:
        count = paper_originals.note_returned(session, posted.visit.actor, _chosen(posted), posted.day("on"))
        return go_to(_shelf(posted).path(), "paper_returned", count=str(count))

    return _act(posted, act)


@router.post("/papier/{paper_id}")
def change_paper(posted: PostedDep, paper_id: UUID) -> Response:
    """Say anew where paper lies and what becomes of it; back to its document, where the visitor may see it."""

    def act(session: Session) -> Response:
        changes = {
            "box": posted.optional("box"),
            "keep_until": posted.day("keep_until"),
            "return_to": posted.optional("return_to"),
        }
        line = paper_originals.change_paper(session, posted.visit.actor, paper_id, changes)
        path = "/papier" if line.document is None else receipt_views.place_of(session, line.document)
        return go_to(path, "paper_placed")

    return posted.write_once(act)


def _act(posted: Posted, act: Callable[[Session], Response]) -> Response:
    def show(problem: EakteError, status: int) -> Response:
        return _page(posted.visit, _shelf(posted), posted=posted, problem=problem, status=status)

    return posted.write_or_show(act, show)


def _chosen(posted: Posted) -> list[UUID]:
    try:
        return [UUID(text) for text in posted.all("paper")]
    except ValueError as error:
        raise Invalid("Diese Auswahl gibt es nicht; bitte die Seite neu laden.") from error


def _shelf(posted: Posted) -> Shelf:
    """What was looked at when the form was sent."""
    return Shelf(posted.optional("unit"), posted.text("box"), bool(posted.text("boxless")), posted.text("due"))


def _page(
    visit: Visit,
    shelf: Shelf,
    *,
    posted: Posted | None = None,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    after = cursors.read_id(shelf.after)
    with visit.service.database.reading() as session:
        own = [unit for unit in organisation.units(session) if unit.id in visit.actor.inbox_units]
        shown = next((unit for unit in own if unit.id == shelf.unit), own[0] if own else None)
        boxes, lines = [], []
        if shown is not None:
            boxes = paper_originals.boxes_of(session, visit.actor, shown.id)
            lines = paper_originals.list_papers(
                session,
                visit.actor,
                shown.id,
                box="" if shelf.boxless else shelf.box or None,
                due=_DUE.get(shelf.due),
                after=after,
                limit=LISTED + 1,
            )
    more = len(lines) > LISTED
    lines = lines[:LISTED]
    return render(
        visit.request,
        "paper.html",
        status=status,
        units=own,
        shown=shown,
        shelf=replace(shelf, unit=None if shown is None else shown.id),
        boxes=boxes,
        lines=lines,
        next_cursor=cursors.write(str(lines[-1].paper.id)) if more else None,
        chosen=None if posted is None else set(posted.all("paper")),
        on="" if posted is None else posted.text("on"),
        problem=problem,
    )
