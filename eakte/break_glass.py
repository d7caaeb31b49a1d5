"""Emergency access (Notzugriff): reading a case file at once, for minutes, with a reason, and not in secret."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from eakte import access, audit, grants, places
from eakte.access_tables import AccessGrant, AccessNotice, GrantCause, Right
from eakte.actors import Actor, in_force, manned_unit
from eakte.audit import AuditTag
from eakte.audit_reading import require_officer
from eakte.case_file_tables import CaseFile
from eakte.claims import claims_on, left_by_exclusions
from eakte.clock import now
from eakte.errors import FieldProblem, Invalid, NotFound
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import PrincipalKind
from eakte.references import reference_key

LONGEST_MINUTES = 60
SHORTEST_REASON = 10
NEWEST_ACCESSES = 100


def break_glass(session: Session, actor: Actor, reference: str, reason: str, *, minutes: int = 15) -> CaseFile:
    """Open a case file to oneself for some minutes; its responsible unit is told at once.

    Args:
        reference: The case file's, in any spelling: only who knows it gets in.

    Raises:
        Invalid: No real reason, or too long.
        NotFound: No such case file, or none that is open to this: its filing plan entry does not allow it, the
            actor is excluded from it, or its level is above their ceiling. Nobody can tell which.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        detail = f"Bitte in mindestens {SHORTEST_REASON} Zeichen sagen, warum es eilt; das wird protokolliert."
        raise Invalid("Ein Notzugriff braucht einen Grund.", FieldProblem("/reason", detail))
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise Invalid(
            "So lange ist kein Notzugriff möglich.",
            FieldProblem("/minutes", f"Bitte 1 bis {LONGEST_MINUTES} Minuten angeben."),
        )
    case_file = _open_to_it(session, actor, reference)
    until = now() + timedelta(minutes=minutes)
    grants.add_grant(
        session,
        places.case_file_scope(session, case_file),
        f"person:{actor.id}",
        Right.READ,
        GrantCause.BREAK_GLASS,
        given_by=actor.id,
        reason=reason.strip(),
        valid_until=until,
    )
    session.add(
        AccessNotice(
            unit_id=case_file.responsible_unit_id,
            case_file_id=case_file.id,
            person_id=actor.id,
            reason=reason.strip(),
            until_at=until,
        )
    )
    audit.record(
        session,
        AuditTag.BREAK_GLASS,
        actor_id=actor.id,
        object_kind="case_file",
        object_id=case_file.id,
        case_file_id=case_file.id,
        origin=actor.origin,
        reason=reason.strip(),
        minutes=minutes,
    )
    session.flush()
    return case_file


def _open_to_it(session: Session, actor: Actor, reference: str) -> CaseFile:
    key = reference_key(reference)
    case_file = session.exec(select(CaseFile).where(CaseFile.reference_key == key)).first() if key else None
    if case_file is None or actor.kind is not PrincipalKind.PERSON:
        raise NotFound
    if not session.get_one(FilingPlanEntry, case_file.filing_plan_code).break_glass:
        raise NotFound
    scope_id = case_file.access_scope_id
    excluded = left_by_exclusions(session, scope_id, now(), {actor.id})
    if excluded or access.level_of(session, scope_id) > actor.own.ceiling:
        raise NotFound
    return case_file


def standing_break_glass(session: Session, actor: Actor, case_file: CaseFile) -> AccessGrant | None:
    """The emergency access by which the actor reads a case file now, if there is no other way for them."""
    if any(claim.cause is not GrantCause.BREAK_GLASS for claim in claims_on(session, actor, case_file.access_scope_id)):
        return None
    return session.exec(
        select(AccessGrant)
        .where(
            AccessGrant.scope_id == case_file.access_scope_id,
            AccessGrant.subject == f"person:{actor.id}",
            AccessGrant.cause == GrantCause.BREAK_GLASS,
            *in_force(AccessGrant, now()),
        )
        .order_by(col(AccessGrant.valid_until).desc())
    ).first()


def notices_for(session: Session, actor: Actor) -> list[AccessNotice]:
    """What nobody has taken note of yet, newest first; only of case files the actor may know of.

    It is for the responsible unit, or the one that goes on for it. Where nobody belongs to that, it is for the people
    who may manage the rights of the case file. The data protection officer finds all of them at their desk.
    """
    waiting = session.exec(
        select(AccessNotice, CaseFile)
        .join(CaseFile, col(CaseFile.id) == col(AccessNotice.case_file_id))
        .where(col(AccessNotice.seen_at).is_(None))
        .order_by(col(AccessNotice.id).desc())
    ).all()
    if not waiting:  # as nearly always, and everybody asks at every look into their inbox
        return []
    units = {case_file.responsible_unit_id for _, case_file in waiting}
    manned = {unit_id for unit_id in units if manned_unit(session, unit_id) is not None}
    own = manned.intersection(actor.inbox_units)
    managing = units - manned if actor.kind is PrincipalKind.PERSON else set()
    readable, managed = access.scopes_with(session, actor), access.scopes_with(session, actor, Right.SHARE)
    return [
        notice
        for notice, case_file in waiting
        if (case_file.responsible_unit_id in own and case_file.access_scope_id in readable)
        or (case_file.responsible_unit_id in managing and case_file.access_scope_id in managed)
    ]


def newest_accesses(session: Session, actor: Actor) -> list[AccessNotice]:
    """The newest emergency accesses everywhere, for the data protection officer; asking enters the trail.

    Raises:
        NotFound: Somebody else asks.
    """
    require_officer(actor)
    audit.record(
        session,
        AuditTag.TRAIL_READ,
        actor_id=actor.id,
        object_kind="trail",
        object_id=AuditTag.BREAK_GLASS.value,
        origin=actor.origin,
    )
    return list(session.exec(select(AccessNotice).order_by(col(AccessNotice.id).desc()).limit(NEWEST_ACCESSES)))


def take_note(session: Session, actor: Actor, notice_id: object) -> None:
    """Note that an emergency access has been seen by those it is for.

    Raises:
        NotFound: Nothing of that id waits for the actor.
    """
    notice = next((one for one in notices_for(session, actor) if one.id == notice_id), None)
    if notice is None:
        raise NotFound
    notice.seen_at, notice.seen_by = now(), actor.id
    session.flush()
    audit.record(
        session,
        AuditTag.NOTICE_SEEN,
        actor_id=actor.id,
        object_kind="case_file",
        object_id=notice.case_file_id,
        case_file_id=notice.case_file_id,
        origin=actor.origin,
        notice=str(notice.id),
    )
