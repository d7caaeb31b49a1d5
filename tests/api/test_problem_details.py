"""What goes wrong is told as problem details (RFC 9457), with a request id on every answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from fastapi import Response

from eakte.errors import Damaged, Unavailable
from tests.api.city import API, City, case_file_body, open_case_file, refused, told


def test_every_answer_carries_a_request_id_of_its_own(city: City) -> None:
    anna, stranger = city.client("anna"), city.client()
    path = f"{API}/case-files/{open_case_file(anna)['id']}"
    etag = anna.get(path).headers["etag"]

    answers = [
        anna.get(path),
        anna.get(path, headers={"If-None-Match": etag}),
        anna.patch(path, json={}),
        anna.get(f"{API}/nirgends"),
        anna.delete(path),
        stranger.get(path),
        stranger.get("/healthz"),
        stranger.get("/anmelden"),
        stranger.get(f"{API}/openapi.json"),
        anna.get("/nirgends"),
    ]

    assert [answer.status_code for answer in answers] == [200, 304, 428, 404, 405, 401, 200, 200, 200, 404]
    ids = [answer.headers.get_list("x-request-id") for answer in answers]
    assert all(len(given) == 1 and UUID(given[0]) for given in ids)
    assert len({given[0] for given in ids}) == len(ids)


@pytest.mark.parametrize("path", ["", "/", "/nirgends", "/case-files/x/y/z", "/../api/v1/x"])
def test_an_unknown_path_is_a_problem(city: City, path: str) -> None:
    assert refused(city.client("anna").get(API + path, follow_redirects=True), 404)["detail"] == "Nicht gefunden."


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(city: City) -> None:
    response = city.client("anna").delete(f"{API}/search")

    assert refused(response, 405)["title"] == "Method Not Allowed"
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_json_is_asked_for_where_something_else_comes(city: City, content_type: str) -> None:
    response = city.client("anna").post(
        f"{API}/case-files", content=json.dumps(case_file_body()), headers={"Content-Type": content_type}
    )

    assert response.status_code in (415, 422)
    refused(response, response.status_code)


def test_an_unexpected_error_tells_nothing_of_the_inside(city: City) -> None:
    @city.app.get(f"{API}/kaputt")
    def broken() -> Response:
        raise RuntimeError("Passwort 4711 in /srv/geheim")

    response = city.client("anna").get(f"{API}/kaputt")

    problem = refused(response, 500)
    assert UUID(response.headers["x-request-id"])
    for secret in ("4711", "srv", "Traceback", "RuntimeError"):
        assert secret not in json.dumps(problem)


@pytest.mark.parametrize(
    ("error", "status"),
    [(Unavailable("Die Datenbank antwortet nicht."), 503), (Damaged("Der Inhalt ist beschädigt."), 500)],
)
def test_failures_of_our_own_say_what_happened(city: City, error: Exception, status: int) -> None:
    @city.app.get(f"{API}/kaputt")
    def broken() -> Response:
        raise error

    response = city.client("anna").get(f"{API}/kaputt")

    assert refused(response, status)["detail"] == str(error)
    assert response.headers.get("retry-after") == ("5" if status == 503 else None)


def test_problems_are_told_in_german_with_the_field_at_fault(city: City) -> None:
    body: dict[str, Any] = {"filing_plan": 5, "parties": [{"role": "x", "name": "y", "birth_date": "gestern"}], "x": 1}

    problem = refused(city.client("anna").post(f"{API}/case-files", json=body), 422)

    assert problem["errors"] == [
        {"pointer": "/filing_plan", "detail": "Hier wird ein Text erwartet."},
        {"pointer": "/title", "detail": "Dieses Feld fehlt."},
        {"pointer": "/parties/0/birth_date", "detail": "Hier wird ein Datum erwartet, etwa 2026-10-31."},
        {"pointer": "/x", "detail": "Dieses Feld ist hier nicht bekannt."},
    ]


def test_a_disabled_name_is_nobody(city: City) -> None:
    from eakte.principals import Principal

    told(city.client("lisa").get(f"{API}/me"))
    with city.service.database.writing() as session:
        session.get_one(Principal, "lisa").active = False

    refused(city.client("lisa").get(f"{API}/me"), 401)


def test_a_browsers_cookie_is_no_bearer_token(city: City) -> None:
    from datetime import timedelta

    from eakte.sign_in import issue_token

    with city.service.database.writing() as session:
        token, _ = issue_token(session, "anna", lifetime=timedelta(hours=1), browser=True)

    refused(city.client().get(f"{API}/me", headers={"Authorization": f"Bearer {token}"}), 401)
    refused(city.client().get(f"{API}/me", headers={"Cookie": f"eakte_session={token}"}), 401)
