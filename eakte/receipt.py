"""When and how something reached the authority (Eingang): deadlines count from it, so a correction tells its reason.

The night letterbox is scanned on Monday: what lay in it on Saturday reached the authority on Saturday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import audit, case_file_writing, documents, jobs, places, receipt_history
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.days_of_receipt import check_day
from eakte.document_tables import Document, DocumentKind
from eakte.errors import Conflict, FieldProblem, Invalid
from eakte.intake import receive
from eakte.jobs import JobKind
from eakte.receipt_tables import ReceiptCorrection
from eakte.scan_tables import ScanBatch, ScanItem

CHANNELS = {
    "post": "Post",
    "letterbox": "Hausbriefkasten",
    "night_letterbox": "Nachtbriefkasten",
    "counter": "persönlich abgegeben",
    "courier": "Bote",
    "fax": "Fax",
    "e-mail": "E-Mail",
    "portal": "Online-Portal",
}
"""The ways in which something reaches the authority. Stations may name others; corrections may not."""


@dataclass(frozen=True)
class ReceiptWish:
    """What is right; None leaves it as it is."""

    reason: str
    received_on: date | None = None
    channel: str | None = None


@dataclass(frozen=True)
class BatchCorrected:
    """What the correction of a whole stack came to.

    Attributes:
        corrected: Documents that follow it.
        left: Documents that do not: corrected on their own before, withdrawn, or where nothing may be changed.
    """

    corrected: int
    left: int


def correct_receipt(session: Session, actor: Actor, document_id: UUID, wish: ReceiptWish) -> Document:
    """Put right the day or the channel of something received, filed or still waiting; what stood there is kept.

    The answer to a letter counts from the new day, too.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: As for every change (`edit`).
        Conflict: It is no incoming document.
        Invalid: No reason, nothing to change, a day to come or after the delivery, an unknown channel.
    """
    document = documents.open_for_writing(session, actor, document_id, Right.EDIT)
    if document.kind is not DocumentKind.INCOMING:
        raise Conflict("Nur Eingänge haben einen Eingangstag; bitte zuerst die Art des Dokuments berichtigen.")
    _check_reason(wish)
    if wish.received_on in (None, document.received_on) and wish.channel in (None, document.channel):
        raise _nothing_to_change()
    check_day(wish.received_on, _delivered_at(session, document))
    check_channel(wish.channel, unless=document.channel)
    _correct(session, actor, document, wish)
    if document.case_file_id is not None:
        case_file_writing.touch(session, session.get_one(CaseFile, document.case_file_id))
    return document


def correct_receipt_of_batch(session: Session, actor: Actor, batch_id: UUID, wish: ReceiptWish) -> BatchCorrected:
    """Put right the day or the channel of a whole stack: of all its documents that still say what the stack said.

    The stack is the mail room's own word on when its paper came, wherever its documents lie by now.

    Raises:
        NotFound: No such stack, or another unit's.
        Invalid: As `correct_receipt`.
    """
    batch = receive.batch_for(session, actor, batch_id, alone=True)
    _check_reason(wish)
    if wish.received_on in (None, batch.received_on) and wish.channel in (None, batch.channel):
        raise _nothing_to_change()
    check_day(wish.received_on, batch.delivered_at)
    check_channel(wish.channel, unless=batch.channel)

    found = list(_documents_of(session, batch))
    places.hold(session, *found)
    said = (batch.received_on, batch.channel)
    corrected = 0
    for document in found:
        if (document.received_on, document.channel) != said or not _takes_changes(session, document):
            continue
        _correct(session, actor, document, wish, batch=batch)
        corrected += 1
    audit.record(
        session,
        AuditTag.RECEIPT_CORRECTED,
        actor_id=actor.id,
        object_kind="scan_batch",
        object_id=batch.id,
        origin=actor.origin,
        reason=wish.reason.strip(),
        documents=corrected,
        **_told(said, wish),
    )
    batch.received_on = wish.received_on or batch.received_on
    batch.channel = wish.channel or batch.channel
    session.flush()
    return BatchCorrected(corrected, len(found) - corrected)


def corrections_of(session: Session, document: Document) -> list[ReceiptCorrection]:
    """What was put right about the receipt of a document the caller got through the door, the newest first."""
    wanted = select(ReceiptCorrection).where(ReceiptCorrection.document_id == document.id)
    return list(session.exec(wanted.order_by(col(ReceiptCorrection.id).desc())))


def check_channel(channel: str | None, *, unless: str | None = None, field: str = "/channel") -> None:
    """Refuse a channel that is none.

    Args:
        unless: What stands there already, whatever it is.
    """
    if channel is not None and channel != unless and channel not in CHANNELS:
        raise Invalid(
            f"Den Eingangsweg „{channel}“ gibt es nicht.",
            FieldProblem(field, f"Möglich sind: {', '.join(CHANNELS)}."),
        )


# -- inside ------------------------------------------------------------------------------------------


def _check_reason(wish: ReceiptWish) -> None:
    if not wish.reason.strip():
        raise Invalid("Der Grund fehlt.", FieldProblem("/reason", "Bitte angeben, warum der Eingang berichtigt wird."))


def _nothing_to_change() -> Invalid:
    return Invalid(
        "So steht es schon da.", FieldProblem("/received_on", "Bitte einen anderen Tag oder einen anderen Weg angeben.")
    )


def _delivered_at(session: Session, document: Document) -> datetime:
    """When a document was here at the latest: when its stack was delivered, or when it was entered."""
    delivered = session.exec(
        select(ScanBatch.delivered_at)
        .join(ScanItem, col(ScanItem.batch_id) == col(ScanBatch.id))
        .where(ScanItem.document_id == document.id)
        .order_by(col(ScanBatch.delivered_at))
    ).first()
    return delivered or document.created_at


def _documents_of(session: Session, batch: ScanBatch) -> Iterator[Document]:
    ids = {item.document_id for item in receive.items_of(session, batch)} - {None}
    wanted = select(Document).where(col(Document.id).in_(ids), Document.kind == DocumentKind.INCOMING)
    yield from session.exec(wanted.order_by(col(Document.id)))


def _takes_changes(session: Session, document: Document) -> bool:
    if document.withdrawn_at is not None:
        return False
    if document.case_file_id is None:
        return True
    return session.get_one(CaseFile, document.case_file_id).status is CaseFileStatus.OPEN


def _correct(
    session: Session, actor: Actor, document: Document, wish: ReceiptWish, *, batch: ScanBatch | None = None
) -> None:
    before = (document.received_on, document.channel)
    document.received_on = wish.received_on or document.received_on
    document.channel = wish.channel or document.channel
    receipt_history.receipt_changed(session, document, *before, corrected_by=actor.id, reason=wish.reason.strip())
    documents.touch(session, document)
    of_batch = {} if batch is None else {"scan_batch": str(batch.id)}
    documents.note(
        session,
        actor,
        AuditTag.RECEIPT_CORRECTED,
        document,
        reason=wish.reason.strip(),
        **_told(before, wish),
        **of_batch,
    )
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)


def _told(before: tuple[date | None, str | None], wish: ReceiptWish) -> dict[str, Any]:
    """Before and after, of what changes."""
    told: dict[str, Any] = {}
    if wish.received_on not in (None, before[0]):
        told |= {"received_on_before": str(before[0] or ""), "received_on": str(wish.received_on)}
    if wish.channel not in (None, before[1]):
        told |= {"channel_before": before[1] or "", "channel": str(wish.channel)}
    return told
