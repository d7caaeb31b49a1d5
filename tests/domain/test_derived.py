"""What is derived from a document: archive copies on demand, and what is said of its signatures."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import pikepdf
import pytest
from sqlmodel import col, select

from eakte import archive_copies, reading, renditions, signatures
from eakte.document_tables import Document, DocumentStatus, DocumentVersion
from eakte.errors import Conflict, NotFound
from eakte.jobs import Job
from eakte.paper import Trust
from eakte.scan_tables import ScanFile
from tests.api.paper import text_pdf
from tests.domain.post_office import PostOffice
from tests.domain.registry import Registry
from tests.ocr.signing import sign, signer


@pytest.fixture
def post(tmp_path: Path) -> PostOffice:
    return PostOffice(tmp_path / "data")


def attached(post: PostOffice, content: bytes) -> UUID:
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        document = registry.document(registry.case_file(), content=content)
    post.work()
    return document.id


def test_an_archive_copy_is_made_once_somebody_asks_for_it_and_what_cannot_be_converted_says_why(
    post: PostOffice,
) -> None:
    id_ = attached(post, text_pdf("Bescheid über die Sondernutzung der Mühlenstraße"))
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        stranger = registry.actor(registry.person("otto"))
        with pytest.raises(NotFound):
            archive_copies.order_archive_copy(session, stranger, id_)
        with pytest.raises(archive_copies.ArchiveCopyNotMade):
            reading.content_of(session, registry.actor(), id_, rendition="archive")
        archive_copies.order_archive_copy(session, registry.actor(), id_)
        archive_copies.order_archive_copy(session, registry.actor(), id_)
        assert [job.detail for job in session.exec(select(Job))] == [{"form": "archive"}]
    post.work()
    with post.service.database.writing() as session:
        registrar = Registry(session, post.service.blobs).actor()
        content = reading.content_of(session, registrar, id_, rendition="archive")
        archive_copies.order_archive_copy(session, registrar, id_)
        assert session.exec(select(Job)).all() == []
    assert content.file_name.endswith(" (PDF-A).pdf")
    with reading.open_content(post.service.blobs, content) as stream, pikepdf.open(io.BytesIO(stream.read())) as pdf:
        assert b"<pdfaid:part>2<" in pdf.Root["/Metadata"].read_bytes()

    with post.service.database.writing() as session:
        version = session.exec(select(DocumentVersion).where(DocumentVersion.document_id == id_)).one()
        version.archive_problem = "Ein Grund."
        renditions.forget(session, version.id, renditions.ARCHIVE)
        session.flush()
        with pytest.raises(Conflict, match=r"Ein Grund\."):
            reading.content_of(session, Registry(session, post.service.blobs).actor(), id_, rendition="archive")


def test_signed_files_keep_their_signature_and_what_is_cut_out_of_them_says_that_it_has_none(
    post: PostOffice, tmp_path: Path
) -> None:
    whole = sign(text_pdf("Erklärung zur Abtretung der Forderung"), signer())
    separators = tmp_path / "separators.pdf"
    post.service.press.separator_sheets(1, separators)
    stack = io.BytesIO()
    two_letters = io.BytesIO(text_pdf("Erstes Schreiben an das Amt", "Zweites Schreiben"))
    with pikepdf.open(two_letters) as letters, pikepdf.open(separators) as separator:
        letters.pages.insert(1, separator.pages[0])
        letters.save(stack)
    post.deliver(whole, sign(stack.getvalue(), signer()))
    post.work()

    with post.service.database.reading() as session:
        rows = session.exec(select(DocumentVersion).order_by(col(DocumentVersion.created_at)))
        first, *excerpts = [(row.sha256, signatures.told(row)) for row in rows]
        delivered = [row.sha256 for row in session.exec(select(ScanFile).order_by(col(ScanFile.position)))]
        assert {document.status for document in session.exec(select(Document))} == {DocumentStatus.READY}
    assert first[0] == delivered[0]
    (found,) = first[1]
    assert (found.signer, found.verifies, found.trusted) == ("Änne Ärmel", True, Trust.UNKNOWN)
    assert [len(said) for _, said in excerpts] == [1, 1]
    assert not any(said[0].verifies for _, said in excerpts)
    assert "liegt unverändert beim Scanstapel" in excerpts[0][1][0].reason
