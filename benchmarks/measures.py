"""A measured figure and what was promised of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Measure:
    """A figure.

    Attributes:
        limit: What it must not exceed, or with `at_least` must reach; None for a figure that only informs.
        detail: How it came about.
    """

    what: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def print_table(title: str, measures: Sequence[Measure]) -> None:
    """Measured, limit, and whether it holds."""
    table = Table(title=title)
    for heading, justify in (("figure", "left"), ("measured", "right"), ("limit", "right"), ("", "left")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    table.add_column("how", style="dim")
    for measure in measures:
        sign = "≥" if measure.at_least else "≤"
        limit = "" if measure.limit is None else f"{sign} {measure.limit:g} {measure.unit}"
        verdict = "" if measure.limit is None else "[green]ok[/]" if measure.holds else "[bold red]NOT OK[/]"
        table.add_row(measure.what, f"{measure.value:.2f} {measure.unit}".strip(), limit, verdict, measure.detail)
    Console(width=160).print(table)
