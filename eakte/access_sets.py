"""Sets of access scopes, in the shapes the databases filter by, and their cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from eakte.actors import Identity
from eakte.kept import Kept

CACHED_SETS = 512


@dataclass(frozen=True)
class ScopeSet:
    """Scope ids in ascending order, good until a moment (None: until rights change)."""

    ids: tuple[int, ...]
    good_until: datetime | None = None

    @cached_property
    def bytemap(self) -> bytes:
        """One byte per scope id, 1 where it is in the set; the shape for SQLite."""
        flags = bytearray((self.ids[-1] if self.ids else 0) + 1)
        for scope_id in self.ids:
            flags[scope_id] = 1
        return bytes(flags)

    @cached_property
    def bitmap(self) -> bytes:
        """One bit per scope id, lowest bit first within a byte; the shape for PostgreSQL's `get_bit`."""
        flags = bytearray((self.ids[-1] if self.ids else 0) // 8 + 1)
        for scope_id in self.ids:
            flags[scope_id // 8] |= 1 << (scope_id % 8)
        return bytes(flags)

    def __contains__(self, scope_id: int) -> bool:
        return scope_id < len(self.bytemap) and self.bytemap[scope_id] == 1


_sets: Kept[ScopeSet] = Kept(CACHED_SETS)


def cached_scope_set(
    stamp: str, identities: tuple[Identity, ...], right: int, compute: Callable[[], ScopeSet]
) -> ScopeSet:
    """The set for these identities under this version of the rights, computed at most once while it is good."""

    def computed() -> tuple[ScopeSet, datetime | None]:
        found = compute()
        return found, found.good_until

    return _sets.get((stamp, identities, right), computed)
