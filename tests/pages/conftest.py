"""A town built once per test process, copied for each test, and browsers into it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.pages.visits import SESSION_COOKIE
from api.service import Service
from tests.databases import engine_on
from tests.pages import rights_town
from tests.pages.desk import Desk
from tests.pages.town import Town, build_town, service_on


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Town]:
    """The folder of a town, only to be copied."""
    folder = tmp_path_factory.mktemp("town")
    return folder, build_town(folder)


@pytest.fixture(scope="session")
def built_with_rights(
    built: tuple[Path, Town], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """The same with more people and rules (`rights_town`), and the cookies of the people it adds."""
    folder = tmp_path_factory.mktemp("rights") / "town"
    shutil.copytree(built[0], folder)
    service = service_on(folder)
    cookies = rights_town.arrange(service)
    service.close()
    return folder, cookies


@pytest.fixture
def town(built: tuple[Path, Town]) -> Town:
    return built[1]


@pytest.fixture
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """The town's records, this test's own; with more people and rules where somebody of them is asked for."""
    wanted = "built_with_rights" if "cookies" in request.fixturenames else "built"
    folder = tmp_path / "data"
    shutil.copytree(request.getfixturevalue(wanted)[0], folder)
    service = service_on(folder)
    with engine_on(folder / "eakte.sqlite3") as database:
        vars(service)["database"] = database
        yield service
        service.close()


@pytest.fixture
def desk(service: Service) -> Iterator[Desk]:
    """A browser nobody is signed in with."""
    with Desk(service) as desk:
        yield desk


@pytest.fixture
def aenne(desk: Desk, town: Town) -> Desk:
    """Änne's browser: she works in the unit responsible for the case file."""
    desk.come_in(town, "änne")
    return desk


@pytest.fixture
def otto(service: Service, town: Town) -> Iterator[Desk]:
    """Otto's browser: he works elsewhere."""
    with Desk(service) as desk:
        desk.come_in(town, "otto")
        yield desk


@pytest.fixture
def joerg(service: Service, town: Town) -> Iterator[Desk]:
    """Jörg's browser: Änne's colleague in the same unit."""
    with Desk(service) as desk:
        desk.come_in(town, "jörg")
        yield desk


@pytest.fixture
def cookies(town: Town, built_with_rights: tuple[Path, dict[str, str]]) -> dict[str, str]:
    """By name, the cookie of a browser signed in already."""
    return {**town.sessions, **built_with_rights[1]}


@pytest.fixture
def desk_of(service: Service, cookies: dict[str, str]) -> Iterator[Callable[[str], Desk]]:
    """Gives anybody's browser."""
    desks: list[Desk] = []

    def come(name: str) -> Desk:
        desk = Desk(service)
        desk.client.cookies.set(SESSION_COOKIE, cookies[name])
        desks.append(desk)
        return desk

    yield come
    for desk in desks:
        desk.client.close()
