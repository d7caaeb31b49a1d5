"""The boxes of a mail room (Kartons): what lies where, what goes back, what may be destroyed; a list to print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.pages import organisation
from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import Posted, PostedDep, Visit, VisitDep
from eakte import paper_originals
from eakte.errors import Conflict, EakteError, Invalid, NotPermitted
from eakte.paper_originals import Due

router = APIRouter()
LISTED = 500
_DUE = {"vernichten": Due.DESTROY, "zurueck": Due.RETURN}


@router.get("/papier")
def show_paper(
    visit: VisitDep,
    einheit: Annotated[str | None, Query(max_length=80)] = None,
    karton: Annotated[str | None, Query(max_length=80)] = None,
    faellig: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The boxes of a unit, and what lies in one of them or is due."""
    return _page(visit, einheit, karton, faellig)


@router.post("/papier/vernichtet")
def note_destroyed(posted: PostedDep) -> Response:
    """Note that paper was destroyed."""

    def act(session: Session) -> Response:
        count = paper_originals.note_destroyed(session, posted.visit.actor, _chosen(posted), posted.day("on"))
        return go_to(_back(posted), "paper_destroyed", count=str(count))

    return _act(posted, act)


@router.post("/papier/zurueckgegeben")
def note_returned(posted: PostedDep) -> Response:
    """Note that originals were given back."""

    def act(session: Session) -> Response:
        count = paper_originals.note_returned(session, posted.visit.actor, _chosen(posted), posted.day("on"))
        return go_to(_back(posted), "paper_returned", count=str(count))

    return _act(posted, act)


@router.post("/papier/{paper_id}")
def change_paper(posted: PostedDep, paper_id: UUID) -> Response:
    """Say anew where paper lies and what becomes of it."""

    def act(session: Session) -> Response:
        changes = {
            "box": posted.optional("box"),
            "keep_until": posted.day("keep_until"),
            "return_to": posted.optional("return_to"),
        }
        line = paper_originals.change_paper(session, posted.visit.actor, paper_id, changes)
        document_id = posted.id("document")
        shown = line.document is not None and line.document.id == document_id
        return go_to(f"/dokumente/{document_id}" if shown else _back(posted), "paper_placed")

    return posted.write_once(act)


def _act(posted: Posted, act: Callable[[Session], Response]) -> Response:
    try:
        return posted.write_once(act)
    except (Invalid, NotPermitted, Conflict) as error:
        return _page(
            posted.visit, posted.optional("unit"), posted.optional("box"), posted.text("due"), problem=error, status=422
        )


def _chosen(posted: Posted) -> list[UUID]:
    try:
        return [UUID(text) for text in posted.all("paper")]
    except ValueError as error:
        raise Invalid("Diese Auswahl gibt es nicht; bitte die Seite neu laden.") from error


def _back(posted: Posted) -> str:
    wanted = {"einheit": posted.text("unit"), "karton": posted.text("box"), "faellig": posted.text("due")}
    kept = {name: value for name, value in wanted.items() if value}
    return "/papier" + (f"?{urlencode(kept)}" if kept else "")


def _page(
    visit: Visit,
    unit_id: str | None,
    box: str | None,
    due: str,
    *,
    problem: EakteError | None = None,
    status: int = 200,
) -> Response:
    with visit.service.database.reading() as session:
        own = [unit for unit in organisation.units(session) if unit.id in visit.actor.inbox_units]
        shown = next((unit for unit in own if unit.id == unit_id), own[0] if own else None)
        boxes, lines = [], []
        if shown is not None:
            boxes = paper_originals.boxes_of(session, visit.actor, shown.id)
            lines = paper_originals.list_papers(
                session, visit.actor, shown.id, box=box, due=_DUE.get(due), limit=LISTED + 1
            )
    return render(
        visit.request,
        "paper.html",
        status=status,
        units=own,
        shown=shown,
        boxes=boxes,
        lines=lines[:LISTED],
        more=len(lines) > LISTED,
        box=box,
        due=due if due in _DUE else "",
        problem=problem,
    )
