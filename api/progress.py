"""Progress bars for long work; silent when nobody watches a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

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
