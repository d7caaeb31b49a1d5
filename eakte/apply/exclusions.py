"""Exclusions from an organisation file."""

from __future__ import annotations

from sqlmodel import Session, col, select

from eakte import grants, nodes
from eakte.access_tables import AccessExclusion, AccessScope, ExclusionCause
from eakte.apply.changes import Change
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.apply.targets import Targets, listed, node_named


def check_exclusions(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """Unknown targets and people; validities that end before they begin; exclusions written twice."""
    targets = Targets(session, file)
    for exclusion in listed(file.exclusions):
        part, place = exclusion.part, exclusion.place
        targets.check_node(part.on, (*place, "on"), problems)
        targets.check_person(part.person, (*place, "person"), problems)
        targets.check_valid(part, place, problems)
    problems.refuse_repeats(
        ((f"{one.part.on} für {one.part.person}", one.place) for one in listed(file.exclusions)), "einmal genügt."
    )


def apply_exclusions(session: Session, file: OrganisationFile, *, actor_id: str) -> list[Change]:
    """Exclude whom the file says, and no longer whom only an earlier file excluded."""
    if file.exclusions is None:
        return []
    wishes = {
        (
            nodes.scope_for_rights(session, node_named(session, one.part.on)),
            one.part.person,
            one.part.valid_from,
            one.part.valid_until,
            one.part.reason,
        ): one.part
        for one in file.exclusions
    }
    standing = session.exec(
        select(AccessExclusion)
        .where(AccessExclusion.cause == ExclusionCause.APPLIED, col(AccessExclusion.revoked_at).is_(None))
        .order_by(col(AccessExclusion.id))
    ).all()
    changes: list[Change] = []
    for row in standing:
        if wishes.pop((row.scope_id, row.person_id, row.valid_from, row.valid_until, row.reason), None) is None:
            grants.end_exclusion(session, row, revoked_by=actor_id)
            changes.append(Change(f"{_in_words(session, row)} aufgehoben", "removed"))
    for (scope_id, person, *_), part in wishes.items():
        row = grants.add_exclusion(
            session,
            scope_id,
            person,
            ExclusionCause.APPLIED,
            given_by=actor_id,
            reason=part.reason,
            valid_from=part.valid_from,
            valid_until=part.valid_until,
        )
        changes.append(Change(f"{_in_words(session, row)} eingetragen", "added"))
    return changes


def _in_words(session: Session, row: AccessExclusion) -> str:
    on = nodes.scope_in_words(session, session.get_one(AccessScope, row.scope_id))
    return f"Ausschluss von {row.person_id} ({on})"
