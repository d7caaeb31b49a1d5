"""Search on every page; a reference jumps straight to its case file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.pages.notices import go_to
from api.pages.rendering import render
from api.pages.visits import VisitDep
from eakte import case_files, search
from eakte.errors import NotFound

router = APIRouter()
HITS_PER_PAGE = 50


@router.get("/suche")
def show_search(
    visit: VisitDep,
    q: Annotated[str, Query(max_length=2000)] = "",
    ab: Annotated[int, Query(ge=0, le=100_000, description="Offset of the first hit")] = 0,
) -> Response:
    """What was found, best first."""
    text = q.strip()
    if not text:
        return render(visit.request, "search.html", found=None, q="", first=0)
    with visit.service.database.noting() as session:
        try:
            case_file = case_files.find_by_reference(session, visit.actor, text)
            return go_to(f"/akten/{case_file.id}")
        except NotFound:
            found = search.find(session, visit.service.index, visit.actor, text, limit=HITS_PER_PAGE, offset=ab)
    return render(visit.request, "search.html", found=found, q=text, first=ab)
