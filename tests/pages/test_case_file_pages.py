"""A case file on its page: documents, page images with hits, adding documents, letters."""

from __future__ import annotations

from dataclasses import asdict
from uuid import uuid4

import pytest
from sqlmodel import select

from api.service import Service
from api.worker import work_off
from eakte.document_tables import DocumentVersion
from eakte.paper import Signature, Trust
from tests.pages.desk import Desk, Form
from tests.pages.town import Town, attach, page


def test_a_case_file_shows_its_facts_and_its_documents_by_section(aenne: Desk, town: Town) -> None:
    screen = aenne.open(f"/akten/{town.case_file}")

    assert screen.texts("h1") == [f"{town.reference} Eingliederungshilfe Jürgen Größmann"]
    assert "Antragsteller" in screen.texts("dt")
    assert "Jürgen Größmann Gartenstraße 7, 12345 Musterstadt" in screen.texts("dd")
    headings = screen.texts("h2")
    assert headings.index("Ohne Register 2") < headings.index("Antrag 1") < headings.index("Gesamtplan 1")
    assert "wartet auf Antwort" in screen.text


def test_hits_are_boxed_on_the_page_image(aenne: Desk, town: Town) -> None:
    screen = aenne.open(f"/dokumente/{town.application}?q=Schulbegleitung")

    (svg,) = screen.all("svg", class_="boxes")
    width_mm, height_mm = (float(number) for number in svg.get("viewBox", "").split()[2:])
    boxes = screen.all("rect")
    assert len(boxes) == 2
    for box in boxes:
        assert 0 < float(box.get("x", "")) < width_mm
        assert 0 < float(box.get("y", "")) < height_mm
        assert float(box.get("width", "")) > 15
    image = aenne.client.get(screen.all("img")[0].get("src", ""))
    assert image.headers["content-type"] == "image/jpeg"
    assert image.content.startswith(b"\xff\xd8")


def test_a_hidden_blank_page_is_passed_over_and_can_still_be_looked_at(
    aenne: Desk, service: Service, town: Town
) -> None:
    with service.database.writing() as session:
        version = session.exec(select(DocumentVersion).where(DocumentVersion.document_id == town.application)).one()
        version.origin = {"hidden": [1]}
    second = aenne.open(f"/dokumente/{town.application}?seite=2")
    first = aenne.open(f"/dokumente/{town.application}")

    assert second.all("a", data_turn="page-back") == []
    assert "1" in second.texts("a", href=f"/dokumente/{town.application}")
    assert [link.get("href") for link in first.all("a", data_turn="page-on")] == [
        f"/dokumente/{town.application}?seite=2"
    ]


def test_documents_show_what_they_look_like_and_their_archive_copy_is_made_when_asked_for(
    aenne: Desk, service: Service, town: Town
) -> None:
    screen = aenne.open(f"/akten/{town.case_file}")
    pictures = [picture.get("src", "") for picture in screen.all("img", class_="thumbnail")]
    assert f"/dokumente/{town.application}/seiten/1/bild?groesse=klein" in pictures
    assert not any(str(town.broken) in picture for picture in pictures)
    assert len(aenne.client.get(pictures[0]).content) < 9_000

    link = f"/dokumente/{town.application}/datei/archivfassung"
    assert aenne.open(f"/dokumente/{town.application}").texts("a", href=link) == ["Archivfassung (PDF/A)"]
    waiting = aenne.client.get(link)
    assert waiting.status_code == 409
    assert "wird jetzt erstellt" in waiting.text
    work_off(service)
    assert aenne.client.get(link).content.startswith(b"%PDF-1.7")


def test_a_signature_that_does_not_verify_is_a_warning_and_a_sound_one_is_told(
    aenne: Desk, service: Service, town: Town
) -> None:
    sound = Signature("Änne Ärmel", "2026-11-03T09:15:00+00:00", True, True, True, Trust.YES)
    forged = Signature("Otto Öl", None, False, False, False, Trust.NO, "Der Inhalt wurde verändert.")
    with service.database.writing() as session:
        version = session.exec(select(DocumentVersion).where(DocumentVersion.document_id == town.application)).one()
        version.signatures = [asdict(sound), asdict(forged)]

    screen = aenne.open(f"/dokumente/{town.application}")
    (told,) = screen.texts("p", class_="message signature")
    (warned,) = screen.texts("p", class_="message signature problem")

    assert told.startswith("Elektronisch unterschrieben, unverändert: Änne Ärmel, 03.11.2026, 10:15.")
    assert warned == "Elektronische Unterschrift nicht bestätigt: Otto Öl. Der Inhalt wurde verändert."


def test_an_unchanged_page_image_is_not_sent_again(aenne: Desk, town: Town) -> None:
    path = f"/dokumente/{town.application}/seiten/1/bild"
    etag = aenne.client.get(path).headers["etag"]

    again = aenne.client.get(path, headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


def test_pages_and_documents_lead_to_their_neighbours_and_keep_the_search(aenne: Desk, town: Town) -> None:
    first = aenne.open(f"/dokumente/{town.application}?q=Schulbegleitung")
    second = aenne.open(f"/dokumente/{town.application}?seite=2&q=Schulbegleitung")

    (onward,) = first.all("a", data_turn="page-on")
    assert onward.get("href") == f"/dokumente/{town.application}?seite=2&q=Schulbegleitung"
    assert "Seite 2 von 2" in second.text
    assert "Kein Treffer" in second.text
    assert first.all("a", data_turn="document-on")[0].get("href") == f"/dokumente/{town.broken}?q=Schulbegleitung"
    assert aenne.open(f"/dokumente/{town.application}?seite=3").status == 404


def test_a_file_that_cannot_be_read_says_why(aenne: Desk, town: Town) -> None:
    screen = aenne.open(f"/dokumente/{town.broken}")

    assert "Diese Datei ist in Quarantäne." in screen.text
    assert "Bitte neu scannen" in screen.text
    assert f"/dokumente/{town.broken}/datei/original" in screen.links()


def test_a_document_still_being_read_says_so_and_looks_again(aenne: Desk, service: Service, town: Town) -> None:
    document = attach(service, "änne", town.case_file, page("Neu", "Frisch eingetroffen."), "Frisch")

    screen = aenne.open(f"/dokumente/{document.id}")

    assert "wartet auf das Lesen" in screen.text
    assert len(screen.all("div", data_refresh="2")) == 1


@pytest.mark.parametrize("form", ["original", "durchsuchbar"])
def test_downloads_come_as_files_that_cannot_act_as_pages(aenne: Desk, town: Town, form: str) -> None:
    got = aenne.client.get(f"/dokumente/{town.application}/datei/{form}")

    assert got.content.startswith(b"%PDF-")
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "Antrag%20auf%20Schulbegleitung.pdf" in got.headers["content-disposition"]
    assert "sandbox" in got.headers["content-security-policy"]


def test_a_completed_case_file_takes_nothing_until_it_is_reopened(aenne: Desk, town: Town) -> None:
    path = f"/akten/{town.case_file}"
    upload = aenne.open(f"{path}/hinzufuegen").form(f"{path}/hinzufuegen")

    completed = aenne.send(aenne.open(path).form(f"{path}/abschliessen"))

    assert "Abgeschlossen am" in completed.text
    assert f"{path}/hinzufuegen" not in completed.links()
    assert f"{path}/schreiben" not in completed.links()
    assert not [one for one in completed.all("form") if one.get("action", "").startswith("/schreiben/")]
    refused = aenne.upload(upload, [("spät.pdf", page("Zu spät"))])
    assert refused.status == 409
    assert "muss erst wieder geöffnet werden" in refused.text

    reopened = aenne.send(aenne.open(path).form(f"{path}/wieder-oeffnen"))

    assert f"{path}/hinzufuegen" in reopened.links()


def test_a_hidden_case_file_looks_exactly_like_one_that_does_not_exist(aenne: Desk, town: Town) -> None:
    hidden, nothing = town.other_case_file, uuid4()
    for path in ("/akten/{}", "/akten/{}/hinzufuegen", "/akten/{}/schreiben"):
        assert _answer(aenne, path.format(hidden)) == _answer(aenne, path.format(nothing))
    hidden = town.other_document
    for path in ("/dokumente/{}", "/dokumente/{}/seiten/1/bild", "/dokumente/{}/datei/original"):
        assert _answer(aenne, path.format(hidden)) == _answer(aenne, path.format(nothing))
    assert _answer(aenne, "/akten/keine-kennung")[0] == 404


def _answer(desk: Desk, path: str) -> tuple[int, str]:
    screen = desk.open(path)
    return screen.status, screen.text


# -- adding documents --------------------------------------------------------------------------------


def test_an_upload_without_script_lands_in_the_case_file(aenne: Desk, town: Town) -> None:
    path = f"/akten/{town.case_file}/hinzufuegen"
    form = aenne.open(path).form(path)

    screen = aenne.upload(form, [("Gutachten Größe.pdf", page("Gutachten"))], section="Bescheide", kind="internal")

    assert screen.path.startswith("/dokumente/")
    assert "Das Dokument liegt in der Akte" in screen.text
    assert "Gutachten Größe" in screen.texts("h2")
    assert "Bescheide 1" in screen.texts("h2")


def test_several_files_become_several_documents(aenne: Desk, town: Town) -> None:
    path = f"/akten/{town.quiet_case_file}/hinzufuegen"
    form = aenne.open(path).form(path)

    screen = aenne.upload(form, [("a.pdf", page("Erstes")), ("b.pdf", page("Zweites"))], title="Anlagen")

    assert "2 Dokumente liegen in der Akte" in screen.text
    assert {"Anlagen – a", "Anlagen – b"} <= set(screen.texts("span", class_="row-title"))


def test_what_is_wrong_with_an_upload_is_told_beside_what_was_typed(aenne: Desk, town: Town) -> None:
    path = f"/akten/{town.case_file}/hinzufuegen"
    form = aenne.open(path).form(path)

    screen = aenne.upload(form, [("leer.pdf", b"")], title="Größe null")

    assert screen.status == 422
    assert "Die Datei ist leer." in screen.text
    assert screen.form(path).values["title"] == ["Größe null"]


def test_a_script_is_told_where_to_go_or_what_is_wrong(aenne: Desk, town: Town) -> None:
    path = f"/akten/{town.case_file}/hinzufuegen"
    screen = aenne.open(path)
    headers = {"X-CSRF-Token": screen.all("body")[0].get("data-csrf", "")}
    values = screen.form(path).values

    made = aenne.client.post(path, data=values, files={"file": ("a.pdf", page("A"))}, headers=headers)
    refused = aenne.client.post(
        path,
        data={**values, "section": "Gibt es nicht", "form_id": "2"},
        files={"file": ("a.pdf", page("B"))},
        headers=headers,
    )

    assert made.status_code == 201
    assert aenne.open(made.json()["location"]).status == 200
    assert refused.status_code == 422
    assert "Gibt es nicht" in refused.json()["detail"]


# -- letters -----------------------------------------------------------------------------------------


def test_a_letter_goes_from_draft_to_posted(aenne: Desk, service: Service, town: Town) -> None:
    path = f"/akten/{town.case_file}/schreiben"
    form = aenne.open(path).form(path)

    draft = aenne.send(form, betreff="Nachfrage", text="Bitte senden Sie uns den Bescheid.", frist="2027-02-01")
    work_off(service)
    approved = aenne.send(_letter_form(aenne, draft.path, "freigeben"))
    posted = aenne.send(_letter_form(aenne, draft.path, "versandt"))

    assert "Schreiben: Entwurf" in draft.text
    assert "Schreiben: freigegeben" in approved.text
    assert "wartet auf Antwort" in posted.text
    assert "1. Februar 2027" in posted.text
    assert "Nachfrage" in posted.texts("h2")


def test_a_cancelled_letter_offers_nothing_more(aenne: Desk, town: Town) -> None:
    path = f"/dokumente/{town.letter_document}"

    screen = aenne.send(_letter_form(aenne, path, "stornieren"))

    assert "Schreiben: storniert" in screen.text
    assert not [form for form in screen.all("form") if form.get("action", "").startswith("/schreiben/")]


def test_a_letter_that_does_not_fit_keeps_what_was_typed(aenne: Desk, town: Town) -> None:
    path = f"/akten/{town.case_file}/schreiben"
    long = "Ein sehr langer Absatz über Zuständigkeiten. " * 120

    screen = aenne.send(aenne.open(path).form(path), betreff="Zu lang", text=long)

    assert screen.status == 422
    assert "Bitte den Text kürzen." in screen.text
    assert screen.form(path).values["text"] == [long.strip()]


def _letter_form(desk: Desk, path: str, step: str) -> Form:
    screen = desk.open(path)
    action = next(one.get("action", "") for one in screen.all("form") if one.get("action", "").endswith(f"/{step}"))
    return screen.form(action)


def test_a_cover_sheet_is_printed_for_a_case_file(aenne: Desk, otto: Desk, town: Town) -> None:
    path = f"/akten/{town.case_file}/deckblatt"
    assert path in aenne.open(f"/akten/{town.case_file}").links()
    screen = aenne.open(path)
    form = screen.form(path)
    assert screen.unlabelled() == []

    assert "Bitte eine Zahl von 1 bis 100 angeben." in aenne.send(form, count="101").text
    refused = aenne.send(form, title="Alter Schriftwechsel", profile="bunt")
    assert "Das Scanprofil „bunt“ gibt es nicht." in refused.text
    assert refused.form(path).values["title"] == ["Alter Schriftwechsel"]
    printed = aenne.client.post(path, data={**form.values, "title": "Alter Schriftwechsel", "section": "Antrag"})

    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF-")
    assert otto.open(path).status == 404
    assert otto.open(str(printed.url.path)).status == 404
