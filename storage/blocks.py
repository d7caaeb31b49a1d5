"""Memory that a disk takes without a copy of it."""

from __future__ import annotations

import ctypes

BLOCK_BYTES = 1024 * 1024
PAGE_BYTES = 4096
"""What the addresses, lengths and places of direct writes are multiples of; no disk asks for more."""


class Block:
    """Room for the next part of a file, beginning at the border of a page.

    Attributes:
        filled: So many bytes are of the file.
    """

    def __init__(self) -> None:
        self._octets = bytearray(BLOCK_BYTES + PAGE_BYTES)
        self._start = -ctypes.addressof(ctypes.c_char.from_buffer(self._octets)) % PAGE_BYTES
        self._view = memoryview(self._octets)[self._start : self._start + BLOCK_BYTES]
        self.filled = 0

    @property
    def content(self) -> memoryview:
        """What is filled, in place."""
        return self._view[: self.filled]

    @property
    def room(self) -> memoryview:
        """What is not filled yet; empty when the block is full."""
        return self._view[self.filled :]

    def plain_bytes(self, count: int, delimiter: bytes) -> int:
        """How many of the next bytes, just put into the room, can be no part of a delimiter that may go on later."""
        first = self._start + self.filled
        end = first + count
        found = self._octets.find(delimiter, first, end)
        if found < 0:
            found = self._octets.rfind(delimiter[:1], max(first, end - len(delimiter) + 1), end)
        return count if found < 0 else found - first
