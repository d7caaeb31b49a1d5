"""A city whose processes die: delivers as a station does, starts again what died, and tells what is there."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.api.city import API
from tests.api.running_service import environment, free_port
from tests.faults.nursery import PATIENCE_S, Life, Nursery
from tests.faults.stack import Stack
from tests.faults.steps import BALLAST, DEATHS, STEPS, How, Point

SERVER, CLERK, READER = "server", "clerk", "reader"
BATCH_ID = "stapel-1"
LOOKS_S = 0.1
FULL_S = 0.4
FROZEN_S = 1.0


class BrokenCity:
    """The processes of an installation: one that answers, one that files and indexes, one that reads.

    Args:
        folder: Gets log, count of steps and numbers of all processes, and the data folder unless it is there.
        points: Where processes die.
    """

    def __init__(
        self,
        nursery: Nursery,
        prepared: Path,
        folder: Path,
        stack: Stack,
        points: Sequence[Point] = (),
        **settings: str,
    ) -> None:
        self.folder, self.data_dir, self.stack = folder, folder / "data", stack
        shutil.copytree(prepared / "data", self.data_dir, dirs_exist_ok=True)
        self._nursery, self._points, self._settings = nursery, points, settings
        self._tokens: dict[str, str] = json.loads((self.data_dir / "tokens.json").read_text())
        self._lives: dict[str, Life] = {}
        self._excused: Counter[str] = Counter()
        self._deaths_seen = 0
        self.excuse = ""
        """What a process may say that cannot start; it is started again, as systemd does."""
        self._port = free_port()

    # -- processes ---------------------------------------------------------------------------------

    def start(self, *roles: str) -> None:
        """Start processes; what follows a hyphen tells several of a kind apart."""
        for role in roles:
            serving = ("serve", "--no-workers", "--port", str(self._port))
            self._lives[role] = self._nursery.start(
                *(serving if role == SERVER else ("worker", "--role", role.partition("-")[0])),
                environment=environment(self.data_dir, **self._settings),
                log=self.folder / "log",
                role=role,
                points=self._points,
            )
            (self.folder / f"{role}.pid").write_text(str(self._lives[role].pid))

    def revive(self) -> list[str]:
        """Start again who died, as the supervisor or systemd does, and mend what else happened.

        Returns:
            What befell somebody since the last look.
        """
        told = self.deaths()
        fresh, self._deaths_seen = told[self._deaths_seen :], len(told)
        for line in fresh:
            role, how = line.partition(":")[0], How(line.rpartition(", ")[2])
            if how is How.ALL_KILLED:
                self._excused.update(list(self._lives))
                for life in self._lives.values():
                    life.wait()
            elif how is How.KILLED:
                self._excused[role] += 1
            elif how is How.FROZEN:
                self._wake_after_its_lease(self._lives[role])
            else:
                time.sleep(FULL_S)
                (self.data_dir / BALLAST).unlink()
                self.retry()
        for role in [role for role, life in self._lives.items() if life.is_over()]:
            excused = self._excused[role] or (self.excuse and self.excuse in self.log())
            assert excused, f"{role} ended by itself\n{self.log()}"
            self._excused[role] = 0
            self.end(role)
            self.start(role)
        return fresh

    def _wake_after_its_lease(self, life: Life) -> None:
        """Somebody slept for so long that others take over the work; then it wakes and goes on as if nothing were."""
        with suppress(sqlite3.OperationalError), closing(self.rows()) as rows:  # it may sleep on the writers' lock
            rows.execute("UPDATE job SET lease_until = '2000-01-01 00:00:00.000000' WHERE status = 'leased'")
        time.sleep(FROZEN_S)
        life.send(signal.SIGCONT)

    def retry(self) -> None:
        """Take up at once what is put off, as `eakte queue retry` does."""
        with suppress(sqlite3.OperationalError), closing(self.rows()) as rows:
            rows.execute("UPDATE job SET run_after = created_at WHERE status = 'waiting'")

    def rows(self) -> sqlite3.Connection:
        """The records, past everybody."""
        return sqlite3.connect(self.data_dir / "eakte.sqlite3", timeout=2.0, isolation_level=None)

    def end(self, *roles: str, number: int = signal.SIGKILL) -> None:
        """End processes, all where none is named."""
        for role in roles or list(self._lives):
            self._lives.pop(role).end(number)
            (self.folder / f"{role}.pid").unlink()

    def deaths(self) -> list[str]:
        """Who died where, in the order it happened."""
        file = self.folder / DEATHS
        return file.read_text().splitlines() if file.exists() else []

    def steps(self) -> list[str]:
        """All steps so far, in their order."""
        return [line.rstrip() for line in (self.folder / STEPS).read_text("utf-8", "replace").splitlines()]

    def log(self) -> str:
        """What all processes said, the last of it."""
        return (self.folder / "log").read_text("utf-8", "replace")[-20_000:]

    # -- callers -----------------------------------------------------------------------------------

    def client(self, name: str = "anna") -> httpx.Client:
        """A caller; to be closed."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self._port}",
            headers={"Authorization": f"Bearer {self._tokens[name]}"},
            timeout=PATIENCE_S,
        )

    def deliver(self) -> None:
        """Deliver the stack as a station does: again and again, until somebody says that it is there."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._is_taken():
            assert time.monotonic() < deadline, f"nobody takes the stack\n{self.log()}"
            time.sleep(LOOKS_S)
            self.revive()

    def _is_taken(self) -> bool:
        said = {"station": "scan-1", "operator": "op-7", "batch_id": BATCH_ID}
        with suppress(httpx.TransportError), self.client("scan-1") as station:
            response = station.post(
                f"{API}/scan-batches",
                files=[("files", (name, content)) for name, content in self.stack.files],
                data={"metadata": json.dumps(said)},
            )
            assert response.status_code in {200, 201, 503}, response.text
            return response.status_code != httpx.codes.SERVICE_UNAVAILABLE
        return False

    def told(self, path: str, **parameters: Any) -> dict[str, Any]:
        """What anna is told."""
        with self.client() as anna:
            response = anna.get(f"{API}{path}", params=parameters)
            assert response.status_code == httpx.codes.OK, response.text
            answer: dict[str, Any] = response.json()
            return answer

    def command(self, *arguments: str) -> str:
        """Run `eakte` to its end; returns what it says."""
        log = self.folder / "command"
        log.unlink(missing_ok=True)
        life = self._nursery.start(*arguments, environment=environment(self.data_dir, **self._settings), log=log)
        life.wait()
        return log.read_text("utf-8")
