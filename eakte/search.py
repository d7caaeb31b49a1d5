"""Search (Volltextsuche): the engine proposes, the access door decides, the rows tell what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from eakte import access, audit, jobs, search_query
from eakte.access_sets import ScopeSet
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, DocumentStatus, DocumentVersion, Page
from eakte.inbox_tables import InboxItem
from eakte.indexing import CASE_FILE
from eakte.poorly_read import is_poorly_read
from eakte.ports import IndexHit, SearchIndex
from eakte.quarantine_tables import HARMFUL, VirusCheck
from eakte.search_query import PoorlyRead, Query
from eakte.search_snippets import snippet

STEP = 50
DEEPEST = 1_000
"""No list of results goes deeper; whoever has not found it by then needs other words."""


@dataclass(frozen=True)
class SearchHit:
    """Something found, as the actor may see it now.

    Attributes:
        page: Best page of a document, from 1, or the first that is poorly read where these were asked for; None where
            the hit is in title, names or reference.
        highlights: Spans of hits in the snippet (start, end), in characters.
    """

    kind: str
    case_file_id: UUID | None
    document_id: UUID | None
    reference: str | None
    title: str
    page: int | None
    snippet: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Found:
    """A page of results and where the next one begins; None when there is nothing more."""

    hits: tuple[SearchHit, ...]
    next_offset: int | None

    @property
    def more(self) -> bool:
        """Whether there is a next page."""
        return self.next_offset is not None


class _Found(NamedTuple):
    """What is read of a case file or document again; a hundred rows of a few columns cost little."""

    id: UUID
    case_file_id: UUID | None
    scope_id: int
    reference: str | None
    title: str
    fields: dict[str, Any] | None = None


class _ReadPage(NamedTuple):
    text: str
    poorly: bool


class _Hit(NamedTuple):
    kind: str
    row: _Found


_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_CASE_FILES = sa.select(
    col(CaseFile.id),
    col(CaseFile.id),
    col(CaseFile.access_scope_id),
    col(CaseFile.reference),
    col(CaseFile.title),
    col(CaseFile.fields),
).where(col(CaseFile.id).in_(_IDS))
_DOCUMENTS = (
    sa.select(
        col(Document.id),
        col(Document.case_file_id),
        col(Document.access_scope_id),
        col(CaseFile.reference),
        col(Document.title),
    )
    .join(CaseFile, col(CaseFile.id) == col(Document.case_file_id), isouter=True)
    .where(col(Document.id).in_(_IDS), col(Document.withdrawn_at).is_(None))
)
_newer = aliased(DocumentVersion)
_PAGES = (
    sa.select(col(DocumentVersion.document_id), col(Page.text), col(Page.source), col(Page.confidence))
    .join(Page, col(Page.version_id) == col(DocumentVersion.id))
    .join(Document, col(Document.id) == col(DocumentVersion.document_id))
    .join(VirusCheck, col(VirusCheck.sha256) == col(DocumentVersion.sha256), isouter=True)
    .where(
        col(DocumentVersion.document_id).in_(_IDS),
        col(Document.status) != DocumentStatus.QUARANTINED,
        col(VirusCheck.verdict).is_(None) | col(VirusCheck.verdict).not_in(HARMFUL),
        col(DocumentVersion.number)
        == sa.select(sa.func.max(col(_newer.number)))
        .where(col(_newer.document_id) == col(DocumentVersion.document_id))
        .scalar_subquery(),
    )
    .order_by(col(Page.page_number))
)
"""The texts of each document's newest version, page by page, and how well they were read.

None of what is in quarantine: a document that was read before is shown by its title alone.
"""


def find(session: Session, index: SearchIndex, actor: Actor, text: str, *, limit: int = STEP, offset: int = 0) -> Found:
    """Search everything the actor may read, best hits first; the search enters the audit trail.

    Args:
        text: As typed; every odd input is a query that finds something or nothing.
        offset: `next_offset` of the page before; counts what the actor may see, nothing else.
    """
    query = search_query.parse(text)
    readable = access.scopes_with(session, actor)
    audit.record(
        session,
        AuditTag.SEARCHED,
        actor_id=actor.id,
        object_kind="search",
        object_id="",
        origin=actor.origin,
        query=text,
    )
    hits: list[_Hit] = []
    if readable.ids and offset < DEEPEST:
        hits = _readable_hits(session, index, actor, query, readable, offset + limit + 1)
    shown = hits[offset : offset + limit]
    more = len(hits) > offset + limit and offset + limit < DEEPEST
    return Found(tuple(_told(session, shown, query)), offset + limit if more else None)


def _readable_hits(
    session: Session, index: SearchIndex, actor: Actor, query: Query, readable: ScopeSet, wanted: int
) -> list[_Hit]:
    """The best hits as the rows have them now: as many as wanted, or all."""
    scope_ids, all_but = _scopes_to_search(session, actor, readable)
    hits: list[_Hit] = []
    proposed = 0
    while len(hits) < wanted:
        missing = wanted - len(hits)
        candidates = index.search(query, scope_ids=scope_ids, all_but=all_but, limit=missing, offset=proposed)
        hits += _reread(session, actor, candidates, readable)
        proposed += len(candidates)
        if len(candidates) < missing:
            break
    return hits


def _scopes_to_search(session: Session, actor: Actor, readable: ScopeSet) -> tuple[Sequence[int], bool]:
    """Scope ids for the engine, and whether all but these are meant: whichever are fewer.

    What has just come to lie in another scope still stands under its old one in the index; the re-reading decides.
    """
    before = jobs.scopes_before(session)
    if access.holds_most(session, readable):  # for all others it would be a long list kept for nothing
        others = access.scopes_without(session, actor)
        return ([scope_id for scope_id in others.ids if scope_id not in before] if before else others.ids), True
    return (sorted({*readable.ids, *before}) if before else readable.ids), False


def _reread(session: Session, actor: Actor, candidates: Sequence[IndexHit], readable: ScopeSet) -> list[_Hit]:
    """Candidates with their rows, without those that are gone or no longer the actor's to see."""
    ids = [candidate.id for candidate in candidates]
    case_files = (_Found(*row) for row in session.execute(_CASE_FILES, {"ids": ids}))
    documents = (_Found(*row) for row in session.execute(_DOCUMENTS, {"ids": ids}))
    rows = {row.id: row for row in case_files if row.scope_id in readable}
    rows |= {row.id: row for row in documents if row.scope_id in readable and _may_see(session, actor, row)}
    return [_Hit(candidate.kind, rows[candidate.id]) for candidate in candidates if candidate.id in rows]


def _told(session: Session, hits: Sequence[_Hit], query: Query) -> Iterator[SearchHit]:
    """What is shown of each hit; all that is needed is read at once: fifty hits take as many queries as one."""
    pages: dict[UUID, list[_ReadPage]] = {}
    documents = [hit.row.id for hit in hits if hit.kind != CASE_FILE]
    for document_id, text, source, confidence in session.execute(_PAGES, {"ids": documents}):
        pages.setdefault(document_id, []).append(_ReadPage(text, is_poorly_read(source, confidence)))
    for kind, row in hits:
        yield (
            _case_file_hit(row, query) if kind == CASE_FILE else _document_hit(row, pages.get(row.id, []), kind, query)
        )


def _may_see(session: Session, actor: Actor, document: _Found) -> bool:
    """Whether one may see a document that lies where one may read: also one that still waits in an inbox."""
    if document.case_file_id is not None:
        return True
    item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
    return item is not None and access.may_see_item(session, actor, item, session.get_one(Document, document.id))


def _case_file_hit(row: _Found, query: Query) -> SearchHit:
    fields = " ".join(str(value) for value in (row.fields or {}).values())
    found = snippet([fields] if fields else [], query)
    return SearchHit(CASE_FILE, row.id, None, row.reference, row.title, None, found.text, found.highlights)


def _document_hit(row: _Found, pages: Sequence[_ReadPage], kind: str, query: Query) -> SearchHit:
    found = snippet([page.text for page in pages], query)
    page_number = found.page_number
    if page_number is None and _asks_for_poorly_read(query):
        page_number = next((number for number, page in enumerate(pages, start=1) if page.poorly), None)
    return SearchHit(
        kind, row.case_file_id, row.id, row.reference, row.title, page_number, found.text, found.highlights
    )


def _asks_for_poorly_read(query: Query) -> bool:
    return any(isinstance(clause.term, PoorlyRead) and not clause.excluded for clause in query.clauses)
