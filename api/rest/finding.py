"""Search, and the audit trail of one object."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.calls import Answer, CallDep
from api.problems import answers
from api.rest import cursors, views
from api.rest.cursors import Cursor, Limit
from api.rest.schemas.finding import AuditOut, SearchOut
from eakte import audit_reading, search

router = APIRouter()


@router.get("/search", response_model=SearchOut, responses=answers(503), summary="Search", tags=["Suche"])
def find(
    call: CallDep,
    q: Annotated[
        str, Query(max_length=1000, description='As typed: words, "phrases", wort*, wort~, az: von: typ: datum:')
    ],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Search everything the caller may read, best hits first. Titles count as text."""

    def act(session: Session) -> Answer:
        offset = cursors.read_number(cursor)
        found = search.find(session, call.service.index, call.actor, q, limit=limit, offset=offset)
        next_cursor = None if found.next_offset is None else cursors.write(found.next_offset)
        return Answer(SearchOut(items=[views.search_hit(hit) for hit in found.hits], next_cursor=next_cursor))

    return call.read_and_note(act)


@router.get("/audit", response_model=AuditOut, responses=answers(404), summary="Audit trail", tags=["Protokoll"])
def read_audit(
    call: CallDep,
    object_id: Annotated[str, Query(alias="object", description="Id of a case file, document or letter")],
) -> Response:
    """Tell who did or read what on one object: for data protection officers, and for whoever leads it."""

    def act(session: Session) -> Answer:
        events = audit_reading.trail_of(session, call.actor, object_id)
        return Answer(AuditOut(items=[views.audit_event(event) for event in events]))

    return call.read_and_note(act)
