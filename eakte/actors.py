"""Who acts (Handelnde): a name resolved, once per request, to everything that grants may call it by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte.access_tables import CombinationMember, Deputyship
from eakte.audit import NOWHERE, Origin
from eakte.clock import now
from eakte.errors import NotFound
from eakte.levels import Level
from eakte.principals import Membership, Principal, PrincipalKind, RoleHolding, Station, Unit

ADMIN = "admin"
DPO = "dpo"


@dataclass(frozen=True)
class Identity:
    """As whom an actor may act: as themself, or as the deputy of one other person.

    Attributes:
        person_id: Whose rights these are.
        subjects: Tokens as grants name them (`eakte.subjects`).
        units: Ids of the units belonged to directly, most important first.
        ceiling: The highest level at which things exist here.
        excluded: People whose exclusions hold here: the actor, and whoever they stand in for.
        within: The scope a deputyship is limited to; None for everything.
    """

    person_id: str
    subjects: frozenset[str]
    units: tuple[str, ...] = ()
    ceiling: int = int(Level.OPEN)
    excluded: tuple[str, ...] = ()
    within: int | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts in a request, resolved once.

    Attributes:
        identities: The actor's own first, then one for each person they stand in for now.
        roles: `(role, unit id or None)`; never another's.
    """

    id: str
    kind: PrincipalKind
    name: str
    identities: tuple[Identity, ...]
    roles: frozenset[tuple[str, str | None]] = frozenset()
    origin: Origin = field(default_factory=Origin)

    @property
    def own(self) -> Identity:
        return self.identities[0]

    @property
    def units(self) -> tuple[str, ...]:
        """The actor's own units, most important first."""
        return self.own.units

    @property
    def inbox_units(self) -> tuple[str, ...]:
        """The units whose inboxes the actor works on: their own, and those of whom they wholly stand in for.

        Units merged into these are among them: what waited there waits on.
        """
        units: list[str] = []
        for identity in self.identities:
            if identity.within is None:
                merged = (token.removeprefix("unit:") for token in identity.subjects if token.startswith("unit:"))
                units += [*identity.units, *sorted(merged)]
        return tuple(dict.fromkeys(units))

    @property
    def represented(self) -> tuple[str, ...]:
        """Ids of the people the actor stands in for now."""
        return tuple(dict.fromkeys(identity.person_id for identity in self.identities[1:]))

    def has_role(self, role: str) -> bool:
        """Whether the actor holds a role that is not bound to a unit (`admin`, `dpo`)."""
        return (role, None) in self.roles

    def at(self, origin: Origin) -> Actor:
        """The same actor, coming from somewhere."""
        return replace(self, origin=origin)


def actor_for(session: Session, principal_id: str, origin: Origin = NOWHERE) -> Actor:
    """Resolve a name to what it stands for now.

    Raises:
        NotFound: No such name, or it is no longer active.
    """
    principal = session.get(Principal, principal_id)
    if principal is None or not principal.active:
        raise NotFound("Diesen Namen gibt es nicht.")
    own = _identity_of(session, principal)
    roles: frozenset[tuple[str, str | None]] = frozenset()
    represented: tuple[Identity, ...] = ()
    if principal.kind is PrincipalKind.PERSON:
        held = session.exec(select(RoleHolding).where(RoleHolding.person_id == principal.id))
        roles = frozenset((holding.role, holding.unit_id) for holding in held)
        represented = tuple(_represented(session, principal))
    return Actor(principal.id, principal.kind, principal.name, (own, *represented), roles, origin)


def _represented(session: Session, deputy: Principal) -> Iterable[Identity]:
    """The identities of those the deputy stands in for: with their rights, below both ceilings, not transitively."""
    standing = session.exec(
        select(Deputyship, Principal)
        .join(Principal, col(Principal.id) == col(Deputyship.for_id))
        .where(
            Deputyship.person_id == deputy.id,
            col(Principal.active).is_(True),
            *in_force(Deputyship, now()),
        )
        .order_by(col(Deputyship.for_id), col(Deputyship.id))
    ).all()
    for deputyship, other in standing:
        theirs = _identity_of(session, other)
        yield replace(
            theirs,
            ceiling=min(theirs.ceiling, deputy.ceiling),
            excluded=(deputy.id, other.id),
            within=deputyship.scope_id,
        )


def in_force(table: type, moment: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on rows with a validity: not revoked, begun, not over."""
    begins, ends, revoked = col(table.valid_from), col(table.valid_until), col(table.revoked_at)  # type: ignore[attr-defined]
    return (revoked.is_(None), begins.is_(None) | (begins <= moment), ends.is_(None) | (ends > moment))


def _identity_of(session: Session, principal: Principal) -> Identity:
    subjects = {f"{principal.kind}:{principal.id}"}
    units: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    if principal.kind is PrincipalKind.PERSON:
        excluded = (principal.id,)
        units = units_of(session, principal.id)
        merged = _merged_into(session, units)
        subjects |= {f"unit:{unit_id}" for unit_id in (*units, *merged)}
        subjects |= {f"unit-tree:{unit_id}" for unit_id in (*_with_units_above(session, units), *merged)}
        subjects |= _role_tokens(session, principal.id)
    elif principal.kind is PrincipalKind.STATION:
        units = (session.get_one(Station, principal.id).unit_id,)
    subjects |= _combinations(session, subjects)
    return Identity(principal.id, frozenset(subjects), units, principal.ceiling, excluded)


def units_of(session: Session, person_id: str) -> tuple[str, ...]:
    """The units a person belongs to now, most important first; a merged unit counts as its successor."""
    rows = session.exec(
        select(Unit)
        .join(Membership, col(Membership.unit_id) == col(Unit.id))
        .where(Membership.person_id == person_id)
        .order_by(col(Membership.position), col(Membership.unit_id))
    ).all()
    found = (_successor(session, unit) for unit in rows)
    return tuple(dict.fromkeys(unit.id for unit in found if unit is not None))


def manned_unit(session: Session, unit_id: str) -> str | None:
    """The unit that goes on for one, if anybody belongs to it; otherwise None."""
    unit = _successor(session, session.get_one(Unit, unit_id))
    if unit is None:
        return None
    there = {unit.id, *_merged_into(session, [unit.id])}
    member = (
        select(Membership.person_id)
        .join(Principal, col(Principal.id) == col(Membership.person_id))
        .where(col(Membership.unit_id).in_(there), col(Principal.active).is_(True))
    )
    return None if session.exec(member.limit(1)).first() is None else unit.id


def _successor(session: Session, unit: Unit) -> Unit | None:
    """The unit that goes on for one, itself if it has not ended; None when nobody does."""
    seen = {unit.id}
    while unit.merged_into_id is not None and unit.merged_into_id not in seen:
        seen.add(unit.merged_into_id)
        unit = session.get_one(Unit, unit.merged_into_id)
    return None if unit.ended else unit


def _merged_into(session: Session, unit_ids: Iterable[str]) -> set[str]:
    """The units that were merged into these, also over several steps."""
    merged: set[str] = set()
    step = set(unit_ids)
    while step:
        step = set(session.exec(select(Unit.id).where(col(Unit.merged_into_id).in_(step)))) - merged
        merged |= step
    return merged


def _with_units_above(session: Session, unit_ids: tuple[str, ...]) -> set[str]:
    if not unit_ids:
        return set()
    chain = (
        sa.select(col(Unit.id), col(Unit.parent_id), col(Unit.ended))
        .where(col(Unit.id).in_(unit_ids))
        .cte(recursive=True)
    )
    above = sa.select(col(Unit.id), col(Unit.parent_id), col(Unit.ended)).join(chain, col(Unit.id) == chain.c.parent_id)
    whole = chain.union(above)
    return set(session.execute(sa.select(whole.c.id).where(whole.c.ended.is_(False))).scalars())


def _role_tokens(session: Session, person_id: str) -> set[str]:
    held = session.exec(
        select(RoleHolding, Unit)
        .join(Unit, col(Unit.id) == col(RoleHolding.unit_id))
        .where(RoleHolding.person_id == person_id)
    ).all()
    tokens: set[str] = set()
    for holding, unit in held:
        goes_on = _successor(session, unit)
        if goes_on is not None:
            tokens.add(f"role:{holding.role}@{goes_on.id}")
            tokens |= {f"role:{holding.role}@{unit_id}" for unit_id in _merged_into(session, [goes_on.id])}
    return tokens


def _combinations(session: Session, subjects: set[str]) -> set[str]:
    """The combinations (`all_of`) of which every member is among these subjects."""
    complete = session.exec(
        select(CombinationMember.combination)
        .where(col(CombinationMember.member).in_(subjects))
        .group_by(col(CombinationMember.combination), col(CombinationMember.size))
        .having(sa.func.count() == col(CombinationMember.size))
    )
    return set(complete)
