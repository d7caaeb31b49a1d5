"""Keep the full-text index in line with the rows: it can lag, never lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.case_file_tables import CaseFile, Party
from eakte.desk import Desk, Done
from eakte.document_tables import Document, Page
from eakte.documents import newest_version
from eakte.inbox_tables import InboxItem
from eakte.ports import IndexEntry, Records

CASE_FILE = "case_file"
DOCUMENT = "document"
_PER_STEP = 500


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
    reference, names = "", ()
    if document.case_file_id is not None:
        case_file = session.get_one(CaseFile, document.case_file_id)
        reference, names = case_file.reference, _party_names(session, case_file.id)
    else:
        item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
        if item is None or item.concerns_case_file_id is not None:
            return None
    version = newest_version(session, document) if document.status != "quarantined" else None
    pages: tuple[str, ...] = ()
    if version is not None:
        pages = tuple(
            session.exec(select(Page.text).where(Page.version_id == version.id).order_by(col(Page.page_number)))
        )
    return IndexEntry(
        kind=DOCUMENT,
        id=document.id,
        scope_id=document.access_scope_id,
        title=document.title,
        pages=pages,
        reference=reference,
        names=names,
        document_kind=document.kind.value,
        dated_on=document.document_date or document.received_on,
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
    yield from _all_of(records, CaseFile)
    yield from _all_of(records, Document)


def count_everything(session: Session) -> int:
    """How many rows `everything` walks over."""
    return len(session.exec(select(CaseFile.id)).all()) + len(session.exec(select(Document.id)).all())


def _all_of(records: Records, table: type[CaseFile] | type[Document]) -> Iterator[IndexEntry]:
    after: UUID | None = None
    while True:
        with records.reading() as session:
            wanted = select(table).order_by(col(table.id)).limit(_PER_STEP)
            rows = session.exec(wanted if after is None else wanted.where(col(table.id) > after)).all()
            entries = [
                case_file_entry(session, row) if isinstance(row, CaseFile) else document_entry(session, row)
                for row in rows
            ]
        if not rows:
            return
        after = rows[-1].id
        yield from (entry for entry in entries if entry is not None)


def _party_names(session: Session, case_file_id: UUID) -> tuple[str, ...]:
    return tuple(
        session.exec(select(Party.name).where(Party.case_file_id == case_file_id).order_by(col(Party.position)))
    )
