"""What `eakte apply` refuses: which line, which place, what to do."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from eakte.access import rights_on
from eakte.access_tables import Right
from eakte.actors import actor_for
from eakte.document_tables import Document, DocumentKind
from tests.domain.organisations import CITY, Desk


def grant(what: str) -> str:
    """A file with one grant on the entry 11."""
    return f"grants: [{{on: 'plan:11', {what}}}]"


REFUSED: Mapping[str, tuple[str, int, str, str]] = {
    "empty": ("", 1, "", "muss aus Abschnitten bestehen"),
    "no mapping": ("- a", 1, "", "muss aus Abschnitten bestehen"),
    "no YAML": ("units:\n  - {id: a\npeople: []", 3, "", "als YAML lesbar"),
    "a bracket left open": ("units:\n  - {id: a\npeople: []", 3, "", "angefangen in Zeile 2"),
    "tabulator": ("units:\n\t- {id: a}", 2, "", "nur mit Leerzeichen"),
    "control character": ("units: []\n# \x01", 2, "", "darf in YAML nicht stehen"),
    "aliases": ("units: &u []\npeople: *u", 2, "", "Verweise"),
    "nesting without bottom": ("x: " + "[" * 100, 1, "", "zu tief"),
    "a tag": ("units: !!python/tuple []", 1, "/units", "Auszeichnung"),
    "unknown section": ("unit: []", 1, "/unit", "nicht bekannt; möglich sind units, people"),
    "unknown key": ("units:\n- {id: a, nmae: A}", 2, "/units/0/nmae", "möglich sind id, name, parent"),
    "missing key": ("units:\n- {id: a}", 2, "/units/0/name", "Hier fehlt „name“"),
    "key twice": ("units:\n- id: a\n  name: A\n  name: B", 4, "/units/0/name", "zuerst in Zeile 3"),
    "empty name": ("units:\n- {id: a, name: ' '}", 2, "/units/0/name", "nicht leer"),
    "no list": ("units: {id: a}", 1, "/units", "muss eine Liste sein"),
    "text as item": ("units: [a]", 1, "/units/0", "Schlüsseln und Werten"),
    "id with a bar": ("units: [{id: 'a|b', name: A}]", 1, "/units/0/id", "kann kein Name sein"),
    "unit twice": ("units:\n- {id: a, name: A}\n- {id: a, name: B}", 3, "/units/1/id", "steht schon in Zeile 2"),
    "unknown parent": ("units: [{id: a, name: A, parent: b}]", 1, "/units/0/parent", "„b“ gibt es nicht"),
    "own parent": ("units: [{id: a, name: A, parent: a}]", 1, "/units/0/parent", "a → a"),
    "circle": (
        "units:\n- {id: a, name: A, parent: b}\n- {id: b, name: B, parent: a}",
        2,
        "/units/0/parent",
        "a → b → a",
    ),
    "circle with what is there": ("units: [{id: SO, name: S, parent: SO-EH}]", 1, "/units/0/parent", "SO → SO-EH → SO"),
    "the built-in unit": ("units: [{id: unassigned, name: A}]", 1, "/units/0/id", "eingebaut"),
    "member of the built-in unit": (
        "people: [{id: x, name: X, units: [unassigned]}]",
        1,
        "/people/0/units/0",
        "eingebaut",
    ),
    "name twice": (
        "people: [{id: x, name: X}]\nsystems:\n- {id: x, name: X}",
        3,
        "/systems/0/id",
        "steht schon in Zeile 1",
    ),
    "the application's own name": ("systems: [{id: eakte, name: E}]", 1, "/systems/0/id", "nennt sich die Anwendung"),
    "name of another kind": (
        "stations: [{id: otto, name: X, unit: PO}]",
        1,
        "/stations/0/id",
        "gibt es schon (Person)",
    ),
    "unknown unit of a person": (
        "people: [{id: x, name: X, units: [ZZ]}]",
        1,
        "/people/0/units/0",
        "„ZZ“ gibt es nicht",
    ),
    "unknown unit of a station": (
        "stations: [{id: x, name: X, unit: ZZ}]",
        1,
        "/stations/0/unit",
        "„ZZ“ gibt es nicht",
    ),
    "no e-mail": ("people: [{id: x, name: X, email: foo}]", 1, "/people/0/email", "keine E-Mail"),
    "no role": ("people: [{id: x, name: X, roles: [chief]}]", 1, "/people/0/roles/0", "keine Rolle"),
    "role everywhere in a unit": (
        "people: [{id: x, name: X, roles: [admin@SO]}]",
        1,
        "/people/0/roles/0",
        "keine Rolle",
    ),
    "role in no unit": (
        "people: [{id: x, name: X, roles: [registry@ZZ]}]",
        1,
        "/people/0/roles/0",
        "„ZZ“ gibt es nicht",
    ),
    "code twice": (
        "filing_plan:\n- {code: 1, title: A}\n- {code: 2, title: B, children: [\n  {code: 1, title: C}]}",
        4,
        "/filing_plan/1/children/0/code",
        "steht schon in Zeile 2",
    ),
    "code with a slash": ("filing_plan: [{code: 1/2, title: A}]", 1, "/filing_plan/0/code", "kein Kennzeichen"),
    "section twice": (
        "filing_plan: [{code: 1, title: A, sections: [V, V]}]",
        1,
        "/filing_plan/0/sections/1",
        "steht schon",
    ),
    "field type": (
        "filing_plan:\n- code: 1\n  title: A\n  fields:\n    x: {type: money}",
        5,
        "/filing_plan/0/fields/x/type",
        "text, number, date oder boolean",
    ),
    "years": (
        "filing_plan: [{code: 1, title: A, retention_years: -1}]",
        1,
        "/filing_plan/0/retention_years",
        "mindestens 0",
    ),
    "unknown code": (
        "grants: [{on: 'plan:99', to: {unit: SO}, rights: [read]}]",
        1,
        "/grants/0/on",
        "„99“ gibt es nicht",
    ),
    "unknown case file": (
        "grants: [{on: 'case:9', to: {unit: SO}, rights: [read]}]",
        1,
        "/grants/0/on",
        "Aktenzeichen",
    ),
    "unknown document": (
        "grants: [{on: 'document:00000000-0000-0000-0000-000000000000', to: {unit: SO}, rights: [read]}]",
        1,
        "/grants/0/on",
        "Kennung",
    ),
    "no document id": ("grants: [{on: 'document:x', to: {unit: SO}, rights: [read]}]", 1, "/grants/0/on", "Kennung"),
    "no target": ("grants: [{on: 11, to: {unit: SO}, rights: [read]}]", 1, "/grants/0/on", "ist kein Ziel"),
    "unknown right": (
        grant("to: {unit: SO}, rights: [read, write]"),
        1,
        "/grants/0/rights/1",
        "„write“ gibt es nicht",
    ),
    "no rights": (grant("to: {unit: SO}, rights: []"), 1, "/grants/0/rights", "nicht leer"),
    "rights missing": (grant("to: {unit: SO}"), 1, "/grants/0/rights", "Hier fehlt"),
    "unknown person": (grant("to: {person: x}, rights: [read]"), 1, "/grants/0/to/person", "keine bekannte Person"),
    "a person is no system": (
        grant("to: {system: otto}, rights: [read]"),
        1,
        "/grants/0/to/system",
        "kein bekanntes Fachverfahren",
    ),
    "unknown unit": (
        grant("to: {unit: x}, rights: [read]"),
        1,
        "/grants/0/to/unit",
        "keine bekannte Organisationseinheit",
    ),
    "two subjects": (grant("to: {unit: SO, person: otto}, rights: [read]"), 1, "/grants/0/to", "genau eines"),
    "no subject": (grant("to: {}, rights: [read]"), 1, "/grants/0/to", "genau eines"),
    "sub-units of a person": (
        grant("to: {person: otto, sub_units: true}, rights: [read]"),
        1,
        "/grants/0/to/sub_units",
        "nur zusammen mit „unit“",
    ),
    "end before start": (
        "grants:\n- on: plan:11\n  to: {unit: SO}\n  rights: [read]\n  from: 2027-01-01\n  until: 2026-12-31",
        6,
        "/grants/0/until",
        "Ende liegt vor dem Anfang",
    ),
    "no day": (grant("to: {unit: SO}, rights: [read], until: 31.12.2027"), 1, "/grants/0/until", "2027-12-31"),
    "grant twice": (
        (
            "grants:\n- {on: 'plan:11', to: {unit: SO}, rights: [read, file, edit]}\n"
            "- {on: 'plan:11', to: {unit: SO}, rights: [Bearbeiten]}"
        ),
        3,
        "/grants/1",
        "steht schon in Zeile 2",
    ),
    "the shipped template": ("templates: [{id: brief, name: B, file: a.html}]", 1, "/templates/0/id", "mitgeliefert"),
    "answer sheets": (
        "templates: [{id: b, name: B, file: a.html, answer_sheets: [0]}]",
        1,
        "/templates/0/answer_sheets/0",
        "mindestens 1",
    ),
    # rights of a matrix
    "a combination of one": (grant("to: {all_of: [{unit: SO}]}, rights: [read]"), 1, "/grants/0/to/all_of", "2 bis 8"),
    "an unknown part of a combination": (
        grant("to: {all_of: [{unit: SO}, {unit: ZZ}]}, rights: [read]"),
        1,
        "/grants/0/to/all_of/1/unit",
        "keine bekannte Organisationseinheit",
    ),
    "a combination in a combination": (
        grant("to: {all_of: [{unit: SO}, {all_of: [{unit: SO}, {unit: PO}]}]}, rights: [read]"),
        1,
        "/grants/0/to/all_of/1",
        "kein weiteres",
    ),
    "a role in no unit": (grant("to: {role: registry}, rights: [read]"), 1, "/grants/0/to/role", "auch „unit“"),
    "to missing": (grant("rights: [read]"), 1, "/grants/0/to", "Hier fehlt „to“"),
    "section that the entry lacks": (
        "grants: [{on: 'plan:11.20/Krankheit', shielded: true}]",
        1,
        "/grants/0/on",
        "möglich sind: Bezüge, Vertrag",
    ),
    "no such level": (
        "filing_plan:\n- code: 1\n  title: A\n  level: geheim",
        4,
        "/filing_plan/0/level",
        "offen, intern, vertraulich oder streng-vertraulich",
    ),
    "no such ceiling": ("systems: [{id: s, name: S, ceiling: VS-NfD}]", 1, "/systems/0/ceiling", "eines von diesen"),
    "four eyes for reading": (
        "filing_plan: [{code: 1, title: A, four_eyes: [read]}]",
        1,
        "/filing_plan/0/four_eyes/0",
        "share oder dispose",
    ),
    "exclusion of nobody": ("exclusions: [{on: 'plan:11', person: geist}]", 1, "/exclusions/0/person", "„geist“"),
    "exclusion from nothing": ("exclusions: [{on: 'plan:77', person: anna}]", 1, "/exclusions/0/on", "„77“"),
    "exclusion without a person": ("exclusions: [{on: 'plan:11'}]", 1, "/exclusions/0/person", "Hier fehlt"),
    "deputy of oneself": ("deputies: [{person: anna, for: anna}]", 1, "/deputies/0/for", "vertritt sich selbst"),
    "deputy who is nobody": ("deputies: [{person: geist, for: anna}]", 1, "/deputies/0/person", "„geist“"),
    "deputyship that ends before it begins": (
        "deputies: [{person: otto, for: anna, from: 2026-12-31, until: 2026-12-01}]",
        1,
        "/deputies/0/until",
        "Ende liegt vor dem Anfang",
    ),
    "merged into itself": ("units: [{id: SO, name: S, merged_into: SO}]", 1, "/units/0/merged_into", "selbst"),
    "merged in a circle": (
        "units:\n- {id: X, name: X, merged_into: Y}\n- {id: Y, name: Y, merged_into: X}",
        2,
        "/units/0/merged_into",
        "im Kreis",
    ),
    "ended above what goes on": ("units: [{id: SO, name: S, ended: true}]", 1, "/units/0/ended", "SO-EH"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_file_is_refused_with_line_place_and_remedy(desk: Desk, case: str) -> None:
    source, line, pointer, words = REFUSED[case]
    desk.apply(CITY)
    (desk.folder / "a.html").write_text("x", encoding="utf-8")

    told = desk.refusals(source)

    assert (pointer, line) in [(place, int(text.split(":")[0].removeprefix("Zeile "))) for place, text in told]
    assert any(place == pointer and words in text for place, text in told), told


def test_all_problems_are_told_at_once_in_the_order_of_the_file(desk: Desk) -> None:
    told = desk.refusals(
        """
        grants:
          - {on: "plan:11", to: {unit: SO}, rights: [read]}
          - {on: "plan:99", to: {person: ghost}, rights: [write]}
        units: [{id: SO}]
        filing_plan: [{code: 11, title: P, level: geheim}]
        people: [{id: a, name: A, units: [SO, ZZ]}]
        deputies: [{person: a, for: ghost}]
        """
    )

    assert told == [
        ("/grants/1/on", "Zeile 4: Den Aktenplaneintrag „99“ gibt es nicht; bitte unter „filing_plan“ anlegen."),
        ("/grants/1/to/person", "Zeile 4: „ghost“ ist keine bekannte Person."),
        (
            "/grants/1/rights/0",
            (
                "Zeile 4: Das Recht „write“ gibt es nicht; möglich sind read, file, edit, close, share, dispose, "
                "lesen, bearbeiten, leiten, registratur."
            ),
        ),
        ("/units/0/name", "Zeile 5: Hier fehlt „name“."),
        (
            "/filing_plan/0/level",
            "Zeile 6: „level“ muss eines von diesen sein: offen, intern, vertraulich oder streng-vertraulich.",
        ),
        ("/people/0/units/1", "Zeile 7: Die Einheit „ZZ“ gibt es nicht; bitte unter „units“ anlegen."),
        ("/deputies/0/for", "Zeile 8: „ghost“ gibt es nicht (Person); bitte anlegen oder die Schreibweise prüfen."),
    ]


def test_what_says_its_default_is_not_refused(desk: Desk) -> None:
    desk.apply(
        CITY
        + """
exclusions: []
deputies:
"""
    )
    desk.apply(
        """
        people: [{id: x, name: X, ceiling: offen}]
        filing_plan: [{code: 1, title: A, level: offen, break_glass: false, retention_years: ~}]
        grants: [{on: "plan:1", to: {unit: SO, sub_units: false}, rights: [LESEN], shielded: false}]
        """
    )

    anna = actor_for(desk.session, "anna")
    assert rights_on(desk.session, anna, desk.entry("1").access_scope_id) == Right(0)


def test_entries_with_case_files_get_no_children(desk: Desk) -> None:
    desk.apply(CITY)
    desk.case_file("50", "50/2026/00001")

    told = desk.refusals(
        """
        filing_plan:
          - code: 50
            title: Soziales
            children: [{code: 50.10, title: Hilfe}]
        """
    )

    assert [(pointer, detail.split(":")[0]) for pointer, detail in told] == [("/filing_plan/0/children", "Zeile 5")]


def test_a_section_with_documents_stays(desk: Desk) -> None:
    desk.apply(CITY)
    case_file = desk.case_file("11.20", "11.20/2026/00001")
    desk.session.add(
        Document(
            case_file_id=case_file.id,
            title="Vertrag",
            section="Vertrag",
            kind=DocumentKind.INCOMING,
            access_scope_id=case_file.access_scope_id,
            created_by="anna",
        )
    )
    desk.session.flush()

    told = desk.refusals(CITY.replace("[Vertrag, Bezüge]", "[Bezüge]"))

    assert len(told) == 1
    assert "Im Register „Vertrag“ liegen Dokumente" in told[0][1]
