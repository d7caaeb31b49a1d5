"""Every use case leaves its mark in the audit trail, and what is refused leaves none of having happened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from eakte import case_files, correcting, documents, granting, inbox, letters, nodes, reading, search
from eakte.audit import MACHINE, Origin, pending_events
from eakte.case_files import CaseFileChange
from eakte.document_tables import Document, Page, Rendition
from eakte.documents import DocumentChange
from eakte.errors import NotFound
from eakte.granting import GrantWish
from eakte.holding_back import hold_back
from eakte.intake.receive import Delivery, receive_batch
from eakte.letter_tables import Letter
from eakte.letters import RenderedLetter
from eakte.page_words import pack
from eakte.paper import TextSource
from eakte.parties import PartyWish
from eakte.quarantine_tables import QuarantineCause
from eakte.reading import ImageSize
from eakte.shipped_templates import ensure_shipped_templates
from eakte.subjects import SubjectWish
from storage.tantivy_index import TantivyIndex
from tests.domain.registry import REGISTRAR, Registry

# -- every use case leaves its mark ----------------------------------------------------------------------


Act = Callable[[], object]


def opening(registry: Registry) -> Act:
    return lambda: registry.case_file()


def changing(registry: Registry) -> Act:
    case_file = registry.case_file()
    change = CaseFileChange(title="Neu")
    return lambda: case_files.change_case_file(registry.session, registry.actor(), case_file.id, change)


def completing(registry: Registry) -> Act:
    case_file = registry.case_file()
    return lambda: case_files.complete_case_file(registry.session, registry.actor(), case_file.id)


def reopening(registry: Registry) -> Act:
    case_file = registry.case_file()
    case_files.complete_case_file(registry.session, registry.actor(), case_file.id)
    return lambda: case_files.reopen_case_file(registry.session, registry.actor(), case_file.id)


def adding_a_party(registry: Registry) -> Act:
    case_file = registry.case_file()
    party = PartyWish("parent", "Erika Mustermann")
    return lambda: case_files.add_party(registry.session, registry.actor(), case_file.id, party)


def opening_a_proceeding(registry: Registry) -> Act:
    case_file = registry.case_file()
    return lambda: case_files.open_proceeding(registry.session, registry.actor(), case_file.id, "Vorgang")


def attaching(registry: Registry) -> Act:
    case_file = registry.case_file()
    return lambda: registry.document(case_file)


def adding_a_version(registry: Registry) -> Act:
    document, stored = registry.document(registry.case_file()), registry.stored(b"neu")
    return lambda: documents.add_version(registry.session, registry.actor(), document.id, stored)


def changing_a_document(registry: Registry) -> Act:
    document, change = registry.document(registry.case_file()), DocumentChange(title="Neu")
    return lambda: documents.change_document(registry.session, registry.actor(), document.id, change)


def moving(registry: Registry) -> Act:
    document, target = registry.document(registry.case_file()), registry.case_file()
    return lambda: correcting.move_document(registry.session, registry.actor(), document.id, target.id)


def withdrawing(registry: Registry) -> Act:
    document = registry.document(registry.case_file())
    return lambda: correcting.withdraw_document(registry.session, registry.actor(), document.id, "Versehen")


def quarantining(registry: Registry) -> Act:
    version = documents.newest_version(registry.session, registry.document(registry.case_file()))
    why = QuarantineCause.UNREADABLE
    return lambda: hold_back(registry.session, version, why, "unlesbar")


def reading_the_original(registry: Registry) -> Act:
    document = registry.document(registry.case_file())
    return lambda: reading.content_of(registry.session, registry.actor(), document.id)


def _with_a_page(registry: Registry) -> Document:
    document = registry.document(registry.case_file())
    version = documents.newest_version(registry.session, document)
    version.page_count = 1
    picture = registry.stored(b"JPEG").blob.sha256
    page = Page(
        version_id=version.id, page_number=1, width_mm=210, height_mm=297, text="Text", words=pack([]),
        source=TextSource.OCR, image_sha256=picture, thumbnail_sha256=picture,
    )  # fmt: skip
    searchable = Rendition(
        version_id=version.id, kind="searchable", sha256=picture, size_bytes=4, media_type="application/pdf"
    )
    registry.session.add_all([page, searchable])
    registry.session.flush()
    return document


def reading_the_searchable_pdf(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.content_of(registry.session, registry.actor(), document.id, rendition="searchable")


def reading_a_page_image(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.page_image(registry.session, registry.actor(), document.id, 1)


def looking_at_a_thumbnail(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.page_image(registry.session, registry.actor(), document.id, 1, ImageSize.THUMBNAIL)


def reading_words(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.words_of_page(registry.session, registry.actor(), document.id, 1)


def reading_text(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.text_of(registry.session, registry.actor(), document.id)


def making_a_letter(registry: Registry) -> Act:
    ensure_shipped_templates(registry.session, registry.blobs)
    stored = registry.stored(b"Schreiben")
    rendered = RenderedLetter(registry.planned_letter(registry.case_file()), "7K3QX9MWTR", [1], stored)
    return lambda: letters.make_letter(registry.session, registry.actor(), rendered)


def approving(registry: Registry) -> Act:
    letter_id = _draft(registry)
    return lambda: letters.approve_letter(registry.session, registry.actor(), letter_id)


def posting(registry: Registry) -> Act:
    letter_id = _draft(registry)
    letters.approve_letter(registry.session, registry.actor(), letter_id)
    return lambda: letters.post_letter(registry.session, registry.actor(), letter_id)


def cancelling(registry: Registry) -> Act:
    letter_id = _draft(registry)
    return lambda: letters.cancel_letter(registry.session, registry.actor(), letter_id)


def _draft(registry: Registry) -> UUID:
    letter = making_a_letter(registry)()
    assert isinstance(letter, Letter)
    return letter.id


def delivering(registry: Registry) -> Act:
    station = registry.actor(registry.station())
    delivery, stored = Delivery("scan-1", "op", "1"), registry.stored(b"Scan")
    return lambda: receive_batch(registry.session, station, delivery, [stored])


def granting_on_an_entry(registry: Registry) -> Act:
    wish = GrantWish(["read"], SubjectWish(person="anna"))
    return lambda: granting.give(registry.session, registry.actor(), nodes.entry("50"), wish)


def granting_on_a_case_file(registry: Registry) -> Act:
    case_file = registry.case_file()
    return lambda: registry.grant(case_file, "person:anna")


def granting_on_a_document(registry: Registry) -> Act:
    document = registry.document(registry.case_file())
    return lambda: registry.grant(document, "person:anna")


def revoking(registry: Registry) -> Act:
    grant = registry.grant(registry.case_file(), "person:anna")
    return lambda: registry.revoke(grant)


def filing_from_the_inbox(registry: Registry) -> Act:
    item, case_file = registry.waiting(), registry.case_file(unit="SO")
    return lambda: inbox.file_item(registry.session, registry.actor("anna"), item.id, case_file.id)


def forwarding(registry: Registry) -> Act:
    item, unit = registry.waiting(), registry.unit("PO")
    return lambda: inbox.forward_item(registry.session, registry.actor("anna"), item.id, unit, "bitte")


def rejecting(registry: Registry) -> Act:
    item = registry.waiting()
    return lambda: inbox.reject_item(registry.session, registry.actor("anna"), item.id, "Werbung")


@pytest.mark.parametrize(
    ("arrange", "tags"),
    [
        (opening, ["case_file_opened"]),
        (changing, ["case_file_changed"]),
        (completing, ["case_file_completed"]),
        (reopening, ["case_file_reopened"]),
        (adding_a_party, ["party_added"]),
        (opening_a_proceeding, ["proceeding_opened"]),
        (attaching, ["document_filed"]),
        (adding_a_version, ["version_added"]),
        (changing_a_document, ["document_changed"]),
        (moving, ["document_moved", "document_moved"]),
        (withdrawing, ["document_withdrawn"]),
        (quarantining, ["quarantined"]),
        (reading_the_original, ["content_read"]),
        (reading_the_searchable_pdf, ["content_read"]),
        (reading_a_page_image, ["page_read"]),
        (looking_at_a_thumbnail, []),
        (reading_words, ["text_read"]),
        (reading_text, ["text_read"]),
        (making_a_letter, ["letter_made"]),
        (approving, ["letter_approved"]),
        (posting, ["letter_posted"]),
        (cancelling, ["letter_cancelled"]),
        (delivering, ["batch_delivered"]),
        (granting_on_an_entry, ["grant_given"]),
        (granting_on_a_case_file, ["grant_given"]),
        (granting_on_a_document, ["grant_given"]),
        (revoking, ["grant_revoked"]),
        (filing_from_the_inbox, ["inbox_filed"]),
        (forwarding, ["inbox_forwarded"]),
        (rejecting, ["inbox_rejected"]),
    ],
)
def test_every_use_case_leaves_its_mark(
    registry: Registry, arrange: Callable[[Registry], Act], tags: list[str]
) -> None:
    act = arrange(registry)
    before = len(pending_events(registry.session))

    act()

    left = pending_events(registry.session)[before:]
    assert [event.tag for event in left] == tags
    by_itself = {"quarantined"}
    assert all(event.actor_id in {REGISTRAR, "anna", "scan-1"} for event in left if event.tag not in by_itself)
    assert all(event.actor_id == MACHINE.id for event in left if event.tag in by_itself)


def test_a_search_is_noted_with_what_was_typed(registry: Registry, tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    index.rebuild([])

    search.find(registry.session, index, registry.actor("anna"), "Müller \ud800")

    searched = pending_events(registry.session)[-1]
    assert (searched.tag, searched.actor_id) == ("searched", "anna")
    assert "Müller" in (searched.payload or "")


def test_a_refused_read_leaves_no_mark_of_having_read(registry: Registry) -> None:
    document = registry.document(registry.case_file())
    before = len(pending_events(registry.session))

    with pytest.raises(NotFound):
        reading.content_of(registry.session, registry.actor("anna"), document.id)

    assert len(pending_events(registry.session)) == before


def test_an_event_says_who_where_and_in_which_case_file(registry: Registry) -> None:
    case_file = registry.case_file()
    document = registry.document(case_file)
    registry.grant(case_file, "person:anna")

    reading.content_of(registry.session, registry.actor("anna").at(Origin("r-9", "192.0.2.9")), document.id)

    event = pending_events(registry.session)[-1]
    assert (event.actor_id, event.object_kind, event.object_id) == ("anna", "document", str(document.id))
    assert event.case_file_id == case_file.id
    assert '"request_id": "r-9"' in (event.payload or "")
