"""From paper to case file, whole: delivered, split, filed by its code, read, found; whatever is killed in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import select

from eakte import access, actors, inbox, reading, search
from eakte.audit import verify_chain
from eakte.checking import check_everything
from eakte.document_tables import Document, DocumentStatus
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.intake import receive
from eakte.intake.receive import Delivery, receive_batch
from eakte.jobs import Job, failed_jobs
from eakte.letter_tables import Letter
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanItem
from tests.domain.post_office import PostOffice, plain, stack_pdf, stack_tiff, worker_process, written_on
from tests.domain.registry import Registry


@pytest.fixture
def post(tmp_path: Path) -> Iterator[PostOffice]:
    office = PostOffice(tmp_path / "data")
    yield office
    office.service.close()


def outcomes(post: PostOffice, batch: ScanBatch) -> list[tuple[str, list[list[int]], str | None]]:
    """Outcome, sheets and reason of each document of a batch."""
    with post.service.database.reading() as session:
        items = receive.items_of(session, session.get_one(ScanBatch, batch.id))
        return [(item.outcome.value, item.sheets, item.reason) for item in items]


def hits(post: PostOffice, person: str, text: str) -> list[search.SearchHit]:
    with post.service.database.writing() as session:
        found = search.find(session, post.service.index, actors.actor_for(session, person), text)
    return list(found.hits)


def everything_in_order(post: PostOffice) -> None:
    with post.service.database.reading() as session:
        assert verify_chain(session) == []
        assert failed_jobs(session) == []
        assert session.exec(select(Job)).all() == []
    findings = check_everything(post.service.database, post.service.blobs)
    assert [finding.text for finding in findings if finding.is_fault] == []


# -- the main job ----------------------------------------------------------------------------------------


def test_an_answer_upside_down_lies_in_its_case_file_and_is_found_and_the_foreign_letter_waits(
    post: PostOffice,
) -> None:
    sent = post.send(title="Anhörung")
    answer = written_on(sent.pages[0], "Wanderfalke im Rathausturm").rotate(180)
    foreign = plain("Beschwerde wegen Sperrmuell")

    batch, _ = post.deliver(stack_pdf([answer, post.separator(), foreign]))
    post.work()

    assert outcomes(post, batch) == [
        ("filed", [[0, 1]], None),
        ("inbox", [[0, 3]], "Kein Antwortcode gefunden."),
    ]
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        letter = session.get_one(Letter, sent.letter_id)
        assert letter.answered_on == batch.received_on
        assert letter.answer_document_id is not None
        document = access.document_for(session, registry.actor("anna"), letter.answer_document_id)
        assert (document.case_file_id, document.status) == (sent.case_file_id, DocumentStatus.READY)
        assert document.title == "Antwort auf: Anhörung"
        (page,) = reading.text_of(session, registry.actor("anna"), document.id)
        assert "Wanderfalke" in page.text
        assert page.width_mm < page.height_mm
        anna = registry.actor("anna")
        image_sha256 = reading.page_image(session, anna, document.id, 1)
        assert reading.image_bytes(post.service.blobs, image_sha256)[:2] == b"\xff\xd8"
        assert reading.words_of_page(session, anna, document.id, 1).words
        thumbnail_sha256 = reading.page_image(session, anna, document.id, 1, reading.ImageSize.THUMBNAIL)
        assert 500 < len(reading.image_bytes(post.service.blobs, thumbnail_sha256)) < 9_000
        searchable = reading.content_of(session, anna, document.id, rendition="searchable")
        assert reading.content_of(session, anna, document.id, rendition="archive").sha256 == searchable.sha256
        (waiting,) = inbox.list_waiting(session, registry.actor("anna"), limit=9)
        assert waiting.document.status is DocumentStatus.READY
        registry.person("otto")
    with reading.open_content(post.service.blobs, searchable) as stream:
        assert stream.read(5) == b"%PDF-"

    (hit,) = hits(post, "anna", "Wanderfalke")
    assert (hit.case_file_id, hit.page) == (sent.case_file_id, 1)
    assert [hit.case_file_id for hit in hits(post, "anna", "Beschwerde")] == [None]
    assert hits(post, "otto", "Wanderfalke") == hits(post, "otto", "Beschwerde") == []
    everything_in_order(post)


def test_a_fax_tiff_with_two_answers_and_blank_backs_files_both(post: PostOffice) -> None:
    first, second = post.send(), post.send()
    blank = Image.new("L", first.pages[0].size, 255)

    batch, _ = post.deliver(stack_tiff([first.pages[0], blank, second.pages[0].rotate(90, expand=True)]))
    post.work()

    assert outcomes(post, batch) == [("filed", [[0, 1], [0, 2]], None), ("filed", [[0, 3]], None)]
    with post.service.database.reading() as session:
        answers = {session.get_one(Letter, sent.letter_id).answer_document_id for sent in (first, second)}
        assert {session.get_one(Document, id_).status for id_ in answers if id_} == {DocumentStatus.READY}
    everything_in_order(post)


# -- the same again, and rubbish -------------------------------------------------------------------------


def test_the_same_delivery_twice_is_one_and_other_files_under_its_number_a_conflict(post: PostOffice) -> None:
    content = stack_pdf([plain("Guten Tag")])
    batch, first = post.deliver(content)

    again, second = post.deliver(content)

    assert (first, second, again.id) == (True, False, batch.id)
    with pytest.raises(Conflict, match="stapel-1"):
        post.deliver(stack_pdf([plain("Etwas anderes")]))
    with post.service.database.reading() as session:
        assert len(session.exec(select(Job)).all()) == 1
        assert len(session.exec(select(ScanBatch)).all()) == 1


def test_rubbish_waits_with_its_reason_and_the_rest_of_the_stack_is_filed(post: PostOffice) -> None:
    sent = post.send()
    good = stack_pdf([sent.pages[0]])

    batch, _ = post.deliver(b"", b"no paper at all " * 100, good[: len(good) // 3], good)
    post.work()

    found = outcomes(post, batch)
    assert [outcome for outcome, _, _ in found] == ["quarantined", "quarantined", "quarantined", "filed"]
    reasons = [reason for _, _, reason in found[:3]]
    assert all(reason and reason[-1] in ".!" for reason in reasons), reasons
    assert "leer" in str(reasons[0])
    with post.service.database.reading() as session:
        actor = actors.actor_for(session, "anna")
        waiting = inbox.list_waiting(session, actor, limit=9)
        assert {entry.document.status for entry in waiting} == {DocumentStatus.QUARANTINED}
    everything_in_order(post)


def test_only_the_station_and_its_unit_deliver(post: PostOffice) -> None:
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        registry.person("otto")
        stored = registry.stored(b"Scan")
        for name in ("otto", "registrar"):
            with pytest.raises(NotPermitted):
                receive_batch(session, registry.actor(name), Delivery("scan-1", "op", "1"), [stored])
        with pytest.raises(NotPermitted):
            receive_batch(session, registry.actor("anna"), Delivery("scan-9", "op", "1"), [stored])
        with pytest.raises(Invalid, match="Scanprofil"):
            receive_batch(session, registry.actor("anna"), Delivery("scan-1", "op", "1", profile="bunt"), [stored])
        with pytest.raises(Invalid, match="keine Datei"):
            receive_batch(session, registry.actor("anna"), Delivery("scan-1", "op", "1"), [])
        batch, _ = receive_batch(session, registry.actor("anna"), Delivery("scan-1", "op", "1"), [stored])
        assert receive.batch_for(session, registry.actor("scan-1"), batch.id) == batch
        with pytest.raises(NotFound):
            receive.batch_for(session, registry.actor("otto"), batch.id)
        assert receive.list_batches(session, registry.actor("otto"), limit=9) == []


# -- killed in the middle --------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["work_scan_batch", "recognise_pages", "index_document"])
def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(post: PostOffice, at: str) -> None:
    sent = post.send()
    post.work()
    stack = [sent.pages[0], post.separator(), plain("Beschwerde")]
    batch, _ = post.deliver(stack_pdf(stack))
    dying = worker_process(post.service.settings.data_dir)
    assert dying.stdout is not None
    for line in dying.stdout:
        if line.strip() == at:
            dying.kill()
            break
    dying.wait()
    dying.stdout.close()

    post.service.queue.release_dead()
    post.work()

    with post.service.database.reading() as session:
        assert session.get_one(ScanBatch, batch.id).status is ScanBatchStatus.DONE
        items = session.exec(select(ScanItem).where(ScanItem.batch_id == batch.id)).all()
        sheets = Counter(tuple(sheet) for item in items for sheet in item.sheets)
        assert sheets == {(0, 1): 1, (0, 3): 1}, "every sheet once"
        scanned = [session.get_one(Document, item.document_id) for item in items]
        assert {document.status for document in scanned} == {DocumentStatus.READY}
    assert len(hits(post, "anna", "Beschwerde")) == 1
    everything_in_order(post)
