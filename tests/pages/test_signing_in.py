"""Signing in and out, and that no form acts without a proof of where it comes from."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from sqlmodel import func, select, update

from api.pages.routes import pages_router
from api.pages.sign_in_pages import safe_target
from api.service import Service
from eakte.audit import AuditEvent, AuditTag
from eakte.clock import now
from eakte.principals import AccessToken
from tests.pages.desk import Desk
from tests.pages.town import Town, page

OPEN_TO_ALL = {"/anmelden"}


def _routes(method: str) -> list[APIRoute]:
    pages = [route for route in pages_router.routes if isinstance(route, APIRoute)]
    found = [page for page in pages if method in (page.methods or ()) and page.path not in OPEN_TO_ALL]
    assert len(found) > 10, "the pages are not where this test looks for them"
    return found


def _filled(path: str, town: Town) -> str:
    return (
        path.replace("{case_file_id}", str(town.case_file))
        .replace("{document_id}", str(town.application))
        .replace("{letter_id}", str(town.letter))
        .replace("{item_id}", str(town.items[0]))
        .replace("{batch_id}", str(town.batch))
        .replace("{page_number}", "1")
        .replace("{form}", "original")
        .replace("{code:path}", "50.10")
    )


def test_without_signing_in_every_page_leads_to_it_and_back(desk: Desk, town: Town) -> None:
    for route in _routes("GET"):
        path = _filled(route.path, town)
        got = desk.client.get(path, follow_redirects=False)
        assert got.status_code == 303, path
        assert got.headers["location"].startswith("/anmelden?ziel=%2F"), path


def test_signing_in_goes_on_to_the_page_that_was_asked_for(desk: Desk, town: Town) -> None:
    asked = desk.open(f"/akten/{town.case_file}?q=Größe")

    screen = desk.send(asked.form("/anmelden"), name="änne", passwort="Grüße aus Köln")

    assert screen.path == f"/akten/{town.case_file}?q=Gr%C3%B6%C3%9Fe"


@pytest.mark.parametrize(("name", "password"), [("änne", "falsch geraten"), ("niemand", "Grüße aus Köln"), ("", "")])
def test_a_refusal_does_not_tell_what_was_wrong(desk: Desk, town: Town, name: str, password: str) -> None:
    screen = desk.sign_in(name, password)

    assert screen.status == 403
    assert "Name oder Passwort stimmt nicht" in screen.text
    assert screen.form("/anmelden").values["name"] == [name]
    assert "eakte_session" not in desk.client.cookies


def test_specialist_systems_do_not_sign_in_on_pages(desk: Desk, town: Town) -> None:
    assert "nur Personen" in desk.sign_in("km-personal").text
    assert "eakte_session" not in desk.client.cookies


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(
    service: Service, town: Town, scheme: str, secure: bool
) -> None:
    with Desk(service, base_url=f"{scheme}://testserver") as desk:
        cookie = desk.sign_in("änne").response.history[0].headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is secure


@pytest.mark.parametrize(
    "target", ["//böse.example", "/\\böse.example", "https://böse.example", "javascript:1", "/a\nb"]
)
def test_signing_in_never_leads_to_another_host(target: str) -> None:
    assert safe_target(target) == "/"


def test_after_signing_out_the_session_is_worth_nothing(aenne: Desk, town: Town) -> None:
    cookie = aenne.client.cookies["eakte_session"]

    screen = aenne.send(aenne.open("/").form("/abmelden"))

    assert screen.path == "/anmelden"
    assert "Sie sind abgemeldet." in screen.text
    assert screen.response.history[0].headers["clear-site-data"] == '"cache"'
    aenne.client.cookies.set("eakte_session", cookie)
    assert aenne.open("/").path.startswith("/anmelden")


def test_an_expired_session_asks_to_sign_in_again_and_returns_to_the_form(aenne: Desk, service: Service) -> None:
    form = aenne.open("/akten/neu?plan=50.20").form("/akten/neu")
    with service.database.writing() as session:
        session.exec(update(AccessToken).values(expires_at=now()))

    got = aenne.client.post(
        form.action,
        data=form.values,
        headers={"Referer": "http://testserver/akten/neu?plan=50.20"},
        follow_redirects=False,
    )

    assert got.headers["location"] == "/anmelden?ziel=%2Fakten%2Fneu%3Fplan%3D50.20"


def test_no_form_acts_without_the_token_of_its_session(aenne: Desk, joerg: Desk, service: Service, town: Town) -> None:
    foreign = joerg.open("/").form("/abmelden").values["csrf"][0]
    before = _written(service)

    for route in _routes("POST"):
        path = _filled(route.path, town)
        for csrf in ({}, {"csrf": ""}, {"csrf": foreign}):
            if path.endswith("/hinzufuegen"):
                got = aenne.client.post(path, data={**csrf, "kind": "internal"}, files={"file": ("a.pdf", page("A"))})
            else:
                got = aenne.client.post(
                    path, data={**csrf, "reason": "x", "unit": "ORD", "plan": "50.20", "title": "x"}
                )
            assert got.status_code in (403, 415), (path, csrf)

    assert _written(service) == before


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://boese.example"}, {"Sec-Fetch-Site": "cross-site"}, {"X-CSRF-Token": "geraten"}],
    ids=lambda headers: next(iter(headers)),
)
def test_an_upload_from_elsewhere_is_refused_before_its_bytes_are_kept(
    aenne: Desk, service: Service, town: Town, headers: dict[str, str]
) -> None:
    path = f"/akten/{town.case_file}/hinzufuegen"
    form = aenne.open(path).form(path)
    before = set(service.blobs.all())
    file = ("a.pdf", page("Untergeschoben"))

    got = aenne.client.post(path, data=form.values, files={"file": file}, headers=headers)

    assert got.status_code == 403
    assert set(service.blobs.all()) == before


def test_who_may_not_file_uploads_no_byte(otto: Desk, service: Service, town: Town) -> None:
    before = set(service.blobs.all())

    got = otto.client.post(f"/akten/{town.case_file}/hinzufuegen", files={"file": ("a.pdf", page("Fremd"))})

    assert got.status_code == 404
    assert set(service.blobs.all()) == before


def _written(service: Service) -> int:
    """How much was done; that something was refused is written too."""
    with service.database.reading() as session:
        return session.exec(select(func.count()).where(AuditEvent.tag != AuditTag.ACCESS_DENIED)).one()
