"""What gives an actor rights in one scope: the grants that arrive there, less ceilings and exclusions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from eakte.access_tables import AccessExclusion, AccessGrant, AccessScope, GrantCause, Right, ScopeAncestor
from eakte.actors import Actor, Identity, in_force
from eakte.clock import now

KNOWN_CLAIMS = "eakte_known_claims"
"""Where a session keeps what it has found out about rights: only sessions that see one unchanging view do."""


@dataclass(frozen=True)
class Claim:
    """Rights that one identity has in a scope by one grant, after ceilings and exclusions."""

    person_id: str
    rights: Right
    cause: GrantCause


# Built once: every request asks them, and building these takes as long as asking them.
_SCOPE: sa.BindParameter[int] = sa.bindparam("scope")
_MOMENT: sa.BindParameter[datetime] = sa.bindparam("moment")
_NAMES: sa.BindParameter[Any] = sa.bindparam("names", expanding=True)
_GRANTED = (
    sa.select(
        col(AccessGrant.subject), col(AccessGrant.rights), col(AccessGrant.cause), col(AccessScope.effective_level)
    )
    .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessGrant.scope_id))
    .join(AccessScope, col(AccessScope.id) == col(ScopeAncestor.scope_id))
    .where(
        col(ScopeAncestor.scope_id) == _SCOPE,
        col(ScopeAncestor.inherits).is_(True),
        # By an expression, since by the bare column SQLite goes through all grants of a subject, thousands for some.
        col(AccessGrant.subject).concat("").in_(_NAMES),
        *in_force(AccessGrant, _MOMENT),
    )
)
_EXCLUDED_HERE = (
    sa.select(col(AccessExclusion.person_id), col(AccessExclusion.allows_reading))
    .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessExclusion.scope_id))
    .where(col(ScopeAncestor.scope_id) == _SCOPE, *in_force(AccessExclusion, _MOMENT))
)
_EXCLUDED_OF_THESE = _EXCLUDED_HERE.where(col(AccessExclusion.person_id).in_(_NAMES))


def claims_on(session: Session, actor: Actor, scope_id: int) -> list[Claim]:
    """Everything that gives the actor rights in a scope now."""
    known: dict[tuple[tuple[Identity, ...], int], list[Claim]] = session.info.get(KNOWN_CLAIMS, {})
    key = (actor.identities, scope_id)
    if key not in known:
        known[key] = _claims_on(session, actor, scope_id)
    return known[key]


def _claims_on(session: Session, actor: Actor, scope_id: int) -> list[Claim]:
    moment = now()
    subjects = frozenset().union(*(one.subjects for one in actor.identities))
    granted = session.execute(_GRANTED, {"scope": scope_id, "names": subjects, "moment": moment}).all()
    if not granted:
        return []
    identities = [one for one in actor.identities if granted[0].effective_level <= one.ceiling]
    remaining = left_by_exclusions(session, scope_id, moment, {name for one in identities for name in one.excluded})
    claims: list[Claim] = []
    for one in identities:
        left = Right(-1)
        for name in one.excluded:
            left &= remaining.get(name, Right(-1))
        if not left or not is_within(session, scope_id, one):
            continue
        claims += [
            Claim(one.person_id, Right(bits) & left, GrantCause(cause))
            for subject, bits, cause, _ in granted
            if subject in one.subjects
        ]
    return claims


def left_by_exclusions(
    session: Session, scope_id: int, moment: datetime, people: Collection[str] | None = None
) -> dict[str, Right]:
    """What exclusions leave those who are excluded in a scope; of everybody, or of these people only."""
    if people is not None and not people:
        return {}
    wanted = _EXCLUDED_HERE if people is None else _EXCLUDED_OF_THESE
    found = session.execute(
        wanted, {"scope": scope_id, "moment": moment} | ({} if people is None else {"names": people})
    )
    remaining: dict[str, Right] = {}
    for person_id, allows_reading in found:
        left = Right.READ if allows_reading else Right(0)
        remaining[person_id] = remaining.get(person_id, Right.READ) & left
    return remaining


def is_within(session: Session, scope_id: int, identity: Identity) -> bool:
    """Whether a scope lies where a deputyship reaches; for one's own identity it always does."""
    return identity.within is None or session.get(ScopeAncestor, (identity.within, scope_id)) is not None
