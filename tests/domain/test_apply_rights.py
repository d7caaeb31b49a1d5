"""Rights of a matrix organisation from one file: set up, repeated, changed, taken back, foreseen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eakte import access, nodes
from eakte.access_tables import Right
from eakte.actors import actor_for
from eakte.apply import apply_organisation
from eakte.case_files import CaseFileWish, open_case_file
from eakte.clock import today
from eakte.levels import Level
from eakte.nodes import Node
from eakte.parties import PartyWish
from tests.domain.organisations import Desk

MATRIX = f"""
units: [{{id: PO, name: Personal}}, {{id: SO, name: Soziales}},
        {{id: SO-EH, name: Eingliederungshilfe, parent: SO}}, {{id: SR-MITTE, name: Sozialraum Mitte}}]
people:
  - {{id: anna, name: Änne Ärmel, units: [SO-EH, SR-MITTE], roles: [registry@SO], ceiling: vertraulich}}
  - {{id: otto, name: Otto Öl, units: [SO-EH]}}
  - {{id: paula, name: Paula Personal, units: [PO], ceiling: streng-vertraulich}}
systems: [{{id: km-personal, name: KM-Personal, ceiling: vertraulich}}]
filing_plan:
  - code: "11"
    title: Personal
    children:
      - {{code: "11.20", title: Personalakten, level: vertraulich, sections: [Vertrag, Bezüge, Krankheit]}}
  - {{code: "50", title: Soziales, children: [{{code: "50.10", title: Eingliederungshilfe, break_glass: true}}]}}
grants:
  - {{on: "plan:11.20", to: {{system: km-personal}}, rights: [read, file, edit]}}
  - {{on: "plan:11.20", to: {{unit: PO}}, rights: [Leiten]}}
  - {{on: "plan:50", to: {{all_of: [{{unit: SO-EH}}, {{unit: SR-MITTE}}]}}, rights: [read, file]}}
  - {{on: "plan:50", to: {{role: registry, unit: SO}}, rights: [dispose]}}
  - {{on: "plan:11.20/Krankheit", shielded: true}}
  - {{on: "plan:11.20/Krankheit", to: {{unit: PO, sub_units: true}}, rights: [read], until: 2099-12-31}}
exclusions: [{{on: "plan:11", person: anna, reason: ausgeschlossene Person}}]
deputies: [{{person: otto, for: anna, from: {today()}, until: {today() + timedelta(days=10)}}}]
"""
READ_FILE = Right.READ | Right.FILE


def may(desk: Desk, name: str, node: Node) -> Right:
    return access.rights_on(desk.session, actor_for(desk.session, name), nodes.place_of(desk.session, node))


def test_the_whole_matrix_is_set_up_from_one_file(desk: Desk) -> None:
    changes = desk.apply(MATRIX)

    assert "Abgeschirmt: Aktenplan 11.20, Register Krankheit" in changes
    assert "Ausschluss von anna (Aktenplan 11) eingetragen" in changes
    assert "Vertretung von anna durch otto eingetragen" in changes
    assert may(desk, "anna", nodes.entry("50.10")) == READ_FILE | Right.DISPOSE
    assert may(desk, "otto", nodes.entry("50.10")) == READ_FILE | Right.DISPOSE, "as her deputy"
    assert may(desk, "anna", nodes.entry("11.20")) == Right(0)
    leading = Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE
    assert may(desk, "paula", nodes.entry("11.20")) == leading
    sickness = nodes.parse(desk.session, "plan:11.20/Krankheit")
    assert may(desk, "paula", sickness) == Right.READ
    assert may(desk, "km-personal", sickness) == Right(0)
    assert may(desk, "km-personal", nodes.parse(desk.session, "plan:11.20/Vertrag")) == READ_FILE | Right.EDIT


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.apply(MATRIX)

    assert desk.apply(MATRIX) == []


def test_what_the_file_no_longer_says_is_taken_back(desk: Desk) -> None:
    desk.apply(MATRIX)

    changes = desk.apply("grants: []\nexclusions: []\ndeputies: []")

    assert "Abschirmung aufgehoben: Aktenplan 11.20, Register Krankheit" in changes
    assert "Ausschluss von anna (Aktenplan 11) aufgehoben" in changes
    assert "Vertretung von anna durch otto beendet" in changes
    assert may(desk, "otto", nodes.entry("50.10")) == Right(0)
    assert actor_for(desk.session, "otto").represented == ()


def test_a_file_that_does_not_speak_of_rights_leaves_them(desk: Desk) -> None:
    desk.apply(MATRIX)

    assert desk.apply("units: [{id: NEU, name: Neu}]") == ["Einheit NEU „Neu“ angelegt"]
    assert may(desk, "anna", nodes.entry("50.10")) == READ_FILE | Right.DISPOSE


def test_a_dry_run_tells_who_gains_and_who_loses_where(desk: Desk) -> None:
    desk.apply(MATRIX)
    changed = MATRIX.replace("{unit: PO}, rights: [Leiten]", "{person: otto}, rights: [Bearbeiten]").replace(
        "id: otto, name: Otto Öl, units: [SO-EH]", "id: otto, name: Otto Öl, units: [SO-EH], ceiling: vertraulich"
    )

    foreseen = apply_organisation(
        desk.session, desk.blobs, source=changed, folder=desk.folder, actor_id="admin", dry_run=True
    )

    effects = [change.what for change in foreseen if change.action in ("gained", "lost")]
    assert "Otto Öl (otto) gewinnt: Lesen, Ablegen, Bearbeiten – Aktenplan 11.20" in effects
    lost = "Paula Personal (paula) verliert: Lesen, Ablegen, Bearbeiten, Abschließen, Freigeben – Aktenplan 11.20"
    assert lost in effects
    assert not any("Register Vertrag" in line for line in effects), "what is only inherited is not told again"
    assert not any("Änne" in line for line in effects)


@pytest.mark.parametrize(("level", "sees"), [("intern", True), ("vertraulich", True), ("streng-vertraulich", False)])
def test_a_level_of_an_entry_holds_for_everything_below(desk: Desk, level: str, sees: bool) -> None:
    desk.apply(MATRIX)

    desk.apply(MATRIX.replace("hilfe, break", f"hilfe, level: {level}, break"))

    assert bool(may(desk, "anna", nodes.entry("50.10"))) is sees
    assert access.level_of(desk.session, desk.entry("50.10").access_scope_id) is Level(
        ("offen", "intern", "vertraulich", "streng-vertraulich").index(level)
    )


def test_a_merged_units_rights_go_to_its_successor(desk: Desk) -> None:
    desk.apply(MATRIX)

    desk.apply(
        """
        units: [{id: SO-EH, name: Eingliederungshilfe, parent: SO, merged_into: SO-NEU}, {id: SO-NEU, name: Teilhabe}]
        people: [{id: otto, name: Otto Öl, units: [SO-NEU, SR-MITTE]}]
        deputies: []
        """
    )

    assert may(desk, "otto", nodes.entry("50.10")) == READ_FILE
    assert actor_for(desk.session, "anna").units == ("SO-NEU", "SR-MITTE"), "who was left in the old one came along"


def test_an_ended_unit_gives_nothing_any_more(desk: Desk) -> None:
    desk.apply(MATRIX)

    desk.apply("units: [{id: SR-MITTE, name: Sozialraum Mitte, ended: true}]")

    assert may(desk, "anna", nodes.entry("50.10")) == Right.READ | Right.DISPOSE


def test_a_unit_with_open_case_files_does_not_just_end(desk: Desk) -> None:
    desk.apply(MATRIX)
    wish = CaseFileWish("50.10", "Hilfe", responsible_unit="SR-MITTE")
    open_case_file(desk.session, actor_for(desk.session, "anna"), wish, reference_format="{plan}/{year}/{number}")

    told = desk.refusals("units: [{id: SR-MITTE, name: Mitte, ended: true}]")

    assert [pointer for pointer, _ in told] == ["/units/0/ended"]
    assert "merged_into" in told[0][1]


def test_who_leaves_has_nothing_and_gets_it_back_with_their_return(desk: Desk) -> None:
    desk.apply(MATRIX)
    gone = "people: [{id: paula, name: Paula Personal, units: [PO], ceiling: streng-vertraulich, active: false}]"

    assert desk.apply(gone) == ["Person paula „Paula Personal“ geändert: nicht mehr tätig"]
    assert desk.apply(gone.replace(", active: false", "")) == ["Person paula „Paula Personal“ geändert: wieder tätig"]
    assert may(desk, "paula", nodes.entry("11.20"))


def test_a_party_may_read_where_the_entry_says_so(desk: Desk) -> None:
    desk.apply(MATRIX)
    wish = CaseFileWish("11.20", "Personalakte", (PartyWish("Beschäftigte", "Personal, Paula"),), responsible_unit="PO")
    opener = actor_for(desk.session, "km-personal")
    case_file = open_case_file(desk.session, opener, wish, reference_format="{plan}/{year}/{number}")
    assert may(desk, "paula", nodes.case_file(case_file.id)) == Right(0)

    desk.apply(MATRIX.replace("level: vertraulich, sections", "level: vertraulich, parties_may_read: true, sections"))

    assert may(desk, "paula", nodes.case_file(case_file.id)) == Right.READ
