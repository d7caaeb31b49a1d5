"""Who gains and who loses by a change of rights (Vorschau), before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from eakte import everybody, nodes
from eakte.access_tables import Right
from eakte.nodes import Node
from eakte.principals import Principal


@dataclass(frozen=True)
class RightsDelta:
    """What changes for one person or specialist system."""

    person_id: str
    name: str
    gained: Right
    lost: Right


def preview(session: Session, node: Node, change: Callable[[], object]) -> list[RightsDelta]:
    """Make a change, see who gains and loses on the node, and take the change back; by name.

    Raises:
        Everything the change itself would.
    """
    before = everybody.rights_of_everybody(session, nodes.place_of(session, node))
    with session.begin_nested() as attempt:
        change()
        after = everybody.rights_of_everybody(session, nodes.place_of(session, node))
        attempt.rollback()
    session.expire_all()
    return deltas(session, before, after)


def deltas(session: Session, before: dict[str, Right], after: dict[str, Right]) -> list[RightsDelta]:
    """The differences between two states of rights in one place, by name."""
    nothing = Right(0)
    found = [
        RightsDelta(
            name,
            session.get_one(Principal, name).name,
            after.get(name, nothing) & ~before.get(name, nothing),
            before.get(name, nothing) & ~after.get(name, nothing),
        )
        for name in before.keys() | after.keys()
    ]
    return sorted((delta for delta in found if delta.gained or delta.lost), key=lambda delta: delta.name.casefold())
