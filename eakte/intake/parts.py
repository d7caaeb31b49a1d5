"""Parts of an answer (Teilantwort): when the missing sheets come later, they are put to those that came before.

"Blatt 2 fehlte, ist da": the document with the earlier sheets gets a new version with all of them in order. Once none
is missing and nothing stands against it, it files itself as the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import case_file_writing, documents, inbox, jobs, letters, paper_following, places, scan_origins
from eakte.audit import MACHINE, AuditTag
from eakte.case_file_tables import CaseFile
from eakte.desk import Desk
from eakte.document_tables import Document
from eakte.errors import Unreadable
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import cut_versions
from eakte.intake.matching import Completeness, Decision, objections_to, sheets_named
from eakte.intake.splitting import Segment, in_order, read_page
from eakte.jobs import JobKind
from eakte.letter_tables import Letter
from eakte.scan_origins import Cut, ScannedPage
from eakte.scan_tables import ScanBatch, ScanItem, ScannedAnswer, ScanOutcome


@dataclass(frozen=True)
class Together:
    """All sheets of a letter that came so far, as one document whose bytes are stored but which is not yet written.

    Attributes:
        document_id, version_id: Where the earlier ones lie.
        sheets: Numbers of all of them.
    """

    document_id: UUID
    version_id: UUID
    cut: Cut
    sheets: tuple[int, ...]


def waited_for(session: Session, segments: Sequence[Segment]) -> set[str]:
    """Those of the codes whose letters wait for missing sheets."""
    code_ids = {segment.code_id for segment in segments if segment.code_id is not None and not segment.doubts}
    wanted = select(Letter.code_id).where(col(Letter.code_id).in_(code_ids), col(Letter.part_document_id).is_not(None))
    return set(session.exec(wanted))


def prepare_together(desk: Desk, batch_id: UUID, segment: Segment, key: bytes, work_dir: Path) -> Together | None:
    """Put a segment to the sheets of its letter that came earlier; reads records only.

    Returns:
        None where a sheet is there already, or the earlier ones cannot be told or opened: then a person looks.
    """
    assert segment.code_id is not None
    with desk.records.reading() as session:
        letter = session.exec(select(Letter).where(Letter.code_id == segment.code_id)).one()
        document = session.get(Document, letter.part_document_id) if letter.part_document_id is not None else None
        if document is None:
            return None
        version = documents.newest_version(session, document)
        earlier = scan_origins.sources(session, scan_origins.scanned_pages(version))
        at = [ScannedPage(batch_id, page.file_index, page.reading.page_number) for page in segment.pages]
        later = scan_origins.sources(session, at)
    before = [read_page(-1, source.reading, key) for source in earlier]
    sheets = [code.sheet for page in (*before, *segment.pages) for code in page.returns]
    of_it = all(page.uncoded or page.code_id == segment.code_id for page in before)
    if not before or not of_it or len(set(sheets)) < len(sheets):
        return None
    pages = [*before, *segment.pages]
    source_of = {id(page): source for page, source in zip(pages, (*earlier, *later), strict=True)}
    ordered = [source_of[id(page)] for page in in_order(pages, segment.code_id)]
    try:
        cut = scan_origins.cut(desk.blobs, desk.reader, ordered, work_dir)
    except Unreadable:
        return None
    return Together(document.id, version.id, cut, tuple(sorted(sheets)))


def put_together(
    session: Session, batch: ScanBatch, item: ScanItem, decision: Decision, together: Together, operator_id: str
) -> bool:
    """Write what was prepared, if it still holds.

    Returns:
        False where it does not: something changed meanwhile, or stands against an answer by itself. Nothing is
        written then.
    """
    letter, case_file = decision.letter, decision.case_file
    if letter is None or case_file is None or letter.part_document_id != together.document_id:
        return False
    document = session.get_one(Document, together.document_id)
    places.hold(session, document)
    waiting = inbox.waiting_item(session, document)
    stays = document.withdrawn_at is None and (waiting is not None or document.case_file_id == case_file.id)
    if not stays or documents.newest_version(session, document).id != together.version_id:
        return False
    whole = Completeness(tuple(letter.answer_sheets), together.sheets, tuple(letter.own_sheets))
    if objections_to(session, letter, case_file, whole):
        return False

    _add_version(session, batch, document, together, operator_id, decision, whole)
    if whole.missing:
        still = f"Es fehlt {sheets_named(whole.missing)} von {len(whole.expected)}."
        item.reason = still
        if waiting is not None:
            waiting.reason = still
            waiting.revision += 1
        letters.mark_part(session, letter, document.id, together.sheets, by=MACHINE)
    else:
        _file_as_answer(session, batch, document, letter, case_file, waiting)
    paper_following.note_scanned(session, batch, document)
    item.document_id, item.case_file_id = document.id, document.case_file_id
    item.outcome = ScanOutcome.INBOX if document.case_file_id is None else ScanOutcome.FILED
    item.completeness = whole.to_row()
    # Sheets that came one after the other are no letter that came back as a whole.
    item.answer = ScannedAnswer.PARTIAL if whole.missing else ScannedAnswer.ANSWER
    return True


def _add_version(
    session: Session,
    batch: ScanBatch,
    document: Document,
    together: Together,
    operator_id: str,
    decision: Decision,
    whole: Completeness,
) -> None:
    assert decision.completeness is not None
    came = f"{sheets_named(sorted(set(decision.completeness.found)))} fehlte, ist da."
    version = cut_versions.add_next_cut(
        session, document, together.cut, batch, came, created_by=operator_id, by=MACHINE, completeness=whole.to_row()
    )
    documents.note(session, MACHINE, AuditTag.VERSION_ADDED, document, number=version.number, sha256=version.sha256)


def _file_as_answer(
    session: Session,
    batch: ScanBatch,
    document: Document,
    letter: Letter,
    case_file: CaseFile,
    waiting: InboxItem | None,
) -> None:
    if waiting is not None:
        sent = session.get_one(Document, letter.document_id)
        document.case_file_id, document.section = case_file.id, sent.section
        document.proceeding_id = sent.proceeding_id
        places.place_document(session, document)
        inbox.close_item(session, waiting, InboxStatus.FILED, done_by=None)
        inbox.tell_batch(session, document, case_file)
        documents.note(session, MACHINE, AuditTag.DOCUMENT_FILED, document, by="return code")
        jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    case_file_writing.touch(session, case_file)
    letters.mark_answered(session, letter, document.id, received_on=batch.received_on, by=MACHINE)
