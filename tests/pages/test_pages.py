"""What people see, find and do on the pages; each test has a town of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from api.pages import search_pages
from api.service import Service
from api.worker import work_off
from eakte.case_files import CaseFileWish
from eakte.scan_tables import ScanItem
from tests.pages.desk import Desk
from tests.pages.town import Town, open_file, service_on


def test_the_first_page_tells_what_waits_and_what_changed_last(aenne: Desk, town: Town) -> None:
    screen = aenne.open("/")

    assert "2 Eingänge warten" in screen.text
    assert f"/postkorb/{town.items[0]}" in screen.links()
    assert f"/akten/{town.case_file}" in screen.links()
    assert screen.all("input", name="q")[0].get("autofocus") is not None


def test_somebody_without_rights_sees_empty_pages_that_say_what_to_do(desk: Desk, town: Town) -> None:
    desk.come_in(town, "nora")

    assert "noch keine Akte sehen" in desk.open("/").text
    assert "noch kein Teil des Aktenplans" in desk.open("/aktenplan").text
    assert "Nichts wartet" in desk.open("/postkorb").text
    assert "Keine Treffer" in desk.open("/suche?q=Schulbegleitung").text


# -- search ------------------------------------------------------------------------------------------


def test_a_word_on_the_page_is_found_and_marked(aenne: Desk, town: Town) -> None:
    screen = aenne.open("/suche?q=Schulbegleitung")

    assert "1 Treffer" in screen.texts("h1")[0]
    assert f"/dokumente/{town.application}?q=Schulbegleitung" in screen.links()
    assert "Schulbegleitung" in screen.texts("mark")
    assert f"{town.reference} · Seite 1" in screen.text


def test_search_finds_only_what_one_may_read(otto: Desk, town: Town) -> None:
    screen = otto.open("/suche?q=Schulbegleitung")

    assert [link for link in screen.links() if "/dokumente/" in link] == [
        f"/dokumente/{town.other_document}?q=Schulbegleitung"
    ]


@pytest.mark.parametrize("typed", ["50.10/2026/00001", "50.10-2026-1", " 50.10 / 2026 / 001 "])
def test_a_reference_in_any_spelling_opens_its_case_file(aenne: Desk, town: Town, typed: str) -> None:
    typed = typed.replace("2026", town.reference.split("/")[1])

    assert aenne.open(f"/suche?q={typed}").path == f"/akten/{town.case_file}"


def test_the_reference_of_a_hidden_case_file_is_just_not_found(aenne: Desk, town: Town) -> None:
    screen = aenne.open(f"/suche?q={town.other_reference}")

    assert screen.path.startswith("/suche")
    assert "Keine Treffer" in screen.text
    assert "Weniger oder andere Wörter" in screen.text


def test_many_hits_are_counted_with_a_plus_and_come_in_pages(
    aenne: Desk, service: Service, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_pages, "HITS_PER_PAGE", 2)
    for number in range(3):
        open_file(service, "änne", CaseFileWish("50.20", f"Wohngeld Räuberhöhle {number}"))
    work_off(service)

    first = aenne.open("/suche?q=Räuberhöhle")
    rest = aenne.open(next(link for link in first.links() if "ab=" in link))

    assert "2+ Treffer" in first.text
    assert len(first.all("li")) - len(rest.all("li")) == 1
    assert not [link for link in rest.links() if "ab=" in link]


def test_an_empty_search_asks_what_is_sought(aenne: Desk, town: Town) -> None:
    assert "Bitte oben eingeben" in aenne.open("/suche?q=%20").text


# -- filing plan and opening -------------------------------------------------------------------------


def test_the_filing_plan_shows_only_what_one_may_know_of(aenne: Desk, town: Town) -> None:
    screen = aenne.open("/aktenplan")

    assert "/aktenplan/50.10" in screen.links()
    assert "/aktenplan/32" not in screen.links()
    assert aenne.open("/aktenplan/32").status == 404


def test_case_files_of_an_entry_come_in_pages(aenne: Desk, service: Service, town: Town) -> None:
    for number in range(51):
        open_file(service, "änne", CaseFileWish("50.20", f"Wohngeld {number}"))

    first = aenne.open("/aktenplan/50.20")
    rest = aenne.open(next(link for link in first.links() if "nach=" in link))

    seen = [
        link for screen in (first, rest) for link in screen.links() if link.startswith("/akten/") and "neu" not in link
    ]
    assert len(seen) == len(set(seen)) == 52


def test_a_case_file_is_opened_with_parties_and_typed_fields(aenne: Desk, town: Town) -> None:
    form = aenne.open("/akten/neu?plan=50.10").form("/akten/neu")

    screen = aenne.send(
        form,
        title="Eingliederungshilfe Ömer Şahin",
        party_role=["Antragsteller", ""],
        party_name=["Ömer Şahin", ""],
        party_birth_date=["2011-05-30", ""],
        party_address=["Ringstraße 3", ""],
        party_protected="0",
        **{"field:Fallnummer": "EH-1", "field:plan_bis": "2027-01-31", "field:Stunden": "12,5", "field:Eilfall": "ja"},
    )

    assert screen.path.startswith("/akten/")
    assert "Die Akte 50.10/" in screen.text
    assert "Ömer Şahin * 30.05.2011 Auskunftssperre Ringstraße 3" in screen.text
    assert "Plan bis31.01.2027" in screen.text
    assert "Stunden12,5" in screen.text
    assert "FederführungEingliederungshilfe" in screen.text


def test_what_is_wrong_is_told_beside_what_was_typed(aenne: Desk, town: Town) -> None:
    form = aenne.open("/akten/neu?plan=50.10").form("/akten/neu")

    screen = aenne.send(form, title="Übergangsakte", **{"field:Stunden": "viele"})

    assert screen.status == 422
    assert "„Fallnummer“ ist ein Pflichtfeld" in screen.text
    assert "„Stunden“ muss eine Zahl sein" in screen.text
    assert screen.form("/akten/neu").values["title"] == ["Übergangsakte"]
    assert screen.form("/akten/neu").values["field:Stunden"] == ["viele"]


def test_more_rows_for_parties_come_without_script(aenne: Desk, town: Town) -> None:
    form = aenne.open("/akten/neu?plan=50.20").form("/akten/neu")

    screen = aenne.send(form, party_name=["Jürgen", ""], mehr="ja")

    assert screen.form("/akten/neu").values["party_name"] == ["Jürgen", "", "", ""]


def test_a_double_click_opens_one_case_file(aenne: Desk, town: Town) -> None:
    form = aenne.open("/akten/neu?plan=50.20").form("/akten/neu")

    screens = [aenne.send(form, title="Wohngeld Doppelt") for _ in range(2)]

    assert screens[0].path == screens[1].path
    assert aenne.open("/aktenplan/50.20").texts("span", class_="row-title").count("Wohngeld Doppelt") == 1


def test_who_may_only_read_gets_no_button_to_open_and_no_form(joerg: Desk, otto: Desk, town: Town) -> None:
    assert "/akten/neu?plan=50.20" in joerg.open("/aktenplan/50.20").links()
    assert otto.open("/akten/neu?plan=50.20").status == 404


# -- scan batches ------------------------------------------------------------------------------------


def test_a_batch_tells_what_became_of_its_documents(aenne: Desk, town: Town) -> None:
    assert "Stapel-7" in aenne.open("/stapel").text
    screen = aenne.open(f"/stapel/{town.batch}")

    assert "fertig" in screen.text
    assert screen.texts("span", class_="badge").count("im Postkorb") == 2


def test_a_batch_is_seen_by_the_unit_of_its_station_only(otto: Desk, town: Town) -> None:
    assert "noch wurde keiner abgegeben" in otto.open("/stapel").text.lower()
    assert otto.open(f"/stapel/{town.batch}").status == 404


def test_a_batch_tells_nothing_of_a_case_file_one_may_not_know_of(aenne: Desk, service: Service, town: Town) -> None:
    with service.database.writing() as session:
        item = session.exec(select(ScanItem).where(ScanItem.batch_id == town.batch)).first()
        assert item is not None
        item.document_id, item.case_file_id, item.letter_id = town.other_document, town.other_case_file, town.letter
        item.reason = f"Die Akte {town.other_reference} ist abgeschlossen."

    screen = aenne.open(f"/stapel/{town.batch}")

    assert town.other_reference not in screen.response.text
    assert str(town.other_case_file) not in screen.response.text
    assert str(town.other_document) not in screen.response.text


# -- every page --------------------------------------------------------------------------------------


def paths(town: Town) -> list[str]:
    file, searching = f"/akten/{town.case_file}", "?q=Schulbegleitung"
    plan = ["/aktenplan", "/aktenplan/50", "/aktenplan/50.10", "/akten/neu?plan=50.10"]
    finding = ["/", "/suche", f"/suche{searching}", "/suche?q=nichts davon", *plan]
    documents = [town.application, town.broken, town.letter_document]
    case_files = [
        file,
        f"{file}/hinzufuegen",
        f"{file}/schreiben",
        f"{file}/rechte",
        "/vertretung",
        "/notzugriff",
        f"/akten/{town.quiet_case_file}",
    ]
    paper = ["/postkorb", f"/postkorb/{town.items[1]}", "/stapel", f"/stapel/{town.batch}"]
    return finding + case_files + [f"/dokumente/{id_}{searching}" for id_ in documents] + paper + ["/gibt-es-nicht"]


def test_every_page_is_valid_html_with_landmarks_and_labels(aenne: Desk, town: Town) -> None:
    for path in paths(town):
        screen = aenne.open(path)
        assert screen.faults == [], path
        assert len(screen.all("main")) == len(screen.all("h1")) == 1, path
        ids = [element.get("id") for element in screen.root.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), path
        assert screen.unlabelled() == [], path


def test_every_page_carries_a_strict_policy_and_nothing_inline(aenne: Desk, town: Town) -> None:
    for path in paths(town):
        screen = aenne.open(path)
        policy = screen.response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none';"), path
        assert "unsafe" not in policy, path
        assert not [element for element in screen.root.iter() if element.get("style") or element.get("onclick")], path
        assert all(element.get("src") for element in screen.all("script")), path


def test_stylesheet_and_script_are_kept_for_good(desk: Desk) -> None:
    screen = desk.open("/anmelden")
    for address in [screen.all("script")[0].get("src"), *(link.get("href") for link in screen.all("link"))]:
        got = desk.client.get(address or "")
        assert got.status_code == 200, address
        assert "immutable" in got.headers["cache-control"], address


def test_every_page_of_a_demo_says_so_in_red(service: Service, town: Town) -> None:
    assert "Vorführung" not in Desk(service).open("/anmelden").text
    demo = service_on(service.settings.data_dir, demo=True)
    with Desk(demo) as desk:
        assert "Vorführung" in desk.open("/anmelden").text
        desk.come_in(town, "änne")
        for path in paths(town):
            assert len(desk.open(path).all("p", class_="demo-banner")) == 1, path
    demo.close()


def test_null_characters_are_refused_before_a_database_meets_them(aenne: Desk, town: Town) -> None:
    rights, deputies = f"/akten/{town.case_file}/rechte", "/vertretung"
    form = aenne.open(deputies).form(f"{deputies}/vorschau")

    assert aenne.open(f"{rights}?person=%00").status == 404
    assert aenne.open("/aktenplan/50%00").status == 404
    assert aenne.send(form, person="Otto\x00").status == 422


def test_an_unexpected_error_tells_nothing_of_the_inside(
    aenne: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("geheim: /srv/eakte")

    monkeypatch.setattr("eakte.case_files.list_case_files", broken)

    screen = aenne.open("/")

    assert screen.status == 500
    assert "Unerwarteter Fehler" in screen.text
    assert "geheim" not in screen.response.text
    assert "Kennung für Rückfragen" in screen.text
