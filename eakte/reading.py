"""Reading the content of documents (Einsicht): bytes, page images, words, text. Every read enters the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, documents, page_words, virus_checks
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.document_tables import Document, DocumentVersion, Page, Rendition
from eakte.errors import Conflict, Damaged, FieldProblem, Invalid, NotFound
from eakte.intake.recognition import SEARCHABLE
from eakte.paper import MAIL, Word
from eakte.ports import BlobStore

ORIGINAL = "original"


@dataclass(frozen=True)
class Content:
    """Bytes somebody may read now; open them with `open_content` once the read is committed to the trail."""

    sha256: str
    size_bytes: int
    media_type: str
    file_name: str


@dataclass(frozen=True)
class PageWords:
    """A page's words and size in millimetres."""

    page: Page
    words: tuple[Word, ...]


def content_of(
    session: Session, actor: Actor, document_id: UUID, *, number: int | None = None, rendition: str = ORIGINAL
) -> Content:
    """Name the bytes of a document and note that they are read.

    Args:
        number: Of the version; the newest when None.
        rendition: `original` or `searchable`.

    Raises:
        NotFound: No such document or version, or not for this actor.
        NotPermitted: It is in quarantine as harmful.
        Conflict: The searchable PDF is not made yet, or the file not scanned yet.
    """
    document = access.document_for(session, actor, document_id)
    version = _version(session, document, number)
    virus_checks.check_may_be_shown(session, version)
    if rendition == ORIGINAL:
        content = Content(version.sha256, version.size_bytes, version.media_type, _file_name(document, version))
    elif rendition == SEARCHABLE:
        row = session.get(Rendition, (version.id, SEARCHABLE))
        if row is None:
            raise Conflict("Das durchsuchbare PDF ist noch nicht fertig; bitte gleich noch einmal versuchen.")
        content = Content(row.sha256, row.size_bytes, row.media_type, f"{document.title}.pdf")
    else:
        raise Invalid(
            "Diese Wiedergabeform gibt es nicht.", FieldProblem("/rendition", "Möglich sind original und searchable.")
        )
    documents.note(
        session,
        actor,
        AuditTag.CONTENT_READ,
        document,
        version=version.number,
        rendition=rendition,
        sha256=content.sha256,
    )
    return content


def open_content(blobs: BlobStore, content: Content, *, first: int = 0, length: int | None = None) -> BinaryIO:
    """Open bytes for reading; a whole is verified on the way, a part cannot be.

    Raises:
        Damaged: What the record names is not stored any more.
    """
    with _recorded(content.sha256):
        if first == 0 and length in (None, content.size_bytes):
            return blobs.open(content.sha256)
        return blobs.open_range(content.sha256, first, content.size_bytes - first if length is None else length)


@contextmanager
def _recorded(sha256: str) -> Iterator[None]:
    """Missing bytes of a recorded thing are damage; "not found" would say that there is no such thing."""
    try:
        yield
    except NotFound as error:
        raise Damaged(f"Der Inhalt {sha256} fehlt. Bitte aus der Datensicherung wiederherstellen.") from error


def page_image(session: Session, actor: Actor, document_id: UUID, page_number: int) -> str:
    """Name the JPEG of one upright page of the newest version (its SHA-256) and note that it is seen.

    Raises:
        NotFound: No such page, or not for this actor.
        Conflict: The page is not read yet.
    """
    document = access.document_for(session, actor, document_id)
    page = _page(session, document, page_number)
    if page.image_sha256 is None:
        raise NotFound("Von dieser Seite gibt es kein Bild.")
    documents.note(session, actor, AuditTag.PAGE_READ, document, page=page_number)
    return page.image_sha256


def image_bytes(blobs: BlobStore, sha256: str) -> bytes:
    """A page's JPEG, once the read is committed to the trail.

    Raises:
        Damaged: What the record names is not stored any more.
    """
    with _recorded(sha256), blobs.open(sha256) as stream:
        return stream.read()


def words_of_page(session: Session, actor: Actor, document_id: UUID, page_number: int) -> PageWords:
    """The words of a page of the newest version, with their boxes."""
    document = access.document_for(session, actor, document_id)
    page = _page(session, document, page_number)
    documents.note(session, actor, AuditTag.TEXT_READ, document, page=page_number)
    return PageWords(page, tuple(page_words.unpack(page.words)))


def text_of(session: Session, actor: Actor, document_id: UUID) -> list[Page]:
    """The recognised pages of the newest version, in order; as many as there are yet."""
    document = access.document_for(session, actor, document_id)
    version = documents.newest_version(session, document)
    virus_checks.check_may_be_shown(session, version)
    documents.note(session, actor, AuditTag.TEXT_READ, document)
    return list(session.exec(select(Page).where(Page.version_id == version.id).order_by(col(Page.page_number))))


def _version(session: Session, document: Document, number: int | None) -> DocumentVersion:
    if number is None:
        return documents.newest_version(session, document)
    version = session.exec(
        select(DocumentVersion).where(DocumentVersion.document_id == document.id, DocumentVersion.number == number)
    ).first()
    if version is None:
        raise NotFound
    return version


def _page(session: Session, document: Document, page_number: int) -> Page:
    version = documents.newest_version(session, document)
    virus_checks.check_may_be_shown(session, version)
    page = session.get(Page, (version.id, page_number))
    if page is not None:
        return page
    if version.page_count is None or 1 <= page_number <= version.page_count:
        raise Conflict("Diese Seite wird gerade noch gelesen; bitte gleich noch einmal versuchen.")
    raise NotFound


_SUFFIXES = {"application/pdf": ".pdf", "image/tiff": ".tif", "image/jpeg": ".jpg", "image/png": ".png", MAIL: ".eml"}


def _file_name(document: Document, version: DocumentVersion) -> str:
    return version.file_name or document.title + _SUFFIXES.get(version.media_type, "")
