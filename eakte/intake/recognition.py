"""Recognise a version: find out what it is, read its pages in runs, derive the searchable PDF."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import documents, holding_back, jobs, page_words, renditions, signatures, virus_checks
from eakte.desk import Desk, Done
from eakte.document_tables import Document, DocumentStatus, DocumentVersion, Page
from eakte.errors import Unreadable
from eakte.jobs import JobKind
from eakte.paper import PageText
from eakte.ports import BlobRef
from eakte.quarantine_tables import QuarantineCause
from eakte.renditions import ARCHIVE, SEARCHABLE
from eakte.scan_profiles import languages_of

PAGES_PER_JOB = 8
"""Pages recognised by one job: small enough to spread over cores, large enough to open the file rarely."""

UNREADABLE = "Die Datei konnte auch nach mehreren Versuchen nicht gelesen werden; das Original ist gespeichert."


def read_version(desk: Desk, version_id: UUID, done: Done) -> None:
    """Inspect a version and order the recognition of its pages, in runs."""
    with desk.records.reading() as session:
        version = session.get_one(DocumentVersion, version_id)
        known_pages = version.page_count
        media_type = version.media_type
        rotations = dict(version.rotations)
        signed_files = signatures.signed_files(session, version)
    checked: list[dict[str, Any]] = []
    try:
        if known_pages is None:
            with virus_checks.opened(desk, version.sha256) as path:
                reading = desk.reader.look(path)
                if reading.signed:
                    checked = signatures.check_signatures(desk.reader, path)
        elif version.sha256 in signed_files:
            with virus_checks.opened(desk, version.sha256) as path:
                checked = signatures.check_signatures(desk.reader, path)
        else:
            virus_checks.ensure_harmless(desk, version.sha256)
            checked = signatures.excerpt_of_signed() if signed_files else []
    except Unreadable as refusal:
        _refuse(desk, version_id, refusal, done)
        return
    if known_pages is None:
        known_pages, media_type = len(reading.pages), reading.media_type
        rotations = {str(page.page_number): page.rotation for page in reading.pages if page.rotation is not None}
    with desk.records.writing() as session:
        version = session.get_one(DocumentVersion, version_id)
        if holding_back.is_let_go(session, version_id):
            done(session)
            return
        version.page_count, version.media_type, version.rotations = known_pages, media_type, rotations
        version.signatures = checked
        document = session.get_one(Document, version.document_id)
        if _is_newest(session, version):
            document.status = DocumentStatus.READING
            documents.touch(session, document)
        for first in range(1, known_pages + 1, PAGES_PER_JOB):
            last = min(first + PAGES_PER_JOB - 1, known_pages)
            jobs.enqueue(session, JobKind.RECOGNISE_PAGES, version_id, first=first, last=last)
        done(session)


def recognise_pages(desk: Desk, version_id: UUID, first: int, last: int, done: Done, *, last_try: bool = False) -> None:
    """Recognise a run of pages; the run that completes the version orders what follows.

    Args:
        last_try: A page on which recognition fails costs only itself then.
    """
    with desk.records.reading() as session:
        version = session.get_one(DocumentVersion, version_id)
        languages = languages_of(session, version.origin, tuple(desk.languages))
    wanted = {number: version.rotations.get(str(number)) for number in range(first, last + 1)}
    try:
        with virus_checks.opened(desk, version.sha256) as path:
            pages = desk.reader.recognise(path, wanted, languages=languages, last_try=last_try)
    except Unreadable as refusal:
        _refuse(desk, version_id, refusal, done)
        return
    pictured = [page for page in pages if page.image]
    thumbnails = desk.reader.thumbnails([(page.image, page.width_mm) for page in pictured])
    images = {
        page.page_number: (desk.blobs.put(io.BytesIO(page.image)), desk.blobs.put(io.BytesIO(thumbnail)))
        for page, thumbnail in zip(pictured, thumbnails, strict=True)
    }
    with desk.records.writing() as session:
        version = session.exec(select(DocumentVersion).where(DocumentVersion.id == version_id).with_for_update()).one()
        session.exec(
            sa.delete(Page).where(col(Page.version_id) == version_id, col(Page.page_number).between(first, last))
        )
        session.add_all(_row(version_id, page, images.get(page.page_number)) for page in pages)
        session.flush()
        count = session.exec(select(sa.func.count()).where(col(Page.version_id) == version_id)).one()
        if count == version.page_count:
            jobs.enqueue(session, JobKind.INDEX_DOCUMENT, version.document_id)
            jobs.enqueue(session, JobKind.DERIVE, version_id)
            if session.get_one(Document, version.document_id).case_file_id is None:
                jobs.enqueue(session, JobKind.PLACE_WAITING, version.document_id)
        done(session)


def derive(desk: Desk, version_id: UUID, done: Done) -> None:
    """Make the searchable PDF of a version whose pages are recognised; the document is then ready.

    Of scanned pages it is the archive copy, too; others are converted when somebody asks (`eakte.archive_copies`).
    """
    with desk.records.reading() as session:
        version = session.get_one(DocumentVersion, version_id)
        pages = page_texts(session, version_id)
    desk.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=desk.work_dir, prefix="derive-") as folder:
        target = Path(folder, "searchable.pdf")
        try:
            with virus_checks.opened(desk, version.sha256) as path:
                archivable = desk.reader.searchable_pdf(path, pages, target)
        except Unreadable as refusal:
            _refuse(desk, version_id, refusal, done)
            return
        with target.open("rb") as content:
            blob = desk.blobs.put(content)
    with desk.records.writing() as session:
        renditions.keep_pdf(session, version_id, SEARCHABLE, blob)
        if archivable:
            renditions.keep_pdf(session, version_id, ARCHIVE, blob)
        else:
            renditions.forget(session, version_id, ARCHIVE)  # made of an earlier searchable PDF
        version = session.get_one(DocumentVersion, version_id)
        version.archive_problem = None
        document = session.get_one(Document, version.document_id)
        if _is_newest(session, version):
            document.status, document.status_reason = DocumentStatus.READY, None
            documents.touch(session, document)
        holding_back.note_read(session, version)
        done(session)


def give_up_reading(session: Session, version_id: UUID) -> None:
    """A version nobody can read keeps its bytes and tells a clerk so."""
    version = session.get_one(DocumentVersion, version_id)
    document = session.get_one(Document, version.document_id)
    is_unread = document.status is not DocumentStatus.READY and _is_newest(session, version)
    if is_unread or holding_back.is_tried_again(session, version_id):
        holding_back.hold_back(session, version, QuarantineCause.FAILED, UNREADABLE)


def page_texts(session: Session, version_id: UUID) -> list[PageText]:
    """The recognised pages of a version, in order, without their images."""
    rows = session.exec(select(Page).where(Page.version_id == version_id).order_by(col(Page.page_number)))
    return [
        PageText(
            page_number=row.page_number,
            rotation=row.rotation,
            width_mm=row.width_mm,
            height_mm=row.height_mm,
            text=row.text,
            words=tuple(page_words.unpack(row.words)),
            source=row.source,
            confidence=row.confidence,
        )
        for row in rows
    ]


def _row(version_id: UUID, page: PageText, pictures: tuple[BlobRef, BlobRef] | None) -> Page:
    return Page(
        version_id=version_id,
        page_number=page.page_number,
        rotation=page.rotation,
        width_mm=page.width_mm,
        height_mm=page.height_mm,
        text=page.text.replace("\x00", ""),
        words=page_words.pack(page.words),
        confidence=page.confidence,
        source=page.source,
        image_sha256=None if pictures is None else pictures[0].sha256,
        thumbnail_sha256=None if pictures is None else pictures[1].sha256,
    )


def _refuse(desk: Desk, version_id: UUID, refusal: Unreadable, done: Done) -> None:
    with desk.records.writing() as session:
        version = session.get_one(DocumentVersion, version_id)
        cause = holding_back.cause_of(refusal)
        holding_back.hold_back(session, version, cause, str(refusal))
        done(session)


def _is_newest(session: Session, version: DocumentVersion) -> bool:
    """Whether a version tells the state of its document; an older one, read late, does not."""
    document = session.get_one(Document, version.document_id)
    return documents.newest_version(session, document).id == version.id
