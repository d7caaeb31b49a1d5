"""What the pages of a case file and of a document show, gathered through the access door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from api.pages import organisation, receipt_views
from api.pages.receipt_views import ReceiptView
from api.rest import cursors
from eakte import (
    access,
    break_glass,
    case_files,
    documents,
    letters,
    listed,
    nodes,
    reading,
    search_query,
    signatures,
    transfer_notes,
)
from eakte.access_tables import AccessGrant, Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, CaseFileStatus, Party
from eakte.document_tables import Document, DocumentStatus, DocumentVersion, Page
from eakte.errors import Conflict, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.letter_tables import Letter
from eakte.paper import Signature, Word
from eakte.poorly_read import is_poorly_read
from eakte.search_snippets import matching_words
from eakte.transfer_notes import NoteView

DOCUMENTS_LISTED = 200


@dataclass(frozen=True)
class CaseFileView:
    """A case file as its page shows it.

    Attributes:
        unit: Name of the responsible unit; None where nobody is responsible yet.
        registers: Documents by section in the order of the filing plan entry, each newest first.
        letters: By the id of the letter's document.
        answered: The letter by the id of the document that answered it.
        came_back: Ids of what answered letters or came back undelivered, as far as the visitor may see it.
        level: The word of its level; None where it is open.
        thumbnails: Ids of the documents whose first page has a small picture.
        may_add: Whether documents can be added now, at least in some section.
        break_glass: The emergency access that is the visitor's only way to it.
    """

    case_file: CaseFile
    entry: FilingPlanEntry
    unit: str | None
    parties: list[Party]
    registers: list[tuple[str | None, list[Document]]]
    next_cursor: str | None
    letters: dict[UUID, Letter]
    answered: dict[UUID, Letter]
    rights: Right
    thumbnails: set[UUID]
    came_back: set[UUID]
    level: str | None = None
    may_add: bool = False
    break_glass: AccessGrant | None = None

    @property
    def is_open(self) -> bool:
        return self.case_file.status is CaseFileStatus.OPEN

    @property
    def may_file(self) -> bool:
        """Whether letters can be made and documents added now, outside of all sections."""
        return self.is_open and bool(self.rights & Right.FILE)

    @property
    def may_share(self) -> bool:
        return bool(self.rights & Right.SHARE)

    @property
    def may_close(self) -> bool:
        return bool(self.rights & Right.CLOSE)

    @property
    def documents(self) -> list[Document]:
        """All listed documents, in the order of the list."""
        return [document for _, rows in self.registers for document in rows]

    def around(self, document: Document) -> tuple[Document | None, Document | None]:
        """The documents listed before and after one."""
        rows = self.documents
        index = next((index for index, row in enumerate(rows) if row.id == document.id), None)
        if index is None:
            return None, None
        return (rows[index - 1] if index else None), (rows[index + 1] if index + 1 < len(rows) else None)


@dataclass(frozen=True)
class ReaderView:
    """A document open at one of its pages.

    Attributes:
        page_count: None until the file was looked at, and for files without pages.
        page: None where the page is not read yet, or there is none.
        boxes: Words to box, as fractions of the page.
        lines: The page's text, line by line.
        level: The word of the document's level; None where it is open.
        note: How it was scanned; None where it was not.
        receipt: When it came and where its paper lies.
        may_share: Whether to show the way to the document's rights.
        signatures: What is known of the file's electronic signatures.
    """

    document: Document
    version: DocumentVersion
    page_number: int
    page_count: int | None
    page: Page | None
    boxes: list[Word]
    lines: list[str]
    level: str | None = None
    note: NoteView | None = None
    may_share: bool = False
    signatures: Sequence[Signature] = ()
    receipt: ReceiptView | None = None

    @property
    def is_poorly_read(self) -> bool:
        """Whether the text of the open page is not to be relied on."""
        return self.page is not None and is_poorly_read(self.page.source, self.page.confidence)

    @property
    def page_before(self) -> int | None:
        """The page to turn back to; blank ones that a scan profile hides are passed over."""
        return next((number for number in range(self.page_number - 1, 0, -1) if self._shows(number)), None)

    @property
    def page_after(self) -> int | None:
        """The page to turn on to."""
        rest = range(self.page_number + 1, (self.page_count or 1) + 1)
        return next((number for number in rest if self._shows(number)), None)

    def _shows(self, page_number: int) -> bool:
        return page_number not in self.version.hidden_pages

    @property
    def is_pending(self) -> bool:
        """Whether more will be seen soon."""
        return self.document.status in (DocumentStatus.RECEIVED, DocumentStatus.READING)


def gather_case_file(session: Session, actor: Actor, case_file_id: UUID, *, cursor: str | None = None) -> CaseFileView:
    """Everything the page of a case file shows.

    Raises:
        NotFound: As far as the actor may know, there is none.
    """
    case_file = access.case_file_for(session, actor, case_file_id)
    entry = access.filing_plan_entry_for(session, actor, case_file.filing_plan_code)
    rows = documents.list_documents(
        session, actor, case_file_id, after=cursors.read_position(cursor), limit=DOCUMENTS_LISTED + 1
    )
    shown = rows[:DOCUMENTS_LISTED]
    next_cursor = None
    if len(rows) > DOCUMENTS_LISTED:
        next_cursor = cursors.write_position(shown[-1].created_at, shown[-1].id)
    made = letters.letters_of(session, actor, case_file_id)
    came_back = _came_back(session, actor, made)
    level = access.level_of(session, case_file.access_scope_id)
    places = places_to_file(session, actor, case_file)
    return CaseFileView(
        case_file=case_file,
        entry=entry,
        unit=organisation.unit_name(session, case_file.responsible_unit_id),
        parties=case_files.parties_of(session, actor, case_file_id),
        registers=by_section(shown, entry.sections),
        next_cursor=next_cursor,
        letters={letter.document_id: letter for letter in made},
        answered={letter.answer_document_id: letter for letter in made if letter.answer_document_id in came_back},
        came_back=set(came_back),
        rights=access.rights_on(session, actor, case_file.access_scope_id),
        thumbnails=listed.with_thumbnails(session, shown),
        level=level.word if level else None,
        may_add=case_file.status is CaseFileStatus.OPEN and bool(places),
        break_glass=break_glass.standing_break_glass(session, actor, case_file),
    )


def places_to_file(session: Session, actor: Actor, case_file: CaseFile) -> list[str | None]:
    """Where in a case file the actor may file: None for outside of all sections, then those they may file into."""
    outside: list[str | None] = []
    if access.rights_on(session, actor, case_file.access_scope_id) & Right.FILE:
        outside = [None]
    return outside + nodes.sections_with(session, actor, case_file, Right.FILE)


def gather_reader(
    session: Session, actor: Actor, document: Document, page_number: int, q: str, *, note: NoteView | None = None
) -> ReaderView:
    """A document's page with its hits; reading it enters the trail.

    Args:
        note: Its transfer note, where the caller has it already.

    Raises:
        NotFound: The document has no such page.
    """
    page: Page | None = None
    words: tuple[Word, ...] = ()
    version = documents.newest_version(session, document)
    if document.status is not DocumentStatus.QUARANTINED:
        try:
            found = reading.words_of_page(session, actor, document.id, page_number)
            page, words = found.page, found.words
        except (Conflict, NotPermitted):
            pass  # not read yet, or harmful: the page says so
        except NotFound:
            if page_number > 1:  # a file without pages still has its place
                raise
    level = access.level_of(session, document.access_scope_id)
    rights = access.rights_on(session, actor, document.access_scope_id)
    hits = matching_words(words, search_query.parse(q)) if q and words else []
    return ReaderView(
        document=document,
        version=version,
        page_number=page_number,
        page_count=version.page_count,
        page=page,
        boxes=[words[index] for index in hits],
        lines=[" ".join(word.text for word in line) for _, line in groupby(words, key=lambda word: word.line)],
        level=level.word if level else None,
        note=note or transfer_notes.find_note(session, actor, document, version.number),
        may_share=bool(rights & Right.SHARE),
        signatures=signatures.told(version),
        receipt=receipt_views.gather(session, document, version, rights),
    )


def _came_back(session: Session, actor: Actor, made: Sequence[Letter]) -> dict[UUID, Document]:
    named = {id_ for letter in made for id_ in (letter.answer_document_id, letter.returned_document_id)}
    return access.documents_among(session, actor, {id_ for id_ in named if id_ is not None})


def by_section(rows: list[Document], sections: list[str]) -> list[tuple[str | None, list[Document]]]:
    """Documents under their sections; what has none comes first, empty sections are left out."""
    order: list[str | None] = [None, *sections]
    order += sorted({row.section for row in rows if row.section is not None} - set(sections))
    grouped = [(section, [row for row in rows if row.section == section]) for section in order]
    return [(section, members) for section, members in grouped if members]


def may_read(session: Session, actor: Actor, document_id: UUID) -> bool:
    """Whether a document exists for the actor."""
    try:
        access.document_for(session, actor, document_id)
    except NotFound:
        return False
    return True
