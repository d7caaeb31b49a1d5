"""What was refused enters the audit trail: who asked for what they may not see or do.

Written for what exists and for what does not alike, so that neither the answer nor its time tells the two apart;
whoever reads the trail can look up which it was.
"""

from __future__ import annotations

from fastapi import Request

from api.service import Service
from eakte import audit
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.errors import EakteError, NotFound, NotPermitted

_THINGS = {
    "document_id": "document",
    "letter_id": "letter",
    "proceeding_id": "proceeding",
    "item_id": "inbox_item",
    "batch_id": "scan_batch",
    "case_file_id": "case_file",
    "code": "filing_plan",
}
"""What the parameters of paths name, the most particular first."""


def remember_actor(request: Request, actor: Actor) -> None:
    """Note who makes a request, for the case that it is refused."""
    request.state.actor = actor


def note_denial(request: Request, error: EakteError) -> None:
    """Record that a known actor was refused something; other errors and strangers are not recorded here."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None or not isinstance(error, (NotFound, NotPermitted)):
        return
    service: Service = request.app.state.service
    kind, id_ = _thing(request)
    with service.database.writing() as session:
        audit.record(
            session,
            AuditTag.ACCESS_DENIED,
            actor_id=actor.id,
            object_kind=kind,
            object_id=id_,
            origin=actor.origin,
            method=request.method,
            path=request.url.path[:500],
            known=isinstance(error, NotPermitted),
        )


def _thing(request: Request) -> tuple[str, str]:
    for name, kind in _THINGS.items():
        if name in request.path_params:
            return kind, str(request.path_params[name])[:200]
    return "request", ""
