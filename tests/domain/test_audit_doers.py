"""Who did it: the trail says the application where it acts by itself, and the person, with their request, else."""

from __future__ import annotations

from eakte import audit_reading, correcting, inbox
from eakte.audit import MACHINE, Origin, pending_events
from eakte.document_tables import Document
from eakte.paper import PageReading
from tests.domain.mailroom import Mailroom
from tests.domain.test_matching import page_with, printed


def doers(mailroom: Mailroom, since: int = 0) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in pending_events(mailroom.registry.session)[since:]:
        found.setdefault(event.tag, set()).add(event.actor_id)
    return found


def test_nobody_who_delivered_a_stack_filed_what_filed_itself(mailroom: Mailroom) -> None:
    letter = mailroom.registry.letter(mailroom.registry.case_file(unit="SO"))
    before = len(pending_events(mailroom.registry.session))

    mailroom.scan(page_with(1, printed(mailroom.registry, letter, 1)), PageReading(2))

    assert doers(mailroom, before) == {
        "batch_delivered": {"scan-1"},
        "batch_worked": {MACHINE.id},
        "document_filed": {MACHINE.id},
        "inbox_received": {MACHINE.id},
        "letter_answered": {MACHINE.id},
        "transfer_noted": {MACHINE.id},
    }


def test_what_filed_itself_by_its_text_or_went_on_by_rule_was_nobody_else(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    item, case_file = registry.waiting("SO"), registry.case_file(unit="SO")
    document = registry.session.get_one(Document, item.document_id)
    before = len(pending_events(registry.session))

    inbox.forward_by_rule(registry.session, item, document, "SO", "Eingangsregel 1")
    inbox.file_by_itself(registry.session, item, document, case_file, score=0.9, evidence="Aktenzeichen")

    assert doers(mailroom, before) == {"inbox_forwarded": {MACHINE.id}, "document_filed": {MACHINE.id}}


def test_all_that_comes_of_what_somebody_does_carries_their_request(mailroom: Mailroom) -> None:
    registry, session = mailroom.registry, mailroom.registry.session
    anna = registry.actor("anna").at(Origin("r-7", "192.0.2.7"))
    case_file = registry.case_file(unit="SO")
    item = registry.waiting("SO", concerns=case_file)
    item.letter_id = registry.letter(case_file).id
    before = len(pending_events(session))

    inbox.file_item(session, anna, item.id, case_file.id)

    left = pending_events(session)[before:]
    assert {event.tag for event in left} == {"letter_answered", "inbox_filed"}
    assert all(event.actor_id == "anna" and '"request_id": "r-7"' in (event.payload or "") for event in left)


def test_who_leads_a_file_still_sees_that_what_left_it_had_filed_itself(mailroom: Mailroom) -> None:
    registry, session = mailroom.registry, mailroom.registry.session
    case_file, target = registry.case_file(unit="SO"), registry.case_file()
    letter = registry.letter(case_file)
    mailroom.scan(page_with(1, printed(registry, letter, 1)))
    assert letter.answer_document_id is not None
    correcting.move_document(session, registry.actor(), letter.answer_document_id, target.id)
    session.commit()

    trail = audit_reading.trail_of(session, registry.actor("anna"), str(case_file.id))

    of_the_answer = [(event.tag, event.actor_id) for event in trail if event.object_id == str(trail[-1].object_id)]
    assert of_the_answer == [("document_filed", MACHINE.id), ("document_moved", registry.actor().id)]
