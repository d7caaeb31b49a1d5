"""When something reached the authority: put right with a reason, and deadlines follow."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from eakte import documents, grants, inbox, letters, places, receipt, replies
from eakte.access_tables import GrantCause, Right
from eakte.audit import AuditEvent
from eakte.case_file_tables import CaseFile
from eakte.case_file_writing import CaseFileCompleted
from eakte.case_files import complete_case_file
from eakte.clock import now, today
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentChange
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.inbox_tables import InboxItem
from eakte.intake.receive import Delivery, receive_batch
from eakte.letter_tables import Letter, Reply
from eakte.receipt import ReceiptWish
from eakte.scan_tables import ScanBatch, ScanItem, ScannedAnswer, ScanOutcome
from tests.domain.registry import Registry

SATURDAY = today() - timedelta(days=2)


def scanned(registry: Registry, *items: InboxItem, **said: Any) -> ScanBatch:
    """A stack whose documents these are."""
    if not registry.session.exec(select(ScanBatch)).first():
        registry.station()
    delivery = Delivery("scan-1", "op", f"b-{len(registry.session.exec(select(ScanBatch)).all())}", **said)
    batch, _ = receive_batch(registry.session, registry.actor("scan-1"), delivery, [registry.stored(b"Scan")])
    for position, item in enumerate(items):
        document = registry.session.get_one(Document, item.document_id)
        document.received_on, document.channel = batch.received_on, batch.channel
        entry = ScanItem(batch_id=batch.id, position=position, outcome=ScanOutcome.INBOX, document_id=document.id)
        registry.session.add(entry)
    registry.session.flush()
    return batch


def document_of(registry: Registry, item: InboxItem) -> Document:
    return registry.session.get_one(Document, item.document_id)


def correct(registry: Registry, document: Document, actor: str = "anna", **wish: Any) -> Document:
    wanted = ReceiptWish(**{"reason": "Nachtbriefkasten", "received_on": SATURDAY, **wish})
    return receipt.correct_receipt(registry.session, registry.actor(actor), document.id, wanted)


def answered(registry: Registry) -> tuple[Letter, Document]:
    case_file = registry.case_file(unit="SO")
    letter, item = registry.letter(case_file), registry.waiting("SO", concerns=case_file)
    item.letter_id = letter.id
    registry.session.flush()
    return letter, inbox.file_item(registry.session, registry.actor("anna"), item.id, case_file.id)


def test_the_night_letterbox_scanned_on_monday_came_on_saturday_and_the_trail_says_what_stood_there(
    registry: Registry,
) -> None:
    item = registry.waiting("SO")
    scanned(registry, item)

    document = correct(registry, document_of(registry, item), channel="night_letterbox")

    assert (document.received_on, document.channel) == (SATURDAY, "night_letterbox")
    [kept] = receipt.corrections_of(registry.session, document)
    assert (kept.received_on_before, kept.channel_before, kept.reason) == (today(), "post", "Nachtbriefkasten")
    assert kept.corrected_by == "anna"
    registry.session.commit()
    [event] = registry.session.exec(select(AuditEvent).where(AuditEvent.tag == "receipt_corrected"))
    assert event.payload is not None
    assert str(today()) in event.payload
    assert "Nachtbriefkasten" in event.payload


def test_a_deadline_counts_from_the_corrected_day_after_filing_too(registry: Registry) -> None:
    letter, answer = answered(registry)
    assert letter.answered_on == today()

    correct(registry, answer)

    assert letter.answered_on == SATURDAY


def test_changing_the_day_with_other_metadata_keeps_what_stood_there(registry: Registry) -> None:
    letter, answer = answered(registry)

    documents.change_document(
        registry.session, registry.actor("anna"), answer.id, DocumentChange(title="Neu", received_on=SATURDAY)
    )
    documents.change_document(registry.session, registry.actor("anna"), answer.id, DocumentChange(title="Neuer"))

    [kept] = receipt.corrections_of(registry.session, answer)
    assert (kept.received_on_before, kept.received_on, kept.reason) == (today(), SATURDAY, "")
    assert letter.answered_on == SATURDAY


@pytest.mark.parametrize(
    ("wish", "refusal", "words"),
    [
        ({"reason": " "}, Invalid, "Grund"),
        ({"received_on": today() + timedelta(days=1)}, Invalid, "Zukunft"),
        ({"received_on": None}, Invalid, "schon da"),
        ({"received_on": today(), "channel": "post"}, Invalid, "schon da"),
        ({"channel": "Brieftaube"}, Invalid, "gibt es nicht"),
    ],
)
def test_a_correction_that_cannot_be_right_changes_nothing(
    registry: Registry, wish: dict[str, Any], refusal: type[Exception], words: str
) -> None:
    item = registry.waiting("SO")
    scanned(registry, item)
    document = document_of(registry, item)

    with pytest.raises(refusal, match=words):
        correct(registry, document, **wish)

    assert (document.received_on, document.channel) == (today(), "post")
    assert receipt.corrections_of(registry.session, document) == []


def test_nothing_reached_the_authority_after_it_was_delivered(registry: Registry) -> None:
    item = registry.waiting("SO")
    batch = scanned(registry, item, received_on=SATURDAY)
    batch.delivered_at = now() - timedelta(days=2)

    with pytest.raises(Invalid, match="nach der Abgabe"):
        correct(registry, document_of(registry, item), received_on=today())


def test_only_who_may_edit_corrects_and_only_what_came_in(registry: Registry) -> None:
    registry.person("otto")
    item, case_file = registry.waiting("SO"), registry.case_file(unit="SO")
    document, filed = document_of(registry, item), registry.document(case_file)
    with pytest.raises(NotFound):
        correct(registry, document, "otto")
    scope_id = places.document_scope(registry.session, document)
    grants.add_grant(registry.session, scope_id, "person:otto", Right.READ | Right.FILE, GrantCause.APPLIED)
    with pytest.raises(NotPermitted):
        correct(registry, document, "otto")
    filed.kind = DocumentKind.OUTGOING
    with pytest.raises(Conflict, match="Nur Eingänge"):
        correct(registry, filed)
    filed.kind = DocumentKind.INCOMING
    complete_case_file(registry.session, registry.actor(), case_file.id)
    with pytest.raises(CaseFileCompleted):
        correct(registry, filed)


def test_a_whole_stack_follows_except_what_was_corrected_on_its_own(registry: Registry) -> None:
    first, second, third = (registry.waiting("SO") for _ in range(3))
    batch = scanned(registry, first, second, third)
    registry.person("otto")
    hidden, own = registry.case_file(), document_of(registry, second)
    grant = registry.grant(hidden, "person:anna", "file")
    inbox.file_item(registry.session, registry.actor("anna"), third.id, hidden.id)
    registry.revoke(grant)
    correct(registry, own, received_on=today() - timedelta(days=1))
    wish = ReceiptWish("Nachtbriefkasten", SATURDAY, "night_letterbox")

    with pytest.raises(NotFound):
        receipt.correct_receipt_of_batch(registry.session, registry.actor("otto"), batch.id, wish)
    told = receipt.correct_receipt_of_batch(registry.session, registry.actor("anna"), batch.id, wish)

    assert (told.corrected, told.left) == (2, 1)
    assert (batch.received_on, batch.channel) == (SATURDAY, "night_letterbox")
    days = [document_of(registry, item).received_on for item in (first, second, third)]
    assert days == [SATURDAY, today() - timedelta(days=1), SATURDAY]
    with pytest.raises(Invalid, match="schon da"):
        receipt.correct_receipt_of_batch(registry.session, registry.actor("anna"), batch.id, wish)


def test_a_stack_never_changes_a_completed_case_file(registry: Registry) -> None:
    item, case_file = registry.waiting("SO"), registry.case_file(unit="SO")
    batch = scanned(registry, item)
    inbox.file_item(registry.session, registry.actor("anna"), item.id, case_file.id)
    complete_case_file(registry.session, registry.actor(), case_file.id)

    told = receipt.correct_receipt_of_batch(
        registry.session, registry.actor("anna"), batch.id, ReceiptWish("x", SATURDAY)
    )

    assert (told.corrected, told.left) == (0, 1)
    assert document_of(registry, item).received_on == today()


# -- that is the answer after all ------------------------------------------------------------------


def came_back(registry: Registry) -> tuple[CaseFile, Letter, Document, ScanItem]:
    case_file = registry.case_file(unit="SO")
    letter, item = registry.letter(case_file, title="Anhörung"), registry.waiting("SO", concerns=case_file)
    batch = scanned(registry, item)
    [entry] = registry.session.exec(select(ScanItem).where(ScanItem.batch_id == batch.id))
    item.letter_id, entry.answer, entry.letter_id = letter.id, ScannedAnswer.UNDELIVERABLE, letter.id
    document = document_of(registry, item)
    document.title = "Unzustellbar zurück: Anhörung"
    registry.session.flush()
    inbox.file_item(registry.session, registry.actor("anna"), item.id, case_file.id)
    return case_file, letter, document, entry


def test_what_came_back_undelivered_is_the_answer_after_all_and_back_again(registry: Registry) -> None:
    _, letter, document, entry = came_back(registry)
    session, anna = registry.session, registry.actor("anna")
    assert letter.reply is Reply.UNDELIVERABLE

    for _ in range(2):
        replies.take_as_answer(session, anna, letter.id)
        assert (letter.reply, letter.answered_on, letter.answer_document_id) == (Reply.ANSWER, today(), document.id)
        assert (letter.returned_on, letter.returned_document_id) == (None, None)
        assert (entry.answer, document.title) == (ScannedAnswer.ANSWER, "Antwort auf: Anhörung")
    for _ in range(2):
        replies.take_as_undeliverable(session, anna, letter.id)
        assert (letter.reply, letter.returned_on, letter.answered_on) == (Reply.UNDELIVERABLE, today(), None)
        assert (entry.answer, document.title) == (ScannedAnswer.UNDELIVERABLE, "Unzustellbar zurück: Anhörung")


def test_what_came_of_a_letter_is_judged_only_by_who_may_and_where_something_came(registry: Registry) -> None:
    case_file, letter, document, _ = came_back(registry)
    session, anna = registry.session, registry.actor("anna")
    registry.person("otto")
    registry.grant(case_file, "person:otto")
    nothing_came = registry.letter(case_file)

    with pytest.raises(NotPermitted):
        replies.take_as_answer(session, registry.actor("otto"), letter.id)
    for judge in (replies.take_as_answer, replies.take_as_undeliverable):
        with pytest.raises(Conflict):
            judge(session, anna, nothing_came.id)
    letters.mark_answered(session, letter, document.id, received_on=date(2026, 1, 1), by=registry.actor("anna"))
    with pytest.raises(Conflict, match="schon eine Antwort"):
        replies.take_as_answer(session, anna, letter.id)
