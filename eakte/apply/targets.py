"""What rights in an organisation file stand on: things that are there, or that the file makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import Session, select

from eakte import nodes
from eakte.apply.filing_plan import known_codes
from eakte.apply.principals import known_principals
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile, Placed
from eakte.apply.schema import Part, ValidPart
from eakte.apply.units import known_units
from eakte.apply.yaml_lines import Place
from eakte.errors import NotFound
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.nodes import Node
from eakte.principals import PrincipalKind
from eakte.subjects import KnownNames

ListedT = TypeVar("ListedT", bound=Part)


class Targets:
    """Everything an organisation file may refer to, before it is carried out."""

    def __init__(self, session: Session, file: OrganisationFile) -> None:
        self._session = session
        self._codes = known_codes(session, file)
        self._sections = {row.code: set(row.sections) for row in session.exec(select(FilingPlanEntry))}
        self._sections |= {entry.part.code: set(entry.part.sections) for entry in file.entries}
        self._units = known_units(session, file)
        self._people = known_principals(session, file, PrincipalKind.PERSON)
        self._systems = known_principals(session, file, PrincipalKind.SYSTEM)

    @property
    def names(self) -> KnownNames:
        """Whom the file may name."""
        return KnownNames(self._units.__contains__, self._people.__contains__, self._systems.__contains__)

    def check_node(self, on: str, place: Place, problems: Problems) -> None:
        """Refuse a target that there is not and that the file does not make."""
        kind, _colon, name = on.partition(":")
        if kind == "plan":
            code, slash, section = name.partition("/")
            if code not in self._codes:
                problems.add(place, f"Den Aktenplaneintrag „{code}“ gibt es nicht; bitte unter „filing_plan“ anlegen.")
            elif slash and section not in self._sections.get(code, {section}):
                known = ", ".join(sorted(self._sections[code])) or "keine"
                problems.add(place, f"Das Register „{section}“ hat „{code}“ nicht; möglich sind: {known}.")
            return
        if kind not in _MISSING:
            forms = "plan:KENNZEICHEN, case:AKTENZEICHEN (beide auch mit /REGISTER), proceeding: und document:KENNUNG"
            problems.add(place, f"„{on}“ ist kein Ziel; möglich sind {forms}.")
            return
        try:
            nodes.parse(self._session, on)
        except NotFound:
            problems.add(place, _MISSING[kind].format(name=name))

    def check_person(self, name: str, place: Place, problems: Problems) -> None:
        """Refuse a person that there is not."""
        if name not in self._people:
            problems.add(place, f"„{name}“ gibt es nicht (Person); bitte anlegen oder die Schreibweise prüfen.")

    def check_valid(self, part: ValidPart, place: Place, problems: Problems) -> None:
        """Refuse a validity that ends before it begins."""
        if part.valid_from and part.valid_until and part.valid_until <= part.valid_from:
            problems.add((*place, "until"), "Das Ende liegt vor dem Anfang; bitte „from“ und „until“ prüfen.")


_MISSING = {
    "case": "Eine Akte mit dem Aktenzeichen „{name}“ gibt es nicht; bitte Aktenzeichen und Register prüfen.",
    "proceeding": "Einen Vorgang „{name}“ gibt es nicht; bitte die Kennung prüfen.",
    "document": "Ein Dokument „{name}“ gibt es nicht; bitte die Kennung prüfen.",
}


def node_named(session: Session, on: str) -> Node:
    """The node of a target that was checked, once the filing plan of the file is made."""
    return nodes.parse(session, on)


def listed(parts: list[Placed[ListedT]] | None) -> Sequence[Placed[ListedT]]:
    """The parts of a section; none where the file does not speak of it."""
    return parts or ()
