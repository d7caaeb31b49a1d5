"""Deputies, emergency access, the officer's desk, and what the other pages tell of rights."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlmodel import select

from api.service import Service
from eakte import nodes
from eakte.access_tables import Deputyship
from eakte.case_files import CaseFileWish
from eakte.subjects import SubjectWish
from tests.pages.desk import Desk, Form, Screen
from tests.pages.rights_desk import DeskOf, kept
from tests.pages.rights_town import give, shield, stand_in
from tests.pages.town import Town, open_file

URGENT = "Kind ohne Versorgung, die Polizei ruft an"


# -- deputies ----------------------------------------------------------------------------------------


def try_deputy(desk: Desk, **typed: str) -> Screen:
    """Fill in the form and go to its preview."""
    return desk.send(desk.open("/vertretung").form("/vertretung/vorschau"), **typed)


def deputyships(service: Service) -> int:
    with service.database.reading() as session:
        return len(session.exec(select(Deputyship)).all())


def test_a_preview_tells_what_a_deputy_is_handed_on_and_where_and_saves_nothing(
    desk_of: DeskOf, service: Service, town: Town
) -> None:
    before = kept(service)

    preview = try_deputy(desk_of("änne"), person="Otto Öl (otto)", until="2031-12-31", reason="Überlanger Urlaub")

    assert (preview.status, preview.faults, preview.unlabelled()) == (200, [], [])
    assert "Otto Öl vertritt Änne Ärmel bis einschließlich 31.12.2031." in preview.text
    assert "Noch ist nichts gespeichert." in preview.text
    assert preview.texts("th", scope="col") == ["Wo", "Rechte"]
    assert "Aktenplan 50" in preview.texts("th", scope="row")
    assert "Aktenplan 32" not in preview.texts("th", scope="row")
    assert "Lesen, Ablegen, Bearbeiten" in preview.texts("td")
    assert preview.texts("button", class_="primary") == ["Speichern"]
    assert (kept(service), deputyships(service)) == (before, 0)
    assert desk_of("otto").open(f"/akten/{town.case_file}").status == 404


def test_back_from_the_preview_of_a_deputy_keeps_what_was_typed(desk_of: DeskOf, service: Service) -> None:
    ada = desk_of("ada")
    typed = {
        "person": "Otto Öl (otto)", "for": "Änne Ärmel", "from": "2031-01-01", "until": "2031-12-31",
        "on": "50.20 Wohngeld", "reason": "Überlanger Urlaub",
    }  # fmt: skip
    preview = try_deputy(ada, **typed)
    assert "Otto Öl vertritt Änne Ärmel ab 01.01.2031 bis" in preview.text
    assert "nur unterhalb von Aktenplan 50.20." in preview.text
    assert "Es gilt erst ab 01.01.2031." in preview.text
    assert "So ist es heute; es gilt, was dann vergeben ist." in preview.text
    (button,) = preview.all("button", formaction="/vertretung/formular")
    assert "".join(button.itertext()) == "Zurück"

    back = ada.send(Form("/vertretung/formular", preview.form("/vertretung/speichern").values))

    form = back.form("/vertretung/vorschau")
    assert {name: form.values[name] for name in typed} == {name: [value] for name, value in typed.items()}
    assert deputyships(service) == 0


def test_that_there_is_nothing_to_hand_on_is_told(desk_of: DeskOf) -> None:
    preview = try_deputy(desk_of("nora"), person="otto")

    assert "Hier gibt es zurzeit keine Rechte, die übergehen." in preview.text
    assert "ist als Vertretung benannt." in desk_of("nora").send(preview.form("/vertretung/speichern")).text


def test_what_a_preview_promised_is_checked_again_when_it_is_saved(desk_of: DeskOf, service: Service) -> None:
    aenne = desk_of("änne")
    form = try_deputy(aenne, person="otto", reason="Überstunden").form("/vertretung/speichern")

    screen = aenne.send(form, until="2020-01-01")
    foreign = aenne.send(form, csrf="fremd")
    for_others = aenne.send(form, **{"for": "jörg"})

    assert (screen.status, foreign.status, for_others.status) == (422, 403, 403)
    assert "Bis: Bitte ein späteres Ende." in screen.text
    assert screen.form("/vertretung/vorschau").values["reason"] == ["Überstunden"]
    assert deputyships(service) == 0


def test_a_deputy_is_named_once_and_the_header_says_for_whom(desk_of: DeskOf, service: Service, town: Town) -> None:
    aenne, otto = desk_of("änne"), desk_of("otto")
    preview = try_deputy(aenne, person="Otto Öl (otto)", until="2031-12-31", reason="Überlanger Urlaub")

    named = [aenne.send(preview.form("/vertretung/speichern")) for _ in range(2)]

    assert "Otto Öl ist als Vertretung benannt." in named[0].text
    assert "bis 31.12.2031" in named[1].text
    assert deputyships(service) == 1
    assert "Sie vertreten zurzeit: Änne Ärmel" in otto.open("/aktenplan").text
    assert "Sie vertreten zurzeit" not in aenne.open("/aktenplan").text
    assert otto.open(f"/akten/{town.case_file}").status == 200


def test_either_of_the_two_ends_a_deputyship(desk_of: DeskOf, service: Service, town: Town) -> None:
    row = stand_in(service, "otto", "änne")
    action = f"/vertretung/{row.id}/beenden"
    otto, nora = desk_of("otto"), desk_of("nora")
    stranger = nora.open("/vertretung").form("/vertretung/vorschau")
    stranger.action = action
    assert nora.send(stranger).status == 404

    ended = otto.send(otto.open("/vertretung").form(action))

    assert "Die Vertretung ist beendet." in ended.text
    assert otto.open(f"/akten/{town.case_file}").status == 404


def test_a_deputy_for_a_part_of_the_plan_only(desk_of: DeskOf, town: Town) -> None:
    aenne = desk_of("änne")
    preview = try_deputy(aenne, person="otto", on="50.20 Wohngeld")
    assert preview.texts("th", scope="row") == ["Aktenplan 50.20", "Akten 50.20 von Eingliederungshilfe"]

    screen = aenne.send(preview.form("/vertretung/speichern"))

    assert "Aktenplan 50.20" in screen.text
    assert desk_of("otto").open(f"/akten/{town.quiet_case_file}").status == 200
    assert desk_of("otto").open(f"/akten/{town.case_file}").status == 404


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"person": ""}, "Wer vertritt: Bitte einen Namen angeben."),
        ({"person": "Zoë"}, "Wer vertritt: Bitte aus der Liste wählen"),
        ({"person": "änne"}, "Wer vertritt: Bitte eine andere Person wählen."),
        ({"person": "otto", "until": "2020-01-01"}, "Bis: Bitte ein späteres Ende."),
        ({"person": "otto", "from": "2031-02-01", "until": "2031-01-01"}, "Bis: Bitte ein Ende nach dem Anfang"),
        ({"person": "otto", "from": "bald"}, "Ab: Bitte als Tag.Monat.Jahr angeben."),
        ({"person": "otto", "on": "32.20"}, "Nur unterhalb von: Bitte eine Aktenplaneinheit angeben, die Sie kennen"),
        ({"person": "otto", "on": "99"}, "Nur unterhalb von: Bitte eine Aktenplaneinheit angeben, die Sie kennen"),
    ],
)
def test_what_is_wrong_with_a_deputyship_is_told(desk_of: DeskOf, typed: dict[str, str], told: str) -> None:
    screen = try_deputy(desk_of("änne"), **typed, reason="Überstunden")

    assert screen.status == 422
    assert told in screen.text
    assert screen.form("/vertretung/vorschau").values["reason"] == ["Überstunden"]


def test_administrators_name_deputies_for_others(desk_of: DeskOf) -> None:
    ada = desk_of("ada")

    preview = try_deputy(ada, person="otto", **{"for": "Änne Ärmel"})
    assert "Otto Öl vertritt Änne Ärmel." in preview.text
    screen = ada.send(preview.form("/vertretung/speichern"))

    assert "Alle übrigen" in " ".join(screen.texts("h2"))
    assert "Sie vertreten zurzeit: Änne Ärmel" in desk_of("otto").open("/").text
    assert "for" not in desk_of("änne").open("/vertretung").form("/vertretung/vorschau").values


# -- emergency access --------------------------------------------------------------------------------


def break_in(desk: Desk, reference: str, reason: str = URGENT, minutes: str = "20") -> Screen:
    form = desk.open("/notzugriff").form("/notzugriff")
    return desk.send(form, reference=reference, reason=reason, minutes=minutes)


def test_emergency_access_opens_the_file_in_red_and_tells_its_unit(desk_of: DeskOf, town: Town) -> None:
    nora, aenne = desk_of("nora"), desk_of("änne")

    opened = break_in(nora, town.reference.replace("/", "-"))

    assert opened.path == f"/akten/{town.case_file}"
    (banner,) = opened.texts("p", class_="message emergency")
    assert banner.startswith("Notzugriff bis ")
    assert "protokolliert" in banner
    assert nora.open(f"/dokumente/{town.application}").texts("p", class_="message emergency") == [banner]
    for path in ("/", "/postkorb"):
        told = aenne.open(path)
        assert f"Notzugriff auf Akte {town.reference} durch Nora Neu um" in told.text
        assert f"Grund: {URGENT}" in told.text
        assert "Notzugriff auf Akte" not in desk_of("otto").open(path).text
    assert aenne.open(f"/akten/{town.case_file}").texts("p", class_="message emergency") == []


def test_a_notice_is_taken_note_of_where_it_was_read(desk_of: DeskOf, town: Town) -> None:
    break_in(desk_of("nora"), town.reference)
    aenne = desk_of("änne")
    screen = aenne.open("/postkorb")
    action = next(one.get("action", "") for one in screen.all("form") if one.get("action", "").startswith("/hinweise/"))
    otto = desk_of("otto")
    assert otto.send(otto.open("/notzugriff").form("/notzugriff")).status == 422
    foreign = otto.open("/notzugriff").form("/notzugriff")
    foreign.action = action
    assert otto.send(foreign).status == 404

    done = aenne.send(screen.form(action))

    assert done.path == "/postkorb"
    assert "Zur Kenntnis genommen." in done.text
    assert "Notzugriff auf Akte" not in aenne.open("/").text
    elsewhere = aenne.send(screen.form(action), form_id="x", zurueck="https://example.org/")
    assert elsewhere.status == 404


@pytest.mark.parametrize(
    ("reason", "minutes", "told"),
    [
        ("eilig", "15", "Grund: Bitte in mindestens 10 Zeichen sagen"),
        (URGENT, "600", "Minuten: Bitte 1 bis 60 Minuten angeben."),
        (URGENT, "ein paar", "Minuten: Bitte eine Zahl von 1 bis 60 angeben."),
    ],
)
def test_what_is_wrong_with_an_emergency_is_told(
    desk_of: DeskOf, town: Town, reason: str, minutes: str, told: str
) -> None:
    screen = break_in(desk_of("nora"), town.reference, reason, minutes)

    assert screen.status == 422
    assert told in screen.text
    assert screen.form("/notzugriff").values["reference"] == [town.reference]


def test_what_is_closed_to_emergencies_looks_like_nothing(desk_of: DeskOf, service: Service, town: Town) -> None:
    secret, reference = open_file(
        service, "änne", CaseFileWish("50.10", "Geheim", fields={"Fallnummer": "1"}, level="vertraulich")
    )
    closed = desk_of("änne").open(f"/akten/{town.quiet_case_file}").texts("span", class_="reference")[0]
    answers = []
    for tried in (closed, reference, "50.10/2026/99999", "Unfug"):
        screen = break_in(desk_of("nora"), tried)
        answers.append((screen.status, screen.text))

    assert set(answers) == {answers[0]}
    assert answers[0][0] == 404
    assert "Eine solche Akte ist für Sie nicht erreichbar." in answers[0][1]
    assert desk_of("nora").open(f"/akten/{secret}").status == 404


def test_an_excluded_person_gets_in_by_no_emergency(desk_of: DeskOf, town: Town) -> None:
    assert break_in(desk_of("käthe"), town.reference).status == 404
    assert desk_of("käthe").open(f"/akten/{town.case_file}").status == 404


# -- the data protection officer ---------------------------------------------------------------------


def test_the_officer_sees_access_and_trail_but_no_content(desk_of: DeskOf, service: Service, town: Town) -> None:
    give(service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "lesen", reason="Amtshilfe")
    desk_of("otto").open(f"/dokumente/{town.application}")
    dora = desk_of("dora")

    screen = dora.open(f"/datenschutz?objekt={town.reference}&person=Otto Öl")

    assert screen.texts("h1") == [f"Wer hat Zugriff: Akte {town.reference}"]
    assert "Otto Öl darf: Lesen" in screen.text
    assert "„Amtshilfe“" in screen.text
    assert {"Recht vergeben", "Akte angelegt", "Text gelesen"} <= set(screen.texts("td"))
    for telling in ("Jürgen", "Schulbegleitung", "Telefonvermerk", "Gutachten", "Gartenstraße", "EH-0815"):
        assert telling not in screen.text, telling
    assert "gedruckt von Dora Datenschütz" in screen.text
    assert dora.open(f"/akten/{town.case_file}").status == 404
    assert dora.open(f"/akten/{town.case_file}/rechte").status == 404


@pytest.mark.parametrize("kind", ["case file id", "document id", "entry", "section"])
def test_the_officer_asks_by_reference_code_or_id(desk_of: DeskOf, town: Town, kind: str) -> None:
    asked, told = {
        "case file id": (str(town.case_file), f"Akte {town.reference}"),
        "document id": (str(town.application), f"Akte {town.reference}, ein Dokument"),
        "entry": ("50.10", "Aktenplan 50.10"),
        "section": (f"case:{town.reference}/Antrag", f"Akte {town.reference}, Register Antrag"),
    }[kind]

    screen = desk_of("dora").open(f"/datenschutz?objekt={asked}")

    assert screen.texts("h1") == [f"Wer hat Zugriff: {told}"]
    assert "Änne Ärmel" in screen.text
    assert "Antrag auf Schulbegleitung" not in screen.text


def test_the_officer_is_told_what_is_unknown(desk_of: DeskOf, town: Town) -> None:
    for objekt in ("99.99/1", str(uuid4())):
        screen = desk_of("dora").open(f"/datenschutz?objekt={objekt}")
        assert screen.status == 422
        assert f"„{objekt}“ gibt es nicht." in screen.text
    nobody = desk_of("dora").open(f"/datenschutz?objekt={town.reference}&person=Zoë")
    assert "Person: Bitte aus der Liste wählen" in nobody.text


def test_only_the_officer_finds_the_desk(desk_of: DeskOf) -> None:
    assert "/datenschutz" in desk_of("dora").open("/").links()
    for name in ("änne", "ada", "nora"):
        assert "/datenschutz" not in desk_of(name).open("/").links()
        there, nothing = desk_of(name).open("/datenschutz"), desk_of(name).open(f"/akten/{uuid4()}")
        assert (there.status, there.text) == (404, nothing.text)


# -- the other pages ---------------------------------------------------------------------------------


def test_sections_one_may_not_file_into_are_not_offered(desk_of: DeskOf, service: Service, town: Town) -> None:
    shield(service, "änne", nodes.section(town.case_file, "Antrag"))
    upload, inbox = f"/akten/{town.case_file}/hinzufuegen", f"/postkorb/{town.items[0]}"

    assert "Antrag" in desk_of("änne").open(upload).texts("option")
    assert desk_of("jörg").open(upload).texts("option") == ["ohne Register", "Gesamtplan", "Bescheide"]
    names = [one.get("value") for one in desk_of("jörg").open(inbox).all("option")]
    assert "Bescheide" in names
    assert "Antrag" not in names


def test_who_may_file_into_one_section_only_is_offered_that_one(desk_of: DeskOf, service: Service, town: Town) -> None:
    give(service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "lesen")
    give(service, "änne", nodes.section(town.case_file, "Bescheide"), SubjectWish(person="otto"), "lesen", "file")
    otto, path = desk_of("otto"), f"/akten/{town.case_file}/hinzufuegen"

    assert path in otto.open(f"/akten/{town.case_file}").links()
    assert f"/akten/{town.case_file}/schreiben" not in otto.open(f"/akten/{town.case_file}").links()
    screen = otto.upload(otto.open(path).form(path), [("Bescheid.pdf", b"%PDF-1.7 kaputt")])

    assert screen.path.startswith("/dokumente/")
    assert "Bescheide 1" in screen.texts("h2")


def test_a_case_file_of_which_no_document_is_readable_still_shows(
    desk_of: DeskOf, service: Service, town: Town
) -> None:
    give(service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "lesen")
    for id_ in (town.application, town.broken, town.letter_document):
        shield(service, "änne", nodes.document(id_))
    otto = desk_of("otto")

    screen = otto.open(f"/akten/{town.case_file}")

    assert screen.status == 200
    assert "Antrag auf Schulbegleitung" not in screen.text
    assert "Nachforderung" not in screen.text
    assert "Telefonvermerk" in screen.text


def test_a_level_is_offered_up_to_ones_own_and_shown(desk_of: DeskOf) -> None:
    aenne = desk_of("änne")
    form = aenne.open("/akten/neu?plan=50.20").form("/akten/neu")
    options = aenne.open("/akten/neu?plan=50.20").texts("option")
    assert {"offen, wie im Aktenplan", "intern", "vertraulich"} <= set(options)
    assert "streng-vertraulich" not in options
    assert "intern" not in desk_of("jörg").open("/akten/neu?plan=50.20").texts("option")

    made = aenne.send(form, title="Wohngeld Überall", level="intern")

    assert "intern" in made.texts("span", class_="badge level-intern")
    assert desk_of("jörg").open(made.path).status == 404
    refused = aenne.send(form, form_id="x", title="Zu hoch", level="streng-vertraulich")
    assert refused.status == 422
    assert "Die Stufe liegt über Ihrer eigenen." in refused.text


def test_the_new_pages_are_valid_labelled_and_carry_nothing_inline(
    desk_of: DeskOf, service: Service, town: Town
) -> None:
    give(service, "änne", nodes.case_file(town.case_file), SubjectWish(person="otto"), "lesen")
    stand_in(service, "änne", "jörg")
    break_in(desk_of("nora"), town.reference)
    file = f"/akten/{town.case_file}"
    pages = {
        "änne": ["/", "/postkorb", file, f"{file}/rechte", f"{file}/rechte?person=otto", f"{file}/rechte/meine",
                 f"/dokumente/{town.application}/rechte", "/vertretung", "/notzugriff"],
        "ada": ["/aktenplan", "/aktenplan/50.10/rechte", "/vertretung"],
        "dora": ["/datenschutz", f"/datenschutz?objekt={town.reference}&person=otto"],
        "nora": [file],
    }  # fmt: skip
    for name, paths in pages.items():
        for path in paths:
            screen = desk_of(name).open(path)
            assert screen.status == 200, path
            assert screen.faults == [], path
            assert len(screen.all("main")) == len(screen.all("h1")) == 1, path
            ids = [element.get("id") for element in screen.root.iter() if element.get("id")]
            assert len(ids) == len(set(ids)), path
            assert screen.unlabelled() == [], path
            inline = [one for one in screen.root.iter() if one.get("style") or one.get("onclick")]
            assert not inline, path
            assert all(element.get("src") for element in screen.all("script")), path
