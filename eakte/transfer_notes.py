"""Reading transfer notes (Transfervermerke): with their document, for a whole stack, as paper; and proving them.

Who may read a document may read its notes; nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, documents
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.document_tables import Document, DocumentVersion
from eakte.errors import NotFound
from eakte.intake import receive
from eakte.levels import Level
from eakte.note_proofs import faults_of
from eakte.principals import Station
from eakte.scan_tables import ScanItem
from eakte.transfer_note_tables import Quality, QualityCheck, TransferNote
from eakte.withdrawn_sheets import shows_withdrawn_sheet


@dataclass(frozen=True)
class NoteView:
    """A note as its reader sees it.

    Attributes:
        title: Of the document.
        facts: What the note says.
        checks: What checks found, in order.
        is_intact: Whether note and checks are as they were sealed, and the version still has the hash they name.
        needs_check: Whether a person is to look at the product.
        may_check: Whether the reader may be that person.
    """

    note: TransferNote
    document: Document
    title: str
    facts: dict[str, Any]
    checks: tuple[dict[str, Any], ...]
    is_intact: bool
    needs_check: bool
    may_check: bool

    @property
    def last_check(self) -> dict[str, Any] | None:
        """The check that counts; None as long as there is none."""
        return self.checks[-1] if self.checks else None


def note_for(session: Session, actor: Actor, document_id: UUID, number: int | None = None) -> NoteView:
    """The transfer note of a document's version.

    Args:
        number: Of the version; the newest when None.

    Raises:
        NotFound: No such document or version, not for this actor, or not scanned.
    """
    view = find_note(session, actor, access.document_for(session, actor, document_id), number)
    if view is None:
        raise NotFound("Zu diesem Dokument gibt es keinen Transfervermerk: Es wurde nicht gescannt.")
    return view


def find_note(session: Session, actor: Actor, document: Document, number: int | None = None) -> NoteView | None:
    """As `note_for`, for a document the actor got through the door; None where it was not scanned."""
    wanted = (
        select(TransferNote, DocumentVersion)
        .join(DocumentVersion, col(DocumentVersion.id) == col(TransferNote.version_id))
        .where(DocumentVersion.document_id == document.id)
    )
    if number is None:
        number = documents.newest_version(session, document).number
    row = session.exec(wanted.where(DocumentVersion.number == number)).first()
    if row is None or shows_withdrawn_sheet(session, row[1]):
        return None
    return view_of(session, actor, document, *row)


def noted_reading(session: Session, actor: Actor, view: NoteView, form: str) -> NoteView:
    """Note in the trail that a note leaves the house, as paper or data.

    Args:
        form: `json`, `pdf` or `export`.
    """
    documents.note(
        session,
        actor,
        AuditTag.TRANSFER_NOTE_READ,
        view.document,
        form=form,
        version=view.facts["version"],
        digest=view.note.digest,
    )
    return view


def notes_of_batch(session: Session, actor: Actor, batch_id: UUID) -> list[NoteView]:
    """The newest notes of the documents of a stack, in its order, as far as the actor may read these.

    Raises:
        NotFound: No such stack, or somebody else's.
    """
    batch = receive.batch_for(session, actor, batch_id)
    wanted = select(ScanItem.document_id).where(ScanItem.batch_id == batch.id).order_by(col(ScanItem.position))
    views = []
    for document_id in dict.fromkeys(session.exec(wanted)):
        try:
            if document_id is not None:
                views.append(note_for(session, actor, document_id))
        except NotFound:
            continue
    return views


# -- who checks ----------------------------------------------------------------------------------------


def may_check(session: Session, actor: Actor, note: TransferNote, document: Document) -> bool:
    """Whether somebody who may read a document may also judge its scan.

    The people of the station's unit may, who have the paper; and whoever may file where the document lies, who works
    with the picture.
    """
    if receive.is_of_its_unit(actor, session.get_one(Station, note.station_id)):
        return True
    return bool(access.rights_on(session, actor, document.access_scope_id) & Right.FILE)


def needs_check(session: Session, note: TransferNote, document: Document) -> bool:
    """Whether a person is to look at a product: it is in the sample and nobody has, or not the right one.

    At the highest level a look by whoever scanned it does not count, even if it was made before the document had it.
    """
    if note.quality is Quality.WAITING:
        return True
    return note.quality is Quality.GOOD and not note.checked_by_other and is_highest(session, document)


def is_highest(session: Session, document: Document) -> bool:
    """Whether a document has the highest level."""
    return access.level_of(session, document.access_scope_id) >= max(Level)


def view_of(
    session: Session, actor: Actor, document: Document, note: TransferNote, version: DocumentVersion
) -> NoteView:
    """A note proven, for somebody who got its document through the door."""
    checks = checks_of(session, note)
    return NoteView(
        note=note,
        document=document,
        title=document.title,
        facts=note.facts,
        checks=tuple(check.facts for check in checks),
        is_intact=not any(faults_of(note, version.sha256, checks)),
        needs_check=needs_check(session, note, document),
        may_check=may_check(session, actor, note, document),
    )


def checks_of(session: Session, note: TransferNote) -> list[QualityCheck]:
    """The checks of a product, in order."""
    wanted = select(QualityCheck).where(QualityCheck.note_id == note.id).order_by(col(QualityCheck.position))
    return list(session.exec(wanted))
