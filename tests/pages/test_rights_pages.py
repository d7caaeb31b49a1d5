"""The rights of a thing on its page: who has access and why, and what nobody is told."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.service import Service
from eakte import case_files, nodes
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange
from eakte.subjects import SubjectWish
from tests.pages.desk import Form
from tests.pages.rights_desk import DeskOf, form_for, grant_preview, kept, rights_of
from tests.pages.rights_town import give, shield
from tests.pages.town import Town, actor_of

# -- looking -----------------------------------------------------------------------------------------


def test_who_has_access_and_why_stands_in_a_table(desk_of: DeskOf, town: Town) -> None:
    screen = desk_of("änne").open(rights_of(town))

    assert screen.texts("h1") == [f"Wer hat Zugriff: Akte {town.reference}"]
    assert "Jörg Weiß jörg · Eingliederungshilfe" in " ".join(screen.texts("th"))
    assert "auf Aktenplan 50 für Amt für Soziales mit Untereinheiten" in screen.text
    assert "Federführung" in screen.text
    assert "Lesen, Ablegen, Bearbeiten, Abschließen, Freigeben" in screen.texts("td")
    assert "offen" in screen.texts("span", class_="badge level-offen")


def test_without_share_the_page_is_refused_or_does_not_exist(desk_of: DeskOf, service: Service, town: Town) -> None:
    give(service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "lesen")
    otto, nora = desk_of("otto"), desk_of("nora")

    assert otto.open(rights_of(town)).status == 403
    assert rights_of(town) not in otto.open(f"/akten/{town.case_file}").links()
    assert f"{rights_of(town)}/meine" in otto.open(f"/akten/{town.case_file}").links()
    for path in ("/akten/{}/rechte", "/akten/{}/rechte/meine", "/akten/{}/register/Antrag/rechte"):
        hidden, nothing = nora.open(path.format(town.case_file)), nora.open(path.format(uuid4()))
        assert hidden.status == nothing.status == 404
        assert hidden.text == nothing.text
    hidden, nothing = (nora.open(f"/dokumente/{id_}/rechte") for id_ in (town.application, uuid4()))
    assert (hidden.status, hidden.text) == (nothing.status, nothing.text)
    assert nora.open("/aktenplan/50.10/rechte").status == nora.open("/aktenplan/99/rechte").status == 404


def test_forms_of_a_hidden_thing_are_not_there_either(desk_of: DeskOf, service: Service, town: Town) -> None:
    form = form_for(desk_of("änne").open(rights_of(town)), rights_of(town), "shield")
    nora = desk_of("nora")
    form.values["csrf"] = nora.open("/notzugriff").form("/notzugriff").values["csrf"]
    before = kept(service)[0]

    answers = []
    for id_ in (town.case_file, uuid4()):
        for step in ("vorschau", "speichern", "formular"):
            screen = nora.send(Form(f"/akten/{id_}/rechte/{step}", form.values))
            answers.append((screen.status, screen.text))

    assert {status for status, _ in answers} == {404}
    assert len({text for _, text in answers}) == 1
    assert kept(service)[0] == before


@pytest.mark.parametrize("kind", ["document", "section", "entry", "entry_section"])
def test_everything_that_has_rights_has_their_page(desk_of: DeskOf, town: Town, kind: str) -> None:
    name, path = {
        "document": ("änne", f"/dokumente/{town.application}/rechte"),
        "section": ("änne", f"/akten/{town.case_file}/register/Antrag/rechte"),
        "entry": ("ada", "/aktenplan/50.10/rechte"),
        "entry_section": ("ada", "/aktenplan/50.10/register/Antrag/rechte"),
    }[kind]
    desk = desk_of(name)

    saved = desk.send(grant_preview(desk, path, person="Otto Öl", right=["file"]).form(f"{path}/speichern"))

    assert saved.path == path
    assert "Das Recht ist vergeben." in saved.text
    assert "Otto Öl" in saved.texts("th", scope="row")
    assert "/aktenplan/50.10/register/Antrag/rechte" in desk_of("ada").open("/aktenplan/50.10/rechte").links()


def test_administrators_find_the_rights_of_an_entry_they_cannot_read(desk_of: DeskOf) -> None:
    ada = desk_of("ada")
    form = ada.open("/aktenplan").form("/aktenplan/rechte")

    assert ada.open(f"{form.action}?code=50.10").path == "/aktenplan/50.10/rechte"
    assert "/aktenplan/rechte" not in [one.get("action") for one in desk_of("änne").open("/aktenplan").all("form")]


def test_a_part_of_the_page_leads_to_sections(desk_of: DeskOf, service: Service, town: Town) -> None:
    assert f"/akten/{town.case_file}/register/Antrag/rechte" in desk_of("änne").open(rights_of(town)).links()
    assert f"/dokumente/{town.application}/rechte" in desk_of("änne").open(f"/dokumente/{town.application}").links()


# -- explaining --------------------------------------------------------------------------------------


def test_why_somebody_may_or_may_not_is_explained(desk_of: DeskOf, town: Town) -> None:
    aenne = desk_of("änne")

    may = aenne.open(f"{rights_of(town)}?person=Jörg Weiß (jörg)")
    namesake = aenne.open(f"{rights_of(town)}?person=Käthe Größmann")
    nobody = aenne.open(f"{rights_of(town)}?person=Zoë")

    assert "Jörg Weiß darf: Lesen, Ablegen" in may.text
    assert "gehört zu Eingliederungshilfe; das zählt zu Amt für Soziales" in may.text
    assert "Käthe Größmann darf hier nichts." in namesake.text
    assert "Trägt denselben Namen wie eine beteiligte Person" in " ".join(namesake.texts("li"))
    assert nobody.status == 422
    assert "„Zoë“ ist hier niemand." in nobody.text
    assert "Name: Bitte aus der Liste wählen" in nobody.text


def test_a_ceiling_and_a_shield_are_named_as_obstacles(desk_of: DeskOf, service: Service, town: Town) -> None:
    desk = desk_of("änne")
    form = desk.open("/akten/neu?plan=50.20").form("/akten/neu")
    made = desk.send(form, title="Wohngeld vertraulich", level="vertraulich")
    told = desk.open(f"{made.path}/rechte?person=jörg")
    assert "vertraulich" in made.texts("span", class_="badge level-vertraulich")
    assert "Die Stufe ist „vertraulich“; Jörg Weiß darf bis „offen“." in told.text

    shield(service, "änne", nodes.section(town.case_file, "Antrag"))
    shielded = desk.open(f"/akten/{town.case_file}/register/Antrag/rechte?person=jörg")
    assert "ist abgeschirmt; was weiter oben gegeben ist, gilt dort nicht." in shielded.text


def test_everybody_who_reads_may_ask_about_themselves(desk_of: DeskOf, service: Service, town: Town) -> None:
    give(
        service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "lesen", reason="Größere Anhörung"
    )

    screen = desk_of("otto").open(f"{rights_of(town)}/meine")

    assert "Sie dürfen: Lesen" in screen.text
    assert "„Größere Anhörung“" in screen.text
    assert "Freigabe von Änne Ärmel" in screen.text


def test_a_document_alone_is_shared_without_its_case_file(desk_of: DeskOf, service: Service, town: Town) -> None:
    give(service, "änne", nodes.document(town.application), SubjectWish(person="otto"), "lesen")

    screen = desk_of("otto").open(f"/dokumente/{town.application}")

    assert "freigegeben ist nur dieses Dokument" in screen.text
    assert f"/dokumente/{town.application}/rechte/meine" in screen.links()
    mine = desk_of("otto").open(f"/dokumente/{town.application}/rechte/meine")
    assert "Jürgen Größmann" not in mine.text


def test_whoever_confirms_a_handing_over_is_told_to_whom(desk_of: DeskOf, service: Service, town: Town) -> None:
    aenne, joerg, path = actor_of(service, "änne"), desk_of("jörg"), f"/akten/{town.quiet_case_file}/rechte"
    with service.database.writing() as session:
        change = CaseFileChange(responsible_unit="ORD")
        case_files.change_case_file(session, aenne, town.quiet_case_file, change)

    seen = joerg.open(path)

    assert "Federführung abgeben: an Amt für öffentliche Ordnung – vorgeschlagen von Änne Ärmel" in seen.text
    tried = joerg.send(form_for(seen, path, "confirm"))
    assert "− Abschließen, Freigeben" in tried.text
    joerg.send(tried.form(f"{path}/speichern"))
    with service.database.reading() as session:
        assert session.get_one(CaseFile, town.quiet_case_file).responsible_unit_id == "ORD"
