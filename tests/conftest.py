"""For all tests."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not walk through it all the time.

    A tenth of the time of all tests went there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
