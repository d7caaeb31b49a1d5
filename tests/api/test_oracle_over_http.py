"""Over HTTP and in the pages, too, a random city shows everybody exactly what the oracle says, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from starlette.testclient import TestClient

from api.application import build_application
from api.pages.visits import SESSION_COOKIE
from api.service import Service
from eakte import indexing, sign_in
from eakte.access_tables import Right
from eakte.errors import NotFound
from eakte.ids import new_id
from eakte.settings import Settings
from tests.api.city import API
from tests.databases import sqlite_template
from tests.domain import access_oracle as oracle
from tests.domain.oracle_city import WORD, Size
from tests.domain.oracle_organisation import LivingOrganisation
from tests.domain.oracle_world import Thing

__all__ = ["sqlite_template"]
"""Fixture from next door."""

Choice = TypeVar("Choice")
LIVES, STEPS = 2, 70
LEAST_CALLS = 600
_TICKETS = re.compile(r'(data-csrf|name="csrf" value|name="form_id" value|name="ziel" value)="[^"]*"')


class AskedCity(LivingOrganisation):
    """A city that is asked over HTTP when its life is over."""

    size = Size(case_files=4, documents=10)
    calls: ClassVar[list[str]] = []

    def at_the_end(self) -> None:
        service = Service(Settings(data_dir=self.folder))
        vars(service)["database"] = self.database
        service.index.rebuild(indexing.everything(service.database))
        app = build_application(service)
        try:
            for name, somebody in self.world.everybody.items():
                if somebody.active:
                    Guest(self, service, app, name).ask_for_everything()
                else:
                    with service.database.writing() as session, pytest.raises(NotFound):
                        sign_in.issue_token(session, name, lifetime=timedelta(hours=1))
        finally:
            service.close()


class Guest:
    """One person or system with a token and, as if they had one, a browser."""

    def __init__(self, city: AskedCity, service: Service, app: FastAPI, name: str) -> None:
        with service.database.writing() as session:
            token, _ = sign_in.issue_token(session, name, lifetime=timedelta(hours=1))
            cookie, _ = sign_in.issue_token(session, name, lifetime=timedelta(hours=1), browser=True)
        self.city, self.world, self.name, self.turn = city, city.world, name, len(name)
        self.api = TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)
        self.pages = TestClient(app, cookies={SESSION_COOKIE: cookie}, raise_server_exceptions=False)
        self.told = {thing: oracle.rights(self.world, name, thing) for thing in self.world.things()}
        secrets = self.secrets()
        self.hidden = {secret for thing, secret in secrets.items() if not self.told.get(thing)}

    def secrets(self) -> dict[Thing, str]:
        """The word that stands in this thing only."""
        world = self.world
        return {
            **{Thing("case_file", id_): file.secret for id_, file in world.case_files.items()},
            **{Thing("document", id_): paper.secret for id_, paper in world.documents.items()},
            **{Thing("proceeding", id_): secret for id_, secret in world.matters.items()},
        }

    def readable(self, kind: str) -> set[str]:
        return {thing.id for thing, rights in self.told.items() if thing.kind == kind and rights}

    def some(self, *addresses: Choice) -> list[Choice]:
        """Half of these, others each time; all of them would take minutes."""
        self.turn += 1
        return list(addresses[self.turn % 2 :: 2])

    def ask_for_everything(self) -> None:
        for thing in self.told:
            self.ask_for(thing)
        self.ask_for_lists()
        self.api.close()
        self.pages.close()

    # -- single things -----------------------------------------------------------------------------

    def ask_for(self, thing: Thing) -> None:
        known = bool(self.told[thing])
        if thing.kind == "case_file":
            for tail in self.some("", "/documents", "/parties", "/proceedings", "/letters"):
                self.check(self.api, f"{API}/case-files/{thing.id}{tail}", thing.id, 200 if known else 404)
            self.check(self.pages, f"/akten/{thing.id}", thing.id, 200 if known else 404)
            if known:
                self.ask_what_lies_in(thing.id)
        elif thing.kind == "document":
            for tail in self.some("", "/content", "/text", "/versions", "/pages/1/image", "/pages/1/words"):
                self.check(self.api, f"{API}/documents/{thing.id}{tail}", thing.id, 200 if known else 404)
            for page in self.some(f"/dokumente/{thing.id}", f"/dokumente/{thing.id}/seiten/1/bild"):
                self.check(self.pages, page, thing.id, 200 if known else 404)
        if thing.kind in ("case_file", "document"):
            leads = self.told[thing] & Right.SHARE
            expected = 200 if leads else 403 if known else 404
            self.check(self.api, f"{API}/audit?object={thing.id}", thing.id, expected)
            page = f"/{'akten' if thing.kind == 'case_file' else 'dokumente'}/{thing.id}/rechte"
            for path, status in self.some((page, expected), (f"{page}/meine", 200 if known else 404)):
                self.check(self.pages, path, thing.id, status)
        if thing.kind == "filing_plan":
            expected = 200 if thing.id in oracle.plan(self.world, self.name) else 404
            for caller, path in ((self.api, f"{API}/filing-plan/{thing.id}"), (self.pages, f"/aktenplan/{thing.id}")):
                assert self.get(caller, path).status_code == expected, f"{self.name} {path}"

    def ask_what_lies_in(self, case_file: str) -> None:
        world, path = self.world, f"{API}/case-files/{case_file}"
        papers = {id_ for id_ in self.readable("document") if world.documents[id_].case_file == case_file}
        matters = {id_ for id_ in self.readable("proceeding") if world.proceedings[id_] == case_file}
        assert self.ids(f"{path}/documents?limit=100") == papers
        assert self.ids(f"{path}/proceedings") == matters
        assert self.ids(f"{path}/letters") == {one for one, paper in world.letters.items() if paper in papers}

    def check(self, caller: TestClient, path: str, id_: str, expected: int) -> None:
        """One address tells what it should, and of what is hidden exactly as much as of what does not exist."""
        answer = self.get(caller, path)
        assert answer.status_code == expected, f"{self.name} {path}: {answer.status_code} {answer.text[:300]}"
        if expected == 404:
            assert _all_told(answer) == _all_told(self.get(caller, path.replace(id_, str(new_id())))), path

    # -- lists -------------------------------------------------------------------------------------

    def ask_for_lists(self) -> None:
        world, papers = self.world, self.readable("document")
        units = oracle.inbox_units(world, self.name)
        waiting = {
            id_
            for id_ in papers
            if world.documents[id_].case_file is None and oracle.goes_on(world, world.documents[id_].unit) in units
        }
        assert self.ids(f"{API}/case-files?limit=100") == self.readable("case_file")
        assert self.ids(f"{API}/inbox?limit=100", "document_id") == waiting
        assert self.ids(f"{API}/filing-plan", "code") == oracle.plan(world, self.name)
        found = self.items(f"{API}/search?q={WORD}&limit=100")
        assert {hit["case_file_id"] for hit in found if hit["kind"] == "case_file"} == self.readable("case_file")
        assert {hit["document_id"] for hit in found if hit["kind"] == "document"} == {
            id_ for id_ in papers if world.documents[id_].concerns is None
        }
        for hidden in sorted(self.hidden)[:3]:
            assert self.items(f"{API}/search?q={hidden}") == []
        for path in ("/", f"/suche?q={WORD}", "/postkorb", "/aktenplan", "/vertretung", "/notzugriff"):
            answer = self.get(self.pages, path)
            assert answer.status_code == 200, f"{self.name} {path}: {answer.text[:300]}"
        plan = self.get(self.pages, "/aktenplan").text
        assert {code for code in world.entries if f"Betreff {code}" in plan} == oracle.plan(world, self.name)

    def items(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(self.api, path)
        assert answer.status_code == 200, f"{self.name} {path}: {answer.text[:300]}"
        listed: list[dict[str, Any]] = answer.json()["items"]
        return listed

    def ids(self, path: str, name: str = "id") -> set[str]:
        return {row[name] for row in self.items(path)}

    def get(self, caller: TestClient, path: str) -> httpx.Response:
        """Ask, and see that nothing hidden stands in the answer, headers included."""
        type(self.city).calls.append(path)
        answer: httpx.Response = caller.get(path)
        told = answer.content + str(answer.headers).encode()
        shown = {secret for secret in self.hidden if secret.encode() in told} - {path.rpartition("=")[2]}
        assert not shown, f"{self.name} {path} shows {shown}"
        return answer


def _all_told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """All that could betray a difference."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, _TICKETS.sub("", answer.text), headers


def test_a_random_city_answers_over_http_and_in_pages_as_the_oracle_says(sqlite_template: Path) -> None:
    class ThisCity(AskedCity):
        template = sqlite_template

    while len(ThisCity.calls) < LEAST_CALLS:
        run_state_machine_as_test(
            ThisCity,
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=False,
                suppress_health_check=list(HealthCheck),
                database=None,
                print_blob=True,
                report_multiple_bugs=False,
                phases=[Phase.generate],
            ),
        )
