"""Starts processes of eAkte within milliseconds: everything is imported once, and each of them is a fork of that.

`python -m tests.faults.nursery` reads one order in JSON a line and answers with the number of the process. What runs in
it is the real command line, after `tests.faults.steps` has begun to count.
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from eakte import clock
from tests.faults.steps import How, Point, watch

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
"""Nothing is measured here: a busy machine may take its time."""

_PRELOADED = (
    "api.command_line", "api.supervisor", "api.worker", "eakte.checking", "eakte.job_steps", "ocr.paper_reader",
    "storage.folder_blobs", "storage.migration", "storage.tantivy_index", "storage.uploads", "uvicorn.lifespan.on",
    "uvicorn.loops.auto", "uvicorn.protocols.http.httptools_impl",
)  # fmt: skip

_PR_SET_PDEATHSIG = 1

CLOCK = "EAKTE_FAULTS_CLOCK"
"""Names a file that says by how many seconds a process's clock goes wrong."""


class ShiftedClock(datetime):
    """A clock that somebody puts forward and back."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """The wrong time."""
        file = os.environ.get(CLOCK)
        by_s = float(Path(file).read_text() or 0) if file else 0.0
        return datetime.now(tz) + timedelta(seconds=by_s)


@dataclass(frozen=True)
class Life:
    """One process from its start to its end."""

    pid: int
    descriptor: int

    def is_over(self) -> bool:
        """Whether it has ended."""
        return bool(select.select([self.descriptor], [], [], 0)[0])

    def wait(self) -> None:
        """Wait until it has ended."""
        assert select.select([self.descriptor], [], [], PATIENCE_S)[0], f"process {self.pid} does not end"

    def send(self, number: int) -> None:
        """Send it a signal; nothing happens when it has ended."""
        if not self.is_over():
            signal.pidfd_send_signal(self.descriptor, number)

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it and forget it."""
        self.send(signal.SIGCONT)
        self.send(number)
        self.wait()
        os.close(self.descriptor)


class Nursery:
    """Where processes are forked; they end with it."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EAKTE_")}
        self._process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=environment | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self, *arguments: str, environment: dict[str, str], log: Path, role: str = "", points: Sequence[Point] = ()
    ) -> Life:
        """Start `eakte` with these arguments.

        Args:
            role: Its name where its steps are counted, in the folder of the log; empty: nothing is counted.
        """
        order = {
            "arguments": arguments,
            "environment": environment,
            "log": str(log),
            "role": role,
            "points": [dataclasses.asdict(point) for point in points],
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        return Life(pid, os.pidfd_open(pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _main(orders: IO[str]) -> None:
    vars(clock)["datetime"] = ShiftedClock  # before anybody else takes its functions
    for name in _PRELOADED:
        importlib.import_module(name)
    threads = len(list(Path("/proc/self/task").iterdir()))
    assert threads == 1, "a fork of a process with threads may hang"
    born: list[int] = []
    while line := orders.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(order)
        born = [*(other for other in born if not _is_buried(other)), pid]
        print(pid, flush=True)
    for pid in born:
        os.kill(pid, signal.SIGKILL)  # not yet buried, so the number is still its own
        os.waitpid(pid, 0)


def _is_buried(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] == pid


def _live(order: dict[str, Any]) -> None:
    """A whole life; never returns."""
    code: object = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(order["environment"])
        time.tzset()
        if order["role"]:
            points = [Point(each["at"], each["delay_us"], How(each["how"])) for each in order["points"]]
            watch(order["role"], points, Path(order["log"]).parent, Path(os.environ["EAKTE_DATA_DIR"]))
        sys.argv = ["eakte", *order["arguments"]]
        importlib.import_module("api.command_line").main()
        code = 0
    except SystemExit as over:
        code = over.code
    except BaseException:  # noqa: BLE001 - the log must tell, whatever it was
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _main(sys.stdin)
