"""What must hold of an installation whatever befell it: nothing is lost, nothing is there twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from api.service import Service
from eakte import documents, indexing
from eakte.audit import AuditEvent, AuditTag
from eakte.checking import check_everything
from eakte.document_tables import Document, DocumentStatus, DocumentVersion, Page, Rendition
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import receive
from eakte.jobs import Job, failed_jobs
from eakte.letter_tables import Letter
from eakte.renditions import SEARCHABLE
from eakte.scan_origins import ScannedPage, scanned_pages
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanFile, ScanItem, ScanOutcome
from eakte.transfer_note_tables import TransferNote
from tests.faults.stack import FILED, Outcome, Stack


def work_left(service: Service) -> int:
    """How many jobs are not done; those that failed for good make the test fail.

    What must never happen even once is told here, too, so that it is told early.
    """
    with service.database.reading() as session:
        failed = [f"{job.kind} failed: {job.last_error}" for job in failed_jobs(session)]
        assert not failed, failed
        return int(session.exec(select(sa.func.count()).select_from(Job)).one())


def assert_nothing_lost_or_double(service: Service, stack: Stack, *, acknowledged: bool) -> None:
    """What must hold at any moment, also while others work.

    Args:
        acknowledged: Somebody told the station that its stack is there.
    """
    faults = [finding.text for finding in check_everything(service.database, service.blobs) if finding.is_fault]
    assert not faults, faults
    with service.database.reading() as session:
        hashes = [hashlib.sha256(content).hexdigest() for _, content in stack.files]
        batches = session.exec(select(ScanBatch)).all()
        assert len(batches) <= 1
        assert not acknowledged or batches, "acknowledged, and not there"
        for batch in batches:
            assert [file.sha256 for file in receive.files_of(session, batch)] == hashes
        pages = Counter((file, page) for item in session.exec(select(ScanItem)) for file, page in item.sheets)
        pages_of_documents = Counter((at.file, at.page) for _, at in _placed(session))
        for counted in (pages, pages_of_documents):
            assert all(times == 1 for times in counted.values()), [page for page, n in counted.items() if n > 1]


def assert_everything_done(service: Service, stack: Stack) -> None:
    """What must hold once all work is done: every sheet once, where it belongs, read, found, and told once."""
    assert_nothing_lost_or_double(service, stack, acknowledged=True)
    with service.database.reading() as session:
        batch = session.exec(select(ScanBatch)).one()
        assert batch.status is ScanBatchStatus.DONE
        items = receive.items_of(session, batch)
        became = {_outcome(item): item for item in items}
        became_other = sorted(set(became) ^ set(stack.outcomes), key=lambda one: one.pages)
        assert not became_other, became_other
        assert {(at.file, at.page) for _, at in _placed(session)} == set(stack.marks), "pages that lie somewhere"
        for outcome, item in became.items():
            _assert_document(session, outcome, item, stack)
        _assert_letters(session, items)
        _assert_trail(session, batch, items)
        assert len(session.exec(select(InboxItem).where(InboxItem.status == InboxStatus.WAITING)).all()) == sum(
            item.outcome is ScanOutcome.INBOX for item in items
        )
    assert service.index.count() == sum(1 for _ in indexing.everything(service.database))
    _assert_bytes(service, stack)
    service.blobs.sweep_unfinished(0)


def _placed(session: Session) -> Iterable[tuple[UUID, ScannedPage]]:
    """Every scanned page of every document that is there, by what its newest version says it is made of."""
    for document in session.exec(select(Document).where(col(Document.withdrawn_at).is_(None))):
        version = documents.newest_version(session, document)
        if version.origin is not None:
            for at in scanned_pages(version):
                yield document.id, at


def _outcome(item: ScanItem) -> Outcome:
    pages = tuple((file, page) for file, page in item.sheets)
    letter_id = None if item.letter_id is None else str(item.letter_id)
    return Outcome(item.outcome.value, pages, letter_id, None if item.answer is None else item.answer.value)


def _assert_document(session: Session, outcome: Outcome, item: ScanItem, stack: Stack) -> None:
    document = session.get_one(Document, item.document_id)
    assert (document.status, document.status_reason) == (DocumentStatus.READY, None)
    assert (document.case_file_id is not None) == (outcome.outcome == FILED)
    versions = session.exec(select(DocumentVersion).where(DocumentVersion.document_id == document.id)).all()
    assert len(versions) == 1
    (version,) = versions
    assert [(at.file, at.page) for at in scanned_pages(version)] == list(outcome.pages)
    texts = session.exec(select(Page.text).where(Page.version_id == version.id).order_by(col(Page.page_number))).all()
    marks = [stack.marks[page] for page in outcome.pages]
    assert len(texts) == len(marks)
    wrong = [
        (mark, text) for mark, text in zip(marks, texts, strict=True) if mark not in text or bool(mark) != bool(text)
    ]
    assert not wrong, wrong
    assert session.get(Rendition, (version.id, SEARCHABLE)) is not None
    notes = session.exec(select(TransferNote).where(TransferNote.version_id == version.id)).all()
    assert len(notes) == 1  # that it is bound to the bytes, checking proves


def _assert_letters(session: Session, items: Iterable[ScanItem]) -> None:
    answers = {
        item.letter_id: (item.document_id, item.case_file_id) for item in items if item.outcome is ScanOutcome.FILED
    }
    for letter in session.exec(select(Letter)):
        answer_id, case_file_id = answers.get(letter.id, (None, None))
        assert letter.answer_document_id == answer_id
        assert case_file_id in {None, session.get_one(Document, letter.document_id).case_file_id}


def _assert_trail(session: Session, batch: ScanBatch, items: list[ScanItem]) -> None:
    """Each thing that happened once is told once."""
    wanted = select(AuditEvent.tag, sa.func.count()).where(col(AuditEvent.number) > _before(session, batch))
    told = dict(session.exec(wanted.group_by(col(AuditEvent.tag))).all())
    filed = sum(item.outcome is ScanOutcome.FILED for item in items)
    expected = {
        AuditTag.BATCH_DELIVERED: 1,
        AuditTag.BATCH_WORKED: 1,
        AuditTag.DOCUMENT_FILED: filed,
        AuditTag.LETTER_ANSWERED: filed,
        AuditTag.LETTER_PARTLY_ANSWERED: 1,
        AuditTag.INBOX_RECEIVED: len(items) - filed,
    }
    assert {tag: told.get(tag, 0) for tag in expected} == expected


def _before(session: Session, batch: ScanBatch) -> int:
    """The event before the delivery."""
    return (
        session.exec(
            select(AuditEvent.number).where(
                AuditEvent.tag == AuditTag.BATCH_DELIVERED, AuditEvent.object_id == str(batch.id)
            )
        ).one()
        - 1
    )


def _assert_bytes(service: Service, stack: Stack) -> None:
    with service.database.reading() as session:
        rows = session.exec(select(ScanFile).order_by(col(ScanFile.position))).all()
    for row, (name, content) in zip(rows, stack.files, strict=True):
        assert row.file_name == name
        with service.blobs.open(row.sha256) as stream:
            assert stream.read() == content
