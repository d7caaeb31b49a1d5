"""What is worked out once and kept until rights change, or until a moment at which something begins or ends."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Generic, TypeVar

from eakte.clock import now

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The last so many values of this process.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[Value, datetime | None]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], tuple[Value, datetime | None]]) -> Value:
        """The value of a key.

        Args:
            key: Names the access version among others, so that nothing is found again once rights have changed.
            compute: Tells the value and until when it is good; None for as long as rights do not change.
        """
        with self._lock:
            known = self._values.get(key)
            if known is not None and (known[1] is None or now() < known[1]):
                self._values.move_to_end(key)
                return known[0]
        value, good_until = compute()
        with self._lock:
            self._values[key] = value, good_until
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
