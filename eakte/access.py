"""The one door to everything with access rights. Who has no right here finds nothing anywhere.

A request resolves its actor once (`eakte.actors`). Everything else starts here: single things by `…_for`, lists
and searches by `scopes_with`. What the actor may not know of raises `NotFound`, what is known but not permitted
`NotPermitted`.

In this order: a level above the ceiling takes everything, an exclusion takes everything, and what remains is the
sum of the grants that arrive; for each identity of the actor by itself, since a deputy's own units never combine
with the other's.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import audit
from eakte.access_sets import ScopeSet, cached_scope_set
from eakte.access_tables import (
    RIGHT_NAMES,
    ROOT_SCOPE_ID,
    AccessExclusion,
    AccessGrant,
    AccessScope,
    AccessVersion,
    GrantCause,
    Right,
    ScopeAncestor,
    ScopeKind,
)
from eakte.actors import Actor, Identity, in_force
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.claims import claims_on
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.inbox_tables import InboxItem
from eakte.letter_tables import Letter
from eakte.levels import Level
from eakte.list_filters import any_of
from eakte.scopes import scopes_below

# -- rights in one scope -----------------------------------------------------------------------------


def level_of(session: Session, scope_id: int) -> Level:
    """The effective level of what falls under a scope: the highest on the way down to it."""
    return Level(session.get_one(AccessScope, scope_id).effective_level)


def rights_on(session: Session, actor: Actor, scope_id: int) -> Right:
    """Everything the actor may do in a scope now; `Right(0)` for nothing."""
    rights = Right(0)
    for claim in claims_on(session, actor, scope_id):
        rights |= claim.rights
    return rights


def require(session: Session, actor: Actor, scope_id: int, right: Right) -> None:
    """Insist on a right in a scope; whose deputy the actor is in this, enters the trail with what follows.

    Raises:
        NotFound: The actor may not know of what is there.
        NotPermitted: They may read it but not do this.
    """
    claims = claims_on(session, actor, scope_id)
    if not any(claim.rights & Right.READ for claim in claims):
        raise NotFound
    fitting = [claim for claim in claims if claim.rights & right]
    if not fitting:
        raise NotPermitted(f"Dazu fehlt das Recht „{RIGHT_NAMES[right]}“.")
    own = [claim for claim in fitting if claim.person_id == actor.id]
    if any(claim.cause is not GrantCause.BREAK_GLASS for claim in own):
        return
    if own:
        audit.acts_by_break_glass(session, actor.id)
    else:
        audit.acts_as_deputy(session, actor.id, fitting[0].person_id)


# -- all scopes with a right -------------------------------------------------------------------------


def scopes_with(session: Session, actor: Actor, right: Right = Right.READ) -> ScopeSet:
    """All scopes in which the actor has a right now, cached until rights change or one begins or ends."""
    stamp = session.exec(select(AccessVersion.stamp)).one()
    return cached_scope_set(stamp, actor.identities, int(right), lambda: _compute_scopes(session, actor, right))


def holds_most(session: Session, scopes: ScopeSet) -> bool:
    """Whether a set has more than half of all scopes; their ids are dense, so the highest tells how many there are."""
    return 2 * len(scopes.ids) > (session.exec(select(sa.func.max(AccessScope.id))).one() or 0)


def scopes_without(session: Session, actor: Actor, right: Right = Right.READ) -> ScopeSet:
    """All other scopes: those in which the actor has not this right now."""
    with_right = scopes_with(session, actor, right)
    stamp = session.exec(select(AccessVersion.stamp)).one()
    return cached_scope_set(stamp, actor.identities, ~int(right), lambda: _others(session, with_right))


def _others(session: Session, scopes: ScopeSet) -> ScopeSet:
    ids = session.exec(select(AccessScope.id).order_by(col(AccessScope.id)))
    return ScopeSet(tuple(id_ for id_ in ids if id_ is not None and id_ not in scopes), scopes.good_until)


# Built once: what takes time is the first look after a change of rights, and that is everybody's.
_NAMES: sa.BindParameter[Any] = sa.bindparam("names", expanding=True)
_PEOPLE: sa.BindParameter[Any] = sa.bindparam("people", expanding=True)
_MOMENT: sa.BindParameter[datetime] = sa.bindparam("moment")
_WITH_RIGHT = (
    sa.select(col(ScopeAncestor.scope_id))
    .join(AccessGrant, col(AccessGrant.scope_id) == col(ScopeAncestor.ancestor_id))
    .where(
        col(ScopeAncestor.inherits).is_(True),
        col(AccessGrant.subject).in_(_NAMES),
        col(AccessGrant.rights).op("&")(sa.bindparam("right")) != 0,
        *in_force(AccessGrant, _MOMENT),
    )
    .distinct()
)
_WITH_RIGHT_UP_TO_CEILING = _WITH_RIGHT.join(AccessScope, col(AccessScope.id) == col(ScopeAncestor.scope_id)).where(
    col(AccessScope.effective_level) <= sa.bindparam("ceiling")
)
_EXCLUDED = (
    sa.select(col(ScopeAncestor.scope_id))
    .join(AccessExclusion, col(AccessExclusion.scope_id) == col(ScopeAncestor.ancestor_id))
    .where(col(AccessExclusion.person_id).in_(_PEOPLE), *in_force(AccessExclusion, _MOMENT))
    .distinct()
)
_EXCLUDED_FROM_READING = _EXCLUDED.where(col(AccessExclusion.allows_reading).is_(False))


def _turning_point(
    table: type[AccessGrant | AccessExclusion], column: Any, named: sa.ColumnElement[bool]
) -> sa.Select[tuple[datetime | None]]:
    return sa.select(sa.func.min(column)).where(named, col(table.revoked_at).is_(None), column > _MOMENT)


_TURNING_POINTS = sa.union_all(
    *(
        _turning_point(AccessGrant, column, col(AccessGrant.subject).in_(_NAMES))
        for column in (col(AccessGrant.valid_from), col(AccessGrant.valid_until))
    ),
    *(
        _turning_point(AccessExclusion, column, col(AccessExclusion.person_id).in_(_PEOPLE))
        for column in (col(AccessExclusion.valid_from), col(AccessExclusion.valid_until))
    ),
)
"""The next moments at which something about these begins or ends by itself."""


def _compute_scopes(session: Session, actor: Actor, right: Right) -> ScopeSet:
    moment = now()
    ids: set[int] = set()
    for identity in actor.identities:
        ids |= _scopes_of_identity(session, identity, right, moment)
    asked = {
        "names": frozenset().union(*(one.subjects for one in actor.identities)),
        "people": frozenset().union(*(one.excluded for one in actor.identities)),
        "moment": moment,
    }
    turning_points = [point for point in session.execute(_TURNING_POINTS, asked).scalars() if point is not None]
    return ScopeSet(tuple(sorted(ids)), min(turning_points, default=None))


def _scopes_of_identity(session: Session, identity: Identity, right: Right, moment: datetime) -> set[int]:
    wanted = _WITH_RIGHT if identity.ceiling >= max(Level) else _WITH_RIGHT_UP_TO_CEILING
    asked: dict[str, Any] = {"names": identity.subjects, "right": int(right), "moment": moment}
    if wanted is _WITH_RIGHT_UP_TO_CEILING:
        asked["ceiling"] = identity.ceiling
    ids = set(session.execute(wanted, asked).scalars())
    if ids and identity.within is not None:
        ids.intersection_update(scopes_below(session, identity.within))
    if ids and identity.excluded:
        excluded = _EXCLUDED_FROM_READING if right is Right.READ else _EXCLUDED
        ids.difference_update(session.execute(excluded, {"people": identity.excluded, "moment": moment}).scalars())
    return ids


# -- the filing plan ---------------------------------------------------------------------------------


_HOLDS_A_CASE_FILE = col(AccessScope.kind).in_([ScopeKind.RESPONSIBLE, ScopeKind.CASE_FILE]) & sa.exists().where(
    col(CaseFile.access_scope_id) == col(AccessScope.id)
)
"""On scopes right below a filing plan entry."""


def visible_entry_codes(session: Session, actor: Actor) -> set[str]:
    """Codes of the filing plan entries the actor may know of.

    These are the readable ones and those above a readable entry or case file: one must be able to go there.
    """
    readable = scopes_with(session, actor)
    entries = session.exec(select(FilingPlanEntry.code, FilingPlanEntry.access_scope_id)).all()
    visible = {code for code, scope_id in entries if scope_id in readable}
    if len(visible) == len(entries) or not readable.ids:
        return visible
    holders = select(AccessScope.parent_id).where(any_of(session, AccessScope.id, readable.ids), _HOLDS_A_CASE_FILE)
    leading_there = {scope_id for scope_id in session.exec(holders.distinct()) if scope_id is not None}
    leading_there |= {scope_id for _, scope_id in entries if scope_id in readable}
    above = session.exec(
        select(ScopeAncestor.ancestor_id)
        .where(any_of(session, ScopeAncestor.scope_id, sorted(leading_there)))
        .distinct()
    )
    leading_there |= set(above)
    return visible | {code for code, scope_id in entries if scope_id in leading_there}


def filing_plan_entry_for(session: Session, actor: Actor, code: str, right: Right = Right.READ) -> FilingPlanEntry:
    """A filing plan entry the actor has this right on; reading only needs to know of it.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    entry = session.get(FilingPlanEntry, code)
    if entry is None:
        raise NotFound
    if rights_on(session, actor, entry.access_scope_id) & Right.READ:
        require(session, actor, entry.access_scope_id, right)
        return entry
    readable = scopes_with(session, actor)
    holders = select(AccessScope.id).where(AccessScope.parent_id == entry.access_scope_id, _HOLDS_A_CASE_FILE)
    leads_there = any(scope_id in readable for scope_id in session.exec(holders) if scope_id is not None)
    if not leads_there and code not in visible_entry_codes(session, actor):
        raise NotFound
    if right != Right.READ:
        raise NotPermitted(f"Dazu fehlt das Recht „{RIGHT_NAMES[right]}“.")
    return entry


# -- single things -----------------------------------------------------------------------------------


def nothing_there(session: Session, actor: Actor) -> NotFound:
    """The error for what does not exist, after the same work as for what is forbidden: nobody can time the two."""
    claims_on(session, actor, ROOT_SCOPE_ID)
    return NotFound()


def case_file_for(session: Session, actor: Actor, case_file_id: UUID, right: Right = Right.READ) -> CaseFile:
    """A case file the actor has this right on.

    Raises:
        NotFound: No such case file, or the actor may not know that it exists.
        NotPermitted: The actor may read it but not do this.
    """
    case_file = session.get(CaseFile, case_file_id)
    if case_file is None:
        raise nothing_there(session, actor)
    require(session, actor, case_file.access_scope_id, right)
    return case_file


def case_file_reached(session: Session, actor: Actor, case_file_id: UUID, right: Right) -> CaseFile:
    """A case file the actor has this right on, or on some section or proceeding of it.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    case_file = session.get(CaseFile, case_file_id)
    holder_id = ROOT_SCOPE_ID if case_file is None else case_file.access_scope_id
    with_right = scopes_with(session, actor, right)
    parts = select(AccessScope.id).where(
        AccessScope.parent_id == holder_id,
        col(AccessScope.kind).in_([ScopeKind.SECTION, ScopeKind.RESPONSIBLE_SECTION, ScopeKind.PROCEEDING]),
    )
    is_reached = any(scope_id in with_right for scope_id in session.exec(parts) if scope_id)
    if case_file is not None and is_reached:
        return case_file
    return case_file_for(session, actor, case_file_id, right)


def document_for(session: Session, actor: Actor, document_id: UUID, right: Right = Right.READ) -> Document:
    """A document the actor has this right on; a withdrawn one exists for nobody.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    document = session.get(Document, document_id)
    if document is None or document.withdrawn_at is not None:
        raise nothing_there(session, actor)
    if document.case_file_id is None:
        item = session.exec(select(InboxItem).where(InboxItem.document_id == document_id)).first()
        if item is None or not may_see_item(session, actor, item, document):
            raise NotFound
    require(session, actor, document.access_scope_id, right)
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


def documents_among(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Document]:
    """Of these documents those that exist for the actor, as `document_for` gives them one by one; for lists."""
    if not ids:
        return {}
    readable = scopes_with(session, actor)
    wanted = select(Document).where(col(Document.id).in_(ids), col(Document.withdrawn_at).is_(None))
    found = {row.id: row for row in session.exec(wanted) if row.access_scope_id in readable}
    waiting = [row.id for row in found.values() if row.case_file_id is None]
    visible = _visible_items(session, actor, waiting) if waiting else set()
    return {id_: row for id_, row in found.items() if row.case_file_id is not None or id_ in visible}


def case_files_among(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, CaseFile]:
    """Of these case files those that exist for the actor; for lists."""
    if not ids:
        return {}
    readable = scopes_with(session, actor)
    found = session.exec(select(CaseFile).where(col(CaseFile.id).in_(ids)))
    return {row.id: row for row in found if row.access_scope_id in readable}


def _visible_items(session: Session, actor: Actor, document_ids: Collection[UUID]) -> set[UUID]:
    """Of documents in no case file those whose inbox item the actor sees, as `may_see_item` says; all are readable."""
    wanted = (
        select(InboxItem.document_id, InboxItem.concerns_case_file_id, CaseFile.access_scope_id)
        .join(CaseFile, col(CaseFile.id) == col(InboxItem.concerns_case_file_id), isouter=True)
        .where(col(InboxItem.document_id).in_(document_ids))
    )
    may_file = scopes_with(session, actor, Right.FILE)
    return {
        document_id
        for document_id, concerned_id, scope_id in session.exec(wanted)
        if concerned_id is None or (scope_id is not None and scope_id in may_file)
    }


def proceeding_for(session: Session, actor: Actor, proceeding_id: UUID, right: Right = Right.READ) -> Proceeding:
    """A proceeding the actor has this right on.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    proceeding = session.get(Proceeding, proceeding_id)
    if proceeding is None:
        raise nothing_there(session, actor)
    require(session, actor, proceeding.access_scope_id, right)
    return proceeding


def letter_for(session: Session, actor: Actor, letter_id: UUID, right: Right = Right.READ) -> Letter:
    """A letter the actor has this right on: the right on its document, and on its case file for changes.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise nothing_there(session, actor)
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
