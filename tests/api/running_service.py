"""`eakte serve` as a process of its own, to be stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PATIENCE_S = 60.0
"""Nothing is measured here: a busy machine may take its time."""


class RunningService:
    """A server on a data folder, with its workers."""

    def __init__(self, data_dir: Path, *arguments: str, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._tokens: dict[str, str] = json.loads((data_dir / "tokens.json").read_text())
        self._settings = settings
        self._arguments = arguments
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "api.command_line", "serve", "--port", str(self.port), *self._arguments]
        with (self.data_dir / "serve.log").open("ab") as log:
            return subprocess.Popen(
                command, env=environment(self.data_dir, **self._settings), stderr=log, start_new_session=True
            )

    def wait_until_ready(self) -> RunningService:
        """Wait until it answers."""
        eventually(self._is_ready, self.log)
        return self

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def client(self, name: str) -> httpx.Client:
        """A caller; to be closed."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self._tokens[name]}"}, timeout=PATIENCE_S
        )

    def log(self) -> str:
        """What it said so far, this time and before."""
        return (self.data_dir / "serve.log").read_text("utf-8", "replace")

    def start_again(self) -> RunningService:
        """Start it once more on the same folder and port."""
        self.process = self._start()
        return self.wait_until_ready()

    def terminate(self) -> int:
        """Ask it to end; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill_everything(self) -> None:
        """End the server and all its children at once, as a power cut would."""
        for pid in self.processes():
            kill_if_alive(pid)
        self.process.wait(PATIENCE_S)
        eventually(lambda: not self.processes(), self.log)

    def processes(self) -> list[int]:
        """All living processes that work on this data folder."""
        marker = f"EAKTE_DATA_DIR={self.data_dir}".encode()
        return [pid for pid in _pids() if pid != os.getpid() and marker in _environ_of(pid)]

    def workers(self) -> dict[int, str]:
        """Process numbers of the workers with their roles."""
        found = {}
        for pid in self.processes():
            words = _command_of(pid)
            if b"worker" in words and b"--role" in words:
                found[pid] = words[words.index(b"--role") + 1].decode()
        return found

    def siblings(self) -> list[int]:
        """Process numbers of those that answer beside the first."""
        return [pid for pid in self.processes() if b"--channel" in _command_of(pid)]


@contextmanager
def running(data_dir: Path, *arguments: str, **settings: str) -> Iterator[RunningService]:
    """A server that answers, and that is gone afterwards, come what may."""
    service = RunningService(data_dir, *arguments, **settings)
    try:
        yield service.wait_until_ready()
    finally:
        service.kill_everything()


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a command that works on a data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EAKTE_")}
    few = {"EAKTE_READING__WORKERS": "1", "EAKTE_SERVING__PROCESSES": "1"}
    return kept | few | {"EAKTE_DATA_DIR": str(data_dir)} | settings


def eventually(holds: Callable[[], bool], otherwise: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"did not happen\n{otherwise()}"
        time.sleep(0.1)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def kill_if_alive(pid: int) -> None:
    """Kill a process that may just have ended by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def resident_bytes(pid: int) -> int:
    """Memory a process holds now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _environ_of(pid: int) -> list[bytes]:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return [] if state == "Z" else Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _command_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
