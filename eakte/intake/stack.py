"""Work a delivered stack: look at its files, split it, cut its documents out, file them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from eakte import installation, virus_checks
from eakte.desk import Desk, Done
from eakte.documents import StoredFile
from eakte.errors import Unreadable
from eakte.intake import enclosures, parts, receive, stack_order, taking_out
from eakte.intake.filing import CutSegment, RefusedFile, file_stack
from eakte.intake.reading_rows import from_row, to_row
from eakte.intake.splitting import Segment, StackPage, read_page, split
from eakte.ports import BlobRef
from eakte.quarantine_tables import QuarantineCause
from eakte.scan_profiles import ScanSettings
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanFile

BROKEN_STACK = "Der Stapel konnte nicht verarbeitet werden und muss von Hand abgelegt werden."


def work_scan_batch(desk: Desk, batch_id: UUID, done: Done) -> None:
    """Bring a stack from `received` to `done`. Each file is looked at once, whatever is killed in between."""
    with desk.records.writing() as session:
        batch = session.get_one(ScanBatch, batch_id)
        if batch.status is ScanBatchStatus.DONE:
            done(session)
            return
        batch.status = ScanBatchStatus.WORKING
        files = receive.files_of(session, batch)
        key = installation.return_code_key(session)
    look_at(desk, files)
    files = enclosures.take_apart(desk, batch_id, files)
    look_at(desk, files)

    pieces: list[tuple[int, CutSegment | RefusedFile]] = [
        (file.position, RefusedFile(file, file.refused_reason)) for file in files if file.refused_reason is not None
    ]
    pieces += cut_out(desk, batch_id, files, segments_of(batch, files, key), key)
    pieces.sort(key=lambda piece: piece[0])
    with desk.records.writing() as session:
        batch = session.get_one(ScanBatch, batch_id)
        file_stack(session, batch, [piece for _, piece in pieces], operator_id=batch.delivered_by)
        done(session)


def give_up_on_batch(session: Session, batch_id: UUID) -> None:
    """What could not be worked for good waits in the station's inbox, file by file; nothing vanishes."""
    batch = session.get_one(ScanBatch, batch_id)
    if batch.status is not ScanBatchStatus.DONE:
        files = receive.files_of(session, batch)
        refused = [RefusedFile(file, BROKEN_STACK, cause=QuarantineCause.FAILED) for file in files]
        file_stack(session, batch, refused, operator_id=batch.delivered_by)


def look_at(desk: Desk, files: Sequence[ScanFile]) -> None:
    """Look at those of the files that nobody has looked at yet."""
    for file in files:
        if file.reading is None and file.refused_reason is None:
            look(desk, file)


def segments_of(batch: ScanBatch, files: Sequence[ScanFile], key: bytes) -> list[Segment]:
    """The documents of a stack, by what was seen on its files: the same each time."""
    pages = [
        read_page(file.position, page, key)
        for file in files
        if file.reading is not None and file.refused_reason is None
        for page in from_row(file.reading).pages
    ]
    stack = stack_order.in_stack_order(pages, ScanSettings.from_row(batch.settings), batch.patch_codes)
    return stack_order.doubted(split(stack.pages), stack.doubts)


def look(desk: Desk, file: ScanFile) -> None:
    """Look at a file, once it is known to be harmless, and keep what was seen, or why it could not be opened."""
    try:
        with virus_checks.opened(desk, file.sha256) as path:
            file.reading, file.refused_reason = to_row(desk.reader.look(path)), None
    except Unreadable as refusal:
        file.reading, file.refused_reason = None, str(refusal)
    _keep(desk, file)


def recheck(desk: Desk, file: ScanFile) -> None:
    """Scan a file anew whose pages are known; what was seen on them stays, and what came in it is known for good."""
    try:
        virus_checks.ensure_harmless(desk, file.sha256)
        file.refused_reason = None
    except Unreadable as refusal:
        file.refused_reason = str(refusal)
    _keep(desk, file)


def _keep(desk: Desk, file: ScanFile) -> None:
    """Keep what was seen on a file; what somebody else saw first stays, since a mail may be taken apart by it."""
    seen, refused = file.reading, file.refused_reason
    with desk.records.writing() as session:
        row = session.get_one(ScanFile, file.id, with_for_update=True)
        row.reading, row.refused_reason = row.reading or seen, refused
        file.reading, file.refused_reason = row.reading, refused


def cut_out(
    desk: Desk, batch_id: UUID, files: Sequence[ScanFile], segments: Sequence[Segment], key: bytes
) -> list[tuple[int, CutSegment | RefusedFile]]:
    """The documents of the stack, their bytes stored, each with the file its first page lies in.

    Where pages cannot be taken out of a file, they alone are held back; what else lies in the file goes its way.
    """
    pieces: list[tuple[int, CutSegment | RefusedFile]] = []
    with desk.records.reading() as session:
        waited_for = parts.waited_for(session, segments)
    desk.work_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(dir=desk.work_dir, prefix="stack-")))
        used = {page.file_index for segment in segments for page in segment.pages}
        paths = {index: opened.enter_context(virus_checks.opened(desk, files[index].sha256)) for index in sorted(used)}
        for segment in segments:
            first = min(page.file_index for page in segment.pages)
            together = None
            if segment.code_id in waited_for and not segment.doubts:
                together = parts.prepare_together(desk, batch_id, segment, key, folder)
            whole = _whole_file(files[first], segment.pages)
            if whole is not None:
                title = enclosures.called(files, first)
                pieces.append((first, CutSegment(segment, whole, stands_upright=False, together=together, title=title)))
                continue
            try:
                stored, notes = taking_out.take_out(desk, paths, segment.pages, folder)
            except Unreadable as refusal:
                pieces += [(stuck.file.position, stuck) for stuck in _stuck(files, segment.pages, str(refusal))]
            else:
                cut = CutSegment(segment, stored, stands_upright=True, together=together, notes=notes)
                pieces.append((first, cut))
    return pieces


def _stuck(files: Sequence[ScanFile], pages: Sequence[StackPage], reason: str) -> list[RefusedFile]:
    """Pages that cannot be taken out, file by file: the file keeps their bytes."""
    by_file: dict[int, list[int]] = {}
    for page in pages:
        by_file.setdefault(page.file_index, []).append(page.reading.page_number)
    return [
        RefusedFile(files[index], reason, tuple(numbers), QuarantineCause.UNCUT)
        for index, numbers in sorted(by_file.items())
    ]


def _whole_file(file: ScanFile, pages: Sequence[StackPage]) -> StoredFile | None:
    """The delivered file itself when the document is all of it, in its order; the original then stays whole."""
    reading = file.reading or {}
    its_pages = [(file.position, number) for number in range(1, len(reading["pages"]) + 1)]
    if [(page.file_index, page.reading.page_number) for page in pages] != its_pages:
        return None
    return StoredFile(BlobRef(file.sha256, file.size_bytes), file.file_name, reading["media_type"])
