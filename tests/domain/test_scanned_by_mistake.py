"""What should never have been scanned is gone through every door at once, and only the fact and the reason remain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from eakte import (
    access,
    audit_reading,
    documents,
    explaining,
    inbox,
    indexing,
    mail_room,
    neighbours,
    nodes,
    reading,
    rearranging,
    scanned_by_mistake,
    transfer_notes,
)
from eakte.access_tables import Right
from eakte.case_file_tables import CaseFile
from eakte.case_files import complete_case_file
from eakte.document_tables import Document
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import receive
from eakte.letter_tables import Letter
from eakte.paper import PageReading
from eakte.receipt_tables import ScanMistake
from eakte.scan_tables import ScanBatch, ScanOutcome
from tests.domain.mailroom import Mailroom
from tests.domain.test_matching import page_with, printed

REASON = "Verschlossenes Angebot"


def answer_between(mailroom: Mailroom) -> tuple[ScanBatch, Letter, CaseFile]:
    """An uncoded page, an answer that files itself, and two uncoded pages behind it."""
    case_file = mailroom.registry.case_file(unit="SO")
    letter = mailroom.registry.letter(case_file)
    code = printed(mailroom.registry, letter, 1)
    return mailroom.scan(PageReading(1), page_with(2, code), PageReading(3), PageReading(4)), letter, case_file


def by_mistake(mailroom: Mailroom, document_id: UUID, actor: str = "anna") -> ScanMistake:
    return scanned_by_mistake.withdraw_scanned(
        mailroom.registry.session, mailroom.registry.actor(actor), document_id, REASON
    )


def doors_to(mailroom: Mailroom, document: Document, actor: str = "anna") -> dict[str, Callable[[], object]]:
    """Every way of the domain to a single document, and to the item it waits as."""
    session, who, id_ = mailroom.registry.session, mailroom.registry.actor(actor), document.id
    doors: dict[str, Callable[[], object]] = {
        "document": lambda: access.document_for(session, who, id_),
        "original": lambda: reading.content_of(session, who, id_),
        "searchable": lambda: reading.content_of(session, who, id_, rendition="searchable"),
        "first version": lambda: reading.content_of(session, who, id_, number=1),
        "image": lambda: reading.page_image(session, who, id_, 1),
        "words": lambda: reading.words_of_page(session, who, id_, 1),
        "text": lambda: reading.text_of(session, who, id_),
        "versions": lambda: documents.versions_of(session, who, id_),
        "rights": lambda: nodes.require(session, who, nodes.document(id_), Right.READ),
        "trail": lambda: audit_reading.trail_of(session, who, str(id_)),
        "transfer note": lambda: transfer_notes.note_for(session, who, id_),
        "split": lambda: rearranging.plan_split(session, who, id_, [2]),
    }
    item = session.exec(select(InboxItem).where(InboxItem.document_id == id_)).first()
    if item is not None and item.status is not InboxStatus.JOINED:  # of that one everybody was told "done already"
        doors["item"] = lambda: inbox.item_for(session, who, item.id)
        doors["join"] = lambda: rearranging.plan_join(session, who, item.id, id_)
    return doors


def is_shut(door: Callable[[], object]) -> bool:
    try:
        door()
    except NotFound:
        return True
    return False


def assert_nowhere(mailroom: Mailroom, document: Document, actor: str = "anna") -> None:
    for name, door in doors_to(mailroom, document, actor).items():
        assert is_shut(door), name
    session, who = mailroom.registry.session, mailroom.registry.actor(actor)
    assert document.id not in {one.document.id for one in inbox.list_waiting(session, who, limit=99)}
    if document.case_file_id is not None:
        assert document not in documents.list_documents(session, who, document.case_file_id, limit=99)
    assert indexing.document_entry(session, document) is None
    assert all(line.count == len(mail_room.waiting_in(session, who, line.unit_id, limit=99))
               for line in mail_room.waiting_by_unit(session, who))  # fmt: skip


def test_what_waits_is_gone_and_the_stack_says_that_it_was(mailroom: Mailroom) -> None:
    batch, letter, _ = answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    before, behind = mailroom.waiting()
    document = mailroom.document(before)

    scanned_by_mistake.withdraw_item(session, anna, before.id, REASON)

    assert_nowhere(mailroom, document)
    assert before.status is InboxStatus.WITHDRAWN
    answer = session.get_one(Document, letter.answer_document_id)
    assert neighbours.neighbours_of(session, anna, answer).previous is None
    assert [one.item.id for one in inbox.list_waiting(session, anna, limit=9)] == [behind.id]
    first, *others = receive.items_of(session, batch)
    assert (first.outcome, first.reason) == (ScanOutcome.WITHDRAWN, REASON)
    assert ScanOutcome.WITHDRAWN not in {other.outcome for other in others}
    assert mailroom.registry.blobs.exists(mailroom.newest(document).sha256)


def test_an_answer_is_none_any_more_and_its_case_file_shows_nothing_of_it(mailroom: Mailroom) -> None:
    _, letter, case_file = answer_between(mailroom)
    document = mailroom.registry.session.get_one(Document, letter.answer_document_id)
    complete_case_file(mailroom.registry.session, mailroom.registry.actor(), case_file.id)

    by_mistake(mailroom, document.id)

    assert_nowhere(mailroom, document)
    assert (letter.answered_on, letter.answer_document_id) == (None, None)


def test_a_page_split_off_is_not_seen_in_the_version_from_before_either(mailroom: Mailroom) -> None:
    answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    _, behind = mailroom.waiting()
    kept = mailroom.document(behind)
    (piece,) = mailroom.split(behind.id, 2)
    assert [version.number for version in documents.versions_of(session, anna, kept.id)] == [2, 1]

    mistake = by_mistake(mailroom, piece.document_id)

    assert_nowhere(mailroom, mailroom.document(piece))
    assert [version.number for version in documents.versions_of(session, anna, kept.id)] == [2]
    assert reading.content_of(session, anna, kept.id)
    with pytest.raises(NotFound):
        reading.content_of(session, anna, kept.id, number=1)
    scanned_by_mistake.undo(session, anna, mistake.id, "doch richtig")
    assert [version.number for version in documents.versions_of(session, anna, kept.id)] == [2, 1]


def test_a_page_joined_and_taken_out_again_is_not_seen_in_between(mailroom: Mailroom) -> None:
    answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    before, behind = mailroom.waiting()
    whole = mailroom.join(behind, before.id)
    (piece,) = mailroom.split(whole.id, 2)

    by_mistake(mailroom, piece.document_id)

    assert [version.number for version in documents.versions_of(session, anna, whole.id)] == [3, 1]
    for door in (reading.content_of, transfer_notes.note_for):
        with pytest.raises(NotFound):
            door(session, anna, whole.id, number=2)


def test_what_was_split_off_does_not_name_where_it_came_from(mailroom: Mailroom) -> None:
    batch, _, _ = answer_between(mailroom)
    _, behind = mailroom.waiting()
    mailroom.document(behind).title = "Angebot der Bau GmbH"
    (piece,) = mailroom.split(behind.id, 2)

    by_mistake(mailroom, behind.document_id)

    reasons = [item.reason or "" for item in receive.items_of(mailroom.registry.session, batch)]
    assert not [reason for reason in (piece.reason, *reasons) if "Bau GmbH" in reason]


def test_an_enclosure_goes_only_with_the_mail_that_holds_it_once_more(mailroom: Mailroom) -> None:
    batch, _, _ = answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    [file] = receive.files_of(session, batch)
    file.reading = {**(file.reading or {}), "enclosed": [0]}  # as if the stack's only file had come in a mail
    session.flush()
    [document, *_] = [mailroom.document(item) for item in mailroom.waiting()]

    with pytest.raises(Conflict, match="Anlage einer E-Mail"):
        by_mistake(mailroom, document.id)
    assert document.withdrawn_at is None
    scanned_by_mistake.withdraw_batch(session, anna, batch.id, REASON)
    assert_nowhere(mailroom, document)


def test_what_was_joined_is_gone_with_what_it_was_joined_to(mailroom: Mailroom) -> None:
    batch, _, _ = answer_between(mailroom)
    before, behind = mailroom.waiting()
    gone = mailroom.document(behind)
    whole = mailroom.join(behind, before.id)

    by_mistake(mailroom, whole.id)

    for document in (whole, gone):
        assert_nowhere(mailroom, document)
    outcomes = [item.outcome for item in receive.items_of(mailroom.registry.session, batch)]
    assert outcomes.count(ScanOutcome.WITHDRAWN) == 2


def test_a_whole_stack_is_gone_wherever_its_documents_lie(mailroom: Mailroom) -> None:
    batch, letter, case_file = answer_between(mailroom)
    registry = mailroom.registry
    session, anna = registry.session, registry.actor("anna")
    registry.person("otto")
    registry.grant(case_file, "person:otto")
    other = mailroom.scan(PageReading(1), batch_id="2")
    *waiting, of_other = mailroom.waiting()
    mailroom.join(of_other, waiting[0].id)
    lying = [mailroom.document(item) for item in waiting]
    lying.append(session.get_one(Document, letter.answer_document_id))

    with pytest.raises(NotFound):
        scanned_by_mistake.withdraw_batch(session, registry.actor("otto"), batch.id, REASON)
    told = scanned_by_mistake.withdraw_batch(session, anna, batch.id, REASON)

    assert (told.documents, told.with_other_sheets) == (3, 1)
    for document in lying:
        assert_nowhere(mailroom, document)
    with pytest.raises(NotFound):
        access.document_for(session, registry.actor("otto"), lying[-1].id)
    for one in (batch, other):
        assert {item.outcome for item in receive.items_of(session, one)} == {ScanOutcome.WITHDRAWN}
    with pytest.raises(Conflict, match="nichts mehr da"):
        scanned_by_mistake.withdraw_batch(session, anna, batch.id, REASON)


def test_undoing_brings_everything_back_where_it_lay(mailroom: Mailroom) -> None:
    batch, letter, case_file = answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    answer_id = letter.answer_document_id
    as_it_was = [(item.outcome, item.reason) for item in receive.items_of(session, batch)]
    waiting = mailroom.waiting()
    scanned_by_mistake.withdraw_batch(session, anna, batch.id, REASON)

    for mistake, may_undo in scanned_by_mistake.mistakes_in(session, anna, batch).values():
        assert may_undo
        with pytest.raises(Invalid, match="Grund"):
            scanned_by_mistake.undo(session, anna, mistake.id, " ")
        scanned_by_mistake.undo(session, anna, mistake.id, "war doch Post")
        with pytest.raises(Conflict, match="schon rückgängig"):
            scanned_by_mistake.undo(session, anna, mistake.id, "noch einmal")

    assert [(item.outcome, item.reason) for item in receive.items_of(session, batch)] == as_it_was
    assert mailroom.waiting() == waiting
    assert letter.answer_document_id == answer_id
    assert letter.answered_on is not None
    assert {row.id for row in documents.list_documents(session, anna, case_file.id, limit=9)} >= {answer_id}
    assert scanned_by_mistake.mistakes_in(session, anna, batch) == {}


def test_an_answer_that_came_meanwhile_stays_the_answer(mailroom: Mailroom) -> None:
    _, letter, _ = answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    first_id = letter.answer_document_id
    assert first_id is not None
    mistake = by_mistake(mailroom, first_id)
    mailroom.scan(page_with(1, printed(mailroom.registry, letter, 1)), batch_id="2")
    second_id = letter.answer_document_id
    assert second_id not in (None, first_id)

    scanned_by_mistake.undo(session, anna, mistake.id, "doch")

    assert letter.answer_document_id == second_id


def test_only_who_may_edit_withdraws_and_undoes_and_not_for_ever(mailroom: Mailroom) -> None:
    batch, letter, case_file = answer_between(mailroom)
    registry = mailroom.registry
    session, anna = registry.session, registry.actor("anna")
    registry.person("otto")
    registry.grant(case_file, "person:otto", "file")
    document_id = letter.answer_document_id
    assert document_id is not None
    with pytest.raises(NotPermitted):
        by_mistake(mailroom, document_id, "otto")
    with pytest.raises(Conflict, match="nicht gescannt"):
        by_mistake(mailroom, registry.document(case_file).id)
    with pytest.raises(Invalid, match="Grund"):
        scanned_by_mistake.withdraw_scanned(session, anna, document_id, "")
    mistake = by_mistake(mailroom, document_id)
    with pytest.raises(NotFound):
        scanned_by_mistake.undo(session, registry.actor("otto"), mistake.id, "x")
    mistake.withdrawn_at -= timedelta(days=scanned_by_mistake.UNDO_DAYS + 1)
    [(_, may_undo)] = scanned_by_mistake.mistakes_in(session, anna, batch).values()
    assert not may_undo
    with pytest.raises(Conflict, match="nicht mehr rückgängig"):
        scanned_by_mistake.undo(session, anna, mistake.id, "x")


def test_the_trail_keeps_the_fact_and_the_reason(mailroom: Mailroom) -> None:
    _, letter, case_file = answer_between(mailroom)
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    document_id = letter.answer_document_id
    assert document_id is not None
    by_mistake(mailroom, document_id)
    session.commit()

    trail = audit_reading.trail_of(session, anna, str(case_file.id))

    told = [event for event in trail if event.tag == "scanned_by_mistake"]
    assert [(event.object_id, event.details["reason"]) for event in told] == [(str(document_id), REASON)]
    assert explaining.readers_of(session, nodes.case_file(case_file.id))
