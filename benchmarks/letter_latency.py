"""How long a one-page letter takes from its delivery to its case file, and until it can be found."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from api.demo import paper
from api.demo.paper import Feed
from benchmarks import process_tree, sample_pages
from benchmarks.measures import Measure
from benchmarks.sample_city import RunningCity

FILED_WITHIN_S = 1.0
SEARCHABLE_WITHIN_S = 6.0
_GIVE_UP_S = 60.0
_WORDS = (
    "Weinbergschnecken", "Leuchtturm", "Dolmetscherin", "Quittenmarmelade", "Segelflugzeug", "Kastanienbaum",
    "Regenbogenforelle", "Murmeltier", "Sternwarte", "Orgelpfeife", "Zwetschgenkuchen", "Windmühle",
)  # fmt: skip
"""None stands on any other page."""


def measure(city: RunningCity, *, rounds: int, seed: int) -> Iterator[Measure]:
    """Deliver single letters to the idle service; counted from the moment the delivery is acknowledged."""
    rounds = min(rounds, len(_WORDS))
    taken, filed, found = [], [], []
    for number in range(rounds):
        chance = random.Random(seed * 1000 + number)
        word = _WORDS[number]
        letter_id, pdf = city.send_letter(city.open_case_file(f"latency-{number}"), sample_pages.prose(chance, 4))
        scan = paper.scanned(sample_pages.answered(chance, pdf, word), Feed(number, tilt_degrees=0.5))
        content = paper.scan_pdf([scan])
        city.wait_until_idle()
        process_tree.settle(city.pid)

        began = time.monotonic()
        city.deliver(f"latency-{seed}-{number}", "letter.pdf", content, "application/pdf")
        acknowledged = time.monotonic()
        _wait_until("filed", partial(_is_answered, city, letter_id), every_s=0.02)
        filed.append(time.monotonic() - acknowledged)
        _wait_until("found", partial(_is_found, city, word), every_s=0.1)
        found.append(time.monotonic() - acknowledged)
        taken.append(acknowledged - began)
    detail = f"median of {rounds}; the delivery itself took {statistics.median(taken):.2f} s"
    yield Measure(
        "one-page letter filed by its code", statistics.median(filed), "s", FILED_WITHIN_S, detail=_worst(filed)
    )
    yield Measure(
        "… and found by a word on it", statistics.median(found), "s", SEARCHABLE_WITHIN_S, detail=_worst(found)
    )
    yield Measure("… acknowledged", statistics.median(taken), "s", detail=detail)


def _is_answered(city: RunningCity, letter_id: str) -> bool:
    return city.caseworker.get(f"/letters/{letter_id}")["answered_on"] is not None


def _is_found(city: RunningCity, word: str) -> bool:
    return bool(city.caseworker.get("/search", q=word)["items"])


def _worst(times_s: list[float]) -> str:
    return f"median of {len(times_s)}, worst {max(times_s):.2f} s, from the acknowledged delivery on"


def _wait_until(what: str, holds: Callable[[], bool], *, every_s: float) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"the letter was not {what} within {_GIVE_UP_S:.0f} s")
        time.sleep(every_s)
