"""People, specialist systems and stations from an organisation file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlmodel import Session, col, select

from eakte import interested_parties
from eakte.actors import ADMIN, DPO
from eakte.apply.changes import Change, Differences, added
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.apply.schema import PersonPart, StationPart, SystemPart
from eakte.apply.units import known_units, refuse_unknown_unit
from eakte.apply.yaml_lines import Place
from eakte.audit import MACHINE
from eakte.levels import LEVEL_WORDS
from eakte.principals import (
    Membership,
    Person,
    Principal,
    PrincipalKind,
    RoleHolding,
    SpecialistSystem,
    Station,
)

_EVERYWHERE = (ADMIN, DPO)
_UNIT_ROLE = re.compile(r"(?P<role>[a-z][a-z0-9_-]{0,39})@(?P<unit>.+)")
KIND_NAMES = {
    PrincipalKind.PERSON: "Person",
    PrincipalKind.SYSTEM: "Fachverfahren",
    PrincipalKind.STATION: "Scanstation",
}
_SECTIONS = {
    PrincipalKind.PERSON: "people",
    PrincipalKind.SYSTEM: "systems",
    PrincipalKind.STATION: "stations",
}


def known_principals(session: Session, file: OrganisationFile, kind: PrincipalKind) -> set[str]:
    """Names of this kind that can be referred to."""
    there = session.exec(select(Principal.id).where(Principal.kind == kind)).all()
    return {*there} | file.mentioned[_SECTIONS[kind]]


def check_principals(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """One name for one thing, and only units and roles that exist."""
    named: list[tuple[str, PrincipalKind, Place]] = [
        *((person.part.id, PrincipalKind.PERSON, person.place) for person in file.people),
        *((system.part.id, PrincipalKind.SYSTEM, system.place) for system in file.systems),
        *((station.part.id, PrincipalKind.STATION, station.place) for station in file.stations),
    ]
    problems.refuse_repeats(
        ((name, (*place, "id")) for name, _kind, place in named),
        "ein Name gilt nur einmal unter allen Personen, Fachverfahren und Scanstationen.",
    )
    kinds = dict(session.exec(select(Principal.id, col(Principal.kind))).all())
    for name, kind, place in named:
        if name == MACHINE.id and name not in kinds:
            detail = f"So nennt sich die Anwendung selbst im Protokoll („{name}“); bitte einen anderen Namen wählen."
            problems.add((*place, "id"), detail)
        if kinds.get(name, kind) is not kind:
            taken = KIND_NAMES[kinds[name]]
            problems.add((*place, "id"), f"„{name}“ gibt es schon ({taken}); bitte einen anderen Namen wählen.")
    units = known_units(session, file)
    for person in file.people:
        place = (*person.place, "units")
        problems.refuse_repeats(
            ((unit_id, (*place, index)) for index, unit_id in enumerate(person.part.units)), "einmal genügt."
        )
        for index, unit_id in enumerate(person.part.units):
            refuse_unknown_unit(problems, units, unit_id, (*place, index))
        _check_roles(person.part, (*person.place, "roles"), units, problems)
    for station in file.stations:
        refuse_unknown_unit(problems, units, station.part.unit, (*station.place, "unit"))


def _check_roles(person: PersonPart, place: Place, units: set[str], problems: Problems) -> None:
    problems.refuse_repeats(((role, (*place, index)) for index, role in enumerate(person.roles)), "einmal genügt.")
    for index, written in enumerate(person.roles):
        role, unit_id = split_role(written)
        if not role or (unit_id is None) != (role in _EVERYWHERE):
            detail = (
                f"„{written}“ ist keine Rolle; möglich sind {', '.join(_EVERYWHERE)} und Rollen wie registry@EINHEIT."
            )
            problems.add((*place, index), detail)
        elif unit_id is not None:
            refuse_unknown_unit(problems, units, unit_id, (*place, index))


def split_role(written: str) -> tuple[str, str | None]:
    """A role as written into `(role, unit id or None)`; an empty role where it is none."""
    if written in _EVERYWHERE:
        return written, None
    matched = _UNIT_ROLE.fullmatch(written)
    return (matched["role"], matched["unit"]) if matched else ("", None)


def apply_principals(session: Session, file: OrganisationFile) -> list[Change]:
    """Make or change the people, systems and stations of the file.

    A person's e-mail, units and roles become exactly what the file says; a new name has no password yet.
    """
    changes: list[Change] = []
    for person in file.people:
        changes += _apply_person(session, person.part)
    for system in file.systems:
        is_new, differences = _principal(session, PrincipalKind.SYSTEM, system.part)
        if is_new:
            session.add(SpecialistSystem(id=system.part.id))
        changes += _told(PrincipalKind.SYSTEM, system.part, is_new, differences)
    for station in file.stations:
        is_new, differences = _principal(session, PrincipalKind.STATION, station.part)
        if is_new:
            session.add(Station(id=station.part.id, unit_id=station.part.unit, device=station.part.device))
        else:
            row = session.get_one(Station, station.part.id)
            differences.note("Einheit", row.unit_id, station.part.unit)
            differences.note("Gerät", row.device, station.part.device)
            row.unit_id, row.device = station.part.unit, station.part.device
        changes += _told(PrincipalKind.STATION, station.part, is_new, differences)
    session.flush()
    return changes


def _principal(
    session: Session, kind: PrincipalKind, part: PersonPart | SystemPart | StationPart
) -> tuple[bool, Differences]:
    differences = Differences()
    principal = session.get(Principal, part.id)
    if principal is None:
        principal = Principal(id=part.id, kind=kind, name=part.name)
        if not isinstance(part, StationPart):
            principal.ceiling, principal.active = LEVEL_WORDS.index(part.ceiling), part.active
        session.add(principal)
        session.flush()
        return True, differences
    differences.note("Name", principal.name, part.name)
    principal.name = part.name
    if not isinstance(part, StationPart):
        _change_standing(principal, part, differences)
    return False, differences


def _change_standing(principal: Principal, part: PersonPart | SystemPart, differences: Differences) -> None:
    differences.note("Freigabestufe", LEVEL_WORDS[principal.ceiling], part.ceiling)
    if principal.active != part.active:
        differences.note_that(True, "wieder tätig" if part.active else "nicht mehr tätig")
    principal.ceiling, principal.active = LEVEL_WORDS.index(part.ceiling), part.active


def _told(
    kind: PrincipalKind, part: PersonPart | SystemPart | StationPart, is_new: bool, differences: Differences
) -> list[Change]:
    what = f"{KIND_NAMES[kind]} {part.id} „{part.name}“"
    return [added(what)] if is_new else differences.of(what)


def _apply_person(session: Session, part: PersonPart) -> list[Change]:
    is_new, differences = _principal(session, PrincipalKind.PERSON, part)
    if is_new:
        person = Person(id=part.id, email=part.email, birth_date=part.birth_date)
        session.add(person)
        session.flush()
    else:
        person = session.get_one(Person, part.id)
        differences.note("E-Mail", person.email, part.email)
        differences.note("Geburtsdatum", person.birth_date, part.birth_date)
        person.email, person.birth_date = part.email, part.birth_date
    interested_parties.person_changed(session, person, part.name)
    differences.note("Einheiten", _set_units(session, part.id, part.units), part.units)
    differences.note("Rollen", _set_roles(session, part), tuple(sorted(part.roles)))
    return _told(PrincipalKind.PERSON, part, is_new, differences)


def _set_units(session: Session, person_id: str, unit_ids: Sequence[str]) -> tuple[str, ...]:
    """Make a person a member of exactly these units; returns those before."""
    rows = session.exec(
        select(Membership).where(Membership.person_id == person_id).order_by(col(Membership.position))
    ).all()
    kept = {row.unit_id: row for row in rows if row.unit_id in unit_ids}
    for row in rows:
        if row.unit_id not in kept:
            session.delete(row)
    for position, unit_id in enumerate(unit_ids):
        if unit_id in kept:
            kept[unit_id].position = position
        else:
            session.add(Membership(person_id=person_id, unit_id=unit_id, position=position))
    session.flush()
    return tuple(row.unit_id for row in rows)


def _set_roles(session: Session, part: PersonPart) -> tuple[str, ...]:
    """Give a person exactly these roles; returns those before, in order."""
    rows = session.exec(select(RoleHolding).where(RoleHolding.person_id == part.id)).all()
    held = {row.role if row.unit_id is None else f"{row.role}@{row.unit_id}": row for row in rows}
    for written, row in held.items():
        if written not in part.roles:
            session.delete(row)
    for written in part.roles:
        if written not in held:
            role, unit_id = split_role(written)
            session.add(RoleHolding(person_id=part.id, role=role, unit_id=unit_id))
    session.flush()
    return tuple(sorted(held))
