"""What the oracle of rights knows of a small world, as somebody would note it down on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from eakte.access_tables import Right
from eakte.clock import now


class Thing(NamedTuple):
    """Something rights can stand on: the words of `kind` are those of the API; `root` and `inbox` come on top."""

    kind: str
    id: str
    section: str = ""


ROOT = Thing("root", "")


@dataclass
class Term:
    """From when until when something holds, unless somebody ended it."""

    since: datetime | None = None
    until: datetime | None = None
    ended: bool = False

    @property
    def holds(self) -> bool:
        return self.holds_at(now())

    def holds_at(self, moment: datetime) -> bool:
        return (
            not self.ended
            and (self.since is None or self.since <= moment)
            and (self.until is None or moment < self.until)
        )


@dataclass
class Granted:
    """On this thing, this subject has these rights. Subjects are written `unit-tree:SO`, `all_of:A & B` …"""

    on: Thing
    subject: str
    rights: Right
    term: Term
    cause: str = "applied"
    row: UUID | None = None


@dataclass
class Excluded:
    """At this thing and below, this person gets nothing."""

    on: Thing
    person: str
    term: Term
    row: UUID | None = None


@dataclass
class Stands:
    """A deputy, for whom, and below what only."""

    deputy: str
    person: str
    below: Thing | None
    term: Term
    row: UUID | None = None


@dataclass
class Office:
    """A unit."""

    above: str | None
    ended: bool = False
    merged_into: str | None = None


@dataclass
class Somebody:
    """A person, or a specialist system (then without units and roles)."""

    name: str
    ceiling: int
    units: set[str] = field(default_factory=set)
    roles: set[tuple[str, str]] = field(default_factory=set)
    active: bool = True


@dataclass
class Entry:
    """An entry of the filing plan."""

    above: str | None
    sections: tuple[str, ...] = ()
    parties_may_read: bool = False
    break_glass: bool = False


@dataclass
class Involved:
    """A party of a case file.

    Attributes:
        account: Who it is, when that was said.
        somebody_else: People of the same name of whom was said that they are not meant.
    """

    name: str
    account: str | None = None
    somebody_else: set[str] = field(default_factory=set)


@dataclass
class File:
    """A case file."""

    entry: str
    unit: str
    reference: str
    secret: str
    parties: list[Involved] = field(default_factory=list)


@dataclass
class Paper:
    """A document: in a case file, or (then `case_file` is None) waiting in the inbox of a unit."""

    secret: str
    case_file: str | None
    section: str | None = None
    proceeding: str | None = None
    unit: str = ""
    concerns: str | None = None
    withdrawn: bool = False


@dataclass
class World:
    """Everything rights depend on. Ids of case files, proceedings and documents are UUIDs as text."""

    units: dict[str, Office] = field(default_factory=dict)
    people: dict[str, Somebody] = field(default_factory=dict)
    systems: dict[str, Somebody] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    case_files: dict[str, File] = field(default_factory=dict)
    proceedings: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Paper] = field(default_factory=dict)
    matters: dict[str, str] = field(default_factory=dict)
    """Proceeding to the secret in its title."""
    letters: dict[str, str] = field(default_factory=dict)
    """Letter to its document."""
    grants: list[Granted] = field(default_factory=list)
    exclusions: list[Excluded] = field(default_factory=list)
    deputies: list[Stands] = field(default_factory=list)
    shielded: set[Thing] = field(default_factory=set)
    levels: dict[Thing, int] = field(default_factory=dict)

    @property
    def leaves(self) -> list[str]:
        """The entries case files hang on."""
        above = {entry.above for entry in self.entries.values()}
        return [code for code in self.entries if code not in above]

    @property
    def everybody(self) -> dict[str, Somebody]:
        """People and systems by id."""
        return {**self.people, **self.systems}

    def things(self) -> list[Thing]:
        """All things there are; what was withdrawn is none any more."""
        found = [Thing("filing_plan", code) for code in self.entries]
        found += [Thing("entry_section", code, name) for code, one in self.entries.items() for name in one.sections]
        found += [Thing("case_file", id_) for id_ in self.case_files]
        found += [
            Thing("section", id_, name)
            for id_, one in self.case_files.items()
            for name in self.entries[one.entry].sections
        ]
        found += [Thing("proceeding", id_) for id_ in self.proceedings]
        return found + [Thing("document", id_) for id_, paper in self.documents.items() if not paper.withdrawn]
