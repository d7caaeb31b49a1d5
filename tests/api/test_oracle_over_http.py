"""Over HTTP and in the pages, too, a random city shows everybody exactly what the oracle says, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test
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
from tests.domain.oracle_city import PEOPLE, UNITS, WORD, Size
from tests.domain.oracle_organisation import LivingOrganisation
from tests.domain.oracle_world import Thing

__all__ = ["sqlite_template"]
"""Fixture from next door."""

LIVES, STEPS = 2, 70
LEAST_CALLS = 500
ENTRIES = 4
_TICKETS = re.compile(r'(data-csrf|name="csrf" value|name="form_id" value|name="ziel" value)="[^"]*"')


class AskedCity(LivingOrganisation):
    """A city that is asked over HTTP when its life is over."""

    size = Size(case_files=4, documents=10)
    calls: ClassVar[list[str]] = []

    @initialize(
        above=st.tuples(*(st.integers(-1, number - 1) for number in range(len(UNITS)))),
        members=st.tuples(*(st.sets(st.sampled_from(UNITS), max_size=2) for _ in PEOPLE)),
        ceilings=st.tuples(*(st.integers(0, 3) for _ in PEOPLE)),
        entries_above=st.tuples(*(st.integers(-1, number - 1) for number in range(ENTRIES))),
        sections=st.tuples(*(st.booleans() for _ in range(ENTRIES))),
    )
    def found(
        self,
        above: tuple[int, ...],
        members: tuple[set[str], ...],
        ceilings: tuple[int, ...],
        entries_above: tuple[int, ...],
        sections: tuple[bool, ...],
    ) -> None:
        self.found_city(above, members, ceilings, entries_above, sections)

    def at_the_end(self) -> None:
        service = Service(Settings(data_dir=self.folder))
        service.index.rebuild(indexing.everything(service.database))
        try:
            for name in self.world.everybody:
                self.ask_as(service, name)
        finally:
            service.close()

    def ask_as(self, service: Service, name: str) -> None:
        """Everything one person or system can ask for."""
        try:
            with service.database.writing() as session:
                token, _ = sign_in.issue_token(session, name, lifetime=timedelta(hours=1))
                cookie, _ = sign_in.issue_token(session, name, lifetime=timedelta(hours=1), browser=True)
        except NotFound:
            assert not self.world.everybody[name].active
            return
        app = build_application(service)
        api = TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)
        pages = TestClient(app, cookies={SESSION_COOKIE: cookie}, raise_server_exceptions=False)
        readable = {thing for thing in self.world.things() if oracle.rights(self.world, name, thing) & Right.READ}
        hidden = self.secrets() - self.secrets(readable)
        for thing in self.world.things():
            for client, path in self.addresses(thing):
                caller = api if client == "api" else pages
                self.check_one(caller, path, thing, readable=thing in readable, hidden=hidden)
        lists = [(api, f"{API}/{path}") for path in ("case-files", "inbox", f"search?q={WORD}", "filing-plan")]
        lists += [(pages, path) for path in ("/", f"/suche?q={WORD}", "/postkorb", "/aktenplan")]
        for caller, path in lists:
            answer = self.get(caller, path)
            assert answer.status_code == 200, f"{name} {path}: {answer.text[:300]}"
            self.shows_none_of(hidden, answer, path)
        listed = {row["id"] for row in api.get(f"{API}/case-files").json()["items"]}
        assert listed == {thing.id for thing in readable if thing.kind == "case_file"}

    def addresses(self, thing: Thing) -> list[tuple[str, str]]:
        """Where a thing is asked for."""
        if thing.kind == "case_file":
            path = f"{API}/case-files/{thing.id}"
            return [
                ("api", path),
                ("api", f"{path}/documents"),
                ("api", f"{path}/parties"),
                ("page", f"/akten/{thing.id}"),
            ]
        if thing.kind == "document":
            path = f"{API}/documents/{thing.id}"
            inner = ("", "/content", "/text", "/versions", "/pages/1/image", "/pages/1/words")
            return [*(("api", path + one) for one in inner), ("page", f"/dokumente/{thing.id}")]
        return []

    def check_one(self, caller: TestClient, path: str, thing: Thing, *, readable: bool, hidden: set[str]) -> None:
        answer = self.get(caller, path)
        self.shows_none_of(hidden, answer, path)
        if readable:
            assert answer.status_code in (200, 409), f"{path}: {answer.status_code} {answer.text[:300]}"
            return
        nothing = self.get(caller, path.replace(thing.id, str(new_id())))
        assert answer.status_code == nothing.status_code == 404, f"{path}: {answer.status_code}"
        assert _TICKETS.sub("", answer.text) == _TICKETS.sub("", nothing.text), path

    def get(self, caller: TestClient, path: str) -> httpx.Response:
        type(self).calls.append(path)
        answer: httpx.Response = caller.get(path)
        return answer

    def shows_none_of(self, hidden: set[str], answer: httpx.Response, path: str) -> None:
        shown = {secret for secret in hidden if secret.encode() in answer.content}
        assert not shown, f"{path} shows {shown}"

    def secrets(self, things: set[Thing] | None = None) -> set[str]:
        """The words that stand in these things only; of all things when None."""
        world = self.world
        return {
            one.secret
            for kind, known in (("case_file", world.case_files), ("document", world.documents))
            for id_, one in known.items()
            if things is None or Thing(kind, id_) in things
        }


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
                suppress_health_check=list(HealthCheck),
                database=None,
                print_blob=True,
                phases=[Phase.generate],
            ),
        )
