"""From the text of a file to its parts, each with its place; every part is checked for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from eakte.apply.problems import Problems
from eakte.apply.schema import (
    DeputyPart,
    EntryPart,
    ExclusionPart,
    GrantPart,
    InboxRulePart,
    Part,
    PersonPart,
    ScanProfilePart,
    StationPart,
    SystemPart,
    TemplatePart,
    UnitPart,
)
from eakte.apply.wording import in_german
from eakte.apply.yaml_lines import Place, read_yaml

PartT = TypeVar("PartT", bound=Part)

SECTIONS = (
    "units", "people", "systems", "stations", "scan_profiles", "filing_plan", "grants", "exclusions", "deputies",
    "templates", "inbox_rules",
)  # fmt: skip


@dataclass(frozen=True)
class Placed(Generic[PartT]):
    """A part and where it stands."""

    part: PartT
    place: Place


@dataclass(frozen=True)
class PlacedEntry(Placed[EntryPart]):
    """A filing plan entry where it hangs.

    Attributes:
        parent_code: None at the top.
        position: Among its siblings, from 0.
    """

    parent_code: str | None
    position: int
    has_children: bool


@dataclass
class OrganisationFile:
    """What a file names.

    Attributes:
        grants, exclusions, deputies, inbox_rules: None where the file does not speak of them at all; an empty
            list takes back all that earlier files gave.
        mentioned: Every id or code by section, also of parts that are wrong in themselves, so that one
            mistake is not told again wherever the part is referred to.
    """

    units: list[Placed[UnitPart]] = field(default_factory=list)
    people: list[Placed[PersonPart]] = field(default_factory=list)
    systems: list[Placed[SystemPart]] = field(default_factory=list)
    stations: list[Placed[StationPart]] = field(default_factory=list)
    scan_profiles: list[Placed[ScanProfilePart]] = field(default_factory=list)
    entries: list[PlacedEntry] = field(default_factory=list)
    grants: list[Placed[GrantPart]] | None = None
    exclusions: list[Placed[ExclusionPart]] | None = None
    deputies: list[Placed[DeputyPart]] | None = None
    templates: list[Placed[TemplatePart]] = field(default_factory=list)
    inbox_rules: list[Placed[InboxRulePart]] | None = None
    mentioned: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in SECTIONS})


def read_organisation(source: str) -> tuple[OrganisationFile, Problems]:
    """Read the parts of an organisation file.

    Returns:
        The parts that are right in themselves, and the problems of the others.

    Raises:
        Invalid: The text is no YAML mapping at all.
    """
    content, lines, found = read_yaml(source)
    problems = Problems(lines, found)
    file = OrganisationFile()
    if not isinstance(content, dict):
        problems.add((), f"Die Datei muss aus Abschnitten bestehen; möglich sind {', '.join(SECTIONS)}.")
        problems.settle()
    for name in content:
        if name not in SECTIONS:
            problems.add((name,), f"„{name}“ ist hier nicht bekannt; möglich sind {', '.join(SECTIONS)}.")
    reader = _Reader(content, file, problems)
    file.units = list(reader.parts("units", UnitPart))
    file.people = list(reader.parts("people", PersonPart))
    file.systems = list(reader.parts("systems", SystemPart))
    file.stations = list(reader.parts("stations", StationPart))
    file.scan_profiles = list(reader.parts("scan_profiles", ScanProfilePart))
    reader.entries()
    if "grants" in content:
        file.grants = list(reader.parts("grants", GrantPart))
    if "exclusions" in content:
        file.exclusions = list(reader.parts("exclusions", ExclusionPart))
    if "deputies" in content:
        file.deputies = list(reader.parts("deputies", DeputyPart))
    if "inbox_rules" in content:
        file.inbox_rules = list(reader.parts("inbox_rules", InboxRulePart))
    file.templates = list(reader.parts("templates", TemplatePart))
    return file, problems


class _Reader:
    def __init__(self, content: dict[str, Any], file: OrganisationFile, problems: Problems) -> None:
        self._content = content
        self._file = file
        self._problems = problems

    def parts(self, section: str, model: type[PartT]) -> Iterator[Placed[PartT]]:
        """The parts of a section that are right in themselves."""
        for place, item in self._items(self._content.get(section), (section,)):
            self._mention(section, item.get("id"))
            part = self._part(model, item, place)
            if part is not None:
                yield Placed(part, place)

    def entries(self) -> None:
        """The filing plan, parents before children."""
        self._entries_below(self._content.get("filing_plan"), ("filing_plan",), None)

    def _entries_below(self, content: Any, within: Place, parent_code: str | None) -> None:
        for position, (place, item) in enumerate(self._items(content, within)):
            self._mention("filing_plan", item.get("code"))
            own = {key: value for key, value in item.items() if key != "children"}
            part = self._part(EntryPart, own, place)
            children = item.get("children")
            if part is not None:
                self._file.entries.append(PlacedEntry(part, place, parent_code, position, bool(children)))
            code = item.get("code")
            self._entries_below(children, (*place, "children"), code if isinstance(code, str) else None)

    def _items(self, content: Any, place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
        if content is None:
            return
        if not isinstance(content, list):
            self._problems.add(place, f"„{place[-1]}“ muss eine Liste sein; jeder Eintrag beginnt mit „- “.")
            return
        for index, item in enumerate(content):
            if isinstance(item, dict):
                yield (*place, index), item
            else:
                self._problems.add((*place, index), "Ein Eintrag muss aus Schlüsseln und Werten bestehen.")

    def _mention(self, section: str, name: Any) -> None:
        if isinstance(name, str):
            self._file.mentioned[section].add(name.strip())

    def _part(self, model: type[PartT], item: dict[str, Any], place: Place) -> PartT | None:
        try:
            return model.model_validate(_without_nulls(item))
        except ValidationError as error:
            for finding in error.errors(include_url=False):
                steps = tuple(step for step in finding["loc"] if step != "[key]")
                self._problems.add((*place, *steps), in_german(finding, model))
            return None


def _without_nulls(value: Any) -> Any:
    """A key without a value is as if it were not written."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value
