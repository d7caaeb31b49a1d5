"""Folders that other programs write into: when a file there is whole, and how what is taken leaves the folder.

What is taken lies below `.taken` until it is done with, then in `.done` or `.refused`; each step is one rename.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eakte.clock import now
from eakte.errors import Conflict, EakteError
from eakte.ports import BlobRef, BlobStore

UNFINISHED_SUFFIXES = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
TAKEN, DONE, REFUSED, DELETING = ".taken", ".done", ".refused", ".deleting"
TOKEN = re.compile(r"\d{4}-\d\d-\d\dT\d{6}-.*-[0-9a-f]{8}")
_NOT_LOCKABLE = "lässt sich nicht sperren; bitte darauf achten, dass nur ein Prozess den Ordner überwacht."
_OF_THE_SYSTEM = frozenset({"thumbs.db", "desktop.ini"})
_CANNOT_TELL = frozenset({errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})


class AtRest:
    """Remembers what it saw of files, so that it knows which of them have come to rest.

    Args:
        settle_s: For how long a file must not have changed.
        clock: Seconds that only grow; those of the files may come from another machine.
    """

    def __init__(self, settle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settle_s, self._clock = settle_s, clock
        self._seen: dict[tuple[int, int], tuple[tuple[int, int], float]] = {}
        self._alive: set[tuple[int, int]] = set()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """One look at everything: what was not asked about in it is forgotten."""
        self._alive = set()
        yield
        self._seen = {key: value for key, value in self._seen.items() if key in self._alive}

    def has(self, path: Path) -> bool:
        """Whether a file has not changed for a while."""
        rested_s = self.rested_s(path)
        return rested_s is not None and rested_s >= self._settle_s

    def rested_s(self, path: Path) -> float | None:
        """For how long a file has not changed, as far as seen; known by its number, which renaming does not change.

        Returns:
            None when there is no such file.
        """
        try:
            facts = path.lstat()
        except FileNotFoundError:
            return None
        key, state = (facts.st_dev, facts.st_ino), (facts.st_size, facts.st_mtime_ns)
        self._alive.add(key)
        before = self._seen.get(key)
        if before is None or before[0] != state:
            before = self._seen[key] = (state, self._clock())
        return self._clock() - before[1]


@contextmanager
def held(root: Path) -> Iterator[bool]:
    """Keep others from watching the same folder.

    Yields:
        False where the file system knows no locks; then it is up to whoever starts a second one.

    Raises:
        Conflict: Somebody watches it already.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_locked = True
        except BlockingIOError as error:
            raise Conflict(f"Den Ordner {root} überwacht schon ein anderer Prozess.") from error
        except OSError as error:
            if error.errno not in _CANNOT_TELL | {errno.EBADF}:
                raise
            is_locked = False
        yield is_locked
    finally:
        os.close(descriptor)


class FolderRound(Protocol):
    """Looks into a folder once, as often as it is told.

    Attributes:
        refused: How many were refused so far.
        troubles: What stood in the way at the last look, by where.
    """

    refused: int
    troubles: dict[Path, str]

    def look(self) -> None:
        """Take what has come to rest and deal with what is taken."""
        ...


@dataclass(frozen=True)
class Rounds:
    """How often a folder is looked into, until when, and who is told what happens.

    Attributes:
        once: Only until what lies there now has come to rest.
        settle_s: For how long a file must not have changed.
        stopping: Set when it is over.
    """

    once: bool
    interval_s: float
    settle_s: float
    stopping: threading.Event
    say: Callable[[str], None]

    def over(self, root: Path, folder_round: FolderRound) -> bool:
        """Look into a folder until told to stop, or only once; nobody else does meanwhile.

        Returns:
            True when nothing was refused and nothing is left lying.

        Raises:
            Conflict: Somebody watches the folder already.
        """
        with held(root) as is_locked:
            if not is_locked:
                self.say(f"{root}: {_NOT_LOCKABLE}")
            folder_round.look()
            if self.once:
                self.stopping.wait(self.settle_s)
                folder_round.look()
                return not folder_round.refused and not folder_round.troubles
            while not self.stopping.wait(self.interval_s):
                folder_round.look()
        return True


def say_what_is_new(troubles: dict[Path, str], before: dict[Path, str], say: Callable[[str], None]) -> None:
    """Tell what stands in the way, unless it was told at the look before."""
    for path, trouble in troubles.items():
        if before.get(path) != trouble:
            say(f"{path}: {trouble}")


def new_token(stem: str) -> str:
    """A name for a folder of what is taken now; in the order of time."""
    return f"{now():%Y-%m-%dT%H%M%S}-{stem[:80]}-{secrets.token_hex(4)}"


def is_candidate(entry: os.DirEntry[str]) -> bool:
    """Whether it may be taken one day: a file, not one of the system, and not unfinished by its name."""
    name = entry.name.lower()
    if name.startswith((".", "~")) or name.endswith(UNFINISHED_SUFFIXES) or name in _OF_THE_SYSTEM:
        return False
    try:
        return stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def is_open_for_writing(path: Path) -> bool:
    """Whether somebody on this machine has a file open for writing.

    The kernel refuses a read lease then. It only gives one to the file's owner and on local disks; elsewhere this
    cannot be known, and that the file has come to rest must do.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return True  # renamed meanwhile: asked about again next time
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return True
        if error.errno not in _CANNOT_TELL:
            raise
    finally:
        os.close(descriptor)
    return False


def stored_whole(blobs: BlobStore, path: Path) -> BlobRef | None:
    """The bytes, durable; None when the file changed while it was read."""
    with path.open("rb") as content:
        before = path.stat()
        blob = blobs.put(content)
    after = path.stat()
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return blob if same and blob.size_bytes == after.st_size else None


@contextmanager
def told(troubles: dict[Path, str], path: Path) -> Iterator[None]:
    """What the file system refuses is told, and tried again at the next look."""
    try:
        yield
    except OSError as error:
        troubles[path] = (
            f"Hier lässt sich nichts lesen oder verschieben ({error.strerror or error}). Es bleibt alles liegen, bis "
            "der Ordner da ist und gelesen und beschrieben werden darf."
        )


def in_lines(error: EakteError) -> str:
    """What is wrong, and below it the fields."""
    fields = getattr(error, "fields", ())
    return "\n".join([str(error), *(f"{field.pointer.strip('/')}: {field.detail}" for field in fields)])
