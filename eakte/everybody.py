"""What everybody is called by grants, all at once: for asking who can see a thing.

The twin of `eakte.actors` for whole organisations; a property test holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from eakte.access_tables import (
    AccessGrant,
    AccessScope,
    CombinationMember,
    Deputyship,
    Right,
    ScopeAncestor,
)
from eakte.actors import in_force
from eakte.claims import left_by_exclusions
from eakte.clock import now
from eakte.principals import Membership, Principal, PrincipalKind, RoleHolding, Unit


@dataclass(frozen=True)
class Standing:
    """What somebody may do in a scope.

    Attributes:
        grants: Those that give it, in the order they were given.
        deputy_for: Whose rights these are, when not their own.
    """

    person_id: str
    rights: Right
    grants: tuple[AccessGrant, ...]
    deputy_for: str | None = None


def standings_on(session: Session, scope_id: int, tokens: Mapping[str, frozenset[str]] | None = None) -> list[Standing]:
    """Everybody who may do something in a scope now, by id; deputies with each identity that gives them something.

    Args:
        tokens: From `tokens_of_everybody`, for whoever asks about many scopes.
    """
    scope = session.get_one(AccessScope, scope_id)
    moment = now()
    grants = session.exec(
        select(AccessGrant)
        .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessGrant.scope_id))
        .where(
            ScopeAncestor.scope_id == scope_id,
            col(ScopeAncestor.inherits).is_(True),
            *in_force(AccessGrant, moment),
        )
        .order_by(col(AccessGrant.id))
    ).all()
    left = left_by_exclusions(session, scope_id, moment)
    ceilings = {row.id: row.ceiling for row in session.exec(select(Principal).where(col(Principal.active).is_(True)))}
    if tokens is None:
        tokens = tokens_of_everybody(session)

    def standing(actor_id: str, as_id: str) -> Standing | None:
        if any(ceilings.get(name, -1) < scope.effective_level for name in {actor_id, as_id}):
            return None
        mask = left.get(actor_id, Right(-1)) & left.get(as_id, Right(-1))
        fitting = tuple(grant for grant in grants if grant.subject in tokens[as_id])
        rights = Right(0)
        for grant in fitting:
            rights |= Right(grant.rights) & mask
        return Standing(actor_id, rights, fitting, None if actor_id == as_id else as_id) if rights else None

    within = {row.ancestor_id for row in session.exec(select(ScopeAncestor).where(ScopeAncestor.scope_id == scope_id))}
    pairs = [(name, name) for name in tokens]
    pairs += [
        (row.person_id, row.for_id)
        for row in session.exec(select(Deputyship).where(*in_force(Deputyship, moment)))
        if row.person_id in tokens and row.for_id in tokens and (row.scope_id is None or row.scope_id in within)
    ]
    found = (standing(actor_id, as_id) for actor_id, as_id in sorted(set(pairs)))
    return [one for one in found if one is not None]


def rights_of_everybody(
    session: Session, scope_id: int, tokens: Mapping[str, frozenset[str]] | None = None
) -> dict[str, Right]:
    """All rights in a scope by who has them, deputies' included; arguments as for `standings_on`."""
    rights: dict[str, Right] = defaultdict(lambda: Right(0))
    for one in standings_on(session, scope_id, tokens):
        rights[one.person_id] |= one.rights
    return dict(rights)


def tokens_of_everybody(session: Session) -> dict[str, frozenset[str]]:
    """The tokens every active person and specialist system stands for by themselves."""
    principals = session.exec(select(Principal).where(col(Principal.active).is_(True))).all()
    organisation = _Organisation(session)
    combinations = _combinations(session)
    tokens: dict[str, frozenset[str]] = {}
    for principal in principals:
        own = {f"{principal.kind}:{principal.id}"}
        if principal.kind is PrincipalKind.PERSON:
            own |= organisation.tokens_of(principal.id)
        own |= {name for name, members in combinations.items() if members <= own}
        tokens[principal.id] = frozenset(own)
    return tokens


def _combinations(session: Session) -> dict[str, set[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for row in session.exec(select(CombinationMember)):
        members[row.combination].add(row.member)
    return members


class _Organisation:
    """Units, memberships and roles, read once."""

    def __init__(self, session: Session) -> None:
        self._units = {unit.id: unit for unit in session.exec(select(Unit))}
        self._merged: dict[str, list[str]] = defaultdict(list)
        for unit in self._units.values():
            if unit.merged_into_id is not None:
                self._merged[unit.merged_into_id].append(unit.id)
        self._units_of: dict[str, list[str]] = defaultdict(list)
        for membership in session.exec(select(Membership)):
            self._units_of[membership.person_id].append(membership.unit_id)
        self._roles_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for holding in session.exec(select(RoleHolding).where(col(RoleHolding.unit_id).is_not(None))):
            self._roles_of[holding.person_id].append((holding.role, str(holding.unit_id)))

    def tokens_of(self, person_id: str) -> set[str]:
        tokens: set[str] = set()
        for unit_id in self._units_of[person_id]:
            unit = self._successor(self._units[unit_id])
            if unit is None:
                continue
            predecessors = self._predecessors(unit.id)
            tokens |= {f"unit:{name}" for name in (unit.id, *predecessors)}
            tokens |= {f"unit-tree:{name}" for name in (*self._above(unit), *predecessors)}
        for role, unit_id in self._roles_of[person_id]:
            unit = self._successor(self._units[unit_id])
            if unit is not None:
                tokens |= {f"role:{role}@{name}" for name in (unit.id, *self._predecessors(unit.id))}
        return tokens

    def _successor(self, unit: Unit) -> Unit | None:
        seen = {unit.id}
        while unit.merged_into_id is not None and unit.merged_into_id not in seen:
            seen.add(unit.merged_into_id)
            unit = self._units[unit.merged_into_id]
        return None if unit.ended else unit

    def _predecessors(self, unit_id: str) -> set[str]:
        found: set[str] = set()
        waiting = [unit_id]
        while waiting:
            for name in self._merged[waiting.pop()]:
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def _above(self, unit: Unit) -> list[str]:
        names: list[str] = []
        at: Unit | None = unit
        seen: set[str] = set()
        while at is not None and at.id not in seen:
            seen.add(at.id)
            if not at.ended:
                names.append(at.id)
            at = None if at.parent_id is None else self._units[at.parent_id]
        return names
