"""Turns at the database: only a few threads of a process read at once, and only one writes where only one can.

Python runs one thread at a time and the driver gives way at every row, so that many readers only make each other
wait: eight at once take five times as long as the same eight one after the other. SQLite's own waiting for its one
writer is sleeping and trying again, longer each time; threads that queue here are woken in order.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from eakte.errors import Unavailable

NO_ANSWER = "Die Datenbank antwortet nicht; bitte gleich noch einmal versuchen."


class Turns:
    """Hands out turns; whoever has one may ask again and gets it.

    Args:
        at_once: How many there are.
        patience_s: How long to wait for one.
    """

    def __init__(self, at_once: int, patience_s: float) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._patience_s = patience_s
        self._mine = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and keep it for the block.

        Raises:
            Unavailable: None became free in time.
        """
        if getattr(self._mine, "held", False):
            yield
            return
        if not self._free.acquire(timeout=self._patience_s):
            raise Unavailable(NO_ANSWER)
        self._mine.held = True
        try:
            yield
        finally:
            self._mine.held = False
            self._free.release()
