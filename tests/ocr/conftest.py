"""What the tests of reading paper share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ocr.paper_reader import LocalPaperReader


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPaperReader]:
    """A reader with the limits of production."""
    reader = LocalPaperReader(tmp_path_factory.mktemp("paper"))
    yield reader
    reader.close()


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """Where a test may write its PDF."""
    return tmp_path / "scan.pdf"
