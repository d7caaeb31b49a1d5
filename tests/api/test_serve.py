"""`eakte serve` as a process: starting, ending, and being killed while it works."""

from __future__ import annotations

import itertools
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.folder_blobs import FolderBlobs
from tests.api.city import API, attach, case_file_body, deliver, told
from tests.api.paper import scanned_pdf, text_pdf
from tests.api.running_service import RunningService, environment, eventually, free_port, running

pytestmark = pytest.mark.timeout(300)  # processes are started; a busy machine may take its time

PAGE = "\n".join(f"Zeile {line}: Bescheid über die Sondernutzung des Gehwegs" for line in range(6))
SCANS = 3
TEXT = "\n".join(["Sehr geehrte Damen und Herren,", *["wir bitten um Prüfung der beigefügten Unterlagen."] * 8])
"""Enough to be read from the page itself, without recognition."""

STANDARD_STREAMS = 3
"""The descriptors that are never free."""

KILLS = 2
DOCUMENTS_AT_MOST, BATCHES_AT_MOST = 5, 2
"""By each sender between two kills: what is sent must be worked off in the end."""


@pytest.fixture
def data_dir(city_template: Path, tmp_path: Path) -> Path:
    """A city's data folder."""
    folder = tmp_path / "data"
    shutil.copytree(city_template, folder)
    return folder


def open_case_file(client: httpx.Client, external_id: str = "P-1") -> str:
    path = f"{API}/case-files/by-reference/km-personal/{external_id}"
    response = client.put(path, json=case_file_body())
    assert response.status_code in (200, 201)
    return str(response.json()["id"])


def attach_scans(service: RunningService) -> list[str]:
    """Documents that take their worker a while."""
    with service.client("km-personal") as client:
        case_file_id = open_case_file(client)
        answers = [attach(client, case_file_id, scanned_pdf(f"Scan {number}\n{PAGE}")) for number in range(SCANS)]
    return [str(told(answer, 201)["id"]) for answer in answers]


def states(service: RunningService, ids: list[str]) -> set[str]:
    """How far documents have been read."""
    with service.client("km-personal") as client:
        return {str(told(client.get(f"{API}/documents/{id_}"))["status"]) for id_ in ids}


def is_idle(service: RunningService) -> bool:
    """Nothing is waiting or being worked on."""
    metrics = httpx.get(f"{service.url}/metrics", timeout=30).text
    return not any(line.startswith("eakte_jobs{") and 'state="failed"' not in line for line in metrics.splitlines())


def check(data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.command_line", "check"]
    return subprocess.run(command, env=environment(data_dir), capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_sigterm_ends_it_in_time_and_the_work_goes_on_at_the_next_start(data_dir: Path) -> None:
    with running(data_dir) as service:
        assert httpx.get(f"{service.url}/readyz").json()["status"] == "ok"
        eventually(lambda: sorted(service.workers().values()) == ["clerk", "reader"], service.log)
        ids = attach_scans(service)
        eventually(lambda: "reading" in states(service, ids), service.log)

        service.process.send_signal(signal.SIGTERM)
        exit_code = service.process.wait(20)

        assert exit_code == 0, service.log()
        eventually(lambda: service.processes() == [], service.log)
        assert "Traceback" not in service.log()
        service.start_again()
        eventually(lambda: states(service, ids) == {"ready"}, service.log)


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_work_finished(data_dir: Path) -> None:
    with running(data_dir) as service:
        eventually(lambda: len(service.workers()) == 2, service.log)
        before = service.workers()
        ids = attach_scans(service)
        eventually(lambda: "reading" in states(service, ids), service.log)

        for pid in before:
            os.kill(pid, signal.SIGKILL)

        eventually(lambda: len(service.workers()) == 2 and not before.keys() & service.workers().keys(), service.log)
        eventually(lambda: states(service, ids) == {"ready"}, service.log)
        assert "Traceback" not in service.log()

        # The server is gone without a word: nobody works on behind its back.
        service.process.kill()
        service.process.wait()
        eventually(lambda: service.processes() == [], service.log)


@pytest.mark.slow
def test_several_processes_answer_in_turn_and_are_replaced_when_they_die(data_dir: Path) -> None:
    with running(data_dir, "--no-workers", EAKTE_SERVING__PROCESSES="3") as service:
        eventually(lambda: len(service.siblings()) == 2, service.log)
        before = service.siblings()
        eventually(lambda: shares(service, [service.process.pid, *before]) == [2, 2, 2], service.log)

        for pid in before:
            os.kill(pid, signal.SIGKILL)

        with service.client("km-personal") as client:
            case_file_id = open_case_file(client)
        for _ in range(9):
            with service.client("km-personal") as client:  # a connection each, of which some were dealt to the dead
                assert told(client.get(f"{API}/case-files/{case_file_id}"), 200)["id"] == case_file_id
        assert len(service.siblings()) == 2
        assert not {*before} & {*service.siblings()}
        assert "Traceback" not in service.log()
        assert service.terminate() == 0
        eventually(lambda: service.processes() == [], service.log)


@pytest.mark.slow
def test_without_a_free_descriptor_callers_wait_in_line_and_nothing_spins(data_dir: Path) -> None:
    with running(data_dir, "--no-workers") as service:
        pid = service.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (STANDARD_STREAMS, limits[1]))
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(httpx.get, f"{service.url}/healthz", timeout=60)
            eventually(lambda: "cannot take in a connection" in service.log(), service.log)
            assert not asked.done()
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            assert asked.result().status_code == 200
        assert service.log().count("cannot take in a connection") < 20
        assert "Traceback" not in service.log()


def shares(service: RunningService, pids: list[int]) -> list[int]:
    """How many of six new connections each process holds."""
    before = [sockets(pid) for pid in pids]
    with ExitStack() as held:
        for _ in range(6):
            held.enter_context(service.client("km-personal")).get("/healthz")
        return [sockets(pid) - count for pid, count in zip(pids, before, strict=True)]


def sockets(pid: int) -> int:
    return sum(str(link.readlink()).startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())


class Sender:
    """A specialist system and a station that send on and on, and remember what was acknowledged."""

    def __init__(self, service: RunningService, letter_sheet: bytes) -> None:
        self.documents: dict[str, str] = {}
        self.batches: dict[str, str] = {}
        self._service, self._sheet = service, letter_sheet
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._over.clear()
        self._threads = [threading.Thread(target=self._send_until_cut_off, args=[send]) for send in self._senders()]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _senders(self) -> list[Any]:
        return [self._send_document, self._send_document, self._send_batch]

    def _send_until_cut_off(self, send: Any) -> None:
        try:
            for _ in range(BATCHES_AT_MOST if send == self._send_batch else DOCUMENTS_AT_MOST):
                if not self._over.is_set():
                    send(next(self._numbers))
        except httpx.TransportError:
            return

    def _send_document(self, number: int) -> None:
        external_id = f"d-{number}"
        with self._service.client("km-personal") as client:
            content = text_pdf(f"Schriftstück {external_id}\n{TEXT}", padding_bytes=number % 3 * 700_000)
            response = attach(client, open_case_file(client), content, external_id=external_id)
        self.documents[external_id] = told(response, 201)["sha256"]

    def _send_batch(self, number: int) -> None:
        batch_id = f"b-{number}"
        with self._service.client("scan-1") as station:
            response = deliver(station, text_pdf(f"Fremdes {number}\n{TEXT}", TEXT), self._sheet, batch_id=batch_id)
        self.batches[batch_id] = told(response, 201)["id"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261122])
def test_whatever_was_acknowledged_survives_being_killed(data_dir: Path, seed: int) -> None:
    chance = random.Random(seed)
    with running(data_dir) as service:
        with service.client("anna") as anna:
            case_file = told(anna.post(f"{API}/case-files", json=case_file_body(title="Briefakte")), 201)["id"]
            letter = told(anna.post(f"{API}/case-files/{case_file}/letters", json={"template": "brief"}), 201)
            sheet = anna.get(f"{API}/documents/{letter['document_id']}/content").content
        sender = Sender(service, sheet)
        for _ in range(KILLS):
            sender.start()
            time.sleep(chance.uniform(0.3, 2.0))
            service.kill_everything()
            sender.stop()
            service.start_again()

        eventually(lambda: is_idle(service), service.log)
        assert told(httpx.get(f"{service.url}/readyz"))["status"] == "ok"
        with service.client("km-personal") as client, service.client("scan-1") as station:
            listed = all_documents(client, open_case_file(client))
            batches = {key: told(station.get(f"{API}/scan-batches/{id_}")) for key, id_ in sender.batches.items()}
        with service.client("anna") as anna:
            answered = told(anna.get(f"{API}/letters/{letter['id']}"))
            filed = all_documents(anna, case_file)
        assert service.terminate() == 0

    assert sender.documents
    external_ids = [item["external_id"] for item in listed]
    assert len(set(external_ids)) == len(external_ids)
    hashes = {item["external_id"]: item["sha256"] for item in listed}
    assert {key: hashes.get(key) for key in sender.documents} == sender.documents
    assert {item["status"] for item in listed} == {"ready"}

    assert sender.batches
    for batch in batches.values():
        assert batch["status"] == "done"
        assert [item["outcome"] for item in batch["items"]] in (["inbox", "filed"], ["inbox", "inbox"])
    answers = [item for item in filed if item["kind"] == "incoming"]
    assert [item["id"] for item in answers] == [answered["answer_document_id"]]

    result = check(data_dir)
    assert result.returncode == 0, result.stdout
    store = FolderBlobs(data_dir / "blobs")
    store.sweep_unfinished(0)
    assert list((data_dir / "blobs" / "unfinished").iterdir()) == []


def all_documents(client: httpx.Client, case_file_id: str) -> list[dict[str, Any]]:
    path, found, cursor = f"{API}/case-files/{case_file_id}/documents", [], None
    while True:
        page = told(client.get(path, params={"limit": 200} | ({} if cursor is None else {"cursor": cursor})))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_port_that_is_taken_ends_it_with_a_word(data_dir: Path) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        result = subprocess.run(
            [sys.executable, "-m", "api.command_line", "serve", "--port", str(port)],
            env=environment(data_dir),
            capture_output=True,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("Fehler: ")
    assert str(port) in result.stderr
    assert result.stdout == ""
