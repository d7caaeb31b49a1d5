"""Full text: documents indexed per second and milliseconds per query, on a generated German corpus.

    python -m benchmarks.fulltext 5000              both engines
    python -m benchmarks.fulltext 100000 tantivy    one of them

Each document is a page of about 290 words, half of them function words, the others compounds and names
with a long tail. Searches run as a person who may read 3 in 4 of 400 scopes.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from eakte.fulltext.entries import entry_tokens
from eakte.fulltext.lexicon import HEADS, WORDS
from eakte.ports import IndexEntry, SearchIndex
from eakte.search_query import parse
from eakte.search_snippets import snippet
from storage.tantivy_index import TantivyIndex
from storage.whoosh_index import WhooshIndex

ENGINES: dict[str, Callable[[Path], SearchIndex]] = {"tantivy": TantivyIndex, "whoosh": WhooshIndex}
SCOPES = 400
READABLE = range(SCOPES * 3 // 4)
REPEATS = 15
FUNCTION_WORDS = "der die das und in zu den von mit für auf ist im dem nicht ein eine als auch es an werden aus er hat"
QUERIES = (
    "Antrag",
    "Antrag Bescheid",
    "Widerspruch Gebühr Frist",
    '"am 31.12.2026"',
    "Verwalt*",
    "Antrga~",
    "az:11.20/2026/42",
    "von:Müller",
    "Bescheid -Antrag typ:eingang",
    "Genehmigung datum:2026-03..2026-05",
)


class Corpus:
    """The same documents on every run."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._function_words = FUNCTION_WORDS.split()
        nouns = [word.split("/")[0].capitalize() for word in (HEADS + WORDS).split()]
        compounds = [
            first + ("s" if first.endswith(("ung", "heit", "keit")) else "") + second.lower()
            for first, second in itertools.product(nouns[:180], nouns[180:360])
        ]
        self._random.shuffle(compounds)
        self._words = nouns + compounds
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, len(self._words) + 1)))

    def documents(self, count: int) -> Iterator[IndexEntry]:
        """So many documents of one page."""
        for number in range(count):
            yield IndexEntry(
                "document",
                UUID(int=number),
                self._random.randrange(SCOPES),
                f"Bescheid {self._noun()}",
                (f"{self._text(280)} am 31.12.2026 über 1.234,56 € zu zahlen.",),
                f"11.20/2026/{number:05}",
                (self._random.choice(("Müller, Hans", "Yılmaz, Ayşe", "Schmidt-Beck, Eva")),),
                self._random.choice(("incoming", "outgoing", "internal")),
                date(2026, 1, 1) + timedelta(self._random.randrange(365)),
            )

    def _text(self, words: int) -> str:
        return " ".join(
            self._random.choice(self._function_words) if self._random.random() < 0.5 else self._noun()
            for _ in range(words)
        )

    def _noun(self) -> str:
        return self._random.choices(self._words, cum_weights=self._weights)[0]


def main() -> None:
    """Print the rates."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("documents", type=int)
    arguments.add_argument("engines", nargs="*", choices=[*ENGINES, []], default=list(ENGINES))
    chosen = arguments.parse_args()

    sample = list(Corpus().documents(min(chosen.documents, 1000)))
    for state in ("words new to it", "words known"):
        cpu_s = time.process_time()
        for entry in sample:
            entry_tokens(entry)
        print(f"tokens alone, {state}: {len(sample) / (time.process_time() - cpu_s):,.0f} documents per CPU second")
    query = parse("Antrag Bescheid")
    elapsed_s = _seconds(lambda: [snippet(entry.pages, query) for entry in sample[:100]])
    print(f"snippets: {elapsed_s * 10:.2f} ms each")
    for engine in chosen.engines or ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            _measure(engine, ENGINES[engine](Path(folder)), Path(folder), chosen.documents)


def _measure(engine: str, index: SearchIndex, folder: Path, count: int) -> None:
    corpus = Corpus()
    documents = list(corpus.documents(count))
    cpu_s = time.process_time()
    elapsed_s = _seconds(lambda: index.rebuild(documents))
    cpu_s = time.process_time() - cpu_s
    megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    print(f"\n{engine}: {count:,} documents, {count / elapsed_s:,.0f} documents/s, {count / cpu_s:,.0f} per CPU second")
    print(f"  {megabytes:,.0f} MB")

    cpu_ms, wall_ms = [], []
    for document in documents[:40]:
        cpu_s = time.process_time()
        wall_ms.append(_seconds(partial(index.update, [document])) * 1e3)
        cpu_ms.append((time.process_time() - cpu_s) * 1e3)
    print(
        f"  update of one: median {statistics.median(wall_ms):.0f} ms, worst {max(wall_ms):.0f} ms; "
        f"CPU median {statistics.median(cpu_ms):.0f} ms, mean {statistics.mean(cpu_ms):.0f} ms"
    )
    medians_ms = []
    for text in QUERIES:
        search = partial(index.search, parse(text), scope_ids=READABLE, limit=20)
        hits = search()
        medians_ms.append(statistics.median(_seconds(search) for _ in range(REPEATS)) * 1e3)
        print(f"  {medians_ms[-1]:8.2f} ms  {text}  ({len(hits)} hits)")
    print(f"  {statistics.median(medians_ms):8.2f} ms  median of all")


def _seconds(work: Callable[[], object]) -> float:
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s


if __name__ == "__main__":
    main()
