"""The quarantine: who sees what is held back, and reading again, releasing and sorting out."""

from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pytest
from sqlmodel import col, select

from eakte import access, documents, inbox, quarantine, reading
from eakte.access_tables import Right
from eakte.audit import pending_events
from eakte.document_tables import Document, DocumentStatus
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.intake import receive
from eakte.intake.held_files import TAKEN_APART, give_up_again
from eakte.intake.taking_out import AS_PICTURES
from eakte.jobs import Job, JobKind
from eakte.quarantine_tables import QuarantineCause, QuarantineEntry, QuarantineState
from eakte.scan_tables import ScanBatch
from eakte.transfer_note_tables import TransferNote
from ocr.limits import ReadingLimits
from ocr.paper_reader import LocalPaperReader
from tests.domain.held_paper import HeldPaper, noisy_pages
from tests.domain.mailroom import pdf_of

RUBBISH = b"no paper at all " * 9


def held_document(paper: HeldPaper, content: bytes = RUBBISH) -> Document:
    """A document of a case file of SO that cannot be read."""
    document = paper.registry.document(paper.registry.case_file(unit="SO"), content=content)
    paper.work(JobKind.READ_VERSION)
    return document


def held_file(paper: HeldPaper, *files: bytes) -> tuple[ScanBatch, QuarantineEntry]:
    batch = paper.deliver(*(files or (RUBBISH,)))
    paper.work_stacks()
    (held,) = paper.held("ada")
    return batch, held.entry


def mend(paper: HeldPaper, batch: ScanBatch, content: bytes) -> None:
    """The file turns out to be readable: as if the program that could not read it had been mended."""
    blob = paper.registry.blobs.put(io.BytesIO(content))
    for file in receive.files_of(paper.session, batch):
        if file.refused_reason is not None:
            file.sha256, file.size_bytes = blob.sha256, blob.size_bytes
            document = paper.session.get_one(Document, paper.held("ada")[0].entry.document_id)
            paper.version_of(document).sha256 = blob.sha256
    paper.session.flush()


def order(paper: HeldPaper, entry: QuarantineEntry, actor: str = "anna") -> None:
    quarantine.retry(paper.session, paper.registry.actor(actor), entry.id)


# -- who sees what -------------------------------------------------------------------------------------


def test_everybody_sees_what_they_may_read_and_administrators_all_of_it_without_titles(paper: HeldPaper) -> None:
    document = held_document(paper)
    held_file_of_so = paper.deliver(RUBBISH)
    paper.work_stacks()

    anna = paper.held("anna")
    assert [one.document is not None for one in anna] == [True, True]
    assert [None if one.batch is None else one.batch.id for one in anna] == [None, held_file_of_so.id]
    assert [one.document for one in paper.held("ada")] == [None, None]
    assert paper.held("otto") == []
    with pytest.raises(NotFound):
        quarantine.held_for(paper.session, paper.registry.actor("otto"), paper.entry_of(document).id)


def test_a_reader_sees_it_and_may_not_deal_with_it(paper: HeldPaper) -> None:
    document = held_document(paper)
    paper.registry.grant(document, "person:otto")

    (held,) = paper.held("otto")

    assert (held.may_retry, held.may_release, held.may_withdraw) == (False, False, False)
    otto = paper.registry.actor("otto")
    with pytest.raises(NotPermitted):
        quarantine.retry(paper.session, otto, held.entry.id)
    with pytest.raises(NotPermitted):
        quarantine.release(paper.session, otto, held.entry.id, "darum")
    with pytest.raises(NotPermitted):
        quarantine.withdraw(paper.session, otto, held.entry.id, "darum")


def test_a_newer_version_that_can_be_read_leaves_nothing_to_deal_with(paper: HeldPaper) -> None:
    document = held_document(paper)

    documents.add_version(paper.session, paper.registry.actor(), document.id, paper.registry.stored(pdf_of(1)))

    assert paper.held("ada") == []


# -- reading again -------------------------------------------------------------------------------------


def test_a_document_is_read_again_from_the_start_and_each_try_counts(paper: HeldPaper) -> None:
    document = held_document(paper)
    entry = paper.entry_of(document)

    order(paper, entry)
    order(paper, entry)  # somebody else presses the same button

    assert (entry.state, entry.tries, document.status) == (QuarantineState.RETRYING, 2, DocumentStatus.RECEIVED)
    assert len(paper.session.exec(select(Job).where(Job.kind == JobKind.READ_VERSION)).all()) == 1
    paper.work(JobKind.READ_VERSION)
    assert (entry.state, entry.tries, document.status) == (QuarantineState.HELD, 2, DocumentStatus.QUARANTINED)


def test_a_file_of_a_stack_that_can_be_read_now_is_split_and_filed_as_if_it_came_now(paper: HeldPaper) -> None:
    batch, entry = held_file(paper, RUBBISH, pdf_of(1))
    mend(paper, batch, pdf_of(2))

    order(paper, entry)
    paper.work_stacks()

    assert paper.outcomes(batch) == [("inbox", [[1, 1]]), ("inbox", [[0, 1], [0, 2]])]
    assert entry.state is QuarantineState.READ
    whole = paper.session.get_one(Document, entry.document_id)
    assert whole.withdrawn_reason == TAKEN_APART
    anna = paper.registry.actor("anna")
    assert len(inbox.list_waiting(paper.session, anna, limit=9)) == 2
    assert paper.held("ada") == []


def test_a_file_that_still_cannot_be_read_is_held_back_again(paper: HeldPaper) -> None:
    batch, entry = held_file(paper)

    order(paper, entry)
    paper.work_stacks()

    assert paper.outcomes(batch) == [("quarantined", [])]
    assert (entry.state, entry.tries) == (QuarantineState.HELD, 2)


def test_work_that_fails_for_good_once_more_is_held_back_again(paper: HeldPaper) -> None:
    _, entry = held_file(paper)
    order(paper, entry)

    give_up_again(paper.session, entry.id)

    assert (entry.state, entry.cause) == (QuarantineState.HELD, QuarantineCause.FAILED)


def test_what_somebody_filed_by_hand_meanwhile_is_read_where_it_lies(paper: HeldPaper) -> None:
    batch, entry = held_file(paper)
    mend(paper, batch, pdf_of(1))
    order(paper, entry)
    anna = paper.registry.actor("anna")
    (waiting,) = inbox.list_waiting(paper.session, anna, limit=9)
    case_file = paper.registry.case_file(unit="SO")
    filed = inbox.file_item(paper.session, anna, waiting.item.id, case_file.id)

    paper.work_stacks()
    paper.work(JobKind.READ_VERSION)

    assert (filed.case_file_id, filed.status) == (case_file.id, DocumentStatus.READING)
    assert paper.outcomes(batch) == [("filed", [])]


# -- pages that are stuck in their file ----------------------------------------------------------------


def with_limit(paper: HeldPaper, file_bytes: int) -> LocalPaperReader:
    reader = LocalPaperReader(paper.desk.work_dir / "paper", replace(ReadingLimits(), file_bytes=file_bytes))
    paper.desk = replace(paper.desk, reader=reader)
    return reader


def separated(paper: HeldPaper) -> ScanBatch:
    """A stack in which the scanner saw separators, so that each page is an envelope of its own."""
    pages = noisy_pages([40, 41, 700, 42, 43])
    batch = paper.deliver(pages)
    batch.patch_codes = [{"file": 0, "page": 2}, {"file": 0, "page": 4}]
    paper.session.flush()
    return batch


def test_only_the_pages_that_cannot_be_taken_out_are_held_back_and_the_rest_goes_its_way(paper: HeldPaper) -> None:
    reader = with_limit(paper, 100_000)
    batch = separated(paper)

    paper.work_stacks()
    reader.close()

    assert paper.outcomes(batch) == [("inbox", [[0, 1]]), ("quarantined", [[0, 3]]), ("inbox", [[0, 5]])]
    (held,) = paper.held("anna")
    assert (held.entry.cause, held.may_release) == (QuarantineCause.UNCUT, False)
    anna = paper.registry.actor("anna")
    with pytest.raises(NotPermitted, match="Seiten anderer Schreiben"):
        reading.content_of(paper.session, anna, held.entry.document_id)
    with pytest.raises(Conflict, match="neu scannen"):
        quarantine.release(paper.session, anna, held.entry.id, "trotzdem")
    (item,) = [one.item for one in inbox.list_waiting(paper.session, anna, limit=9)
               if one.document.id == held.entry.document_id]  # fmt: skip
    with pytest.raises(Conflict, match="Quarantäne"):
        inbox.file_item(paper.session, anna, item.id, paper.registry.case_file(unit="SO").id)


def test_stuck_pages_are_taken_out_when_it_is_tried_again_and_no_other_page_twice(
    paper: HeldPaper, reader: LocalPaperReader
) -> None:
    narrow = with_limit(paper, 100_000)
    batch = separated(paper)
    paper.work_stacks()
    narrow.close()
    paper.desk = replace(paper.desk, reader=reader)
    entry = paper.held("anna")[0].entry

    order(paper, entry)
    paper.work_stacks()

    assert paper.outcomes(batch) == [("inbox", [[0, 1]]), ("inbox", [[0, 5]]), ("inbox", [[0, 3]])]


def test_pages_that_can_only_be_drawn_become_pictures_and_the_transfer_note_says_so(paper: HeldPaper) -> None:
    reader = with_limit(paper, 420_000)
    batch = separated(paper)

    paper.work_stacks()
    reader.close()

    assert [outcome for outcome, _ in paper.outcomes(batch)] == ["inbox"] * 3
    drawn = paper.session.get_one(Document, receive.items_of(paper.session, batch)[1].document_id)
    with pikepdf.open(io.BytesIO(paper.registry.blobs.open(paper.version_of(drawn).sha256).read())) as pdf:
        assert [round(float(side)) for side in pdf.pages[0].mediabox] == [0, 0, 504, 504]  # 700 pixels at 100 dpi
    notes = [note.anomalies for note in paper.session.exec(select(TransferNote).order_by(col(TransferNote.id)))]
    assert notes == [[], [AS_PICTURES], []]


# -- releasing and sorting out -------------------------------------------------------------------------


def test_released_in_its_case_file_it_stays_there_unread(paper: HeldPaper) -> None:
    document = held_document(paper)
    anna = paper.registry.actor("anna")
    entry = paper.entry_of(document)

    quarantine.release(paper.session, anna, entry.id, "Passwortgeschützt, liegt auf Papier vor")
    quarantine.release(paper.session, anna, entry.id, "Passwortgeschützt, liegt auf Papier vor")  # pressed twice

    assert document.status is DocumentStatus.READY
    assert "Passwortgeschützt" in (document.status_reason or "")
    assert reading.content_of(paper.session, anna, document.id)
    told = [event.tag for event in pending_events(paper.session)]
    assert told.count("quarantine_released") == 1


def test_the_second_of_two_people_learns_what_the_first_decided(paper: HeldPaper) -> None:
    document = held_document(paper)
    entry = paper.entry_of(document)
    quarantine.release(paper.session, paper.registry.actor("anna"), entry.id, "ist gut so")

    ada, decided = paper.registry.actor("ada"), "inzwischen von Anna freigegeben"
    with pytest.raises(Conflict, match=decided):
        quarantine.release(paper.session, ada, entry.id, "auch gut")
    with pytest.raises(Conflict, match=decided):
        quarantine.withdraw(paper.session, ada, entry.id, "weg damit")
    with pytest.raises(Conflict, match=decided):
        quarantine.retry(paper.session, ada, entry.id)


def test_sorted_out_it_exists_for_nobody_any_more(paper: HeldPaper) -> None:
    batch, entry = held_file(paper)
    anna = paper.registry.actor("anna")
    with pytest.raises(Invalid, match="Grund"):
        quarantine.withdraw(paper.session, anna, entry.id, " ")

    quarantine.withdraw(paper.session, anna, entry.id, "Werbung")

    assert paper.held("ada") == []
    document = paper.session.get_one(Document, entry.document_id)
    with pytest.raises(NotFound):
        access.document_for(paper.session, anna, document.id)
    assert inbox.list_waiting(paper.session, anna, limit=9) == []
    assert document.withdrawn_reason == "Werbung"
    assert paper.outcomes(batch) == [("quarantined", [])]


def test_in_a_case_file_sorting_out_needs_the_right_to_edit_or_an_administrator(paper: HeldPaper) -> None:
    document = held_document(paper)
    paper.registry.grant(document, "person:otto", "read", "file")
    entry = paper.entry_of(document)
    assert access.rights_on(paper.session, paper.registry.actor("otto"), document.access_scope_id) & Right.FILE

    with pytest.raises(NotPermitted):
        quarantine.withdraw(paper.session, paper.registry.actor("otto"), entry.id, "weg")
    quarantine.withdraw(paper.session, paper.registry.actor("ada"), entry.id, "Schrott")

    assert document.withdrawn_at is not None


def test_what_people_let_go_is_not_held_back_again_by_late_work(paper: HeldPaper) -> None:
    document = held_document(paper)
    entry = paper.entry_of(document)
    order(paper, entry)
    (late,) = paper.session.exec(select(Job).where(Job.kind == JobKind.READ_VERSION)).all()
    quarantine.release(paper.session, paper.registry.actor("anna"), entry.id, "bleibt so")
    assert paper.session.exec(select(Job).where(Job.kind == JobKind.READ_VERSION)).all() == []
    paper.session.add(Job(kind=late.kind, subject_id=entry.version_id, urgency=0))  # it had begun already

    paper.work(JobKind.READ_VERSION)

    assert (entry.state, document.status) == (QuarantineState.RELEASED, DocumentStatus.READY)
