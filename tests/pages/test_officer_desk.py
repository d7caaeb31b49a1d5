"""The data protection officer's desk tells of every emergency access, and of no title."""

from __future__ import annotations

from tests.pages.rights_desk import DeskOf
from tests.pages.test_deputies_and_emergencies import URGENT, break_in
from tests.pages.town import Town


def test_the_officer_finds_every_emergency_access_and_whether_it_was_taken_note_of(desk_of: DeskOf, town: Town) -> None:
    dora, aenne = desk_of("dora"), desk_of("änne")
    assert "Bisher gab es keinen Notzugriff." in dora.open("/datenschutz").text
    break_in(desk_of("nora"), town.reference)

    fresh = dora.open("/datenschutz")

    assert fresh.texts("th", scope="row") == ["Nora Neu"]
    assert {town.reference, URGENT, "noch nicht"} <= set(fresh.texts("td"))
    assert "Jürgen" not in fresh.text
    (link,) = [one for one in fresh.links() if one.startswith("/datenschutz?objekt=")]
    assert dora.open(link).texts("h1") == [f"Wer hat Zugriff: Akte {town.reference}"]
    screen = aenne.open("/")
    (action,) = [one.get("action", "") for one in screen.all("form") if "/hinweise/" in one.get("action", "")]
    aenne.send(screen.form(action))
    (*_, seen) = dora.open("/datenschutz").texts("td")
    assert seen.startswith("Änne Ärmel, ")
