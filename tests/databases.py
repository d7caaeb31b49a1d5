"""Real databases for tests: each test has its own, a copy of one that was migrated once."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from storage.database import Database
from storage.migration import upgrade

POSTGRES_URL = "EAKTE_TEST_POSTGRES_URL"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    path = tmp_path_factory.mktemp("template") / "eakte.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """Name of a migrated database to copy."""
    with _new_database() as name:
        database = Database(_url(name))
        upgrade(database)
        database.close()
        yield name


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of this test alone."""
    if request.param == "sqlite":
        with engine_on(request.getfixturevalue("sqlite_template")) as database:
            yield database
        return
    with _new_database(request.getfixturevalue("postgres_template")) as name:
        database = Database(_url(name))
        yield database
        database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    with _new_database() as name:
        yield _url(name)


_unused: list[Database] = []


@contextmanager
def engine_on(copied: Path) -> Iterator[Database]:
    """A SQLite database with the content of a file: one of a few engines, whose statements are compiled already."""
    if not _unused:
        folder = tempfile.TemporaryDirectory(prefix="eakte-place-")
        atexit.register(folder.cleanup)
        _unused.append(Database(f"sqlite:///{Path(folder.name) / 'eakte.sqlite3'}"))
    database = _unused.pop()
    put_copy(copied, database)
    try:
        yield database
    finally:
        database.close()
        _unused.append(database)


def put_copy(template: Path, database: Database) -> None:
    """Let a closed SQLite database be a copy of another from now on."""
    path = Path(str(database.url.database))
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()  # whoever still has it open keeps the old one
    shutil.copyfile(template, path)


@contextmanager
def _new_database(template: str | None = None) -> Iterator[str]:
    """A PostgreSQL database, empty or a copy of another, that is dropped at the end."""
    name = f"eakte_domain_{uuid4().hex}"
    making = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        making += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    server = make_url(os.environ[POSTGRES_URL]).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(making)
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(name: str) -> str:
    return (
        make_url(os.environ[POSTGRES_URL])
        .set(drivername="postgresql+psycopg", database=name)
        .render_as_string(hide_password=False)
    )
