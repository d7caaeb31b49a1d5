"""Inboxes: filing, sending on, sorting out; two people at once; and the letter that an item answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eakte import access, documents, explaining, grants, inbox, nodes, places
from eakte.access_tables import GrantCause, Right
from eakte.case_file_tables import CaseFile
from eakte.case_file_writing import CaseFileCompleted
from eakte.case_files import complete_case_file
from eakte.clock import today
from eakte.document_tables import Document
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake.receive import Delivery, receive_batch
from eakte.letter_tables import Letter
from eakte.principals import Unit
from eakte.scan_tables import ScanItem, ScanOutcome
from tests.domain.registry import Registry


def file(registry: Registry, item: InboxItem, case_file_id: object, actor: str = "anna", **more: str) -> Document:
    return inbox.file_item(registry.session, registry.actor(actor), item.id, case_file_id, **more)  # type: ignore[arg-type]


def test_what_waits_is_filed_and_gone_from_the_inbox(registry: Registry) -> None:
    registry.entry("11", sections=("Vertrag",))
    item, case_file = registry.waiting("SO"), registry.case_file("11", unit="SO")
    registry.person("otto", "SO")

    document = file(registry, item, case_file.id, section="Vertrag", title=" Neuer Titel ")

    assert (document.case_file_id, document.section, document.title) == (case_file.id, "Vertrag", "Neuer Titel")
    assert document.access_scope_id == nodes.place_of(registry.session, nodes.section(case_file.id, "Vertrag"))
    assert (item.status, item.done_by) == (InboxStatus.FILED, "anna")
    assert inbox.list_waiting(registry.session, registry.actor("anna"), limit=9) == []
    for latecomer in ("otto", "anna"):
        with pytest.raises(Conflict, match="inzwischen schon bearbeitet"):
            file(registry, item, case_file.id, latecomer)


def test_what_is_filed_follows_the_rights_of_its_case_file(registry: Registry) -> None:
    registry.person("otto", "SO")
    case_file = registry.case_file()
    registry.grant(case_file, "person:anna", "file")
    item = registry.waiting("SO")
    assert access.document_for(registry.session, registry.actor("otto"), item.document_id)

    file(registry, item, case_file.id)

    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor("otto"), item.document_id)


def test_filing_is_refused_where_the_clerk_may_not_file(registry: Registry) -> None:
    item = registry.waiting("SO")
    hidden, readable, completed = registry.case_file(), registry.case_file(), registry.case_file(unit="SO")
    registry.grant(readable, "person:anna")
    complete_case_file(registry.session, registry.actor(), completed.id)

    for case_file, refusal in ((hidden, NotFound), (readable, NotPermitted), (completed, CaseFileCompleted)):
        with pytest.raises(refusal):
            file(registry, item, case_file.id)
    with pytest.raises(Invalid, match="Titel"):
        file(registry, item, registry.case_file(unit="SO").id, title=" ")
    with pytest.raises(Invalid, match="Register"):
        file(registry, item, registry.case_file(unit="SO").id, section="keins")
    assert item.status is InboxStatus.WAITING
    assert registry.session.get_one(Document, item.document_id).case_file_id is None


def _answering(registry: Registry, letter: Letter) -> InboxItem:
    case_file = registry.session.get_one(CaseFile, letter.case_file_id)
    item = registry.waiting("SO", concerns=case_file)
    item.letter_id = letter.id
    registry.session.flush()
    return item


def test_filing_where_its_letter_lies_makes_it_the_answer_and_elsewhere_not(registry: Registry) -> None:
    case_file, other = registry.case_file(unit="SO"), registry.case_file(unit="SO")
    letter, second = registry.letter(case_file), registry.letter(case_file)

    answer = file(registry, _answering(registry, letter), case_file.id)
    file(registry, _answering(registry, second), other.id)

    assert (letter.answer_document_id, letter.answered_on) == (answer.id, today())
    assert second.answer_document_id is None


def test_a_second_answer_is_filed_but_leaves_the_first_the_answer(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")
    letter = registry.letter(case_file)
    first = file(registry, _answering(registry, letter), case_file.id)

    second = file(registry, _answering(registry, letter), case_file.id)

    assert second.case_file_id == case_file.id
    assert letter.answer_document_id == first.id


def test_the_batch_learns_where_its_document_went(registry: Registry) -> None:
    registry.station()
    batch, _ = receive_batch(
        registry.session, registry.actor("scan-1"), Delivery("scan-1", "op", "1"), [registry.stored(b"Scan")]
    )
    item, case_file = registry.waiting("SO"), registry.case_file(unit="SO")
    scan_item = ScanItem(batch_id=batch.id, position=0, outcome=ScanOutcome.INBOX, document_id=item.document_id)
    registry.session.add(scan_item)
    registry.session.flush()

    file(registry, item, case_file.id)

    assert (scan_item.outcome, scan_item.case_file_id) == (ScanOutcome.FILED, case_file.id)


def test_what_is_sent_on_leaves_the_first_unit(registry: Registry) -> None:
    registry.unit("PO")
    registry.person("otto", "PO")
    item = registry.waiting("SO")

    with pytest.raises(Invalid, match="Organisationseinheit"):
        inbox.forward_item(registry.session, registry.actor("anna"), item.id, "XX", "")
    registry.session.get_one(Unit, registry.unit("GONE")).ended = True
    with pytest.raises(Invalid, match="Organisationseinheit"):  # nobody would find it there
        inbox.forward_item(registry.session, registry.actor("anna"), item.id, "GONE", "")
    inbox.forward_item(registry.session, registry.actor("anna"), item.id, "PO", "für euch")

    assert [w.item.note for w in inbox.list_waiting(registry.session, registry.actor("otto"), limit=9)] == ["für euch"]
    assert inbox.list_waiting(registry.session, registry.actor("anna"), limit=9) == []
    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor("anna"), item.document_id)


def test_what_is_sorted_out_keeps_its_bytes_and_reason_and_exists_for_nobody(registry: Registry) -> None:
    item = registry.waiting("SO")
    with pytest.raises(Invalid, match="Grund"):
        inbox.reject_item(registry.session, registry.actor("anna"), item.id, " ")

    inbox.reject_item(registry.session, registry.actor("anna"), item.id, "Werbung")

    document = registry.session.get_one(Document, item.document_id)
    assert (item.status, document.withdrawn_reason) == (InboxStatus.REJECTED, "Werbung")
    assert registry.blobs.exists(documents.newest_version(registry.session, document).sha256)
    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor("anna"), document.id)


def test_an_inbox_shows_the_longest_waiting_first_and_one_unit_where_asked(registry: Registry) -> None:
    registry.unit("PO")
    registry.person("both", "SO", "PO")
    first, second, third = registry.waiting("SO"), registry.waiting("PO"), registry.waiting("SO")
    both = registry.actor("both")

    everything = inbox.list_waiting(registry.session, both, limit=9)
    assert [waiting.item.id for waiting in everything] == [first.id, second.id, third.id]
    of_one = inbox.list_waiting(registry.session, both, unit_id="PO", limit=9)
    assert [waiting.item.id for waiting in of_one] == [second.id]
    assert inbox.list_waiting(registry.session, both, unit_id="XX", limit=9) == []


def test_who_sees_what_concerns_a_case_file_is_told_as_it_is(registry: Registry) -> None:
    registry.person("otto", "SO")
    case_file = registry.case_file()
    registry.grant(case_file, "person:anna", "file")
    node = nodes.document(registry.waiting("SO", concerns=case_file).document_id)

    refused = explaining.explanation_of(registry.session, "otto", node)
    readers = explaining.readers_of(registry.session, node)

    assert explaining.explanation_of(registry.session, "anna", node).rights & Right.READ
    assert (refused.rights, [one.kind for one in refused.obstacles]) == (Right(0), ["inbox"])
    assert [reader.person_id for reader in readers] == ["anna"]


@pytest.mark.parametrize("act", ["file", "forward", "reject"])
def test_who_may_only_read_what_waits_neither_files_it_nor_sends_it_away(registry: Registry, act: str) -> None:
    registry.person("otto")
    item, case_file = registry.waiting("SO"), registry.case_file()
    scope_id = places.document_scope(registry.session, registry.session.get_one(Document, item.document_id))
    grants.add_grant(registry.session, scope_id, "person:otto", Right.READ, GrantCause.APPLIED)
    registry.grant(case_file, "person:otto", "file")
    session, otto = registry.session, registry.actor("otto")
    acts: dict[str, Callable[[], object]] = {
        "file": lambda: inbox.file_item(session, otto, item.id, case_file.id),
        "forward": lambda: inbox.forward_item(session, otto, item.id, "SO", ""),
        "reject": lambda: inbox.reject_item(session, otto, item.id, "Werbung"),
    }

    assert inbox.item_for(session, otto, item.id)
    with pytest.raises(NotPermitted):
        acts[act]()
    assert item.status is InboxStatus.WAITING
