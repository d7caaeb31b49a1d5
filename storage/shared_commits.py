"""Commits that several threads share: whoever gets the writer writes for all who wait.

A page that is read enters the audit trail before it is shown. With a commit of its own for each reader, they would
all wait in a line for one short transaction after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass
class _Wish(Generic[Thing]):
    things: Sequence[Thing]
    is_done: bool = False
    error: Exception | None = None


class SharedCommits(Generic[Thing]):
    """Collects what threads want committed.

    Args:
        commit: Makes everything it is given durable in one transaction, or nothing of it.
    """

    def __init__(self, commit: Callable[[Sequence[Thing]], None]) -> None:
        self._commit = commit
        self._waiting: list[_Wish[Thing]] = []
        self._collecting = threading.Lock()
        self._committing = threading.Lock()

    def commit(self, things: Sequence[Thing]) -> None:
        """Return once these are durable.

        Raises:
            Whatever the commit raised; nothing of these is durable then.
        """
        wish = _Wish(things)
        with self._collecting:
            self._waiting.append(wish)
        with self._committing:
            if not wish.is_done:
                self._commit_all()
        if wish.error is not None:
            raise wish.error

    def _commit_all(self) -> None:
        with self._collecting:
            wishes, self._waiting = self._waiting, []
        error: Exception | None = RuntimeError("the commit was broken off")
        try:
            self._commit([thing for wish in wishes for thing in wish.things])
            error = None
        except Exception as raised:  # noqa: BLE001 # told to everybody who waits, by `commit`
            error = raised
        finally:
            for wish in wishes:
                wish.is_done, wish.error = True, error
