"""What the newcomer sees: each step as it happens, then a table of all, and loudly what went otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.panel import Panel
from rich.status import Status
from rich.table import Table
from rich.text import Text


class DemoFailed(Exception):
    """The demo cannot go on; the message says at what and why."""


@dataclass
class Step:
    """One step of the demo.

    Attributes:
        happened: What there is to tell of it, line by line.
        took_s: Seconds, once it is over.
    """

    name: str
    happened: list[str] = field(default_factory=list)
    took_s: float | None = None
    _status: Status | None = None

    def tell(self, line: str) -> None:
        """Something worth telling happened."""
        self.happened.append(line)

    def now(self, state: str) -> None:
        """How far it is, shown only while it lasts."""
        if self._status is not None:
            self._status.update(Text(f"{self.name}: {state}"))


class Board:
    """Shows the steps and keeps the score."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.steps: list[Step] = []
        self.deviations: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a step while it lasts, and what happened when it is over."""
        step = Step(name)
        self.steps.append(step)
        began = time.monotonic()
        with self.console.status(Text(name)) as status:
            step._status = status
            try:
                yield step
            finally:
                step.took_s = time.monotonic() - began
                step._status = None
        self.console.print(Text.assemble(("✓ ", "green"), (name, "bold"), (f"  {_seconds(step.took_s)}", "dim")))
        for line in step.happened:
            self.console.print(Text(f"  {line}"))

    def expect(self, holds: bool, promise: str) -> None:
        """Hold against the demo what is not as promised; it goes on all the same."""
        if not holds:
            self.deviations.append(promise)
            self.console.print(Text.assemble(("✗ ", "bold red"), ("Nicht erfüllt: ", "red"), promise))

    def show_table(self) -> None:
        """All steps: what happened, and how long it took."""
        table = Table(title="Was geschah", show_lines=True, title_style="bold")
        table.add_column("Schritt", max_width=34)
        table.add_column("Ergebnis")
        table.add_column("Zeit", justify="right", no_wrap=True)
        for step in self.steps:
            table.add_row(Text(step.name), Text("\n".join(step.happened)), _seconds(step.took_s))
        whole_s = sum(step.took_s or 0 for step in self.steps)
        table.add_section()
        table.add_row("Zusammen", "", _seconds(whole_s), style="bold")
        self.console.print(table)

    def show_verdict(self, failure: str | None) -> None:
        """Say whether everything was as promised, loudly if not."""
        problems = [*self.deviations, *([] if failure is None else [failure])]
        if not problems:
            self.console.print(Text("Alles ging aus, wie es soll.", "bold green"))
            return
        listed = "\n".join(f"• {problem}" for problem in problems)
        self.console.print(Panel(Text(listed), title="DIE VORFÜHRUNG IST ANDERS AUSGEGANGEN", border_style="bold red"))


def german(number: float) -> str:
    """A number with one decimal, as German readers write it."""
    return f"{number:.1f}".replace(".", ",")


def _seconds(duration_s: float | None) -> str:
    return "–" if duration_s is None else f"{german(duration_s)} s"
