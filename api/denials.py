"""What was refused enters the audit trail: who asked for what they may not see or do.

Written for what exists and for what does not alike, so that neither the answer nor its time tells the two apart;
whoever reads the trail can look up which it was.

Within a minute a caller's further refusals on the same thing, and all beyond a hundred, are only counted: a script
that tries ids does not fill the trail. The count enters it with the next refusal after that minute, anybody's, or
when the service ends. Each process counts for itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from fastapi import Request

from eakte import audit
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.clock import now
from eakte.errors import EakteError, NotFound, NotPermitted
from storage.database import Database

TOLD_ONE_BY_ONE = 100
WINDOW_S = 60.0
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


@dataclass
class _Minute:
    """What a caller was refused since their first refusal in it."""

    ends_at_s: float
    began_at: datetime = field(default_factory=now)
    told: set[tuple[str, str, str]] = field(default_factory=set)
    only_counted: int = 0


class Denials:
    """The refusals of one process.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, database: Callable[[], Database], clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._minutes: dict[str, _Minute] = {}
        self._lock = threading.Lock()

    def note(self, request: Request, actor: Actor, *, known: bool) -> None:
        """Record a refusal, or count it."""
        kind, id_ = _thing(request)
        path = request.url.path[:500]
        over = self._over()
        with self._lock:
            minute = self._minutes.setdefault(actor.id, _Minute(self._clock() + WINDOW_S))
            refusal = (request.method, kind, id_ or path)
            tell = refusal not in minute.told and len(minute.told) < TOLD_ONE_BY_ONE
            if tell:
                minute.told.add(refusal)
            else:
                minute.only_counted += 1
        self._write_counts(over)
        if tell:
            with self._database().writing() as session:
                audit.record(
                    session,
                    AuditTag.ACCESS_DENIED,
                    actor_id=actor.id,
                    object_kind=kind,
                    object_id=id_,
                    origin=actor.origin,
                    method=request.method,
                    path=path,
                    known=known,
                )

    def close(self) -> None:
        """Record what was only counted so far."""
        self._write_counts(self._over(everything=True))

    def _over(self, *, everything: bool = False) -> dict[str, _Minute]:
        """Take out the minutes that are over."""
        with self._lock:
            moment = self._clock()
            over = {name: one for name, one in self._minutes.items() if everything or one.ends_at_s <= moment}
            for name in over:
                del self._minutes[name]
        return over

    def _write_counts(self, minutes: dict[str, _Minute]) -> None:
        counted = {name: minute for name, minute in minutes.items() if minute.only_counted}
        if not counted:
            return
        with self._database().writing() as session:
            for name, minute in counted.items():
                audit.record(
                    session,
                    AuditTag.ACCESS_DENIED,
                    actor_id=name,
                    object_kind="request",
                    object_id="",
                    more=minute.only_counted,
                    since=minute.began_at.isoformat(),
                )


def remember_actor(request: Request, actor: Actor) -> None:
    """Note who makes a request, for the case that it is refused."""
    request.state.actor = actor


def note_denial(request: Request, error: EakteError) -> None:
    """Record that a known actor was refused something; other errors and strangers are not recorded here."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None or not isinstance(error, (NotFound, NotPermitted)):
        return
    denials: Denials = request.app.state.denials
    denials.note(request, actor, known=isinstance(error, NotPermitted))


def _thing(request: Request) -> tuple[str, str]:
    for name, kind in _THINGS.items():
        if name in request.path_params:
            return kind, str(request.path_params[name])[:200]
    return "request", ""
