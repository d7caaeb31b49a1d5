"""Lists of the mail room and of stacks: nothing of them is left out, however long; looking costs few queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from api.pages import batch_pages, paper_pages, unscanned_pages
from api.pages.audit_words import detail_words, kind_word, tag_word
from api.service import Service
from eakte import paper_originals, unscanned_post
from eakte.audit import AuditTag
from eakte.clock import today
from eakte.document_tables import Document, DocumentVersion
from eakte.letter_tables import Letter
from eakte.paper_originals import PaperWish
from eakte.receipt_tables import PaperOriginal, WhyUnscanned
from eakte.scan_tables import ScanBatch, ScanItem
from eakte.seals import seal
from eakte.subjects import display_names
from eakte.transfer_note_tables import Quality, TransferNote
from eakte.unscanned_post import PostWish
from tests.pages.desk import Desk
from tests.pages.town import Town, actor_of

YESTERDAY = today() - timedelta(days=1)


@contextmanager
def counted(service: Service) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    told: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        told.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield told
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def next_of(links: list[str]) -> str:
    return next(link for link in links if "nach=" in link)


def shelve(service: Service, town: Town, count: int) -> None:
    """Put the paper of Änne's application into as many boxes; one more lies in none."""
    with service.database.writing() as session:
        wish = PaperWish(box="K-01", keep_until=YESTERDAY)
        first = paper_originals.place_paper(session, actor_of(service, "änne"), town.application, wish)
        for number in range(2, count + 1):
            session.add(PaperOriginal(document_id=first.document_id, unit_id=first.unit_id, box=f"K-{number:02}"))
        session.add(PaperOriginal(document_id=town.other_document, unit_id=first.unit_id))


def test_paper_is_listed_page_by_page_and_an_empty_box_means_all(
    aenne: Desk, service: Service, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(service, town, 5)
    monkeypatch.setattr(paper_pages, "LISTED", 4)

    everything = aenne.open("/papier?einheit=SO-EH&karton=")
    rest = aenne.open(next_of(everything.links()))

    assert [cell for cell in everything.texts("td") if cell.startswith("K-")] == ["K-01", "K-02", "K-03", "K-04"]
    assert [cell for cell in rest.texts("td") if cell.startswith("K-")] == ["K-05"]
    assert "nicht einsehbar" in rest.text
    assert "Zum Anfang" in rest.text
    [boxless] = [link for link in everything.links() if "ohne_karton" in link]
    assert "Papiere, ohne Karton 1" in aenne.open(boxless).text
    of_one = aenne.open("/papier?karton=K-02")
    assert [one.get("action") for one in of_one.all("form") if one.get("method") == "post"] == ["/abmelden"]
    due = next(link for link in of_one.links() if "vernichten" in link)
    assert "karton=K-02" in due
    assert aenne.open("/papier?nach=quatsch").status == 422


def test_post_that_is_not_scanned_is_listed_page_by_page(
    aenne: Desk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service.database.writing() as session:
        for number in range(5):
            wish = PostWish("ORD", f"Bieter {number}", WhyUnscanned.SEALED_BID)
            unscanned_post.register_post(session, actor_of(service, "änne"), wish)
    monkeypatch.setattr(unscanned_pages, "LISTED", 3)

    newest = aenne.open("/poststelle/ungescannt?alle=ja")
    older = aenne.open(next_of(newest.links()))

    assert [number for number in range(5) if f"Bieter {number}" in newest.text] == [2, 3, 4]
    assert [number for number in range(5) if f"Bieter {number}" in older.text] == [0, 1]


def test_stacks_are_listed_page_by_page(
    aenne: Desk, service: Service, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service.database.writing() as session:
        known = session.get_one(ScanBatch, town.batch)
        for number in range(3):
            row = {**known.model_dump(exclude={"id"}), "batch_id": f"Nr. {number}", "fingerprint": str(number)}
            session.add(ScanBatch(**{**row, "delivered_at": known.delivered_at + timedelta(minutes=1 + number)}))
    monkeypatch.setattr(batch_pages, "BATCHES_LISTED", 2)

    newest = aenne.open("/stapel")
    older = aenne.open(next_of(newest.links()))

    assert newest.texts("th", scope="row") == ["Nr. 2", "Nr. 1"]
    assert older.texts("th", scope="row") == ["Nr. 0", "Stapel-7"]


def test_long_lists_take_no_more_queries_than_short_ones(aenne: Desk, service: Service, town: Town) -> None:
    paths = ("/papier", f"/stapel/{town.batch}", "/stapel/heute")

    def queries() -> list[int]:
        numbers = []
        for path in paths:
            with counted(service) as told:
                assert aenne.open(path).status == 200
            numbers.append(len(told))
        return numbers

    def shelve_every_document() -> None:
        with service.database.writing() as session:
            for document in session.exec(select(Document)).all():
                session.add(PaperOriginal(document_id=document.id, unit_id="SO-EH", box="K-01"))

    shelve_every_document()
    queries()  # what is found out once and kept
    before = queries()
    shelve_every_document()
    with service.database.writing() as session:
        first = session.exec(select(ScanItem)).first()
        assert first is not None
        for position in range(10, 13):
            session.add(ScanItem(**{**first.model_dump(exclude={"id"}), "position": position}))

    assert queries() == before


def test_the_quality_page_proves_only_what_is_open(aenne: Desk, service: Service, town: Town) -> None:
    with service.database.writing() as session:
        notes = session.exec(select(TransferNote).order_by(col(TransferNote.id))).all()
        for note in notes:
            said = seal({**note.facts, "quality_assurance": {"in_sample": True, "share": 100}})
            note.content, note.digest, note.quality = said.content, said.digest, Quality.WAITING
        title = _title_of(service, notes[-1].version_id)
        notes[-1].digest = "0" * 64

    first = aenne.open("/qualitaet")
    with counted(service) as told:
        opened = aenne.open(f"/qualitaet/{notes[-1].id}")

    assert title in first.text
    assert "nachträglich verändert" not in first.text
    assert "nachträglich verändert" in opened.text
    assert sum("FROM quality_check" in statement for statement in told) == 1


def test_the_day_counts_what_is_odd_without_reading_it(aenne: Desk, service: Service, town: Town) -> None:
    assert "auffällig" not in aenne.open("/stapel/heute").text
    with service.database.writing() as session:
        note = session.exec(select(TransferNote).order_by(col(TransferNote.id))).first()
        assert note is not None
        said = seal({**note.facts, "anomalies": ['Rand fehlt: "anomalies":[]']})
        note.content, note.digest = said.content, said.digest
        session.get_one(ScanBatch, town.batch).expected_sheets = 3

    with counted(service) as told:
        screen = aenne.open("/stapel/heute")

    assert "1 Dokument auffällig" in screen.text
    assert "Blattzahl weicht ab" in screen.text
    assert not any("SELECT transfer_note.content" in statement or "transfer_note.content," in statement
                   for statement in told)  # fmt: skip
    assert "Gezählt wurden 3 Blätter, gescannt 2." in aenne.open("/stationen/scan-1/protokoll").text


def test_what_came_back_where_one_may_not_look_is_no_link(aenne: Desk, service: Service, town: Town) -> None:
    with service.database.writing() as session:
        letter = session.get_one(Letter, town.letter)
        letter.returned_on, letter.returned_document_id = today(), town.other_document

    hidden = aenne.open(f"/dokumente/{town.letter_document}")
    with service.database.writing() as session:
        session.get_one(Letter, town.letter).returned_document_id = town.application
    shown = aenne.open(f"/dokumente/{town.letter_document}")

    assert "unzustellbar zurück" in hidden.text
    assert f"/dokumente/{town.other_document}" not in hidden.links()
    assert "ansehen" in shown.text
    assert f"/dokumente/{town.application}" in shown.links()


def test_why_there_is_no_archive_copy_stands_on_the_page(aenne: Desk, service: Service, town: Town) -> None:
    with service.database.writing() as session:
        version = session.exec(select(DocumentVersion).where(DocumentVersion.document_id == town.application)).one()
        version.archive_problem = "Die Schrift lässt sich nicht einbetten."

    assert (
        "Keine Archivfassung (PDF/A): Die Schrift lässt sich nicht einbetten."
        in aenne.open(f"/dokumente/{town.application}").text
    )


def test_the_trail_is_told_in_german(service: Service) -> None:
    with service.database.reading() as session:
        names = display_names(session)
    details = {"channel_before": "post", "channel": "night_letterbox", "result": "good", "received_on": "2026-11-27"}

    told = detail_words(details, names)

    assert told == "Ergebnis: gut; eingegangen nun: 27.11.2026; Weg bisher: Post; Weg nun: Nachtbriefkasten"
    assert detail_words({"channel": "Rohrpost", "form": "pdf"}, names) == "Form: als PDF; Weg nun: Rohrpost"
    assert [tag.value for tag in AuditTag if tag_word(tag.value) == tag.value] == []
    assert kind_word("scan_batch") == "Scanstapel"


def _title_of(service: Service, version_id: UUID) -> str:
    with service.database.reading() as session:
        version = session.get_one(DocumentVersion, version_id)
        return session.get_one(Document, version.document_id).title
