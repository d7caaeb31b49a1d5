"""What sheets of a letter mean when they come back: the answer, a part of it, the letter itself, a copy of ours."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eakte import access, correcting, documents, inbox, letters
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.errors import NotFound
from eakte.inbox_tables import InboxStatus
from eakte.intake import receive
from eakte.intake.matching import Completeness
from eakte.letter_tables import Letter, Reply
from eakte.paper import PageReading
from eakte.scan_origins import scanned_pages
from eakte.scan_tables import ScanBatch, ScanItem, ScannedAnswer, ScanOutcome
from tests.domain.mailroom import Mailroom
from tests.domain.registry import Registry
from tests.domain.test_matching import page_with, printed


@pytest.fixture
def case_file(registry: Registry) -> CaseFile:
    return registry.case_file(unit="SO")


def come_back(mailroom: Mailroom, letter: Letter, *sheets: int, batch_id: str = "1") -> list[ScanItem]:
    pages = [page_with(n, printed(mailroom.registry, letter, sheet)) for n, sheet in enumerate(sheets, start=1)]
    return items(mailroom, mailroom.scan(*pages, batch_id=batch_id))


def items(mailroom: Mailroom, batch: ScanBatch) -> list[ScanItem]:
    return receive.items_of(mailroom.registry.session, batch)


def sheets_in(mailroom: Mailroom, document_id: UUID | None) -> list[tuple[str, int]]:
    """Batch and page of each page of a document, in its order."""
    session = mailroom.registry.session
    version = documents.newest_version(session, session.get_one(Document, document_id))
    return [(session.get_one(ScanBatch, page.batch_id).batch_id, page.page) for page in scanned_pages(version)]


@pytest.mark.parametrize(
    ("sheets", "answer", "outcome", "reply"),
    [
        ((3, 2), ScannedAnswer.ANSWER, ScanOutcome.FILED, Reply.ANSWER),
        ((2, 3, 1), ScannedAnswer.COPY, ScanOutcome.FILED, Reply.ANSWER),
        ((1, 2, 3, 4), ScannedAnswer.UNDELIVERABLE, ScanOutcome.FILED, Reply.UNDELIVERABLE),
        ((3,), ScannedAnswer.PARTIAL, ScanOutcome.INBOX, Reply.PARTIAL),
        ((1,), ScannedAnswer.PARTIAL, ScanOutcome.INBOX, Reply.PARTIAL),
        ((2, 3, 3), ScannedAnswer.ANSWER, ScanOutcome.INBOX, Reply.NONE),
        ((2, 3, 7), ScannedAnswer.ANSWER, ScanOutcome.INBOX, Reply.NONE),
    ],
)
def test_what_came_back_is_told_apart_and_only_an_answer_ends_the_waiting(
    mailroom: Mailroom,
    case_file: CaseFile,
    sheets: tuple[int, ...],
    answer: ScannedAnswer,
    outcome: ScanOutcome,
    reply: Reply,
) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(2, 3), coded=(1, 2, 3, 4))

    (item,) = come_back(mailroom, letter, *sheets)

    assert (item.answer, item.outcome, letter.reply) == (answer, outcome, reply)
    assert (letter.answered_on is not None) == (reply is Reply.ANSWER)


def test_a_letter_whose_sheets_are_all_expected_back_is_answered_when_they_come(
    mailroom: Mailroom, case_file: CaseFile
) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(1, 2), coded=(1, 2))

    (item,) = come_back(mailroom, letter, 1, 2)

    assert item.answer is ScannedAnswer.ANSWER


def test_an_undelivered_letter_can_still_be_answered_and_is_known_when_it_comes_again(
    mailroom: Mailroom, case_file: CaseFile
) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(2,), coded=(1, 2), title="Anhörung")
    (first,) = come_back(mailroom, letter, 1, 2)
    (second,) = come_back(mailroom, letter, 1, 2, batch_id="2")
    (answer,) = come_back(mailroom, letter, 2, batch_id="3")

    session = mailroom.registry.session
    assert session.get_one(Document, first.document_id).title == "Unzustellbar zurück: Anhörung"
    assert second.outcome is ScanOutcome.INBOX
    assert "unzustellbar zurück" in (second.reason or "")
    assert (answer.outcome, letter.reply) == (ScanOutcome.FILED, Reply.ANSWER)
    assert letter.answer_document_id == answer.document_id


def test_missing_sheets_that_come_later_are_put_to_the_others_which_then_files_itself(
    mailroom: Mailroom, case_file: CaseFile
) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(1, 2, 3))
    (first,) = come_back(mailroom, letter, 2, 1)
    assert (letter.reply, letter.sheets_missing) == (Reply.PARTIAL, [3])
    (waiting,) = mailroom.waiting()

    (later,) = come_back(mailroom, letter, 3, batch_id="2")

    assert first.document_id == later.document_id == letter.answer_document_id
    assert (first.outcome, later.outcome, letter.reply) == (ScanOutcome.FILED, ScanOutcome.FILED, Reply.ANSWER)
    assert sheets_in(mailroom, later.document_id) == [("1", 2), ("1", 1), ("2", 1)]
    assert waiting.status is InboxStatus.FILED
    document = mailroom.registry.session.get_one(Document, later.document_id)
    assert document.case_file_id == case_file.id
    assert mailroom.waiting() == []
    assert later.completeness is not None
    assert later.completeness["complete"]


def test_part_after_part_is_put_together_in_order_with_enclosures_last(mailroom: Mailroom, case_file: CaseFile) -> None:
    registry = mailroom.registry
    letter = registry.letter(case_file, sheets=(1, 2, 3))
    separator = "PATCHT"
    mailroom.scan(
        page_with(1, separator), page_with(2, printed(registry, letter, 3)), PageReading(3), page_with(4, separator)
    )
    (second,) = come_back(mailroom, letter, 1, batch_id="2")
    assert (second.outcome, second.reason) == (ScanOutcome.INBOX, "Es fehlt Blatt 2 von 3.")

    (third,) = come_back(mailroom, letter, 2, batch_id="3")

    assert third.outcome is ScanOutcome.FILED
    assert sheets_in(mailroom, third.document_id) == [("2", 1), ("3", 1), ("1", 2), ("1", 3)]


def test_a_part_filed_by_hand_is_completed_where_it_lies(mailroom: Mailroom, case_file: CaseFile) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(1, 2))
    come_back(mailroom, letter, 1)
    (waiting,) = mailroom.waiting()
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    filed = inbox.file_item(session, anna, waiting.id, case_file.id)
    assert letter.reply is Reply.PARTIAL

    (later,) = come_back(mailroom, letter, 2, batch_id="2")

    assert (later.document_id, later.outcome, letter.reply) == (filed.id, ScanOutcome.FILED, Reply.ANSWER)


def test_a_clerk_may_take_a_part_for_the_answer(mailroom: Mailroom, case_file: CaseFile) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(1, 2))
    come_back(mailroom, letter, 1)
    (waiting,) = mailroom.waiting()

    inbox.file_item(
        mailroom.registry.session, mailroom.registry.actor("anna"), waiting.id, case_file.id, is_answer=True
    )

    assert letter.reply is Reply.ANSWER


def _sort_out(mailroom: Mailroom, letter: Letter) -> None:
    (waiting,) = mailroom.waiting()
    inbox.reject_item(mailroom.registry.session, mailroom.registry.actor("anna"), waiting.id, "Doppelt")


def _cancel(mailroom: Mailroom, letter: Letter) -> None:
    letters.cancel_letter(mailroom.registry.session, mailroom.registry.actor(), letter.id)


def _come_again(mailroom: Mailroom, letter: Letter) -> None:
    (item,) = come_back(mailroom, letter, 1, batch_id="again")
    assert item.outcome is ScanOutcome.INBOX


def _withdraw(mailroom: Mailroom, letter: Letter) -> None:
    correcting.withdraw_document(mailroom.registry.session, mailroom.registry.actor(), letter.document_id, "Versehen")


@pytest.mark.parametrize("befalls", [_sort_out, _cancel, _withdraw])
def test_what_befell_the_part_keeps_the_rest_for_a_person(
    mailroom: Mailroom, case_file: CaseFile, befalls: Callable[[Mailroom, Letter], None]
) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(1, 2))
    (first,) = come_back(mailroom, letter, 1)
    befalls(mailroom, letter)

    (later,) = come_back(mailroom, letter, 2, batch_id="2")

    assert later.outcome is ScanOutcome.INBOX
    assert later.document_id != first.document_id
    assert letter.answered_on is None


def test_the_same_part_twice_is_for_a_person_and_the_rest_completes_the_first(
    mailroom: Mailroom, case_file: CaseFile
) -> None:
    letter = mailroom.registry.letter(case_file, sheets=(1, 2))
    (first,) = come_back(mailroom, letter, 1)
    _come_again(mailroom, letter)

    (later,) = come_back(mailroom, letter, 2, batch_id="2")

    assert later.document_id == first.document_id
    assert letter.reply is Reply.ANSWER
    assert len(mailroom.waiting()) == 1


def test_parts_follow_their_sheets_when_a_clerk_joins_and_splits(mailroom: Mailroom, case_file: CaseFile) -> None:
    registry = mailroom.registry
    letter = registry.letter(case_file, sheets=(1, 2))
    mailroom.scan(page_with(1, printed(registry, letter, 1)), PageReading(2))
    coded, plain = mailroom.waiting()
    gone_id = coded.document_id

    joined = mailroom.join(coded, plain.id)
    assert (letter.part_document_id, letter.part_sheets) == (joined.id, [1])
    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor("anna"), gone_id)

    (later,) = come_back(mailroom, letter, 2, batch_id="2")
    assert later.document_id == joined.id
    assert sheets_in(mailroom, joined.id) == [("1", 1), ("2", 1), ("1", 2)]


sheet_numbers = st.sets(st.integers(1, 6), min_size=1)


@given(sheet_numbers, sheet_numbers, st.lists(st.integers(1, 7), max_size=8))
def test_only_all_expected_sheets_are_an_answer(expected: set[int], more: set[int], found: list[int]) -> None:
    own = more - expected
    counted = Completeness(tuple(sorted(expected)), tuple(found), tuple(sorted(own)))

    if counted.answer in (ScannedAnswer.ANSWER, ScannedAnswer.COPY):
        assert expected <= set(found)
        assert not own or not own <= set(found)
    if counted.answer is ScannedAnswer.UNDELIVERABLE:
        assert own
        assert expected | own <= set(found)
    assert (counted.answer is ScannedAnswer.COPY) <= bool(own & set(found))
