"""File the documents of a split stack: into their case files, or into an inbox with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from eakte import (
    case_file_writing,
    documents,
    holding_back,
    inbox,
    jobs,
    letters,
    paper_following,
    places,
    virus_checks,
)
from eakte.actors import manned_unit
from eakte.audit import MACHINE, AuditTag, record
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.clock import now
from eakte.cover_sheets_scanned import mark_used
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentWish, StoredFile
from eakte.intake import enclosures, receive
from eakte.intake.matching import Decision, case_files_named, decide
from eakte.intake.parts import Together, put_together
from eakte.intake.splitting import Segment
from eakte.intake.stack_order import hidden_pages
from eakte.intake.transfer_notes import ScanFacts, facts_of, note_transfer
from eakte.jobs import JobKind
from eakte.ports import BlobRef
from eakte.principals import UNASSIGNED_UNIT, Station
from eakte.quarantine_tables import QuarantineCause
from eakte.scan_profiles import ScanSettings
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanFile, ScanItem, ScannedAnswer, ScanOutcome


@dataclass(frozen=True)
class CutSegment:
    """A document of the stack whose bytes are stored.

    Attributes:
        stands_upright: The stored pages were turned already as their codes told.
        together: The same sheets with those of the letter that came earlier.
        title: What it is called where no code tells; None for paper.
        notes: What is worth telling of how it was cut out, for the transfer note.
    """

    segment: Segment
    stored: StoredFile
    stands_upright: bool
    together: Together | None = None
    title: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefusedFile:
    """A delivered file that cannot be read, or pages that cannot be taken out of it; in quarantine with the reason.

    Attributes:
        pages: Those that are stuck, by number; empty for the whole file.
    """

    file: ScanFile
    reason: str
    pages: tuple[int, ...] = ()
    cause: QuarantineCause = QuarantineCause.UNREADABLE


def file_stack(
    session: Session, batch: ScanBatch, pieces: Sequence[CutSegment | RefusedFile], *, operator_id: str
) -> None:
    """Write the documents of a whole stack in one transaction, in stack order; the batch is then done.

    Return codes file by their own authority: whoever printed them had the right to expect the answer there. Cover
    sheets file by the authority of whoever printed them, as it is now. The trail says that the application did it.

    Args:
        operator_id: Who delivered the stack, and so brought what is made of it.
    """
    file_pieces(session, batch, pieces, operator_id=operator_id)
    batch.status, batch.done_at = ScanBatchStatus.DONE, now()
    record(
        session,
        AuditTag.BATCH_WORKED,
        actor_id=MACHINE.id,
        object_kind="scan_batch",
        object_id=batch.id,
        documents=len(pieces),
    )


def file_pieces(
    session: Session,
    batch: ScanBatch,
    pieces: Sequence[CutSegment | RefusedFile],
    *,
    operator_id: str,
    first_position: int = 0,
) -> None:
    """Write some documents of a stack, in order, as `file_stack` does all of them."""
    segments = [piece.segment for piece in pieces if isinstance(piece, CutSegment)]
    places.hold(session, *case_files_named(session, segments))
    scan = facts_of(session, batch)
    concerned = enclosures.concerned(session, receive.files_of(session, batch), segments)
    for position, piece in enumerate(pieces, start=first_position):
        item = ScanItem(batch_id=batch.id, position=position)
        if isinstance(piece, RefusedFile):
            concerns = concerned.get(piece.file.position)
            _quarantine(session, scan, item, piece, concerns, operator_id)
        else:
            concerns = concerned.get(piece.segment.pages[0].file_index)
            _file_segment(session, scan, item, piece, concerns, operator_id)
        session.add(item)
        session.flush()


def _file_segment(
    session: Session,
    scan: ScanFacts,
    item: ScanItem,
    cut: CutSegment,
    concerns: CaseFile | None,
    operator_id: str,
) -> None:
    segment, batch = cut.segment, scan.batch
    station = session.get_one(Station, batch.station_id)
    decision = decide(session, segment)
    if decision.letter is None and decision.cover is None and concerns is not None:
        decision = replace(decision, case_file=concerns)
    item.sheets = [[page.file_index, page.reading.page_number] for page in segment.pages]
    item.codes = [text for page in segment.pages for text in page.code_texts]
    item.letter_id = None if decision.letter is None else decision.letter.id
    if cut.together is not None and put_together(session, batch, item, decision, cut.together, operator_id):
        return
    item.answer = decision.answer
    item.completeness = None if decision.completeness is None else decision.completeness.to_row()
    document = _make_document(session, batch, station, decision, cut.title, operator_id)
    rotations = {
        str(number): 0 if cut.stands_upright else page.reading.rotation
        for number, page in enumerate(segment.pages, start=1)
        if page.reading.rotation is not None
    }
    origin = {
        "scan_batch": str(batch.id),
        "sheets": [[page.file_index, page.reading.page_number] for page in segment.pages],
        "hidden": hidden_pages(segment, ScanSettings.from_row(batch.settings)),
    }
    version = documents.add_first_version(
        session, document, cut.stored, operator_id, origin=origin, page_count=len(segment.pages), rotations=rotations
    )
    anomalies = (*segment.doubts, *cut.notes, *_other_profile(batch, decision))
    note_transfer(session, version, [scan], anomalies, by=MACHINE, completeness=item.completeness)
    if cut.stands_upright:  # else it is the delivered file itself, which comes from outside
        virus_checks.note_made_here(session, cut.stored.blob.sha256)
    paper_following.note_scanned(session, batch, document)
    item.document_id = document.id
    if decision.files_itself and decision.case_file is not None:
        item.outcome, item.case_file_id = ScanOutcome.FILED, decision.case_file.id
        if decision.letter is not None:
            came_back = decision.answer is ScannedAnswer.UNDELIVERABLE
            note = letters.mark_returned if came_back else letters.mark_answered
            note(session, decision.letter, document.id, received_on=batch.received_on, by=MACHINE)
        if decision.cover is not None:
            mark_used(session, decision.cover)
        case_file_writing.touch(session, decision.case_file)
        _note_filed(session, document, cut.stored.blob.sha256, decision)
    else:
        reason = " ".join(decision.reasons)
        item.outcome, item.reason = ScanOutcome.INBOX, reason
        inbox.put_into_inbox(
            session,
            document,
            inbox_unit(session, station, decision.case_file),
            reason,
            by=MACHINE,
            concerns=decision.case_file,
            letter=decision.letter,
        )
        if decision.only_part and decision.letter is not None and decision.letter.part_document_id is None:
            letters.mark_part(session, decision.letter, document.id, segment.sheets, by=MACHINE)
    jobs.enqueue(session, JobKind.READ_VERSION, version.id)


def _make_document(
    session: Session, batch: ScanBatch, station: Station, decision: Decision, called: str | None, operator_id: str
) -> Document:
    filed = decision.files_itself and decision.case_file is not None
    case_file = decision.case_file
    wish = DocumentWish(
        title=_title(session, decision, called),
        kind=DocumentKind.INCOMING,
        received_on=batch.received_on,
        channel=batch.channel,
    )
    if decision.cover is not None:
        of_post = decision.cover.kind is DocumentKind.INCOMING
        wish = replace(
            wish,
            kind=decision.cover.kind,
            received_on=batch.received_on if of_post else None,
            channel=batch.channel if of_post else None,
            section=decision.cover.section if filed else None,
        )
    if filed and case_file is not None and decision.cover is not None:
        places.hold(session, case_file)
        scope_id = places.place_of(session, case_file, decision.cover.section, None)
        return documents.add_document(session, operator_id, wish, case_file_id=case_file.id, scope_id=scope_id)
    if filed and case_file is not None and decision.letter is not None:
        # Where the letter lies, the answer goes: in its section and proceeding, under the same rights.
        places.hold(session, case_file)
        sent = session.get_one(Document, decision.letter.document_id)
        wish = replace(wish, section=sent.section, proceeding_id=sent.proceeding_id)
        proceeding = None if sent.proceeding_id is None else session.get_one(Proceeding, sent.proceeding_id)
        scope_id = places.place_of(session, case_file, sent.section, proceeding)
        return documents.add_document(session, operator_id, wish, case_file_id=case_file.id, scope_id=scope_id)
    unit_id = inbox_unit(session, station, case_file)
    return documents.add_document(
        session, operator_id, wish, case_file_id=None, scope_id=places.inbox_scope(session, unit_id)
    )


def _other_profile(batch: ScanBatch, decision: Decision) -> list[str]:
    wanted = None if decision.cover is None else decision.cover.profile
    if wanted in (None, batch.profile):
        return []
    return [f"Gescannt mit dem Profil „{batch.profile}“; das Deckblatt nennt „{wanted}“."]


def _title(session: Session, decision: Decision, called: str | None) -> str:
    if decision.cover is not None:
        return decision.cover.title
    if decision.letter is None:
        return called or "Eingang ohne Zuordnung"
    sent = session.get_one(Document, decision.letter.document_id)
    if decision.answer is ScannedAnswer.UNDELIVERABLE:
        return f"Unzustellbar zurück: {sent.title}"
    return f"Antwort auf: {sent.title}"


def inbox_unit(session: Session, station: Station, case_file: CaseFile | None) -> str:
    """The responsible unit of a known case file, if anybody belongs to it; otherwise the station's."""
    if case_file is None or case_file.responsible_unit_id == UNASSIGNED_UNIT:
        return station.unit_id
    return manned_unit(session, case_file.responsible_unit_id) or station.unit_id


def _quarantine(
    session: Session,
    scan: ScanFacts,
    item: ScanItem,
    refused: RefusedFile,
    concerns: CaseFile | None,
    operator_id: str,
) -> None:
    file, batch = refused.file, scan.batch
    station = session.get_one(Station, batch.station_id)
    title = file.file_name or "Unlesbare Datei"
    if refused.pages:
        title += f", Seite {', '.join(map(str, refused.pages))}"
    wish = DocumentWish(
        title=title,
        kind=DocumentKind.INCOMING,
        received_on=batch.received_on,
        channel=batch.channel,
    )
    unit_id = inbox_unit(session, station, concerns)
    document = documents.add_document(
        session, operator_id, wish, case_file_id=None, scope_id=places.inbox_scope(session, unit_id)
    )
    stored = StoredFile(BlobRef(file.sha256, file.size_bytes), file.file_name)
    origin = {"scan_batch": str(batch.id), "sheets": []}
    version = documents.add_first_version(session, document, stored, operator_id, origin=origin)
    note_transfer(session, version, [scan], (refused.reason,), by=MACHINE, readable=False)
    cause = virus_checks.cause_of(session, file.sha256) or refused.cause
    holding_back.hold_back(session, version, cause, refused.reason)
    paper_following.note_scanned(session, batch, document)
    inbox.put_into_inbox(session, document, unit_id, refused.reason, by=MACHINE, concerns=concerns)
    item.outcome, item.reason, item.document_id = ScanOutcome.QUARANTINED, refused.reason, document.id
    item.sheets = [[file.position, number] for number in refused.pages]


def _note_filed(session: Session, document: Document, sha256: str, decision: Decision) -> None:
    how: dict[str, Any] = {"by": "return code"}
    if decision.cover is not None:
        how = {"by": "cover sheet", "cover_sheet": str(decision.cover.id), "printed_by": decision.cover.created_by}
    documents.note(session, MACHINE, AuditTag.DOCUMENT_FILED, document, sha256=sha256, **how)
