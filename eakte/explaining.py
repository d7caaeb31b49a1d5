"""Why somebody may, or may not (Rechte erklären): every right with the grants that give it, or what takes it away."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, actors, audit, everybody, nodes
from eakte.access_tables import (
    AccessExclusion,
    AccessGrant,
    AccessScope,
    ExclusionCause,
    GrantCause,
    Right,
    ScopeAncestor,
)
from eakte.actors import DPO, Actor, Identity, actor_for, in_force
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.claims import is_within
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import NotFound
from eakte.inbox_tables import InboxItem
from eakte.levels import LEVEL_WORDS
from eakte.nodes import Node, NodeKind
from eakte.person_names import sort_key
from eakte.principals import Principal, PrincipalKind
from eakte.scopes import id_of
from eakte.subjects import DisplayNames, display_names, in_words, members_of

CAUSE_WORDS = {
    GrantCause.SHARING: "Freigabe",
    GrantCause.RESPONSIBLE: "Federführung",
    GrantCause.SPECIALIST_SYSTEM: "Freigabe durch ein Fachverfahren",
    GrantCause.APPLIED: "Organisationsdatei",
    GrantCause.INBOX: "Postkorb der Einheit",
    GrantCause.BREAK_GLASS: "Notzugriff",
}
EXCLUSION_WORDS = {
    ExclusionCause.STATED: "ausgeschlossen",
    ExclusionCause.APPLIED: "ausgeschlossen durch die Organisationsdatei",
    ExclusionCause.PARTY: "selbst beteiligt",
}


@dataclass(frozen=True)
class Reason:
    """One grant that gives rights here.

    Attributes:
        on: Where it stands.
        to: Whom it names.
        because: How the person comes to be meant by it; empty when it names them.
        deputy_for: Whose right it is, when the person acts as their deputy.
    """

    rights: Right
    on: str
    to: str
    because: str
    cause: GrantCause
    given_by: str
    given_at: datetime
    reason: str
    valid_from: datetime | None
    valid_until: datetime | None
    confirmed_by: str | None = None
    deputy_for: str | None = None


@dataclass(frozen=True)
class Obstacle:
    """Something that takes rights away: `ceiling`, `exclusion`, `shield`, `inbox`, `inactive`, or `deputy`.

    `deputy` is all that a deputy is told of what takes rights away from whom they stand in for.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """What a person may do with a thing, and why.

    Attributes:
        on: The thing, in words without its title.
        rights: What they may do now, all identities together.
        reasons: The grants behind it.
        obstacles: What takes away what would else be theirs.
    """

    person_id: str
    name: str
    node: Node
    on: str
    level: str
    ceiling: str
    rights: Right
    reasons: tuple[Reason, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Somebody who has rights on a thing, with the grants that give them."""

    person_id: str
    name: str
    kind: PrincipalKind
    units: tuple[str, ...]
    rights: Right
    reasons: tuple[Reason, ...] = field(default=())


def explain(session: Session, actor: Actor, person_id: str, node: Node) -> Explanation:
    """Explain one person's rights on one thing; enters the trail.

    For oneself it needs to be readable; for others it needs `share` on it, or the role `dpo`. Whoever has neither
    is not told what keeps the people they stand in for away, and why.

    Raises:
        NotFound: No such person, or a thing the actor may not know of.
        NotPermitted: The actor may read it but not ask about others.
    """
    if not actor.has_role(DPO):
        nodes.require(session, actor, node, Right.READ if person_id == actor.id else Right.SHARE)
    manages = person_id != actor.id or actor.has_role(DPO) or nodes.allows(session, actor, node, Right.SHARE)
    explanation = explanation_of(session, person_id, node, discreet=not manages)
    _note(session, actor, node, person=person_id)
    return explanation


def readers(session: Session, actor: Actor, node: Node) -> list[Reader]:
    """Everybody who has rights on a thing now, by name; enters the trail. Needs `share`, or the role `dpo`."""
    if not actor.has_role(DPO):
        nodes.require(session, actor, node, Right.SHARE)
    found = readers_of(session, node)
    _note(session, actor, node, readers=len(found))
    return found


def explanation_of(session: Session, person_id: str, node: Node, *, discreet: bool = False) -> Explanation:
    """As `explain`, for whoever works on the machine itself.

    Args:
        discreet: Of those the person stands in for, tell only that something does not hold.
    """
    principal = session.get(Principal, person_id)
    if principal is None or principal.kind is PrincipalKind.STATION:
        raise NotFound("Diese Person gibt es nicht.")
    scope = session.get_one(AccessScope, nodes.place_of(session, node))
    names = display_names(session)
    nothing = Explanation(
        person_id=principal.id,
        name=principal.name,
        node=node,
        on=nodes.in_words(session, node),
        level=LEVEL_WORDS[scope.effective_level],
        ceiling=LEVEL_WORDS[principal.ceiling],
        rights=Right(0),
    )
    if not principal.active:
        return replace(nothing, obstacles=(Obstacle("inactive", f"{principal.name} ist nicht mehr tätig."),))
    subject = actor_for(session, person_id)
    rights = Right(0)
    obstacles: dict[Obstacle, None] = {}
    reasons: list[Reason] = []
    above = _grants_above(session, scope)
    for identity in subject.identities:
        if not is_within(session, id_of(scope), identity):
            continue
        held = access.rights_on(session, replace(subject, identities=(identity,)), id_of(scope))
        found = _obstacles(session, scope, identity, above, names)
        if discreet and identity.person_id != person_id:
            found = _told_to_deputy(names.principal(identity.person_id), held, found)
        rights |= held
        obstacles.update(dict.fromkeys(found))
        reasons += _reasons(session, subject, identity, above, names, held)
    concerned_id = _concerned_scope(session, node)
    if rights and concerned_id is not None and not access.rights_on(session, subject, concerned_id) & Right.FILE:
        text = f"Der Eingang betrifft eine Akte, in die {principal.name} nicht ablegen darf."
        return replace(nothing, obstacles=(*obstacles, Obstacle("inbox", text)))
    return replace(nothing, rights=rights, reasons=tuple(reasons), obstacles=tuple(obstacles))


def readers_of(session: Session, node: Node) -> list[Reader]:
    """As `readers`, for whoever works on the machine itself."""
    scope_id = nodes.place_of(session, node)
    names = display_names(session)
    found: dict[str, list[everybody.Standing]] = {}
    concerned_id = _concerned_scope(session, node)
    filing = None if concerned_id is None else everybody.rights_of_everybody(session, concerned_id)
    for standing in everybody.standings_on(session, scope_id):
        if filing is None or filing.get(standing.person_id, Right(0)) & Right.FILE:
            found.setdefault(standing.person_id, []).append(standing)
    told: list[Reader] = []
    for person_id, standings in found.items():
        principal = session.get_one(Principal, person_id)
        is_person = principal.kind is PrincipalKind.PERSON
        rights = Right(0)
        reasons: list[Reason] = []
        for standing in standings:
            rights |= standing.rights
            units = actors.units_of(session, standing.deputy_for or person_id) if is_person else ()
            reasons += [
                _reason(
                    session,
                    grant,
                    standing.rights,
                    _because(grant.subject, units, names),
                    standing.deputy_for,
                    names,
                )
                for grant in standing.grants
            ]
        own_units = actors.units_of(session, person_id) if is_person else ()
        shown = tuple(names.unit(unit) for unit in own_units)
        told.append(Reader(person_id, principal.name, principal.kind, shown, rights, tuple(reasons)))
    return sorted(told, key=lambda reader: (sort_key(reader.name), reader.person_id))


# -- inside ------------------------------------------------------------------------------------------


def _concerned_scope(session: Session, node: Node) -> int | None:
    """The scope of the case file that what waits in an inbox concerns: it exists only for those who may file there."""
    document = session.get(Document, UUID(node.id)) if node.kind is NodeKind.DOCUMENT else None
    if document is None or document.case_file_id is not None:
        return None
    item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
    if item is None or item.concerns_case_file_id is None:
        return None
    return session.get_one(CaseFile, item.concerns_case_file_id).access_scope_id


def _grants_above(session: Session, scope: AccessScope) -> list[tuple[AccessGrant, bool]]:
    """Every grant in force above a scope, with whether it arrives; oldest first."""
    rows = session.exec(
        select(AccessGrant, ScopeAncestor.inherits)
        .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessGrant.scope_id))
        .where(ScopeAncestor.scope_id == scope.id, *in_force(AccessGrant, now()))
        .order_by(col(AccessGrant.id))
    )
    return list(rows.all())


def _reasons(
    session: Session,
    subject: Actor,
    identity: Identity,
    above: list[tuple[AccessGrant, bool]],
    names: DisplayNames,
    held: Right,
) -> list[Reason]:
    """The grants behind what one identity holds; none where something takes it all away."""
    deputy_for = None if identity.person_id == subject.id else identity.person_id
    return [
        _reason(session, grant, held, _because(grant.subject, identity.units, names), deputy_for, names)
        for grant, arrives in above
        if arrives and grant.subject in identity.subjects and Right(grant.rights) & held
    ]


def _reason(
    session: Session, grant: AccessGrant, rights: Right, because: str, deputy_for: str | None, names: DisplayNames
) -> Reason:
    return Reason(
        rights=Right(grant.rights) & rights,
        on=nodes.scope_in_words(session, session.get_one(AccessScope, grant.scope_id)),
        to=in_words(grant.subject, names),
        because=because,
        cause=grant.cause,
        given_by=names.principal(grant.given_by),
        given_at=grant.given_at,
        reason=grant.reason,
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        confirmed_by=None if grant.confirmed_by is None else names.principal(grant.confirmed_by),
        deputy_for=None if deputy_for is None else names.principal(deputy_for),
    )


def _because(token: str, units: tuple[str, ...], names: DisplayNames) -> str:
    """How somebody comes to be meant by a token."""
    parts: list[str] = []
    for member in members_of(token):
        kind, _colon, name = member.partition(":")
        if kind in ("unit", "unit-tree"):
            if name in units:
                parts.append(f"gehört zu {names.unit(name)}")
            else:
                own = ", ".join(names.unit(unit) for unit in units)
                parts.append(f"gehört zu {own}; das zählt zu {names.unit(name)}")
        elif kind == "role":
            role, _at, unit = name.partition("@")
            parts.append(f"hat die Rolle {role} in {names.unit(unit)}")
    return "; ".join(parts)


def _obstacles(
    session: Session,
    scope: AccessScope,
    identity: Identity,
    above: list[tuple[AccessGrant, bool]],
    names: DisplayNames,
) -> list[Obstacle]:
    found: list[Obstacle] = []
    who = names.principal(identity.person_id)
    if scope.effective_level > identity.ceiling:
        text = (
            f"Die Stufe ist „{LEVEL_WORDS[scope.effective_level]}“; {who} darf bis „{LEVEL_WORDS[identity.ceiling]}“."
        )
        found.append(Obstacle("ceiling", text))
    excluded = session.exec(
        select(AccessExclusion)
        .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessExclusion.scope_id))
        .where(
            ScopeAncestor.scope_id == scope.id,
            col(AccessExclusion.person_id).in_(identity.excluded),
            *in_force(AccessExclusion, now()),
        )
    )
    for row in excluded:
        on = nodes.scope_in_words(session, session.get_one(AccessScope, row.scope_id))
        what = f"{names.principal(row.person_id)}: {EXCLUSION_WORDS[row.cause]} ({on})"
        what += "; nur Lesen bleibt" if row.allows_reading else ""
        found.append(Obstacle("exclusion", f"{what}: {row.reason}" if row.reason else what))
    if any(not arrives and grant.subject in identity.subjects for grant, arrives in above):
        shielded = session.exec(
            select(AccessScope)
            .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessScope.id))
            .where(ScopeAncestor.scope_id == scope.id, col(AccessScope.shielded).is_(True))
        )
        for above_scope in shielded:
            on = nodes.scope_in_words(session, above_scope)
            found.append(Obstacle("shield", f"{on} ist abgeschirmt; was weiter oben gegeben ist, gilt dort nicht."))
    return found


def _told_to_deputy(represented: str, held: Right, found: list[Obstacle]) -> list[Obstacle]:
    """What keeps another person away is theirs: told like having no grant at all."""
    if not held:
        return [Obstacle("deputy", f"In Vertretung für {represented} gilt hier nichts.")]
    return [Obstacle("deputy", f"In Vertretung für {represented} gilt hier nicht alles.")] if found else []


def _note(session: Session, actor: Actor, node: Node, **details: object) -> None:
    row = nodes.case_file_of(session, node)
    audit.record(
        session,
        AuditTag.ACCESS_EXPLAINED,
        actor_id=actor.id,
        object_kind=node.kind.value,
        object_id=node.key,
        case_file_id=None if row is None else row.id,
        origin=actor.origin,
        **details,
    )
