"""Inbox rules and filing without a code in organisation files."""

from __future__ import annotations

from sqlmodel import select

from eakte.inbox_rule_tables import InboxRule
from eakte.principals import Unit
from tests.domain.organisations import CITY, Desk

RULES = """
inbox_rules:
  - {unit: SO, if: {words: [Wohngeld*, Mietbescheinigung]}}
  - {unit: PO, if: {station: scan-1, sender: Rentenversicherung}, position: 1}
"""


def rules(desk: Desk) -> list[tuple[int, str, list[str], str, str | None]]:
    rows = desk.session.exec(select(InboxRule).order_by(InboxRule.position))  # type: ignore[arg-type]
    return [(row.position, row.unit_id, row.words, row.sender, row.station_id) for row in rows]


def test_rules_are_made_changed_and_taken_back_in_the_order_of_the_file(desk: Desk) -> None:
    desk.apply(CITY)

    words = "eines der Wörter Wohngeld*, Mietbescheinigung"
    made = desk.apply(RULES)
    again = desk.apply(RULES)
    other = desk.apply("inbox_rules: [{unit: SO-EH, if: {words: [Wohngeld*, Mietbescheinigung]}}]")
    unspoken = desk.apply("units: []")

    assert made == [
        f"Eingangsregel 1 angelegt: {words} → SO",
        "Eingangsregel 2 angelegt: Station scan-1 und Absender „Rentenversicherung“ → PO",
    ]
    assert again == unspoken == []
    assert other == [
        f"Eingangsregel 1 geändert: {words} → SO-EH (vorher: {words} → SO)",
        "Eingangsregel 2 aufgehoben: Station scan-1 und Absender „Rentenversicherung“ → PO",
    ]
    assert rules(desk) == [(1, "SO-EH", ["Wohngeld*", "Mietbescheinigung"], "", None)]
    desk.apply("inbox_rules: []")
    assert rules(desk) == []


def test_a_position_puts_a_rule_before_others(desk: Desk) -> None:
    desk.apply(CITY)

    desk.apply(RULES.replace("position: 1", "position: 1").replace("}}\n", "}, position: 2}\n"))

    assert [unit for _, unit, *_ in rules(desk)] == ["PO", "SO"]


def test_a_dry_run_tells_rules_and_thresholds_without_making_them(desk: Desk) -> None:
    desk.apply(CITY)
    savepoint = desk.session.begin_nested()
    wanted = "units: [{id: PO, name: Personal, file_without_code: {from: 0.95}}]\n"

    told = desk.apply(wanted + RULES, dry_run=True)
    savepoint.rollback()

    assert "Einheit PO „Personal“ geändert: Ablegen ohne Code ab 0.95 statt (leer)" in told
    assert sum("Eingangsregel" in line for line in told) == 2
    assert rules(desk) == []
    assert desk.session.get_one(Unit, "PO").files_without_code_from is None


def test_a_unit_files_without_codes_only_while_its_file_says_so(desk: Desk) -> None:
    desk.apply("units: [{id: PO, name: Personal, file_without_code: {from: 0.95}}]")
    assert desk.session.get_one(Unit, "PO").files_without_code_from == 0.95

    assert desk.apply("units: [{id: PO, name: Personal}]") == [
        "Einheit PO „Personal“ geändert: Ablegen ohne Code ab (leer) statt 0.95"
    ]
    assert desk.session.get_one(Unit, "PO").files_without_code_from is None


REFUSED = [
    ("inbox_rules: [{unit: XX, if: {words: [a]}}]", "/inbox_rules/0/unit", "„XX“ gibt es nicht"),
    ("inbox_rules: [{unit: PO, if: {}}]", "/inbox_rules/0/if", "„words“, „sender“ oder „station“"),
    ("inbox_rules: [{unit: PO}]", "/inbox_rules/0", "Hier fehlt „if“"),
    ("inbox_rules: [{unit: PO, if: {station: anna}}]", "/inbox_rules/0/if/station", "unter „stations“"),
    ("inbox_rules: [{unit: PO, if: {words: ['*']}}]", "/inbox_rules/0/if/words/0", "weder Buchstaben noch"),
    ("inbox_rules: [{unit: PO, if: {sender: '--'}}]", "/inbox_rules/0/if/sender", "Buchstaben oder Ziffern"),
    ("units: [{id: PO, name: P, file_without_code: {from: 0.2}}]", "/units/0/file_without_code/from", "mindestens"),
    ("units: [{id: PO, name: P, file_without_code: {from: viel}}]", "/units/0/file_without_code/from", "Zahl"),
    ("units: [{id: PO, name: P, file_without_code: {}}]", "/units/0/file_without_code", "Hier fehlt „from“"),
]


def test_what_cannot_be_meant_is_refused_with_its_place(desk: Desk) -> None:
    desk.apply(CITY)

    for source, pointer, detail in REFUSED:
        refusals = desk.refusals(source)

        assert any(detail in text and place.startswith(pointer) for place, text in refusals), (source, refusals)
