"""Who one is, and how one gets a token."""

from __future__ import annotations

import base64

import httpx
import pytest

from tests.api.city import API, SECRET, City, refused, told

TOKEN = f"{API}/oauth/token"


def test_a_token_tells_whom_it_stands_for(shared_city: City) -> None:
    assert told(shared_city.client("anna").get(f"{API}/me")) == {
        "id": "anna",
        "name": "Änne Ärmel",
        "kind": "person",
        "ceiling": "offen",
        "units": ["PO", "POST"],
        "roles": [],
        "deputised": [],
    }
    assert told(shared_city.client("adam").get(f"{API}/me"))["roles"] == ["admin"]
    assert told(shared_city.client("km-personal").get(f"{API}/me"))["kind"] == "system"
    assert told(shared_city.client("scan-1").get(f"{API}/me"))["units"] == ["POST"]


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer falsch", "Bearer \xfc", "Basic YTpi", "Digest x", "Bearer " + "x" * 10_000],
)
def test_without_a_good_token_nobody_gets_in(shared_city: City, authorization: str) -> None:
    response = shared_city.client().get(f"{API}/me", headers={b"Authorization": authorization.encode("latin-1")})

    refused(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer")


def _by_form(client: httpx.Client, name: str, secret: str) -> httpx.Response:
    return client.post(TOKEN, data={"grant_type": "client_credentials", "client_id": name, "client_secret": secret})


def _by_basic(client: httpx.Client, name: str, secret: str) -> httpx.Response:
    credentials = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return client.post(
        TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {credentials}"}
    )


@pytest.mark.parametrize("ask", [_by_form, _by_basic])
def test_client_credentials_become_a_token_that_works(shared_city: City, ask: object) -> None:
    assert callable(ask)
    response = ask(shared_city.client(), "km-personal", SECRET)

    token = told(response)
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert response.headers["cache-control"] == "no-store"
    me = shared_city.client().get(f"{API}/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert told(me)["id"] == "km-personal"


@pytest.mark.parametrize("ask", [_by_form, _by_basic])
@pytest.mark.parametrize(
    ("name", "secret"),
    [
        pytest.param("km-personal", "falsch", id="wrong secret"),
        pytest.param("km-personal", "", id="no secret"),
        pytest.param("gibt-es-nicht", SECRET, id="unknown name"),
        pytest.param("km-fremd", SECRET, id="a system without a secret"),
        pytest.param("anna", SECRET, id="a person"),
        pytest.param("\x00", "\x00", id="null characters"),
        pytest.param("x" * 5000, "y" * 5000, id="very long"),
    ],
)
def test_other_credentials_get_no_token(shared_city: City, ask: object, name: str, secret: str) -> None:
    assert callable(ask)
    problem = refused(ask(shared_city.client(), name, secret), 401)

    assert problem["error"] == "invalid_client"


def test_wrong_name_and_wrong_secret_look_alike(shared_city: City) -> None:
    assert (
        _by_form(shared_city.client(), "km-personal", "falsch").content
        == _by_form(shared_city.client(), "wer", "x").content
    )


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic \xfc\xfc", "Basic /w==", "Basic YWJj"])
def test_a_broken_basic_header_is_a_wrong_secret(shared_city: City, header: str) -> None:
    response = shared_city.client().post(
        TOKEN, data={"grant_type": "client_credentials"}, headers={b"Authorization": header.encode("latin-1")}
    )

    refused(response, 401)


def test_only_client_credentials_are_a_way_to_a_token(shared_city: City) -> None:
    wrong = shared_city.client().post(TOKEN, data={"grant_type": "password", "username": "anna", "password": SECRET})
    missing = shared_city.client().post(TOKEN, data={})

    assert refused(wrong, 400)["error"] == "unsupported_grant_type"
    assert [field["pointer"] for field in refused(missing, 422)["errors"]] == ["/grant_type"]
