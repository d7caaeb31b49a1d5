"""The life of case files: opening, finding, changing, completing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.city import API, City, attach, case_file_body, open_case_file, pointers, refused, told

FILES = f"{API}/case-files"
UMLAUTS = "Änderung Größmaß „ßÄÖÜ“ – Łódź 🎉"


def by_reference(external_id: str, system: str = "km-personal") -> str:
    return f"{FILES}/by-reference/{system}/{quote(external_id, safe='')}"


def test_the_filing_plan_is_told_as_far_as_visible(shared_city: City) -> None:
    everything = told(shared_city.client("anna").get(f"{API}/filing-plan"))["items"]

    assert [entry["code"] for entry in everything] == ["11", "11.20"]
    assert told(shared_city.client("anna").get(f"{API}/filing-plan/11.20")) == {
        "code": "11.20",
        "title": "Personalakten",
        "parent": "11",
        "retention_years": 5,
        "level": "offen",
        "fields": {"personnel_no": {"type": "text", "required": True}},
        "sections": ["Vertrag", "Bezüge"],
    }
    refused(shared_city.client("anna").get(f"{API}/filing-plan/50.10"), 404)
    assert told(shared_city.client("nina").get(f"{API}/filing-plan"))["items"] == []


def test_a_specialist_system_finds_or_creates(city: City) -> None:
    system = city.client("km-personal")
    body = case_file_body(
        title=UMLAUTS, parties=[{"role": "Beschäftigte", "name": UMLAUTS, "birth_date": "1981-04-12"}]
    )

    first = system.put(by_reference("P-1"), json=body)
    again = system.put(by_reference("P-1"), json=case_file_body(title="Anderer Titel"))

    created = told(first, 201)
    assert first.headers["location"] == f"{FILES}/{created['id']}"
    assert created["title"] == UMLAUTS
    assert created["parties"][0]["name"] == UMLAUTS
    assert created["external_references"] == {"km-personal": "P-1"}
    assert created["status"] == "open"
    assert created["reference"] == f"11.20/{datetime.now().astimezone().year}/00001"
    assert told(again, 200) == created
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("external_id", ["P/2026/1", "Ä ö", "a?b#c", "50%", "x" * 200, "a//b"])
def test_external_ids_are_the_systems_own_business(city: City, external_id: str) -> None:
    system = city.client("km-personal")

    created = told(system.put(by_reference(external_id), json=case_file_body()), 201)

    assert created["external_references"] == {"km-personal": external_id}
    assert told(system.put(by_reference(external_id), json=case_file_body()), 200)["id"] == created["id"]


def test_an_external_id_that_is_too_long_is_said_so(shared_city: City) -> None:
    assert pointers(shared_city.client("km-personal").put(by_reference("x" * 201), json=case_file_body())) == [
        "/external_id"
    ]


def test_fifty_at_once_find_one_case_file(city: City) -> None:
    def ask(_: int) -> tuple[int, str]:
        response = city.client("km-personal").put(by_reference("P-50"), json=case_file_body())
        return response.status_code, response.json()["id"]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, range(50)))

    assert sorted(status for status, _ in answers) == [200] * 49 + [201]
    assert len({id_ for _, id_ in answers}) == 1
    assert len(told(city.client("anna").get(FILES))["items"]) == 1


def test_only_the_caller_itself_may_stand_in_the_path(shared_city: City) -> None:
    refused(shared_city.client("km-personal").put(by_reference("P-1", "km-fremd"), json=case_file_body()), 403)
    refused(shared_city.client("anna").put(by_reference("P-1", "anna"), json=case_file_body()), 403)
    assert pointers(shared_city.client("km-fremd").put(by_reference("P-1", "km-fremd"), json=case_file_body())) == [
        "/filing_plan"
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"colour": "red"}, "/colour", id="unknown field"),
        pytest.param({"a/b~c": 1}, "/a~1b~0c", id="unknown field that needs escaping"),
        pytest.param({"title": ""}, "/title", id="no title"),
        pytest.param({"title": " \t "}, "/title", id="blank title"),
        pytest.param({"title": "x" * 501}, "/title", id="title too long"),
        pytest.param({"title": None}, "/title", id="title null"),
        pytest.param({"title": "a\x00b"}, "/title", id="null character"),
        pytest.param({"fields": {}}, "/fields/personnel_no", id="required field missing"),
        pytest.param({"fields": {"personnel_no": "\ud800"}}, "/fields/personnel_no", id="half a character"),
        pytest.param({"fields": {"personnel_no": "1", "shoe": 42}}, "/fields/shoe", id="unknown typed field"),
        pytest.param({"filing_plan": "99"}, "/filing_plan", id="no such entry"),
        pytest.param({"filing_plan": "50.10"}, "/filing_plan", id="an entry the caller may not know of"),
        pytest.param({"responsible_unit": "XX"}, "/responsible_unit", id="no such unit"),
        pytest.param({"level": "vertraulich"}, "/level", id="a level of later releases"),
        pytest.param({"parties": [{"name": "Jörg"}]}, "/parties/0/role", id="party without a role"),
        pytest.param({"parties": [{"role": "x", "name": " "}]}, "/parties/0/name", id="party without a name"),
        pytest.param({"parties": [{"role": "x", "name": "y", "address": 5}]}, "/parties/0/address", id="address"),
        pytest.param(
            {"parties": [{"role": "x", "name": "y", "address": {"zip": "1"}}]}, "/parties/0/address/zip", id="zip"
        ),
        pytest.param(
            {"parties": [{"role": "x", "name": "y", "birth_date": "12.4.81"}]}, "/parties/0/birth_date", id="date"
        ),
        pytest.param({"grants": [{"to": {}, "rights": ["read"]}]}, "/grants/0/to", id="grant to nobody"),
        pytest.param({"grants": [{"to": {"person": "lisa"}, "rights": ["x"]}]}, "/grants/0/rights", id="no right"),
        pytest.param(
            {"grants": [{"to": {"person": "wer"}, "rights": ["read"]}]}, "/grants/0/to/person", id="unknown person"
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_pointer_and_nothing_is_opened(
    shared_city: City, changes: dict[str, Any], pointer: str
) -> None:
    system = shared_city.client("km-personal")
    system.headers["Content-Type"] = "application/json"
    body = json.dumps(case_file_body(**changes))  # by hand, since httpx refuses to send half a character

    assert pointer in pointers(system.put(by_reference("P-1"), content=body))
    assert pointer in pointers(system.post(FILES, content=body))
    assert told(shared_city.client("anna").get(FILES))["items"] == []


def test_case_files_hang_on_leaves_only(shared_city: City) -> None:
    assert pointers(shared_city.client("anna").post(FILES, json=case_file_body(filing_plan="11"))) == ["/filing_plan"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b"1e999999"])
def test_a_body_that_is_no_json_object_is_refused(shared_city: City, body: bytes) -> None:
    response = shared_city.client("anna").post(FILES, content=body, headers={"Content-Type": "application/json"})

    assert response.status_code in (400, 422)
    refused(response, response.status_code)


def test_a_body_without_end_is_cut_off(shared_city: City) -> None:
    big = b'{"title": "' + b"x" * (9 * 1024 * 1024) + b'"}'
    client, stranger = shared_city.client("anna"), shared_city.client()

    refused(client.post(FILES, content=big, headers={"Content-Type": "application/json"}), 413)
    pieces = (big[start : start + 65_536] for start in range(0, len(big), 65_536))
    refused(client.post(FILES, content=pieces, headers={"Content-Type": "application/json"}), 413)
    refused(stranger.post(FILES, content=big, headers={"Content-Type": "multipart/form-data; boundary=x"}), 413)


def test_who_may_see_but_not_file_is_told_so(shared_city: City) -> None:
    refused(shared_city.client("lisa").post(FILES, json=case_file_body()), 403)


def test_changing_needs_the_present_etag(city: City) -> None:
    client = city.client("anna")
    created = open_case_file(client)
    path = f"{FILES}/{created['id']}"
    etag = client.get(path).headers["etag"]

    refused(client.patch(path, json={"title": "Neu"}), 428)
    refused(client.patch(path, json={"title": "Neu"}, headers={"If-Match": '"falsch"'}), 412)
    changed = client.patch(path, json={"title": "Neu Ü"}, headers={"If-Match": etag})
    refused(client.patch(path, json={"title": "Zu spät"}, headers={"If-Match": etag}), 412)

    assert told(changed)["title"] == "Neu Ü"
    assert told(changed)["fields"] == created["fields"]
    assert changed.headers["etag"] != etag
    assert told(client.get(path)) == told(changed)
    assert client.get(path).headers["etag"] == changed.headers["etag"]


def test_two_changes_of_the_same_state_do_not_overwrite_each_other(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}"
    etag = client.get(path).headers["etag"]

    def change(number: int) -> int:
        return city.client("anna").patch(path, json={"title": f"T{number}"}, headers={"If-Match": etag}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(8))) == [200] + [412] * 7


def test_an_unchanged_case_file_is_not_sent_again(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}"
    etag = client.get(path).headers["etag"]

    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = client.get(path, headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert response.headers["x-request-id"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_etag_follows_everything_that_is_told(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}"
    etags = [client.get(path).headers["etag"]]

    for step in ("parties", "complete", "reopen"):
        body = {"role": "Elternteil", "name": "Ö"} if step == "parties" else None
        assert client.post(f"{path}/{step}", json=body).is_success
        etags.append(client.get(path).headers["etag"])

    assert len(set(etags)) == len(etags)


@pytest.mark.parametrize("change", [{"status": "completed"}, {"filing_plan": "50"}, {"parties": []}, {"id": "x"}])
def test_what_cannot_be_changed_is_refused_by_name(city: City, change: dict[str, Any]) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}"

    assert pointers(client.patch(path, json=change, headers={"If-Match": "*"})) == [f"/{next(iter(change))}"]


def test_a_completed_case_file_takes_nothing_more_until_it_is_reopened(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{(case_file := open_case_file(client))['id']}"

    completed = told(client.post(f"{path}/complete"))
    assert completed["status"] == "completed"
    assert completed["completed_at"] is not None
    refused(client.post(f"{path}/complete"), 409)
    refused(client.patch(path, json={"title": "x"}, headers={"If-Match": "*"}), 409)
    refused(client.post(f"{path}/parties", json={"role": "x", "name": "y"}), 409)
    refused(client.post(f"{path}/proceedings", json={"title": "x"}), 409)
    refused(client.post(f"{path}/letters", json={"template": "brief"}), 409)
    refused(attach(client, case_file["id"]), 409)
    refused(city.client("km-personal").post(f"{path}/reopen"), 403)

    reopened = told(client.post(f"{path}/reopen"))
    assert (reopened["status"], reopened["completed_at"]) == ("open", None)
    told(attach(client, case_file["id"]), 201)


def test_completing_honours_if_match(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}"
    etag = client.get(path).headers["etag"]
    client.post(f"{path}/parties", json={"role": "x", "name": "y"})

    refused(client.post(f"{path}/complete", headers={"If-Match": etag}), 412)
    told(client.post(f"{path}/complete", headers={"If-Match": client.get(path).headers["etag"]}))
    refused(client.post(f"{path}/reopen", headers={"If-Match": etag}), 412)


def test_parties_and_proceedings_are_added_in_order(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}"
    address = {"street": "Süßer Weg 1", "postal_code": "12345", "city": "Köln"}

    first = client.post(f"{path}/parties", json={"role": "Mutter", "name": "Zoë", "address": address})
    second = client.post(f"{path}/parties", json={"role": "Anwalt", "name": "A", "address": "Weg 1\n12345 Ort"})
    opened = [told(client.post(f"{path}/proceedings", json={"title": title}), 201) for title in ("Öffnung", "Zweiter")]

    assert told(client.get(f"{path}/parties"))["items"] == [told(first, 201), told(second, 201)]
    assert told(first, 201)["address"] == address
    assert told(second, 201)["address"] == {"text": "Weg 1\n12345 Ort"}
    assert told(client.get(f"{path}/proceedings"))["items"] == opened
    assert told(client.get(path))["parties"] == told(client.get(f"{path}/parties"))["items"]


def test_the_list_shows_the_newest_change_first_and_every_file_once(city: City) -> None:
    client = city.client("anna")
    opened = [open_case_file(client, title=f"Akte {number}")["id"] for number in range(7)]
    client.patch(f"{FILES}/{opened[2]}", json={"title": "Geändert"}, headers={"If-Match": "*"})
    wanted = [opened[2], *(id_ for id_ in reversed(opened) if id_ != opened[2])]

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = told(client.get(FILES, params={"limit": 3, **cursor}))
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert seen == wanted


def test_the_list_is_filtered(city: City) -> None:
    client = city.client("anna")
    first, second = open_case_file(client), open_case_file(client, responsible_unit="SO")
    client.post(f"{FILES}/{first['id']}/complete")

    def ids(**params: str) -> list[str]:
        return [item["id"] for item in told(client.get(FILES, params=params))["items"]]

    assert ids(status="completed") == [first["id"]]
    assert ids(status="open") == [second["id"]]
    assert ids(responsible_unit="SO") == [second["id"]]
    assert ids(filing_plan="50.10") == []
    assert ids(reference=first["reference"].replace("/", " - ")) == [first["id"]]
    assert ids(reference="gibt es nicht") == []
    assert told(city.client("nina").get(FILES)) == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"limit": "99999999999999999999"},
        {"status": "lost"},
        {"cursor": "x"},
        {"cursor": "ü"},
        {"cursor": "WyIyMDI2LTAxLTAxIiwgIngiXQ"},
        {"cursor": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIjAxOWFhYWFhLWFhYWEtN2FhYS04YWFhLWFhYWFhYWFhYWFhYSJd"},
        {"cursor": "WzFd"},
        {"cursor": "e30"},
        {"cursor": "W" * 501},
        {"responsible_unit": "\x00"},
    ],
)
def test_odd_list_parameters_are_refused(shared_city: City, params: dict[str, str]) -> None:
    assert pointers(shared_city.client("anna").get(FILES, params=params)) == [f"/{next(iter(params))}"]


def test_times_are_utc_as_rfc_3339_and_ids_are_uuid_7(city: City) -> None:
    case_file = open_case_file(city.client("anna"))

    assert case_file["created_at"].endswith("Z")
    assert datetime.fromisoformat(case_file["created_at"]).utcoffset() == timedelta(0)
    assert case_file["id"][14] == "7"
