"""The tree of access scopes: making, moving and granting on them. Who may do so is decided elsewhere.

What changes its scope is indexed anew; until that is done, searches also look where it stood before.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import jobs
from eakte.access_tables import (
    LEADING,
    AccessGrant,
    AccessScope,
    AccessVersion,
    GrantCause,
    Right,
    ScopeAncestor,
    ScopeKind,
)
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import Damaged
from eakte.ids import new_id
from eakte.jobs import JobKind
from eakte.principals import UNASSIGNED_UNIT


def rights_changed(session: Session) -> None:
    """Make every cached set of readable scopes stale, from the next request on."""
    session.exec(sa.update(AccessVersion).values(stamp=str(new_id())))


def find_scope(session: Session, kind: ScopeKind, node: str) -> AccessScope | None:
    """The scope a node owns, or None."""
    return session.exec(select(AccessScope).where(AccessScope.kind == kind, AccessScope.node == node)).first()


def make_scope(session: Session, kind: ScopeKind, node: str, parent_id: int) -> int:
    """Make a scope below another; returns its id."""
    scope = AccessScope(kind=kind, node=node, parent_id=parent_id)
    session.add(scope)
    session.flush()
    scope_id = id_of(scope)
    above = session.exec(select(ScopeAncestor.ancestor_id).where(ScopeAncestor.scope_id == parent_id)).all()
    session.add_all(ScopeAncestor(ancestor_id=ancestor_id, scope_id=scope_id) for ancestor_id in [*above, scope_id])
    session.flush()
    rights_changed(session)
    return scope_id


def id_of(scope: AccessScope) -> int:
    """The id of a scope that has been flushed."""
    if scope.id is None:
        raise Damaged("Ein Zugriffsbereich hat keine Nummer.")
    return scope.id


def move_scope(session: Session, scope_id: int, parent_id: int) -> None:
    """Hang a scope, with everything below it, below another one."""
    scope = session.get_one(AccessScope, scope_id)
    if scope.parent_id == parent_id:
        return
    below = session.exec(select(ScopeAncestor.scope_id).where(ScopeAncestor.ancestor_id == scope_id)).all()
    old_above = session.exec(select(ScopeAncestor.ancestor_id).where(ScopeAncestor.scope_id == scope.parent_id)).all()
    new_above = session.exec(select(ScopeAncestor.ancestor_id).where(ScopeAncestor.scope_id == parent_id)).all()
    session.exec(
        sa.delete(ScopeAncestor).where(
            col(ScopeAncestor.scope_id).in_(below), col(ScopeAncestor.ancestor_id).in_(old_above)
        )
    )
    scope.parent_id = parent_id
    session.add_all(ScopeAncestor(ancestor_id=above, scope_id=lower) for above in new_above for lower in below)
    session.flush()
    rights_changed(session)


def responsible_scope(session: Session, entry_code: str, entry_scope_id: int, unit_id: str) -> int:
    """The scope shared by all case files of an entry with this responsible unit; made when first needed."""
    node = f"{entry_code}|{unit_id}"
    scope = find_scope(session, ScopeKind.RESPONSIBLE, node)
    if scope is not None:
        return id_of(scope)
    scope_id = make_scope(session, ScopeKind.RESPONSIBLE, node, entry_scope_id)
    if unit_id != UNASSIGNED_UNIT:
        add_grant(session, scope_id, f"unit:{unit_id}", LEADING, GrantCause.RESPONSIBLE, reason="Federführung")
    return scope_id


def inbox_scope(session: Session, unit_id: str) -> int:
    """The scope of what waits in a unit's inbox: its members may read and file it. Hangs below nothing."""
    scope = find_scope(session, ScopeKind.INBOX, unit_id)
    if scope is not None:
        return id_of(scope)
    scope = AccessScope(kind=ScopeKind.INBOX, node=unit_id, parent_id=None)
    session.add(scope)
    session.flush()
    session.add(ScopeAncestor(ancestor_id=id_of(scope), scope_id=id_of(scope)))
    add_grant(
        session,
        id_of(scope),
        f"unit:{unit_id}",
        Right.READ | Right.FILE | Right.EDIT,
        GrantCause.INBOX,
        reason="Postkorb",
    )
    return id_of(scope)


def case_file_scope(session: Session, case_file: CaseFile) -> int:
    """The scope a case file owns; made, with everything in the file repointed to it, when it has none."""
    scope = find_scope(session, ScopeKind.CASE_FILE, str(case_file.id))
    if scope is not None:
        return id_of(scope)
    inherited = case_file.access_scope_id
    scope_id = make_scope(session, ScopeKind.CASE_FILE, str(case_file.id), inherited)
    _repoint(session, case_file, inherited, scope_id)
    return scope_id


def document_scope(session: Session, document: Document) -> int:
    """The scope a document owns; made when it has none."""
    scope = find_scope(session, ScopeKind.DOCUMENT, str(document.id))
    if scope is not None:
        return id_of(scope)
    inherited = document.access_scope_id
    scope_id = make_scope(session, ScopeKind.DOCUMENT, str(document.id), inherited)
    document.access_scope_id = scope_id
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id, scope_before_id=inherited)
    return scope_id


def hang_document(session: Session, document: Document, scope_id: int) -> None:
    """Put a document below a scope, keeping what was granted on the document itself."""
    own = find_scope(session, ScopeKind.DOCUMENT, str(document.id))
    if own is not None:
        move_scope(session, id_of(own), scope_id)
    elif document.access_scope_id != scope_id:
        inherited, document.access_scope_id = document.access_scope_id, scope_id
        jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id, scope_before_id=inherited)
    session.flush()


def hang_case_file(session: Session, case_file: CaseFile, scope_id: int) -> None:
    """Put a case file below a scope, keeping what was granted on the file itself."""
    own = find_scope(session, ScopeKind.CASE_FILE, str(case_file.id))
    if own is not None:
        move_scope(session, id_of(own), scope_id)
        return
    _repoint(session, case_file, case_file.access_scope_id, scope_id)


def _repoint(session: Session, case_file: CaseFile, old_id: int, new_id_: int) -> None:
    """Everything in a case file that pointed to one scope points to another; own scopes below move along."""
    case_file.access_scope_id = new_id_
    for table in (Document, Proceeding):
        session.exec(
            sa.update(table)
            .where(col(table.case_file_id) == case_file.id, col(table.access_scope_id) == old_id)
            .values(access_scope_id=new_id_)
        )
    below = session.exec(
        select(AccessScope.id)
        .join(Document, col(Document.access_scope_id) == col(AccessScope.id))
        .where(
            Document.case_file_id == case_file.id,
            AccessScope.kind == ScopeKind.DOCUMENT,
            AccessScope.parent_id == old_id,
        )
    ).all()
    for scope_id in below:
        if scope_id is not None:
            move_scope(session, scope_id, new_id_)
    jobs.enqueue(session, JobKind.INDEX_CASE_FILE, case_file.id, scope_before_id=old_id)


def add_grant(
    session: Session,
    scope_id: int,
    subject: str,
    rights: Right,
    cause: GrantCause,
    *,
    given_by: str = "",
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


def grant_by_id(session: Session, scope_id: int, grant_id: UUID) -> AccessGrant | None:
    """A grant on this very scope that is not revoked, or None."""
    grant = session.get(AccessGrant, grant_id)
    return grant if grant is not None and grant.scope_id == scope_id and grant.revoked_at is None else None
