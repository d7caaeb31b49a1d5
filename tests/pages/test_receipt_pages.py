"""At the mail room's desk: when post came, where its paper lies, what is not scanned, what never should have been."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from eakte.clock import today
from tests.pages.desk import Desk
from tests.pages.town import Town

SATURDAY = today() - timedelta(days=2)


def test_a_receipt_is_corrected_beside_the_page_and_what_stood_there_is_shown(aenne: Desk, town: Town) -> None:
    waiting = aenne.open(f"/postkorb/{town.items[0]}")
    action = next(one.get("action", "") for one in waiting.all("form") if one.get("action", "").endswith("/eingang"))
    form = waiting.form(action)
    assert waiting.unlabelled() == []

    late = aenne.send(form, received_on=(today() + timedelta(days=1)).isoformat(), reason="x")
    screen = aenne.send(form, received_on=SATURDAY.isoformat(), channel="night_letterbox", reason="Samstag eingeworfen")

    assert (late.status, screen.status) == (422, 200)
    assert "Zukunft" in late.text
    assert screen.path == f"/postkorb/{town.items[0]}"
    assert f"eingegangen am {SATURDAY:%d.%m.%Y}" in screen.text
    assert f"vorher {today():%d.%m.%Y}" in screen.text
    assert "Grund: Samstag eingeworfen" in screen.text
    assert screen.faults == []


def test_a_stack_is_corrected_withdrawn_and_brought_back(aenne: Desk, otto: Desk, town: Town) -> None:
    path = f"/stapel/{town.batch}"
    screen = aenne.open(path)
    assert screen.unlabelled() == []

    corrected = aenne.send(screen.form(f"{path}/eingang"), received_on=SATURDAY.isoformat(), reason="Nachtbriefkasten")
    assert f"{SATURDAY:%d.%m.%Y}" in corrected.text
    gone = aenne.send(corrected.form(f"{path}/irrtuemlich-gescannt"), reason="Verschlossene Angebote")
    assert gone.text.count("irrtümlich gescannt") >= 2
    assert gone.text.count("Verschlossene Angebote") == 2
    assert not [link for link in gone.links() if link.startswith(("/dokumente/", "/akten/"))]
    assert otto.open(path).status == 404
    assert "Beschwerde" not in aenne.open("/postkorb").text
    undo = next(link for link in gone.links() if link.startswith("/irrtuemlich-gescannt/"))
    assert otto.open(undo).status == 404
    back = aenne.send(aenne.open(undo).form(f"{undo}/zurueckholen"), reason="war doch Post")

    assert back.path.startswith("/postkorb/")
    assert "Das Dokument liegt wieder, wo es lag." in back.text
    assert "rückgängig gemacht" in aenne.open(undo).text


def test_what_comes_back_where_one_may_not_look_is_told_at_its_stack(aenne: Desk, otto: Desk, town: Town) -> None:
    inbox = aenne.open(f"/postkorb/{town.items[0]}")
    aenne.send(inbox.form(f"/postkorb/{town.items[0]}/weiterleiten"), unit="ORD")
    assert otto.open(f"/postkorb/{town.items[0]}").status == 200
    path = f"/stapel/{town.batch}"
    gone = aenne.send(aenne.open(path).form(f"{path}/irrtuemlich-gescannt"), reason="Verschlossenes Angebot")
    undo = next(link for link in gone.links() if link.startswith("/irrtuemlich-gescannt/"))

    back = aenne.send(aenne.open(undo).form(f"{undo}/zurueckholen"), reason="war doch Post")

    assert (back.status, back.path) == (200, path)
    assert "Das Dokument liegt wieder, wo es lag." in back.text
    assert otto.open(f"/postkorb/{town.items[0]}").status == 200


def test_paper_is_placed_found_by_its_box_and_noted_as_destroyed_only_when_it_may_be(aenne: Desk, town: Town) -> None:
    path = f"/dokumente/{town.application}"
    form = aenne.open(path).form(f"{path}/papier")

    placed = aenne.send(form, box="K-17", keep_until=today().isoformat())

    assert "Karton K-17, aufzubewahren bis" in placed.text
    boxes = aenne.open("/papier")
    assert "K-17" in boxes.texts("a")
    assert "Heute ist nichts zu vernichten" in aenne.open("/papier?faellig=vernichten").text
    [change] = [one.get("action", "") for one in placed.all("form") if one.get("action", "").startswith("/papier/")]
    changed = aenne.send(placed.form(change), keep_until=(today() - timedelta(days=1)).isoformat())
    assert changed.path == path
    due = aenne.open("/papier?faellig=vernichten")
    assert (due.faults, due.unlabelled()) == ([], [])
    [chosen] = due.form("/papier/vernichtet").values.get("paper", [])
    nothing = aenne.send(due.form("/papier/vernichtet"), paper=[], on=SATURDAY.isoformat())
    assert (nothing.status, "nichts ausgewählt" in nothing.text) == (422, True)
    again = nothing.form("/papier/vernichtet").values
    assert ("paper" in again, again["on"]) == (False, [SATURDAY.isoformat()]), "what was typed and left out stays so"
    done = aenne.send(due.form("/papier/vernichtet"), paper=chosen)
    assert "Als vernichtet vermerkt: 1." in done.text
    assert f"vernichtet am {today():%d.%m.%Y}" in aenne.open(path).text


def test_post_that_is_not_scanned_is_registered_and_handed_over(
    aenne: Desk, otto: Desk, desk_of: Callable[[str], Desk]
) -> None:
    page = aenne.open("/poststelle/ungescannt")
    assert (page.faults, page.unlabelled()) == ([], [])

    nothing_chosen = aenne.send(page.form("/poststelle/ungescannt"), sender="Bau GmbH")
    assert (nothing_chosen.status, "Für die Einheit: Bitte auswählen." in nothing_chosen.text) == (422, True)
    assert nothing_chosen.form("/poststelle/ungescannt").values["sender"] == ["Bau GmbH"]
    listed = aenne.send(
        page.form("/poststelle/ungescannt"), sender="Bau GmbH", addressee_unit="ORD", why="sealed_bid", remark="Los 4"
    )
    assert "Bau GmbH" in otto.open("/poststelle/ungescannt").text
    assert "Bau GmbH" not in desk_of("nora").open("/poststelle/ungescannt?alle=ja").text
    [action] = [one.get("action", "") for one in listed.all("form") if one.get("action", "").endswith("/uebergeben")]
    handed = aenne.send(listed.form(action), to="Otto Öl")

    assert "Die Übergabe an Otto Öl ist vermerkt." in handed.text
    assert "Bau GmbH" not in handed.text
    assert "Otto Öl" in aenne.open("/poststelle/ungescannt?alle=ja").text


def test_a_thing_gets_a_placeholder_in_its_case_file(aenne: Desk, town: Town) -> None:
    action = f"/akten/{town.case_file}/gegenstand"
    page = aenne.open(action)
    assert (page.faults, page.unlabelled()) == ([], [])

    refused = aenne.send(page.form(action), title="Fotos", thing=" ")
    made = aenne.send(page.form(action), title="Fotos", thing="CD mit 12 Bildern", box="K-3")

    assert (refused.status, refused.form(action).values["title"]) == (422, ["Fotos"])
    assert "Gegenstand: CD mit 12 Bildern. Karton K-3" in made.text
    assert "Der Gegenstand ist aufgenommen." in made.text
    unplaced = aenne.open("/poststelle/gegenstand")
    assert (unplaced.unlabelled(), unplaced.form("/poststelle/gegenstand").values["unit"]) == ([], [""])
