"""What it costs to file a large stack by its codes, before any page of it is recognised."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import mixed_pages, process_tree, sample_pages
from benchmarks.measures import Measure
from benchmarks.mixed_pages import MixedPage, Original, Setting
from benchmarks.sample_city import DONE_WITHIN_S, RunningCity, worker_beside

LIMIT_S, OF_SHEETS = 90.0, 500
SHEETS_OF_AN_ENVELOPE = 5
_SETTING = Setting("stack", 200, 200, "jpeg", noise=4, paper=244)
_DIFFERENT_ENCLOSURES = 12
_LOOK_EVERY_S = 2.0


def measure(city: RunningCity, folder: Path, *, sheet_count: int, seed: int) -> Iterator[Measure]:
    """Deliver one PDF of envelopes, an answered letter and four enclosures each; CPU until the last one is filed.

    Counted are the server and the worker that files; those that recognise have no part in it and are not there.

    Args:
        city: Served without workers.
        folder: Of its installation.
    """
    chance = random.Random(seed)
    enclosures = [_scan(original, chance) for original in mixed_pages.enclosures(chance, _DIFFERENT_ENCLOSURES)]
    separator = mixed_pages.scan_of(sample_pages.separator(), _SETTING, chance)
    stack: list[MixedPage] = []
    envelopes = max(1, sheet_count // SHEETS_OF_AN_ENVELOPE)
    for number in range(envelopes):
        _, letter = city.send_letter(city.open_case_file(f"stack-{seed}-{number}"), sample_pages.prose(chance, 4))
        stack.append(_scan(Original(mixed_pages.text_of(letter), letter), chance))
        stack += chance.sample(enclosures, SHEETS_OF_AN_ENVELOPE - 1)
        stack.append(separator)
    content, media_type = mixed_pages.stack(stack, _SETTING)
    with worker_beside(folder):
        city.wait_until_idle()
    with worker_beside(folder, "--role", "clerk") as clerk:
        process_tree.settle(clerk)
        before_s = process_tree.cpu_s(city.pid) + process_tree.cpu_s(clerk)
        batch = city.deliver(f"stack-{seed}", "stack.pdf", content, media_type)
        filed = _wait_until_placed(city, batch["id"])
        used_s = process_tree.cpu_s(city.pid) + process_tree.cpu_s(clerk) - before_s
    sheets = envelopes * SHEETS_OF_AN_ENVELOPE
    yield Measure("answers of the stack filed by themselves", 100 * filed / envelopes, "%", 99.0, at_least=True)
    yield Measure(
        f"CPU until {OF_SHEETS} sheets are filed",
        used_s * OF_SHEETS / sheets,
        "s",
        LIMIT_S,
        detail=f"{used_s:.1f} s for {sheets} sheets and {envelopes} separators, {len(content) / 1e6:.0f} MB",
    )


def _scan(original: Original, chance: random.Random) -> MixedPage:
    return mixed_pages.mixed_page(original, _SETTING, chance)


def _wait_until_placed(city: RunningCity, batch_id: str) -> int:
    """Wait until every document of a stack is filed or waits for a person; tells how many are filed."""
    deadline = time.monotonic() + DONE_WITHIN_S
    while time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
        outcomes = [item["outcome"] for item in city.station.get(f"/scan-batches/{batch_id}")["items"]]
        if outcomes and "pending" not in outcomes:
            return outcomes.count("filed")
    raise SystemExit("the stack was not filed")
