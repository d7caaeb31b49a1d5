"""Who acts (Handelnde): a name resolved, once per request, to everything that grants may call it by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import orm
from sqlmodel import Session, col, select

from eakte.access_tables import AccessVersion, CombinationMember, Deputyship
from eakte.audit import NOWHERE, Origin
from eakte.clock import now
from eakte.errors import NotFound
from eakte.kept import Kept
from eakte.levels import Level
from eakte.principals import Membership, Principal, PrincipalKind, RoleHolding, Station, Unit

CACHED_ACTORS = 2_048

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

    @property
    def is_admin(self) -> bool:
        """Whether the actor runs the application: that gives no right to content."""
        return self.has_role(ADMIN)

    def has_role(self, role: str) -> bool:
        """Whether the actor holds a role that is not bound to a unit (`admin`, `dpo`)."""
        return (role, None) in self.roles

    def at(self, origin: Origin) -> Actor:
        """The same actor, coming from somewhere."""
        return replace(self, origin=origin)


# Built once: every request resolves somebody, and building these takes as long as asking them.
_PEOPLE: sa.BindParameter[Any] = sa.bindparam("people", expanding=True)
_UNITS: sa.BindParameter[Any] = sa.bindparam("units", expanding=True)


def in_force(table: type, moment: datetime | sa.BindParameter[datetime]) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on rows with a validity: not revoked, begun, not over."""
    begins, ends, revoked = col(table.valid_from), col(table.valid_until), col(table.revoked_at)  # type: ignore[attr-defined]
    return (revoked.is_(None), begins.is_(None) | (begins <= moment), ends.is_(None) | (ends > moment))


_represented = orm.aliased(Principal)
_standing_in = sa.join(
    Deputyship,
    _represented,
    (col(_represented.id) == col(Deputyship.for_id)) & col(_represented.active).is_(True),
)
_WHO: sa.Executable = (
    sa.select(
        *(col(Principal.kind), col(Principal.name), col(Principal.ceiling)),
        *(col(Deputyship.for_id), col(Deputyship.scope_id), col(_represented.ceiling).label("for_ceiling")),
    )
    .select_from(
        sa.outerjoin(
            Principal,
            _standing_in,
            sa.and_(col(Deputyship.person_id) == col(Principal.id), *in_force(Deputyship, sa.bindparam("moment"))),
        )
    )
    .where(col(Principal.id) == sa.bindparam("principal"), col(Principal.active).is_(True))
    .order_by(col(Deputyship.for_id), col(Deputyship.id))
)
"""A row for each person somebody stands in for now, or one without."""
_BELONGING: sa.Executable = (
    sa.select(
        col(Membership.person_id),
        sa.cast(sa.null(), sa.String).label("role"),
        col(Membership.unit_id).label("named_unit"),
        col(Unit.ended),
        col(Unit.merged_into_id),
        col(Membership.position).label("place"),
    )
    .join(Unit, col(Unit.id) == col(Membership.unit_id))
    .where(col(Membership.person_id).in_(_PEOPLE))
    .union_all(
        sa.select(
            col(RoleHolding.person_id),
            col(RoleHolding.role),
            col(RoleHolding.unit_id),
            col(Unit.ended),
            col(Unit.merged_into_id),
            sa.literal_column("0"),
        )
        .join(Unit, col(Unit.id) == col(RoleHolding.unit_id), isouter=True)
        .where(col(RoleHolding.person_id).in_(_PEOPLE))
    )
    .order_by("place", "named_unit")
)
_MERGED = sa.select(col(Unit.id), col(Unit.merged_into_id)).where(col(Unit.merged_into_id).in_(_UNITS))
_UNIT_ROW = (col(Unit.id), col(Unit.parent_id), col(Unit.ended))
_chain = sa.select(*_UNIT_ROW).where(col(Unit.id).in_(sa.bindparam("own", expanding=True))).cte(recursive=True)
_upwards = _chain.union(sa.select(*_UNIT_ROW).join(_chain, col(Unit.id) == _chain.c.parent_id))
_AROUND = sa.select(_upwards.c.id, _upwards.c.parent_id, _upwards.c.ended, sa.cast(sa.null(), sa.String)).union_all(
    sa.select(*_UNIT_ROW, col(Unit.merged_into_id)).where(col(Unit.merged_into_id).in_(_UNITS))
)
"""The units above one's own, and those that were merged into these, which alone have a last column."""
_COMBINED = sa.select(
    col(CombinationMember.combination), col(CombinationMember.member), col(CombinationMember.size)
).where(col(CombinationMember.member).in_(sa.bindparam("subjects", expanding=True)))


_VERSION = sa.select(col(AccessVersion.stamp))
_NEXT_STANDING = sa.select(
    *(
        sa.func.min(sa.case((point > sa.bindparam("moment"), point)))
        for point in (col(Deputyship.valid_from), col(Deputyship.valid_until))
    )
).where(col(Deputyship.person_id) == sa.bindparam("principal"), col(Deputyship.revoked_at).is_(None))
_actors: Kept[Actor] = Kept(CACHED_ACTORS)


def actor_for(session: Session, principal_id: str, origin: Origin = NOWHERE) -> Actor:
    """Resolve a name to what it stands for now.

    Kept until rights change or a deputyship begins or ends. Whatever is read here changes the access version with it
    (triggers, migration 0004).

    Raises:
        NotFound: No such name, or it is no longer active.
    """
    stamp = session.execute(_VERSION).scalar_one()
    actor = _actors.get((stamp, principal_id), lambda: _resolved(session, principal_id))
    return actor if origin is NOWHERE else actor.at(origin)


def _resolved(session: Session, principal_id: str) -> tuple[Actor, datetime | None]:
    asked = {"principal": principal_id, "moment": now()}
    rows = session.execute(_WHO, asked).all()
    if not rows:
        raise NotFound("Diesen Namen gibt es nicht.")
    kind, name, ceiling = rows[0][:3]
    if kind is not PrincipalKind.PERSON:
        return Actor(principal_id, kind, name, (_identity_of_machine(session, principal_id, kind, ceiling),)), None
    standing = [row for row in rows if row.for_id is not None]
    known, roles = _people(session, {principal_id: ceiling} | {row.for_id: row.for_ceiling for row in standing})
    represented = (
        replace(
            known[row.for_id],
            ceiling=min(row.for_ceiling, ceiling),
            excluded=(principal_id, row.for_id),
            within=row.scope_id,
        )
        for row in standing  # not transitively
    )
    actor = Actor(principal_id, kind, name, (known[principal_id], *represented), frozenset(roles[principal_id]))
    turning_points = [point for point in session.execute(_NEXT_STANDING, asked).one() if point is not None]
    return actor, min(turning_points, default=None)


def _identity_of_machine(session: Session, id_: str, kind: PrincipalKind, ceiling: int) -> Identity:
    subjects = frozenset({f"{kind}:{id_}"})
    units = (session.get_one(Station, id_).unit_id,) if kind is PrincipalKind.STATION else ()
    return Identity(id_, subjects | _combinations(session, [subjects])[0], units, ceiling)


_Roles: TypeAlias = "list[tuple[str, str | None]]"


def _people(session: Session, ceilings: Mapping[str, int]) -> tuple[dict[str, Identity], dict[str, _Roles]]:
    """The identities of people as themselves, and their roles; all together take as many queries as one.

    Args:
        ceilings: By the ids of the people.
    """
    ids = list(ceilings)
    units, roles, roles_now = _belonging(session, ids)
    own: set[str] = set().union(*units.values())
    above, merged = _around(session, own, {unit_id for held in roles_now.values() for _, unit_id in held} | own)
    subjects = {id_: frozenset(_tokens(id_, units[id_], roles_now[id_], above, merged)) for id_ in ids}
    complete = _combinations(session, list(subjects.values()))
    known = {
        id_: Identity(id_, subjects[id_] | combinations, units[id_], ceilings[id_], (id_,))
        for id_, combinations in zip(ids, complete, strict=True)
    }
    return known, roles


def _tokens(
    person_id: str,
    units: Iterable[str],
    roles: Iterable[tuple[str, str]],
    above: Mapping[str, set[str]],
    merged: Mapping[str, set[str]],
) -> Iterator[str]:
    yield f"{PrincipalKind.PERSON}:{person_id}"
    for unit_id in units:
        for reached in {unit_id} | merged[unit_id]:
            yield f"unit:{reached}"
        for reached in above[unit_id] | merged[unit_id]:
            yield f"unit-tree:{reached}"
    for role, unit_id in roles:
        for reached in {unit_id} | merged[unit_id]:
            yield f"role:{role}@{reached}"


def units_of(session: Session, person_id: str) -> tuple[str, ...]:
    """The units a person belongs to now, most important first; a merged unit counts as its successor."""
    return _belonging(session, [person_id])[0][person_id]


def _belonging(
    session: Session, ids: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, _Roles], dict[str, list[tuple[str, str]]]]:
    """By person: the units, most important first; the roles as given; and the roles in units.

    In the first and the last, the unit that goes on stands for the one that was named.
    """
    units: dict[str, dict[str, None]] = {id_: {} for id_ in ids}
    given: dict[str, _Roles] = {id_: [] for id_ in ids}
    now_in: dict[str, list[tuple[str, str]]] = {id_: [] for id_ in ids}
    for person_id, role, unit_id, ended, merged_into_id, _ in session.execute(_BELONGING, {"people": ids}):
        if role is not None:
            given[person_id].append((role, unit_id))
        goes_on = None if unit_id is None else _successor(session, unit_id, merged_into_id, ended=ended)
        if goes_on is None:
            continue
        if role is None:
            units[person_id][goes_on] = None
        else:
            now_in[person_id].append((role, goes_on))
    return {person_id: tuple(held) for person_id, held in units.items()}, given, now_in


def manned_unit(session: Session, unit_id: str) -> str | None:
    """The unit that goes on for one, if anybody belongs to it; otherwise None."""
    unit = session.get_one(Unit, unit_id)
    goes_on = _successor(session, unit.id, unit.merged_into_id, ended=unit.ended)
    if goes_on is None:
        return None
    member = (
        select(Membership.person_id)
        .join(Principal, col(Principal.id) == col(Membership.person_id))
        .where(
            col(Membership.unit_id).in_({goes_on} | _merged_into(session, goes_on)),
            col(Principal.active).is_(True),
        )
    )
    return None if session.exec(member.limit(1)).first() is None else goes_on


def _successor(session: Session, unit_id: str, merged_into_id: str | None, *, ended: bool) -> str | None:
    """The unit that goes on for one, itself if it has not ended; None when nobody does."""
    seen = {unit_id}
    while merged_into_id is not None and merged_into_id not in seen:
        seen.add(merged_into_id)
        unit = session.get_one(Unit, merged_into_id)
        unit_id, merged_into_id, ended = unit.id, unit.merged_into_id, unit.ended
    return None if ended else unit_id


def _around(session: Session, own: set[str], unit_ids: set[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """For each of one's own units, itself and those above; for each of the others too, those merged into it.

    Units above that have ended are left out.
    """
    if not unit_ids:
        return {}, {}
    rows = session.execute(_AROUND, {"own": list(own), "units": list(unit_ids)}).all()
    parents = {unit_id: parent_id for unit_id, parent_id, _, target in rows if target is None}
    standing = {unit_id for unit_id, _, ended, target in rows if target is None and not ended}
    above: dict[str, set[str]] = {}
    for unit_id in own:
        reached: set[str] = set()
        upper: str | None = unit_id
        while upper is not None and upper not in reached:
            reached.add(upper)
            upper = parents.get(upper)
        above[unit_id] = reached & standing
    first = {unit_id: target for unit_id, _, _, target in rows if target is not None}
    return above, _merged_over_steps(session, unit_ids, first)


def _merged_into(session: Session, unit_id: str) -> set[str]:
    """The units that were merged into one, also over several steps."""
    first = {row.id: row.merged_into_id for row in session.execute(_MERGED, {"units": [unit_id]})}
    return _merged_over_steps(session, {unit_id}, first)[unit_id]


def _merged_over_steps(session: Session, unit_ids: set[str], first: Mapping[str, str]) -> dict[str, set[str]]:
    """For each of these units, all that were merged into it.

    Args:
        first: Those of the first step, with the unit each was merged into.
    """
    into = dict(first)
    step = set(first)
    while step:
        rows = session.execute(_MERGED, {"units": list(step)})
        found = {unit_id: target for unit_id, target in rows if unit_id not in into}
        into |= found
        step = set(found)
    merged: dict[str, set[str]] = {unit_id: set() for unit_id in unit_ids}
    for unit_id in into:
        target, passed = unit_id, {unit_id}
        while target in into and into[target] not in passed:
            target = into[target]
            passed.add(target)
            if target in merged:
                merged[target].add(unit_id)
    return merged


def _combinations(session: Session, of_each: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """For each set of subjects, the combinations (`all_of`) of which every member is among them."""
    rows = session.execute(_COMBINED, {"subjects": list(frozenset().union(*of_each))})
    members: dict[tuple[str, int], set[str]] = {}
    for combination, member, size in rows:
        members.setdefault((combination, size), set()).add(member)
    return [
        frozenset(combination for (combination, size), named in members.items() if len(named & own) == size)
        for own in of_each
    ]


def whoever_holds_the_machine(name: str) -> Actor:
    """Who works on the machine itself: an administrator without any right to content.

    Args:
        name: As the trail calls them.
    """
    return Actor(name, PrincipalKind.SYSTEM, name, (Identity(name, frozenset()),), frozenset({(ADMIN, None)}))
