"""Rights: given and revoked through the API, in force from the next request on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eakte.clock import today
from tests.api.city import API, City, attach, open_case_file, pointers, refused, told

TO_NINA = {"to": {"person": "nina"}, "rights": ["read"]}


@pytest.fixture
def case_file(city: City) -> dict[str, Any]:
    """A case file that nina may not know of."""
    return open_case_file(city.client("anna"))


@pytest.fixture
def document(city: City, case_file: dict[str, Any]) -> str:
    """Id of a document in it."""
    id_: str = told(attach(city.client("anna"), case_file["id"]), 201)["id"]
    return id_


def doors(case_file: dict[str, Any], document: str) -> dict[str, tuple[str, str]]:
    """Node: where its grants are, and what a reader of it may see."""
    return {
        "entry": (f"{API}/filing-plan/11.20/grants", f"{API}/case-files/{case_file['id']}"),
        "case_file": (f"{API}/case-files/{case_file['id']}/grants", f"{API}/case-files/{case_file['id']}/documents"),
        "document": (f"{API}/documents/{document}/grants", f"{API}/documents/{document}"),
    }


@pytest.mark.parametrize("node", ["entry", "case_file", "document"])
def test_a_grant_holds_from_the_next_request_on_and_so_does_its_end(
    city: City, case_file: dict[str, Any], document: str, node: str
) -> None:
    grants, seen = doors(case_file, document)[node]
    leader, nina = city.client("anna"), city.client("nina")
    refused(nina.get(seen), 404)

    grant = told(leader.post(grants, json=TO_NINA | {"reason": "Urlaubsvertretung"}), 201)

    told(nina.get(seen))
    assert grant["to"] == {"person": "nina"}
    assert grant["rights"] == ["read"]
    assert (grant["given_by"], grant["reason"]) == ("anna", "Urlaubsvertretung")
    assert (grant["from"], grant["until"]) == (None, None)
    assert grant in told(leader.get(grants))["items"]

    response = leader.delete(f"{grants}/{grant['id']}")
    assert (response.status_code, response.content) == (204, b"")
    refused(nina.get(seen), 404)
    assert grant not in told(leader.get(grants))["items"]
    refused(leader.delete(f"{grants}/{grant['id']}"), 404)


def test_a_grant_on_a_document_shows_only_the_reference_of_its_case_file(
    city: City, case_file: dict[str, Any], document: str
) -> None:
    told(city.client("anna").post(f"{API}/documents/{document}/grants", json=TO_NINA), 201)
    nina = city.client("nina")

    seen = told(nina.get(f"{API}/documents/{document}"))
    assert seen["reference"] == case_file["reference"]
    refused(nina.get(f"{API}/case-files/{case_file['id']}"), 404)
    refused(nina.get(f"{API}/case-files/{case_file['id']}/documents"), 404)
    assert told(nina.get(f"{API}/case-files"))["items"] == []


def test_a_grant_is_told_as_it_was_asked_for(city: City, case_file: dict[str, Any]) -> None:
    path = f"{API}/case-files/{case_file['id']}/grants"
    leader = city.client("anna")
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({"to": {"unit": "SO", "sub_units": True}, "rights": ["read", "file"]}, ["read", "file"]),
        ({"to": {"unit": "SO"}, "rights": ["Bearbeiten"]}, ["read", "file", "edit"]),
        ({"to": {"system": "km-fremd"}, "rights": ["file"]}, ["read", "file"]),
    ]
    for body, rights in asked:
        grant = told(leader.post(path, json=body), 201)
        assert grant["to"] == body["to"]
        assert grant["rights"] == rights
    told(city.client("otto").get(f"{API}/case-files/{case_file['id']}"))
    told(attach(city.client("km-fremd"), case_file["id"]), 201)


def test_grants_begin_and_end_on_days_of_the_city_or_at_moments(city: City, case_file: dict[str, Any]) -> None:
    path = f"{API}/case-files/{case_file['id']}/grants"
    leader, nina = city.client("anna"), city.client("nina")
    day = today()
    moment = datetime.now(UTC)

    def seen_with(**times: str) -> bool:
        grant = told(leader.post(path, json=TO_NINA | times), 201)
        status = nina.get(f"{API}/case-files/{case_file['id']}").status_code
        assert leader.delete(f"{path}/{grant['id']}").status_code == 204
        return bool(status == 200)

    assert seen_with(**{"from": day.isoformat(), "until": day.isoformat()})
    assert not seen_with(until=(day - timedelta(days=1)).isoformat())
    assert not seen_with(**{"from": (day + timedelta(days=1)).isoformat()})
    assert seen_with(until=(moment + timedelta(minutes=5)).isoformat())
    assert not seen_with(**{"from": (moment + timedelta(minutes=5)).isoformat()})
    assert seen_with(until="9999-12-31")
    assert seen_with(**{"from": "0001-01-01"})


def test_times_are_told_in_utc(city: City, case_file: dict[str, Any]) -> None:
    path = f"{API}/case-files/{case_file['id']}/grants"
    times = {"from": "2026-01-01", "until": "2027-07-01T00:00:00+02:00"}

    grant = told(city.client("anna").post(path, json=TO_NINA | times), 201)

    assert (grant["from"], grant["until"]) == ("2025-12-31T23:00:00Z", "2027-06-30T22:00:00Z")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rights": []}, "/rights"),
        ({"rights": ["fly"]}, "/rights"),
        ({"rights": "read"}, "/rights"),
        ({"to": {}}, "/to"),
        ({"to": {"person": "nina", "unit": "SO"}}, "/to"),
        ({"to": {"person": "km-personal"}}, "/to/person"),
        ({"to": {"unit": "XX"}}, "/to/unit"),
        ({"to": {"all_of": []}}, "/to/all_of"),
        ({"until": "gestern"}, "/until"),
        ({"from": "2027-01-01T00:00:00"}, "/from"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "/from"),
        ({"from": "2027-01-02", "until": "2027-01-01"}, "/until"),
        ({"valid_from": "2027-01-02"}, "/valid_from"),
        ({"shielded": True}, "/shielded"),
    ],
)
def test_a_wrong_grant_is_named(city: City, case_file: dict[str, Any], body: dict[str, Any], pointer: str) -> None:
    path = f"{API}/case-files/{case_file['id']}/grants"

    assert pointer in pointers(city.client("anna").post(path, json=TO_NINA | body))


def test_grants_may_come_with_the_opening(city: City) -> None:
    grants = [TO_NINA | {"until": "2999-12-31"}, {"to": {"unit": "SO", "sub_units": True}, "rights": ["read"]}]

    opened = open_case_file(city.client("km-personal"), grants=grants)

    told(city.client("nina").get(f"{API}/case-files/{opened['id']}"))
    told(city.client("otto").get(f"{API}/case-files/{opened['id']}"))
    listed = told(city.client("anna").get(f"{API}/case-files/{opened['id']}/grants"))["items"]
    assert [grant["to"] for grant in listed] == [grant["to"] for grant in grants]


def test_who_may_not_share_is_told_so_or_finds_nothing(city: City, case_file: dict[str, Any], document: str) -> None:
    for grants, _ in doors(case_file, document).values():
        for name, status in (("lisa", 403), ("km-personal", 403), ("nina", 404), ("otto", 404)):
            refused(city.client(name).get(grants), status)
            refused(city.client(name).post(grants, json=TO_NINA), status)
            refused(city.client(name).delete(f"{grants}/019aaaaa-0000-7000-8000-000000000000"), status)


def test_administrators_grant_on_the_plan_without_seeing_what_hangs_there(city: City) -> None:
    admin = city.client("adam")
    path = f"{API}/filing-plan/50/grants"

    grant = told(admin.post(path, json={"to": {"person": "lisa"}, "rights": ["read"]}), 201)

    assert grant in told(admin.get(path))["items"]
    assert told(admin.get(f"{API}/filing-plan"))["items"] == []
    told(city.client("lisa").get(f"{API}/filing-plan/50.10"))
    refused(admin.get(f"{API}/filing-plan/99/grants"), 404)


def test_a_grant_is_only_revoked_where_it_was_given(city: City, case_file: dict[str, Any], document: str) -> None:
    entry, on_case_file, on_document = (grants for grants, _ in doors(case_file, document).values())
    leader = city.client("anna")
    grant = told(leader.post(on_case_file, json=TO_NINA), 201)

    for other in (entry, on_document):
        refused(leader.delete(f"{other}/{grant['id']}"), 404)
    told(city.client("nina").get(f"{API}/case-files/{case_file['id']}"))
