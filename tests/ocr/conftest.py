"""What the tests of reading paper share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers import reader

__all__ = ["reader"]


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """Where a test may write its PDF."""
    return tmp_path / "scan.pdf"
