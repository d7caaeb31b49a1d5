"""Real databases and real bytes for the domain's tests: each test has its own, migrated once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlmodel import Session

from storage.database import Database
from storage.folder_blobs import FolderBlobs
from storage.migration import upgrade
from tests.domain.organisations import Desk
from tests.domain.registry import Registry

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
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of this test alone."""
    if request.param == "sqlite":
        path = tmp_path / "eakte.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        yield database
        database.close()
        return
    with _new_database(request.getfixturevalue("postgres_template")) as name:
        database = Database(_url(name))
        yield database
        database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction that ends in a rollback."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty blob store."""
    return FolderBlobs(tmp_path / "blobs")


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


@pytest.fixture
def desk(session: Session, blobs: FolderBlobs, tmp_path: Path) -> Desk:
    """Applies organisation files."""
    folder = tmp_path / "organisation"
    folder.mkdir()
    return Desk(session, blobs, folder)


@pytest.fixture
def registry(session: Session, blobs: FolderBlobs) -> Registry:
    """A small city in a transaction that is rolled back."""
    return Registry(session, blobs)
