"""Managing rights (Berechtigungen vergeben): granting, revoking, shielding, excluding, on any node.

Whoever changes rights needs `share` on the node, can give only what they have, and cannot lock everybody out.
Where the filing plan entry asks for four eyes, whatever opens something up waits until a second person confirms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from eakte import access, audit, clock, grants, managing, nodes, scopes
from eakte.access_tables import (
    RIGHT_NAMES,
    AccessExclusion,
    AccessGrant,
    AccessScope,
    ExclusionCause,
    GrantCause,
    Right,
)
from eakte.actors import ADMIN, Actor
from eakte.audit import AuditTag
from eakte.claims import claims_on
from eakte.errors import FieldProblem, Invalid, NotFound, NotPermitted
from eakte.levels import parse_level
from eakte.nodes import Node
from eakte.principals import Principal, PrincipalKind
from eakte.subjects import SubjectWish, members_of, subject_for

BUNDLES: dict[str, Right] = {
    "lesen": Right.READ,
    "bearbeiten": Right.READ | Right.FILE | Right.EDIT,
    "leiten": Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE,
    "registratur": Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE | Right.DISPOSE,
}
RIGHT_WORDS: dict[str, Right] = {**{name.lower(): right for name, right in Right.__members__.items()}, **BUNDLES}
"""All words for rights: their own, and the bundles as people call them."""

FOLLOWS_FROM_RULES = (GrantCause.RESPONSIBLE, GrantCause.INBOX)
"""Causes that nobody gives or revokes by hand: they go with the responsibility and the unit."""


@dataclass(frozen=True)
class GrantWish:
    """What somebody wants granted.

    Attributes:
        to: Whom it is for.
        pointer: Where in the request it stands, for naming wrong fields.
    """

    rights: Sequence[str]
    to: SubjectWish
    valid_from: date | datetime | None = None
    valid_until: date | datetime | None = None
    reason: str = ""
    pointer: str = ""


@dataclass(frozen=True)
class ExclusionWish:
    """Who is to be kept out, from when until when, and why."""

    person: str
    reason: str
    valid_from: date | datetime | None = None
    valid_until: date | datetime | None = None
    pointer: str = ""


def parse_rights(words: Sequence[str], pointer: str) -> Right:
    """Rights from their names, or from the names of bundles (Lesen, Bearbeiten, Leiten, Registratur)."""
    rights = Right.READ
    for word in words:
        known = RIGHT_WORDS.get(word.casefold())
        if known is None:
            raise Invalid(
                f"Das Recht „{word}“ gibt es nicht.",
                FieldProblem(f"{pointer}/rights", "Möglich sind read, file, edit, close, share und dispose."),
            )
        rights |= known
    return rights


# -- grants ------------------------------------------------------------------------------------------


def give(
    session: Session, actor: Actor, node: Node, wish: GrantWish, *, confirmed_by: str | None = None
) -> AccessGrant:
    """Grant on a node and everything below it.

    Raises:
        NotFound, NotPermitted: As everywhere; also for rights the actor does not have.
        Invalid: Unknown rights or names, an end before its beginning.
    """
    place_id = nodes.require(session, actor, node, Right.SHARE)
    return _give(session, actor, node, wish, place_id, confirmed_by)


def give_at_opening(session: Session, actor: Actor, case_file_id: UUID, wish: GrantWish) -> AccessGrant:
    """Grant on a case file in the moment it is opened; who opens it may say who else is to have what they have."""
    node = nodes.case_file(case_file_id)
    entry = nodes.entry_of(session, node)
    if entry is not None and "share" in entry.four_eyes:
        detail = "Hier braucht jede Freigabe zwei Personen; bitte ohne sie anlegen und sie danach vorschlagen."
        raise Invalid("Beim Anlegen kann hier nichts freigegeben werden.", FieldProblem(wish.pointer, detail))
    return _give(session, actor, node, wish, nodes.place_of(session, node), None)


def _give(
    session: Session, actor: Actor, node: Node, wish: GrantWish, place_id: int, confirmed_by: str | None
) -> AccessGrant:
    rights = parse_rights(wish.rights, wish.pointer)
    valid_from, valid_until = validity(wish.valid_from, wish.valid_until, wish.pointer)
    subject = subject_for(session, wish.to, f"{wish.pointer}/to")
    _check_has(session, actor, node, place_id, rights)
    _check_not_borrowed(session, actor, node, place_id, subject, rights)
    is_system = actor.kind is PrincipalKind.SYSTEM
    grant = grants.add_grant(
        session,
        nodes.scope_for_rights(session, node),
        subject,
        rights,
        GrantCause.SPECIALIST_SYSTEM if is_system else GrantCause.SHARING,
        given_by=actor.id,
        confirmed_by=confirmed_by,
        reason=wish.reason,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    note(session, actor, AuditTag.GRANT_GIVEN, node, grant=grant.id, subject=subject, rights=int(rights))
    return grant


def _check_has(session: Session, actor: Actor, node: Node, place_id: int, rights: Right) -> None:
    if node.is_of_plan and actor.has_role(ADMIN):
        return
    missing = rights & ~access.rights_on(session, actor, place_id)
    if missing:
        names = ", ".join(f"„{name}“" for right, name in RIGHT_NAMES.items() if right & missing)
        raise NotPermitted(f"Weitergeben kann man nur, was man selbst hat; Ihnen fehlt hier {names}.")


def _check_not_borrowed(session: Session, actor: Actor, node: Node, place_id: int, subject: str, rights: Right) -> None:
    """A deputy gives in the other's name, but nothing to themself: it would outlast the deputyship."""
    if node.is_of_plan and actor.has_role(ADMIN):
        return
    if set(members_of(subject)) <= actor.own.subjects and rights & ~_own_rights(session, actor, place_id):
        raise NotPermitted("In Vertretung kann man sich selbst keine Rechte geben.")


def _own_rights(session: Session, actor: Actor, scope_id: int) -> Right:
    """What the actor may do in a scope without standing in for anybody."""
    own = Right(0)
    for claim in claims_on(session, actor, scope_id):
        own |= claim.rights if claim.person_id == actor.id else Right(0)
    return own


def grants_on(session: Session, actor: Actor, node: Node) -> list[AccessGrant]:
    """The grants on a node itself that somebody gave, oldest first; needs `share`."""
    nodes.require(session, actor, node, Right.SHARE)
    scope = nodes.own_scope(session, node)
    given = [] if scope is None else grants.grants_on(session, scopes.id_of(scope))
    return [grant for grant in given if grant.cause not in FOLLOWS_FROM_RULES]


def revoke(session: Session, actor: Actor, node: Node, grant_id: UUID) -> None:
    """Revoke one of the grants on a node, from the next request on.

    Raises:
        NotFound: Not among them.
        EverybodyLockedOut: It is the last one by which somebody manages rights here, or in something that lies here.
    """
    grant = next((grant for grant in grants_on(session, actor, node) if grant.id == grant_id), None)
    if grant is None:
        raise NotFound
    _revoke(session, actor, node, [grant])


def revoke_cause(session: Session, actor: Actor, node: Node, cause: GrantCause) -> int:
    """Revoke everything that was granted on a node for one cause; returns how many grants that were."""
    given = [grant for grant in grants_on(session, actor, node) if grant.cause is cause]
    _revoke(session, actor, node, given)
    return len(given)


def _revoke(session: Session, actor: Actor, node: Node, given: Sequence[AccessGrant]) -> None:
    before = managing.managed(session, node, [grant.valid_from for grant in given])
    for grant in given:
        grants.end_grant(session, grant, revoked_by=actor.id)
        note(session, actor, AuditTag.GRANT_REVOKED, node, grant=grant.id, subject=grant.subject)
    managing.check_still_managed(session, before)


# -- shields and levels ------------------------------------------------------------------------------


def is_shielded(session: Session, node: Node) -> bool:
    """Whether the node itself inherits nothing."""
    scope = nodes.own_scope(session, node)
    return scope is not None and scope.shielded


def shield(session: Session, actor: Actor, node: Node) -> None:
    """Let a node inherit nothing (abschirmen); harmless when it is shielded.

    When nobody else could manage rights here, or in something that lies here, the actor keeps what is their own, by a
    grant of their own. A deputy has nothing of their own to keep.

    Raises:
        EverybodyLockedOut: There is nothing they could keep, or it does not help.
    """
    place_id = nodes.require(session, actor, node, Right.SHARE)
    rights = _own_rights(session, actor, place_id)
    scope_id = nodes.scope_for_rights(session, node)
    before = managing.managed(session, node)
    if not scopes.set_shield(session, scope_id, shielded=True):
        return
    note(session, actor, AuditTag.SHIELD_SET, node)
    if rights & Right.SHARE and managing.is_left_alone(session, before):
        grants.add_grant(
            session, scope_id, f"{actor.kind}:{actor.id}", rights, GrantCause.SHARING, given_by=actor.id,
            reason="Hat das Abschirmen selbst veranlasst",
        )  # fmt: skip
        note(session, actor, AuditTag.GRANT_GIVEN, node, subject=f"{actor.kind}:{actor.id}", rights=int(rights))
    managing.check_still_managed(session, before)


def unshield(session: Session, actor: Actor, node: Node) -> None:
    """Let a node inherit again; harmless when it does."""
    nodes.require(session, actor, node, Right.SHARE)
    scope = nodes.own_scope(session, node)
    if scope is not None and scopes.set_shield(session, scopes.id_of(scope), shielded=False):
        note(session, actor, AuditTag.SHIELD_LIFTED, node)


def set_level(session: Session, actor: Actor, node: Node, word: str, *, pointer: str = "/level") -> None:
    """Give a node a level of its own; the level that counts is the highest on the way down to it.

    Raises:
        Invalid: No such level, or above the actor's own ceiling: they would lose sight of it.
        EverybodyLockedOut: Above the ceiling of everybody who manages rights here, or in something that lies here.
    """
    level = parse_level(word, pointer)
    nodes.require(session, actor, node, Right.SHARE)
    check_below_ceiling(actor, level, pointer)
    own = nodes.own_scope(session, node)
    if own is None and level == 0:
        return
    scope_id = nodes.scope_for_rights(session, node)
    before = session.get_one(AccessScope, scope_id).level
    managed_before = managing.managed(session, node)
    if scopes.set_level(session, scope_id, int(level)):
        note(session, actor, AuditTag.LEVEL_SET, node, level=level.word, before=before)
        managing.check_still_managed(session, managed_before)


def check_below_ceiling(actor: Actor, level: int, pointer: str) -> None:
    """Refuse a level at which the thing would no longer exist for the actor."""
    if level > actor.own.ceiling:
        raise Invalid(
            "Die Stufe liegt über Ihrer eigenen.",
            FieldProblem(pointer, "Bitte höchstens die Stufe wählen, bis zu der Sie selbst Akten sehen dürfen."),
        )


# -- exclusions --------------------------------------------------------------------------------------


def exclude(session: Session, actor: Actor, node: Node, wish: ExclusionWish) -> AccessExclusion:
    """Keep a person out of a node and everything below it, whatever else says otherwise.

    Raises:
        NotFound, NotPermitted: As everywhere.
        Invalid: Unknown person, no reason, an end before its beginning.
        EverybodyLockedOut: It is the last one who manages rights here, or in something that lies here.
    """
    nodes.require(session, actor, node, Right.SHARE)
    principal = session.get(Principal, wish.person)
    if principal is None or principal.kind is not PrincipalKind.PERSON:
        detail = f"„{wish.person}“ ist keine bekannte Person."
        raise Invalid("Diese Person gibt es nicht.", FieldProblem(f"{wish.pointer}/person", detail))
    if not wish.reason.strip():
        raise Invalid("Der Grund fehlt.", FieldProblem(f"{wish.pointer}/reason", "Bitte einen Grund angeben."))
    valid_from, valid_until = validity(wish.valid_from, wish.valid_until, wish.pointer)
    before = managing.managed(session, node, [valid_from])
    exclusion = grants.add_exclusion(
        session,
        nodes.scope_for_rights(session, node),
        wish.person,
        ExclusionCause.STATED,
        given_by=actor.id,
        reason=wish.reason.strip(),
        valid_from=valid_from,
        valid_until=valid_until,
    )
    note(session, actor, AuditTag.EXCLUSION_SET, node, person=wish.person, reason=wish.reason)
    managing.check_still_managed(session, before)
    return exclusion


def exclusions_on(session: Session, actor: Actor, node: Node) -> list[AccessExclusion]:
    """The exclusions at a node itself, oldest first; needs `share`."""
    nodes.require(session, actor, node, Right.SHARE)
    scope = nodes.own_scope(session, node)
    return [] if scope is None else grants.exclusions_on(session, [scopes.id_of(scope)])


def lift(session: Session, actor: Actor, node: Node, exclusion_id: UUID, *, reason: str = "") -> None:
    """Lift an exclusion at a node; for a party of the same name this says that it is somebody else.

    Raises:
        NotFound: No such exclusion here.
        NotPermitted: It is the actor's own.
    """
    known = exclusions_on(session, actor, node)
    exclusion = next((one for one in known if one.id == exclusion_id), None)
    if exclusion is None:
        raise NotFound
    if exclusion.person_id == actor.id:
        raise NotPermitted("Den eigenen Ausschluss kann nur jemand anderes aufheben.")
    grants.end_exclusion(session, exclusion, revoked_by=actor.id, reason=reason.strip())
    note(session, actor, AuditTag.EXCLUSION_LIFTED, node, person=exclusion.person_id, reason=reason)


# -- inside ------------------------------------------------------------------------------------------


def note(session: Session, actor: Actor, tag: AuditTag, node: Node, **details: Any) -> None:
    """Record a change of rights on a node."""
    row = nodes.case_file_of(session, node)
    audit.record(
        session,
        tag,
        actor_id=actor.id,
        object_kind=node.kind.value,
        object_id=node.key,
        case_file_id=None if row is None else row.id,
        origin=actor.origin,
        **details,
    )


def validity(
    valid_from: date | datetime | None, valid_until: date | datetime | None, pointer: str
) -> tuple[datetime | None, datetime | None]:
    """From and until as moments; days are the city's, and `until` a day includes it.

    Raises:
        Invalid: The end lies before the beginning.
    """
    begins, ends = _moment(valid_from, end=False), _moment(valid_until, end=True)
    if begins is not None and ends is not None and ends <= begins:
        raise Invalid(
            "Das Ende liegt vor dem Anfang.",
            FieldProblem(f"{pointer}/until", "Bitte ein Ende nach dem Anfang angeben."),
        )
    return begins, ends


def _moment(day: date | datetime | None, *, end: bool) -> datetime | None:
    if day is None:
        return None
    if isinstance(day, datetime):
        return day if day.tzinfo is not None else day.replace(tzinfo=clock.CITY_ZONE)
    return clock.end_of(day) if end else clock.start_of(day)
