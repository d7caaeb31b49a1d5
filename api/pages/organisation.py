"""The names of units, roles and people, for choices and headings; who belongs to the authority may know them."""

from __future__ import annotations

import re

from sqlmodel import Session, col, select

from eakte.errors import FieldProblem, Invalid
from eakte.principals import UNASSIGNED_UNIT, Principal, PrincipalKind, RoleHolding, Unit

MOST_OFFERED = 2_000
"""So many people are offered while typing; a larger authority types on."""
_NAME_AND_ID = re.compile(r".*\(([^()]+)\)")


def units(session: Session) -> list[Unit]:
    """All units people work in, as they are sorted."""
    wanted = select(Unit).where(Unit.id != UNASSIGNED_UNIT).order_by(col(Unit.position), col(Unit.id))
    return list(session.exec(wanted))


def unit_name(session: Session, unit_id: str) -> str | None:
    """The name of a unit; None where nobody is responsible yet."""
    if unit_id == UNASSIGNED_UNIT:
        return None
    return session.get_one(Unit, unit_id).name


def principals(session: Session, kind: PrincipalKind) -> list[Principal]:
    """People, or specialist systems, that can act, by name."""
    wanted = select(Principal).where(Principal.kind == kind, col(Principal.active).is_(True))
    return list(session.exec(wanted.order_by(col(Principal.name), col(Principal.id)).limit(MOST_OFFERED)))


def unit_roles(session: Session) -> list[str]:
    """The roles that people hold in units."""
    held = select(RoleHolding.role).where(col(RoleHolding.unit_id).is_not(None)).distinct()
    return sorted(session.exec(held))


def find_person(session: Session, typed: str, pointer: str) -> str:
    """The id of the person meant by „Name (id)“, an id, or a name that only one bears.

    Raises:
        Invalid: Nothing typed, nobody of that name, or several.
    """
    return _find(session, typed, pointer, (PrincipalKind.PERSON,))


def find_person_or_system(session: Session, typed: str, pointer: str) -> str:
    """As `find_person`; also a specialist system."""
    return _find(session, typed, pointer, (PrincipalKind.PERSON, PrincipalKind.SYSTEM))


def _find(session: Session, typed: str, pointer: str, kinds: tuple[PrincipalKind, ...]) -> str:
    text = typed.strip()
    if not text:
        raise Invalid("Es fehlt, um wen es geht.", FieldProblem(pointer, "Bitte einen Namen angeben."))
    written = _NAME_AND_ID.fullmatch(text)
    for id_ in (text, *(written.groups() if written else ())):
        principal = session.get(Principal, id_.strip())
        if principal is not None and principal.kind in kinds:
            return principal.id
    named = select(Principal.id).where(
        Principal.name == text, col(Principal.kind).in_(kinds), col(Principal.active).is_(True)
    )
    found = session.exec(named.order_by(col(Principal.id)).limit(6)).all()
    if len(found) == 1:
        return found[0]
    if found:
        detail = f"So heißen mehrere; bitte mit Kennung angeben, etwa „{text} ({found[0]})“."
        raise Invalid(f"„{text}“ ist nicht eindeutig.", FieldProblem(pointer, detail))
    raise Invalid(
        f"„{text}“ ist hier niemand.",
        FieldProblem(pointer, "Bitte aus der Liste wählen oder den ganzen Namen eingeben."),
    )
