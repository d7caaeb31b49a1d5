"""Files that are still being written: hashed on the way, and gone unless somebody keeps them."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from eakte.errors import Unavailable
from eakte.ports import BlobRef
from storage.blocks import BLOCK_BYTES, PAGE_BYTES

_SUFFIX = ".part"
_WRITE_BACK_BYTES = 2 * 1024 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def disk_errors() -> Iterator[None]:
    """Say in our words what the disk complains about.

    Raises:
        Unavailable: For every `OSError` inside; the original is its cause and names the path.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            message = "Der Speicherplatz der Ablage reicht nicht. Bitte Platz schaffen und es dann erneut versuchen."
        else:
            message = (
                f"Die Ablage ist nicht verfügbar ({error.strerror or error}). "
                "Bitte Datenträger und Zugriffsrechte prüfen und es dann erneut versuchen."
            )
        raise Unavailable(message) from error


class UnfinishedFile:
    """One file on its way in; its SHA-256 is computed beside the writing.

    It is locked as long as somebody writes it. A killed process loses the lock, so that
    `sweep_unfinished` tells leftovers from files that merely arrive slowly.

    Args:
        folder: Where it is made.
        durable: The finished file must survive a power cut.

    Raises:
        Unavailable: From every method, when the disk does not take it; the file is gone then.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.path = folder / f"{secrets.token_hex(16)}{_SUFFIX}"
        self._durable = durable
        self._direct = durable
        self._takes_more = True
        self._size_bytes = 0
        self._hash = hashlib.sha256()
        self._hasher: ThreadPoolExecutor | None = None
        self._hashing: Future[None] | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._given_to_disk_bytes = 0
        with disk_errors():
            self._file = self.path.open("xb", buffering=0)
        with self._discarded_on_failure():
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, chunk: bytes | memoryview) -> int:
        """Append a chunk, all of it; the caller may reuse its buffer.

        Returns:
            Its length in bytes.
        """
        self._check_takes_more()
        if isinstance(chunk, memoryview) and len(chunk) >= BLOCK_BYTES and not self._waiting:
            self._write_through(chunk)
            return len(chunk)
        octets = bytes(chunk)
        self._waiting.append(octets)
        self._waiting_bytes += len(octets)
        if self._waiting_bytes >= BLOCK_BYTES:
            self._write_block(last=False)
        return len(octets)

    def finish(self) -> BlobRef:
        """End writing; the file stays, locked, until `discard`, or until it is moved away.

        Returns:
            Hash and size of all that was written.
        """
        self._check_takes_more()
        self._takes_more = False
        with self._discarded_on_failure():
            self._write_block(last=True)
            if self._durable:
                os.fsync(self._file.fileno())
        self._wait_for_hash()
        return BlobRef(self._hash.hexdigest(), self._size_bytes)

    def discard(self) -> None:
        """Throw the file away; silent when it is gone or was moved."""
        self._takes_more = False
        if self._hasher is not None:
            self._hasher.shutdown()
        with disk_errors():
            # Unlinked before it is unlocked: nobody else ever sees it as a leftover.
            self.path.unlink(missing_ok=True)
            self._file.close()

    def _check_takes_more(self) -> None:
        # Above all, what lost a block to a full disk must never be finished as if it were whole.
        if not self._takes_more:
            raise ValueError("the file was finished or thrown away before")

    def _write_block(self, *, last: bool) -> None:
        """Write what has gathered, while a thread hashes it (hashing releases the interpreter's lock).

        Gathered to large blocks, since handing over small ones costs more than it gains; a file that
        is smaller than a block never starts a thread.
        """
        block = b"".join(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        self._start_hash(block, in_thread=self._hasher is not None or not last)
        with self._discarded_on_failure():
            self._write(block)

    def _write_through(self, block: memoryview) -> None:
        """Write a block without copying it; the caller may change it afterwards."""
        self._start_hash(block, in_thread=True)
        with self._discarded_on_failure():
            if not self._written_directly(block):
                self._write(block)
        self._wait_for_hash()

    def _start_hash(self, block: bytes | memoryview, *, in_thread: bool) -> None:
        self._wait_for_hash()
        if not in_thread:
            self._hash.update(block)
            return
        if self._hasher is None:
            self._hasher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sha256")
        self._hashing = self._hasher.submit(self._hash.update, block)

    def _write(self, block: bytes | memoryview) -> None:
        rest = memoryview(block)
        while rest:
            count = self._file.write(rest)
            self._size_bytes += count
            rest = rest[count:]
        if self._durable:
            self._start_write_back()

    def _written_directly(self, block: memoryview) -> bool:
        """Let the disk fetch the block itself (O_DIRECT), which spares copying it and syncing it later.

        Returns:
            False, and nothing is written, where length or place do not fit or the file system cannot do it.
        """
        if not self._direct or len(block) % PAGE_BYTES or self._size_bytes % PAGE_BYTES:
            return False
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        try:
            fcntl.fcntl(self._file, fcntl.F_SETFL, flags | os.O_DIRECT)
            count = self._file.write(block)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._direct = False
            return False
        finally:
            fcntl.fcntl(self._file, fcntl.F_SETFL, flags)
        self._size_bytes += count
        self._given_to_disk_bytes = self._size_bytes
        self._write(block[count:])
        return True

    def _wait_for_hash(self) -> None:
        if self._hashing is not None:
            self._hashing.result()
            self._hashing = None

    def _start_write_back(self) -> None:
        """Let the disk write while the rest still arrives, so that the sync at the end finds little to do.

        The advice "not needed" starts writing dirty pages without waiting for them.
        """
        dirty_bytes = self._size_bytes - self._given_to_disk_bytes
        if dirty_bytes >= _WRITE_BACK_BYTES:
            os.posix_fadvise(self._file.fileno(), self._given_to_disk_bytes, dirty_bytes, os.POSIX_FADV_DONTNEED)
            self._given_to_disk_bytes = self._size_bytes

    @contextmanager
    def _discarded_on_failure(self) -> Iterator[None]:
        try:
            with disk_errors():
                yield
        except Unavailable:
            self.discard()
            raise


def sweep_unfinished(folder: Path, older_than_s: float) -> int:
    """Remove what crashed writers left behind.

    Args:
        folder: Where `UnfinishedFile`s are made; other files there are not touched.
        older_than_s: Seconds since the last write; younger ones stay, and so do those still locked.

    Returns:
        How many were removed.

    Raises:
        Unavailable: The folder cannot be read or written.
    """
    newest = time.time() - older_than_s
    removed = 0
    with disk_errors():
        for leftover in folder.glob(f"*{_SUFFIX}"):
            try:
                if leftover.stat().st_mtime <= newest and _is_abandoned(leftover):
                    leftover.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # its writer finished, or somebody else sweeps too
    return removed


def _is_abandoned(leftover: Path) -> bool:
    descriptor = os.open(leftover, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
