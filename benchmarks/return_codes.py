"""Measure how damaged return codes are read, and that none is ever filed in a stranger's case file.

Run by hand: `.venv/bin/python -m benchmarks.return_codes [--pages N] [--seed N] [--folder FOLDER]`. Draws stacks of
mixed envelopes with and without separators, damages and scans them, and lets them through the product's own reading,
splitting and matching on a real SQLite with letters. Prints which share files itself, which goes to the inbox, what
it costs a page, and beside it what zxing-cpp alone reads. Ends with 1 when one page was filed wrongly.

Resumable: the state lies in `FOLDER/return_codes-SEED.json`; the same command goes on where it was stopped, and a
larger `--pages` adds to what is there. Stacks are numbered, and each is drawn from seed and number alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import damaged_mail_room, damaged_stacks
from benchmarks.damaged_mail_room import MailRoom, Tally
from benchmarks.measures import Measure, print_table


def main() -> None:
    """Go on until enough pages are through, print, and fail when one was filed wrongly."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pages", type=int, default=2_000, help="in all, those of earlier runs included")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--folder", type=Path, default=Path("artefacts"), help="for the state")
    arguments.add_argument("--whole", type=float, default=0.03, help="share of stacks on whole A4 instead of slips")
    arguments.add_argument("--baseline-every", type=int, default=4, help="stacks; zxing-cpp alone costs as much again")
    wishes = arguments.parse_args()
    tally = _run(wishes)
    _print_kinds(tally)
    measures = list(_measures(tally))
    print_table(f"Return codes on {tally['pages']} pages, seed {wishes.seed}", measures)
    raise SystemExit(0 if all(measure.holds for measure in measures) else 1)


def _run(wishes: argparse.Namespace) -> Tally:
    wishes.folder.mkdir(parents=True, exist_ok=True)
    state_file = wishes.folder / f"return_codes-{wishes.seed}.json"
    drawn_as: dict[str, Any] = {"whole": wishes.whole, "baseline_every": wishes.baseline_every}
    state: dict[str, Any] = (
        json.loads(state_file.read_text()) if state_file.exists() else {"stacks": 0, "drawn_as": drawn_as}
    )
    if state["drawn_as"] != drawn_as:
        raise SystemExit(f"{state_file} was begun with {state['drawn_as']}; use the same, another seed or folder")
    tally: Tally = Counter(state.get("tally", {}))
    with tempfile.TemporaryDirectory(prefix="eakte-benchmark-") as folder, Console(stderr=True).status("") as status:
        room = damaged_mail_room.set_up(Path(folder))
        number = state["stacks"]
        while tally["pages"] < wishes.pages:
            tally.update(_one_stack(room, wishes, number))
            number += 1
            status.update(f"{tally['pages']} of {wishes.pages} pages, {tally['filed wrongly']} filed wrongly")
            _save(state_file, {"stacks": number, "drawn_as": drawn_as, "tally": dict(tally)})
        room.database.close()
    return tally


def _one_stack(room: MailRoom, wishes: argparse.Namespace, number: int) -> Tally:
    chance = np.random.default_rng((wishes.seed, number))
    pages = damaged_stacks.stack(chance, room.some_letters(chance), room.key, whole_share=wishes.whole)
    return damaged_mail_room.work(room, pages, with_baseline=number % wishes.baseline_every == 0)


def _save(state_file: Path, state: dict[str, Any]) -> None:
    unfinished = state_file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(state, indent=1, sort_keys=True))
    unfinished.replace(state_file)


def _measures(tally: Tally) -> Iterator[Measure]:
    belonging = tally["filed"] + tally["inbox"]
    yield Measure("filed by itself", _percent(tally["filed"], belonging), "%", detail="of pages that belong somewhere")
    yield Measure("waiting in the inbox", _percent(tally["inbox"], belonging), "%", detail="a person sees them")
    yield Measure("pages filed wrongly", tally["filed wrongly"], "", 0.0)
    unprinted = tally["accepted texts that were not printed"]
    yield Measure("accepted texts that were not printed", unprinted, "", 0.0)
    yield Measure("texts refused by their check", tally["refused texts"], "", detail="damaged, or of another city")
    yield Measure("separators read", _percent(tally["separators read"], _pages(tally, "separator")), "%")
    false_traces = tally["uncoded pages with a false trace"]
    yield Measure("uncoded pages with a trace", _percent(false_traces, _pages(tally, "uncoded")), "%")
    read = sum(tally[f"scan {coding}: {how}"] for coding in _CODINGS for how in ("first pass", "ladder"))
    yield Measure("return codes read", _percent(read, _pages(tally, "coded")), "%")
    detail = "by its own defaults, on the same pages of every few stacks"
    yield Measure(
        "zxing-cpp alone reads", _percent(tally["baseline read"], tally["baseline pages"]), "%", detail=detail
    )
    yield Measure("zxing-cpp alone, a page", _ms(tally["baseline us"], tally["baseline pages"]), "ms CPU")
    for kind in ("coded", "uncoded", "separator"):
        for how in ("first pass", "climbed"):
            count = tally[f"{kind} {how} pages"]
            cost = _ms(tally[f"{kind} {how} us"], count)
            yield Measure(f"{kind} page, {how}", cost, "ms CPU", detail=f"{count} pages, mostly slips of A7")


_CODINGS = ("lossless", "jpeg", "g4", "fax")


def _print_kinds(tally: Tally) -> None:
    table = Table(title="Pages with a return code")
    for heading in ("damage or scan", "pages", "first pass %", "ladder adds %", "unread but noticed %", "unnoticed %"):
        table.add_column(heading, justify="left" if heading.startswith("damage") else "right")
    for name in sorted(key.removesuffix(": pages") for key in tally if key.endswith(": pages")):
        count = tally[f"{name}: pages"]
        shares = [_percent(tally[f"{name}: {how}"], count) for how in ("first pass", "ladder", "noticed")]
        table.add_row(name, str(count), *(f"{share:.1f}" for share in (*shares, 100 - sum(shares))))
    Console(width=120).print(table)


def _pages(tally: Tally, kind: str) -> int:
    return tally[f"{kind} first pass pages"] + tally[f"{kind} climbed pages"]


def _percent(part: int, whole: int) -> float:
    return 100 * part / max(1, whole)


def _ms(microseconds: int, count: int) -> float:
    return microseconds / 1000 / max(1, count)


if __name__ == "__main__":
    main()
