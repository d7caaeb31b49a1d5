"""Changing rights on a page: every change is tried first, names what is wrong, and is done once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from api.service import Service
from eakte import case_files, nodes
from eakte.access_tables import AccessGrant
from eakte.principals import Principal
from eakte.subjects import SubjectWish
from tests.pages.desk import Form
from tests.pages.rights_desk import DeskOf, ask, form_for, grant_preview, kept, rights_of
from tests.pages.rights_town import give, shield
from tests.pages.town import Town, actor_of


def test_a_preview_tells_who_gains_and_saves_nothing(desk_of: DeskOf, service: Service, town: Town) -> None:
    desk = desk_of("änne")
    desk.open(rights_of(town))
    before = kept(service)

    preview = grant_preview(desk, rights_of(town), person="Otto Öl (otto)", right=["file"], reason="Amtshilfe für Öl")

    assert preview.status == 200
    assert "Noch ist nichts gespeichert." in preview.text
    assert "Otto Öl (otto)" in preview.texts("th", scope="row")
    assert "+ Lesen, Ablegen" in preview.texts("span", class_="gains")
    assert kept(service) == before
    assert desk_of("otto").open(f"/akten/{town.case_file}").status == 404


def test_back_from_the_preview_keeps_what_was_typed(desk_of: DeskOf, town: Town) -> None:
    desk = desk_of("änne")
    preview = grant_preview(
        desk, rights_of(town), person="otto", right=["file", "edit"], until="2030-12-31", reason="Übergabe"
    )
    form = preview.form(f"{rights_of(town)}/speichern")

    back = form_for(desk.send(Form(f"{rights_of(town)}/formular", form.values)), rights_of(town), "grant")

    assert back.values["person"] == ["otto"]
    assert back.values["right"] == ["file", "edit"]
    assert back.values["until"] == ["2030-12-31"]
    assert back.values["reason"] == ["Übergabe"]


def test_a_double_click_grants_once(desk_of: DeskOf, service: Service, town: Town) -> None:
    desk = desk_of("änne")
    form = grant_preview(desk, rights_of(town), person="otto").form(f"{rights_of(town)}/speichern")

    screens = [desk.send(form) for _ in range(2)]

    assert [screen.path for screen in screens] == [rights_of(town)] * 2
    with service.database.reading() as session:
        given = session.exec(select(AccessGrant).where(AccessGrant.subject == "person:otto")).all()
    assert len(given) == 1
    assert desk_of("otto").open(f"/akten/{town.case_file}").status == 200


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param({"to": "unit", "unit": "ORD"}, "Amt für öffentliche Ordnung bekommt: Lesen.", id="unit"),
        pytest.param(
            {"to": "unit", "unit": "SO", "sub_units": "ja"}, "Amt für Soziales mit Untereinheiten bekommt", id="tree"
        ),
        pytest.param({"to": "role", "role": "registry", "role_unit": "SO"}, "Rolle registry in Amt für", id="role"),
        pytest.param({"to": "system", "system": "km-personal"}, "Fachverfahren KM-Personal bekommt", id="system"),
        pytest.param(
            {"to": "all_of", "unit_1": "SO-EH", "unit_2": "ORD"},
            "Amt für öffentliche Ordnung und zugleich Eingliederungshilfe bekommt",
            id="all of",
        ),
    ],
)
def test_rights_go_to_units_roles_systems_and_whoever_is_in_both(
    desk_of: DeskOf, town: Town, typed: dict[str, str], words: str
) -> None:
    desk, path = desk_of("änne"), f"/dokumente/{town.application}/rechte"

    preview = ask(desk, path, "grant", bundle="lesen", **typed)

    assert words in preview.text
    assert "Das Recht ist vergeben." in desk.send(preview.form(f"{path}/speichern")).text


@pytest.mark.parametrize(
    ("was", "typed", "told"),
    [
        ("grant", {"to": "person"}, "Person: Bitte einen Namen angeben."),
        ("grant", {"to": "person", "person": "Zoë"}, "Person: Bitte aus der Liste wählen"),
        ("grant", {"to": "unit"}, "Einheit: Bitte eine Einheit wählen."),
        ("grant", {"to": "unit", "unit": "weg"}, "Einheit: „weg“ ist keine bekannte Organisationseinheit."),
        ("grant", {"to": "role", "role_unit": "SO"}, "Rolle: Bitte eine Rolle angeben."),
        ("grant", {"to": "system"}, "Fachverfahren: Bitte ein Fachverfahren wählen."),
        ("grant", {"to": "all_of", "unit_1": "SO", "unit_2": "SO"}, "Zweite Einheit: Bitte zwei verschiedene"),
        ("grant", {"person": "otto", "bundle": []}, "Was: Bitte ein Bündel wählen."),
        ("grant", {"person": "otto", "from": "morgen"}, "Gilt ab: Bitte als Tag.Monat.Jahr angeben."),
        ("grant", {"person": "otto", "from": "2030-02-01", "until": "2030-01-01"}, "Gilt bis: Bitte ein Ende nach dem"),
        ("exclude", {"reason": "Schwägerin"}, "Person: Bitte einen Namen angeben."),
        ("exclude", {"person": "otto"}, "Grund: Bitte einen Grund angeben."),
        ("exclude", {"person": "otto", "reason": "x", "until": "nie"}, "Gilt bis: Bitte als Tag.Monat.Jahr angeben."),
    ],
)
def test_what_is_wrong_is_told_by_the_name_of_the_field(
    desk_of: DeskOf, service: Service, town: Town, was: str, typed: dict[str, Any], told: str
) -> None:
    desk, before = desk_of("änne"), kept(service)

    screen = ask(desk, rights_of(town), was, **typed)

    assert screen.status == 422
    assert told in screen.text
    assert screen.faults == []
    (link,) = [one for one in screen.links() if one.startswith("#") and one != "#inhalt"]
    assert [one for one in screen.root.iter() if one.get("id") == link[1:]], link
    assert kept(service) == before


def test_nobody_gives_what_they_do_not_have(desk_of: DeskOf, service: Service, town: Town) -> None:
    screen = ask(desk_of("änne"), rights_of(town), "grant", to="person", person="otto", bundle="registratur")

    assert screen.status == 403
    assert "Ihnen fehlt hier „Aussondern“" in screen.text
    assert form_for(screen, rights_of(town), "grant").values["person"] == ["otto"]
    assert "access_denied" in kept(service)[1]


def test_a_grant_is_revoked_and_its_preview_says_who_loses(desk_of: DeskOf, service: Service, town: Town) -> None:
    give(service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "bearbeiten")
    desk = desk_of("änne")

    preview = ask(desk, rights_of(town), "revoke")
    assert "− Lesen, Ablegen, Bearbeiten" in preview.texts("span", class_="loses")
    assert desk_of("otto").open(f"/akten/{town.case_file}").status == 200
    done = desk.send(preview.form(f"{rights_of(town)}/speichern"))

    assert "Das Recht ist entzogen." in done.text
    assert desk_of("otto").open(f"/akten/{town.case_file}").status == 404
    assert desk.send(preview.form(f"{rights_of(town)}/speichern"), form_id="another").status == 404


def test_an_excluded_person_finds_nothing_until_it_is_lifted(desk_of: DeskOf, town: Town) -> None:
    desk, path = desk_of("änne"), rights_of(town)

    preview = ask(desk, path, "exclude", person="Jörg Weiß", reason="Schwager der Mutter")
    excluded = desk.send(preview.form(f"{path}/speichern"))

    assert "Jörg Weiß wird ausgeschlossen." in preview.text
    assert "Schwager der Mutter" in excluded.text
    gone, nothing = desk_of("jörg").open(f"/akten/{town.case_file}"), desk_of("jörg").open(f"/akten/{uuid4()}")
    assert (gone.status, gone.text) == (nothing.status, nothing.text)
    lifts = [one for one in excluded.all("form") if "lift" in [field.get("value") for field in one.iter()]]
    assert len(lifts) == 2  # the namesake's, and this one


def test_a_namesake_is_said_to_be_somebody_else(desk_of: DeskOf, town: Town) -> None:
    desk, path = desk_of("änne"), rights_of(town)
    screen = desk.open(path)
    assert "trägt den Namen einer beteiligten Person" in screen.text
    assert "Ist jemand anderes …" in screen.texts("button", class_="small")

    preview = desk.send(form_for(screen, path, "lift"))
    form = preview.form(f"{path}/speichern")
    assert form.values["reason"] == ["Ist jemand anderes mit demselben Namen"]
    done = desk.send(form)

    assert "Der Ausschluss ist aufgehoben." in done.text
    assert desk_of("käthe").open(f"/akten/{town.case_file}").status == 200


def test_a_shield_is_tried_set_and_lifted(desk_of: DeskOf, town: Town) -> None:
    desk, path = desk_of("änne"), f"/akten/{town.case_file}/register/Antrag/rechte"

    preview = ask(desk, path, "shield")
    assert "− Lesen" in preview.text
    shielded = desk.send(preview.form(f"{path}/speichern"))
    assert "abgeschirmt: erbt nichts von oben" in shielded.text
    assert desk_of("jörg").open(f"/dokumente/{town.application}").status == 404

    lifted = desk.send(ask(desk, path, "unshield").form(f"{path}/speichern"))
    assert "keine: was weiter oben gilt, gilt auch hier" in lifted.text
    assert desk_of("jörg").open(f"/dokumente/{town.application}").status == 200


def test_nobody_is_left_without_somebody_who_manages_rights(desk_of: DeskOf, service: Service, town: Town) -> None:
    node = nodes.section(town.case_file, "Antrag")
    shield(service, "änne", node)
    desk, path = desk_of("änne"), f"/akten/{town.case_file}/register/Antrag/rechte"

    screen = ask(desk, path, "revoke")

    assert screen.status == 409
    assert "Danach könnte hier niemand mehr Rechte vergeben" in screen.text


def test_where_four_eyes_are_asked_for_a_second_person_confirms(desk_of: DeskOf, town: Town) -> None:
    aenne, joerg, path = desk_of("änne"), desk_of("jörg"), f"/akten/{town.quiet_case_file}/rechte"

    preview = grant_preview(aenne, path, person="otto")
    assert "Vier-Augen-Prinzip" in preview.text
    proposed = aenne.send(preview.form(f"{path}/speichern"))
    assert "Vorgeschlagen." in proposed.text
    assert "Zurücknehmen" in proposed.texts("button", class_="small")
    assert "Bestätigen …" not in proposed.texts("button", class_="small")
    assert desk_of("otto").open(f"/akten/{town.quiet_case_file}").status == 404

    seen = joerg.open(path)
    assert "Recht vergeben: Otto Öl: Lesen – vorgeschlagen von Änne Ärmel" in seen.text
    tried = joerg.send(form_for(seen, path, "confirm"))
    assert "+ Lesen" in tried.text
    done = joerg.send(tried.form(f"{path}/speichern"))
    assert "Der Vorschlag ist bestätigt und gilt." in done.text
    assert "bestätigt von Jörg Weiß" in done.text
    assert desk_of("otto").open(f"/akten/{town.quiet_case_file}").status == 200


def test_a_proposal_is_turned_down(desk_of: DeskOf, town: Town) -> None:
    aenne, joerg, path = desk_of("änne"), desk_of("jörg"), f"/akten/{town.quiet_case_file}/rechte"
    aenne.send(grant_preview(aenne, path, person="otto").form(f"{path}/speichern"))
    seen = joerg.open(path)
    action = next(one.get("action", "") for one in seen.all("form") if one.get("action", "").endswith("/ablehnen"))

    done = joerg.send(seen.form(action))

    assert "Der Vorschlag ist abgelehnt." in done.text
    assert "Wartet auf eine zweite Person" not in done.text


def test_lifting_waits_for_a_second_person_too(desk_of: DeskOf, town: Town) -> None:
    aenne, path = desk_of("änne"), f"/akten/{town.quiet_case_file}/rechte"
    aenne.send(ask(aenne, path, "exclude", person="otto", reason="Befangen").form(f"{path}/speichern"))
    aenne.send(ask(aenne, path, "shield").form(f"{path}/speichern"))
    aenne.send(ask(aenne, path, "lift").form(f"{path}/speichern"), reason="War ein Missverständnis")

    waiting = aenne.send(ask(aenne, path, "unshield").form(f"{path}/speichern"))

    assert "Ausschluss aufheben: Otto Öl; War ein Missverständnis" in waiting.text
    assert "Abschirmung aufheben – vorgeschlagen von Änne Ärmel" in waiting.text
    assert "abgeschirmt: erbt nichts von oben" in waiting.text


def test_a_grant_for_later_says_from_when(desk_of: DeskOf, town: Town) -> None:
    preview = grant_preview(desk_of("änne"), rights_of(town), person="otto", **{"from": "2031-03-01"})

    assert "Es gilt erst ab 01.03.2031." in preview.text
    assert "Für niemanden ändert sich hier jetzt etwas" in preview.text


def test_a_form_from_elsewhere_changes_nothing(desk_of: DeskOf, service: Service, town: Town) -> None:
    desk, before = desk_of("änne"), kept(service)[0]
    form = grant_preview(desk, rights_of(town), person="otto").form(f"{rights_of(town)}/speichern")

    assert desk.send(form, csrf="fremd").status == 403
    assert kept(service)[0] == before


# -- levels ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["case file", "section", "proceeding", "document"])
def test_a_level_is_tried_then_set(desk_of: DeskOf, service: Service, town: Town, kind: str) -> None:
    with service.database.writing() as session:
        actor = actor_of(service, "änne")
        proceeding = case_files.open_proceeding(session, actor, town.case_file, "Widerspruch").id
    path = {
        "case file": rights_of(town),
        "section": f"/akten/{town.case_file}/register/Antrag/rechte",
        "proceeding": f"/vorgaenge/{proceeding}/rechte",
        "document": f"/dokumente/{town.application}/rechte",
    }[kind]
    desk, joerg = desk_of("änne"), desk_of("jörg")
    before, reading = kept(service), joerg.open(f"{path}/meine").status

    preview = ask(desk, path, "level", level="vertraulich")

    assert "Die eigene Stufe ist „offen“ und wird „vertraulich“." in preview.text
    assert "Jörg Weiß (jörg)" in preview.texts("th", scope="row")
    assert "− Lesen" in " ".join(preview.texts("span", class_="loses"))
    assert kept(service) == before
    assert (reading, joerg.open(f"{path}/meine").status) == (200, 200)

    done = desk.send(preview.form(f"{path}/speichern"))

    assert done.path == path
    assert "Die Stufe ist geändert." in done.text
    assert "vertraulich" in done.texts("span", class_="badge level-vertraulich")
    assert form_for(done, path, "level").values["level"] == ["vertraulich"]
    assert "Jörg Weiß" not in " ".join(done.texts("th", scope="row"))
    # that there is such a section, everybody knows who knows of the case file
    assert joerg.open(f"{path}/meine").status == (403 if kind == "section" else 404)


def test_levels_are_offered_up_to_ones_own_and_the_present_one_is_chosen(desk_of: DeskOf, town: Town) -> None:
    screen = desk_of("änne").open(rights_of(town))
    (field,) = screen.all("select", name="level")

    assert [one.text for one in field] == ["offen", "intern", "vertraulich"]
    assert form_for(screen, rights_of(town), "level").values["level"] == ["offen"]
    assert screen.unlabelled() == []
    assert screen.faults == []


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("streng-vertraulich", "Eigene Stufe: Bitte höchstens die Stufe wählen"),
        ("geheim", "Eigene Stufe: Möglich sind offen, intern"),
        ("", "Eigene Stufe: Möglich sind offen, intern"),
    ],
)
@pytest.mark.parametrize("step", ["vorschau", "speichern"])
def test_a_level_above_ones_own_or_unknown_is_refused_at_its_form(
    desk_of: DeskOf, service: Service, town: Town, step: str, level: str, told: str
) -> None:
    desk, path, before = desk_of("änne"), rights_of(town), kept(service)
    form = form_for(desk.open(path), path, "level")

    screen = desk.send(Form(f"{path}/{step}", form.values), level=level)

    assert screen.status == 422
    assert told in screen.text
    assert "#level-level" in screen.links()
    assert screen.all("select", name="level")[0].get("aria-invalid") == "true"
    assert kept(service) == before


def test_back_from_the_preview_keeps_the_level_chosen(desk_of: DeskOf, town: Town) -> None:
    desk, path = desk_of("änne"), rights_of(town)
    form = ask(desk, path, "level", level="intern").form(f"{path}/speichern")

    back = desk.send(Form(f"{path}/formular", form.values))

    assert form_for(back, path, "level").values["level"] == ["intern"]
    assert "offen" in back.texts("span", class_="badge level-offen")


def test_a_level_above_demands_more_than_a_lower_one_of_ones_own(desk_of: DeskOf, town: Town) -> None:
    desk, path = desk_of("änne"), f"/dokumente/{town.application}/rechte"
    desk.send(ask(desk, rights_of(town), "level", level="vertraulich").form(f"{rights_of(town)}/speichern"))

    done = desk.send(ask(desk, path, "level", level="intern").form(f"{path}/speichern"))

    assert "vertraulich" in done.texts("span", class_="badge level-vertraulich")
    assert form_for(done, path, "level").values["level"] == ["intern"]


def test_the_levels_of_the_filing_plan_come_from_the_organisation_file(
    desk_of: DeskOf, service: Service, town: Town
) -> None:
    ada, before = desk_of("ada"), kept(service)
    for path in ("/aktenplan/50.10/rechte", "/aktenplan/50.10/register/Antrag/rechte"):
        screen = ada.open(path)
        form = form_for(screen, path, "shield")

        assert screen.all("select", name="level") == []
        for step in ("vorschau", "speichern"):
            assert ada.send(Form(f"{path}/{step}", form.values), was="level", level="offen").status == 404
    assert kept(service)[0] == before[0]
    assert "level_set" not in kept(service)[1]


def test_a_level_is_raised_at_once_and_lowered_by_two(desk_of: DeskOf, service: Service, town: Town) -> None:
    with service.database.writing() as session:
        session.get_one(Principal, "jörg").ceiling = 2
    aenne, joerg, path = desk_of("änne"), desk_of("jörg"), f"/akten/{town.quiet_case_file}/rechte"

    raising = ask(aenne, path, "level", level="intern")
    assert "Vier-Augen-Prinzip" not in raising.text
    assert "Die Stufe ist geändert." in aenne.send(raising.form(f"{path}/speichern")).text

    lowering = ask(aenne, path, "level", level="offen")
    assert "Vier-Augen-Prinzip" in lowering.text
    assert "+ Lesen" in lowering.text
    proposed = [aenne.send(lowering.form(f"{path}/speichern")) for _ in range(2)]
    assert "Vorgeschlagen." in proposed[0].text
    assert "intern" in proposed[1].texts("span", class_="badge level-intern")
    assert proposed[1].text.count("Stufe senken: auf „offen“ – vorgeschlagen von Änne Ärmel") == 1

    tried = joerg.send(form_for(joerg.open(path), path, "confirm"))
    done = joerg.send(tried.form(f"{path}/speichern"))
    assert "Der Vorschlag ist bestätigt und gilt." in done.text
    assert "offen" in done.texts("span", class_="badge level-offen")
