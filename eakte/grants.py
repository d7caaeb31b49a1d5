"""The rows of grants and exclusions on scopes. Who may write them is decided in `eakte.granting`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.access_tables import AccessExclusion, AccessGrant, ExclusionCause, GrantCause, Right
from eakte.clock import now
from eakte.scopes import rights_changed


def add_grant(
    session: Session,
    scope_id: int,
    subject: str,
    rights: Right,
    cause: GrantCause,
    *,
    given_by: str = "",
    confirmed_by: str | None = None,
    reason: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> AccessGrant:
    """Write a grant. Any right includes reading."""
    grant = AccessGrant(
        scope_id=scope_id,
        subject=subject,
        rights=int(rights | Right.READ),
        cause=cause,
        given_by=given_by,
        confirmed_by=confirmed_by,
        reason=reason,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    session.add(grant)
    session.flush()
    rights_changed(session)
    return grant


def end_grant(session: Session, grant: AccessGrant, *, revoked_by: str) -> None:
    """Revoke a grant from now on; its history stays."""
    grant.revoked_at, grant.revoked_by = now(), revoked_by
    session.flush()
    rights_changed(session)


def grants_on(session: Session, scope_id: int) -> list[AccessGrant]:
    """What is granted on this scope itself and not revoked, oldest first."""
    return list(
        session.exec(
            select(AccessGrant)
            .where(AccessGrant.scope_id == scope_id, col(AccessGrant.revoked_at).is_(None))
            .order_by(col(AccessGrant.id))
        )
    )


def add_exclusion(
    session: Session,
    scope_id: int,
    person_id: str,
    cause: ExclusionCause,
    *,
    given_by: str,
    reason: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    party_id: UUID | None = None,
    allows_reading: bool = False,
) -> AccessExclusion:
    """Write an exclusion."""
    exclusion = AccessExclusion(
        scope_id=scope_id,
        person_id=person_id,
        cause=cause,
        party_id=party_id,
        allows_reading=allows_reading,
        valid_from=valid_from,
        valid_until=valid_until,
        reason=reason,
        given_by=given_by,
    )
    session.add(exclusion)
    session.flush()
    rights_changed(session)
    return exclusion


def end_exclusion(session: Session, exclusion: AccessExclusion, *, revoked_by: str, reason: str = "") -> None:
    """Lift an exclusion from now on; its history stays."""
    exclusion.revoked_at, exclusion.revoked_by, exclusion.revoked_reason = now(), revoked_by, reason
    session.flush()
    rights_changed(session)


def exclusions_on(session: Session, scope_ids: Sequence[int]) -> list[AccessExclusion]:
    """The exclusions at these scopes themselves that are not lifted, oldest first."""
    return list(
        session.exec(
            select(AccessExclusion)
            .where(col(AccessExclusion.scope_id).in_(scope_ids), col(AccessExclusion.revoked_at).is_(None))
            .order_by(col(AccessExclusion.id))
        )
    )
