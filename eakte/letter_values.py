"""What a letter template may use; described for its authors in `docs/letters.md`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, Party
from eakte.clock import today
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import UNASSIGNED_UNIT, Person, Unit

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli",
    "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip


def german_date(day: date) -> str:
    """A date as German letters write it: 3. Februar 2026."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def template_values(
    session: Session, actor: Actor, case_file: CaseFile, recipient: Party | None, data: Mapping[str, Any], *, city: str
) -> dict[str, Any]:
    """The values for one letter.

    A protected address (Auskunftssperre, § 51 BMG) is given only for the recipient's own letter.
    """
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    unit = session.get(Unit, case_file.responsible_unit_id)
    person = session.get(Person, actor.id)
    parties = session.exec(
        select(Party).where(Party.case_file_id == case_file.id).order_by(col(Party.position), col(Party.id))
    )
    return {
        "akte": {
            "zeichen": case_file.reference,
            "titel": case_file.title,
            "aktenplan": entry.code,
            "aktenplan_titel": entry.title,
        },
        "empfaenger": _recipient_values(recipient),
        "beteiligte": [
            {
                "name": party.name,
                "rolle": party.role,
                "geburtsdatum": german_date(party.birth_date) if party.birth_date else "",
            }
            for party in parties
        ],
        "felder": dict(case_file.fields),
        "absender": {
            "stadt": city,
            "einheit": unit.name if unit is not None and unit.id != UNASSIGNED_UNIT else "",
            "person": actor.name if person is not None else "",
            "email": person.email if person is not None else "",
        },
        "datum": german_date(today()),
        "daten": dict(data),
    }


def _recipient_values(party: Party | None) -> dict[str, Any] | None:
    if party is None:
        return None
    address = party.address or {}
    street, code, city = address.get("street", ""), address.get("postal_code", ""), address.get("city", "")
    free = [line.strip() for line in address.get("text", "").replace(",", "\n").splitlines()]
    lines = [party.name, address.get("extra", ""), street, f"{code} {city}".strip(), address.get("country", ""), *free]
    return {
        "name": party.name,
        "rolle": party.role,
        "strasse": street,
        "plz": code,
        "ort": city,
        "anschrift": [line for line in lines if line],
    }
