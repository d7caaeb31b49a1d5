"""Real databases and real bytes for the domain's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from ocr.paper_reader import LocalPaperReader
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from tests.databases import database, postgres_template, sqlite_template
from tests.domain.held_paper import HeldPaper
from tests.domain.mailroom import Mailroom
from tests.domain.organisations import Desk
from tests.domain.registry import Registry
from tests.readers import reader

__all__ = ["database", "postgres_template", "reader", "sqlite_template"]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction that ends in a rollback."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty blob store."""
    return FolderBlobs(tmp_path / "blobs")


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


@pytest.fixture
def mailroom(registry: Registry, reader: LocalPaperReader, tmp_path: Path) -> Mailroom:
    """A mail room that takes pages out of real files."""
    return Mailroom(registry, reader, tmp_path / "work")


@pytest.fixture
def paper(registry: Registry, reader: LocalPaperReader, tmp_path: Path) -> HeldPaper:
    """A desk at which files are really read."""
    return HeldPaper(registry, reader, tmp_path / "work")
