"""What children are made to do in tests; called by name."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from eakte.errors import Unreadable


def count_to(last: int) -> Iterator[int]:
    yield from range(1, last + 1)


def environment() -> Iterator[dict[str, str]]:
    yield dict(os.environ)


def refuse() -> Iterator[int]:
    yield 1
    raise Unreadable("encrypted", "Verschlüsselt.")


def crash() -> Iterator[int]:
    yield 1
    ctypes.string_at(0)


def hang() -> Iterator[int]:
    yield 1
    time.sleep(600)


def burn() -> Iterator[int]:
    while True:
        pass
    yield 1


def devour() -> Iterator[int]:
    yield len(bytearray(3 * 1024**3))


def fill_disk(target: Path) -> Iterator[int]:
    with target.open("wb") as file:
        for _ in range(64):
            file.write(bytes(1024**2))
            file.flush()
    yield 1


def bug() -> Iterator[int]:
    yield 1
    raise KeyError("nobody expected this")


def leave_a_program_behind() -> Iterator[int]:
    yield subprocess.Popen(["sleep", "600"]).pid
    ctypes.string_at(0)


def take_over(target: Path) -> Iterator[object]:
    yield _Evil(str(target))


class _Evil:
    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.target,)


def limits() -> Iterator[tuple[int, ...]]:
    names = (resource.RLIMIT_AS, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)
    yield tuple(resource.getrlimit(name)[0] for name in names)


def own_pid_then_hang() -> Iterator[int]:
    yield os.getpid()
    time.sleep(600)
