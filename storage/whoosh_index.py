"""Full text with whoosh: pure Python, for small installations."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from whoosh import columns, fields, index
from whoosh.analysis import Analyzer
from whoosh.analysis import Token as WhooshToken

from eakte.errors import EakteError, Unavailable
from eakte.fulltext.demands import demands
from eakte.fulltext.entries import broad_terms, entry_tokens, exact_terms, plain_terms
from eakte.ports import IndexEntry, IndexHit
from eakte.search_query import Query, Where
from storage.index_fields import DATED, EVERYTHING, EXACT, HEAD, KEY, KIND, POORLY_READ, SCOPE, STEM
from storage.index_generations import Generations, IndexMissing
from storage.whoosh_query import exclusion, whoosh_query

REBUILD_MEMORY_MB = 128


class PlacedTerms(Analyzer):  # type: ignore[misc]  # whoosh is untyped
    """Reads `0 antrag 1 auf`: positions and terms as the domain made them."""

    def __call__(self, value: str, **options: Any) -> Iterator[Any]:
        token = WhooshToken(**options)
        token.boost = 1.0
        words = value.split(" ") if value else []
        for position, term in zip(words[::2], words[1::2], strict=True):
            token.pos, token.text = int(position), term
            yield token


def _schema() -> Any:
    placed = {
        field: fields.TEXT(analyzer=PlacedTerms(), phrase=True)
        for field in (EVERYTHING, EXACT, Where.NAMES.value, Where.REFERENCE.value)
    }
    words = {field: fields.KEYWORD() for field in (STEM, HEAD)}
    return fields.Schema(
        **placed,
        **words,
        **{KIND: fields.ID(), KEY: fields.ID(stored=True, unique=True)},
        **{SCOPE: fields.COLUMN(columns.NumericColumn("i")), DATED: fields.NUMERIC(bits=32)},
    )


class WhooshIndex:
    """A search index in a folder; any number of processes read, one at a time writes.

    As with tantivy, nothing is made before `rebuild`.

    Args:
        folder: Holds the generations.
        timeout_s: How long an update waits for another writer.
    """

    def __init__(self, folder: Path, *, timeout_s: float = 30.0) -> None:
        self._generations = Generations(folder, engine="whoosh 1", timeout_s=timeout_s)
        self._reading = threading.Lock()  # whoosh's readers share file positions
        self._opened: _Opened | None = None

    def update(self, entries: Sequence[IndexEntry], removed: Sequence[tuple[str, UUID]] = ()) -> None:
        """As `SearchIndex.update`.

        Raises:
            Unavailable: Another writer is at work, the disk is full, or there is no index.
        """
        newest = {(entry.kind, entry.id): entry for entry in entries}  # whoosh replaces only what is committed
        documents = [_document(entry) for entry in newest.values()]
        with self._generations.writing():
            generation = self._generations.current()
            with _translated_reading():
                opened = index.open_dir(generation)
            with _translated_writing(), _committed(opened.writer(), generation) as writer:
                for kind, id_ in removed:
                    writer.delete_by_term(KEY, _key(kind, id_))
                for document in documents:
                    writer.update_document(**document)

    def search(
        self, query: Query, *, scope_ids: Sequence[int], all_but: bool = False, limit: int, offset: int = 0
    ) -> list[IndexHit]:
        """As `SearchIndex.search`.

        Raises:
            Unavailable: There is no index, or it is damaged.
        """
        wanted = demands(query)
        if not wanted or limit < 1:
            return []
        with self._reading, _translated_reading():
            opened = self._newest()
            readable = opened.in_scopes(scope_ids, all_but=all_but)
            if (unwanted := exclusion(wanted)) is not None:
                readable.difference_update(opened.searcher.docs_for_query(unwanted))
            if not readable:  # whoosh takes an empty filter for no filter and would show everything
                return []
            results = opened.searcher.search(
                whoosh_query(wanted), limit=offset + limit, filter=readable, optimize=False, scored=True
            )
            return [_hit(hit) for hit in results[offset:]]

    def rebuild(self, entries: Iterable[IndexEntry]) -> int:
        """As `SearchIndex.rebuild`; updates wait meanwhile, so that none is lost.

        Raises:
            Unavailable: Another writer is at work, or the disk is full.
        """
        with self._generations.writing():
            generation = self._generations.new()
            count = 0
            with _translated_writing():
                writer = index.create_in(generation, _schema()).writer(limitmb=REBUILD_MEMORY_MB)
            with _committed(writer, generation):
                for entry in entries:
                    with _translated_writing():
                        writer.add_document(**_document(entry))
                    count += 1
            self._generations.switch(generation)
            return count

    def count(self) -> int:
        """As `SearchIndex.count`."""
        with self._reading, _translated_reading():
            return int(self._newest().searcher.doc_count())

    def _newest(self) -> _Opened:
        """The newest state, whoever wrote it."""
        for attempt in (1, 2):
            try:
                generation = self._generations.current()
                if self._opened is None or self._opened.is_outdated(generation):
                    self._opened = _Opened(generation)
            except (OSError, index.IndexError):
                if attempt == 2:
                    raise
            else:
                return self._opened
        raise AssertionError("unreachable")


class _Opened:
    """One state of the index, with the scopes of all its entries in memory."""

    def __init__(self, generation: Path) -> None:
        self._generation = generation
        self._index = index.open_dir(generation)
        self._state = self._index.latest_generation()  # before opening: what is written meanwhile looks newer
        self.searcher = self._index.searcher()
        reader = self.searcher.reader()
        scopes = reader.column_reader(SCOPE, translate=False) if reader.doc_count_all() else ()
        self._scopes = np.fromiter(scopes, dtype=np.int64, count=reader.doc_count_all())

    def is_outdated(self, generation: Path) -> bool:
        return generation != self._generation or bool(self._index.latest_generation() != self._state)

    def in_scopes(self, scope_ids: Sequence[int], *, all_but: bool) -> set[int]:
        """Document numbers of the entries in the scopes, or in all but these."""
        wanted = np.asarray(scope_ids, dtype=np.int64)
        return set(np.flatnonzero(np.isin(self._scopes, wanted, invert=all_but)).tolist())


def _document(entry: IndexEntry) -> dict[str, object]:
    tokens = entry_tokens(entry)
    document: dict[str, object] = {
        EVERYTHING: _placed(broad_terms(tokens.everything)),
        EXACT: _placed(exact_terms(tokens.everything)),
        Where.NAMES.value: _placed(plain_terms(tokens.names)),
        Where.REFERENCE.value: _placed(plain_terms(tokens.reference)),
        STEM: " ".join({token.stem for token in tokens.everything}),
        HEAD: " ".join({term for _, term in broad_terms(tokens.head)}),
        KEY: _key(entry.kind, entry.id),
        KIND: [entry.document_kind, POORLY_READ] if entry.poorly_read else entry.document_kind,
        SCOPE: entry.scope_id,
    }
    if entry.dated_on is not None:
        document[DATED] = entry.dated_on.toordinal()
    return document


def _placed(terms: Iterable[tuple[int, str]]) -> str:
    return " ".join(f"{position} {term}" for position, term in terms)


def _key(kind: str, id_: UUID) -> str:
    return f"{kind}:{id_}"


def _hit(hit: Any) -> IndexHit:
    kind, _, id_ = hit[KEY].partition(":")
    return IndexHit(kind, UUID(id_), float(hit.score))


@contextmanager
def _committed(writer: Any, generation: Path) -> Iterator[Any]:
    """Commit at the end, or leave everything as it was."""
    try:
        yield writer
    except BaseException:
        writer.cancel()
        raise
    with _translated_writing():
        writer.commit()
        for path in generation.iterdir():  # whoosh itself makes nothing durable
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextmanager
def _translated_reading() -> Iterator[None]:
    """What fails while reading is the index itself: torn files fail in any way in whoosh."""
    try:
        yield
    except EakteError:
        raise
    except Exception as error:
        raise IndexMissing(f"{type(error).__name__}: {error}") from error


@contextmanager
def _translated_writing() -> Iterator[None]:
    try:
        yield
    except EakteError:
        raise
    except Exception as error:
        raise Unavailable(
            f"Der Suchindex konnte nicht geschrieben werden ({error}). Bitte später erneut versuchen; "
            "bleibt es dabei, Speicherplatz prüfen und `eakte reindex` ausführen."
        ) from error
