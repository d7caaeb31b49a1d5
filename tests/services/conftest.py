"""What the tests on big programs share."""

from __future__ import annotations

from tests.readers import reader

__all__ = ["reader"]
