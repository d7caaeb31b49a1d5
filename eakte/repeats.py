"""Whether an answer given once may be told again (Idempotency-Key): rights hold from the next request on, there too.

An answer keeps the names of what it tells of, as far as its caller could know of that then: who withdraws a document
or sends an item to another unit is told the same again. Once the caller may no longer know of one of them, or it was
withdrawn, the answer does not exist any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session

from eakte import nodes, quarantine, station_operators, unscanned_post
from eakte.access_tables import Right
from eakte.actors import ADMIN, Actor
from eakte.errors import NotFound, NotPermitted
from eakte.intake import receive
from eakte.principals import Station

_BATCH = "scan_batch:"
_OPERATORS = "operators:"
_POST = "unscanned_post:"
_HELD = "quarantine:"


def batch_name(batch_id: UUID) -> str:
    """How an answer names a scan batch it tells of; other things are named as `Node.written`."""
    return f"{_BATCH}{batch_id}"


def operators_name(station_id: str) -> str:
    """How an answer names the people behind a station's pseudonyms."""
    return f"{_OPERATORS}{station_id}"


def post_name(post_id: UUID) -> str:
    """How an answer names post that was not scanned."""
    return f"{_POST}{post_id}"


def held_name(entry_id: UUID) -> str:
    """How an answer names what is, or was, in quarantine."""
    return f"{_HELD}{entry_id}"


def known_of(session: Session, actor: Actor, names: Iterable[str]) -> list[str]:
    """Those of the things that the actor may know of now."""
    return [name for name in names if _may_know(session, actor, name)]


def _may_know(session: Session, actor: Actor, name: str) -> bool:
    try:
        if name.startswith(_BATCH):
            receive.batch_for(session, actor, UUID(name.removeprefix(_BATCH)))
        elif name.startswith(_OPERATORS):
            return station_operators.may_resolve(actor, session.get_one(Station, name.removeprefix(_OPERATORS)))
        elif name.startswith(_POST):
            unscanned_post.post_for(session, actor, UUID(name.removeprefix(_POST)))
        elif name.startswith(_HELD):
            quarantine.held_for(session, actor, UUID(name.removeprefix(_HELD)))
        else:
            node = nodes.parse(session, name)
            arranges = node.is_of_plan and actor.has_role(ADMIN)  # administrators need not read there
            nodes.require(session, actor, node, Right.SHARE if arranges else Right.READ)
    except (NotFound, NotPermitted):
        return False
    return True
