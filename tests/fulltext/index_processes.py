"""What other processes do to an index while a test looks on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from eakte.ports import IndexEntry, SearchIndex
from storage.tantivy_index import TantivyIndex
from storage.whoosh_index import WhooshIndex
from tests.fulltext.builders import entry

ENGINES: dict[str, type[TantivyIndex | WhooshIndex]] = {"tantivy": TantivyIndex, "whoosh": WhooshIndex}


def open_index(engine: str, folder: Path, *, timeout_s: float = 30.0) -> SearchIndex:
    """The index of an engine."""
    return ENGINES[engine](folder, timeout_s=timeout_s)


def main(engine: str, folder: str, order: str, first: str, count: str) -> None:
    """Update `count` entries from the number `first` on, one by one, or rebuild with them."""
    index = open_index(engine, Path(folder))
    numbers = range(int(first), int(first) + int(count))
    print("ready", flush=True)
    if order == "rebuild":
        index.rebuild(entry(number, f"Neubau Nummer{number}") for number in numbers)
    elif order == "update":
        for number in numbers:
            index.update([entry(number, f"Nachtrag Nummer{number}")])
            print(number, flush=True)
    elif order == "update-all":
        index.update([entry(number, f"Nachtrag Nummer{number}") for number in numbers])
    elif order == "die-in-rebuild":

        def dying() -> Iterator[IndexEntry]:
            for number in numbers:
                yield entry(number, "Neubau")
            os.kill(os.getpid(), 9)

        index.rebuild(dying())


if __name__ == "__main__":
    main(*sys.argv[1:])
