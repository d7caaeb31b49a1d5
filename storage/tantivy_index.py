"""Full text with tantivy: the default engine."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import tantivy

from eakte.errors import EakteError, Unavailable
from eakte.fulltext.demands import demands
from eakte.fulltext.entries import broad_terms, entry_tokens, exact_terms, plain_terms
from eakte.ports import IndexEntry, IndexHit
from eakte.search_query import Query, Where
from storage.index_fields import DATED, EVERYTHING, EXACT, HEAD, KEY, KIND, POORLY_READ, SCOPE, STEM
from storage.index_generations import Generations, IndexMissing
from storage.tantivy_query import tantivy_query
from storage.tantivy_schema import SCHEMA

UPDATE_HEAP_BYTES = 15_000_000  # the least tantivy takes; one letter needs far less
REBUILD_HEAP_BYTES = range(100_000_000, 1_000_000_000)
"""At least and at most; in between a quarter of what is free.

A million documents then become one segment: the scope filter costs as much for each segment as for all together.
"""


class TantivyIndex:
    """A search index in a folder; any number of processes read, one at a time writes.

    Nothing is made on its own: before `rebuild` (of nothing, in a new installation) every call is
    `Unavailable`, since an index that is silently empty would say that there is nothing.

    Args:
        folder: Holds the generations.
        timeout_s: How long an update waits for another writer.
    """

    def __init__(self, folder: Path, *, timeout_s: float = 30.0) -> None:
        self._generations = Generations(folder, engine="tantivy 1", timeout_s=timeout_s)
        self._opening = threading.Lock()
        self._opened: tuple[Path, tantivy.Index] | None = None
        self._seen: tuple[int, int, int] | None = None

    def update(self, entries: Sequence[IndexEntry], removed: Sequence[tuple[str, UUID]] = ()) -> None:
        """As `SearchIndex.update`.

        Raises:
            Unavailable: Another writer is at work, the disk is full, or there is no index.
        """
        documents = [(_key(entry.kind, entry.id), _document(entry)) for entry in entries]
        with self._generations.writing(), _writing():
            writer = self._open().writer(UPDATE_HEAP_BYTES, 1)
            try:
                for kind, id_ in removed:
                    writer.delete_documents_by_term(KEY, _key(kind, id_))
                for key, document in documents:
                    writer.delete_documents_by_term(KEY, key)
                    writer.add_document(document)
                writer.commit()
            finally:
                writer.wait_merging_threads()  # also gives the engine's own lock back

    def search(
        self, query: Query, *, scope_ids: Sequence[int], all_but: bool = False, limit: int, offset: int = 0
    ) -> list[IndexHit]:
        """As `SearchIndex.search`.

        Raises:
            Unavailable: There is no index, or it is damaged.
        """
        wanted = demands(query)
        if not wanted or not (len(scope_ids) or all_but) or limit < 1:
            return []
        searcher = self._searcher()
        with _reading():
            built = tantivy_query(wanted, scope_ids, all_but=all_but)
            found = searcher.search(built, limit, count=False, offset=offset).hits
            return [_hit(searcher, address, score) for score, address in found]

    def rebuild(self, entries: Iterable[IndexEntry]) -> int:
        """As `SearchIndex.rebuild`; updates wait meanwhile, so that none is lost.

        Raises:
            Unavailable: Another writer is at work, or the disk is full.
        """
        with self._generations.writing():
            generation = self._generations.new()
            with _writing():
                index = tantivy.Index(SCHEMA, str(generation))
                index.config_reader("manual")
                writer = index.writer(_rebuild_heap_bytes(), 1)
            count = 0
            try:
                for entry in entries:
                    with _writing():
                        writer.add_document(_document(entry))
                    count += 1
                with _writing():
                    writer.commit()
            finally:
                writer.wait_merging_threads()
            self._generations.switch(generation)
            return count

    def count(self) -> int:
        """As `SearchIndex.count`."""
        return self._searcher().num_docs

    def _searcher(self) -> tantivy.Searcher:
        """The newest state, whoever wrote it."""
        try:
            return self._newest()
        except IndexMissing:
            return self._newest()  # a generation may go between looking at CURRENT and opening it

    def _newest(self) -> tantivy.Searcher:
        index = self._open()
        with self._opening, _reading():
            stat = (self._generations.current() / "meta.json").stat()
            written = stat.st_ino, stat.st_mtime_ns, stat.st_size
            if written != self._seen:
                index.reload()
                self._seen = written
            return index.searcher()

    def _open(self) -> tantivy.Index:
        with self._opening, _reading():
            generation = self._generations.current()
            if self._opened is None or self._opened[0] != generation:
                index = tantivy.Index.open(str(generation))
                index.config_reader("manual")
                self._opened, self._seen = (generation, index), None
            return self._opened[1]


def _rebuild_heap_bytes() -> int:
    free_bytes = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(free_bytes // 4, REBUILD_HEAP_BYTES.start), REBUILD_HEAP_BYTES.stop)


def _document(entry: IndexEntry) -> tantivy.Document:
    tokens = entry_tokens(entry)
    document = tantivy.Document()
    for field, terms in (
        (EVERYTHING, broad_terms(tokens.everything)),
        (EXACT, exact_terms(tokens.everything)),
        (Where.NAMES, plain_terms(tokens.names)),
        (Where.REFERENCE, plain_terms(tokens.reference)),
    ):
        placed = [tantivy.Token(term, position, 0, 0) for position, term in terms]
        document.add_pre_tokenized_text(field, tantivy.PreTokenizedString("", placed))
    document.add_text(STEM, " ".join({token.stem for token in tokens.everything}))
    document.add_text(HEAD, " ".join({term for _, term in broad_terms(tokens.head)}))
    document.add_text(KEY, _key(entry.kind, entry.id))
    document.add_text(KIND, entry.document_kind)
    if entry.poorly_read:
        document.add_text(KIND, POORLY_READ)
    document.add_unsigned(SCOPE, entry.scope_id)
    if entry.dated_on is not None:
        document.add_integer(DATED, entry.dated_on.toordinal())
    return document


def _key(kind: str, id_: UUID) -> str:
    return f"{kind}:{id_}"


def _hit(searcher: tantivy.Searcher, address: tantivy.DocAddress, score: float) -> IndexHit:
    kind, _, id_ = searcher.doc(address)[KEY][0].partition(":")
    return IndexHit(kind, UUID(id_), score)


@contextmanager
def _reading() -> Iterator[None]:
    """What fails while reading is the index itself."""
    try:
        yield
    except EakteError:
        raise
    except BaseException as error:
        if _is_the_engines(error):
            raise IndexMissing(str(error)) from error
        raise


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except EakteError:
        raise
    except BaseException as error:
        if _is_the_engines(error):
            raise Unavailable(
                f"Der Suchindex konnte nicht geschrieben werden ({error}). Bitte später erneut versuchen; "
                "bleibt es dabei, Speicherplatz prüfen und `eakte reindex` ausführen."
            ) from error
        raise


def _is_the_engines(error: BaseException) -> bool:
    """Its errors are ValueErrors; where a file is torn it panics, which Python sees as no Exception."""
    return isinstance(error, ValueError | OSError) or type(error).__name__ == "PanicException"
