"""The rights of a small world told slowly and obviously: walks the tree for each question, remembers nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from eakte.access_tables import LEADING, Right
from eakte.clock import now


@dataclass
class Granted:
    """A grant as somebody would note it down; the node is `("plan", code)`, `("case", id)` or `("document", id)`."""

    node: tuple[str, str | UUID]
    subject: str
    rights: Right
    since: datetime | None
    until: datetime | None
    revoked: bool = False


@dataclass
class Filed:
    """Where a document is: in a case file, or waiting in a unit's inbox."""

    case_file: UUID | None
    unit: str = ""
    concerns: UUID | None = None
    withdrawn: bool = False


@dataclass
class World:
    """Everything rights depend on."""

    unit_above: dict[str, str | None] = field(default_factory=dict)
    units_of: dict[str, set[str]] = field(default_factory=dict)
    systems: set[str] = field(default_factory=set)
    entry_above: dict[str, str | None] = field(default_factory=dict)
    entry_of: dict[UUID, str] = field(default_factory=dict)
    unit_of: dict[UUID, str] = field(default_factory=dict)
    documents: dict[UUID, Filed] = field(default_factory=dict)
    grants: list[Granted] = field(default_factory=list)

    @property
    def actors(self) -> list[str]:
        return [*self.units_of, *sorted(self.systems)]

    @property
    def leaves(self) -> list[str]:
        return [code for code in self.entry_above if code not in self.entry_above.values()]

    def _reaches(self, subject: str, actor: str) -> bool:
        kind, _, name = subject.partition(":")
        if kind == "system":
            return actor in self.systems and actor == name
        if actor in self.systems:
            return False
        if kind == "person":
            return actor == name
        for unit in self.units_of[actor]:
            above: str | None = unit
            while above is not None:
                if above == name and (kind == "unit-tree" or above == unit):
                    return True
                above = self.unit_above[above]
        return False

    def _on(self, node: tuple[str, str | UUID], actor: str) -> Right:
        rights = Right(0)
        for grant in self.grants:
            begun = grant.since is None or grant.since <= now()
            over = grant.until is not None and grant.until <= now()
            if grant.node == node and not grant.revoked and begun and not over and self._reaches(grant.subject, actor):
                rights |= grant.rights
        return rights

    def on_entry(self, code: str, actor: str) -> Right:
        rights, above = Right(0), code
        while above is not None:
            rights |= self._on(("plan", above), actor)
            above = self.entry_above[above]  # type: ignore[assignment]
        return rights

    def on_case_file(self, id_: UUID, actor: str) -> Right:
        rights = self._on(("case", id_), actor) | self.on_entry(self.entry_of[id_], actor)
        unit = self.unit_of[id_]
        if actor not in self.systems and unit in self.units_of[actor]:
            rights |= LEADING
        return rights

    def on_document(self, id_: UUID, actor: str) -> Right:
        filed = self.documents[id_]
        if filed.withdrawn:
            return Right(0)
        rights = self._on(("document", id_), actor)
        if filed.case_file is not None:
            return rights | self.on_case_file(filed.case_file, actor)
        if actor not in self.systems and filed.unit in self.units_of[actor]:
            rights |= Right.READ | Right.FILE | Right.EDIT
        if filed.concerns is not None and not self.on_case_file(filed.concerns, actor) & Right.FILE:
            return Right(0)
        return rights

    def plan(self, actor: str) -> set[str]:
        visible = {code for code in self.entry_above if self.on_entry(code, actor)}
        visible |= {code for id_, code in self.entry_of.items() if self.on_case_file(id_, actor)}
        for code in list(visible):
            above = self.entry_above[code]
            while above is not None:
                visible.add(above)
                above = self.entry_above[above]
        return visible

    def case_files(self, actor: str) -> set[UUID]:
        return {id_ for id_ in self.entry_of if self.on_case_file(id_, actor)}

    def readable_documents(self, actor: str) -> set[UUID]:
        return {id_ for id_ in self.documents if self.on_document(id_, actor)}
