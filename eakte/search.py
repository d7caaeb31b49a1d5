"""Search (Volltextsuche): the engine proposes, the access door decides, the rows tell what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, jobs, search_query
from eakte.access_sets import ScopeSet
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, Page
from eakte.documents import newest_version
from eakte.inbox_tables import InboxItem
from eakte.indexing import CASE_FILE
from eakte.ports import IndexHit, SearchIndex
from eakte.search_query import Query
from eakte.search_snippets import Snippet, snippet

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
        offset: `next_offset` of the page before.
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
    # What has just come to lie in another scope still stands under its old one in the index; the re-reading decides.
    before = jobs.scopes_before(session)
    scope_ids = sorted({*readable.ids, *before}) if before else readable.ids
    hits: list[SearchHit] = []
    while readable.ids and len(hits) < limit and offset < DEEPEST:
        wanted = limit - len(hits) + 1
        candidates = index.search(query, scope_ids=scope_ids, limit=wanted, offset=offset)
        for candidate in candidates:
            if len(hits) == limit:
                return Found(tuple(hits), offset)
            offset += 1
            hit = _reread(session, actor, candidate, query, readable)
            if hit is not None:
                hits.append(hit)
        if len(candidates) < wanted:
            return Found(tuple(hits), None)
    return Found(tuple(hits), offset if len(hits) == limit and offset < DEEPEST else None)


def _reread(session: Session, actor: Actor, candidate: IndexHit, query: Query, readable: ScopeSet) -> SearchHit | None:
    """The hit as the rows have it now; None when it is gone or no longer the actor's to see."""
    if candidate.kind == CASE_FILE:
        case_file = session.get(CaseFile, candidate.id)
        if case_file is None or case_file.access_scope_id not in readable:
            return None
        fields = " ".join(str(value) for value in case_file.fields.values())
        found = snippet([fields] if fields else [], query)
        return SearchHit(
            CASE_FILE, case_file.id, None, case_file.reference, case_file.title, None, found.text, found.highlights
        )
    document = session.get(Document, candidate.id)
    if document is None or document.withdrawn_at is not None or document.access_scope_id not in readable:
        return None
    if document.case_file_id is None and not _may_see_waiting(session, actor, document):
        return None
    reference = None if document.case_file_id is None else access.reference_of(session, document.case_file_id)
    found = _snippet_of(session, document, query)
    return SearchHit(
        candidate.kind,
        document.case_file_id,
        document.id,
        reference,
        document.title,
        found.page_number,
        found.text,
        found.highlights,
    )


def _may_see_waiting(session: Session, actor: Actor, document: Document) -> bool:
    item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
    return item is not None and access.may_see_item(session, actor, item, document)


def _snippet_of(session: Session, document: Document, query: Query) -> Snippet:
    version = newest_version(session, document)
    pages = session.exec(select(Page.text).where(Page.version_id == version.id).order_by(col(Page.page_number))).all()
    return snippet(pages, query)
