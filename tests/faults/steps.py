"""Inside a process of eAkte: count the steps that leave something behind, and die at given ones, as by kill -9.

A step is what somebody could see afterwards: a file made, renamed, removed or synced, a statement that changes rows, a
commit begun or just done, a program started. Reading is none, so that waiting for work counts nothing. All processes of
an installation count together, in one file with a line for each step.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

_FILE_STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.link"})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_NO_STEPS = frozenset({"SELECT", "PRAGMA", "WITH", "BEGIN"})
_LINE_BYTES = 80
STEPS, DEATHS, BALLAST = "steps", "deaths", "ballast"


class How(StrEnum):
    """What befalls whoever does a step."""

    KILLED = "killed"
    ALL_KILLED = "killed with all others"
    """As in a power cut."""
    FROZEN = "frozen"
    """May be woken later."""
    DISK_FULL = "disk full"
    """It lives; the disk with the data is full from then on, until somebody removes the ballast."""


@dataclass(frozen=True)
class Point:
    """Where somebody dies, or something else happens.

    Attributes:
        at: Number of the step, from 1, over all processes; who does it, dies.
        delay_us: How long after that step begins; 0: before it does anything.
    """

    at: int
    delay_us: int = 0
    how: How = How.KILLED


def watch(role: str, points: Sequence[Point], folder: Path, data_dir: Path) -> None:
    """Count the steps of this process from now on; can be called once in a process.

    Args:
        role: Name of the process.
        folder: Of the count and of what is told; the numbers of all processes stand there in `*.pid`.
        data_dir: Only files in there count.
    """
    _Steps(role, {point.at: point for point in points}, folder, f"{data_dir}/").install()


class _Steps:
    def __init__(self, role: str, points: dict[int, Point], folder: Path, inside: str) -> None:
        self._role, self._points, self._folder, self._inside = role, points, folder, inside
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._steps = os.open(folder / STEPS, append, 0o600)
        self._deaths = os.open(folder / DEATHS, append, 0o600)
        self._ballast = f"{inside}{BALLAST}"
        self._one_at_a_time = threading.Lock()

    def install(self) -> None:
        os.fsync = self._counted("fsync", os.fsync)
        event.listen(sa.Engine, "before_cursor_execute", self._on_statement)
        event.listen(sa.Engine, "commit", lambda _connection: self._step("commit"))
        event.listen(Session, "after_commit", lambda _session: self._step("committed"))
        sys.addaudithook(self._on_audit)

    def _on_audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and self._is_inside(path):
                self._step(f"open {self._short(path)}")
        elif name in _FILE_STEPS:
            if self._is_inside(arguments[0]):
                self._step(f"{name} {self._short(arguments[0])}")
        elif name == "subprocess.Popen":
            self._step("start a program")

    def _on_statement(self, _c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        words = statement.split(None, 3)
        if words and words[0].upper() not in _NO_STEPS:
            self._step(" ".join(words[:3]))

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self._step(name)
            return function(*arguments)

        return counted

    def _is_inside(self, path: object) -> bool:
        return isinstance(path, str | os.PathLike) and f"{path}".startswith(self._inside) and path != self._ballast

    def _short(self, path: object) -> str:
        parts = str(path).removeprefix(self._inside).split("/")
        return "/".join(part if len(part) < 24 else "…" for part in parts)

    def _step(self, name: str) -> None:
        line = f"{self._role}: {name}".encode()[: _LINE_BYTES - 1].ljust(_LINE_BYTES - 1) + b"\n"
        with self._one_at_a_time:
            os.write(self._steps, line)
            # Where this descriptor stands after appending is behind its own line, whoever appends meanwhile.
            number = os.lseek(self._steps, 0, os.SEEK_CUR) // _LINE_BYTES
        if number in self._points:
            self._die(self._points[number], name)

    def _die(self, point: Point, name: str) -> None:
        if point.how is How.DISK_FULL:
            _fill(self._ballast)
        after = f" + {point.delay_us} µs" if point.delay_us else ""
        os.write(self._deaths, f"{self._role}: step {point.at}{after}: {name}, {point.how}\n".encode())
        if point.how is How.FROZEN:
            os.kill(os.getpid(), signal.SIGSTOP)
        elif point.how is How.ALL_KILLED:
            time.sleep(point.delay_us / 1e6)  # the others go on meanwhile
            for file in self._folder.glob("*.pid"):
                _kill_another(int(file.read_text()))
            os.kill(os.getpid(), signal.SIGKILL)
        elif point.how is How.KILLED and point.delay_us:
            # By default this signal ends a process wherever it is then, also in the midst of SQLite or tantivy; as
            # with kill -9, nothing of ours runs any more.
            signal.setitimer(signal.ITIMER_REAL, point.delay_us / 1e6)
        elif point.how is How.KILLED:
            os.kill(os.getpid(), signal.SIGKILL)


def _fill(ballast: str) -> None:
    """Leave not one byte on a disk."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for size in (1_000_000, 4096, 1):
            with suppress(OSError):
                while os.write(descriptor, bytes(size)):
                    pass
    finally:
        os.close(descriptor)


def _kill_another(pid: int) -> None:
    try:
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
