"""Where a document from a stack goes: by itself only when everything agrees, otherwise to a person with the reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from eakte import access, case_files, correcting, documents, inbox, installation, letters, return_codes
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, DocumentStatus, DocumentVersion
from eakte.inbox_tables import InboxItem
from eakte.intake import receive
from eakte.intake.filing import CutSegment, RefusedFile, file_stack
from eakte.intake.matching import Completeness, decide
from eakte.intake.receive import Delivery, receive_batch
from eakte.intake.splitting import Segment, read_page, split
from eakte.letter_tables import Letter
from eakte.paper import Code, PageReading, Symbology
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanOutcome
from eakte.transfer_note_tables import TransferNote
from tests.domain.registry import Registry


def page_with(number: int, *payloads: str) -> PageReading:
    return PageReading(number, tuple(Code(text, Symbology.CODE_128, 0) for text in payloads))


def printed(registry: Registry, letter: Letter, sheet: int) -> str:
    return return_codes.payload(letter.code_id, sheet, installation.return_code_key(registry.session))


def scanned(registry: Registry, *readings: PageReading) -> list[Segment]:
    key = installation.return_code_key(registry.session)
    return split([read_page(0, reading, key) for reading in readings])


def answered(registry: Registry, letter: Letter, *sheets: int) -> Segment:
    readings = [page_with(number, printed(registry, letter, sheet)) for number, sheet in enumerate(sheets, start=1)]
    (segment,) = scanned(registry, *readings)
    return segment


# -- deciding --------------------------------------------------------------------------------------------


def test_a_complete_answer_files_itself(registry: Registry) -> None:
    letter = registry.letter(registry.case_file(), sheets=(1, 2))

    decision = decide(registry.session, answered(registry, letter, 2, 1))

    assert decision.files_itself
    assert decision.letter is not None
    assert decision.completeness is not None
    assert decision.completeness.to_row() == {
        "expected": [1, 2], "found": [1, 2], "missing": [], "doubled": [], "complete": True,
    }  # fmt: skip


def _cancel(registry: Registry, letter: Letter) -> None:
    letters.cancel_letter(registry.session, registry.actor(), letter.id)


def _answer(registry: Registry, letter: Letter) -> None:
    document = registry.document(registry.session.get_one(CaseFile, letter.case_file_id))
    letters.mark_answered(
        registry.session, letter, document.id, received_on=document.created_at.date(), by=registry.actor()
    )


def _complete(registry: Registry, letter: Letter) -> None:
    case_files.complete_case_file(registry.session, registry.actor(), letter.case_file_id)


def _withdraw(registry: Registry, letter: Letter) -> None:
    correcting.withdraw_document(registry.session, registry.actor(), letter.document_id, "Versehen")


@pytest.mark.parametrize(
    ("befalls", "sheets", "reason"),
    [
        pytest.param(_cancel, (1, 2), "storniert", id="cancelled"),
        pytest.param(_answer, (1, 2), "schon eine Antwort", id="answered twice"),
        pytest.param(_complete, (1, 2), "ist abgeschlossen", id="completed case file"),
        pytest.param(_withdraw, (1, 2), "zurückgezogen", id="withdrawn letter"),
        pytest.param(None, (2,), "Es fehlt Blatt 1 von 2", id="missing sheet"),
        pytest.param(None, (1, 2, 2), "Doppelt: Blatt 2", id="double sheet"),
        pytest.param(None, (1, 2, 3), "Nicht zurückerwartet: Blatt 3", id="unexpected sheet"),
    ],
)
def test_what_does_not_agree_waits_with_the_reason(
    registry: Registry, befalls: Callable[[Registry, Letter], None] | None, sheets: tuple[int, ...], reason: str
) -> None:
    case_file = registry.case_file()
    letter = registry.letter(case_file, sheets=(1, 2))
    if befalls is not None:
        befalls(registry, letter)

    decision = decide(registry.session, answered(registry, letter, *sheets))

    assert not decision.files_itself
    assert decision.case_file == case_file
    assert reason in " ".join(decision.reasons)


def test_a_valid_code_of_no_letter_names_nothing(registry: Registry) -> None:
    key = installation.return_code_key(registry.session)
    (segment,) = scanned(registry, page_with(1, return_codes.payload("7K3QX9MWTR", 1, key)))

    decision = decide(registry.session, segment)

    assert (decision.letter, decision.case_file) == (None, None)
    assert "das Schreiben gibt es hier nicht" in decision.reasons[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("EA7K3QX9MWTR010000", "beschädigt oder stammt nicht aus diesem System", id="refused check"),
        pytest.param(
            return_codes.payload("7K3QX9MWTR", 1, b"another city's key"), "beschädigt oder stammt", id="foreign key"
        ),
        pytest.param("4006381333931", "Kein Antwortcode gefunden.", id="a parcel's code"),
    ],
)
def test_codes_that_are_not_ours_file_nothing(registry: Registry, text: str, reason: str) -> None:
    registry.letter(registry.case_file())
    (segment,) = scanned(registry, page_with(1, text))

    decision = decide(registry.session, segment)

    assert decision.letter is None
    assert reason in " ".join(decision.reasons)


def test_a_doubt_about_a_page_keeps_the_whole_answer_for_a_person(registry: Registry) -> None:
    letter = registry.letter(registry.case_file())
    problem = PageReading(1, page_with(1, printed(registry, letter, 1)).codes, problem="unscharf")
    (segment,) = scanned(registry, problem)

    assert not decide(registry.session, segment).files_itself


def test_completeness_counts() -> None:
    both = Completeness((1, 2, 3), (3, 3, 5))

    assert (both.missing, both.doubled, both.unexpected) == ((1, 2), (3,), (5,))
    assert both.to_row()["complete"] is False


# -- filing ----------------------------------------------------------------------------------------------


@pytest.fixture
def batch(registry: Registry) -> ScanBatch:
    registry.unit("POST")
    registry.person("pia", "POST")
    registry.station("scan-1", "POST")
    received, _ = receive_batch(
        registry.session, registry.actor("scan-1"), Delivery("scan-1", "op", "1"), [registry.stored(b"Stapel")]
    )
    return received


def file_all(registry: Registry, batch: ScanBatch, *segments: Segment) -> list[tuple[str, str | None]]:
    """File as the work on a stack does; outcome and case file by item."""
    pieces = [CutSegment(segment, registry.stored(b"Blatt"), stands_upright=True) for segment in segments]
    file_stack(registry.session, batch, pieces, operator_id="scan-1")
    return [
        (item.outcome.value, None if item.case_file_id is None else str(item.case_file_id))
        for item in receive.items_of(registry.session, batch)
    ]


def waits_in(session: Session) -> dict[str, str]:
    return {item.unit_id: item.reason for item in session.exec(select(InboxItem))}


def test_an_answer_lies_in_its_case_file_with_its_transfer_note(registry: Registry, batch: ScanBatch) -> None:
    case_file = registry.case_file()
    letter = registry.letter(case_file, title="Anhörung")

    assert file_all(registry, batch, answered(registry, letter, 1)) == [("filed", str(case_file.id))]

    document = registry.session.get_one(Document, letter.answer_document_id)
    assert document.title == "Antwort auf: Anhörung"
    assert (document.case_file_id, document.received_on) == (case_file.id, batch.received_on)
    assert letter.answered_on == batch.received_on
    version = documents.newest_version(registry.session, document)
    assert version.origin == {"scan_batch": str(batch.id), "sheets": [[0, 1]], "hidden": []}
    note = registry.session.exec(select(TransferNote).where(TransferNote.version_id == version.id)).one()
    facts = note.facts
    assert (facts["product"]["sha256"], facts["scans"][0]["operator"]) == (version.sha256, "op")
    assert (facts["scans"][0]["station"], facts["completeness"]["complete"]) == ("scan-1", True)
    assert batch.status is ScanBatchStatus.DONE


def test_the_answer_to_a_letter_that_was_moved_goes_where_it_lies_now(registry: Registry, batch: ScanBatch) -> None:
    letter, target = registry.letter(registry.case_file()), registry.case_file()
    correcting.move_document(registry.session, registry.actor(), letter.document_id, target.id)

    assert file_all(registry, batch, answered(registry, letter, 1)) == [("filed", str(target.id))]


def test_the_same_letter_twice_in_a_stack_is_filed_once(registry: Registry, batch: ScanBatch) -> None:
    case_file = registry.case_file(unit="SO")
    letter = registry.letter(case_file)

    outcomes = file_all(registry, batch, answered(registry, letter, 1), answered(registry, letter, 1))

    assert outcomes == [("filed", str(case_file.id)), ("inbox", None)]
    assert "schon eine Antwort" in waits_in(registry.session)["SO"]


def test_an_answer_to_a_completed_case_file_waits_at_the_responsible_unit(registry: Registry, batch: ScanBatch) -> None:
    case_file = registry.case_file(unit="SO")
    letter = registry.letter(case_file)
    _complete(registry, letter)

    file_all(registry, batch, answered(registry, letter, 1))

    assert set(waits_in(registry.session)) == {"SO"}
    (waiting,) = inbox.list_waiting(registry.session, registry.actor("anna"), limit=9)
    assert "abgeschlossen" in waiting.item.reason
    assert waiting.item.letter_id == letter.id


def test_where_nobody_belongs_to_the_responsible_unit_the_stations_unit_keeps_it(
    registry: Registry, batch: ScanBatch
) -> None:
    registry.unit("LEER")
    letter = registry.letter(registry.case_file(unit="LEER"), sheets=(1, 2))

    file_all(registry, batch, answered(registry, letter, 1))

    assert set(waits_in(registry.session)) == {"POST"}


def test_what_has_no_code_waits_where_it_was_scanned(registry: Registry, batch: ScanBatch) -> None:
    (segment,) = scanned(registry, PageReading(1))

    assert file_all(registry, batch, segment) == [("inbox", None)]

    (waiting,) = inbox.list_waiting(registry.session, registry.actor("pia"), limit=9)
    assert waiting.item.reason == "Kein Antwortcode gefunden."
    assert waiting.document.title == "Eingang ohne Zuordnung"
    assert access.document_for(registry.session, registry.actor("pia"), waiting.document.id)


def test_a_file_that_cannot_be_read_is_kept_and_waits_with_the_reason(registry: Registry, batch: ScanBatch) -> None:
    (file,) = receive.files_of(registry.session, batch)

    file_stack(registry.session, batch, [RefusedFile(file, "Die Datei ist leer.")], operator_id="scan-1")

    (item,) = receive.items_of(registry.session, batch)
    assert (item.outcome, item.reason) == (ScanOutcome.QUARANTINED, "Die Datei ist leer.")
    (waiting,) = inbox.list_waiting(registry.session, registry.actor("pia"), limit=9)
    assert waiting.document.status is DocumentStatus.QUARANTINED
    version = registry.session.exec(
        select(DocumentVersion).where(DocumentVersion.document_id == waiting.document.id)
    ).one()
    assert version.sha256 == file.sha256


def test_a_letter_that_moved_takes_its_answer_along(registry: Registry, batch: ScanBatch) -> None:
    wrong, right = registry.case_file(), registry.case_file()
    letter = registry.letter(wrong)
    correcting.move_document(registry.session, registry.actor(), letter.document_id, right.id)

    assert file_all(registry, batch, answered(registry, letter, 1)) == [("filed", str(right.id))]
