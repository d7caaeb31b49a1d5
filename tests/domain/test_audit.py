"""The audit trail: nothing is missing, nothing can be changed unseen, and every use case leaves its mark."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import audit, audit_reading, correcting, documents, inbox, places, reading, scopes
from eakte.audit import AuditEvent, AuditHead, AuditTag, Origin, verify_chain
from eakte.clock import now
from eakte.document_tables import DocumentKind
from eakte.documents import DocumentWish
from eakte.errors import NotFound, NotPermitted
from eakte.nodes import Node, NodeKind
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from tests.domain.registry import Registry


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
        ("tag", "page_read"),
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
    with database.writing() as session:
        registry = Registry(session, blobs)
        trail = audit_reading.trail_of(session, registry.actor("anna"), str(source_id))
        assert [event.tag for event in trail] == [
            "case_file_opened", "document_filed", "content_read", "grant_given", "document_moved",
        ]  # fmt: skip
        assert str(target_id) not in str(trail[-1].details), "where to is not theirs to know"
        assert verify_chain(session) == []


def test_who_leads_a_file_reads_nothing_in_its_trail_about_what_is_kept_from_them_in_it(registry: Registry) -> None:
    entry = registry.entry("11", sections=("Krankheit", "Vertrag"))
    case_file = registry.case_file("11", unit="SO")
    session = registry.session
    registry.grant(Node(NodeKind.ENTRY_SECTION, "11", "Krankheit"), "system:registrar", "Registratur")
    scopes.set_shield(session, places.entry_section_scope(session, entry, "Krankheit"), shielded=True)
    for section in ("Krankheit", "Vertrag"):
        wish = DocumentWish(f"Blatt {section}", DocumentKind.INCOMING, section=section)
        documents.attach_document(session, registry.actor(), case_file.id, registry.stored(), wish)
    session.commit()

    trail = audit_reading.trail_of(session, registry.actor("anna"), str(case_file.id))

    assert [event.tag for event in trail] == ["case_file_opened", "document_filed"]


def test_the_data_protection_officer_reads_every_trail_and_nobody_else_does(
    database: Database, blobs: FolderBlobs, read_once: tuple[UUID, UUID, UUID]
) -> None:
    with database.writing() as session:
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


def test_the_trail_of_a_document_tells_of_it_as_a_letter_and_as_what_waited(registry: Registry) -> None:
    session, case_file = registry.session, registry.case_file(unit="SO")
    letter = registry.letter(case_file)
    item = registry.waiting("SO")
    inbox.file_item(session, registry.actor("anna"), item.id, case_file.id)
    session.commit()

    told = {
        id_: [event.tag for event in audit_reading.trail_of(session, registry.actor("anna"), str(id_))]
        for id_ in (letter.document_id, item.document_id)
    }

    assert told[letter.document_id] == ["letter_made", "letter_approved", "letter_posted"]
    assert told[item.document_id] == ["inbox_received", "inbox_filed"]
