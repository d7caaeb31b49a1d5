"""The audit trail: nothing is missing, nothing can be changed unseen, and every use case leaves its mark."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import audit, audit_reading, case_files, correcting, documents, granting, inbox, letters, reading, search
from eakte.audit import AuditEvent, AuditHead, AuditTag, Origin, pending_events, verify_chain
from eakte.case_files import CaseFileChange, PartyWish
from eakte.clock import now
from eakte.document_tables import Document, Page, Rendition
from eakte.documents import DocumentChange
from eakte.errors import NotFound, NotPermitted
from eakte.granting import GrantWish
from eakte.intake.receive import Delivery, receive_batch
from eakte.letter_tables import Letter
from eakte.letters import PreparedLetter
from eakte.page_words import pack
from eakte.paper import TextSource
from eakte.shipped_templates import ensure_shipped_templates
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from storage.tantivy_index import TantivyIndex
from tests.domain.registry import REGISTRAR, Registry


def note(session: Session, detail: str) -> None:
    audit.record(
        session,
        AuditTag.CASE_FILE_CHANGED,
        actor_id="anna",
        object_kind="case_file",
        object_id="x",
        origin=Origin("r-1", "192.0.2.7"),
        detail=detail,
    )


@pytest.fixture
def chain(database: Database) -> Database:
    """A trail of five events in three transactions."""
    for details in (["eins", "zwei"], ["drei"], ["vier", "fünf"]):
        with database.writing() as session:
            for detail in details:
                note(session, detail)
    return database


def faults(database: Database) -> list[str]:
    with database.reading() as session:
        return [f"{fault.number}: {fault.detail}" for fault in verify_chain(session)]


def alter(database: Database, statement: sa.UpdateBase) -> None:
    with database.engine.begin() as connection:
        connection.execute(statement)


# -- the chain -------------------------------------------------------------------------------------------


def test_a_chain_holds_from_its_first_event_to_its_head(chain: Database) -> None:
    assert faults(chain) == []
    with chain.reading() as session:
        events = session.exec(select(AuditEvent).order_by(col(AuditEvent.number))).all()
        assert [event.number for event in events] == [1, 2, 3, 4, 5]
        assert events[0].previous_hash == audit.GENESIS
        assert '"address": "192.0.2.7"' in (events[4].payload or "")
        assert '"detail": "fünf"' in (events[4].payload or "")


def test_an_empty_trail_is_whole(database: Database) -> None:
    assert faults(database) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", now()),
        ("actor_id", "otto"),
        ("tag", "case_file_read"),
        ("object_kind", "document"),
        ("object_id", "y"),
        ("case_file_id", uuid4()),
        ("payload", '{"detail": "nichts"}'),
        ("salt", "0" * 32),
        ("salt", None),
        ("payload_digest", "0" * 64),
        ("previous_hash", "0" * 64),
        ("hash", "0" * 64),
        ("number", 77),
    ],
)
def test_no_column_can_be_changed_unseen(chain: Database, column: str, value: object) -> None:
    alter(chain, sa.update(AuditEvent).where(col(AuditEvent.number) == 3).values({column: value}))

    assert faults(chain)


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_deleted_event_is_missed(chain: Database, number: int) -> None:
    alter(chain, sa.delete(AuditEvent).where(col(AuditEvent.number) == number))

    assert faults(chain)


def test_everything_deleted_is_missed(chain: Database) -> None:
    alter(chain, sa.delete(AuditEvent))

    assert faults(chain) == ["0: Das Ende der Kette fehlt oder wurde verändert."]


def test_a_slipped_in_event_is_found(chain: Database) -> None:
    with chain.reading() as session:
        event = session.get_one(AuditEvent, 3).model_dump()
    slipped = {**event, "number": 6, "hash": "f" * 64}
    alter(chain, sa.insert(AuditEvent).values(slipped))

    assert faults(chain)


def test_two_events_that_changed_places_are_found(chain: Database) -> None:
    for old, new in ((2, 90), (3, 2), (90, 3)):
        alter(chain, sa.update(AuditEvent).where(col(AuditEvent.number) == old).values(number=new))

    assert faults(chain)


@pytest.mark.parametrize("change", [sa.delete(AuditHead), sa.update(AuditHead).values(number=4)])
def test_a_head_that_was_tampered_with_is_found(chain: Database, change: sa.UpdateBase) -> None:
    alter(chain, change)

    assert faults(chain) == ["5: Das Ende der Kette fehlt oder wurde verändert."]


def test_a_payload_erased_by_rule_leaves_the_chain_whole(chain: Database) -> None:
    alter(chain, sa.update(AuditEvent).where(col(AuditEvent.number).in_([2, 3])).values(payload=None, salt=None))

    assert faults(chain) == []
    with chain.writing() as session:
        note(session, "danach")
    assert faults(chain) == []


def test_the_same_details_never_have_the_same_digest(database: Database) -> None:
    with database.writing() as session:
        note(session, "gleich")
        note(session, "gleich")
    with database.reading() as session:
        digests = session.exec(select(AuditEvent.payload_digest)).all()
    assert len(set(digests)) == 2


# -- transactions ----------------------------------------------------------------------------------------


def test_what_was_rolled_back_did_not_happen(chain: Database) -> None:
    def fail() -> None:
        with chain.writing() as session:
            note(session, "nie")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert faults(chain) == []
    with chain.reading() as session:
        assert session.get_one(AuditHead, 1).number == 5


def test_a_savepoint_takes_back_its_own_events_only(database: Database) -> None:
    with database.writing() as session:
        note(session, "vorher")
        savepoint = session.begin_nested()
        note(session, "verworfen")
        savepoint.rollback()
        with session.begin_nested():
            note(session, "mitten")
        note(session, "nachher")

    with database.reading() as session:
        payloads = session.exec(select(AuditEvent.payload).order_by(col(AuditEvent.number))).all()
    assert [payload for payload in payloads if payload and "verworfen" in payload] == []
    assert len(payloads) == 3
    assert faults(database) == []


def test_a_session_closed_without_a_commit_takes_nothing_along(database: Database) -> None:
    session = Session(database.engine)
    session.exec(select(1)).one()
    note(session, "verworfen")
    session.close()
    note(session, "neu")
    session.commit()
    session.close()

    with database.reading() as check:
        assert [event.payload for event in check.exec(select(AuditEvent)) if "verworfen" in (event.payload or "")] == []
        assert check.get_one(AuditHead, 1).number == 1


def test_half_a_character_does_not_break_the_trail(database: Database) -> None:
    with database.writing() as session:
        note(session, "\ud800 und \x00")

    assert faults(database) == []


def test_writers_at_once_give_one_unbroken_chain(database: Database) -> None:
    start = threading.Barrier(4)

    def write(name: str) -> None:
        start.wait()
        for turn in range(5):
            with database.writing() as session:
                note(session, f"{name} {turn}")
                note(session, f"{name} {turn} again")

    threads = [threading.Thread(target=write, args=(f"thread {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults(database) == []
    with database.reading() as session:
        assert session.get_one(AuditHead, 1).number == 40


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
    document = registry.document(registry.case_file())
    return lambda: documents.quarantine(registry.session, document, "unlesbar", actor_id=REGISTRAR)


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
        source=TextSource.OCR, image_sha256=picture,
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
    return lambda: reading.page_image(registry.session, registry.blobs, registry.actor(), document.id, 1)


def reading_words(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.words_of_page(registry.session, registry.actor(), document.id, 1)


def reading_text(registry: Registry) -> Act:
    document = _with_a_page(registry)
    return lambda: reading.text_of(registry.session, registry.actor(), document.id)


def making_a_letter(registry: Registry) -> Act:
    ensure_shipped_templates(registry.session, registry.blobs)
    stored = registry.stored(b"Schreiben")
    prepared = PreparedLetter(registry.case_file().id, "brief", "Brief", None, {}, "7K3QX9MWTR", [1], stored, 1)
    return lambda: letters.make_letter(registry.session, registry.actor(), prepared)


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
    wish = GrantWish(["read"], person="anna")
    return lambda: granting.grant_on_entry(registry.session, registry.actor(), "50", wish)


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
    assert all(event.actor_id in {REGISTRAR, "anna", "scan-1"} for event in left)


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


# -- reading the trail -----------------------------------------------------------------------------------


@pytest.fixture
def read_once(database: Database, blobs: FolderBlobs) -> tuple[UUID, UUID, UUID]:
    """Anna has read a document, the registrar moved it; ids of its first and second case file and its own."""
    with database.writing() as session:
        registry = Registry(session, blobs)
        source, target = registry.case_file(unit="SO"), registry.case_file()
        document = registry.document(source)
        reading.content_of(session, registry.actor("anna"), document.id)
        registry.person("dora", role="dpo")
        registry.person("emil")
        registry.grant(source, "person:emil", "bearbeiten")
        correcting.move_document(session, registry.actor(), document.id, target.id)
    return source.id, target.id, document.id


def test_who_leads_a_file_reads_its_trail_and_sees_what_left_it(
    database: Database, blobs: FolderBlobs, read_once: tuple[UUID, UUID, UUID]
) -> None:
    source_id, target_id, _ = read_once
    with database.reading() as session:
        registry = Registry(session, blobs)
        trail = audit_reading.trail_of(session, registry.actor("anna"), str(source_id))
        assert [event.tag for event in trail] == [
            "case_file_opened", "document_filed", "content_read", "grant_given", "document_moved",
        ]  # fmt: skip
        assert str(target_id) not in (trail[-1].payload or ""), "where to is not theirs to know"
        assert verify_chain(session) == []


def test_the_data_protection_officer_reads_every_trail_and_nobody_else_does(
    database: Database, blobs: FolderBlobs, read_once: tuple[UUID, UUID, UUID]
) -> None:
    with database.reading() as session:
        registry = Registry(session, blobs)
        for id_ in read_once:
            assert audit_reading.trail_of(session, registry.actor("dora"), str(id_))
        with pytest.raises(NotPermitted):
            audit_reading.trail_of(session, registry.actor("emil"), str(read_once[0]))
        for unknown in (str(read_once[1]), str(read_once[2]), "no id", str(uuid4())):
            with pytest.raises(NotFound):
                audit_reading.trail_of(session, registry.actor("emil"), unknown)
        with pytest.raises(NotFound):
            audit_reading.trail_of(session, registry.actor("dora"), str(uuid4()))
