"""What a program and everything it started have used, told by /proc."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def family(root_pid: int) -> dict[int, list[int]]:
    """The living processes below a process, itself included: each with its children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: dict[int, list[int]] = {}
    open_pids = [root_pid]
    while open_pids:
        pid = open_pids.pop()
        found[pid] = children.get(pid, [])
        open_pids += found[pid]
    return found


def cpu_s(root_pid: int) -> float:
    """CPU seconds, user and system, of a process and all below it, also of those that ended meanwhile.

    Those that ended are counted by whoever waited for them; so this is exact while nothing is starting or ending.
    """
    return sum(
        sum(int(value) for value in fields[11:15]) * _TICK_S for pid in family(root_pid) if (fields := _stat(pid))
    )


def command_of(pid: int) -> str:
    """The command line, or nothing when the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def workers_of(server_pid: int) -> list[int]:
    """The worker processes that a server started."""
    return [pid for pid in family(server_pid)[server_pid] if " worker " in command_of(pid)]


@dataclass
class MemoryWatch:
    """Looks again and again how much memory each of some processes uses together with all below it.

    Shared pages are counted once (PSS), as far as processes share them among each other.

    Attributes:
        peaks_bytes: By process, the most seen.
    """

    pids: list[int]
    every_s: float = 0.1
    peaks_bytes: dict[int, int] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def take_peak(self) -> int:
        """The most any of them used since the last call."""
        peak = max(self.peaks_bytes.values(), default=0)
        self.peaks_bytes = {}
        return peak

    def _watch(self) -> None:
        while not self._over.wait(self.every_s):
            for pid in self.pids:
                used = sum(_pss_bytes(member) for member in family(pid))
                self.peaks_bytes[pid] = max(used, self.peaks_bytes.get(pid, 0))


def settle(root_pid: int, *, quiet_s: float = 1.0) -> float:
    """Wait until a process and all below it are about idle; tells CPU seconds per second while they are."""
    while True:
        before, began = cpu_s(root_pid), time.monotonic()
        time.sleep(quiet_s)
        rate = (cpu_s(root_pid) - before) / (time.monotonic() - began)
        if rate < 0.15:
            return rate


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _pss_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # it has ended
    return 0
