"""Access scopes and grants in memory, many at a time, as `eakte.scopes` and `eakte.grants` make them one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from eakte.access_tables import ROOT_SCOPE_ID, ExclusionCause, GrantCause, Right, ScopeKind


class Scope(NamedTuple):
    """One row of `access_scope` without what follows from the tree."""

    id: int
    kind: ScopeKind
    node: str
    parent_id: int | None
    beside_id: int | None


class Grant(NamedTuple):
    """One row of `access_grant`."""

    scope_id: int
    subject: str
    rights: Right
    cause: GrantCause
    valid_until: datetime | None = None


class Exclusion(NamedTuple):
    """One row of `access_exclusion`."""

    scope_id: int
    person_id: str
    cause: ExclusionCause


@dataclass
class ScopeTree:
    """The tree with everything that hangs on it; the root is there from the start, as after the migrations."""

    scopes: list[Scope] = field(default_factory=lambda: [Scope(ROOT_SCOPE_ID, ScopeKind.ROOT, "", None, None)])
    grants: list[Grant] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)
    shielded: set[int] = field(default_factory=set)
    _ids: dict[tuple[ScopeKind, str], int] = field(default_factory=dict)
    _above: dict[int, frozenset[int]] = field(default_factory=lambda: {ROOT_SCOPE_ID: frozenset({ROOT_SCOPE_ID})})

    def scope(self, kind: ScopeKind, node: str, parent_id: int | None, beside_id: int | None = None) -> int:
        """The id of a node's scope, made when first asked for."""
        known = self._ids.get((kind, node))
        if known is not None:
            return known
        made = Scope(len(self.scopes) + 1, kind, node, parent_id, beside_id)
        self.scopes.append(made)
        self._ids[kind, node] = made.id
        uppers = [self._above[upper] for upper in (parent_id, beside_id) if upper is not None]
        self._above[made.id] = frozenset({made.id}).union(*uppers)
        return made.id

    def has(self, kind: ScopeKind, node: str) -> bool:
        """Whether the node owns a scope already."""
        return (kind, node) in self._ids

    def grant(
        self, scope_id: int, subject: str, rights: Right, cause: GrantCause = GrantCause.SHARING, *,
        until: datetime | None = None,
    ) -> None:  # fmt: skip
        """Grant; any right includes reading."""
        self.grants.append(Grant(scope_id, subject, rights | Right.READ, cause, until))

    def exclude(self, scope_id: int, person_id: str, cause: ExclusionCause = ExclusionCause.STATED) -> None:
        """Keep a person out."""
        self.exclusions.append(Exclusion(scope_id, person_id, cause))

    def effective_level(self, scope_id: int) -> int:
        """The highest level on the way down to a scope."""
        return max((self.levels.get(upper, 0) for upper in self._above[scope_id]), default=0)

    def ancestors(self, scope_id: int) -> dict[int, bool]:
        """All scopes above one and itself, each with whether what is granted there arrives here."""
        above = self._above[scope_id]
        shields = above & self.shielded
        return {upper: shields <= self._above[upper] for upper in above}

    def closure(self) -> Iterator[tuple[int, int, bool]]:
        """Rows of `scope_ancestor`: ancestor, scope, whether it inherits."""
        for scope in self.scopes:
            for upper, inherits in sorted(self.ancestors(scope.id).items()):
                yield upper, scope.id, inherits
