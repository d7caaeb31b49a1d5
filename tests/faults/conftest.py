"""An installation that is made once and copied, and a nursery for its processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import installation
from tests.faults.nursery import Nursery
from tests.faults.stack import Stack


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts processes of eAkte."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation with letters out; one for all processes that test."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return installation.prepared(folder / "prepared")


@pytest.fixture(scope="session")
def stack(prepared: Path) -> Stack:
    """The answers to its letters, and other post."""
    return installation.stack_of(prepared)
