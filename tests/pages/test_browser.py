"""The pages in a real Chromium: script, keyboard, layout. Screenshots of each page go to artefacts/pages."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from api.application import build_application
from api.pages.visits import SESSION_COOKIE
from api.service import Service
from api.worker import work_off
from tests.pages.town import PASSWORD, Town, attach
from tests.pages.town import page as paper

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SHOTS = Path(__file__).resolve().parents[2] / "artefacts" / "pages"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    """The service on a port of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(build_application(service), log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def window(chromium: Browser, address: str) -> Iterator[Page]:
    """A window nobody is signed in with; ends with a look at what the console and the network saw."""
    context = chromium.new_context(base_url=address, locale="de-DE", viewport={"width": 1280, "height": 800})
    window = context.new_page()
    window.set_default_timeout(20_000)
    complaints: list[str] = []
    hosts: set[str] = set()

    def on_console(message: ConsoleMessage) -> None:
        # Chromium itself notes each 422, which is how a script is told what is wrong with a form.
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            complaints.append(message.text)

    def on_request(request: Request) -> None:
        hosts.add(urlsplit(request.url).netloc)

    window.on("console", on_console)
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.on("request", on_request)
    yield window
    context.close()
    assert complaints == []
    assert hosts <= {urlsplit(address).netloc}


@pytest.fixture
def aennes_window(window: Page, address: str, town: Town) -> Page:
    window.context.add_cookies([{"name": SESSION_COOKIE, "value": town.sessions["änne"], "url": address}])
    return window


def test_sign_in_search_and_see_the_hit_boxed(window: Page, town: Town) -> None:
    window.goto("/")
    window.get_by_label("Name").fill("änne")
    window.get_by_label("Passwort").fill(PASSWORD)
    window.keyboard.press("Enter")
    window.get_by_role("searchbox").fill("Schulbegleitung")
    window.keyboard.press("Enter")
    window.get_by_role("link", name="Antrag auf Schulbegleitung").click()

    image, boxes = window.locator(".sheet img"), window.locator(".boxes rect")
    expect(boxes).to_have_count(2)
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    sheet = image.bounding_box()
    assert sheet is not None
    for box in boxes.all():
        at = box.bounding_box()
        assert at is not None
        assert sheet["x"] < at["x"] < at["x"] + at["width"] < sheet["x"] + sheet["width"]
        assert sheet["y"] < at["y"] < at["y"] + at["height"] < sheet["y"] + sheet["height"]


def test_keys_turn_pages_and_documents_without_reload(aennes_window: Page, town: Town) -> None:
    window = aennes_window
    window.goto(f"/dokumente/{town.application}")
    window.evaluate("window.stillHere = true")

    window.keyboard.press("ArrowRight")
    expect(window.locator(".pager").last).to_contain_text("Seite 2 von 2")
    assert window.url.endswith("?seite=2")
    window.keyboard.press("j")
    expect(window.locator(".reader h2").first).to_have_text("Kaputter Scan")
    expect(window.locator(".documents [aria-current]")).to_contain_text("Kaputter Scan")
    window.go_back()
    expect(window.locator(".pager").last).to_contain_text("Seite 2 von 2")
    window.keyboard.press("/")
    window.keyboard.type("jk")
    expect(window.get_by_role("searchbox")).to_have_value("jk")

    assert window.evaluate("window.stillHere") is True


def test_single_keys_can_be_switched_off(aennes_window: Page, town: Town) -> None:
    window = aennes_window
    window.goto(f"/dokumente/{town.application}")

    window.keyboard.press("?")
    window.get_by_label("Tastenkürzel verwenden").uncheck()
    window.keyboard.press("Escape")
    window.keyboard.press("ArrowRight")
    window.reload()
    window.keyboard.press("ArrowRight")

    expect(window.locator(".pager").last).to_contain_text("Seite 1 von 2")


def test_post_is_filed_by_keyboard_alone(aennes_window: Page, town: Town) -> None:
    window = aennes_window
    window.goto("/postkorb")

    window.get_by_label("Aktenzeichen").focus()
    window.keyboard.type(town.reference.replace("/", "-"))
    window.keyboard.press("Enter")

    expect(window.get_by_role("status").first).to_contain_text(f"ist abgelegt in {town.reference}")
    assert window.url.endswith(f"/postkorb/{town.items[1]}")
    expect(window.locator(".recognised")).to_contain_text("Drucker und Toner")


def test_enter_opens_the_case_file_and_adds_no_rows(aennes_window: Page, town: Town) -> None:
    window = aennes_window
    window.goto("/akten/neu?plan=50.20")

    window.get_by_label("Titel").fill("Wohngeld Überberg")
    window.keyboard.press("Enter")

    expect(window.get_by_role("heading", level=1)).to_contain_text("Wohngeld Überberg")


def test_an_upload_shows_its_progress_and_leads_to_the_document(
    aennes_window: Page, service: Service, town: Town, tmp_path: Path
) -> None:
    window, file = aennes_window, tmp_path / "Größe.pdf"
    file.write_bytes(paper("Gutachten", "Ein Blatt, das gleich gelesen wird."))
    window.goto(f"/akten/{town.case_file}/hinzufuegen")
    window.get_by_label("Datei", exact=True).set_input_files(file)

    window.get_by_role("button", name="Hinzufügen").click()
    window.wait_for_url("**/dokumente/*")

    expect(window.locator(".message[data-refresh]")).to_contain_text("wartet auf das Lesen")
    work_off(service)
    expect(window.locator(".sheet img")).to_be_visible()


def test_a_refused_upload_keeps_the_form_and_says_why(aennes_window: Page, town: Town, tmp_path: Path) -> None:
    window, file = aennes_window, tmp_path / "leer.pdf"
    file.write_bytes(b"")
    window.goto(f"/akten/{town.case_file}/hinzufuegen")
    window.get_by_label("Titel").fill("Mühsam getippt")
    window.get_by_label("Datei", exact=True).set_input_files(file)

    window.get_by_role("button", name="Hinzufügen").click()

    expect(window.get_by_role("alert")).to_contain_text("Die Datei ist leer.")
    expect(window.get_by_label("Titel")).to_have_value("Mühsam getippt")


def test_a_document_appears_by_itself_once_it_is_read(aennes_window: Page, service: Service, town: Town) -> None:
    document = attach(service, "änne", town.quiet_case_file, paper("Neu", "Frisch."), "Frisch eingetroffen")
    aennes_window.goto(f"/akten/{town.quiet_case_file}")
    expect(aennes_window.locator(".badge.busy")).to_have_count(1)

    work_off(service)

    expect(aennes_window.locator(f'img[src="/dokumente/{document.id}/seiten/1/bild"]')).to_be_visible()
    expect(aennes_window.locator(".badge.busy")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280, 1920])
def test_every_page_fits_the_window(aennes_window: Page, town: Town, width: int) -> None:
    window = aennes_window
    window.set_viewport_size({"width": width, "height": 800 if width < 1920 else 1080})
    SHOTS.mkdir(parents=True, exist_ok=True)
    pages = {
        "start": "/",
        "suche": "/suche?q=Schulbegleitung",
        "suche-leer": "/suche?q=Xylophon",
        "aktenplan": "/aktenplan",
        "einheit": "/aktenplan/50.10",
        "akte-anlegen": "/akten/neu?plan=50.10",
        "akte": f"/akten/{town.case_file}",
        "treffer": f"/dokumente/{town.application}?q=Schulbegleitung",
        "nicht-lesbar": f"/dokumente/{town.broken}",
        "hinzufuegen": f"/akten/{town.case_file}/hinzufuegen",
        "schreiben": f"/akten/{town.case_file}/schreiben",
        "postkorb": "/postkorb",
        "stapel": "/stapel",
        "stapel-einzeln": f"/stapel/{town.batch}",
        "rechte": f"/akten/{town.case_file}/rechte?person=otto",
        "rechte-dokument": f"/dokumente/{town.application}/rechte",
        "meine-rechte": f"/akten/{town.case_file}/rechte/meine",
        "vertretung": "/vertretung",
        "notzugriff": "/notzugriff",
        "anmelden": "/anmelden",
    }
    for name, path in pages.items():
        window.goto(path)
        wait_for_images(window)
        window.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
        assert window.evaluate("document.documentElement.scrollWidth") <= width, name


def wait_for_images(window: Page) -> None:
    """Asked from outside: what a page waits for inside is compiled there, which our pages forbid."""
    deadline = time.monotonic() + 30
    while not window.evaluate("[...document.images].every(image => image.complete)"):
        assert time.monotonic() < deadline, "an image did not come"
        window.wait_for_timeout(50)


def test_on_paper_there_is_the_page_and_no_furniture(aennes_window: Page, town: Town) -> None:
    window = aennes_window
    window.goto(f"/akten/{town.case_file}")
    window.emulate_media(media="print")

    expect(window.locator(".top")).to_be_hidden()
    expect(window.locator(".sheet img")).to_be_visible()
    expect(window.get_by_text("Geheimer Weg 1")).to_be_hidden()
    expect(window.get_by_text("Gartenstraße 7")).to_be_visible()


def test_a_right_is_granted_after_a_preview_explained_and_printed(aennes_window: Page, town: Town) -> None:
    window, path = aennes_window, f"/akten/{town.case_file}/rechte"
    window.goto(f"/akten/{town.case_file}")
    window.get_by_role("link", name="Rechte", exact=True).first.click()
    window.locator("summary", has_text="Recht vergeben").press("Enter")
    window.get_by_label("wer zugleich in zwei Einheiten ist").check()
    expect(window.get_by_label("Zweite Einheit")).to_be_visible()
    window.get_by_label("eine Person", exact=True).check()
    expect(window.get_by_label("Zweite Einheit")).to_be_hidden()
    window.locator("#grant-person").fill("Otto Öl (otto)")
    window.get_by_label("Bearbeiten (lesen, ablegen, ändern)").check()
    window.locator("#grant-reason").fill("Amtshilfe für Öl")
    window.keyboard.press("Enter")

    expect(window.get_by_role("heading", level=1)).to_have_text("Vorschau")
    expect(window.locator(".gains")).to_have_text("+ Lesen, Ablegen, Bearbeiten")
    window.get_by_role("button", name="Zurück").click()
    expect(window.locator("#grant-reason")).to_have_value("Amtshilfe für Öl")
    window.locator("#grant-reason").press("Enter")
    window.get_by_role("button", name="Speichern").click()

    expect(window.get_by_role("status")).to_contain_text("Das Recht ist vergeben.")
    assert window.url.endswith(path)
    window.get_by_label("Name oder Kennung, auch von Fachverfahren").fill("Otto Öl")
    window.keyboard.press("Enter")
    expect(window.locator(".told")).to_contain_text("Otto Öl darf: Lesen, Ablegen, Bearbeiten")
    expect(window.locator(".told")).to_contain_text("„Amtshilfe für Öl“")

    window.emulate_media(media="print")
    expect(window.locator(".top")).to_be_hidden()
    expect(window.locator(".arrange")).to_be_hidden()
    expect(window.get_by_role("heading", level=1)).to_contain_text(town.reference)
    expect(window.locator(".print-only")).to_contain_text("gedruckt von Änne Ärmel (änne)")
    expect(window.locator("table.readers")).to_contain_text("Otto Öl")
    expect(window.get_by_text("Eingliederungshilfe Jürgen Größmann")).to_have_count(2)
    for title in window.get_by_text("Eingliederungshilfe Jürgen Größmann").all():
        expect(title).to_be_hidden()
