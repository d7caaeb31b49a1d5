"""Where paper lies, what goes back and what may be destroyed; things that cannot be scanned; post that must not be."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from eakte import access, documents, inbox, paper_following, paper_originals, placeholders, unscanned_post
from eakte.audit import AuditEvent
from eakte.case_files import complete_case_file
from eakte.clock import today
from eakte.document_tables import Document, DocumentKind
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.intake.receive import Delivery, receive_batch
from eakte.paper_originals import Due, PaperWish
from eakte.placeholders import PlaceholderWish
from eakte.receipt_tables import PaperOriginal, WhyUnscanned
from eakte.scan_profiles import ScanProfile
from eakte.scan_tables import ScanBatch
from eakte.unscanned_post import PostWish
from tests.domain.registry import Registry

YESTERDAY = today() - timedelta(days=1)


def scanned(registry: Registry, batch_id: str, **said: object) -> tuple[ScanBatch, Document]:
    """A stack, and a document of it that waits for SO."""
    delivery = Delivery("scan-1", "op", batch_id, **said)  # type: ignore[arg-type]
    batch, _ = receive_batch(registry.session, registry.actor("scan-1"), delivery, [registry.stored(b"Scan")])
    document = registry.session.get_one(Document, registry.waiting("SO").document_id)
    paper_following.note_scanned(registry.session, batch, document)
    return batch, document


@pytest.fixture
def room(registry: Registry) -> Registry:
    """A mail room of its own, POST with Petra, whose station is scan-1; Anna is in SO."""
    registry.unit("POST")
    registry.person("petra", "POST")
    registry.station("scan-1", "POST")
    return registry


def paper_of(registry: Registry, document: Document) -> PaperOriginal:
    return registry.session.exec(select(PaperOriginal).where(PaperOriginal.document_id == document.id)).one()


def test_a_profile_says_how_long_paper_is_kept_and_a_stack_may_say_otherwise(room: Registry) -> None:
    room.session.get_one(ScanProfile, "default").keep_paper_days = 42
    first, document = scanned(room, "1", box="K-1")
    second, _ = scanned(room, "2", box=" ", keep_paper_until=date(2030, 1, 1))

    assert first.keep_paper_until == today() + timedelta(days=42)
    assert (second.box, second.keep_paper_until) == (None, date(2030, 1, 1))
    [paper] = paper_originals.papers_of(room.session, document)
    assert (paper.unit_id, paper.box, paper.keep_until) == ("POST", "K-1", first.keep_paper_until)


def test_a_mail_room_sees_what_lies_in_its_boxes_but_not_what_it_may_not_read(room: Registry) -> None:
    scanned(room, "1", box="K-1", keep_paper_until=YESTERDAY)
    scanned(room, "2", box="K-2", keep_paper_until=today())
    session, petra = room.session, room.actor("petra")

    [first, second] = paper_originals.boxes_of(session, petra, "POST")
    assert (first.box, first.papers, first.destroyable) == ("K-1", 1, 1)
    assert (second.box, second.destroyable, second.keep_until) == ("K-2", 0, today())
    [line] = paper_originals.list_papers(session, petra, "POST", due=Due.DESTROY, limit=9)
    assert (line.paper.box, line.document) == ("K-1", None)
    assert line.batch is not None
    assert [one.paper.box for one in paper_originals.list_papers(session, petra, "POST", box="K-2", limit=9)] == ["K-2"]
    for stranger in ("anna", "scan-1"):
        with pytest.raises(NotFound):
            paper_originals.list_papers(session, room.actor(stranger), "POST", limit=9)


def test_what_has_to_be_kept_or_goes_back_is_not_destroyed_and_nothing_else_with_it(room: Registry) -> None:
    _, due = scanned(room, "1", keep_paper_until=YESTERDAY)
    _, kept = scanned(room, "2", keep_paper_until=today())
    _, back = scanned(room, "3", box="K-3", keep_paper_until=YESTERDAY)
    _, open_end = scanned(room, "4", box="K-4")
    session, petra = room.session, room.actor("petra")
    papers = {document.id: paper_of(room, document) for document in (due, kept, back, open_end)}
    paper_originals.change_paper(session, room.actor("anna"), papers[back.id].id, {"return_to": "Frau Muster"})

    for document, words in ((kept, "aufzubewahren"), (back, "geht im Original zurück"), (open_end, "nicht festgelegt")):
        with pytest.raises(Conflict, match=words):
            paper_originals.note_destroyed(session, petra, [papers[due.id].id, papers[document.id].id])
    assert papers[due.id].destroyed_on is None
    with pytest.raises(Conflict, match="nicht zurück"):
        paper_originals.note_returned(session, petra, [papers[due.id].id])
    with pytest.raises(NotPermitted):
        paper_originals.note_destroyed(session, room.actor("anna"), [papers[due.id].id])
    with pytest.raises(Invalid, match="Zukunft"):
        paper_originals.note_destroyed(session, petra, [papers[due.id].id], today() + timedelta(days=1))
    with pytest.raises(Invalid, match="nichts ausgewählt"):
        paper_originals.note_destroyed(session, petra, [])

    assert paper_originals.note_destroyed(session, petra, [papers[due.id].id]) == 1
    assert paper_originals.note_returned(session, petra, [papers[back.id].id], YESTERDAY) == 1

    assert (papers[due.id].destroyed_on, papers[due.id].done_by) == (today(), "petra")
    assert papers[back.id].returned_on == YESTERDAY
    with pytest.raises(Conflict, match="nicht mehr da"):
        paper_originals.note_destroyed(session, petra, [papers[due.id].id])
    with pytest.raises(Conflict, match="nicht mehr da"):
        paper_originals.change_paper(session, petra, papers[back.id].id, {"box": "K-9"})
    assert {line.paper.document_id for line in paper_originals.list_papers(session, petra, "POST", limit=9)} == {
        kept.id,
        open_end.id,
    }
    session.commit()
    tags = [event.tag for event in session.exec(select(AuditEvent).where(AuditEvent.actor_id == "petra"))]
    assert tags == ["paper_destroyed", "paper_returned"]


def test_paper_is_placed_by_who_may_edit_and_moved_by_who_keeps_it(room: Registry) -> None:
    case_file = room.case_file(unit="SO")
    document = room.document(case_file)
    session, anna = room.session, room.actor("anna")
    room.person("otto")
    room.grant(case_file, "person:otto")

    paper = paper_originals.place_paper(session, anna, document.id, PaperWish(box="K-1", return_to="Frau Muster"))

    assert (paper.unit_id, paper.box) == ("SO", "K-1")
    assert paper_originals.paper_for(session, room.actor("otto"), paper.id).document == document
    with pytest.raises(NotPermitted):
        paper_originals.place_paper(session, room.actor("otto"), document.id, PaperWish(box="K-2"))
    with pytest.raises(NotPermitted):
        paper_originals.change_paper(session, room.actor("otto"), paper.id, {"box": "K-2"})
    with pytest.raises(NotFound):
        paper_originals.paper_for(session, room.actor("petra"), paper.id)
    with pytest.raises(Invalid):
        paper_originals.place_paper(session, anna, document.id, PaperWish())
    paper_originals.change_paper(session, anna, paper.id, {"keep_until": YESTERDAY, "return_to": None})
    assert (paper.box, paper.keep_until, paper.return_to) == ("K-1", YESTERDAY, None)


# -- things ----------------------------------------------------------------------------------------


def put(registry: Registry, actor: str, **wish: object) -> Document:
    wanted = PlaceholderWish(**{"title": "Bauplan", "thing": "Modell 1:100", "box": "K-7", **wish})  # type: ignore[arg-type]
    return placeholders.put_placeholder(
        registry.session, registry.actor(actor), wanted, registry.stored(b"Platzhalter")
    )


def test_a_thing_has_a_document_in_its_case_file_and_a_place_in_a_box(room: Registry) -> None:
    case_file = room.case_file(unit="SO")

    document = put(room, "anna", case_file_id=case_file.id, kind=DocumentKind.INTERNAL)

    assert (document.case_file_id, document.received_on, document.channel) == (case_file.id, None, None)
    [paper] = paper_originals.papers_of(room.session, document)
    assert (paper.thing, paper.box, paper.unit_id) == ("Modell 1:100", "K-7", "SO")
    assert documents.newest_version(room.session, document).media_type == "application/pdf"


def test_a_mail_room_puts_a_thing_into_the_inbox_of_another_unit(room: Registry) -> None:
    document = put(room, "petra", unit="SO", channel="courier", received_on=YESTERDAY)

    assert paper_of(room, document).unit_id == "POST"
    [waiting] = inbox.list_waiting(room.session, room.actor("anna"), limit=9)
    assert (waiting.document, waiting.item.reason) == (document, placeholders.WAITS)
    assert (document.received_on, document.channel) == (YESTERDAY, "courier")
    with pytest.raises(NotFound):
        access.document_for(room.session, room.actor("petra"), document.id)


def test_a_thing_is_put_nowhere_where_one_may_not(room: Registry) -> None:
    hidden, completed = room.case_file(), room.case_file(unit="SO")
    complete_case_file(room.session, room.actor(), completed.id)
    refusals: list[tuple[str, dict[str, object], type[Exception], str]] = [
        ("anna", {"case_file_id": hidden.id}, NotFound, "Nicht gefunden"),
        ("anna", {"case_file_id": completed.id}, Conflict, "abgeschlossen"),
        ("anna", {"unit": "POST"}, NotPermitted, "fremde Postkörbe"),
        ("anna", {"unit": "XX"}, Invalid, "Organisationseinheit"),
        ("anna", {}, Invalid, "wohin"),
        ("anna", {"unit": "SO", "title": " "}, Invalid, "Titel"),
        ("anna", {"unit": "SO", "thing": " "}, Invalid, "Beschreibung"),
        ("anna", {"unit": "SO", "channel": "x"}, Invalid, "Eingangsweg"),
        ("anna", {"unit": "SO", "received_on": today() + timedelta(days=1)}, Invalid, "Zukunft"),
        ("registrar", {"unit": "SO"}, Invalid, "keiner Einheit"),
        ("scan-1", {"unit": "SO"}, NotPermitted, "fremde Postkörbe"),
    ]
    for actor, wish, refusal, words in refusals:
        with pytest.raises(refusal, match=words):
            put(room, actor, **wish)
    assert room.session.exec(select(PaperOriginal)).all() == []


# -- post that is not scanned ----------------------------------------------------------------------


def register(registry: Registry, actor: str = "petra", **wish: object) -> UUID:
    wanted = PostWish(**{"addressee_unit": "SO", "sender": "Bau GmbH", "why": WhyUnscanned.SEALED_BID, **wish})  # type: ignore[arg-type]
    return unscanned_post.register_post(registry.session, registry.actor(actor), wanted).id


def test_post_that_is_not_scanned_is_proven_to_be_handed_over_and_known_to_two_units_only(room: Registry) -> None:
    room.unit("PO")
    room.person("otto", "PO")
    session = room.session
    post_id = register(room, remark="Vergabe 17/2026")

    for knows in ("petra", "anna"):
        assert [row.id for row in unscanned_post.list_post(session, room.actor(knows), limit=9)] == [post_id]
    for stranger in ("otto", "scan-1"):
        assert unscanned_post.list_post(session, room.actor(stranger), limit=9) == []
        with pytest.raises(NotFound):
            unscanned_post.hand_over(session, room.actor(stranger), post_id, "x")
    with pytest.raises(Invalid, match="Name"):
        unscanned_post.hand_over(session, room.actor("petra"), post_id, " ")
    for _ in range(2):
        row = unscanned_post.hand_over(session, room.actor("petra"), post_id, "Anna Amt")
    assert (row.handed_to, row.handed_by, row.revision) == ("Anna Amt", "petra", 2)
    with pytest.raises(Conflict, match="schon übergeben"):
        unscanned_post.hand_over(session, room.actor("anna"), post_id, "jemand anderes")
    assert unscanned_post.list_post(session, room.actor("petra"), only_open=True, limit=9) == []


@pytest.mark.parametrize(
    ("actor", "wish", "refusal"),
    [
        ("anna", {}, NotPermitted),
        ("scan-1", {}, NotPermitted),
        ("petra", {"unit": "SO"}, NotPermitted),
        ("petra", {"sender": " "}, Invalid),
        ("petra", {"addressee_unit": "XX"}, Invalid),
        ("petra", {"received_on": today() + timedelta(days=1)}, Invalid),
        ("petra", {"channel": "x"}, Invalid),
    ],
)
def test_only_a_mail_room_registers_and_only_what_can_be(
    room: Registry, actor: str, wish: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        register(room, actor, **wish)
