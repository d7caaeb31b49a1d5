"""Search (Volltextsuche): the engine proposes, the access door decides, the rows tell what is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, jobs, search_query
from eakte.access_sets import ScopeSet
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, DocumentVersion, Page
from eakte.inbox_tables import InboxItem
from eakte.indexing import CASE_FILE
from eakte.ports import IndexHit, SearchIndex
from eakte.search_query import Query
from eakte.search_snippets import snippet

STEP = 50
DEEPEST = 1_000
"""No list of results goes deeper; whoever has not found it by then needs other words."""


@dataclass(frozen=True)
class SearchHit:
    """Something found, as the actor may see it now.

    Attributes:
        page: Best page of a document, from 1; None where the hit is in title, names or reference.
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
    hits: list[tuple[IndexHit, CaseFile | Document]] = []
    if readable.ids and offset < DEEPEST:
        hits = _readable_hits(session, index, actor, query, readable, offset + limit + 1)
    shown = hits[offset : offset + limit]
    more = len(hits) > offset + limit and offset + limit < DEEPEST
    return Found(tuple(_told(session, shown, query)), offset + limit if more else None)


def _readable_hits(
    session: Session, index: SearchIndex, actor: Actor, query: Query, readable: ScopeSet, wanted: int
) -> list[tuple[IndexHit, CaseFile | Document]]:
    """The best hits as the rows have them now: as many as wanted, or all."""
    scope_ids, all_but = _scopes_to_search(session, actor, readable)
    hits: list[tuple[IndexHit, CaseFile | Document]] = []
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


def _reread(
    session: Session, actor: Actor, candidates: Sequence[IndexHit], readable: ScopeSet
) -> list[tuple[IndexHit, CaseFile | Document]]:
    """Candidates with their rows, without those that are gone or no longer the actor's to see."""
    ids = [candidate.id for candidate in candidates]
    case_files = session.exec(select(CaseFile).where(col(CaseFile.id).in_(ids)))
    documents = session.exec(select(Document).where(col(Document.id).in_(ids)))
    rows: dict[UUID, CaseFile | Document] = {row.id: row for row in case_files if row.access_scope_id in readable}
    rows |= {row.id: row for row in documents if _may_see(session, actor, row, readable)}
    return [(candidate, rows[candidate.id]) for candidate in candidates if candidate.id in rows]


def _told(session: Session, hits: Sequence[tuple[IndexHit, CaseFile | Document]], query: Query) -> Iterator[SearchHit]:
    """What is shown of each hit; all that is needed is read at once: fifty hits take as many queries as one."""
    documents = [row for _, row in hits if isinstance(row, Document)]
    holders = {row.case_file_id for row in documents if row.case_file_id is not None}
    references = dict(session.exec(select(CaseFile.id, CaseFile.reference).where(col(CaseFile.id).in_(holders))).all())
    pages = _pages_of(session, [row.id for row in documents])
    for hit, row in hits:
        if isinstance(row, CaseFile):
            yield _case_file_hit(row, query)
        else:
            reference = None if row.case_file_id is None else references[row.case_file_id]
            yield _document_hit(row, reference, pages.get(row.id, []), hit.kind, query)


def _may_see(session: Session, actor: Actor, document: Document, readable: ScopeSet) -> bool:
    if document.withdrawn_at is not None or document.access_scope_id not in readable:
        return False
    if document.case_file_id is not None:
        return True
    item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
    return item is not None and access.may_see_item(session, actor, item, document)


def _pages_of(session: Session, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The texts of the pages of each document's newest version, in order."""
    versions = session.exec(
        select(DocumentVersion.document_id, DocumentVersion.id)
        .where(col(DocumentVersion.document_id).in_(ids))
        .order_by(col(DocumentVersion.number))
    )
    newest = {document_id: version_id for document_id, version_id in versions}  # noqa: C416 # the last one stays
    of_version = {version_id: document_id for document_id, version_id in newest.items()}
    pages: dict[UUID, list[str]] = {}
    texts = session.exec(
        select(Page.version_id, Page.text).where(col(Page.version_id).in_(of_version)).order_by(col(Page.page_number))
    )
    for version_id, text in texts:
        pages.setdefault(of_version[version_id], []).append(text)
    return pages


def _case_file_hit(case_file: CaseFile, query: Query) -> SearchHit:
    fields = " ".join(str(value) for value in case_file.fields.values())
    found = snippet([fields] if fields else [], query)
    return SearchHit(
        CASE_FILE, case_file.id, None, case_file.reference, case_file.title, None, found.text, found.highlights
    )


def _document_hit(
    document: Document, reference: str | None, pages: Sequence[str], kind: str, query: Query
) -> SearchHit:
    found = snippet(pages, query)
    return SearchHit(
        kind,
        document.case_file_id,
        document.id,
        reference,
        document.title,
        found.page_number,
        found.text,
        found.highlights,
    )
