"""Checking scan products by sample (Qualitätsprüfung): what is to be looked at, and what a named person found.

The check holds up nothing: what is in the sample is filed and read meanwhile, and says that it waits. Who may check is
said in `eakte.transfer_notes.may_check`; nobody sees a picture here that they may not see elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlmodel import Session, col, select

from eakte import access, documents, station_operators, transfer_notes
from eakte.access_tables import AccessScope, Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.clock import now
from eakte.document_tables import Document, DocumentVersion
from eakte.errors import Conflict, FieldProblem, Invalid, NotPermitted
from eakte.intake import receive
from eakte.levels import Level
from eakte.list_filters import any_of
from eakte.principals import PrincipalKind, Station
from eakte.scan_tables import ScanBatch
from eakte.seals import seal
from eakte.transfer_note_tables import CheckResult, Quality, QualityCheck, TransferNote
from eakte.transfer_notes import NoteView
from eakte.withdrawn_sheets import showing_withdrawn_sheets


@dataclass(frozen=True)
class FaultLine:
    """A fault that waits for the station, told without a word of the document: the stack and its pages say enough.

    Attributes:
        pages: Name of the delivered file and its pages.
        remark: What the checker wrote for the station.
        rescan: Whether the checker asks for the paper to be scanned again.
    """

    note_id: UUID
    batch_id: UUID
    batch_name: str
    pages: tuple[tuple[str, tuple[int, ...]], ...]
    remark: str
    rescan: bool
    checker_name: str
    checked_at: datetime


@dataclass(frozen=True)
class ProductLine:
    """A scan product that is to be looked at, in a list; only whoever opens it needs it proven (`NoteView`)."""

    note: TransferNote
    document: Document
    version: DocumentVersion


def list_products(session: Session, actor: Actor, *, after: UUID | None = None, limit: int) -> list[ProductLine]:
    """What is to be looked at and the actor may judge, longest waiting first."""
    found: list[ProductLine] = []
    while len(found) < limit:
        rows = session.execute(_to_check(session, actor, after).limit(limit)).all()
        seen = access.documents_among(session, actor, [document.id for _, document, *_ in rows])
        gone = showing_withdrawn_sheets(session, [version for _, _, version, _ in rows])
        found += [
            ProductLine(note, document, version)
            for note, document, version, level in rows
            if document.id in seen
            and version.id not in gone
            and (level < max(Level) or _may_be_the_one(session, actor, note, document))
        ]
        if len(rows) < limit:
            break
        after = rows[-1][0].id
    return found[:limit]


def list_to_check(session: Session, actor: Actor, *, after: UUID | None = None, limit: int) -> list[NoteView]:
    """As `list_products`, each with its note proven."""
    lines = list_products(session, actor, after=after, limit=limit)
    return [transfer_notes.view_of(session, actor, line.document, line.note, line.version) for line in lines]


def note_to_check(session: Session, actor: Actor, note_id: UUID) -> NoteView:
    """A note whose product the actor may judge; the newest of its document.

    Raises:
        NotFound: None such, or not for this actor.
        NotPermitted: They may read the document but not judge its scan.
        Conflict: The document has a newer version meanwhile.
    """
    note = session.get(TransferNote, note_id)
    if note is None:
        raise access.nothing_there(session, actor)
    version = session.get_one(DocumentVersion, note.version_id)
    document = access.document_for(session, actor, version.document_id)
    if not transfer_notes.may_check(session, actor, note, document):
        raise NotPermitted(
            "Die Scanqualität beurteilt, wer zur Einheit der Scanstation gehört oder hier Dokumente hinzufügen darf."
        )
    view = transfer_notes.find_note(session, actor, document)
    if view is None or view.note.id != note_id:
        raise Conflict("Von diesem Dokument gibt es inzwischen eine neuere Fassung; bitte diese prüfen.")
    return view


def check_quality(
    session: Session, actor: Actor, note_id: UUID, result: CheckResult, *, remark: str = "", rescan: bool = False
) -> QualityCheck:
    """Say what a look at a scan product found.

    Args:
        result: Good, or at fault. A fault may be found at any time, in the sample or not.
        remark: What is wrong; the scanning station reads it, too.
        rescan: Whether the paper should be scanned again.

    Raises:
        NotFound, NotPermitted, Conflict: As `note_to_check`; also where somebody has checked it meanwhile, and at the
            highest level for whoever scanned it.
        Invalid: A fault without a remark.
    """
    document = note_to_check(session, actor, note_id).document
    note = session.get_one(TransferNote, note_id, with_for_update=True)
    _require_person(actor)
    if result is CheckResult.FAULT and not remark.strip():
        raise Invalid("Die Bemerkung fehlt.", FieldProblem("/remark", "Bitte angeben, was am Scan nicht stimmt."))
    done = note.quality is Quality.GOOD and not transfer_notes.needs_check(session, note, document)
    if note.quality is Quality.FAULT or (result is CheckResult.GOOD and done):
        raise Conflict("Dieses Scanprodukt wurde inzwischen schon geprüft.")
    scanned = _check_may_be_the_one(session, actor, note, document)
    return _add(session, actor, note, document, result, remark.strip(), rescan, scanned)


def settle_fault(session: Session, actor: Actor, note_id: UUID, remark: str) -> QualityCheck:
    """Say how a fault was settled: scanned again, or why it stays.

    Raises:
        NotFound: None such, or neither of the station's unit nor somebody who may judge it.
        Conflict: No fault waits there.
        Invalid: Without saying how.
    """
    note = session.get(TransferNote, note_id, with_for_update=True)
    if note is None:
        raise access.nothing_there(session, actor)
    version = session.get_one(DocumentVersion, note.version_id)
    if not receive.is_of_its_unit(actor, session.get_one(Station, note.station_id)):
        document = access.document_for(session, actor, version.document_id, Right.FILE)
    else:
        document = session.get_one(Document, version.document_id)
    _require_person(actor)
    if not remark.strip():
        raise Invalid(
            "Es fehlt, wie der Mangel erledigt ist.",
            FieldProblem("/remark", "Bitte angeben, in welchem Stapel neu gescannt wurde oder warum der Scan genügt."),
        )
    if note.quality is not Quality.FAULT:
        raise Conflict("Zu diesem Scanprodukt ist kein Mangel offen.")
    return _add(session, actor, note, document, CheckResult.SETTLED, remark.strip(), False, None)


def open_faults(session: Session, actor: Actor, *, batch_id: UUID | None = None, limit: int) -> list[FaultLine]:
    """Faults that wait for the stations of the actor's units, oldest first; those of a stack, where one is named."""
    stations = [row.id for row in session.exec(select(Station)) if receive.is_of_its_unit(actor, row)]
    wanted = _standing(sa.select(TransferNote)).where(
        col(TransferNote.quality) == Quality.FAULT, col(TransferNote.station_id).in_(stations)
    )
    if batch_id is not None:
        wanted = wanted.where(col(TransferNote.batch_id) == batch_id)
    rows = session.execute(wanted.order_by(col(TransferNote.id)).limit(limit)).scalars()
    return [_fault_line(session, note) for note in rows]


def counts_of_batch(session: Session, batch: ScanBatch) -> dict[Quality, int]:
    """How many products of a stack stand how; whoever calls may see the stack."""
    counted = _standing(sa.select(col(TransferNote.quality), sa.func.count()).select_from(TransferNote))
    wanted = counted.where(col(TransferNote.batch_id) == batch.id).group_by(col(TransferNote.quality))
    found: dict[Quality, int] = {row[0]: row[1] for row in session.execute(wanted)}
    return {quality: found.get(quality, 0) for quality in Quality}


# -- inside ------------------------------------------------------------------------------------------


def _to_check(
    session: Session, actor: Actor, after: UUID | None
) -> sa.Select[TransferNote, Document, DocumentVersion, int]:
    """Newest notes whose check is due, on documents in scopes the actor may read and judge; with the level there."""
    readable, may_file = access.scopes_with(session, actor), access.scopes_with(session, actor, Right.FILE)
    own = [row.id for row in session.exec(select(Station)) if receive.is_of_its_unit(actor, row)]
    wanted = (
        _standing(sa.select(TransferNote, Document, DocumentVersion, col(AccessScope.effective_level)))
        .join(AccessScope, col(AccessScope.id) == col(Document.access_scope_id))
        .where(
            (col(TransferNote.quality) == Quality.WAITING)
            | (
                (col(TransferNote.quality) == Quality.GOOD)
                & col(TransferNote.checked_by_other).is_(False)
                & (col(AccessScope.effective_level) >= int(max(Level)))
            ),
            any_of(session, Document.access_scope_id, readable.ids),
            col(TransferNote.station_id).in_(own) | any_of(session, Document.access_scope_id, may_file.ids),
        )
        .order_by(col(TransferNote.id))
    )
    return wanted if after is None else wanted.where(col(TransferNote.id) > after)


_newer = orm.aliased(DocumentVersion)
_Selected = TypeVarTuple("_Selected")


def _standing(selected: sa.Select[*_Selected]) -> sa.Select[*_Selected]:
    """Of notes only those that still count: on the newest version of a document that was not withdrawn."""
    later = (col(_newer.document_id) == col(DocumentVersion.document_id)) & (
        col(_newer.number) > col(DocumentVersion.number)
    )
    return (
        selected.join(DocumentVersion, col(DocumentVersion.id) == col(TransferNote.version_id))
        .join(Document, col(Document.id) == col(DocumentVersion.document_id))
        .where(col(Document.withdrawn_at).is_(None), ~sa.exists().where(later))
    )


def _may_be_the_one(session: Session, actor: Actor, note: TransferNote, document: Document) -> bool:
    try:
        _check_may_be_the_one(session, actor, note, document)
    except NotPermitted:
        return False
    return True


def _check_may_be_the_one(session: Session, actor: Actor, note: TransferNote, document: Document) -> bool | None:
    """Insist, at the highest level, on somebody who certainly did not scan it; returns whether they did, if known."""
    known = [station_operators.has_scanned(session, batch, actor.id) for batch in _batches(session, note)]
    scanned = True if True in known else None if None in known else False
    if scanned is not False and transfer_notes.is_highest(session, document):
        if scanned:
            raise NotPermitted("Auf der höchsten Stufe prüft nicht, wer selbst gescannt hat.")
        raise NotPermitted(
            "Auf der höchsten Stufe prüft nicht, wer selbst gescannt hat, und wen die Angabe der Scankraft meint, ist "
            "nicht hinterlegt. Bitte bei der Station in der Organisationsdatei unter „operators“ eintragen."
        )
    return scanned


def _batches(session: Session, note: TransferNote) -> Sequence[ScanBatch]:
    return [session.get_one(ScanBatch, UUID(scan["batch"])) for scan in note.facts["scans"]]


def _require_person(actor: Actor) -> None:
    if actor.kind is not PrincipalKind.PERSON:
        raise NotPermitted("Die Scanqualität prüft ein namentlich genannter Mensch, kein Fachverfahren.")


def _add(
    session: Session,
    actor: Actor,
    note: TransferNote,
    document: Document,
    result: CheckResult,
    remark: str,
    rescan: bool,
    scanned: bool | None,
) -> QualityCheck:
    before = transfer_notes.checks_of(session, note)
    sealed = seal(
        {
            "note": note.digest,
            "previous": before[-1].digest if before else None,
            "result": result.value,
            "remark": remark,
            "rescan": rescan and result is CheckResult.FAULT,
            "checker": actor.id,
            "checker_name": actor.name,
            "scanned_by_checker": scanned,
            "level": access.level_of(session, document.access_scope_id).word,
            "checked_at": now().isoformat(),
        }
    )
    check = QualityCheck(
        note_id=note.id,
        position=len(before) + 1,
        checker_id=actor.id,
        content=sealed.content,
        digest=sealed.digest,
    )
    session.add(check)
    note.quality, note.checked_by_other = Quality(result.value), scanned is False
    session.flush()
    documents.note(
        session,
        actor,
        AuditTag.QUALITY_CHECKED,
        document,
        note=str(note.id),
        digest=check.digest,
        result=result.value,
        remark=remark or None,
    )
    return check


def _fault_line(session: Session, note: TransferNote) -> FaultLine:
    facts, said = note.facts, transfer_notes.checks_of(session, note)[-1].facts
    files = [
        (file["name"], tuple(file["pages"]))
        for scan in facts["scans"]
        for file in scan["files"]
        if scan["batch"] == str(note.batch_id)
    ]
    return FaultLine(
        note_id=note.id,
        batch_id=note.batch_id,
        batch_name=session.get_one(ScanBatch, note.batch_id).batch_id,
        pages=tuple(files),
        remark=said["remark"],
        rescan=said["rescan"],
        checker_name=said["checker_name"],
        checked_at=datetime.fromisoformat(said["checked_at"]),
    )
