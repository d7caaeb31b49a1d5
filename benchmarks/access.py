"""Measure rights against their promises: lists, opening, search and granting in a large city, for people of all kinds.

Run: `.venv/bin/python -m benchmarks.access [--files 100000] [--database sqlite postgresql]
[--only lists tokens grant http search] [--rounds N] [--no-growth] [--folder FOLDER]`. Prints what was measured (the
95th percentile), its limit, and ok or NOT OK; ends with 1 when a limit is broken.

The city has ten documents per case file, 2 000 people, 500 units, rights of its own on every twelfth case file, and
personnel files that all have some. With 100 000 case files it is made in about ten minutes, most of it the full-text
index; with --folder it is kept and found again. `--files 2000` is a quick look. A tenth of the size is measured too,
to show growth. PostgreSQL comes from Debian's packages and runs in the folder.

Clients at once ask again as soon as they are answered. All of it is wall-clock: measure on a machine that does
nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from benchmarks import access_city, access_domain, access_http
from benchmarks.access_city import Size
from benchmarks.access_installation import Installation, postgres_in, prepare
from benchmarks.measures import Measure, print_table

PARTS = ("lists", "tokens", "grant", "http", "search")
DATABASES = ("sqlite", "postgresql")
GROWTH_FROM = 20_000
_console = Console(stderr=True)


def main() -> None:
    """Measure, print, and fail when a promise is broken."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=100_000, help="case files; ten documents each")
    arguments.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    arguments.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    arguments.add_argument("--rounds", type=int, default=40, help="calls per figure")
    arguments.add_argument("--no-growth", action="store_true", help="not also at a tenth of the size")
    arguments.add_argument("--folder", type=Path, default=None, help="kept and used again; default: temporary")
    wishes = arguments.parse_args()
    made = tempfile.TemporaryDirectory(prefix="eakte-benchmark-") if wishes.folder is None else None
    folder = Path(made.name) if made is not None else wishes.folder.absolute()
    with made or nullcontext():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL, started by root, runs as another user
        measures = list(_measure_all(wishes, folder))
    print_table("Rights", measures)
    raise SystemExit(0 if all(measure.holds for measure in measures) else 1)


def _measure_all(wishes: argparse.Namespace, folder: Path) -> Iterator[Measure]:
    sizes = [wishes.files]
    if wishes.files >= GROWTH_FROM and not wishes.no_growth:
        sizes.insert(0, wishes.files // 10)
    kept = wishes.folder is not None
    serving = postgres_in(folder / "postgres", kept=kept) if "postgresql" in wishes.database else nullcontext(None)
    with serving as server:
        for case_files in sizes:
            city = access_city.build(Size(case_files))
            for database in wishes.database:
                url = server if database == "postgresql" else None
                installation = prepare(city, folder / str(case_files), url)
                yield from _measure(wishes, installation)


def _measure(wishes: argparse.Namespace, installation: Installation) -> Iterator[Measure]:
    rounds = wishes.rounds
    if "lists" in wishes.only:
        _console.print(f"{installation.name}: lists …")
        yield from access_domain.lists(installation, rounds=rounds)
    if "tokens" in wishes.only:
        _console.print(f"{installation.name}: tokens …")
        yield from access_domain.tokens(installation, rounds=rounds)
    if not {"grant", "http", "search"} & set(wishes.only):
        return
    with access_http.running(installation) as served:
        if "grant" in wishes.only:
            _console.print(f"{installation.name}: grant …")
            yield from access_domain.grants(installation, rounds=max(3, rounds // 4), sees=served.sees)
        if "http" in wishes.only:
            _console.print(f"{installation.name}: HTTP …")
            yield from access_http.lists(installation, served, rounds=rounds)
        if "search" in wishes.only:
            _console.print(f"{installation.name}: search …")
            yield from access_http.searches(installation, served, rounds=rounds)


if __name__ == "__main__":
    main()
