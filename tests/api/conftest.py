"""A city for each test of the API, copied from one that is set up once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.city import City, city_like, make_city


@pytest.fixture(scope="session")
def city_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a city that is set up, to copy."""
    folder = tmp_path_factory.mktemp("template") / "data"
    make_city(folder)
    return folder


@pytest.fixture
def city(city_template: Path, tmp_path: Path) -> Iterator[City]:
    """A city of this test alone."""
    with city_like(city_template, tmp_path / "data") as city:
        yield city


@pytest.fixture(scope="module")
def shared_city(city_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city for tests whose requests are refused or only read: they leave nothing behind."""
    with city_like(city_template, tmp_path_factory.mktemp("shared") / "data") as city:
        yield city
