"""Progress bars for long work; silent when nobody watches a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from eakte.intake.progress import Counts

Thing = TypeVar("Thing")


class Advance:
    """Moves a bar on."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def step(self, count: int = 1) -> None:
        """One more is done."""
        self._progress.advance(self._task, count)

    def over(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """The same things; each moves the bar."""
        for thing in things:
            yield thing
            self.step()


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Advance]:
    """A bar on standard error; quiet when that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield Advance(progress, progress.add_task(what, total=total))


class StackBars:
    """A bar for each stack: documents that are read, of those it has."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, id_: str, what: str, counts: Counts) -> None:
        """Bring a stack's bar to where it is; before it is split, it only moves to and fro."""
        if id_ not in self._tasks:
            self._tasks[id_] = self._progress.add_task(what, total=None, told="")
        told = f"{counts.filed} abgelegt, {counts.waiting} warten, {counts.failed} in Quarantäne"
        total = counts.read + counts.reading or None
        self._progress.update(self._tasks[id_], description=what, total=total, completed=counts.read, told=told)


@contextmanager
def stack_bars() -> Iterator[StackBars]:
    """Bars on standard error, one for each stack; quiet when that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        yield StackBars(progress)
