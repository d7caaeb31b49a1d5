"""Who still manages rights (Wer noch Rechte vergibt): nobody may leave a case file, or a part of it, without anybody.

Looked at is the case file with everything in it, since what is taken away above may have been all there was below.
The filing plan always has its administrators.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import everybody, nodes
from eakte.access_tables import AccessExclusion, AccessGrant, AccessScope, Right, ScopeAncestor, ScopeKind
from eakte.actors import in_force
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import Conflict, NotFound
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.list_filters import any_of
from eakte.nodes import Node, NodeKind
from eakte.principals import Principal, PrincipalKind

Places = dict[str, int]
"""Scopes by what falls under them, named so that it is still called the same when it falls under another."""


class EverybodyLockedOut(Conflict):
    """After this, nobody could manage the rights here any more, or in something that lies in it."""

    def __init__(self, where: str = "hier") -> None:
        super().__init__(
            f"Danach könnte {where} niemand mehr Rechte vergeben; bitte zuerst einer anderen Person das Recht "
            "„Freigeben“ geben."
        )


@dataclass(frozen=True)
class Managed:
    """What people manage on a node and in what belongs to its case file.

    Attributes:
        at: By moment, what somebody manages then, as far as is known now.
    """

    node: Node
    at: Mapping[datetime, frozenset[str]]


def managed(session: Session, node: Node, begins: Iterable[datetime | None] = ()) -> Managed:
    """What people manage before a change.

    Args:
        begins: When parts of the change begin to hold, if not at once: it is looked at then, too.
    """
    moment = now()
    moments = {moment, *(later for later in begins if later is not None and later > moment)}
    return Managed(node, _managed(session, _places(session, node), moments))


def check_still_managed(session: Session, before: Managed) -> None:
    """Refuse a change that leaves something without anybody.

    Raises:
        EverybodyLockedOut: It was managed before and is not any more.
    """
    left = _left_alone(session, before)
    if before.node.written in left:
        raise EverybodyLockedOut
    if left:
        raise EverybodyLockedOut("in etwas, das dazugehört,")


def is_left_alone(session: Session, before: Managed) -> bool:
    """Whether something that was managed before is not any more."""
    return bool(_left_alone(session, before))


def _left_alone(session: Session, before: Managed) -> set[str]:
    places = _places(session, before.node)
    after = _managed(session, places, before.at)
    lost = {name for moment, names in before.at.items() for name in names - after[moment]}
    return lost & places.keys()


def _managed(session: Session, places: Places, moments: Iterable[datetime]) -> dict[datetime, frozenset[str]]:
    """At each moment, what at least one person manages."""
    if not places:
        return dict.fromkeys(moments, frozenset())
    scope_ids = sorted(set(places.values()))
    levels = dict(
        session.exec(
            select(AccessScope.id, AccessScope.effective_level).where(any_of(session, AccessScope.id, scope_ids))
        ).all()
    )
    people = session.exec(
        select(Principal.id, Principal.ceiling).where(
            Principal.kind == PrincipalKind.PERSON, col(Principal.active).is_(True)
        )
    ).all()
    tokens = everybody.tokens_of_everybody(session)
    found: dict[datetime, frozenset[str]] = {}
    for moment in moments:
        meant, excluded = _sharing(session, scope_ids, moment), _excluded(session, scope_ids, moment)
        alive = {
            scope_id
            for scope_id, subjects in meant.items()
            if any(
                ceiling >= levels[scope_id]
                and not subjects.isdisjoint(tokens[name])
                and (scope_id, name) not in excluded
                for name, ceiling in people
            )
        }
        found[moment] = frozenset(name for name, scope_id in places.items() if scope_id in alive)
    return found


def _sharing(session: Session, scope_ids: list[int], moment: datetime) -> dict[int, set[str]]:
    """Whom grants give `share`, by scope. A deputy needs no looking at: they have it only while the other has it."""
    rows = session.exec(
        select(ScopeAncestor.scope_id, AccessGrant.subject)
        .join(AccessGrant, col(AccessGrant.scope_id) == col(ScopeAncestor.ancestor_id))
        .where(
            any_of(session, ScopeAncestor.scope_id, scope_ids),
            col(ScopeAncestor.inherits).is_(True),
            col(AccessGrant.rights).op("&")(int(Right.SHARE)) != 0,
            *in_force(AccessGrant, moment),
        )
    )
    meant: dict[int, set[str]] = {}
    for scope_id, subject in rows:
        meant.setdefault(scope_id, set()).add(subject)
    return meant


def _excluded(session: Session, scope_ids: list[int], moment: datetime) -> set[tuple[int, str]]:
    """Who is excluded in which scope; reading at most is left to them."""
    rows = session.exec(
        select(ScopeAncestor.scope_id, AccessExclusion.person_id)
        .join(AccessExclusion, col(AccessExclusion.scope_id) == col(ScopeAncestor.ancestor_id))
        .where(any_of(session, ScopeAncestor.scope_id, scope_ids), *in_force(AccessExclusion, moment))
    )
    return {(scope_id, person_id) for scope_id, person_id in rows}


def _places(session: Session, node: Node) -> Places:
    """Where a node falls, and everything in its case file: as many rows as there are scopes, not documents."""
    if node.is_of_plan:
        return {}
    places = {node.written: nodes.place_of(session, node)}
    case_file = None if node.kind is NodeKind.DOCUMENT else nodes.case_file_of(session, node)
    if case_file is not None:
        places[nodes.case_file(case_file.id).written] = case_file.access_scope_id
        places |= _sections(session, case_file) | _proceedings(session, case_file) | _documents(session, case_file)
    return places


def _sections(session: Session, case_file: CaseFile) -> Places:
    places: Places = {}
    for name in session.get_one(FilingPlanEntry, case_file.filing_plan_code).sections:
        section = nodes.section(case_file.id, name)
        try:
            places[section.written] = nodes.place_of(session, section)
        except NotFound:  # nothing fell under it yet
            continue
    return places


def _proceedings(session: Session, case_file: CaseFile) -> Places:
    found = session.exec(
        select(Proceeding.id, Proceeding.access_scope_id).where(Proceeding.case_file_id == case_file.id)
    )
    return {nodes.proceeding(id_).written: scope_id for id_, scope_id in found}


def _documents(session: Session, case_file: CaseFile) -> Places:
    """Documents with rights of their own, and where the others fall in a section and a proceeding at once."""
    found = session.execute(
        sa.select(
            col(Document.section),
            col(Document.proceeding_id),
            col(AccessScope.id),
            col(AccessScope.kind),
            col(AccessScope.node),
        )
        .join(AccessScope, col(AccessScope.id) == col(Document.access_scope_id))
        .where(col(Document.case_file_id) == case_file.id, col(Document.withdrawn_at).is_(None))
        .distinct()
    )
    return {
        nodes.document(UUID(owner)).written if kind is ScopeKind.DOCUMENT else f"{proceeding_id}/{section}": scope_id
        for section, proceeding_id, scope_id, kind, owner in found
    }
