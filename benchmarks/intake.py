"""Measure the intake against its promises, on the real service over HTTP.

Run: `.venv/bin/python -m benchmarks.intake [--only cost stack memory latency workers upload] [--pages N] [--sheets N]
[--seed N] [--rounds N] [--folder FOLDER]`. Prints what was measured, its limit, and ok or NOT OK; ends with 1 when a
limit is broken.

* **cost**: CPU of server, workers and everything they start, per page, against bare `tesseract FILE out -l deu` with
  `OMP_THREAD_LIMIT=1` on the same pages in the same run, half before and half after; the errors of both beside it.
* **stack**: CPU until a stack of `--sheets` is filed by its codes, before recognition.
* **memory**: the most a worker used with everything below it, for ordinary and hostile files.
* **latency**: a one-page letter, from its acknowledged delivery until it is filed by its code, and until it is found.
* **workers**: how much sooner two workers have read the same documents than one.
* **upload**: 50 MB files over HTTP against `cp` and fsync on the same disk, interleaved.

Latency, workers and upload are wall-clock: measure them on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import letter_latency, reading_cost, stack_filing, two_workers, upload_speed, worker_memory
from benchmarks.measures import Measure, print_table
from benchmarks.sample_city import running_city

PARTS = ("cost", "stack", "memory", "latency", "workers", "upload")


def main() -> None:
    """Measure, print, and fail when a promise is broken."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    arguments.add_argument("--pages", type=int, default=200, help="document pages for cost, of every kind")
    arguments.add_argument("--sheets", type=int, default=500, help="of the stack that is filed by its codes")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--rounds", type=int, default=9, help="letters for latency, files for upload")
    arguments.add_argument("--size-mb", type=int, default=50, help="of an uploaded file")
    arguments.add_argument("--folder", type=Path, default=None, help="on the disk to measure; default: temporary")
    wishes = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir=wishes.folder, prefix="eakte-benchmark-") as folder:
        measures = _measure(Path(folder), wishes)
    print_table("Intake", measures)
    raise SystemExit(0 if all(measure.holds for measure in measures) else 1)


def _measure(folder: Path, wishes: argparse.Namespace) -> Sequence[Measure]:
    console = Console(stderr=True)
    measures: list[Measure] = []
    if set(wishes.only) & {"cost", "memory", "latency"}:
        with console.status("setting up"), running_city(folder / "city") as city:
            city.wait_until_idle()
            if "latency" in wishes.only:
                console.print("latency …")
                measures += letter_latency.measure(city, rounds=wishes.rounds, seed=wishes.seed)
            if "cost" in wishes.only:
                console.print("cost …")
                measures += reading_cost.measure(city, page_count=wishes.pages, seed=wishes.seed)
            if "memory" in wishes.only:
                console.print("memory …")
                measures += worker_memory.measure(city, seed=wishes.seed)
    if "stack" in wishes.only:
        console.print("stack …")
        with running_city(folder / "stack", with_workers=False) as city:
            measures += stack_filing.measure(city, folder / "stack", sheet_count=wishes.sheets, seed=wishes.seed)
    if "workers" in wishes.only:
        console.print("workers …")
        with running_city(folder / "workers", with_workers=False) as city:
            measures += two_workers.measure(city, folder / "workers", page_count=wishes.pages, seed=wishes.seed)
    if "upload" in wishes.only:
        console.print("upload …")
        with running_city(folder / "uploads", with_workers=False) as city:
            size_bytes = wishes.size_mb * 1_000_000
            measures += upload_speed.measure(city, folder, rounds=wishes.rounds, size_bytes=size_bytes)
    return measures


if __name__ == "__main__":
    main()
