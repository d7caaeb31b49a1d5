"""Short index entries and searches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from eakte.ports import IndexEntry, SearchIndex
from eakte.search_query import parse


def entry(
    number: int,
    *pages: str,
    title: str = "Schreiben",
    scope: int = 1,
    reference: str = "",
    names: Sequence[str] = (),
    document_kind: str = "incoming",
    dated_on: date | None = None,
    poorly_read: bool = False,
) -> IndexEntry:
    """A document with the number as its id."""
    return IndexEntry(
        "document",
        UUID(int=number),
        scope,
        title,
        pages,
        reference,
        tuple(names),
        document_kind,
        dated_on,
        poorly_read,
    )


def found(
    index: SearchIndex, text: str, *, scopes: Sequence[int] = (1,), limit: int = 50, offset: int = 0
) -> list[int]:
    """Numbers of the entries found, best first."""
    hits = index.search(parse(text), scope_ids=scopes, limit=limit, offset=offset)
    return [hit.id.int for hit in hits]
