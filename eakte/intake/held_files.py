"""A file of a stack is taken out of quarantine: looked at again, split and filed as if it came now.

The whole stack is split as it was, the same each time; only what lies in this file, or the pages that were stuck in
it, is cut out and filed. So no sheet is filed twice, and what a doubt about the stack sends to a person still goes
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from sqlmodel import Session, select

from eakte import documents, holding_back, inbox, installation, jobs, places, quarantine
from eakte.clock import now
from eakte.desk import Desk, Done
from eakte.document_tables import Document, DocumentVersion
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import enclosures, receive
from eakte.intake.filing import CutSegment, RefusedFile, file_pieces
from eakte.intake.recognition import UNREADABLE
from eakte.intake.splitting import Segment
from eakte.intake.stack import cut_out, look, look_at, recheck, segments_of
from eakte.jobs import JobKind
from eakte.quarantine_tables import QuarantineCause, QuarantineEntry, QuarantineState
from eakte.scan_tables import ScanBatch, ScanFile, ScanItem, ScanOutcome
from eakte.virus_checks import cause_of

TAKEN_APART = "Noch einmal gelesen und in seine Dokumente getrennt."


@dataclass(frozen=True)
class _Stuck:
    """Rows of what is held back while it still waits to be worked again."""

    entry: QuarantineEntry
    version: DocumentVersion
    document: Document
    waiting: InboxItem
    item: ScanItem
    batch: ScanBatch


def work_held_file(desk: Desk, entry_id: UUID, done: Done) -> None:
    """Split and file what is held back; what still cannot be read is held back again, with the new reason."""
    with desk.records.reading() as session:
        stuck = _stuck(session, entry_id)
        if stuck is not None:
            files = receive.files_of(session, stuck.batch)
            key = installation.return_code_key(session)
    if stuck is None:
        with desk.records.writing() as session:
            _read_where_it_lies(session, entry_id)
            done(session)
        return
    wanted = {(file, page) for file, page in stuck.item.sheets}
    held = _file_of(stuck, files)
    of_it = [held]
    if not wanted:
        files, of_it = _looked_at_again(desk, stuck, held)
    pieces: list[CutSegment | RefusedFile] = [
        RefusedFile(file, file.refused_reason) for file in of_it if file.refused_reason is not None
    ]
    positions = {file.position for file in of_it}
    segments = [_within(one, positions, wanted) for one in segments_of(stuck.batch, files, key)]
    left = [segment for segment in segments if segment is not None]
    pieces += [piece for _, piece in cut_out(desk, stuck.batch.id, files, left, key)]
    with desk.records.writing() as session:
        places.hold(session, session.get_one(Document, stuck.document.id))
        still = _stuck(session, entry_id)
        if still is None:
            _read_where_it_lies(session, entry_id)
        else:
            _write(session, still, pieces)
        done(session)


def give_up_again(session: Session, entry_id: UUID) -> None:
    """What failed again for good is held back again, also where somebody has filed it by hand meanwhile."""
    entry = session.get_one(QuarantineEntry, entry_id)
    if entry.state is QuarantineState.RETRYING:
        version = session.get_one(DocumentVersion, entry.version_id)
        holding_back.hold_back(session, version, QuarantineCause.FAILED, UNREADABLE)


def _stuck(session: Session, entry_id: UUID) -> _Stuck | None:
    """The rows; None once somebody has filed it by hand, released it or sorted it out."""
    entry = session.get_one(QuarantineEntry, entry_id)
    document = session.get_one(Document, entry.document_id)
    waiting = inbox.waiting_item(session, document)
    item = session.exec(
        select(ScanItem).where(ScanItem.document_id == document.id, ScanItem.outcome == ScanOutcome.QUARANTINED)
    ).first()
    if entry.state is not QuarantineState.RETRYING or waiting is None or item is None:
        return None
    version = session.get_one(DocumentVersion, entry.version_id)
    return _Stuck(entry, version, document, waiting, item, session.get_one(ScanBatch, item.batch_id))


def _read_where_it_lies(session: Session, entry_id: UUID) -> None:
    """Filed by hand meanwhile, it is read where it lies; otherwise nothing is left to do."""
    entry = session.get_one(QuarantineEntry, entry_id)
    if entry.state is QuarantineState.RETRYING:
        document = session.get_one(Document, entry.document_id)
        quarantine.read_again(session, document, session.get_one(DocumentVersion, entry.version_id))


def _file_of(stuck: _Stuck, files: Sequence[ScanFile]) -> ScanFile:
    """The delivered file that is held back; of several with the same bytes, the one its pages or its place tell."""
    same = [file for file in files if file.sha256 == stuck.version.sha256]
    if stuck.item.sheets:
        return files[stuck.item.sheets[0][0]]
    unread = [file for file in same if file.reading is None or file.refused_reason is not None]
    return (unread or same)[0]


def _looked_at_again(desk: Desk, stuck: _Stuck, held: ScanFile) -> tuple[list[ScanFile], list[ScanFile]]:
    """All files of the stack, and of these the one held back with what came in it, if it is a mail not yet split."""
    if held.reading is None:
        look(desk, held)
    else:
        recheck(desk, held)
    with desk.records.reading() as session:
        files = receive.files_of(session, stuck.batch)
    files = enclosures.take_apart(desk, stuck.batch.id, files)
    look_at(desk, files)
    with desk.records.reading() as session:
        told_of = _told_of(session, stuck, files)
    mails = enclosures.mail_of(files)
    enclosed = [one for one in files if mails.get(one.position) == held.position and one.position not in told_of]
    return files, [files[held.position], *enclosed]


def _told_of(session: Session, stuck: _Stuck, files: Sequence[ScanFile]) -> set[int]:
    """The files of which other documents of the stack tell: they go their own way."""
    found: set[int] = set()
    for item in receive.items_of(session, stuck.batch):
        if item.id == stuck.item.id:
            continue
        found |= {file for file, _ in item.sheets}
        if not item.sheets and item.document_id is not None:
            version = documents.newest_version(session, session.get_one(Document, item.document_id))
            same = (one.position for one in files if one.sha256 == version.sha256 and one.position not in found)
            found |= set(islice(same, 1))
    return found


def _within(segment: Segment, positions: set[int], wanted: set[tuple[int, int]]) -> Segment | None:
    """What of a document lies in the files, or among the wanted pages of them; None for nothing."""
    pages = tuple(
        page
        for page in segment.pages
        if page.file_index in positions and (not wanted or (page.file_index, page.reading.page_number) in wanted)
    )
    return replace(segment, pages=pages) if pages else None


def _write(session: Session, stuck: _Stuck, pieces: Sequence[CutSegment | RefusedFile]) -> None:
    operator_id = stuck.batch.delivered_by
    refused = [piece for piece in pieces if isinstance(piece, RefusedFile)]
    if len(refused) == len(pieces) == 1 and (stuck.item.sheets or not refused[0].pages):
        cause = cause_of(session, stuck.version.sha256) or refused[0].cause
        holding_back.hold_back(session, stuck.version, cause, refused[0].reason)
        stuck.item.reason = stuck.waiting.reason = refused[0].reason
        stuck.waiting.revision += 1
        return
    taken = receive.items_of(session, stuck.batch)
    inbox.close_item(session, stuck.waiting, InboxStatus.JOINED, done_by=None)
    stuck.document.withdrawn_at, stuck.document.withdrawn_reason = now(), TAKEN_APART
    session.delete(stuck.item)
    holding_back.end_as_read(session, stuck.entry)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, stuck.document.id)
    session.flush()
    first = max(item.position for item in taken) + 1
    file_pieces(session, stuck.batch, pieces, operator_id=operator_id, first_position=first)
