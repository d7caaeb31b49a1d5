"""How much memory a worker needs, with everything below it, whatever it is given to read."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator

from benchmarks import process_tree, sample_pages
from benchmarks.hostile_files import hostile_files
from benchmarks.measures import Measure
from benchmarks.process_tree import MemoryWatch
from benchmarks.sample_city import RunningCity

LIMIT_MB = 600.0
PATIENCE_S = 90.0
"""What failed is tried again, later and later; nobody waits for the last try here."""


def measure(city: RunningCity, *, seed: int) -> Iterator[Measure]:
    """Give the workers ordinary and hostile files, one after the other; the most any worker used at a time."""
    case_file_id = city.open_case_file("memory")
    chance = random.Random(seed)
    stack = sample_pages.scanned_stack(chance, [[sample_pages.enclosure(chance)] for _ in range(6)], grey=True)
    files = [("ordinary stack of 12 sheets", stack.content)]
    peaks: dict[str, int] = {}
    with MemoryWatch(process_tree.workers_of(city.pid)) as watch:
        for name, content in (*files, *hostile_files()):
            watch.take_peak()
            metadata = {"title": name, "kind": "internal"}
            began = time.monotonic()
            document = city.system.call(
                "POST",
                f"/case-files/{case_file_id}/documents",
                status=201,
                files={"file": (name, content, "application/octet-stream")},
                data={"metadata": json.dumps(metadata)},
            ).json()
            done = city.wait_until_read(document["id"], patience_s=PATIENCE_S)
            peaks[name] = watch.take_peak()
            detail = f"{time.monotonic() - began:.0f} s" if done else "tried again and again"
            yield Measure(f"… {name}", peaks[name] / 1e6, "MB", detail=detail)
    worst = max(peaks, key=lambda name: peaks[name])
    detail = f"worker with all below it; most with {worst}"
    yield Measure("peak memory of a worker", peaks[worst] / 1e6, "MB", LIMIT_MB, detail=detail)
