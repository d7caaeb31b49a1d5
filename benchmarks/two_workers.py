"""How much sooner two workers are done than one, with the same documents."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import mixed_pages, process_tree
from benchmarks.measures import Measure
from benchmarks.mixed_pages import Setting
from benchmarks.sample_city import RunningCity, worker_beside

LEAST_TIMES = 1.85
_SETTING = Setting("documents", 200, 300, "jpeg", noise=5, paper=244)
_PAGES_OF_A_DOCUMENT = 2


def measure(city: RunningCity, folder: Path, *, page_count: int, seed: int) -> Iterator[Measure]:
    """Hand documents in that nobody works on, then let one worker do it, and the same again with two.

    Args:
        city: Served without workers.
        folder: Of its installation.
    """
    chance = random.Random(seed)
    originals = mixed_pages.enclosures(chance, max(4, page_count))
    pages = [mixed_pages.mixed_page(original, _SETTING, chance) for original in originals]
    files = [
        mixed_pages.stack(pages[first : first + _PAGES_OF_A_DOCUMENT], _SETTING)[0]
        for first in range(0, len(pages), _PAGES_OF_A_DOCUMENT)
    ]
    walls: list[float] = []
    for count in (1, 2):
        case_file_id = city.open_case_file(f"workers-{seed}-{count}")
        for number, content in enumerate(files):
            city.attach(case_file_id, f"{number} for {count}", content)
        with ExitStack() as at_work:
            workers = [at_work.enter_context(worker_beside(folder)) for _ in range(count)]
            began = time.monotonic()
            city.wait_until_idle()
            walls.append(time.monotonic() - began)
            used_s = sum(process_tree.cpu_s(pid) for pid in workers)
        detail = f"{len(pages)} pages, {used_s:.0f} s of CPU"
        yield Measure(f"… {count} worker{'s' * (count > 1)}", walls[-1], "s", detail=detail)
    yield Measure("two workers against one", walls[0] / walls[1], "×", LEAST_TIMES, at_least=True)
