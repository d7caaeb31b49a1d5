"""The database of the last version upgrades without loss: everybody keeps their rights, sections get their scopes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from eakte import access, clues, jobs, nodes, places
from eakte.access_tables import AccessScope, GrantCause, Right, ScopeAncestor
from eakte.actors import actor_for
from eakte.audit import AuditEvent, AuditTag, verify_chain
from eakte.case_file_tables import CaseFile, Party
from eakte.clues import Clue
from eakte.document_tables import Document
from eakte.grants import grants_on
from eakte.jobs import Job, JobKind
from eakte.note_proofs import faults_of_notes
from eakte.principals import Person
from eakte.seals import Seal, seal
from eakte.transfer_note_tables import Quality, TransferNote
from storage.database import Database
from storage.migration import differences, upgrade
from tests.storage.first_light import (
    ABOUT_BERTA,
    BERTAS_FILE,
    GRANTED,
    IN_OWN,
    IN_SECTION,
    LOOSE,
    NOTE,
    NOW,
    OWN_FILE,
    SHARED_FILE,
    make_first_light,
)


@pytest.fixture
def upgraded(empty_url: str) -> Iterator[Database]:
    """A database of version 0.1, brought to this one."""
    database = Database(empty_url)
    make_first_light(database)
    assert upgrade(database) is True
    yield database
    database.close()


def test_the_upgraded_schema_is_that_of_the_code(upgraded: Database) -> None:
    assert differences(upgraded) == []


def test_everybody_has_the_rights_they_had(upgraded: Database) -> None:
    leading = Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE
    with upgraded.reading() as session:
        anna, otto = actor_for(session, "anna"), actor_for(session, "otto")
        for id_ in (IN_SECTION, GRANTED, IN_OWN, LOOSE):
            scope_id = session.get_one(Document, id_).access_scope_id
            assert access.rights_on(session, anna, scope_id) == leading
            expected = Right(0) if id_ == IN_SECTION else Right.READ
            assert access.rights_on(session, otto, scope_id) == expected
        for file_id, expected in ((SHARED_FILE, Right(0)), (OWN_FILE, Right.READ)):
            scope_id = session.get_one(CaseFile, file_id).access_scope_id
            assert access.rights_on(session, anna, scope_id) == leading
            assert access.rights_on(session, otto, scope_id) == expected


def test_what_lies_in_sections_falls_under_them(upgraded: Database) -> None:
    with upgraded.reading() as session:
        for id_, file_id, section in ((IN_SECTION, SHARED_FILE, "Vertrag"), (IN_OWN, OWN_FILE, "Krankheit")):
            place_id = nodes.place_of(session, nodes.section(file_id, section))
            assert session.get_one(Document, id_).access_scope_id == place_id
        own = session.get_one(AccessScope, session.get_one(Document, GRANTED).access_scope_id)
        assert own.parent_id == nodes.place_of(session, nodes.section(SHARED_FILE, "Krankheit"))
        moved = session.exec(select(Job.subject_id).where(col(Job.scope_before_id).is_not(None))).all()
        assert set(moved) == {SHARED_FILE, OWN_FILE, BERTAS_FILE}, "their index entries follow"


def test_arranging_an_upgraded_file_anew_changes_nothing(upgraded: Database) -> None:
    def tree() -> tuple[set[tuple[int | None, int | None, int | None]], set[tuple[int, int, bool]]]:
        with upgraded.reading() as session:
            scopes = session.exec(select(AccessScope)).all()
            links = session.exec(select(ScopeAncestor)).all()
            return (
                {(scope.id, scope.parent_id, scope.beside_id) for scope in scopes},
                {(link.ancestor_id, link.scope_id, link.inherits) for link in links},
            )

    before = tree()

    with upgraded.writing() as session:
        for file_id in (SHARED_FILE, OWN_FILE, BERTAS_FILE):
            places.arrange(session, session.get_one(CaseFile, file_id))

    assert tree() == before


def test_a_file_with_rights_of_its_own_holds_its_units_grant_and_names_can_be_compared(upgraded: Database) -> None:
    with upgraded.reading() as session:
        own_id = session.get_one(CaseFile, OWN_FILE).access_scope_id
        assert {grant.cause for grant in grants_on(session, own_id)} == {GrantCause.RESPONSIBLE, GrantCause.SHARING}
        assert set(session.exec(select(Party.name_key))) == {"groessmann joerg", "berta gross"}
        assert session.get_one(Person, "anna").name_key == "aenne aermel"


def test_case_files_of_earlier_versions_can_be_suggested(upgraded: Database) -> None:
    with upgraded.writing() as session:
        noted = {(clue.case_file_id, clue.kind, clue.key, clue.label) for clue in session.exec(select(Clue))}
        for id_ in (SHARED_FILE, OWN_FILE, BERTAS_FILE):
            clues.clues_changed(session, session.get_one(CaseFile, id_))
        now_noted = {(clue.case_file_id, clue.kind, clue.key, clue.label) for clue in session.exec(select(Clue))}
        assert {case_file_id for case_file_id, *_ in noted} == {SHARED_FILE, OWN_FILE, BERTAS_FILE}
        assert noted == now_noted
        jobs.enqueue(session, JobKind.PLACE_WAITING, LOOSE)


def test_transfer_notes_keep_what_they_said_and_are_sealed(upgraded: Database) -> None:
    with upgraded.reading() as session:
        note = session.get_one(TransferNote, NOTE)
        facts, (scan,) = note.facts, note.facts["scans"]
        assert seal(facts) == Seal(note.content, note.digest)
        assert (facts["product"]["sha256"], facts["anomalies"], note.quality) == ("a" * 64, ["schief"], Quality.NONE)
        assert (scan["operator"], scan["delivered_at"], scan["scanned_at"]) == ("op-7", NOW.isoformat(), None)
        assert scan["files"] == [{"position": 0, "name": "scan.pdf", "sha256": "b" * 64, "pages": [3, 4]}]
        assert facts["agreement"] is None, "nobody stated it"
        assert list(faults_of_notes(session)) == []


def test_whoever_works_here_and_is_a_party_is_kept_from_their_case_file_at_once(upgraded: Database) -> None:
    with upgraded.reading() as session:
        anna, berta = actor_for(session, "anna"), actor_for(session, "berta")
        for thing in (session.get_one(CaseFile, BERTAS_FILE), session.get_one(Document, ABOUT_BERTA)):
            assert access.rights_on(session, berta, thing.access_scope_id) == Right(0)
            assert access.rights_on(session, anna, thing.access_scope_id) & Right.SHARE
        shared = session.get_one(CaseFile, SHARED_FILE)
        assert access.rights_on(session, berta, shared.access_scope_id) & Right.SHARE, (
            "of others she keeps what she had"
        )
        (told,) = session.exec(select(AuditEvent).where(AuditEvent.tag == AuditTag.EXCLUSION_SET)).all()
        assert (told.case_file_id, verify_chain(session)) == (BERTAS_FILE, [])
