"""Proving transfer notes: that they say what they said, of the bytes they name, with every check, none lost.

A note and its checks are sealed each by its digest, each check names the digests before it, and all digests stand in
the audit trail, which is a chain itself. Whoever changes a note must change the trail, too, and that shows.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.audit import AuditEvent, AuditTag
from eakte.document_tables import DocumentVersion
from eakte.seals import digest_of
from eakte.transfer_note_tables import Quality, QualityCheck, TransferNote

_AT_ONCE = 500


@dataclass(frozen=True)
class _Noted:
    note: TransferNote
    document_id: UUID
    sha256: str
    checks: Sequence[QualityCheck]


def faults_of(note: TransferNote, sha256: str, checks: Sequence[QualityCheck]) -> Iterator[str]:
    """What is wrong with a note and its checks, as far as they tell themselves.

    Args:
        sha256: Of the version it belongs to.
        checks: All of the note, in order.
    """
    if digest_of(note.content) != note.digest:
        yield "Der Transfervermerk wurde nachträglich verändert."
        return
    facts = note.facts
    if facts["product"]["sha256"] != sha256:
        yield "Der Transfervermerk gehört zu anderen Bytes als denen der Version."
    previous, stands = None, Quality.WAITING if facts["quality_assurance"]["in_sample"] else Quality.NONE
    for position, check in enumerate(checks, start=1):
        if digest_of(check.content) != check.digest:
            yield f"Prüfung {position} wurde nachträglich verändert."
            return
        said = check.facts
        if (said["note"], said["previous"], check.position, check.checker_id) != (
            note.digest, previous, position, said["checker"]
        ):  # fmt: skip
            yield f"Prüfung {position} schließt nicht an den Transfervermerk oder die vorige Prüfung an."
        previous, stands = check.digest, Quality(said["result"])
    if note.quality is not stands:
        yield f"Der Stand der Prüfung ist „{note.quality}“, nach den Prüfungen aber „{stands}“."


def faults_of_notes(session: Session) -> Iterator[str]:
    """Everything that is wrong with transfer notes and checks, also against the audit trail."""
    last: UUID | None = None
    while some := _next_ones(session, last):
        for one in some:
            for fault in faults_of(one.note, one.sha256, one.checks):
                yield f"Dokument {one.document_id}: {fault}"
        yield from _contradicted(session, some)
        last = some[-1].note.id
        session.expunge_all()
    yield from _lost(session)


def _next_ones(session: Session, last: UUID | None) -> list[_Noted]:
    wanted = (
        select(TransferNote, DocumentVersion.document_id, DocumentVersion.sha256)
        .join(DocumentVersion, col(DocumentVersion.id) == col(TransferNote.version_id))
        .order_by(col(TransferNote.id))
        .limit(_AT_ONCE)
    )
    rows = session.exec(wanted if last is None else wanted.where(col(TransferNote.id) > last)).all()
    checks: dict[UUID, list[QualityCheck]] = defaultdict(list)
    of_these = select(QualityCheck).where(col(QualityCheck.note_id).in_([note.id for note, *_ in rows]))
    for check in session.exec(of_these.order_by(col(QualityCheck.position))):
        checks[check.note_id].append(check)
    return [_Noted(note, document_id, sha256, checks[note.id]) for note, document_id, sha256 in rows]


def _contradicted(session: Session, some: Sequence[_Noted]) -> Iterator[str]:
    """Notes and checks that the trail tells otherwise; events whose details were erased by rule tell nothing."""
    noted = _trail(session, AuditTag.TRANSFER_NOTED, {str(one.note.id) for one in some})
    checked = _trail(session, AuditTag.QUALITY_CHECKED, {str(one.document_id) for one in some})
    for one in some:
        if any(told is not None and told["digest"] != one.note.digest for told in noted[str(one.note.id)]):
            yield f"Dokument {one.document_id}: Das Protokoll nennt einen anderen Transfervermerk."
        events = checked[str(one.document_id)]
        told_of = {told["digest"] for told in events if told is not None and told["note"] == str(one.note.id)}
        there = {check.digest for check in one.checks}
        if told_of - there or (None not in events and there - told_of):
            yield f"Dokument {one.document_id}: Das Protokoll nennt andere Prüfungen der Scanqualität."


def _trail(session: Session, tag: AuditTag, ids: set[str]) -> defaultdict[str, list[dict[str, str] | None]]:
    """The details of events by the id of what they are about; None for erased ones."""
    kind = "transfer_note" if tag is AuditTag.TRANSFER_NOTED else "document"
    wanted = select(AuditEvent.object_id, AuditEvent.payload).where(
        AuditEvent.object_kind == kind, AuditEvent.tag == tag.value, col(AuditEvent.object_id).in_(ids)
    )
    found: defaultdict[str, list[dict[str, str] | None]] = defaultdict(list)
    for object_id, payload in session.exec(wanted):
        found[object_id].append(None if payload is None else json.loads(payload))
    return found


def _lost(session: Session) -> Iterator[str]:
    """Scanned versions that have no note."""
    rows = session.exec(
        select(DocumentVersion.document_id, DocumentVersion.number, DocumentVersion.origin)
        .join(TransferNote, col(TransferNote.version_id) == col(DocumentVersion.id), isouter=True)
        .where(col(TransferNote.id).is_(None))
        .execution_options(yield_per=_AT_ONCE)
    )
    for document_id, number, origin in rows:
        if origin is not None:
            yield f"Dokument {document_id}: Zur gescannten Version {number} fehlt der Transfervermerk."
