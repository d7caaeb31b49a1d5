"""Work a delivered stack: look at its files, split it, cut its documents out, file them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from eakte import installation
from eakte.desk import Desk, Done
from eakte.documents import StoredFile
from eakte.errors import Unreadable
from eakte.intake import enclosures, parts, receive, stack_order
from eakte.intake.filing import CutSegment, RefusedFile, file_stack
from eakte.intake.reading_rows import from_row, to_row
from eakte.intake.splitting import Segment, StackPage, read_page, split
from eakte.paper import Sheet
from eakte.ports import BlobRef
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
    _look_at(desk, files)
    files = enclosures.take_apart(desk, batch_id, files)
    _look_at(desk, files)

    pages = [
        read_page(file.position, page, key)
        for file in files
        if file.reading is not None
        for page in from_row(file.reading).pages
    ]
    stack = stack_order.in_stack_order(pages, ScanSettings.from_row(batch.settings), batch.patch_codes)
    pieces = _cut(desk, batch_id, files, stack_order.doubted(split(stack.pages), stack.doubts), key)
    with desk.records.writing() as session:
        batch = session.get_one(ScanBatch, batch_id)
        file_stack(session, batch, pieces, operator_id=batch.delivered_by)
        done(session)


def give_up_on_batch(session: Session, batch_id: UUID) -> None:
    """What could not be worked for good waits in the station's inbox, file by file; nothing vanishes."""
    batch = session.get_one(ScanBatch, batch_id)
    if batch.status is not ScanBatchStatus.DONE:
        refused = [RefusedFile(file, BROKEN_STACK) for file in receive.files_of(session, batch)]
        file_stack(session, batch, refused, operator_id=batch.delivered_by)


def _look_at(desk: Desk, files: Sequence[ScanFile]) -> None:
    for file in files:
        if file.reading is None and file.refused_reason is None:
            _look(desk, file)


def _look(desk: Desk, file: ScanFile) -> None:
    try:
        with desk.blobs.local_path(file.sha256) as path:
            file.reading = to_row(desk.reader.look(path))
    except Unreadable as refusal:
        file.refused_reason = str(refusal)
    with desk.records.writing() as session:
        row = session.get_one(ScanFile, file.id)
        row.reading, row.refused_reason = file.reading, file.refused_reason


def _cut(
    desk: Desk, batch_id: UUID, files: Sequence[ScanFile], segments: Sequence[Segment], key: bytes
) -> list[CutSegment | RefusedFile]:
    """The documents of the stack and the files that could not be read, in stack order."""
    pieces: list[tuple[int, CutSegment | RefusedFile]] = [
        (file.position, RefusedFile(file, file.refused_reason)) for file in files if file.refused_reason is not None
    ]
    with desk.records.reading() as session:
        waited_for = parts.waited_for(session, segments)
    desk.work_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(dir=desk.work_dir, prefix="stack-")))
        paths = {
            file.position: opened.enter_context(desk.blobs.local_path(file.sha256))
            for file in files
            if file.reading is not None
        }
        for segment in segments:
            first = min(page.file_index for page in segment.pages)
            file = files[first]
            together = None
            if segment.code_id in waited_for and not segment.doubts:
                together = parts.prepare_together(desk, batch_id, segment, key, folder)
            whole = _whole_file(file, segment.pages)
            if whole is not None:
                title = enclosures.called(files, first)
                pieces.append((first, CutSegment(segment, whole, stands_upright=False, together=together, title=title)))
                continue
            try:
                stored = _take_out(desk, paths, segment.pages, folder / "document.pdf")
            except Unreadable as refusal:
                of_it = {page.file_index for page in segment.pages}
                pieces += [(index, RefusedFile(files[index], str(refusal))) for index in sorted(of_it)]
            else:
                pieces.append((first, CutSegment(segment, stored, stands_upright=True, together=together)))
    pieces.sort(key=lambda piece: piece[0])
    return [piece for _, piece in pieces]


def _whole_file(file: ScanFile, pages: Sequence[StackPage]) -> StoredFile | None:
    """The delivered file itself when the document is all of it, in its order; the original then stays whole."""
    reading = file.reading or {}
    its_pages = [(file.position, number) for number in range(1, len(reading["pages"]) + 1)]
    if [(page.file_index, page.reading.page_number) for page in pages] != its_pages:
        return None
    return StoredFile(BlobRef(file.sha256, file.size_bytes), file.file_name, reading["media_type"])


def _take_out(desk: Desk, paths: Mapping[int, Path], pages: Sequence[StackPage], target: Path) -> StoredFile:
    used = sorted({page.file_index for page in pages})
    sheets = [
        Sheet(used.index(page.file_index), page.reading.page_number, page.reading.rotation or 0) for page in pages
    ]
    desk.reader.take_out([paths[index] for index in used], sheets, target)
    with target.open("rb") as content:
        blob = desk.blobs.put(content)
    return StoredFile(blob, "scan.pdf", "application/pdf")
