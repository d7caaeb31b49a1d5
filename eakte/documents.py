"""The life of a document (Dokument): filing it, new versions, changing. What was filed wrongly: `correcting`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, case_file_writing, four_eyes, jobs, nodes, places, receipt_history, where_to_file
from eakte.access_lists import Position
from eakte.access_tables import Right, RightsProposal
from eakte.actors import Actor
from eakte.audit import AuditTag, Doer
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import now, today
from eakte.days_of_receipt import check_day
from eakte.document_tables import Document, DocumentKind, DocumentStatus, DocumentVersion
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.jobs import JobKind
from eakte.ports import BlobRef
from eakte.withdrawn_sheets import shows_withdrawn_sheet


@dataclass(frozen=True)
class StoredFile:
    """Bytes already in the blob store, with what their sender said of them.

    Attributes:
        media_type: As claimed; what it really is, is found out when it is read.
        file_name: As given, reduced to its last part without control characters.
    """

    blob: BlobRef
    file_name: str = ""
    media_type: str = "application/octet-stream"


@dataclass(frozen=True)
class DocumentWish:
    """What a document is to be filed as."""

    title: str
    kind: DocumentKind
    document_date: date | None = None
    received_on: date | None = None
    channel: str | None = None
    section: str | None = None
    proceeding_id: UUID | None = None
    external_id: str | None = None


def attach_document(
    session: Session, actor: Actor, case_file_id: UUID, stored: StoredFile, wish: DocumentWish
) -> tuple[Document, bool]:
    """File a document in a case file (zur Akte nehmen). Its bytes are stored already.

    Returns:
        The document, and True when this call filed it; False when the same external id with the same
        bytes was there before.

    Raises:
        NotFound, NotPermitted: As everywhere.
        CaseFileCompleted: The case file takes nothing more.
        Conflict: The external id is taken by other bytes.
        Invalid: Empty file, unknown section or proceeding, a day of receipt to come.
    """
    case_file, scope_id = where_to_file.place_to_file(session, actor, case_file_id, wish.section, wish.proceeding_id)
    if wish.external_id is not None:
        known = _by_external_id(session, actor, case_file_id, wish.external_id)
        if known is not None:
            if known.withdrawn_at is not None:
                raise Conflict(f"Das Dokument mit der Kennung „{wish.external_id}“ wurde zurückgezogen.")
            if not access.rights_on(session, actor, known.access_scope_id) & Right.READ:
                raise Conflict(f"Das Dokument mit der Kennung „{wish.external_id}“ ist für Sie nicht mehr einsehbar.")
            if newest_version(session, known).sha256 != stored.blob.sha256:
                raise Conflict(
                    f"Zur Kennung „{wish.external_id}“ gibt es in dieser Akte schon ein Dokument mit anderem Inhalt."
                )
            return known, False
    if case_file.status is CaseFileStatus.COMPLETED:
        raise CaseFileCompleted(case_file.reference)
    _check_not_empty(stored)
    check_day(wish.received_on)
    document = add_document(session, actor.id, wish, case_file_id=case_file.id, scope_id=scope_id)
    version = add_first_version(session, document, stored, actor.id)
    case_file_writing.touch(session, case_file)
    note(session, actor, AuditTag.DOCUMENT_FILED, document, sha256=stored.blob.sha256)
    jobs.enqueue(session, JobKind.READ_VERSION, version.id)
    return document, True


def add_document(
    session: Session, created_by: str, wish: DocumentWish, *, case_file_id: UUID | None, scope_id: int
) -> Document:
    """Write a document's row; whoever calls has checked the rights or files by the authority of a return code."""
    if not wish.title.strip():
        raise Invalid("Der Titel fehlt.", FieldProblem("/title", "Bitte einen Titel angeben."))
    received_on = wish.received_on
    if received_on is None and wish.kind is DocumentKind.INCOMING:
        received_on = today()
    document = Document(
        case_file_id=case_file_id,
        proceeding_id=wish.proceeding_id,
        section=wish.section,
        title=wish.title.strip(),
        kind=wish.kind,
        document_date=wish.document_date,
        received_on=received_on,
        channel=wish.channel,
        external_id=wish.external_id,
        access_scope_id=scope_id,
        created_by=created_by,
    )
    session.add(document)
    session.flush()
    return document


def add_first_version(
    session: Session,
    document: Document,
    stored: StoredFile,
    created_by: str,
    *,
    origin: dict[str, Any] | None = None,
    page_count: int | None = None,
    rotations: dict[str, int] | None = None,
) -> DocumentVersion:
    """Write a document's first version."""
    return _add_version(session, document, 1, stored, created_by, origin, page_count, rotations or {})


def add_version(session: Session, actor: Actor, document_id: UUID, stored: StoredFile) -> DocumentVersion:
    """Add a new version to a document; the earlier ones stay as they are."""
    document = open_for_writing(session, actor, document_id, Right.EDIT)
    _check_not_empty(stored)
    number = newest_version(session, document).number + 1
    version = _add_version(session, document, number, stored, actor.id, None, None, {})
    document.status, document.status_reason = DocumentStatus.RECEIVED, None
    touch(session, document)
    note(session, actor, AuditTag.VERSION_ADDED, document, number=number, sha256=stored.blob.sha256)
    jobs.enqueue(session, JobKind.READ_VERSION, version.id)
    return version


def add_next_version(
    session: Session,
    document: Document,
    stored: StoredFile,
    created_by: str,
    *,
    origin: dict[str, Any],
    page_count: int,
    rotations: dict[str, int],
) -> DocumentVersion:
    """Write a further version made of scanned pages; whoever calls has checked the rights."""
    number = newest_version(session, document).number + 1
    return _add_version(session, document, number, stored, created_by, origin, page_count, rotations)


def newest_version(session: Session, document: Document) -> DocumentVersion:
    """The newest version of a document; every document has at least one."""
    return session.exec(
        select(DocumentVersion)
        .where(DocumentVersion.document_id == document.id)
        .order_by(col(DocumentVersion.number).desc())
        .limit(1)
    ).one()


def version_of(session: Session, document: Document, number: int | None) -> DocumentVersion:
    """A version of a document the caller may read, the newest when no number is given.

    Raises:
        NotFound: There is none with this number, or it shows what was scanned by mistake.
    """
    if number is None:
        return newest_version(session, document)
    version = session.exec(
        select(DocumentVersion).where(DocumentVersion.document_id == document.id, DocumentVersion.number == number)
    ).first()
    if version is None or shows_withdrawn_sheet(session, version):
        raise NotFound
    return version


def versions_of(session: Session, actor: Actor, document_id: UUID) -> list[DocumentVersion]:
    """All versions of a document the actor may read, newest first; none that shows what was scanned by mistake."""
    document = access.document_for(session, actor, document_id)
    versions = reversed(all_versions(session, document))
    return [version for version in versions if not shows_withdrawn_sheet(session, version)]


def all_versions(session: Session, document: Document) -> list[DocumentVersion]:
    """Every version of a document, the first one first; whoever calls has asked the access door and shows none."""
    wanted = select(DocumentVersion).where(DocumentVersion.document_id == document.id)
    return list(session.exec(wanted.order_by(col(DocumentVersion.number))))


def list_documents(
    session: Session, actor: Actor, case_file_id: UUID, *, after: Position | None = None, limit: int
) -> list[Document]:
    """Documents of a case file that the actor may read, newest first by the time they were filed."""
    access.case_file_for(session, actor, case_file_id)
    readable = access.scopes_with(session, actor)
    created_at, id_ = col(Document.created_at), col(Document.id)
    wanted = select(Document).where(Document.case_file_id == case_file_id, col(Document.withdrawn_at).is_(None))
    page: list[Document] = []
    while len(page) < limit:
        step = wanted
        if after is not None:
            step = step.where((created_at < after.updated_at) | ((created_at == after.updated_at) & (id_ < after.id)))
        rows = session.exec(step.order_by(created_at.desc(), id_.desc()).limit(limit)).all()
        page.extend(row for row in rows if row.access_scope_id in readable)
        if len(rows) < limit:
            break
        after = Position(rows[-1].created_at, rows[-1].id)
    return page[:limit]


@dataclass(frozen=True)
class DocumentChange:
    """What is to change; None leaves it as it is."""

    title: str | None = None
    kind: DocumentKind | None = None
    document_date: date | None = None
    received_on: date | None = None
    section: str | None = None
    level: str | None = None


def change_document(
    session: Session, actor: Actor, document_id: UUID, change: DocumentChange
) -> tuple[Document, RightsProposal | None]:
    """Change a document's metadata; its bytes never change.

    In another section it falls under that section's rights; putting it there needs `file` in it.

    Returns:
        The document, and the change of its level where that waits for a second person.
    """
    document = open_for_writing(session, actor, document_id, Right.EDIT)
    wished = {name: value for name, value in vars(change).items() if value is not None}
    if "title" in wished and not str(wished["title"]).strip():
        raise Invalid("Der Titel fehlt.", FieldProblem("/title", "Bitte einen Titel angeben."))
    if change.received_on != document.received_on:
        check_day(change.received_on, document.created_at)
    wished_level = wished.pop("level", None)
    if wished.get("section", document.section) != document.section and document.case_file_id is not None:
        _, place_id = where_to_file.place_to_file(
            session, actor, document.case_file_id, wished["section"], document.proceeding_id
        )
        where_to_file.check_may_open_up(session, actor, document, place_id)
    before = {name: str(getattr(document, name)) for name in wished}
    received_before = document.received_on
    for name, value in wished.items():
        setattr(document, name, value.strip() if name == "title" else value)
    if document.received_on != received_before:
        receipt_history.receipt_changed(session, document, received_before, document.channel, corrected_by=actor.id)
    if document.case_file_id is not None:
        places.place_document(session, document)
    node = nodes.document(document.id)
    waiting = None if wished_level is None else four_eyes.set_level(session, actor, node, wished_level)
    touch(session, document)
    note(session, actor, AuditTag.DOCUMENT_CHANGED, document, before=before)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return document, waiting


def touch(session: Session, document: Document) -> None:
    """Note that a document changed: its place in lists and its ETag follow."""
    document.updated_at = now()
    document.revision += 1
    session.flush()


def note(session: Session, doer: Doer, tag: AuditTag, document: Document, **details: Any) -> None:
    """Record an audit event about a document, with the place it falls under now: who could see it there still may."""
    audit.record(
        session,
        tag,
        actor_id=doer.id,
        object_kind="document",
        object_id=document.id,
        case_file_id=document.case_file_id,
        origin=doer.origin,
        scope=document.access_scope_id,
        **details,
    )


# -- inside ------------------------------------------------------------------------------------------


def open_for_writing(session: Session, actor: Actor, document_id: UUID, right: Right) -> Document:
    """A document the actor has this right on and whose case file takes changes; held until the transaction ends.

    Raises:
        NotFound, NotPermitted: As everywhere.
        CaseFileCompleted: Its case file is completed.
    """
    places.hold(session, access.document_for(session, actor, document_id, right))
    document = access.document_for(session, actor, document_id, right)
    if document.case_file_id is not None:
        case_file = session.get_one(CaseFile, document.case_file_id)
        if case_file.completed_at is not None:
            raise CaseFileCompleted(case_file.reference)
    return document


def filed_in(session: Session, document: Document) -> CaseFile:
    """The case file a document lies in; what still waits in an inbox is dealt with there."""
    if document.case_file_id is None:
        raise Conflict("Das Dokument liegt noch im Postkorb; bitte dort ablegen, weiterleiten oder aussortieren.")
    return session.get_one(CaseFile, document.case_file_id)


def _add_version(
    session: Session,
    document: Document,
    number: int,
    stored: StoredFile,
    created_by: str,
    origin: dict[str, Any] | None,
    page_count: int | None,
    rotations: dict[str, int],
) -> DocumentVersion:
    version = DocumentVersion(
        document_id=document.id,
        number=number,
        sha256=stored.blob.sha256,
        size_bytes=stored.blob.size_bytes,
        media_type=stored.media_type,
        file_name=stored.file_name,
        origin=origin,
        page_count=page_count,
        rotations=rotations,
        created_by=created_by,
    )
    session.add(version)
    session.flush()
    return version


def _check_not_empty(stored: StoredFile) -> None:
    if stored.blob.size_bytes == 0:
        raise Invalid("Die Datei ist leer.", FieldProblem("/file", "Bitte eine Datei mit Inhalt übertragen."))


def _by_external_id(session: Session, actor: Actor, case_file_id: UUID, external_id: str) -> Document | None:
    return session.exec(
        select(Document).where(
            Document.case_file_id == case_file_id,
            Document.created_by == actor.id,
            Document.external_id == external_id,
        )
    ).first()
