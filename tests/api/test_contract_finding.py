"""Search, the audit trail, and what operations ask."""

from __future__ import annotations

import shutil

import pytest

from tests.api.city import API, City, attach, open_case_file, pointers, refused, told
from tests.api.paper import text_pdf

SEARCH = f"{API}/search"


def test_a_word_on_a_page_is_found_with_page_and_snippet(city: City) -> None:
    client = city.client("anna")
    case_file = open_case_file(client, title="Akte Größmann")
    pdf = text_pdf("Nichts", "Die Sondernutzungserlaubnis wird erteilt.\nVerwaltungsgebühr 120 Euro.")
    document = told(attach(client, case_file["id"], pdf, title="Bescheid"), 201)
    city.work_off()

    for query in (
        "Sondernutzungserlaubnis",
        "erlaubnis",
        '"wird erteilt"',
        "verwaltungsgeb*",
        "SONDERNUTZUNGSERLAUBNIS",
    ):
        [hit] = told(client.get(SEARCH, params={"q": query}))["items"]
        assert (hit["kind"], hit["document_id"], hit["case_file_id"]) == ("document", document["id"], case_file["id"])
        assert (hit["title"], hit["reference"], hit["page"]) == ("Bescheid", case_file["reference"], 2)
        assert hit["highlights"]
        for start, end in hit["highlights"]:
            assert 0 <= start < end <= len(hit["snippet"])
    titles = told(client.get(SEARCH, params={"q": "groessmann"}))["items"]
    assert [(hit["kind"], hit["title"], hit["document_id"]) for hit in titles] == [("case_file", "Akte Größmann", None)]
    for name in ("nina", "otto", "km-fremd", "adam", "dora", "scan-1"):
        assert told(city.client(name).get(SEARCH, params={"q": "Sondernutzungserlaubnis"})) == {
            "items": [],
            "next_cursor": None,
        }


def test_results_come_page_by_page_each_once(city: City) -> None:
    client = city.client("anna")
    opened = {open_case_file(client, title=f"Quittung {number}")["id"] for number in range(7)}
    city.work_off()

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = told(client.get(SEARCH, params={"q": "Quittung", "limit": 3, **cursor}))
        seen += [hit["case_file_id"] for hit in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert len(seen) == 7
    assert set(seen) == opened


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        '"',
        '""',
        "*",
        "~",
        "a:b:c",
        "AND OR NOT",
        "(((",
        "az:",
        "von:",
        "datum:x",
        "\\",
        "🎉",
        "'; DROP TABLE",
        "a" * 1000,
        "* * *",
        "-",
        "+",
        "[1 TO 2]",
        "é" * 500,
        "title:x^5",
        "typ:?",
        "\u202e",
        "ß~",
        '"a b',
        "\ud7ff",
    ],
)
def test_every_odd_query_finds_something_or_nothing(shared_city: City, query: str) -> None:
    if shared_city.service.index.count() == 0:
        open_case_file(shared_city.client("anna"))
        shared_city.work_off()

    told(shared_city.client("anna").get(SEARCH, params={"q": query}))


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": "x" * 1001},
        {"q": "\x00"},
        {"q": "a", "limit": "0"},
        {"q": "a", "cursor": "x"},
        {"q": "a", "cursor": "WzEuNV0"},
        {"q": "a", "cursor": "Wy0xXQ"},
        {"q": "a", "cursor": "W3RydWVd"},
    ],
)
def test_odd_search_parameters_are_refused(shared_city: City, params: dict[str, str]) -> None:
    wrong = next((name for name in ("cursor", "limit") if name in params), "q")

    assert pointers(shared_city.client("anna").get(SEARCH, params=params)) == [f"/{wrong}"]


def test_what_moved_out_of_reach_is_no_longer_found(city: City) -> None:
    client = city.client("anna")
    case_file = open_case_file(client, title="Geheimes")
    path = f"{API}/case-files/{case_file['id']}/grants"
    grant = told(client.post(path, json={"to": {"person": "nina"}, "rights": ["read"]}), 201)
    city.work_off()
    assert told(city.client("nina").get(SEARCH, params={"q": "Geheimes"}))["items"]

    client.delete(f"{path}/{grant['id']}")

    assert told(city.client("nina").get(SEARCH, params={"q": "Geheimes"}))["items"] == []


def test_the_trail_of_a_case_file_tells_who_did_what(city: City) -> None:
    client = city.client("anna")
    case_file = open_case_file(client)
    document = told(attach(city.client("km-personal"), case_file["id"]), 201)
    opening = client.get(f"{API}/documents/{document['id']}/content")

    events = told(client.get(f"{API}/audit", params={"object": case_file["id"]}))["items"]

    assert [(event["actor"], event["tag"]) for event in events] == [
        ("anna", "case_file_opened"),
        ("km-personal", "document_filed"),
        ("anna", "content_read"),
    ]
    assert [event["number"] for event in events] == sorted(event["number"] for event in events)
    assert events[-1]["details"]["request_id"] == opening.headers["x-request-id"]
    assert all(event["at"].endswith("Z") and len(event["hash"]) == 64 for event in events)


def test_the_trail_is_for_those_who_may(city: City) -> None:
    case_file = open_case_file(city.client("anna"))
    document = told(attach(city.client("anna"), case_file["id"]), 201)

    for object_id in (case_file["id"], document["id"]):
        told(city.client("dora").get(f"{API}/audit", params={"object": object_id}))
        refused(city.client("lisa").get(f"{API}/audit", params={"object": object_id}), 403)
        refused(city.client("nina").get(f"{API}/audit", params={"object": object_id}), 404)
        refused(city.client("adam").get(f"{API}/audit", params={"object": object_id}), 404)
    for object_id in ("", "x", "019aaaaa-0000-7000-8000-000000000000"):
        refused(city.client("dora").get(f"{API}/audit", params={"object": object_id}), 404)
    assert pointers(city.client("dora").get(f"{API}/audit")) == ["/object"]
    assert pointers(city.client("dora").get(f"{API}/audit", params={"object": "\x00"})) == ["/object"]


def test_operations_ask_without_a_token(city: City) -> None:
    stranger = city.client()
    open_case_file(city.client("anna"))

    assert told(stranger.get("/healthz")) == {"status": "ok"}
    ready = told(stranger.get("/readyz"))
    assert ready == {"status": "ok", "checks": {"database": "ok", "blobs": "ok", "index": "ok"}}
    metrics = stranger.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'eakte_jobs{kind="index_case_file",state="waiting"} 1' in metrics.text
    assert "eakte_jobs_failed 0" in metrics.text


def test_a_service_that_lost_its_bytes_is_not_ready(city: City) -> None:
    told(city.client().get("/readyz"))
    shutil.rmtree(city.data_dir / "blobs")

    problem = told(city.client().get("/readyz"), 503)

    assert problem["status"] == "unavailable"
    assert problem["checks"]["database"] == "ok"
    assert problem["checks"]["blobs"] != "ok"
    assert told(city.client().get("/healthz")) == {"status": "ok"}
