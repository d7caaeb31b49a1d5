"""The life of a document: filing, versions, changing, moving, withdrawing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from eakte import access, case_files, correcting, documents, letters, reading
from eakte.clock import today
from eakte.document_tables import Document, DocumentKind, DocumentStatus, DocumentVersion
from eakte.documents import DocumentChange, DocumentWish, StoredFile
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.holding_back import hold_back
from eakte.ids import new_id
from eakte.jobs import Job, JobKind
from eakte.ports import BlobRef
from eakte.quarantine_tables import QuarantineCause
from tests.domain.registry import Registry

INCOMING = DocumentKind.INCOMING


def attach(registry: Registry, case_file_id: object, content: bytes = b"eins", **wish: object) -> tuple[Document, bool]:
    wanted = DocumentWish(**{"title": "Brief", "kind": INCOMING, **wish})  # type: ignore[arg-type]
    stored = registry.stored(content)
    return documents.attach_document(registry.session, registry.actor(), case_file_id, stored, wanted)  # type: ignore[arg-type]


# -- filing ----------------------------------------------------------------------------------------------


def test_a_filed_document_has_its_bytes_and_its_reading_is_ordered(registry: Registry) -> None:
    case_file = registry.case_file()
    before = case_file.revision

    document, made = attach(registry, case_file.id)

    assert made
    version = documents.newest_version(registry.session, document)
    assert (version.number, version.size_bytes) == (1, 4)
    assert registry.blobs.exists(version.sha256)
    assert document.status is DocumentStatus.RECEIVED
    ordered = registry.session.exec(select(Job.kind).where(Job.subject_id == version.id)).all()
    assert ordered == [JobKind.READ_VERSION]
    assert case_file.revision == before + 1


def test_incoming_ones_were_received_today_unless_said_otherwise_and_others_never(registry: Registry) -> None:
    case_file = registry.case_file()

    assert attach(registry, case_file.id)[0].received_on == today()
    assert attach(registry, case_file.id, received_on=date(2026, 1, 2))[0].received_on == date(2026, 1, 2)
    assert attach(registry, case_file.id, kind=DocumentKind.INTERNAL)[0].received_on is None


def test_the_same_external_id_with_the_same_bytes_is_one_document_and_with_others_a_conflict(
    registry: Registry,
) -> None:
    case_file, other = registry.case_file(), registry.case_file()
    document, _ = attach(registry, case_file.id, external_id="lohn-1")

    assert attach(registry, case_file.id, external_id="lohn-1") == (document, False)
    with pytest.raises(Conflict, match="anderem Inhalt"):
        attach(registry, case_file.id, b"anders", external_id="lohn-1")
    assert attach(registry, other.id, external_id="lohn-1")[1]


def test_what_was_withdrawn_does_not_come_back_by_repetition(registry: Registry) -> None:
    case_file = registry.case_file()
    document, _ = attach(registry, case_file.id, external_id="lohn-1")
    correcting.withdraw_document(registry.session, registry.actor(), document.id, "falsche Person")

    with pytest.raises(Conflict, match="zurückgezogen"):
        attach(registry, case_file.id, external_id="lohn-1")


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [({"title": " "}, "/title"), ({"section": "Krankheit"}, "/section"), ({"proceeding_id": new_id()}, "/proceeding")],
)  # fmt: skip
def test_a_wrong_wish_names_its_field(registry: Registry, wish: dict[str, object], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        attach(registry, registry.case_file().id, **wish)  # type: ignore[arg-type]

    assert refused.value.fields[0].pointer == pointer


def test_an_empty_file_is_refused(registry: Registry) -> None:
    with pytest.raises(Invalid, match="leer"):
        documents.attach_document(
            registry.session, registry.actor(), registry.case_file().id, StoredFile(BlobRef("0" * 64, 0)),
            DocumentWish("Brief", INCOMING),
        )  # fmt: skip


def test_sections_and_proceedings_must_be_the_case_files_own(registry: Registry) -> None:
    registry.entry("11", sections=("Vertrag", "Bezüge"))
    personnel, other = registry.case_file("11"), registry.case_file()
    proceeding = case_files.open_proceeding(registry.session, registry.actor(), other.id, "Vorgang")

    assert attach(registry, personnel.id, section="Bezüge")[0].section == "Bezüge"
    assert attach(registry, other.id, proceeding_id=proceeding.id)[0].proceeding_id == proceeding.id
    with pytest.raises(Invalid, match="Vorgang"):
        attach(registry, personnel.id, proceeding_id=proceeding.id)


def test_filing_needs_the_right_to_file(registry: Registry) -> None:
    case_file = registry.case_file()
    wish, stored = DocumentWish("Brief", INCOMING), registry.stored()
    with pytest.raises(NotFound):
        documents.attach_document(registry.session, registry.actor("anna"), case_file.id, stored, wish)
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna")
    with pytest.raises(NotPermitted):
        documents.attach_document(registry.session, registry.actor("anna"), case_file.id, stored, wish)
    assert registry.session.exec(select(Document)).all() == []


# -- versions --------------------------------------------------------------------------------------------


def test_versions_stay_and_the_newest_is_read_first(registry: Registry) -> None:
    document = registry.document(registry.case_file(), content=b"eins")
    session, actor = registry.session, registry.actor()
    version = documents.newest_version(session, document)
    hold_back(session, version, QuarantineCause.UNREADABLE, "unlesbar")

    documents.add_version(session, actor, document.id, registry.stored(b"zwei"))

    assert (document.status, document.status_reason) == (DocumentStatus.RECEIVED, None)
    assert [version.number for version in documents.versions_of(session, actor, document.id)] == [2, 1]
    for number, wanted in ((None, b"zwei"), (1, b"eins"), (2, b"zwei")):
        content = reading.content_of(session, actor, document.id, number=number)
        with reading.open_content(registry.blobs, content) as stream:
            assert stream.read() == wanted
        with reading.open_content(registry.blobs, content, first=1, length=2) as stream:
            assert stream.read() == wanted[1:3]
    with pytest.raises(NotFound):
        reading.content_of(session, actor, document.id, number=3)
    with pytest.raises(Invalid, match="Wiedergabeform"):
        reading.content_of(session, actor, document.id, rendition="gemalt")
    with pytest.raises(Conflict, match="noch nicht fertig"):
        reading.content_of(session, actor, document.id, rendition="searchable")
    with pytest.raises(Conflict, match="noch gelesen"):
        reading.page_image(session, actor, document.id, 1)


# -- changing, moving, withdrawing -----------------------------------------------------------------------


def test_a_change_of_metadata_touches_no_bytes(registry: Registry) -> None:
    document = registry.document(registry.case_file())
    before = registry.session.exec(select(DocumentVersion.sha256)).all()

    change = DocumentChange(title=" Neu ", kind=DocumentKind.INTERNAL, document_date=date(2026, 1, 2))
    documents.change_document(registry.session, registry.actor(), document.id, change)

    assert (document.title, document.kind, document.document_date) == ("Neu", DocumentKind.INTERNAL, date(2026, 1, 2))
    assert registry.session.exec(select(DocumentVersion.sha256)).all() == before
    with pytest.raises(Invalid):
        documents.change_document(registry.session, registry.actor(), document.id, DocumentChange(title=" "))
    with pytest.raises(Invalid):
        documents.change_document(registry.session, registry.actor(), document.id, DocumentChange(section="keins"))


def test_a_move_leaves_section_and_proceeding_behind(registry: Registry) -> None:
    registry.entry("11", sections=("Vertrag",))
    source, target = registry.case_file("11"), registry.case_file()
    proceeding = case_files.open_proceeding(registry.session, registry.actor(), source.id, "Vorgang")
    document, _ = attach(registry, source.id, section="Vertrag", proceeding_id=proceeding.id)

    with pytest.raises(Invalid):
        correcting.move_document(registry.session, registry.actor(), document.id, target.id, section="Vertrag")
    correcting.move_document(registry.session, registry.actor(), document.id, target.id)

    assert (document.case_file_id, document.section, document.proceeding_id) == (target.id, None, None)


def test_a_move_within_the_case_file_changes_the_section_only(registry: Registry) -> None:
    registry.entry("11", sections=("Vertrag",))
    case_file = registry.case_file("11")
    letter = registry.letter(case_file)

    correcting.move_document(registry.session, registry.actor(), letter.document_id, case_file.id, section="Vertrag")

    assert registry.session.get_one(Document, letter.document_id).section == "Vertrag"


def test_a_move_to_where_the_senders_id_is_taken_is_a_conflict(registry: Registry) -> None:
    source, target = registry.case_file(), registry.case_file()
    document, _ = attach(registry, source.id, external_id="lohn-1")
    attach(registry, target.id, external_id="lohn-1")

    with pytest.raises(Conflict, match="lohn-1"):
        correcting.move_document(registry.session, registry.actor(), document.id, target.id)
    assert document.case_file_id == source.id


@pytest.mark.parametrize("how", ["moved", "withdrawn"])
def test_a_letter_is_unanswered_again_when_its_answer_was_wrongly_filed(registry: Registry, how: str) -> None:
    case_file, other = registry.case_file(), registry.case_file()
    letter, answer = registry.letter(case_file), registry.document(case_file)
    letters.mark_answered(registry.session, letter, answer.id, received_on=today(), by=registry.actor())

    if how == "moved":
        correcting.move_document(registry.session, registry.actor(), answer.id, other.id)
    else:
        correcting.withdraw_document(registry.session, registry.actor(), answer.id, "gehört nicht dazu")

    assert (letter.answered_on, letter.answer_document_id) == (None, None)


def test_what_waits_in_an_inbox_is_dealt_with_there(registry: Registry) -> None:
    item, case_file = registry.waiting("SO"), registry.case_file(unit="SO")
    anna = registry.actor("anna")

    with pytest.raises(Conflict, match="Postkorb"):
        correcting.move_document(registry.session, anna, item.document_id, case_file.id)
    with pytest.raises(Conflict, match="Postkorb"):
        correcting.withdraw_document(registry.session, anna, item.document_id, "weg")


def test_withdrawing_needs_a_reason_and_keeps_the_bytes(registry: Registry) -> None:
    document = registry.document(registry.case_file())
    with pytest.raises(Invalid, match="Grund"):
        correcting.withdraw_document(registry.session, registry.actor(), document.id, "  ")

    correcting.withdraw_document(registry.session, registry.actor(), document.id, "Versehen")

    version = documents.newest_version(registry.session, document)
    assert registry.blobs.exists(version.sha256)
    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor(), document.id)
