"""Joining and splitting what a stack was split into: every sheet stays in exactly one document, with its rights."""

from __future__ import annotations

import io
from uuid import UUID

import pikepdf
import pytest
from sqlmodel import select

from eakte import access, neighbours, rearranged_rows, rearranging
from eakte.case_file_tables import CaseFile
from eakte.case_file_writing import CaseFileCompleted
from eakte.case_files import complete_case_file
from eakte.document_tables import Document
from eakte.errors import Conflict, EakteError, Invalid, NotFound
from eakte.inbox_tables import InboxStatus
from eakte.intake import receive
from eakte.letter_tables import Letter
from eakte.paper import PageReading
from eakte.scan_origins import scanned_pages
from eakte.scan_profiles import ScanProfile
from eakte.scan_tables import ScanBatch, ScanItem, ScanOutcome
from eakte.transfer_note_tables import Quality, TransferNote
from tests.domain.mailroom import Mailroom
from tests.domain.test_matching import page_with, printed


def _answer_between(mailroom: Mailroom) -> tuple[ScanBatch, Letter, CaseFile]:
    """An uncoded page, an answer that files itself, and two uncoded pages behind it."""
    case_file = mailroom.registry.case_file(unit="SO")
    letter = mailroom.registry.letter(case_file)
    batch = mailroom.scan(
        PageReading(1), page_with(2, printed(mailroom.registry, letter, 1)), PageReading(3), PageReading(4)
    )
    return batch, letter, case_file


def test_an_enclosure_left_behind_is_put_to_the_answer_with_one_key(mailroom: Mailroom) -> None:
    batch, letter, _ = _answer_between(mailroom)
    _, behind = mailroom.waiting()
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    beside = neighbours.neighbours_of(session, anna, mailroom.document(behind))
    assert beside.previous is not None
    assert (beside.previous.item, beside.previous.may_join) == (None, True)
    assert beside.previous.document.id == letter.answer_document_id
    assert beside.next is None

    answer = mailroom.join(behind, beside.previous.document.id)

    version = mailroom.newest(answer)
    assert (version.number, version.page_count) == (2, 3)
    with pikepdf.open(io.BytesIO(mailroom.registry.blobs.open(version.sha256).read())) as pdf:
        assert [int(page.mediabox[2]) for page in pdf.pages] == [102, 103, 104]
    assert behind.status is InboxStatus.JOINED
    assert mailroom.lies_in() == mailroom.batch_says(batch)
    assert [page for page, _ in mailroom.lies_in()] == [1, 2, 3, 4]
    note = session.exec(select(TransferNote).where(TransferNote.version_id == version.id)).one()
    assert note.facts["product"]["sha256"] == version.sha256
    with pytest.raises(NotFound):
        access.document_for(session, anna, behind.document_id)
    with pytest.raises(Conflict, match="schon bearbeitet"):
        mailroom.join(behind, answer.id)


def test_notes_follow_the_sheets_through_joining_and_splitting_and_none_leaves_the_sample(mailroom: Mailroom) -> None:
    session = mailroom.registry.session
    session.get_one(ScanProfile, "default").quality_share = 100
    mailroom.scan(PageReading(1), PageReading(2), batch_id="erster")
    session.get_one(ScanProfile, "default").quality_share = 0
    mailroom.scan(PageReading(1), batch_id="zweiter", operator="op-2")
    first, second = mailroom.waiting()

    def note(document: Document) -> TransferNote:
        version = mailroom.newest(document)
        found = session.exec(select(TransferNote).where(TransferNote.version_id == version.id)).one()
        assert found.facts["product"]["sha256"] == version.sha256
        return found

    joined = note(mailroom.join(second, first.id))
    assert [(scan["batch_id"], scan["operator"]) for scan in joined.facts["scans"]] == [
        ("erster", "op"), ("zweiter", "op-2"),
    ]  # fmt: skip
    assert [[file["pages"] for file in scan["files"]] for scan in joined.facts["scans"]] == [[[1, 2]], [[1]]]
    assert (joined.quality, joined.anomalies) == (Quality.WAITING, ["Nachträglich zusammengelegt."])

    (piece,) = mailroom.split(first.id, 2)
    kept, split = note(mailroom.document(first)), note(mailroom.document(piece))
    assert (kept.quality, split.quality) == (Quality.WAITING, Quality.WAITING)
    assert "„" not in split.content, "names no other document"


def test_what_is_put_before_an_answer_comes_first(mailroom: Mailroom) -> None:
    _, letter, _ = _answer_between(mailroom)
    before, _ = mailroom.waiting()

    answer = mailroom.join(before, letter.answer_document_id)  # type: ignore[arg-type]

    assert [page.page for page in scanned_pages(mailroom.newest(answer))] == [1, 2]


def test_splitting_undoes_joining(mailroom: Mailroom) -> None:
    batch, letter, case_file = _answer_between(mailroom)
    _, behind = mailroom.waiting()
    answer = mailroom.join(behind, letter.answer_document_id)  # type: ignore[arg-type]

    (piece,) = mailroom.split(answer.id, 2)

    assert [page.page for page in scanned_pages(mailroom.newest(answer))] == [2]
    assert [page.page for page in scanned_pages(mailroom.newest(mailroom.document(piece)))] == [3, 4]
    assert (piece.unit_id, piece.concerns_case_file_id) == ("SO", case_file.id)
    assert mailroom.lies_in() == mailroom.batch_says(batch)


def test_what_waits_is_split_into_pieces_that_stand_where_they_lay(mailroom: Mailroom) -> None:
    batch, _, _ = _answer_between(mailroom)
    _, behind = mailroom.waiting()

    (piece,) = mailroom.split(behind.id, 2)

    assert piece.reason == rearranged_rows.SPLIT
    assert mailroom.lies_in() == mailroom.batch_says(batch)
    beside = neighbours.neighbours_of(
        mailroom.registry.session, mailroom.registry.actor("anna"), mailroom.document(piece)
    )
    assert beside.previous is not None
    assert beside.previous.document.id == behind.document_id
    positions = [item.position for item in receive.items_of(mailroom.registry.session, batch)]
    assert positions == [0, 1, 2, 3]


@pytest.mark.parametrize("at", [(), (1,), (3,), (0,), (-1, 2)])
def test_there_must_be_a_page_to_split_at(mailroom: Mailroom, at: tuple[int, ...]) -> None:
    _answer_between(mailroom)
    _, behind = mailroom.waiting()

    with pytest.raises(Invalid) as refusal:
        mailroom.split(behind.id, *at)
    assert refusal.value.fields[0].pointer == "/at"


def test_what_its_code_says_goes_along_and_keeps_others_out(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    registry.person("otto", "SO")
    hidden = registry.case_file()
    registry.grant(hidden, "person:anna", "file")
    letter = registry.letter(hidden, sheets=(1, 2))
    mailroom.scan(page_with(1, printed(registry, letter, 1)), PageReading(2))
    coded, plain = mailroom.waiting()
    assert coded.concerns_case_file_id == hidden.id

    joined = mailroom.join(coded, plain.id)

    assert (plain.concerns_case_file_id, plain.letter_id) == (hidden.id, letter.id)
    assert "Es fehlt Blatt 2" in plain.reason
    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor("otto"), joined.id)


def test_what_belongs_to_different_case_files_is_not_put_together(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    letters = [registry.letter(registry.case_file(unit="SO"), sheets=(1, 2)) for _ in range(2)]
    mailroom.scan(*(page_with(n, printed(registry, letter, 1)) for n, letter in enumerate(letters, start=1)))
    first, second = mailroom.waiting()

    with pytest.raises(Conflict, match="verschiedenen Akten"):
        mailroom.join(first, second.id)
    assert {first.status, second.status} == {InboxStatus.WAITING}


def test_a_sheet_of_one_case_file_is_not_put_to_the_answer_in_another(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    whole, part = (
        registry.letter(registry.case_file(unit="SO"), sheets=sheets) for sheets in ((1,), (1, 2))
    )  # fmt: skip
    mailroom.scan(page_with(1, printed(registry, whole, 1)), page_with(2, printed(registry, part, 1)))
    [waiting] = mailroom.waiting()

    with pytest.raises(Conflict, match="verschiedenen Akten"):
        mailroom.join(waiting, whole.answer_document_id)  # type: ignore[arg-type]
    assert waiting.status is InboxStatus.WAITING


def _to_stranger(mailroom: Mailroom, _: Letter) -> UUID:
    return mailroom.registry.document(mailroom.registry.case_file()).id


def _to_completed(mailroom: Mailroom, letter: Letter) -> UUID:
    complete_case_file(mailroom.registry.session, mailroom.registry.actor(), letter.case_file_id)
    assert letter.answer_document_id is not None
    return letter.answer_document_id


def _to_unscanned(mailroom: Mailroom, _: Letter) -> UUID:
    return mailroom.registry.document(mailroom.registry.case_file(unit="SO")).id


def _to_itself(mailroom: Mailroom, _: Letter) -> UUID:
    return mailroom.waiting()[0].id


@pytest.mark.parametrize(
    ("target", "refusal"),
    [(_to_stranger, NotFound), (_to_completed, CaseFileCompleted), (_to_unscanned, Conflict), (_to_itself, Invalid)],
)
def test_a_refused_join_changes_nothing(mailroom: Mailroom, target: object, refusal: type[EakteError]) -> None:
    batch, letter, _ = _answer_between(mailroom)
    item = mailroom.waiting()[0]
    before = mailroom.lies_in()

    with pytest.raises(refusal):
        mailroom.join(item, target(mailroom, letter))  # type: ignore[operator]

    assert item.status is InboxStatus.WAITING
    assert mailroom.lies_in() == before == mailroom.batch_says(batch)


def test_whoever_was_slower_is_told(mailroom: Mailroom) -> None:
    _answer_between(mailroom)
    before, behind = mailroom.waiting()
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    plan = rearranging.plan_join(session, anna, before.id, behind.id)
    [cut] = rearranging.cut_pieces(mailroom.registry.blobs, mailroom.reader, plan, mailroom.folder)
    mailroom.split(behind.id, 2)

    with pytest.raises(Conflict, match="inzwischen geändert"):
        rearranging.join_item(session, anna, plan, cut)
    assert all(item.outcome is not ScanOutcome.PENDING for item in session.exec(select(ScanItem)))
