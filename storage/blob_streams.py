"""What the blob stores share: names, pouring a stream in, and a stream that verifies while it is read."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, Protocol

from eakte.errors import Damaged, NotFound
from eakte.ports import BlobRef, BlobSink

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 1024 * 1024
_BUFFER_BYTES = 256 * 1024
_NAME = re.compile(r"[0-9a-f]{64}")


def is_blob_name(name: str) -> bool:
    """True for a lower-case hex SHA-256; nothing else ever becomes a path or a key."""
    return _NAME.fullmatch(name) is not None


def missing(sha256: str) -> NotFound:
    """The error for bytes that are not there."""
    return NotFound(f"Der Inhalt {sha256} ist nicht gespeichert.")


def damaged(sha256: str) -> Damaged:
    """The error for bytes that are not what was stored."""
    return Damaged(
        f"Der Inhalt {sha256} ist beschädigt: Er passt nicht mehr zu seiner Prüfsumme. "
        "Bitte aus der Datensicherung wiederherstellen."
    )


def check_range(first: int, length: int) -> None:
    """Refuse a range that no caller can mean.

    Raises:
        ValueError: A negative offset or length.
    """
    if first < 0 or length < 0:
        raise ValueError(f"no such range: first={first}, length={length}")


def pour(content: BinaryIO, sink: BlobSink) -> BlobRef:
    """Move a stream from its current position to its end into a sink, and commit it."""
    with sink:
        while chunk := content.read(CHUNK_BYTES):
            sink.write(chunk)
        return sink.commit()


class Source(Protocol):
    """Where a blob's bytes come from: an open file or a response."""

    def readinto(self, buffer: WriteableBuffer, /) -> int | None: ...

    def close(self) -> None: ...


def read_verified(
    source: Source, size_bytes: int, sha256: str, errors: Callable[[], AbstractContextManager[None]]
) -> BinaryIO:
    """Read a whole blob; the read that reaches its end raises `Damaged` instead, when the hash differs.

    Args:
        source: At its beginning; closed with the stream.
        size_bytes: How many bytes the store says there are.
        sha256: What they must hash to.
        errors: Opened around each access to the source; translates foreign errors.
    """
    return io.BufferedReader(_BlobReader(source, size_bytes, sha256, sha256, errors), _BUFFER_BYTES)


def read_part(source: Source, length: int, sha256: str, errors: Callable[[], AbstractContextManager[None]]) -> BinaryIO:
    """Read `length` bytes of a blob from where the source stands; `Damaged` only when it ends too early."""
    return io.BufferedReader(_BlobReader(source, length, sha256, None, errors), _BUFFER_BYTES)


class _BlobReader(io.RawIOBase):
    """A blob, or a part of it, read once from front to back."""

    def __init__(
        self,
        source: Source,
        length: int,
        name: str,
        expected: str | None,
        errors: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._source = source
        self._remaining = length
        self._name = name
        self._expected = expected
        self._errors = errors
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        window = memoryview(buffer).cast("B")[: self._remaining]
        count = 0
        if self._remaining:
            with self._errors():
                count = self._source.readinto(window) or 0
            if count == 0:
                raise damaged(self._name)
            self._remaining -= count
            if self._expected is not None:
                self._hash.update(window[:count])
        # Checked with the last bytes, not after them: who reads exactly the announced size is warned too.
        if self._remaining == 0 and self._expected is not None and self._hash.hexdigest() != self._expected:
            raise damaged(self._name)
        return count

    def close(self) -> None:
        if not self.closed:
            try:
                with self._errors():
                    self._source.close()
            finally:
                super().close()
