"""A small city behind the real application: its own data folder, database, bytes and index."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.application import build_application
from api.service import Service
from api.worker import EVERYTHING, work_off
from eakte import sign_in
from eakte.apply import apply_organisation
from eakte.jobs import JobKind
from eakte.settings import Settings
from ocr.paper_reader import LocalPaperReader
from tests.databases import engine_on

ORGANISATION = """
units:
  - {id: PO, name: Personal}
  - {id: SO, name: Soziales}
  - {id: SO-EH, name: Eingliederungshilfe, parent: SO}
  - {id: POST, name: Poststelle}
people:
  - {id: anna, name: Änne Ärmel, email: anna@example.org, units: [PO, POST]}
  - {id: anni, name: Anni Amt, units: [PO]}
  - {id: otto, name: Otto Öl, units: [SO-EH]}
  - {id: lisa, name: Lisa Leser}
  - {id: nina, name: Nina Niemand, units: [POST]}
  - {id: adam, name: Adam Admin, roles: [admin]}
  - {id: dora, name: Dora Datenschutz, roles: [dpo]}
systems: [{id: km-personal, name: KM-Personal}, {id: km-fremd, name: KM-Fremd}]
stations: [{id: scan-1, name: Poststelle, unit: POST}, {id: scan-2, name: Soziales, unit: SO}]
filing_plan:
  - code: "11"
    title: Personal
    children:
      - code: "11.20"
        title: Personalakten
        retention_years: 5
        fields: {personnel_no: {type: text, required: true}}
        sections: [Vertrag, Bezüge]
  - {code: "50", title: Soziales, children: [{code: "50.10", title: Eingliederungshilfe}]}
grants:
  - {on: "plan:11.20", to: {system: km-personal}, rights: [read, file, edit]}
  - {on: "plan:11", to: {unit: PO}, rights: [Leiten]}
  - {on: "plan:11.20", to: {person: lisa}, rights: [read]}
  - {on: "plan:50", to: {unit: SO, sub_units: true}, rights: [Leiten]}
"""
NAMES = ("anna", "anni", "otto", "lisa", "nina", "adam", "dora", "km-personal", "km-fremd", "scan-1", "scan-2")
SECRET = "ein-geheimes-Wort"
API = "/api/v1"


class City:
    """The application on a data folder, and who may call it."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.data_dir = data_dir
        self.service = Service(Settings(data_dir=data_dir, **settings))
        self.tokens: dict[str, str] = json.loads((data_dir / "tokens.json").read_text())
        self.app: FastAPI = build_application(self.service)

    def client(self, name: str | None = None, *, raise_errors: bool = False) -> httpx.Client:
        """A caller with this name's token; without one, a stranger.

        Args:
            raise_errors: What breaks an answer while it is sent is raised, as a server would cut the connection.
        """
        headers = {} if name is None else {"Authorization": f"Bearer {self.tokens[name]}"}
        return TestClient(
            self.app, base_url="http://eakte.example", headers=headers, raise_server_exceptions=raise_errors
        )

    def work_off(self, kinds: frozenset[JobKind] = EVERYTHING) -> None:
        """Do all work that is due."""
        vars(self.service)["reader"] = _shared_reader()
        try:
            work_off(self.service, kinds=kinds)
        finally:
            del vars(self.service)["reader"]

    def close(self) -> None:
        self.service.close()


@cache
def _shared_reader() -> LocalPaperReader:
    """One for all tests of this process: it takes a second to start and keeps nothing between files."""
    folder = tempfile.TemporaryDirectory(prefix="eakte-reader-")
    reader = LocalPaperReader(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(reader.close)
    return reader


def make_city(data_dir: Path) -> None:
    """Set up the organisation in a new data folder, with a token for everybody and a secret for one system."""
    service = Service(Settings(data_dir=data_dir))
    service.prepare()
    with service.database.writing() as session:
        apply_organisation(
            session, service.blobs, source=ORGANISATION, folder=data_dir, actor_id="command-line", dry_run=False
        )
        sign_in.set_secret(session, "km-personal", SECRET, "command-line")
        sign_in.set_secret(session, "anna", SECRET, "command-line")
        tokens = {name: sign_in.issue_token(session, name, lifetime=timedelta(days=1))[0] for name in NAMES}
    service.close()
    (data_dir / "tokens.json").write_text(json.dumps(tokens))


@contextmanager
def city_like(template: Path, data_dir: Path, **settings: Any) -> Iterator[City]:
    """A city of one's own, copied from one that is set up."""
    shutil.copytree(template, data_dir)
    with engine_on(data_dir / "eakte.sqlite3") as database:
        city = City(data_dir, **settings)
        vars(city.service)["database"] = database
        try:
            yield city
        finally:
            city.close()


def case_file_body(**changes: Any) -> dict[str, Any]:
    """The shortest body that opens a case file."""
    return {"filing_plan": "11.20", "title": "Personalakte Jörg Größmann", "fields": {"personnel_no": "4711"}} | changes


def open_case_file(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    """A new case file."""
    return told(client.post(f"{API}/case-files", json=case_file_body(**changes)), 201)


def attach(
    client: httpx.Client,
    case_file_id: str,
    content: bytes = b"Inhalt",
    *,
    file_name: str = "brief.pdf",
    headers: dict[str, str] | None = None,
    **metadata: Any,
) -> httpx.Response:
    """Attach a document; `metadata` overrides or adds to the shortest possible."""
    return client.post(
        f"{API}/case-files/{case_file_id}/documents",
        files={"file": (file_name, content, "application/pdf")},
        data={"metadata": json.dumps({"title": "Brief", "kind": "internal"} | metadata)},
        headers=headers,
    )


def deliver(
    client: httpx.Client,
    *contents: bytes,
    station: str = "scan-1",
    batch_id: str = "stapel-1",
    headers: dict[str, str] | None = None,
    **metadata: Any,
) -> httpx.Response:
    """Deliver a stack."""
    return client.post(
        f"{API}/scan-batches",
        files=[("files", (f"scan-{number}.pdf", content)) for number, content in enumerate(contents)],
        data={"metadata": json.dumps({"station": station, "operator": "op-7", "batch_id": batch_id} | metadata)},
        headers=headers,
    )


def told(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that must have this status."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body: dict[str, Any] = response.json()
    return body


def refused(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details of a refusal, which must have this status."""
    body = told(response, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert {"type", "title", "detail"} <= body.keys()
    return body


def pointers(response: httpx.Response) -> list[str]:
    """The fields a 422 names."""
    return [field["pointer"] for field in refused(response, 422)["errors"]]
