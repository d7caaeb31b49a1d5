"""What the tests of reading paper share: one process that children are forked from, for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ocr.paper_reader import LocalPaperReader


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPaperReader]:
    """A reader with the limits of production."""
    reader = LocalPaperReader(tmp_path_factory.mktemp("paper"))
    yield reader
    reader.close()
