"""Who gains and who loses by a change of rights (Vorschau), before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from eakte import everybody, nodes
from eakte.access_tables import AccessScope, Right, ScopeKind
from eakte.nodes import Node
from eakte.person_names import sort_key
from eakte.principals import Principal
from eakte.scopes import id_of
from eakte.trying import taken_back

RightsByPlace = dict[int, dict[str, Right]]
"""Everybody's rights, by scope and name."""

_SHARED = (ScopeKind.FILING_PLAN, ScopeKind.ENTRY_SECTION, ScopeKind.RESPONSIBLE, ScopeKind.INBOX)


@dataclass(frozen=True)
class RightsDelta:
    """What changes for one person or specialist system in one place.

    Attributes:
        on: The place, in words.
    """

    person_id: str
    name: str
    gained: Right
    lost: Right
    on: str = ""


def preview(session: Session, node: Node, change: Callable[[], object]) -> list[RightsDelta]:
    """Make a change, see who gains and loses on the node, and take the change back; by name.

    Raises:
        Everything the change itself would.
    """
    before = everybody.rights_of_everybody(session, nodes.place_of(session, node))
    with taken_back(session):
        change()
        after = everybody.rights_of_everybody(session, nodes.place_of(session, node))
    return _deltas(session, before, after, nodes.in_words(session, node))


def rights_by_place(session: Session) -> RightsByPlace:
    """Everybody's rights on the filing plan, its sections, the units' case files and inboxes.

    Case files and documents with rights of their own are left out: there may be thousands of them.
    """
    session.flush()
    wanted = select(AccessScope).where(col(AccessScope.kind).in_(_SHARED)).order_by(col(AccessScope.id))
    tokens = everybody.tokens_of_everybody(session)
    return {
        id_of(scope): everybody.rights_of_everybody(session, id_of(scope), tokens)
        for scope in session.exec(wanted).all()
    }


def effects_of(session: Session, before: RightsByPlace, after: RightsByPlace) -> list[RightsDelta]:
    """What everybody gains and loses, told where it begins and not again for everything below."""
    found: dict[int, list[tuple[str, Right, Right]]] = {}
    told: list[RightsDelta] = []
    for scope_id in sorted(after, key=lambda id_: (_depth(session, id_), id_)):
        scope = session.get_one(AccessScope, scope_id)
        deltas = _deltas(session, before.get(scope_id, {}), after[scope_id], nodes.scope_in_words(session, scope))
        found[scope_id] = [(delta.person_id, delta.gained, delta.lost) for delta in deltas]
        above = [] if scope.parent_id is None else found.get(scope.parent_id, [])
        told += [delta for delta in deltas if (delta.person_id, delta.gained, delta.lost) not in above]
    return told


def _deltas(session: Session, before: dict[str, Right], after: dict[str, Right], on: str) -> list[RightsDelta]:
    nothing = Right(0)
    found = [
        RightsDelta(
            name,
            session.get_one(Principal, name).name,
            after.get(name, nothing) & ~before.get(name, nothing),
            before.get(name, nothing) & ~after.get(name, nothing),
            on,
        )
        for name in before.keys() | after.keys()
    ]
    changed = (delta for delta in found if delta.gained or delta.lost)
    return sorted(changed, key=lambda delta: (sort_key(delta.name), delta.person_id))


def _depth(session: Session, scope_id: int) -> int:
    depth = 0
    above = session.get_one(AccessScope, scope_id).parent_id
    while above is not None:
        depth += 1
        above = session.get_one(AccessScope, above).parent_id
    return depth
