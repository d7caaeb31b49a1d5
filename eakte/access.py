"""The one door to everything with access rights. Who has no right here finds nothing anywhere.

A request resolves its actor once, to the subjects that grants may name. Everything else starts here: single
things by `…_for`, lists and searches by `scopes_with`. What the actor may not know of raises `NotFound`,
what is known but not permitted `NotPermitted`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from eakte.access_sets import ScopeSet, cached_scope_set
from eakte.access_tables import AccessGrant, AccessScope, AccessVersion, Right, ScopeAncestor, ScopeKind
from eakte.audit import NOWHERE, Origin
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.inbox_tables import InboxItem
from eakte.letter_tables import Letter
from eakte.principals import Membership, Principal, PrincipalKind, RoleHolding, Station, Unit

ADMIN = "admin"
DPO = "dpo"


@dataclass(frozen=True)
class Actor:
    """Who acts in a request, resolved once.

    Attributes:
        subjects: Tokens as grants name them; a right granted to any of them is the actor's.
        units: Ids of the units the actor belongs to directly, most important first.
        roles: `(role, unit id or None)`.
    """

    id: str
    kind: PrincipalKind
    name: str
    subjects: frozenset[str]
    units: tuple[str, ...] = ()
    roles: frozenset[tuple[str, str | None]] = frozenset()
    origin: Origin = field(default_factory=Origin)

    def has_role(self, role: str) -> bool:
        """Whether the actor holds a role that is not bound to a unit (`admin`, `dpo`)."""
        return (role, None) in self.roles

    def at(self, origin: Origin) -> Actor:
        """The same actor, coming from somewhere."""
        return replace(self, origin=origin)


def actor_for(session: Session, principal_id: str, origin: Origin = NOWHERE) -> Actor:
    """Resolve a name to the subjects it stands for now.

    Raises:
        NotFound: No such name, or it is no longer active.
    """
    principal = session.get(Principal, principal_id)
    if principal is None or not principal.active:
        raise NotFound("Diesen Namen gibt es nicht.")
    subjects = {f"{principal.kind}:{principal.id}"}
    units: tuple[str, ...] = ()
    roles: frozenset[tuple[str, str | None]] = frozenset()
    if principal.kind is PrincipalKind.PERSON:
        units = tuple(
            session.exec(
                select(Membership.unit_id)
                .where(Membership.person_id == principal.id)
                .order_by(col(Membership.position), col(Membership.unit_id))
            )
        )
        subjects |= {f"unit:{unit_id}" for unit_id in units}
        subjects |= {f"unit-tree:{unit_id}" for unit_id in _with_units_above(session, units)}
        held = session.exec(select(RoleHolding).where(RoleHolding.person_id == principal.id))
        roles = frozenset((holding.role, holding.unit_id) for holding in held)
    elif principal.kind is PrincipalKind.STATION:
        units = (session.get_one(Station, principal.id).unit_id,)
    return Actor(principal.id, principal.kind, principal.name, frozenset(subjects), units, roles, origin)


def _with_units_above(session: Session, unit_ids: tuple[str, ...]) -> set[str]:
    if not unit_ids:
        return set()
    chain = sa.select(col(Unit.id), col(Unit.parent_id)).where(col(Unit.id).in_(unit_ids)).cte(recursive=True)
    above = sa.select(col(Unit.id), col(Unit.parent_id)).join(chain, col(Unit.id) == chain.c.parent_id)
    return set(session.execute(sa.select(chain.union(above).c.id)).scalars())


# -- rights ------------------------------------------------------------------------------------------


def rights_on(session: Session, actor: Actor, scope_id: int) -> Right:
    """Everything the actor may do in a scope now; `Right(0)` for nothing."""
    moment = now()
    granted = session.exec(
        select(AccessGrant.rights)
        .join(ScopeAncestor, col(ScopeAncestor.ancestor_id) == col(AccessGrant.scope_id))
        .where(ScopeAncestor.scope_id == scope_id, *_valid(actor, moment))
    )
    rights = Right(0)
    for bits in granted:
        rights |= Right(bits)
    return rights


def scopes_with(session: Session, actor: Actor, right: Right = Right.READ) -> ScopeSet:
    """All scopes in which the actor has a right now, cached until rights change or a grant begins or ends."""
    stamp = session.exec(select(AccessVersion.stamp)).one()
    return cached_scope_set(stamp, actor.subjects, int(right), lambda: _compute_scopes(session, actor, right))


def _compute_scopes(session: Session, actor: Actor, right: Right) -> ScopeSet:
    moment = now()
    ids = session.exec(
        select(ScopeAncestor.scope_id)
        .join(AccessGrant, col(AccessGrant.scope_id) == col(ScopeAncestor.ancestor_id))
        .where(*_valid(actor, moment), col(AccessGrant.rights).op("&")(int(right)) != 0)
        .distinct()
        .order_by(col(ScopeAncestor.scope_id))
    ).all()
    named = col(AccessGrant.subject).in_(actor.subjects) & col(AccessGrant.revoked_at).is_(None)
    turning_points = [
        session.exec(select(sa.func.min(column)).where(named, column > moment)).one()
        for column in (col(AccessGrant.valid_from), col(AccessGrant.valid_until))
    ]
    return ScopeSet(tuple(ids), min((point for point in turning_points if point is not None), default=None))


def _valid(actor: Actor, moment: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    begins, ends = col(AccessGrant.valid_from), col(AccessGrant.valid_until)
    return (
        col(AccessGrant.subject).in_(actor.subjects),
        col(AccessGrant.revoked_at).is_(None),
        begins.is_(None) | (begins <= moment),
        ends.is_(None) | (ends > moment),
    )


def visible_entry_codes(session: Session, actor: Actor) -> set[str]:
    """Codes of the filing plan entries the actor may know of.

    These are the readable ones and those above a readable entry or case file: one must be able to go there.
    """
    moment = now()
    readable = set(scopes_with(session, actor).ids)
    below = aliased(ScopeAncestor)
    holds_a_case_file = sa.exists().where(
        col(below.ancestor_id) == col(AccessGrant.scope_id), col(below.scope_id) == col(CaseFile.access_scope_id)
    )
    leading_there = session.exec(
        select(ScopeAncestor.ancestor_id)
        .join(AccessGrant, col(AccessGrant.scope_id) == col(ScopeAncestor.scope_id))
        .join(AccessScope, col(AccessScope.id) == col(AccessGrant.scope_id))
        .where(
            *_valid(actor, moment),
            (col(AccessScope.kind) == ScopeKind.FILING_PLAN)
            | ((col(AccessScope.kind) != ScopeKind.DOCUMENT) & holds_a_case_file),
        )
        .distinct()
    ).all()
    visible = readable | set(leading_there)
    entries = session.exec(select(FilingPlanEntry.code, FilingPlanEntry.access_scope_id)).all()
    return {code for code, scope_id in entries if scope_id in visible}


def _require(session: Session, actor: Actor, scope_id: int, right: Right) -> None:
    rights = rights_on(session, actor, scope_id)
    if not rights & Right.READ:
        raise NotFound
    if not rights & right:
        raise NotPermitted(f"Dazu fehlt das Recht „{RIGHT_NAMES[right]}“.")


RIGHT_NAMES = {
    Right.READ: "Lesen",
    Right.FILE: "Ablegen",
    Right.EDIT: "Bearbeiten",
    Right.CLOSE: "Abschließen",
    Right.SHARE: "Freigeben",
    Right.DISPOSE: "Aussondern",
}


# -- single things -----------------------------------------------------------------------------------


def filing_plan_entry_for(session: Session, actor: Actor, code: str, right: Right = Right.READ) -> FilingPlanEntry:
    """A filing plan entry the actor has this right on; reading only needs to know of it.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    entry = session.get(FilingPlanEntry, code)
    if entry is None:
        raise NotFound
    if right == Right.READ or not rights_on(session, actor, entry.access_scope_id) & Right.READ:
        if code not in visible_entry_codes(session, actor):
            raise NotFound
        if right != Right.READ:
            raise NotPermitted(f"Dazu fehlt das Recht „{RIGHT_NAMES[right]}“.")
        return entry
    _require(session, actor, entry.access_scope_id, right)
    return entry


def case_file_for(session: Session, actor: Actor, case_file_id: UUID, right: Right = Right.READ) -> CaseFile:
    """A case file the actor has this right on.

    Raises:
        NotFound: No such case file, or the actor may not know that it exists.
        NotPermitted: The actor may read it but not do this.
    """
    case_file = session.get(CaseFile, case_file_id)
    if case_file is None:
        raise NotFound
    _require(session, actor, case_file.access_scope_id, right)
    return case_file


def document_for(session: Session, actor: Actor, document_id: UUID, right: Right = Right.READ) -> Document:
    """A document the actor has this right on; a withdrawn one exists for nobody.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    document = session.get(Document, document_id)
    if document is None or document.withdrawn_at is not None:
        raise NotFound
    if document.case_file_id is None:
        item = session.exec(select(InboxItem).where(InboxItem.document_id == document_id)).first()
        if item is None or not may_see_item(session, actor, item, document):
            raise NotFound
    _require(session, actor, document.access_scope_id, right)
    return document


def may_see_item(session: Session, actor: Actor, item: InboxItem, document: Document) -> bool:
    """Whether a waiting inbox item exists for the actor.

    It is its unit's; what concerns a known case file is only for those who may file into that one.
    """
    if not rights_on(session, actor, document.access_scope_id) & Right.READ:
        return False
    if item.concerns_case_file_id is None:
        return True
    concerned = session.get(CaseFile, item.concerns_case_file_id)
    return concerned is not None and bool(rights_on(session, actor, concerned.access_scope_id) & Right.FILE)


def proceeding_for(session: Session, actor: Actor, proceeding_id: UUID, right: Right = Right.READ) -> Proceeding:
    """A proceeding the actor has this right on.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    proceeding = session.get(Proceeding, proceeding_id)
    if proceeding is None:
        raise NotFound
    _require(session, actor, proceeding.access_scope_id, right)
    return proceeding


def letter_for(session: Session, actor: Actor, letter_id: UUID, right: Right = Right.READ) -> Letter:
    """A letter the actor has this right on: the right on its document, and on its case file for changes.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound
    document_for(session, actor, letter.document_id, right)
    if right != Right.READ:
        case_file = session.get_one(CaseFile, letter.case_file_id)
        if not rights_on(session, actor, case_file.access_scope_id) & right:
            raise NotPermitted(f"Dazu fehlt an der Akte das Recht „{RIGHT_NAMES[right]}“.")
    return letter


def reference_of(session: Session, case_file_id: UUID) -> str:
    """The reference of a case file, which every reader of one of its documents may know."""
    case_file = session.get(CaseFile, case_file_id)
    if case_file is None:
        raise NotFound
    return case_file.reference
