"""Deputies from an organisation file."""

from __future__ import annotations

from sqlmodel import Session, col, select

from eakte import deputies, nodes, scopes
from eakte.access_tables import Deputyship
from eakte.apply.changes import Change
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.apply.schema import DeputyPart
from eakte.apply.targets import Targets, listed, node_named


def check_deputies(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """Unknown people and targets, somebody who stands in for themself, an end before its beginning, repetitions."""
    targets = Targets(session, file)
    for deputy in listed(file.deputies):
        part, place = deputy.part, deputy.place
        targets.check_person(part.person, (*place, "person"), problems)
        targets.check_person(part.for_person, (*place, "for"), problems)
        targets.check_valid(part, place, problems)
        if part.on is not None:
            targets.check_node(part.on, (*place, "on"), problems)
        if part.person == part.for_person:
            problems.add((*place, "for"), "Niemand vertritt sich selbst; bitte eine andere Person nennen.")
    problems.refuse_repeats(((_written(one.part), one.place) for one in listed(file.deputies)), "einmal genügt.")


def apply_deputies(session: Session, file: OrganisationFile, *, actor_id: str) -> list[Change]:
    """Name the deputies the file says; those only an earlier file named are deputies no longer."""
    if file.deputies is None:
        return []
    wishes = {
        (
            one.part.person,
            one.part.for_person,
            None if one.part.on is None else nodes.scope_for_rights(session, node_named(session, one.part.on)),
            one.part.valid_from,
            one.part.valid_until,
            one.part.reason,
        ): one.part
        for one in file.deputies
    }
    standing = session.exec(
        select(Deputyship)
        .where(col(Deputyship.applied).is_(True), col(Deputyship.revoked_at).is_(None))
        .order_by(col(Deputyship.id))
    ).all()
    changes: list[Change] = []
    for row in standing:
        key = (row.person_id, row.for_id, row.scope_id, row.valid_from, row.valid_until, row.reason)
        if wishes.pop(key, None) is None:
            deputies.end(session, row, actor_id=actor_id)
            changes.append(Change(f"Vertretung von {row.for_id} durch {row.person_id} beendet", "removed"))
    for (person, for_person, scope_id, *_), part in wishes.items():
        session.add(
            Deputyship(
                person_id=person,
                for_id=for_person,
                scope_id=scope_id,
                valid_from=part.valid_from,
                valid_until=part.valid_until,
                reason=part.reason,
                applied=True,
                given_by=actor_id,
            )
        )
        changes.append(Change(f"Vertretung von {for_person} durch {person} eingetragen", "added"))
    if changes:
        session.flush()
        scopes.rights_changed(session)
    return changes


def _written(part: DeputyPart) -> str:
    return f"{part.person} für {part.for_person} ab {part.valid_from} auf {part.on or 'alles'}"
