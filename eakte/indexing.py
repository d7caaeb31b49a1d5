"""Keep the full-text index in line with the rows: it can lag, never lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from eakte.case_file_tables import CaseFile, Party
from eakte.desk import Desk, Done
from eakte.document_tables import Document, Page
from eakte.documents import newest_version
from eakte.inbox_tables import InboxItem
from eakte.paper import TextSource
from eakte.poorly_read import is_poorly_read
from eakte.ports import IndexEntry, Records

CASE_FILE = "case_file"
DOCUMENT = "document"
_PER_STEP = 500
Row = TypeVar("Row", CaseFile, Document)
_NOBODY: tuple[str, ...] = ()


def index_document(desk: Desk, document_id: UUID, done: Done) -> None:
    """Bring one document's entry in line; a withdrawn one loses its entry."""

    def wanted(session: Session) -> list[tuple[UUID, IndexEntry | None]]:
        document = session.get(Document, document_id)
        return [(document_id, None if document is None else document_entry(session, document))]

    _bring_in_line(desk, wanted, done)


def index_case_file(desk: Desk, case_file_id: UUID, done: Done) -> None:
    """Bring a case file's entry and those of its documents in line, since they carry its reference and scope."""

    def wanted(session: Session) -> list[tuple[UUID, IndexEntry | None]]:
        case_file = session.get_one(CaseFile, case_file_id)
        documents = session.exec(
            select(Document).where(Document.case_file_id == case_file_id).order_by(col(Document.id))
        ).all()
        entries: list[tuple[UUID, IndexEntry | None]] = [(case_file_id, case_file_entry(session, case_file))]
        return entries + [(document.id, document_entry(session, document)) for document in documents]

    _bring_in_line(desk, wanted, done)


def _bring_in_line(desk: Desk, wanted: Callable[[Session], list[tuple[UUID, IndexEntry | None]]], done: Done) -> None:
    """Write entries until the rows no longer changed meanwhile.

    Two workers may write about the same thing; the one that read older rows notices here and writes again.
    """
    with desk.records.reading() as session:
        entries = wanted(session)
    while True:
        desk.index.update(
            [entry for _, entry in entries if entry is not None],
            [(DOCUMENT, id_) for id_, entry in entries if entry is None],
        )
        with desk.records.writing() as session:
            now_wanted = wanted(session)
            if now_wanted == entries:
                done(session)
                return
        entries = now_wanted


def document_entry(session: Session, document: Document) -> IndexEntry | None:
    """The index entry of a document; None for one that nobody may find.

    What waits in an inbox and concerns a known case file is seen by fewer people than its scope says,
    so it is left out until it is filed.
    """
    if document.withdrawn_at is not None:
        return None
    reference, names = "", _NOBODY
    if document.case_file_id is not None:
        case_file = session.get_one(CaseFile, document.case_file_id)
        reference, names = case_file.reference, _party_names(session, case_file.id)
    else:
        item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
        if item is None or item.concerns_case_file_id is not None:
            return None
    version = newest_version(session, document) if document.status != "quarantined" else None
    pages: Sequence[tuple[str, TextSource, float | None]] = ()
    if version is not None:
        read = session.execute(
            sa.select(col(Page.text), col(Page.source), col(Page.confidence))
            .where(col(Page.version_id) == version.id)
            .order_by(col(Page.page_number))
        )
        pages = [(row.text, row.source, row.confidence) for row in read]
    return IndexEntry(
        kind=DOCUMENT,
        id=document.id,
        scope_id=document.access_scope_id,
        title=document.title,
        pages=tuple(text for text, _, _ in pages),
        reference=reference,
        names=names,
        document_kind=document.kind.value,
        dated_on=document.document_date or document.received_on,
        poorly_read=any(is_poorly_read(source, confidence) for _, source, confidence in pages),
    )


def case_file_entry(session: Session, case_file: CaseFile) -> IndexEntry:
    """The index entry of a case file: its title, reference, parties and fields."""
    fields = " ".join(str(value) for value in case_file.fields.values())
    return IndexEntry(
        kind=CASE_FILE,
        id=case_file.id,
        scope_id=case_file.access_scope_id,
        title=case_file.title,
        pages=(fields,) if fields else (),
        reference=case_file.reference,
        names=_party_names(session, case_file.id),
    )


def everything(records: Records) -> Iterator[IndexEntry]:
    """Entries for all case files and documents, in steps that hold no long transaction."""
    after: UUID | None = None
    while True:
        with records.reading() as session:
            case_files = _next_rows(session, CaseFile, col(CaseFile.id), after)
            entries = [case_file_entry(session, case_file) for case_file in case_files]
        yield from entries
        if not case_files:
            break
        after = case_files[-1].id
    after = None
    while True:
        with records.reading() as session:
            documents = _next_rows(session, Document, col(Document.id), after)
            found = [document_entry(session, document) for document in documents]
        yield from (entry for entry in found if entry is not None)
        if not documents:
            return
        after = documents[-1].id


def count_everything(session: Session) -> int:
    """How many rows `everything` walks over."""
    return sum(session.exec(select(sa.func.count()).select_from(table)).one() for table in (CaseFile, Document))


def _next_rows(session: Session, table: type[Row], id_: Mapped[UUID], after: UUID | None) -> Sequence[Row]:
    wanted = select(table).order_by(id_).limit(_PER_STEP)
    return session.exec(wanted if after is None else wanted.where(id_ > after)).all()


def _party_names(session: Session, case_file_id: UUID) -> tuple[str, ...]:
    return tuple(
        session.exec(select(Party.name).where(Party.case_file_id == case_file_id).order_by(col(Party.position)))
    )
