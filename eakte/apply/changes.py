"""What applying a file changes, in lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["added", "changed", "removed", "gained", "lost"]


@dataclass(frozen=True)
class Change:
    """One thing that was made, changed or taken away.

    Attributes:
        what: The whole German line, such as `Einheit SO „Soziales“ angelegt`.
    """

    what: str
    action: Action


def added(what: str) -> Change:
    """It is new."""
    return Change(f"{what} angelegt", "added")


class Differences:
    """What becomes different about one thing."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def note(self, label: str, old: object, new: object) -> bool:
        """Compare and remember; returns whether they differ."""
        if old == new:
            return False
        self._told.append(f"{label} {_shown(new)} statt {_shown(old)}")
        return True

    def note_that(self, differs: bool, label: str) -> bool:
        """Remember that something differs whose values would not help a reader."""
        if differs:
            self._told.append(label)
        return differs

    def of(self, what: str) -> list[Change]:
        """One change that tells all differences, or none."""
        return [Change(f"{what} geändert: {'; '.join(self._told)}", "changed")] if self._told else []


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value) or "(keine)"
    if value is None or value == "":
        return "(leer)"
    return f"„{value}“" if isinstance(value, str) else str(value)
