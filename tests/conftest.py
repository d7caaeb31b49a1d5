"""For all tests."""

from __future__ import annotations

import gc
import os


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests wait for processes, and no core should wait with them."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not walk through it all the time.

    A tenth of the time of all tests went there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
