"""Pseudonyms of the operators of scanning stations, from an organisation file."""

from __future__ import annotations

from sqlmodel import Session

from eakte.apply.changes import Change, added
from eakte.apply.principals import KIND_NAMES, known_principals
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.principals import PrincipalKind
from eakte.transfer_note_tables import StationOperator


def check_operators(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """One meaning for one pseudonym of a station, for good; a person or a name, never both."""
    people = known_principals(session, file, PrincipalKind.PERSON)
    for station in file.stations:
        place = (*station.place, "operators")
        problems.refuse_repeats(
            ((one.pseudonym, (*place, index, "pseudonym")) for index, one in enumerate(station.part.operators)),
            "ein Pseudonym meint nur einen Menschen.",
        )
        for index, one in enumerate(station.part.operators):
            here = (*place, index)
            if (one.person is None) == (one.name is None):
                problems.add(here, "Bitte entweder „person“ (mit Anmeldung) oder „name“ angeben, nicht beides.")
            if one.person is not None and one.person not in people:
                problems.add((*here, "person"), f"„{one.person}“ ist keine {KIND_NAMES[PrincipalKind.PERSON]}.")
            row = session.get(StationOperator, (station.part.id, one.pseudonym))
            if row is not None and (row.person_id, row.name) != (one.person, one.name or ""):
                problems.add(
                    here,
                    f"Das Pseudonym „{one.pseudonym}“ meint schon jemand anderen, und Transfervermerke verweisen "
                    "darauf; bitte ein neues vergeben.",
                )


def apply_operators(session: Session, file: OrganisationFile) -> list[Change]:
    """Add what is new; what the file does not name stays, since notes of earlier stacks refer to it."""
    changes: list[Change] = []
    for station in file.stations:
        for one in station.part.operators:
            if session.get(StationOperator, (station.part.id, one.pseudonym)) is None:
                session.add(
                    StationOperator(
                        station_id=station.part.id,
                        pseudonym=one.pseudonym,
                        person_id=one.person,
                        name=one.name or "",
                    )
                )
                changes.append(added(f"Pseudonym „{one.pseudonym}“ der Scanstation {station.part.id}"))
    session.flush()
    return changes
