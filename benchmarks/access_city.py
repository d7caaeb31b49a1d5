"""A large city for `benchmarks.access`: units, people, filing plan, case files and who may see which; always the same.

Half of all case files lie below the entry `50`, the oldest tenth below `99`, the personnel files below `11.20`.
A case file in twelve has rights of its own; personnel files all do, with their sections.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from benchmarks.access_scopes import ScopeTree
from eakte.access_tables import EVERYTHING, LEADING, ROOT_SCOPE_ID, ExclusionCause, GrantCause, Right, ScopeKind

BEGAN_AT = datetime(2016, 1, 4, 8, tzinfo=UTC)
YEARS = 10
PERSONNEL, ARCHIVE, SOCIAL = "11.20", "99", "50"
SECTIONS = ("Antrag", "Schriftwechsel", "Bescheid")
PERSONNEL_SECTIONS = ("Vertrag", "Bezüge", "Beurteilung")
WORKING = Right.READ | Right.FILE | Right.EDIT
OFFICES, DISTRICTS, DEPARTMENTS = 40, 30, 8
EVERYBODY, OLDEST, SIXTY, NOBODY, PERSONNEL_CLERK, DEPUTY = (
    "sieht-alles", "nur-altes", "sechzig-alte", "sieht-nichts", "personalstelle", "vertretung",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much there is of everything; people and units stay when only the case files grow."""

    case_files: int

    @property
    def people(self) -> int:
        return 2_000 if self.case_files >= 10_000 else 200

    @property
    def units(self) -> int:
        return 500 if self.case_files >= 10_000 else 140

    @property
    def personnel_files(self) -> int:
        return self.case_files * 3 // 100

    @property
    def old_files(self) -> int:
        return self.case_files // 10


@dataclass(frozen=True)
class Entry:
    """A filing plan entry."""

    code: str
    parent: str | None
    sections: tuple[str, ...]
    scope_id: int


@dataclass(frozen=True)
class Proceeding:
    """A proceeding of a case file."""

    id: UUID
    scope_id: int


@dataclass(frozen=True)
class File:
    """A case file with its documents' places.

    Attributes:
        places: The scope of documents by section.
        own_document: Which document has a scope of its own (its place in order), and that scope.
    """

    number: int
    id: UUID
    code: str
    unit: str
    created_at: datetime
    updated_at: datetime
    scope_id: int
    document_count: int
    places: dict[str | None, int]
    proceeding: Proceeding | None
    own_document: tuple[int, int] | None
    party_of: str | None


@dataclass
class City:
    """The whole city."""

    size: Size
    tree: ScopeTree = field(default_factory=ScopeTree)
    units: dict[str, str | None] = field(default_factory=dict)
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ceilings: dict[str, int] = field(default_factory=dict)
    roles: list[tuple[str, str, str | None]] = field(default_factory=list)
    deputies: list[tuple[str, str, int | None]] = field(default_factory=list)
    combinations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    leaves: dict[str, list[str]] = field(default_factory=dict)
    """Codes of leaves by their topmost entry."""
    offices: dict[str, str] = field(default_factory=dict)
    """The office that works on a leaf."""
    files: list[File] = field(default_factory=list)

    def teams_of(self, office: str) -> list[str]:
        """The units below an office."""
        return [unit for unit, parent in self.units.items() if parent == office]

    def all_of(self, *members: str) -> str:
        """The token of a combination, as `eakte.subjects` makes it."""
        token = "all_of:" + " & ".join(sorted(members))
        self.combinations[token] = tuple(sorted(members))
        return token


def made_id(table: int, number: int, at: datetime) -> UUID:
    """A UUIDv7 that is the same in every run."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | table << 64 | 2 << 62 | number)


def build(size: Size, *, seed: int = 4) -> City:
    """Everything but the rows."""
    city, dice = City(size), random.Random(seed)
    _units(city)
    _people(city, dice)
    _filing_plan(city)
    _grants_on_the_plan(city, dice)
    _case_files(city, dice)
    _special_people(city, dice)
    return city


def _units(city: City) -> None:
    city.units["STADT"] = None
    for number in range(DEPARTMENTS):
        city.units[f"D{number + 1}"] = "STADT"
    for number in range(OFFICES):
        city.units[f"A{number + 1:02}"] = f"D{number % DEPARTMENTS + 1}"
    for number in range(DISTRICTS):
        city.units[f"B{number + 1:02}"] = "STADT"
    for number in range(city.size.units - len(city.units)):
        city.units[f"A{number % OFFICES + 1:02}-{number // OFFICES + 1:02}"] = f"A{number % OFFICES + 1:02}"


def _people(city: City, dice: random.Random) -> None:
    teams = [unit for unit in city.units if "-" in unit]
    for number in range(city.size.people):
        name = f"p{number:04}"
        team = teams[number % len(teams)]
        matrix = (f"B{dice.randrange(DISTRICTS) + 1:02}",) if number % 4 == 0 else ()
        city.people[name] = (team, *matrix)
        city.ceilings[name] = dice.choices((0, 1, 2, 3), (30, 50, 18, 2))[0]
        if number % 10 == 0:
            city.roles.append((name, "registry", city.units[team]))


def _filing_plan(city: City) -> None:
    def entry(code: str, parent: str | None, sections: tuple[str, ...] = ()) -> None:
        above = ROOT_SCOPE_ID if parent is None else city.entries[parent].scope_id
        scope_id = city.tree.scope(ScopeKind.FILING_PLAN, code, above)
        city.entries[code] = Entry(code, parent, sections, scope_id)
        for section in sections:
            city.tree.scope(ScopeKind.ENTRY_SECTION, f"{code}/{section}", scope_id)

    def leaf(code: str, parent: str, top: str, sections: tuple[str, ...] = ()) -> None:
        entry(code, parent, sections)
        city.leaves.setdefault(top, []).append(code)

    entry("11", None)
    leaf(PERSONNEL, "11", "11", PERSONNEL_SECTIONS)
    city.tree.levels[city.entries[PERSONNEL].scope_id] = 1
    for top in [SOCIAL, *(str(number) for number in range(20, 40))]:
        entry(top, None)
        middles = 8 if top == SOCIAL else 4
        for middle in range(1, middles + 1):
            entry(f"{top}.{middle}", top)
            for last in range(1, (10 if top == SOCIAL else 4) + 1):
                number = len(city.entries)
                leaf(f"{top}.{middle}.{last:02}", f"{top}.{middle}", top, SECTIONS if number % 6 == 0 else ())
    entry(ARCHIVE, None)
    for last in range(1, 11):
        leaf(f"{ARCHIVE}.{last:02}", ARCHIVE, ARCHIVE, SECTIONS if last == 1 else ())
    for top, codes in city.leaves.items():
        for number, code in enumerate(codes):
            if top == "11":
                city.offices[code] = f"A{OFFICES}"
            elif top == SOCIAL:
                city.offices[code] = f"A{number % 4 + 1:02}"
            else:
                city.offices[code] = f"A{(int(top) * 3 + number) % (OFFICES - 5) + 5:02}"


def _grants_on_the_plan(city: City, dice: random.Random) -> None:
    """Whole offices see some entries, roles and single people others, combinations their district's part."""
    tree = city.tree
    for number, entry in enumerate(city.entries.values()):
        if entry.code.startswith("11"):
            continue
        if number % 5 == 0:
            tree.grant(entry.scope_id, f"unit-tree:A{dice.randrange(4) + 1:02}", Right.READ)
        if number % 3 == 0:
            tree.grant(entry.scope_id, f"role:registry@A{dice.randrange(OFFICES) + 1:02}", EVERYTHING)
        if number % 7 == 0:
            tree.grant(entry.scope_id, f"person:{dice.choice(list(city.people))}", WORKING)
        if number % 2 == 0:
            office, district = f"A{dice.randrange(4) + 1:02}", f"B{dice.randrange(DISTRICTS) + 1:02}"
            tree.grant(entry.scope_id, city.all_of(f"unit-tree:{office}", f"unit:{district}"), WORKING)
        if number % 40 == 0:
            tree.exclude(entry.scope_id, dice.choice(list(city.people)))
        for section in entry.sections:
            scope_id = tree.scope(ScopeKind.ENTRY_SECTION, f"{entry.code}/{section}", entry.scope_id)
            if number % 4 == 0:
                tree.grant(scope_id, f"unit:A{dice.randrange(OFFICES) + 1:02}-01", Right.READ)
    personnel = city.entries[PERSONNEL]
    tree.grant(personnel.scope_id, "system:km-personal", WORKING, GrantCause.APPLIED)
    tree.grant(personnel.scope_id, f"unit:A{OFFICES}-01", LEADING, GrantCause.APPLIED)
    pay = tree.scope(ScopeKind.ENTRY_SECTION, f"{PERSONNEL}/Bezüge", personnel.scope_id)
    tree.grant(pay, f"unit:A{OFFICES}-02", WORKING, GrantCause.APPLIED)


# -- case files --------------------------------------------------------------------------------------


def _case_files(city: City, dice: random.Random) -> None:
    size = city.size
    names = list(city.people)
    step = timedelta(days=365 * YEARS) / size.case_files
    kinds = ["11"] * size.personnel_files + [SOCIAL] * (size.case_files * 51 // 100)
    others = [top for top in city.leaves if top not in ("11", SOCIAL, ARCHIVE)]
    kinds += [others[n % len(others)] for n in range(size.case_files - size.old_files - len(kinds))]
    dice.shuffle(kinds)
    kinds = [ARCHIVE] * size.old_files + kinds
    for number, top in enumerate(kinds):
        code = dice.choice(city.leaves[top])
        created_at = BEGAN_AT + number * step
        unit = f"A{OFFICES}-01" if top == "11" else dice.choice(city.teams_of(city.offices[code]))
        file_id = made_id(1, number, created_at)
        holder = _shared_scope(city, code, unit)
        is_personnel = top == "11"
        owns = is_personnel or dice.random() < 0.08
        if owns:
            holder = _own_scope(city, dice, file_id, code, unit)
        places = _places(city, file_id, code, unit, holder, owns=owns)
        party_of = None
        if is_personnel:
            party_of = names[number % len(names)]
            _personnel_rights(city, dice, holder, party_of)
        elif owns:
            _own_rights(city, dice, holder)
        proceeding = _proceeding(city, dice, number, created_at, holder, owns) if not is_personnel else None
        count = min(60, max(1, round(dice.expovariate(1 / 10))))
        city.files.append(
            File(
                number, file_id, code, unit, created_at, created_at + timedelta(days=60 * dice.random()), holder,
                count, places, proceeding, _own_document(city, dice, number, created_at, places, count), party_of,
            )
        )  # fmt: skip


def _shared_scope(city: City, code: str, unit: str) -> int:
    entry, node, tree = city.entries[code], f"{code}|{unit}", city.tree
    is_new = not tree.has(ScopeKind.RESPONSIBLE, node)
    scope_id = tree.scope(ScopeKind.RESPONSIBLE, node, entry.scope_id)
    if is_new:
        tree.grant(scope_id, f"unit:{unit}", LEADING, GrantCause.RESPONSIBLE)
        for section in entry.sections:
            beside = tree.scope(ScopeKind.ENTRY_SECTION, f"{code}/{section}", entry.scope_id)
            tree.scope(ScopeKind.RESPONSIBLE_SECTION, f"{node}/{section}", scope_id, beside)
    return scope_id


def _own_scope(city: City, dice: random.Random, file_id: UUID, code: str, unit: str) -> int:
    tree = city.tree
    scope_id = tree.scope(ScopeKind.CASE_FILE, str(file_id), city.entries[code].scope_id)
    tree.grant(scope_id, f"unit:{unit}", LEADING, GrantCause.RESPONSIBLE)
    if dice.random() < 0.06:
        tree.shielded.add(scope_id)
    if dice.random() < 0.1:
        tree.levels[scope_id] = dice.choice((1, 2, 2, 3))
    return scope_id


def _places(city: City, file_id: UUID, code: str, unit: str, holder: int, *, owns: bool) -> dict[str | None, int]:
    places: dict[str | None, int] = {None: holder}
    for section in city.entries[code].sections:
        beside = city.tree.scope(ScopeKind.ENTRY_SECTION, f"{code}/{section}", city.entries[code].scope_id)
        if owns:
            places[section] = city.tree.scope(ScopeKind.SECTION, f"{file_id}/{section}", holder, beside)
        else:
            node = f"{code}|{unit}/{section}"
            places[section] = city.tree.scope(ScopeKind.RESPONSIBLE_SECTION, node, holder, beside)
    return places


def _personnel_rights(city: City, dice: random.Random, scope_id: int, of_whom: str) -> None:
    city.tree.exclude(scope_id, of_whom, ExclusionCause.PARTY)
    city.tree.grant(scope_id, f"person:{dice.choice(list(city.people))}", Right.READ)
    city.tree.grant(scope_id, f"role:registry@A{dice.randrange(OFFICES) + 1:02}", Right.READ)


def _own_rights(city: City, dice: random.Random, scope_id: int) -> None:
    tree, names = city.tree, list(city.people)
    for _ in range(dice.choice((1, 1, 2, 3))):
        subject = dice.choice(
            (
                f"person:{dice.choice(names)}",
                f"person:{dice.choice(names)}",
                f"unit:{dice.choice(list(city.units))}",
                city.all_of(f"unit-tree:A{dice.randrange(10) + 1:02}", f"unit:B{dice.randrange(DISTRICTS) + 1:02}"),
            )
        )
        until = BEGAN_AT + timedelta(days=365 * dice.choice((9, 30))) if dice.random() < 0.3 else None
        tree.grant(scope_id, subject, dice.choice((Right.READ, WORKING)), until=until)
    if dice.random() < 0.03:
        tree.exclude(scope_id, dice.choice(names))


def _proceeding(
    city: City, dice: random.Random, number: int, at: datetime, holder: int, owns: bool
) -> Proceeding | None:
    if dice.random() >= 0.02:
        return None
    proceeding_id, scope_id = made_id(2, number, at), holder
    if owns and dice.random() < 0.5:
        scope_id = city.tree.scope(ScopeKind.PROCEEDING, str(proceeding_id), holder)
        city.tree.grant(scope_id, f"person:{dice.choice(list(city.people))}", WORKING)
    return Proceeding(proceeding_id, scope_id)


def _own_document(
    city: City, dice: random.Random, number: int, at: datetime, places: dict[str | None, int], count: int
) -> tuple[int, int] | None:
    """One document in 300 was shared by itself."""
    if dice.random() >= count / 300:
        return None
    index = dice.randrange(count)
    place = places[section_of(tuple(places), index)]
    scope_id = city.tree.scope(ScopeKind.DOCUMENT, str(document_id(number, index, at)), place)
    city.tree.grant(scope_id, f"person:{dice.choice(list(city.people))}", Right.READ)
    return index, scope_id


def section_of(sections: tuple[str | None, ...], index: int) -> str | None:
    """The section a case file's document lies in, by its place in order."""
    return sections[index % len(sections)]


def document_id(number: int, index: int, at: datetime) -> UUID:
    """The id of a case file's document."""
    return made_id(3, number * 100 + index, at)


def _special_people(city: City, dice: random.Random) -> None:
    """The people whose lists are measured."""
    tree = city.tree
    for name, ceiling in (
        (EVERYBODY, 3), (OLDEST, 2), (SIXTY, 2), (NOBODY, 3), (PERSONNEL_CLERK, 2), (DEPUTY, 1),
    ):  # fmt: skip
        city.people[name] = (f"A{OFFICES}-01",) if name == PERSONNEL_CLERK else ()
        city.ceilings[name] = ceiling
    tree.grant(ROOT_SCOPE_ID, f"person:{EVERYBODY}", EVERYTHING)
    tree.grant(city.entries[ARCHIVE].scope_id, f"person:{OLDEST}", WORKING)
    old = [file for file in city.files[: city.size.old_files] if tree.scopes[file.scope_id - 1].kind == "case_file"]
    for file in old[:60]:
        tree.grant(file.scope_id, f"person:{SIXTY}", Right.READ)
    ordinary = [name for name in city.people if name.startswith("p")]
    for _ in range(len(ordinary) // 20):
        somebody, other = dice.sample(ordinary, 2)
        within = city.entries[dice.choice(("50.1", "50.2", "20"))].scope_id if dice.random() < 0.3 else None
        city.deputies.append((somebody, other, within))
    department, normal = people_of(city, "A01")[0], people_of(city, "A20")[0]
    city.deputies += [(DEPUTY, department, None), (DEPUTY, normal, None)]


def people_of(city: City, office: str) -> list[str]:
    """The people of an office's first teams, in order."""
    return [name for name, units in city.people.items() if units and city.units[units[0]] == office]
