"""Units from an organisation file."""

from __future__ import annotations

from sqlmodel import Session, col, select

from eakte.apply.changes import Change, Differences, added
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile, Placed
from eakte.apply.schema import UnitPart
from eakte.apply.yaml_lines import Place
from eakte.case_file_tables import CaseFile
from eakte.principals import UNASSIGNED_UNIT, Unit


def known_units(session: Session, file: OrganisationFile) -> set[str]:
    """Units that can be referred to: those there are and those the file names."""
    there = session.exec(select(Unit.id)).all()
    return ({*there} | file.mentioned["units"]) - {UNASSIGNED_UNIT}


def refuse_unknown_unit(problems: Problems, known: set[str], unit_id: str, place: Place) -> None:
    """Note a reference to a unit that nobody can mean."""
    if unit_id == UNASSIGNED_UNIT:
        problems.add(
            place, f"„{UNASSIGNED_UNIT}“ ist eingebaut und hat keine Mitglieder; bitte eine andere Einheit nennen."
        )
    elif unit_id not in known:
        problems.add(place, f"Die Einheit „{unit_id}“ gibt es nicht; bitte unter „units“ anlegen.")


def check_units(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """Repeated ids, unknown parents, and units that would be above themselves."""
    known = known_units(session, file)
    problems.refuse_repeats(((unit.part.id, (*unit.place, "id")) for unit in file.units), "eine id gilt nur einmal.")
    parents = dict(session.exec(select(Unit.id, Unit.parent_id)).all())
    for unit in file.units:
        if unit.part.id == UNASSIGNED_UNIT:
            problems.add((*unit.place, "id"), f"„{UNASSIGNED_UNIT}“ ist eingebaut; bitte eine andere id wählen.")
        if unit.part.parent is not None:
            refuse_unknown_unit(problems, known, unit.part.parent, (*unit.place, "parent"))
        parents[unit.part.id] = unit.part.parent
        _check_end(session, unit, known, problems)
    _check_mergers(session, file, problems)
    told: set[str] = set()
    for unit in file.units:
        circle = _circle(parents, unit.part.id)
        if circle and not told & set(circle):
            told |= set(circle)
            way = " → ".join([*circle, circle[0]])
            problems.add((*unit.place, "parent"), f"Die Einheit läge über sich selbst ({way}); bitte „parent“ ändern.")


def _check_mergers(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """No circle of mergers, and no unit that goes on below one that does not."""
    successors = dict(session.exec(select(Unit.id, Unit.merged_into_id)).all())
    parents = dict(session.exec(select(Unit.id, Unit.parent_id)).all())
    ended = set(session.exec(select(Unit.id).where(col(Unit.ended).is_(True))))
    for unit in file.units:
        part = unit.part
        successors[part.id], parents[part.id] = part.merged_into, part.parent
        ended = ended | {part.id} if _has_ended(part) else ended - {part.id}
    for unit in file.units:
        if unit.part.merged_into != unit.part.id and _circle(successors, unit.part.id):
            problems.add((*unit.place, "merged_into"), "Die Einheiten gehen im Kreis ineinander auf; bitte ändern.")
        left = (
            sorted(name for name, above in parents.items() if above == unit.part.id and name not in ended)
            if unit.part.id in ended
            else []
        )
        if left:
            key = "ended" if unit.part.merged_into is None else "merged_into"
            detail = f"Darunter bestehen noch Einheiten ({', '.join(left)}); bitte sie zuerst umhängen."
            problems.add((*unit.place, key), detail)


def _check_end(session: Session, unit: Placed[UnitPart], known: set[str], problems: Problems) -> None:
    """A unit that ends leaves nothing behind that nobody would look after."""
    part, place = unit.part, unit.place
    if part.merged_into is not None:
        refuse_unknown_unit(problems, known, part.merged_into, (*place, "merged_into"))
        if part.merged_into == part.id:
            problems.add((*place, "merged_into"), "Das ist die Einheit selbst; bitte eine andere nennen.")
        return
    responsible = select(CaseFile.id).where(CaseFile.responsible_unit_id == part.id, CaseFile.status == "open")
    if part.ended and session.exec(responsible.limit(1)).first() is not None:
        detail = (
            f"„{part.id}“ ist noch für offene Akten federführend; bitte mit „merged_into“ sagen, welche Einheit sie "
            "übernimmt, oder die Akten vorher abgeben."
        )
        problems.add((*place, "ended"), detail)


def _circle(parents: dict[str, str | None], unit_id: str) -> list[str]:
    """The units from this one upwards until it comes again; empty if it does not."""
    way: list[str] = []
    above: str | None = unit_id
    while above is not None and above not in way:
        way.append(above)
        above = parents.get(above)
    return way if above == unit_id else []


def apply_units(session: Session, file: OrganisationFile) -> list[Change]:
    """Make or change the units of the file; others stay as they are."""
    ids = [unit.part.id for unit in file.units]
    there = {unit.id: unit for unit in session.exec(select(Unit).where(col(Unit.id).in_(ids)))}
    changes: list[Change] = []
    for position, unit in enumerate(file.units):
        part = unit.part
        what = f"Einheit {part.id} „{part.name}“"
        row = there.get(part.id)
        threshold = None if part.file_without_code is None else part.file_without_code.score
        if row is None:
            there[part.id] = row = Unit(
                id=part.id,
                name=part.name,
                position=position,
                ended=_has_ended(part),
                files_without_code_from=threshold,
            )
            session.add(row)
            changes.append(added(what))
            continue
        differences = Differences()
        differences.note("Name", row.name, part.name)
        differences.note("Übergeordnet", row.parent_id, part.parent)
        differences.note_that(row.position != position, "Reihenfolge")
        differences.note_that(row.ended != _has_ended(part), "beendet" if _has_ended(part) else "besteht wieder")
        differences.note("Aufgegangen in", row.merged_into_id, part.merged_into)
        differences.note("Ablegen ohne Code ab", row.files_without_code_from, threshold)
        row.files_without_code_from = threshold
        row.name, row.position, row.ended = part.name, position, _has_ended(part)
        changes.extend(differences.of(what))
    # Parents only now: a unit may stand in the file before the one above it.
    session.flush()
    for unit in file.units:
        there[unit.part.id].parent_id = unit.part.parent
        there[unit.part.id].merged_into_id = unit.part.merged_into
    session.flush()
    return changes


def _has_ended(part: UnitPart) -> bool:
    return part.ended or part.merged_into is not None
