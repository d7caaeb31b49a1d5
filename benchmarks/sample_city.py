"""A real installation in a temporary folder: the sample city, its server, and who speaks to it over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from api.demo import city
from api.demo.callers import Caller, token_for
from api.demo.city import environment_in
from api.demo.server import Server, start_server

FIRST_PORT = 8300
DONE_WITHIN_S = 1800.0
_LOOK_EVERY_S = 0.5
_ENDED_WITHIN_S = 30.0


@dataclass(frozen=True)
class RunningCity:
    """The sample city at work."""

    server: Server
    system: Caller
    station: Caller
    caseworker: Caller
    mail_clerk: Caller

    @property
    def pid(self) -> int:
        """Of the server; its workers are below it."""
        return self.server.process.pid

    def open_case_file(self, number: str) -> str:
        """Open a personnel file; tells its id."""
        request = {
            "filing_plan": "11.20",
            "title": f"Personalakte {number}",
            "fields": {"personnel_no": number},
            "responsible_unit": "PERSONAL",
        }
        path = f"/case-files/by-reference/km-personal/{number}"
        return str(self.system.call("PUT", path, status=(200, 201), json=request).json()["id"])

    def send_letter(self, case_file_id: str, text: str) -> tuple[str, bytes]:
        """Make and post a letter from the template `brief`; tells its id and its PDF."""
        request = {"template": "brief", "data": {"betreff": "Ihre Mitteilung", "text": text[:600]}}
        path = f"/case-files/{case_file_id}/letters"
        letter = self.caseworker.call("POST", path, status=201, json=request).json()
        self.caseworker.call("POST", f"/letters/{letter['id']}/approve")
        self.caseworker.call("POST", f"/letters/{letter['id']}/post")
        return letter["id"], self.caseworker.call("GET", f"/documents/{letter['document_id']}/content").content

    def deliver(self, batch_id: str, name: str, content: bytes, media_type: str) -> dict[str, Any]:
        """Deliver one file as a stack; tells the batch."""
        metadata = {"station": "scan-1", "operator": "benchmark", "batch_id": batch_id}
        batch: dict[str, Any] = self.station.call(
            "POST",
            "/scan-batches",
            status=201,
            files=[("files", (name, content, media_type))],
            data={"metadata": json.dumps(metadata)},
        ).json()
        return batch

    def attach(self, case_file_id: str, title: str, content: bytes) -> str:
        """Hand a file in as a document; tells its id."""
        answer = self.system.call(
            "POST",
            f"/case-files/{case_file_id}/documents",
            status=201,
            files={"file": ("document.pdf", content, "application/pdf")},
            data={"metadata": json.dumps({"title": title, "kind": "internal"})},
        )
        return str(answer.json()["id"])

    def read_text(self, document_id: str) -> list[dict[str, Any]]:
        """The pages of a document with their texts: the caseworker reads what is filed, the mail room what waits."""
        path = f"/documents/{document_id}/text"
        answer = self.caseworker.ask("GET", path)
        if answer.status_code == 404:
            answer = self.mail_clerk.call("GET", path)
        pages: list[dict[str, Any]] = answer.json()["items"]
        return pages

    def wait_until_idle(self, *, every_s: float = _LOOK_EVERY_S) -> None:
        """Wait until nothing is ordered or being worked on; each look costs the server some milliseconds."""

        def idle() -> bool:
            text = httpx.get(f"{self.server.address}/metrics", timeout=60).text
            return not any(line.startswith("eakte_jobs{") and "failed" not in line for line in text.splitlines())

        if not _wait_until(idle, DONE_WITHIN_S, every_s):
            raise SystemExit(f"the work was not done after {DONE_WITHIN_S:.0f} s; {self.server.log}")

    def wait_until_read(self, document_id: str, *, patience_s: float) -> bool:
        """Wait until a document is ready or quarantined; False when patience ends first."""

        def read() -> bool:
            return self.system.get(f"/documents/{document_id}")["status"] in {"ready", "quarantined"}

        return _wait_until(read, patience_s)


def _wait_until(holds: Callable[[], bool], patience_s: float, every_s: float = _LOOK_EVERY_S) -> bool:
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


@contextmanager
def running_city(folder: Path, *, with_workers: bool = True) -> Iterator[RunningCity]:
    """Set the sample city up in an empty folder and serve it; ended in order."""
    folder.mkdir(parents=True, exist_ok=True)
    _, tokens = city.set_up(folder)
    server = start_server(folder, port=FIRST_PORT, options=() if with_workers else ("--no-workers",))
    try:
        server.wait_until_ready()
        running = RunningCity(
            server,
            Caller(server.address, token_for(server.address, "km-personal", city.PASSWORD)),
            Caller(server.address, token_for(server.address, "scan-1", city.PASSWORD)),
            Caller(server.address, tokens["anna"]),
            Caller(server.address, tokens["paul"]),
        )
        yield running
        for caller in (running.system, running.station, running.caseworker, running.mail_clerk):
            caller.close()
    finally:
        server.stop()


@contextmanager
def worker_beside(folder: Path, *options: str) -> Iterator[int]:
    """A worker of an installation that is served without; tells its process."""
    command = [sys.executable, "-m", "api.command_line", "worker", *options]
    with (folder / "workers.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment_in(folder, os.environ), stdout=log, stderr=log)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_ENDED_WITHIN_S)
