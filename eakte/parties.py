"""Parties (Beteiligte) as they are recorded in a case file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from eakte.case_file_tables import CaseFile, Party
from eakte.errors import FieldProblem, Invalid
from eakte.person_names import name_key
from eakte.principals import Person


@dataclass(frozen=True)
class PartyWish:
    """A party as somebody wants it recorded (Beteiligte)."""

    role: str
    name: str
    birth_date: date | None = None
    address: dict[str, str] | None = None
    protected: bool = False
    person: str | None = None
    """The account of a party who is known to work here."""


def record_party(session: Session, case_file: CaseFile, wish: PartyWish, position: int) -> Party:
    """Write a party's row; whoever calls has checked the rights.

    Args:
        position: Among the case file's parties, from 0; also for naming wrong fields.

    Raises:
        Invalid: Without role or name, or naming an account that there is not.
    """
    if not wish.name.strip() or not wish.role.strip():
        raise Invalid(
            "Beteiligte brauchen Rolle und Namen.",
            FieldProblem(f"/parties/{position}", "Bitte „role“ und „name“ angeben."),
        )
    if wish.person is not None and session.get(Person, wish.person) is None:
        raise Invalid(
            "Diese Person arbeitet hier nicht.",
            FieldProblem(f"/parties/{position}/person", f"„{wish.person}“ ist kein bekanntes Konto."),
        )
    party = Party(
        case_file_id=case_file.id,
        position=position,
        role=wish.role.strip(),
        name=wish.name.strip(),
        name_key=name_key(wish.name),
        person_id=wish.person,
        birth_date=wish.birth_date,
        address=wish.address,
        protected=wish.protected,
    )
    session.add(party)
    session.flush()
    return party
