"""The inbox page suggests where things go; the mail room page shows what waits and sends it on."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from api.service import Service
from eakte.clock import now
from eakte.document_tables import DocumentVersion, Page
from eakte.inbox_rule_tables import InboxRule
from eakte.inbox_tables import InboxItem
from tests.pages.desk import Desk
from tests.pages.town import Town


def reads(service: Service, town: Town, text: str) -> None:
    """Let the first thing that waits say this."""
    with service.database.writing() as session:
        item = session.get_one(InboxItem, town.items[0])
        page = select(Page).join(DocumentVersion).where(DocumentVersion.document_id == item.document_id)
        session.exec(page).one().text = text


def test_a_suggestion_stands_beside_the_image_and_is_filed_with_one_key(
    aenne: Desk, service: Service, town: Town
) -> None:
    reads(service, town, f"KÄTHE GRÖSSMANN\nIhr Zeichen: {town.reference.replace('0', 'O')}")
    item = town.items[0]

    page = aenne.open(f"/postkorb/{item}")
    (button,) = page.all("button", class_="choice")
    screen = aenne.send(page.form(f"/postkorb/{item}/vorschlag"), case_file=button.get("value"))

    assert f"1 {town.reference}" in page.text
    assert "Käthe Größmann als Absender, Seite 1" in page.text
    assert (button.get("data-key"), button.get("value")) == ("1", str(town.case_file))
    assert page.unlabelled() == []
    assert screen.path == f"/postkorb/{town.items[1]}"
    assert f"ist abgelegt in {town.reference}." in screen.text


def test_without_a_suggestion_one_searches_and_files_what_was_found(aenne: Desk, town: Town) -> None:
    item = town.items[0]
    empty = aenne.open(f"/postkorb/{item}")

    found = aenne.open(f"/postkorb/{item}?suche=Größmann")
    nothing = aenne.open(f"/postkorb/{item}?suche={town.other_reference}")
    (button,) = found.all("button", class_="choice")
    screen = aenne.send(found.form(f"/postkorb/{item}/vorschlag"), case_file=button.get("value"))

    assert "Kein Vorschlag" in empty.text
    assert "suche" in empty.form(f"/postkorb/{item}").values
    assert button.get("value") == str(town.case_file)
    assert f"Zu „{town.other_reference}“ gibt es keine Akte, in die Sie ablegen dürfen." in nothing.text
    assert f"ist abgelegt in {town.reference}." in screen.text


def test_what_another_may_not_file_into_is_not_suggested(aenne: Desk, service: Service, town: Town) -> None:
    reads(service, town, f"Zu {town.other_reference}")

    assert "Kein Vorschlag" in aenne.open(f"/postkorb/{town.items[0]}").text


def test_the_mail_room_shows_what_waits_and_sends_it_on_with_one_click(
    aenne: Desk, otto: Desk, service: Service, town: Town
) -> None:
    with service.database.writing() as session:
        session.add(InboxRule(position=1, unit_id="ORD", words=["Toner"]))
        session.get_one(InboxItem, town.items[0]).created_at = now() - timedelta(days=3)

    room = aenne.open("/poststelle")
    form = room.form(f"/poststelle/{town.items[1]}/weiterleiten")
    (button,) = room.all("button", class_="primary")
    screen = aenne.send(form, unit=button.get("value"))

    assert "Eingliederungshilfe 2" in room.text
    assert "seit 3 Tagen" in room.text
    assert "Passt zu Eingangsregel 1 (Wort „Toner“)." in room.text
    assert room.unlabelled() == []
    assert room.faults == []
    assert screen.path == "/poststelle?einheit=SO-EH"
    assert "Weitergeleitet an Amt für öffentliche Ordnung." in screen.text
    assert "Eingliederungshilfe 1" in screen.text
    assert "Werbung" not in screen.text
    assert "Amt für öffentliche Ordnung 1" in otto.open("/poststelle").text


def test_the_mail_room_of_others_does_not_exist(aenne: Desk, otto: Desk, town: Town) -> None:
    assert "Beschwerde" not in otto.open("/poststelle?einheit=SO-EH").text
    form = aenne.open("/poststelle").form(f"/poststelle/{town.items[0]}/weiterleiten")

    gone = aenne.send(form, unit="ORD")
    slower = aenne.send(aenne.open("/poststelle").form(f"/poststelle/{town.items[1]}/weiterleiten"), unit="XX")

    assert gone.status == 200
    assert slower.status == 422
    assert otto.open(f"/postkorb/{town.items[1]}").status == 404
