"""Giving and revoking rights (Berechtigungen vergeben): on filing plan entries, case files and documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from eakte import access, audit, clock, scopes
from eakte.access import ADMIN, Actor
from eakte.access_tables import AccessGrant, GrantCause, Right, ScopeKind
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.errors import FieldProblem, Invalid, NotFound
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import Principal, PrincipalKind, Unit

BUNDLES: dict[str, Right] = {
    "lesen": Right.READ,
    "bearbeiten": Right.READ | Right.FILE | Right.EDIT,
    "leiten": Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE,
    "registratur": Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE | Right.DISPOSE,
}
RIGHT_WORDS: dict[str, Right] = {**{name.lower(): right for name, right in Right.__members__.items()}, **BUNDLES}
"""All words for rights: their own, and the bundles as people call them."""


@dataclass(frozen=True)
class GrantWish:
    """What somebody wants granted.

    Attributes:
        person, unit, system: Exactly one names the subject.
        pointer: Where in the request it stands, for naming wrong fields.
    """

    rights: Sequence[str]
    person: str | None = None
    unit: str | None = None
    sub_units: bool = False
    system: str | None = None
    valid_from: date | datetime | None = None
    valid_until: date | datetime | None = None
    reason: str = ""
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


def grant_on_entry(session: Session, actor: Actor, code: str, wish: GrantWish) -> AccessGrant:
    """Grant on a filing plan entry and everything below it; administrators may, too."""
    return _grant(session, actor, _entry_scope(session, actor, code), wish, "filing_plan", code)


def grant_on_case_file(session: Session, actor: Actor, case_file_id: UUID, wish: GrantWish) -> AccessGrant:
    """Grant on a case file and everything in it."""
    case_file = access.case_file_for(session, actor, case_file_id, Right.SHARE)
    return _grant_case_file(session, actor, case_file, wish)


def grant_at_opening(session: Session, actor: Actor, case_file: CaseFile, wish: GrantWish) -> AccessGrant:
    """Grant on a case file in the moment it is opened; who opens it may say who else is to have rights."""
    return _grant_case_file(session, actor, case_file, wish)


def grant_on_document(session: Session, actor: Actor, document_id: UUID, wish: GrantWish) -> AccessGrant:
    """Grant on one document; of its case file only the reference becomes visible."""
    document = access.document_for(session, actor, document_id, Right.SHARE)
    return _grant(session, actor, scopes.document_scope(session, document), wish, "document", str(document_id))


def grants_on_entry(session: Session, actor: Actor, code: str) -> list[AccessGrant]:
    """The grants on a filing plan entry itself."""
    return scopes.grants_on(session, _entry_scope(session, actor, code))


def grants_on_case_file(session: Session, actor: Actor, case_file_id: UUID) -> list[AccessGrant]:
    """The grants on a case file itself; needs `share`."""
    access.case_file_for(session, actor, case_file_id, Right.SHARE)
    scope = scopes.find_scope(session, ScopeKind.CASE_FILE, str(case_file_id))
    return [] if scope is None else scopes.grants_on(session, scopes.id_of(scope))


def grants_on_document(session: Session, actor: Actor, document_id: UUID) -> list[AccessGrant]:
    """The grants on a document itself; needs `share`."""
    access.document_for(session, actor, document_id, Right.SHARE)
    scope = scopes.find_scope(session, ScopeKind.DOCUMENT, str(document_id))
    return [] if scope is None else scopes.grants_on(session, scopes.id_of(scope))


def revoke(session: Session, actor: Actor, known: Sequence[AccessGrant], grant_id: UUID) -> None:
    """Revoke one of the grants on a node, from the next request on.

    Args:
        known: From `grants_on_…`, which has checked that the actor may.

    Raises:
        NotFound: Not among them.
    """
    grant = next((grant for grant in known if grant.id == grant_id), None)
    if grant is None:
        raise NotFound
    scopes.end_grant(session, grant, revoked_by=actor.id)
    audit.record(
        session,
        AuditTag.GRANT_REVOKED,
        actor_id=actor.id,
        object_kind="grant",
        object_id=grant.id,
        origin=actor.origin,
        subject=grant.subject,
        scope=grant.scope_id,
    )


def _entry_scope(session: Session, actor: Actor, code: str) -> int:
    if actor.has_role(ADMIN):
        entry = session.get(FilingPlanEntry, code)
        if entry is None:
            raise NotFound
        return entry.access_scope_id
    return access.filing_plan_entry_for(session, actor, code, Right.SHARE).access_scope_id


def _grant_case_file(session: Session, actor: Actor, case_file: CaseFile, wish: GrantWish) -> AccessGrant:
    scope_id = scopes.case_file_scope(session, case_file)
    return _grant(session, actor, scope_id, wish, "case_file", str(case_file.id))


def _grant(
    session: Session, actor: Actor, scope_id: int, wish: GrantWish, object_kind: str, object_id: str
) -> AccessGrant:
    rights = parse_rights(wish.rights, wish.pointer)
    valid_from, valid_until = _moment(wish.valid_from, end=False), _moment(wish.valid_until, end=True)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise Invalid(
            "Das Ende liegt vor dem Anfang.",
            FieldProblem(f"{wish.pointer}/until", "Bitte ein Datum nach „from“ angeben."),
        )
    subject = _subject(session, wish)
    grant = scopes.add_grant(
        session,
        scope_id,
        subject,
        rights,
        GrantCause.SHARING,
        given_by=actor.id,
        reason=wish.reason,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    audit.record(
        session,
        AuditTag.GRANT_GIVEN,
        actor_id=actor.id,
        object_kind=object_kind,
        object_id=object_id,
        origin=actor.origin,
        grant=str(grant.id),
        subject=subject,
        rights=int(rights),
    )
    return grant


def _subject(session: Session, wish: GrantWish) -> str:
    named = [(kind, name) for kind in ("person", "unit", "system") if (name := getattr(wish, kind)) is not None]
    if len(named) != 1:
        raise Invalid(
            "Wer das Recht bekommt, ist nicht eindeutig.",
            FieldProblem(f"{wish.pointer}/to", "Bitte genau eines von person, unit und system angeben."),
        )
    kind, name = named[0]
    if kind == "unit":
        known = session.get(Unit, name) is not None
    else:
        principal = session.get(Principal, name)
        known = principal is not None and principal.kind is PrincipalKind(kind)
    if not known:
        raise Invalid(
            "Diesen Namen gibt es nicht.", FieldProblem(f"{wish.pointer}/to/{kind}", f"„{name}“ ist unbekannt.")
        )
    return f"unit-tree:{name}" if kind == "unit" and wish.sub_units else f"{kind}:{name}"


def _moment(day: date | datetime | None, *, end: bool) -> datetime | None:
    if day is None:
        return None
    if isinstance(day, datetime):
        return day if day.tzinfo is not None else day.replace(tzinfo=clock.CITY_ZONE)
    return clock.end_of(day) if end else clock.start_of(day)
