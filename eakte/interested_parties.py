"""Parties who work here (ausgeschlossene Personen): who is a party of a case file does not act on it.

A party stands for an account when it was said so, or when the names agree in any spelling and known birth dates do
not differ. A namesake is excluded too, until somebody with `share` says that it is another person: opening a file
to its own subject would be worse than a question.

Source: § 20 and § 21 VwVfG; § 16 SGB X (as of 2024).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import audit, grants, places
from eakte.access_tables import AccessExclusion, ExclusionCause
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, Party
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.person_names import name_key
from eakte.principals import Person
from eakte.scopes import rights_changed


def parties_changed(session: Session, case_file: CaseFile) -> None:
    """Exclude the parties of a case file who work here, and no longer those who are none any more."""
    parties = session.exec(select(Party).where(Party.case_file_id == case_file.id)).all()
    wanted = {(party.id, person.id): party for party in parties for person in _accounts_of(session, party)}
    known = session.exec(
        select(AccessExclusion).where(
            AccessExclusion.cause == ExclusionCause.PARTY,
            col(AccessExclusion.party_id).in_([party.id for party in parties]),
        )
    ).all()
    settled = {(row.party_id, row.person_id) for row in known if row.revoked_by != places.SYSTEM}
    for row in known:
        if row.revoked_at is None and (row.party_id, row.person_id) not in wanted:
            grants.end_exclusion(session, row, revoked_by=places.SYSTEM, reason="Nicht mehr beteiligt")
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    for (party_id, person_id), party in wanted.items():
        if (party_id, person_id) in settled:
            continue
        by_name = party.person_id != person_id
        grants.add_exclusion(
            session,
            places.case_file_scope(session, case_file),
            person_id,
            ExclusionCause.PARTY,
            given_by=places.SYSTEM,
            reason="Trägt denselben Namen wie eine beteiligte Person" if by_name else "Ist an der Akte beteiligt",
            party_id=party_id,
            allows_reading=entry.parties_may_read,
        )
        audit.record(
            session,
            AuditTag.EXCLUSION_SET,
            actor_id=places.SYSTEM,
            object_kind="case_file",
            object_id=case_file.id,
            case_file_id=case_file.id,
            person=person_id,
            by_name=by_name,
        )


def person_changed(session: Session, person: Person, name: str) -> None:
    """A person is new, or has another name or birth date: look again at the case files they may be a party of."""
    person.name_key = name_key(name)
    session.flush()
    concerned = set(
        session.exec(
            select(Party.case_file_id)
            .join(AccessExclusion, col(AccessExclusion.party_id) == col(Party.id))
            .where(AccessExclusion.person_id == person.id)
        )
    )
    if _is_telling(person.name_key):
        concerned |= set(session.exec(select(Party.case_file_id).where(Party.name_key == person.name_key)))
    for case_file_id in sorted(concerned):
        parties_changed(session, session.get_one(CaseFile, case_file_id))


def everybody_looked_at(session: Session) -> None:
    """Exclude all parties who work here: earlier versions recorded parties without asking who they are."""
    namesakes = select(Party.case_file_id).join(Person, col(Person.name_key) == col(Party.name_key)).distinct()
    concerned = session.exec(namesakes.where(Party.name_key != ""))
    for case_file_id in sorted(concerned):
        parties_changed(session, session.get_one(CaseFile, case_file_id))


def reading_changed(session: Session, entry: FilingPlanEntry) -> None:
    """The filing plan entry now lets parties read, or no longer does: what exclusions leave follows."""
    case_files = select(CaseFile.id).where(CaseFile.filing_plan_code == entry.code)
    _let_read(session, col(Party.case_file_id).in_(case_files), entry.parties_may_read)


def case_file_moved(session: Session, case_file: CaseFile) -> None:
    """A case file hangs on another filing plan entry: what exclusions leave its parties follows that one."""
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    _let_read(session, col(Party.case_file_id) == case_file.id, entry.parties_may_read)


def _let_read(session: Session, of_whom: sa.ColumnElement[bool], allowed: bool) -> None:
    parties = select(Party.id).where(of_whom)
    session.exec(
        sa.update(AccessExclusion).where(col(AccessExclusion.party_id).in_(parties)).values(allows_reading=allowed)
    )
    rights_changed(session)


def _accounts_of(session: Session, party: Party) -> list[Person]:
    if party.person_id is not None:
        return [session.get_one(Person, party.person_id)]
    if not _is_telling(party.name_key):
        return []
    namesakes = session.exec(select(Person).where(Person.name_key == party.name_key).order_by(col(Person.id)))
    return [
        person
        for person in namesakes
        if person.birth_date is None or party.birth_date is None or person.birth_date == party.birth_date
    ]


def _is_telling(key: str) -> bool:
    """A single word is no full name; whole offices would be excluded by it."""
    return " " in key
