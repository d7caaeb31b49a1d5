"""The names of units, for choices and headings; who belongs to the authority may know them."""

from __future__ import annotations

from sqlmodel import Session, col, select

from eakte.principals import UNASSIGNED_UNIT, Unit


def units(session: Session) -> list[Unit]:
    """All units people work in, as they are sorted."""
    wanted = select(Unit).where(Unit.id != UNASSIGNED_UNIT).order_by(col(Unit.position), col(Unit.id))
    return list(session.exec(wanted))


def unit_name(session: Session, unit_id: str) -> str | None:
    """The name of a unit; None where nobody is responsible yet."""
    if unit_id == UNASSIGNED_UNIT:
        return None
    return session.get_one(Unit, unit_id).name
