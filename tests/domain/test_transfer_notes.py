"""Transfer notes say who scanned what, when and how, for good; checks by sample find faults, and by whom is certain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import documents, granting, nodes, note_words, quality_checks, station_operators, transfer_notes
from eakte.audit import AuditEvent, AuditTag, pending_events
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, DocumentVersion
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.intake import receive
from eakte.intake.transfer_notes import is_drawn
from eakte.levels import Level
from eakte.note_proofs import faults_of_notes
from eakte.paper import PageReading
from eakte.principals import RoleHolding
from eakte.scan_profiles import AGREEMENT, ScanProfile
from eakte.scan_tables import ScanBatch
from eakte.seals import digest_of, seal
from eakte.transfer_note_tables import CheckResult, Quality, QualityCheck, StationOperator, TransferNote
from tests.domain.mailroom import Mailroom
from tests.domain.registry import Registry
from tests.domain.test_matching import page_with, printed

_NO_READER: Any = None
SCANNED_AT = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)


@pytest.fixture
def mailroom(registry: Registry, tmp_path: Path) -> Mailroom:
    """A station whose products are all in the sample; Anna belongs to its unit."""
    registry.session.get_one(ScanProfile, "default").quality_share = 100
    return Mailroom(registry, _NO_READER, tmp_path / "work")


def answered(mailroom: Mailroom, **said: Any) -> tuple[ScanBatch, Document, CaseFile]:
    """A letter of two sheets whose answer came whole."""
    registry = mailroom.registry
    case_file = registry.case_file(unit="SO")
    letter = registry.letter(case_file, sheets=(1, 2))
    batch = mailroom.scan(*(page_with(n, printed(registry, letter, n)) for n in (1, 2)), **said)
    return batch, registry.session.get_one(Document, letter.answer_document_id), case_file


def note_of(mailroom: Mailroom, document: Document) -> TransferNote:
    version = documents.newest_version(mailroom.registry.session, document)
    return mailroom.registry.session.exec(select(TransferNote).where(TransferNote.version_id == version.id)).one()


def check(mailroom: Mailroom, document: Document, who: str = "anna", **said: Any) -> QualityCheck:
    session, note = mailroom.registry.session, note_of(mailroom, document)
    said = {"result": CheckResult.GOOD, **said}
    return quality_checks.check_quality(session, mailroom.registry.actor(who), note.id, **said)


def to_check(mailroom: Mailroom, who: str) -> list[UUID]:
    session, actor = mailroom.registry.session, mailroom.registry.actor(who)
    return [view.document.id for view in quality_checks.list_to_check(session, actor, limit=10)]


# -- what a note says ------------------------------------------------------------------------------------


def test_a_note_says_everything_the_guideline_asks_for(mailroom: Mailroom) -> None:
    batch, document, _ = answered(
        mailroom,
        operator="op-7",
        scanned_at=SCANNED_AT,
        expected_sheets=3,
        device="Scanner S-7900",
        device_settings={"resolution_dpi": 300, "duplex": False},
        remarks="Blatt 2 eingerissen",
    )
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")

    view = transfer_notes.note_for(session, anna, document.id)

    version = documents.newest_version(session, document)
    (file,) = receive.files_of(session, batch)
    facts, (scan,) = view.facts, view.facts["scans"]
    assert facts["product"]["sha256"] == version.sha256
    assert scan["files"] == [{"position": 0, "name": "stapel.pdf", "sha256": file.sha256, "pages": [1, 2]}]
    assert (scan["operator"], scan["station"], scan["unit"]) == ("op-7", "scan-1", "SO")
    assert (scan["device"], scan["device_settings"]) == ("Scanner S-7900", {"resolution_dpi": 300, "duplex": False})
    assert (scan["scanned_at"], scan["delivered_at"]) == (SCANNED_AT.isoformat(), batch.delivered_at.isoformat())
    assert (scan["sheets_expected"], scan["sheets_received"]) == (3, 2)
    assert facts["completeness"]["complete"]
    assert facts["quality_assurance"] == {"in_sample": True, "share": 100}
    assert facts["agreement"] == {"statement": AGREEMENT, "made_by": "op-7, Poststelle (Amt SO)"}
    assert (view.is_intact, view.needs_check, view.may_check) == (True, True, True)
    lines = {label: text for section in note_words.sections_of(view) for label, text in section.lines}
    assert lines["Gescannt am"] == "26.11.2026, 08:30 Uhr"
    assert lines["Einstellungen"] == "duplex: nein; resolution_dpi: 300"
    assert lines["Blätter des Schreibens"] == "erwartet 1–2, eingegangen 1–2; vollständig"
    assert lines["Bemerkung der Scankraft"] == "Blatt 2 eingerissen"
    assert lines["Blätter im Stapel 1"] == "gezählt 3, eingelesen 2: weicht ab"
    assert lines["Stand"] == "Prüfung steht aus"


def test_the_digest_is_over_what_is_told_written_with_sorted_keys(mailroom: Mailroom) -> None:
    _, document, _ = answered(mailroom)
    note = note_of(mailroom, document)

    assert note.digest == digest_of(note.content) == seal(note.facts).digest
    assert seal({"b": 1, "a": "Straße \udcff"}).content == '{"a":"Straße \\udcff","b":1}'


def test_whoever_may_not_read_the_document_knows_of_no_note(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    batch, document, _ = answered(mailroom)
    registry.unit("EINS")
    otto = registry.actor(registry.person("otto", "EINS"))

    with pytest.raises(NotFound):
        transfer_notes.note_for(registry.session, otto, document.id)
    with pytest.raises(NotFound):
        transfer_notes.notes_of_batch(registry.session, otto, batch.id)
    with pytest.raises(NotFound):
        quality_checks.note_to_check(registry.session, otto, note_of(mailroom, document).id)
    assert to_check(mailroom, "otto") == []


def test_the_station_exports_only_what_its_people_may_read(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    case_file = registry.case_file()
    letter = registry.letter(case_file)
    batch = mailroom.scan(PageReading(1), page_with(2, printed(registry, letter, 1)))

    views = transfer_notes.notes_of_batch(registry.session, registry.actor("anna"), batch.id)

    assert [view.title for view in views] == ["Eingang ohne Zuordnung"]
    assert sum(quality_checks.counts_of_batch(registry.session, batch).values()) == 2


def test_what_came_by_mail_agrees_with_no_paper_and_is_in_no_sample(mailroom: Mailroom) -> None:
    _, document, _ = answered(mailroom, channel="email")

    note = note_of(mailroom, document)
    assert (note.facts["agreement"], note.quality) == (None, Quality.NONE)


# -- proving ---------------------------------------------------------------------------------------------


def _change(session: Session, note: TransferNote) -> None:
    note.content = note.content.replace('"op"', '"other"')


def _seal_anew(session: Session, note: TransferNote) -> None:
    _change(session, note)
    note.digest = digest_of(note.content)


def _lose(session: Session, note: TransferNote) -> None:
    session.exec(sa.delete(QualityCheck))
    session.exec(sa.delete(TransferNote).where(col(TransferNote.id) == note.id))


def _lose_check(session: Session, note: TransferNote) -> None:
    session.exec(sa.delete(QualityCheck))
    note.quality = Quality.WAITING


def _leave_sample(session: Session, note: TransferNote) -> None:
    _lose_check(session, note)
    note.quality = Quality.NONE


def _other_bytes(session: Session, note: TransferNote) -> None:
    session.get_one(DocumentVersion, note.version_id).sha256 = "0" * 64


def test_whatever_is_changed_about_a_note_shows(mailroom: Mailroom) -> None:
    session = mailroom.registry.session
    _, document, _ = answered(mailroom)
    check(mailroom, document)
    session.commit()
    assert list(faults_of_notes(session)) == []
    told: dict[Callable[[Session, TransferNote], None], str] = {
        _change: "nachträglich verändert",
        _seal_anew: "Protokoll nennt einen anderen",
        _lose: "fehlt der Transfervermerk",
        _lose_check: "Protokoll nennt andere Prüfungen",
        _leave_sample: "Der Stand der Prüfung ist „none“",
        _other_bytes: "anderen Bytes",
    }

    for damage, fault in told.items():
        damage(session, note_of(mailroom, session.get_one(Document, document.id)))
        session.flush()
        assert fault in " ".join(faults_of_notes(session))
        session.rollback()
        session.expunge_all()


def test_erased_details_of_the_trail_are_no_fault(mailroom: Mailroom) -> None:
    session = mailroom.registry.session
    _, document, _ = answered(mailroom)
    check(mailroom, document)
    session.commit()
    session.exec(sa.update(AuditEvent).values(payload=None, salt=None))

    assert list(faults_of_notes(session)) == []


# -- the sample ------------------------------------------------------------------------------------------


def test_the_lot_is_the_same_each_time_and_takes_about_its_share(registry: Registry) -> None:
    versions = [_version(number) for number in range(300)]

    def drawn(share: int) -> list[int]:
        return [n for n, version in enumerate(versions) if is_drawn(registry.session, version, share)]

    assert drawn(0) == []
    assert len(drawn(100)) == 300
    fifth = drawn(20)
    assert fifth == drawn(20)
    assert 25 < len(fifth) < 110
    assert set(drawn(5)) < set(fifth)


def _version(number: int) -> DocumentVersion:
    origin = {"scan_batch": str(UUID(int=7)), "sheets": [[0, number + 1]]}
    return DocumentVersion(
        document_id=UUID(int=number), number=1, sha256="", size_bytes=0, origin=origin, created_by=""
    )


# -- checking --------------------------------------------------------------------------------------------


def test_a_good_scan_is_looked_at_once_by_a_named_person(mailroom: Mailroom) -> None:
    session = mailroom.registry.session
    _, document, case_file = answered(mailroom, operator="op-7")
    assert to_check(mailroom, "anna") == [document.id]

    made = check(mailroom, document)

    assert to_check(mailroom, "anna") == []
    facts = made.facts
    assert (facts["checker"], facts["checker_name"], facts["scanned_by_checker"]) == ("anna", "Anna", None)
    assert facts["note"] == note_of(mailroom, document).digest
    with pytest.raises(Conflict):
        check(mailroom, document)
    (event,) = [one for one in pending_events(session) if one.tag == AuditTag.QUALITY_CHECKED]
    assert (event.object_id, event.case_file_id) == (str(document.id), case_file.id)


def test_a_fault_waits_for_the_station_until_it_is_settled(mailroom: Mailroom) -> None:
    session, anna = mailroom.registry.session, mailroom.registry.actor("anna")
    batch, document, _ = answered(mailroom)
    with pytest.raises(Invalid, match="Bemerkung"):
        check(mailroom, document, result=CheckResult.FAULT, remark=" ")
    check(mailroom, document)

    check(mailroom, document, result=CheckResult.FAULT, remark="Seite 2 abgeschnitten", rescan=True)

    (line,) = quality_checks.open_faults(session, anna, limit=10)
    assert (line.batch_id, line.pages) == (batch.id, (("stapel.pdf", (1, 2)),))
    assert (line.remark, line.rescan) == ("Seite 2 abgeschnitten", True)
    with pytest.raises(Conflict):
        check(mailroom, document)
    with pytest.raises(Invalid):
        quality_checks.settle_fault(session, anna, line.note_id, "")
    quality_checks.settle_fault(session, anna, line.note_id, "Neu gescannt in Stapel 2")
    assert quality_checks.open_faults(session, anna, limit=10) == []
    view = transfer_notes.note_for(session, anna, document.id)
    assert ([check["result"] for check in view.checks], view.is_intact) == (["good", "fault", "settled"], True)
    with pytest.raises(Conflict):
        quality_checks.settle_fault(session, anna, line.note_id, "Noch einmal")


def test_a_station_settles_faults_of_documents_it_may_not_read(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    registry.unit("WG")
    registry.person("wanda", "WG")
    registry.person("rita", "WG")
    case_file = registry.case_file(unit="WG")
    letter = registry.letter(case_file)
    mailroom.scan(page_with(1, printed(registry, letter, 1)))
    document = registry.session.get_one(Document, letter.answer_document_id)
    assert (to_check(mailroom, "anna"), to_check(mailroom, "wanda")) == ([], [document.id])
    with pytest.raises(NotFound):
        check(mailroom, document)

    check(mailroom, document, "wanda", result=CheckResult.FAULT, remark="unscharf")

    anna = registry.actor("anna")
    (line,) = quality_checks.open_faults(registry.session, anna, limit=10)
    quality_checks.settle_fault(registry.session, anna, line.note_id, "genügt")
    assert note_of(mailroom, document).quality is Quality.SETTLED


def test_who_may_only_read_judges_nothing_and_machines_never_do(mailroom: Mailroom) -> None:
    registry = mailroom.registry
    _, document, case_file = answered(mailroom)
    registry.unit("EINS")
    registry.person("lisa", "EINS")
    registry.grant(case_file, "person:lisa")

    assert to_check(mailroom, "lisa") == []
    with pytest.raises(NotPermitted):
        check(mailroom, document, "lisa")
    with pytest.raises(NotPermitted, match="Mensch"):
        check(mailroom, document, "registrar")


# -- who scanned it does not check it, at the highest level ------------------------------------------------


def _classify(mailroom: Mailroom, case_file: CaseFile) -> None:
    registry = mailroom.registry
    granting.set_level(registry.session, registry.actor(), nodes.case_file(case_file.id), "streng-vertraulich")


@pytest.fixture
def classified(mailroom: Mailroom) -> Mailroom:
    """Anna and Otto may see the highest level; Anna scans as op-7, and nobody knows who op-8 is."""
    registry = mailroom.registry
    registry.person("otto", "SO", ceiling=int(Level.STRICTLY_CONFIDENTIAL))
    registry.person("olga", "SO", ceiling=int(Level.STRICTLY_CONFIDENTIAL), name="Dr. Olga Öl")
    registry.session.add(StationOperator(station_id="scan-1", pseudonym="op-7", person_id="olga"))
    registry.session.flush()
    return mailroom


def test_at_the_highest_level_only_who_certainly_did_not_scan_checks(classified: Mailroom) -> None:
    named = ["op-7", "olga", "olga@example.org", "Öl, Olga", "op-8"]
    scanned = [answered(classified, operator=word, batch_id=word) for word in named]
    for _, _, case_file in scanned:
        _classify(classified, case_file)
    by_olga, by_nobody_knows = [document for _, document, _ in scanned[:4]], scanned[4][1]

    assert to_check(classified, "otto") == [document.id for document in by_olga]
    assert to_check(classified, "olga") == []
    for document, who in ((by_olga[0], "olga"), (by_nobody_knows, "olga"), (by_nobody_knows, "otto")):
        with pytest.raises(NotPermitted, match="höchsten Stufe"):
            check(classified, document, who)
    for document in by_olga:
        assert check(classified, document, "otto").facts["scanned_by_checker"] is False


def test_a_look_by_whoever_scanned_counts_no_more_once_the_level_is_the_highest(classified: Mailroom) -> None:
    _, document, case_file = answered(classified, operator="op-7")
    assert check(classified, document, "olga").facts["scanned_by_checker"] is True
    assert to_check(classified, "otto") == []

    _classify(classified, case_file)

    assert (to_check(classified, "otto"), to_check(classified, "olga")) == ([document.id], [])
    check(classified, document, "otto")
    assert to_check(classified, "otto") == []


# -- pseudonyms ------------------------------------------------------------------------------------------


def test_only_some_turn_a_pseudonym_into_a_name_with_a_reason_on_the_trail(classified: Mailroom) -> None:
    registry = classified.registry
    session = registry.session
    registry.person("lena", "SO")
    session.add(RoleHolding(person_id="lena", role=station_operators.SCAN_LEAD, unit_id="SO"))
    registry.unit("EINS")
    registry.person("eva", "EINS")
    session.flush()

    def resolve(who: str, pseudonym: str = "op-7", reason: str = "Rückfrage des Gerichts") -> str:
        return station_operators.resolve_operator(session, registry.actor(who), "scan-1", pseudonym, reason)

    with pytest.raises(NotFound):
        resolve("eva")
    with pytest.raises(NotPermitted, match="scan-lead@SO"):
        resolve("anna")
    with pytest.raises(Invalid, match="Grund"):
        resolve("lena", reason=" ")
    with pytest.raises(Invalid, match="nicht hinterlegt"):
        resolve("lena", pseudonym="op-8")
    assert resolve("lena") == "Dr. Olga Öl"
    (event,) = [one for one in pending_events(session) if one.tag == AuditTag.OPERATOR_RESOLVED]
    assert "Rückfrage des Gerichts" in str(event.payload)
    assert "Olga" not in str(event.payload)
