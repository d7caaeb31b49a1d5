"""Files from outside are scanned before anything opens them; what is harmful goes out through no door."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from eakte import documents, inbox, installation, quarantine, reading, virus_checks
from eakte.audit import pending_events
from eakte.clock import now
from eakte.document_tables import Document, DocumentStatus, Page, Rendition
from eakte.errors import Conflict, NotPermitted, ScannerAway
from eakte.intake.recognition import read_version
from eakte.jobs import JobKind
from eakte.page_words import pack
from eakte.paper import TextSource
from eakte.quarantine_tables import QuarantineCause, QuarantineState, Verdict, VirusCheck
from ocr.clamd import Clamd
from ocr.paper_reader import LocalPaperReader
from tests.clamd_server import MOST_BYTES, SIGNATURE, ClamdServer, clamd_server
from tests.domain.held_paper import HeldPaper
from tests.domain.mailroom import pdf_of
from tests.domain.registry import Registry
from tests.ocr.mails import mail

NO_READER: Any = None
"""Whoever would open a file with it fails: so the tests show that nothing was opened."""

HARMFUL = pdf_of(1) + SIGNATURE


@pytest.fixture
def server() -> Iterator[ClamdServer]:
    with tempfile.TemporaryDirectory(prefix="eakte-") as folder, clamd_server(Path(folder, "s")) as server:
        yield server


@pytest.fixture
def paper(registry: Registry, server: ClamdServer, tmp_path: Path) -> HeldPaper:
    paper = HeldPaper(registry, NO_READER, tmp_path / "work")
    paper.scan_with(Clamd(str(server.path)))
    return paper


def attached(paper: HeldPaper, content: bytes = HARMFUL) -> Document:
    document = paper.registry.document(paper.registry.case_file(unit="SO"), content=content)
    paper.work(JobKind.READ_VERSION)
    return document


def seen_before(paper: HeldPaper, document: Document) -> None:
    """The document was read in times when its bytes counted as clean."""
    version = paper.version_of(document)
    version.page_count = 1
    paper.session.add(
        Page(version_id=version.id, page_number=1, width_mm=210, height_mm=297, text="x", words=pack(()),
             source=TextSource.OCR, image_sha256=version.sha256)
    )  # fmt: skip
    paper.session.add(
        Rendition(version_id=version.id, kind="searchable", sha256=version.sha256, size_bytes=1, media_type="x")
    )
    paper.session.flush()


Door = Callable[[HeldPaper, Document], object]
DOORS: dict[str, Door] = {
    "original": lambda paper, it: reading.content_of(paper.session, paper.registry.actor(), it.id),
    "version": lambda paper, it: reading.content_of(paper.session, paper.registry.actor(), it.id, number=1),
    "searchable": lambda paper, it: reading.content_of(
        paper.session, paper.registry.actor(), it.id, rendition="searchable"
    ),
    "picture": lambda paper, it: reading.page_image(paper.session, paper.registry.actor(), it.id, 1),
    "words": lambda paper, it: reading.words_of_page(paper.session, paper.registry.actor(), it.id, 1),
    "text": lambda paper, it: reading.text_of(paper.session, paper.registry.actor(), it.id),
}


def test_an_infected_document_is_never_opened_and_tells_the_signature(paper: HeldPaper) -> None:
    document = attached(paper)

    assert document.status is DocumentStatus.QUARANTINED
    assert "Eakte.Test.Signature.UNOFFICIAL" in (document.status_reason or "")
    (held,) = paper.held("ada")
    assert (held.entry.cause, held.document) == (QuarantineCause.INFECTED, None)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_what_is_infected_goes_out_through_no_door_until_it_is_released(paper: HeldPaper, door: Door) -> None:
    document = attached(paper)
    seen_before(paper, document)

    with pytest.raises(NotPermitted, match="Quarantäne"):
        door(paper, document)

    quarantine.release(paper.session, paper.registry.actor("ada"), paper.entry_of(document).id, "Fehlalarm, geprüft")
    assert door(paper, document)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_what_is_not_scanned_yet_goes_out_through_no_door(paper: HeldPaper, door: Door) -> None:
    document = paper.registry.document(paper.registry.case_file(unit="SO"), content=HARMFUL)
    seen_before(paper, document)

    with pytest.raises(Conflict, match="wird noch auf Schadsoftware geprüft"):
        door(paper, document)


def test_the_same_bytes_are_harmful_wherever_else_they_lie(paper: HeldPaper) -> None:
    attached(paper)
    twin = paper.registry.document(paper.registry.case_file(unit="SO"), content=HARMFUL)

    with pytest.raises(NotPermitted):
        DOORS["original"](paper, twin)


def test_a_new_version_that_is_infected_leaves_the_old_one_readable(paper: HeldPaper, server: ClamdServer) -> None:
    document = paper.registry.document(paper.registry.case_file(unit="SO"), content=b"gut")
    paper.session.add(VirusCheck(sha256=paper.version_of(document).sha256, verdict=Verdict.CLEAN))
    documents.add_version(paper.session, paper.registry.actor(), document.id, paper.registry.stored(HARMFUL))
    later = paper.version_of(document)

    read_version(paper.desk, later.id, lambda _: None)

    assert DOORS["version"](paper, document)
    with pytest.raises(NotPermitted):
        DOORS["original"](paper, document)
    assert server.scanned == [HARMFUL]


def test_an_infected_file_of_a_stack_waits_and_can_neither_be_filed_nor_forwarded(paper: HeldPaper) -> None:
    batch = paper.deliver(HARMFUL)
    paper.work_stacks()

    assert paper.outcomes(batch) == [("quarantined", [])]
    anna = paper.registry.actor("anna")
    (waiting,) = inbox.list_waiting(paper.session, anna, limit=9)
    with pytest.raises(Conflict, match="Quarantäne"):
        inbox.file_item(paper.session, anna, waiting.item.id, paper.registry.case_file(unit="SO").id)
    with pytest.raises(Conflict, match="Quarantäne"):
        inbox.forward_item(paper.session, anna, waiting.item.id, paper.registry.unit("WG"), "")
    (held,) = paper.held("anna")
    assert (held.entry.cause, held.may_retry, held.may_release) == (QuarantineCause.INFECTED, True, False)
    with pytest.raises(NotPermitted, match="verwalten"):
        quarantine.release(paper.session, anna, held.entry.id, "ist schon gut")


def test_released_by_an_administrator_it_can_be_filed_by_hand_and_is_never_read(paper: HeldPaper) -> None:
    batch = paper.deliver(HARMFUL)
    paper.work_stacks()
    entry = paper.held("ada")[0].entry

    quarantine.release(paper.session, paper.registry.actor("ada"), entry.id, "Fehlalarm, mit dem Hersteller geklärt")

    anna = paper.registry.actor("anna")
    (waiting,) = inbox.list_waiting(paper.session, anna, limit=9)
    filed = inbox.file_item(paper.session, anna, waiting.item.id, paper.registry.case_file(unit="SO").id)
    assert filed.status is DocumentStatus.READY
    assert "Fehlalarm" in (filed.status_reason or "")
    assert paper.outcomes(batch) == [("filed", [])]
    assert paper.held("ada") == []
    told = [event for event in pending_events(paper.session) if event.tag == "quarantine_released"]
    assert [(event.actor_id, event.object_id) for event in told] == [("ada", str(filed.id))]


MAIL = mail(f"Guten Tag {SIGNATURE.decode()}", a_pdf=pdf_of(1)).as_bytes()


@pytest.mark.parametrize(
    ("content", "sheets"),
    [pytest.param(HARMFUL, [[[0, 1]]], id="a scan"), pytest.param(MAIL, [[[0, 1]], [[1, 1]]], id="a mail")],
)
def test_new_signatures_clear_a_false_alarm_when_it_is_tried_again(
    paper: HeldPaper, server: ClamdServer, tmp_path: Path, content: bytes, sheets: list[list[list[int]]]
) -> None:
    batch = paper.deliver(content)
    paper.work_stacks()
    entry = paper.held("ada")[0].entry
    server.says = "stream: OK"
    reader = LocalPaperReader(tmp_path / "paper")
    paper.desk = replace(paper.desk, reader=reader)

    quarantine.retry(paper.session, paper.registry.actor("anna"), entry.id)
    paper.work_stacks()
    reader.close()

    assert entry.state is QuarantineState.READ
    assert paper.outcomes(batch) == [("inbox", pages) for pages in sheets]


@pytest.mark.parametrize("says", ["INSTREAM size limit exceeded. ERROR", "stream: Heuristics.Encrypted.PDF FOUND"])
def test_what_cannot_be_scanned_is_held_back_as_well(paper: HeldPaper, server: ClamdServer, says: str) -> None:
    server.says = says

    document = attached(paper, b"x" * (MOST_BYTES // 1000))

    assert paper.entry_of(document).cause is QuarantineCause.UNSCANNABLE
    with pytest.raises(NotPermitted):
        DOORS["original"](paper, document)


def test_while_the_scanner_is_away_nothing_is_opened(registry: Registry, tmp_path: Path) -> None:
    paper = HeldPaper(registry, NO_READER, tmp_path / "work")
    paper.scan_with(Clamd(str(tmp_path / "nobody")))
    paper.deliver(HARMFUL)

    with pytest.raises(ScannerAway):
        paper.work_stacks()

    paper.scan_with(None)
    with pytest.raises(ScannerAway, match="EAKTE_CLAMD"):
        attached(paper)


def test_bytes_count_as_clean_for_a_day(paper: HeldPaper, server: ClamdServer) -> None:
    document = paper.registry.document(paper.registry.case_file(unit="SO"), content=b"gut")
    sha256 = paper.version_of(document).sha256
    for _ in range(2):
        virus_checks.ensure_harmless(paper.desk, sha256)
    assert len(server.scanned) == 1

    paper.session.exec(select(VirusCheck)).one().checked_at = now() - timedelta(days=2)
    paper.session.flush()
    virus_checks.ensure_harmless(paper.desk, sha256)

    assert len(server.scanned) == 2


def test_our_own_letters_wait_for_no_scanner(paper: HeldPaper, server: ClamdServer) -> None:
    letter = paper.registry.letter(paper.registry.case_file(unit="SO"))

    assert reading.content_of(paper.session, paper.registry.actor(), letter.document_id)
    assert server.spoken_to == 0


def test_what_came_before_scanning_began_and_after_it_ended_stays_readable(registry: Registry, tmp_path: Path) -> None:
    paper = HeldPaper(registry, NO_READER, tmp_path / "work")
    before = registry.document(registry.case_file(unit="SO"), content=b"alt")
    paper.scan_with(None)
    assert DOORS["original"](paper, before)
    during = registry.document(registry.case_file(unit="SO"), content=b"neu")

    assert installation.end_scanning(paper.session, actor_id="settings")
    assert not installation.end_scanning(paper.session, actor_id="settings")

    assert DOORS["original"](paper, during)
