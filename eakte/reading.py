"""Reading the content of documents (Einsicht): bytes, page images, words, text. Every read enters the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, documents, page_words, virus_checks
from eakte.actors import Actor
from eakte.archive_copies import ArchiveCopyNotMade
from eakte.audit import AuditTag
from eakte.document_tables import Document, DocumentVersion, Page
from eakte.errors import Conflict, Damaged, FieldProblem, Invalid, NotFound
from eakte.paper import MAIL, Word
from eakte.ports import BlobStore
from eakte.renditions import ARCHIVE, ORIGINAL, SEARCHABLE, rendition_of


class ImageSize(StrEnum):
    """How large a page is shown."""

    READING = "reading"
    THUMBNAIL = "thumbnail"


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
        rendition: `original`, `searchable` or `archive`.

    Raises:
        NotFound: No such document or version, or not for this actor.
        NotPermitted: It is in quarantine as harmful.
        ArchiveCopyNotMade: A kind of Conflict: nobody has asked for the archive copy before; it can be ordered.
        Conflict: The file is not scanned yet, its searchable PDF is not made yet, or there can be no archive copy.
    """
    document = access.document_for(session, actor, document_id)
    version = documents.version_of(session, document, number)
    virus_checks.check_may_be_shown(session, version)
    if rendition == ORIGINAL:
        content = Content(version.sha256, version.size_bytes, version.media_type, _file_name(document, version))
    elif rendition in (SEARCHABLE, ARCHIVE):
        content = _pdf(session, document, version, rendition)
    else:
        problem = FieldProblem("/rendition", "Möglich sind original, searchable und archive.")
        raise Invalid("Diese Wiedergabeform gibt es nicht.", problem)
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


def _pdf(session: Session, document: Document, version: DocumentVersion, kind: str) -> Content:
    if rendition_of(session, version.id, SEARCHABLE) is None:
        raise Conflict("Das durchsuchbare PDF ist noch nicht fertig; bitte gleich noch einmal versuchen.")
    row = rendition_of(session, version.id, kind)
    if row is None:
        if version.archive_problem is not None:
            raise Conflict(f"Von diesem Dokument gibt es keine Archivfassung: {version.archive_problem}")
        raise ArchiveCopyNotMade
    suffix = " (PDF-A).pdf" if kind == ARCHIVE else ".pdf"
    return Content(row.sha256, row.size_bytes, row.media_type, document.title + suffix)


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


def page_image(
    session: Session, actor: Actor, document_id: UUID, page_number: int, size: ImageSize = ImageSize.READING
) -> str:
    """Name the JPEG of one upright page of the newest version (its SHA-256) and note that it is seen.

    A thumbnail is not noted: it shows the shape of a page, too coarse to be read, as a list shows a title.

    Raises:
        NotFound: No such page, or not for this actor.
        Conflict: The page is not read yet.
    """
    document = access.document_for(session, actor, document_id)
    page = _page(session, document, page_number)
    image_sha256 = page.thumbnail_sha256 if size is ImageSize.THUMBNAIL else page.image_sha256
    if image_sha256 is None:
        raise NotFound("Von dieser Seite gibt es kein Bild in dieser Größe.")
    if size is not ImageSize.THUMBNAIL:
        documents.note(session, actor, AuditTag.PAGE_READ, document, page=page_number)
    return image_sha256


def pages_with_thumbnail(session: Session, actor: Actor, document_id: UUID) -> list[int]:
    """Numbers of the pages of the newest version that have a small picture."""
    document = access.document_for(session, actor, document_id)
    version = documents.newest_version(session, document)
    wanted = select(Page.page_number).where(Page.version_id == version.id, col(Page.thumbnail_sha256).is_not(None))
    return list(session.exec(wanted.order_by(col(Page.page_number))))


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
