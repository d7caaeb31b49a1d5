"""Deputies (Vertretung): who acts with whose rights, from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import audit, granting, nodes, scopes
from eakte.access_tables import Deputyship, Right
from eakte.actors import ADMIN, Actor
from eakte.audit import AuditTag
from eakte.clock import now
from eakte.errors import FieldProblem, Invalid, NotFound, NotPermitted
from eakte.nodes import Node
from eakte.principals import Principal, PrincipalKind


@dataclass(frozen=True)
class DeputyWish:
    """Who is to stand in for whom.

    Attributes:
        on: Only below this node; None for everything, inbox and follow-ups too.
    """

    person: str
    for_person: str
    on: Node | None = None
    valid_from: date | datetime | None = None
    valid_until: date | datetime | None = None
    reason: str = ""


def name_deputy(session: Session, actor: Actor, wish: DeputyWish) -> Deputyship:
    """Name a deputy for oneself; administrators name them for everybody.

    Raises:
        NotPermitted: For somebody else.
        Invalid: Unknown person, oneself as deputy, an end before its beginning or in the past.
        NotFound: The node is none the represented person may know of.
    """
    valid_from, valid_until = check(session, actor, wish)
    deputyship = Deputyship(
        person_id=wish.person,
        for_id=wish.for_person,
        scope_id=None if wish.on is None else nodes.scope_for_rights(session, wish.on),
        valid_from=valid_from,
        valid_until=valid_until,
        reason=wish.reason.strip(),
        given_by=actor.id,
    )
    session.add(deputyship)
    session.flush()
    scopes.rights_changed(session)
    _note(session, actor, AuditTag.DEPUTY_NAMED, deputyship)
    return deputyship


def check(session: Session, actor: Actor, wish: DeputyWish) -> tuple[datetime | None, datetime | None]:
    """Refuse whom one may not name, and where; changes nothing.

    Returns:
        From when until when.

    Raises:
        NotPermitted, Invalid, NotFound: As for `name_deputy`.
    """
    if wish.for_person != actor.id and not actor.has_role(ADMIN):
        raise NotPermitted("Eine Vertretung benennt man für sich selbst; für andere tut es die Administration.")
    for field, name in (("person", wish.person), ("for", wish.for_person)):
        principal = session.get(Principal, name)
        if principal is None or principal.kind is not PrincipalKind.PERSON or not principal.active:
            detail = f"„{name}“ ist keine bekannte Person."
            raise Invalid("Diese Person gibt es nicht.", FieldProblem(f"/{field}", detail))
    if wish.person == wish.for_person:
        raise Invalid("Niemand vertritt sich selbst.", FieldProblem("/person", "Bitte eine andere Person wählen."))
    valid_from, valid_until = granting.validity(wish.valid_from, wish.valid_until, "")
    if valid_until is not None and valid_until <= now():
        raise Invalid("Die Vertretung läge in der Vergangenheit.", FieldProblem("/until", "Bitte ein späteres Ende."))
    # Below the filing plan, which administrators arrange, or what the represented person can read.
    if wish.on is not None and not (wish.on.is_of_plan and actor.has_role(ADMIN)):
        nodes.require(session, actor, wish.on, Right.READ)
    return valid_from, valid_until


def deputyships_of(session: Session, actor: Actor) -> list[Deputyship]:
    """Those that concern the actor and are not over, oldest first; administrators see all."""
    wanted = select(Deputyship).where(
        col(Deputyship.revoked_at).is_(None),
        col(Deputyship.valid_until).is_(None) | (col(Deputyship.valid_until) > now()),
    )
    if not actor.has_role(ADMIN):
        wanted = wanted.where((Deputyship.for_id == actor.id) | (Deputyship.person_id == actor.id))
    return list(session.exec(wanted.order_by(col(Deputyship.id))))


def end_deputyship(session: Session, actor: Actor, deputyship_id: UUID) -> None:
    """End a deputyship: either of the two may, and administrators.

    Raises:
        NotFound: None such that concerns the actor.
    """
    deputyship = next((one for one in deputyships_of(session, actor) if one.id == deputyship_id), None)
    if deputyship is None:
        raise NotFound
    end(session, deputyship, actor_id=actor.id)
    _note(session, actor, AuditTag.DEPUTY_ENDED, deputyship)


def end(session: Session, deputyship: Deputyship, *, actor_id: str) -> None:
    """Write the end of a deputyship; whoever calls has checked that it may end."""
    deputyship.revoked_at, deputyship.revoked_by = now(), actor_id
    session.flush()
    scopes.rights_changed(session)


def _note(session: Session, actor: Actor, tag: AuditTag, deputyship: Deputyship) -> None:
    audit.record(
        session,
        tag,
        actor_id=actor.id,
        object_kind="deputyship",
        object_id=deputyship.id,
        origin=actor.origin,
        person=deputyship.person_id,
        deputy_of=deputyship.for_id,
    )
