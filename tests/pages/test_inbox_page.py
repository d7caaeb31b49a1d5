"""The inbox: file, forward, sort out, and what happens when two people are at it."""

from __future__ import annotations

from api.service import Service
from api.worker import work_off
from tests.pages.desk import Desk
from tests.pages.town import Town


def test_the_inbox_opens_what_has_waited_longest(aenne: Desk, town: Town) -> None:
    screen = aenne.open("/postkorb")

    assert "Beschwerde" in screen.text
    assert "Kein Antwortcode" in screen.text
    assert [link for link in screen.links() if link.startswith("/postkorb/")] == [
        f"/postkorb/{item}" for item in town.items
    ]


def test_filing_by_a_typed_reference_brings_the_next(aenne: Desk, service: Service, town: Town) -> None:
    item = town.items[0]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/ablegen")

    screen = aenne.send(
        form, reference=town.reference.replace("/", " - "), title="Beschwerde Çelik", section="Bescheide"
    )

    assert screen.path == f"/postkorb/{town.items[1]}"
    assert f"„Beschwerde Çelik“ ist abgelegt in {town.reference}." in screen.text
    assert "Werbung" in screen.text
    case_file = aenne.open(f"/akten/{town.case_file}")
    assert "Bescheide 1" in case_file.texts("h2")
    assert "Beschwerde Çelik" in case_file.texts("span", class_="row-title")
    work_off(service)
    assert "1 Treffer" in aenne.open("/suche?q=beschwere").text


def test_filing_by_picking_a_recent_case_file(aenne: Desk, town: Town) -> None:
    item = town.items[1]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/ablegen")

    screen = aenne.send(form, case_file=str(town.quiet_case_file))

    assert screen.path == f"/postkorb/{town.items[0]}"
    assert "ist abgelegt in 50.20/" in screen.text


def test_an_unknown_reference_keeps_what_was_typed_and_the_item(aenne: Desk, town: Town) -> None:
    item = town.items[0]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/ablegen")

    for reference in ("99.99/1/1", town.other_reference):
        screen = aenne.send(form, reference=reference, title="Mühsam getippt")

        assert screen.status == 422
        assert f"Eine Akte „{reference}“ gibt es nicht." in screen.text
        assert screen.form(f"/postkorb/{item}/ablegen").values["title"] == ["Mühsam getippt"]
    assert "noch keine Akte gewählt" in aenne.send(form).text
    assert len([link for link in aenne.open("/postkorb").links() if link.startswith("/postkorb/")]) == 2


def test_an_unknown_section_names_the_possible_ones(aenne: Desk, town: Town) -> None:
    item = town.items[0]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/ablegen")

    screen = aenne.send(form, reference=town.reference, section="Kraut und Rüben")

    assert screen.status == 422
    assert "Möglich sind: Antrag, Gesamtplan, Bescheide." in screen.text


def test_whoever_was_slower_is_told_and_goes_on_with_the_next(aenne: Desk, joerg: Desk, town: Town) -> None:
    item = town.items[0]
    forms = [desk.open(f"/postkorb/{item}").form(f"/postkorb/{item}/ablegen") for desk in (aenne, joerg)]

    aenne.send(forms[0], reference=town.reference)
    slower = joerg.send(forms[1], case_file=str(town.quiet_case_file))

    assert slower.status == 409
    assert "inzwischen schon bearbeitet. Hier ist der nächste Eingang." in slower.text
    assert "Werbung" in slower.text
    assert joerg.open(f"/postkorb/{item}").status == 409
    assert "Eingang ohne Zuordnung" not in joerg.open(f"/akten/{town.quiet_case_file}").text


def test_a_double_click_files_once_and_says_so(aenne: Desk, town: Town) -> None:
    item = town.items[0]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/ablegen")

    screens = [aenne.send(form, reference=town.reference) for _ in range(2)]

    assert [screen.status for screen in screens] == [200, 200]
    assert "ist abgelegt in" in screens[1].text


def test_forwarded_post_waits_in_the_other_unit_with_its_note(aenne: Desk, otto: Desk, town: Town) -> None:
    item = town.items[0]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/weiterleiten")

    screen = aenne.send(form, unit="ORD", note="Gehört wohl zu euch.")

    assert "Weitergeleitet an Amt für öffentliche Ordnung." in screen.text
    assert "Gehört wohl zu euch." in otto.open(f"/postkorb/{item}").text
    assert aenne.open(f"/postkorb/{item}").status == 404


def test_sorting_out_needs_a_reason(aenne: Desk, town: Town) -> None:
    item = town.items[1]
    form = aenne.open(f"/postkorb/{item}").form(f"/postkorb/{item}/aussortieren")

    refused = aenne.send(form, reason=" ")
    screen = aenne.send(form, reason="Werbung")

    assert "Bitte angeben, warum der Eingang aussortiert wird." in refused.text
    assert "Der Eingang ist aussortiert" in screen.text
    assert f"/postkorb/{item}" not in screen.links()


def test_other_peoples_post_does_not_exist(otto: Desk, town: Town) -> None:
    for item in town.items:
        assert otto.open(f"/postkorb/{item}").status == 404


def test_neighbours_are_put_together_with_one_key_and_parted_again(aenne: Desk, town: Town) -> None:
    item, other = town.items
    screen = aenne.open(f"/postkorb/{item}")
    form = screen.form(f"/postkorb/{item}/anhaengen")
    assert [button.get("data-key") for button in screen.all("button") if button.get("data-key")] == ["m"]

    screens = [aenne.send(form) for _ in range(2)]

    assert [screen.path for screen in screens] == [f"/postkorb/{other}"] * 2
    assert "Zusammengelegt mit" in screens[0].text
    assert aenne.open(f"/postkorb/{item}").status == 409
    form = aenne.open(f"/postkorb/{other}").form(f"/postkorb/{other}/trennen")
    assert "So lässt sich das Dokument nicht trennen." in aenne.send(form, at=["9"]).text
    assert "Getrennt in 2 Eingänge" in aenne.send(form, at=["2"]).text
