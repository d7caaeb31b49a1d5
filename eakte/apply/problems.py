"""All that is wrong with a file, gathered so that it is told at once."""

from __future__ import annotations

from collections.abc import Iterable

from eakte.apply.yaml_lines import Found, Lines, Place, problem_at
from eakte.errors import Invalid


class Problems:
    """Gathers problems by place; none of them stops the search for more.

    Args:
        lines: Of the file.
        known: What was already found while reading it.
    """

    def __init__(self, lines: Lines, known: Iterable[Found] = ()) -> None:
        self.lines = lines
        self._found = list(known)

    def add(self, place: Place, detail: str) -> None:
        """Note what is wrong at a place, and the remedy."""
        self._found.append(problem_at(self.lines.at(place), place, detail))

    def settle(self) -> None:
        """Go on only if nothing was found.

        Raises:
            Invalid: Naming every problem with its line, in the order of the file.
        """
        if not self._found:
            return
        fields = [problem for _line, problem in sorted(self._found, key=lambda found: found[0])]
        count = "eine Angabe ist" if len(fields) == 1 else f"{len(fields)} Angaben sind"
        raise Invalid(f"Nichts wurde geändert: {count} zu berichtigen.", *fields)

    def refuse_repeats(self, names: Iterable[tuple[str, Place]], remedy: str) -> None:
        """Every name may stand only once; told at each repetition, with the line of the first."""
        first: dict[str, Place] = {}
        for name, place in names:
            if name in first:
                line = self.lines.at(first[name])
                self.add(place, f"„{name}“ steht schon in Zeile {line}; {remedy}")
            else:
                first[name] = place
