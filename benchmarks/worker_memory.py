"""How much memory a worker needs, with everything below it, whatever it is given to read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from benchmarks import process_tree, sample_pages
from benchmarks.hostile_files import hostile_files
from benchmarks.measures import Measure
from benchmarks.process_tree import MemoryWatch
from benchmarks.sample_city import RunningCity

LIMIT_MB = 600.0


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
            city.system.call(
                "POST",
                f"/case-files/{case_file_id}/documents",
                status=201,
                files={"file": (name, content, "application/octet-stream")},
                data={"metadata": json.dumps(metadata)},
            )
            city.wait_until_idle()
            peaks[name] = watch.take_peak()
    for name, peak_bytes in peaks.items():
        yield Measure(f"… {name}", peak_bytes / 1e6, "MB")
    worst = max(peaks, key=lambda name: peaks[name])
    detail = f"worker with all below it; most with {worst}"
    yield Measure("peak memory of a worker", peaks[worst] / 1e6, "MB", LIMIT_MB, detail=detail)
