"""The tree of access scopes: making, moving, shielding, and the closure that tells what lies above what.

A scope may hang below two others: a section of a case file below the case file and below the section of its
filing plan entry. What is granted at G arrives at D when G lies above D and every shielded scope above D is G
itself or lies above G. Who may change the tree is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from eakte.access_tables import AccessScope, AccessVersion, ScopeAncestor, ScopeKind
from eakte.errors import Damaged
from eakte.ids import new_id

_CHUNK = 5_000


def rights_changed(session: Session) -> None:
    """Make every cached set of readable scopes stale, from the next request on.

    Until the transaction ends nobody else changes the tree: whoever does calls this before reading what lies above.
    """
    session.exec(sa.update(AccessVersion).values(stamp=str(new_id())))


def find_scope(session: Session, kind: ScopeKind, node: str) -> AccessScope | None:
    """The scope a node owns, or None."""
    return session.exec(select(AccessScope).where(AccessScope.kind == kind, AccessScope.node == node)).first()


def id_of(scope: AccessScope) -> int:
    """The id of a scope that has been flushed."""
    if scope.id is None:
        raise Damaged("Ein Zugriffsbereich hat keine Nummer.")
    return scope.id


def make_scope(
    session: Session, kind: ScopeKind, node: str, parent_id: int | None, *, beside_id: int | None = None
) -> int:
    """Make a scope below another, or below nothing; returns its id.

    Args:
        beside_id: A second scope it inherits from.
    """
    rights_changed(session)
    scope = AccessScope(kind=kind, node=node, parent_id=parent_id, beside_id=beside_id)
    session.add(scope)
    session.flush()
    scope_id = id_of(scope)
    above = {scope_id}
    for upper_id in (parent_id, beside_id):
        if upper_id is not None:
            above.update(ancestors_of(session, upper_id))
    session.add_all(ScopeAncestor(ancestor_id=ancestor_id, scope_id=scope_id) for ancestor_id in sorted(above))
    session.flush()
    _settle_below(session, scope_id, shields_above=_any_shielded(session, above))
    return scope_id


def ancestors_of(session: Session, scope_id: int) -> set[int]:
    """The scope itself and all above it."""
    return set(session.exec(select(ScopeAncestor.ancestor_id).where(ScopeAncestor.scope_id == scope_id)))


def scopes_below(session: Session, scope_id: int) -> list[int]:
    """The scope itself and all below it, in ascending order."""
    below = select(ScopeAncestor.scope_id).where(ScopeAncestor.ancestor_id == scope_id)
    return list(session.exec(below.order_by(col(ScopeAncestor.scope_id))))


def move_scope(session: Session, scope_id: int, parent_id: int, *, beside_id: int | None = None) -> None:
    """Hang a scope, with everything below it, below another one (and beside a second)."""
    scope = session.get_one(AccessScope, scope_id)
    if (scope.parent_id, scope.beside_id) == (parent_id, beside_id):
        return
    rights_changed(session)
    scope.parent_id, scope.beside_id = parent_id, beside_id
    session.flush()
    _rebuild_closure(session, scopes_below(session, scope_id))
    _settle_below(session, scope_id, shields_above=True)


def set_shield(session: Session, scope_id: int, *, shielded: bool) -> bool:
    """Let a scope inherit nothing (abschirmen), or again what lies above it; returns whether that changes anything."""
    scope = session.get_one(AccessScope, scope_id)
    if scope.shielded == shielded:
        return False
    rights_changed(session)
    scope.shielded = shielded
    session.flush()
    _settle_below(session, scope_id, shields_above=True)
    return True


def set_level(session: Session, scope_id: int, level: int) -> bool:
    """Give a scope a level of its own; returns whether that changes anything."""
    scope = session.get_one(AccessScope, scope_id)
    if scope.level == level:
        return False
    rights_changed(session)
    scope.level = level
    session.flush()
    _settle_below(session, scope_id, shields_above=False)
    return True


def _any_shielded(session: Session, scope_ids: Iterable[int]) -> bool:
    shielded = select(AccessScope.id).where(col(AccessScope.id).in_(scope_ids), col(AccessScope.shielded).is_(True))
    return session.exec(shielded.limit(1)).first() is not None


def _rebuild_closure(session: Session, below: list[int]) -> None:
    """Write anew what lies above each of these scopes, which are all that lie below one of them."""
    parents: dict[int, tuple[int | None, int | None]] = {}
    for part in _chunks(below):
        found = session.exec(
            select(AccessScope.id, AccessScope.parent_id, AccessScope.beside_id).where(col(AccessScope.id).in_(part))
        )
        parents.update({scope_id: (parent_id, beside_id) for scope_id, parent_id, beside_id in found if scope_id})
        session.exec(sa.delete(ScopeAncestor).where(col(ScopeAncestor.scope_id).in_(part)))
    known: dict[int, frozenset[int]] = {}

    def above(scope_id: int) -> frozenset[int]:
        if scope_id not in known:
            if scope_id not in parents:
                known[scope_id] = frozenset(ancestors_of(session, scope_id))
            else:
                uppers = [above(upper_id) for upper_id in parents[scope_id] if upper_id is not None]
                known[scope_id] = frozenset({scope_id}).union(*uppers)
        return known[scope_id]

    rows = [
        {"ancestor_id": ancestor_id, "scope_id": scope_id, "inherits": True}
        for scope_id in below
        for ancestor_id in above(scope_id)
    ]
    if rows:
        session.execute(sa.insert(ScopeAncestor), rows)


def _settle_below(session: Session, top_id: int, *, shields_above: bool) -> None:
    """Bring effective levels, and what shields let through, in line for a scope and everything below it."""
    below = sa.select(col(ScopeAncestor.scope_id)).where(col(ScopeAncestor.ancestor_id) == top_id)
    link, upper = aliased(ScopeAncestor), aliased(AccessScope)
    highest = (
        sa.select(sa.func.max(col(upper.level)))
        .select_from(link)
        .join(upper, col(upper.id) == col(link.ancestor_id))
        .where(col(link.scope_id) == col(AccessScope.id))
        .scalar_subquery()
    )
    session.exec(
        sa.update(AccessScope)
        .where(col(AccessScope.id).in_(below))
        .values(effective_level=highest)
        .execution_options(synchronize_session=False)
    )
    if shields_above:
        _settle_shields(session, below)
    for row in session.identity_map.values():
        if isinstance(row, (AccessScope, ScopeAncestor)):
            session.expire(row)


def _settle_shields(session: Session, below: sa.Select[int]) -> None:
    """A row arrives unless some shielded scope above its scope neither is its ancestor nor lies above that one."""
    shield_link, shield, over = aliased(ScopeAncestor), aliased(AccessScope), aliased(ScopeAncestor)
    covers_the_granting = (
        sa.exists()
        .where(
            col(over.scope_id) == col(ScopeAncestor.ancestor_id), col(over.ancestor_id) == col(shield_link.ancestor_id)
        )
        .correlate(ScopeAncestor, shield_link)  # two selects up; of itself only one is looked at
    )
    cut_off = sa.exists(
        sa.select(sa.literal(1))
        .select_from(shield_link)
        .join(shield, col(shield.id) == col(shield_link.ancestor_id))
        .where(
            col(shield_link.scope_id) == col(ScopeAncestor.scope_id),
            col(shield.shielded).is_(True),
            ~covers_the_granting,
        )
    )
    session.exec(
        sa.update(ScopeAncestor)
        .where(col(ScopeAncestor.scope_id).in_(below))
        .values(inherits=~cut_off)
        .execution_options(synchronize_session=False)
    )


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
