"""Over HTTP: receipts corrected, mistakes gone through every door, paper, things, post that is not scanned."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx

from eakte.clock import today
from tests.api.city import API, City, deliver, open_case_file, pointers, refused, told
from tests.api.paper import text_pdf
from tests.api.test_contract_paper import post_letter

SATURDAY = str(today() - timedelta(days=2))
CORRECTION = {"received_on": SATURDAY, "channel": "night_letterbox", "reason": "Nachtbriefkasten"}
MISTAKE = {"reason": "Verschlossenes Angebot"}


def returned(city: City) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A letter, the stack its answer came with, and the answer."""
    letter, sheet = post_letter(city)
    batch = told(deliver(city.client("scan-1"), sheet), 201)
    city.work_off()
    answer = told(city.client("anna").get(f"{API}/letters/{letter['id']}"))["answer_document_id"]
    return letter, batch, answer


def test_a_receipt_is_corrected_and_the_letter_counts_from_the_new_day(city: City) -> None:
    letter, batch, answer = returned(city)
    anna, path = city.client("anna"), f"{API}/documents/{answer}/receipt"

    assert pointers(anna.post(path, json={"received_on": SATURDAY})) == ["/reason"]
    assert pointers(anna.post(path, json={**CORRECTION, "channel": "Taube"})) == ["/channel"]
    tomorrow = str(today() + timedelta(days=1))
    assert pointers(anna.post(path, json={**CORRECTION, "received_on": tomorrow})) == ["/received_on"]
    refused(anna.post(path, json=CORRECTION, headers={"If-Match": '"veraltet"'}), 412)
    refused(city.client("lisa").post(path, json=CORRECTION), 403)
    corrected = told(anna.post(path, json=CORRECTION))

    assert (corrected["received_on"], corrected["channel"]) == (SATURDAY, "night_letterbox")
    assert told(anna.get(f"{API}/letters/{letter['id']}"))["answered_on"] == SATURDAY
    [kept] = told(anna.get(path))["corrections"]
    assert (kept["received_on_before"], kept["channel_before"]) == (str(today()), "post")
    assert (kept["reason"], kept["corrected_by"]) == ("Nachtbriefkasten", "anna")
    by_stack = {"received_on": str(today() - timedelta(days=1)), "reason": "Nachtbriefkasten"}
    assert told(city.client("nina").post(f"{API}/scan-batches/{batch['id']}/receipt", json=by_stack)) == {
        "corrected": 0,
        "left": 1,
    }


def test_what_waits_is_corrected_and_so_is_its_whole_stack(city: City) -> None:
    batch = told(deliver(city.client("scan-1"), b"garbage", b"more"), 201)
    city.work_off()
    anna = city.client("anna")
    [item, _] = told(anna.get(f"{API}/inbox"))["items"]

    one = told(anna.post(f"{API}/inbox/{item['id']}/receipt", json=CORRECTION))
    whole = told(anna.post(f"{API}/scan-batches/{batch['id']}/receipt", json=CORRECTION))

    assert one["received_on"] == SATURDAY
    assert whole == {"corrected": 1, "left": 1}
    assert told(anna.get(f"{API}/scan-batches/{batch['id']}"))["received_on"] == SATURDAY


def test_what_was_scanned_by_mistake_is_gone_through_every_door_and_comes_back(city: City) -> None:
    letter, batch, answer = returned(city)
    anna, key = city.client("anna"), {"Idempotency-Key": "einmal"}
    case_file = letter["case_file_id"]
    doors = [
        path.replace("{document_id}", answer).replace("{page_number}", "1")
        for path, methods in city.app.openapi()["paths"].items()
        if "get" in methods and "{document_id}" in path and "{grant_id}" not in path
    ]
    doors += [f"{API}/documents/{answer}/content?version=1", f"{API}/documents/{answer}/content?rendition=searchable"]
    before = {path: anna.get(path).status_code for path in doors}
    assert set(before.values()) == {200}, before
    told(anna.post(f"{API}/documents/{answer}/receipt", json=CORRECTION, headers=key))
    [hit] = [one for one in _found(anna) if one["document_id"] == answer]
    assert hit["title"]

    mistake = told(anna.post(f"{API}/documents/{answer}/scanned-by-mistake", json=MISTAKE))

    assert {path: anna.get(path).status_code for path in doors} == dict.fromkeys(doors, 404)
    assert answer not in {one["document_id"] for one in _found(anna)}
    refused(anna.post(f"{API}/documents/{answer}/receipt", json=CORRECTION, headers=key), 404)
    listings = [f"{API}/case-files/{case_file}/documents", f"{API}/letters/{letter['id']}", f"{API}/inbox"]
    assert not [path for path in listings if answer in anna.get(path).text]
    told_of_batch = anna.get(f"{API}/scan-batches/{batch['id']}")
    [item] = told(told_of_batch)["items"]
    assert (item["outcome"], item["reason"]) == ("withdrawn", MISTAKE["reason"])
    assert not re.search(f"{answer}|{case_file}|{letter['id']}|{letter['return_code']}", told_of_batch.text)
    assert [file["file_name"] for file in told(told_of_batch)["files"]] == [""]
    city.work_off()
    assert answer not in {one["document_id"] for one in _found(anna)}

    [listed] = told(anna.get(f"{API}/scan-batches/{batch['id']}/scan-mistakes"))["items"]
    assert (listed["id"], listed["may_undo"]) == (mistake["id"], True)
    refused(city.client("lisa").post(f"{API}/scan-mistakes/{mistake['id']}/undo", json=MISTAKE), 404)
    assert anna.post(f"{API}/scan-mistakes/{mistake['id']}/undo", json={"reason": "doch"}).status_code == 204
    city.work_off()
    assert {path: anna.get(path).status_code for path in doors} == before
    assert answer in {one["document_id"] for one in _found(anna)}
    assert told(anna.get(f"{API}/letters/{letter['id']}"))["answer_document_id"] == answer

    whole = told(anna.post(f"{API}/scan-batches/{batch['id']}/scanned-by-mistake", json=MISTAKE))
    assert whole == {"documents": 1, "with_other_sheets": 0}
    refused(anna.get(f"{API}/documents/{answer}"), 404)


def test_who_knows_an_older_state_of_a_document_a_stack_or_post_is_told_so(city: City) -> None:
    _, batch, answer = returned(city)
    anna, nina = city.client("anna"), city.client("nina")
    bid = {"addressee_unit": "SO", "sender": "Bau GmbH", "why": "sealed_bid"}
    document, stack = f"{API}/documents/{answer}", f"{API}/scan-batches/{batch['id']}"
    post = f"{API}/unscanned-post/{told(nina.post(f'{API}/unscanned-post', json=bid), 201)['id']}"
    stale = {"If-Match": '"von gestern"'}
    changes: list[tuple[httpx.Client, str, str, dict[str, str]]] = [
        (anna, document, "receipt", CORRECTION),
        (anna, stack, "receipt", CORRECTION | {"channel": "counter"}),
        (nina, post, "hand-over", {"to": "Otto Öl"}),
        (anna, document, "scanned-by-mistake", MISTAKE),
    ]

    assert "etag" not in anna.get(f"{document}/receipt").headers
    for client, thing, change, body in changes:
        refused(client.post(f"{thing}/{change}", json=body, headers=stale), 412)
        fresh = {"If-Match": client.get(thing).headers["etag"]}
        assert client.post(f"{thing}/{change}", json=body, headers=fresh).is_success, change
    refused(anna.post(f"{stack}/scanned-by-mistake", json=MISTAKE, headers=stale), 412)


def test_of_a_file_withdrawn_among_others_nobody_is_told_the_name(city: City) -> None:
    told(deliver(city.client("scan-1"), text_pdf("Verschlossen"), text_pdf("Guten Tag")), 201)
    city.work_off()
    nina, protocol = city.client("nina"), f"{API}/stations/scan-1/protocol"
    [batch] = told(nina.get(f"{API}/scan-batches"))["items"]
    sealed = told(nina.get(f"{API}/scan-batches/{batch['id']}"))["items"][0]["document_id"]

    told(nina.post(f"{API}/documents/{sealed}/scanned-by-mistake", json=MISTAKE))

    names = ["", "scan-1.pdf"]
    assert [file["file_name"] for file in told(nina.get(f"{API}/scan-batches/{batch['id']}"))["files"]] == names
    assert [file["file_name"] for file in told(nina.get(protocol))["stacks"][0]["files"]] == names
    assert "scan-0.pdf" not in nina.get(protocol, params={"format": "csv"}).text


def _found(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = told(client.get(f"{API}/search", params={"q": "antwort"}))["items"]
    return items


def test_what_was_taken_for_the_answer_came_back_undelivered_and_the_other_way_round(city: City) -> None:
    letter, _, answer = returned(city)
    anna, path = city.client("anna"), f"{API}/letters/{letter['id']}/reply"

    undelivered = told(anna.post(path, json={"outcome": "undeliverable"}))
    refused(city.client("lisa").post(path, json={"outcome": "answer"}), 403)
    again = told(anna.post(path, json={"outcome": "answer"}))

    assert (undelivered["reply"], undelivered["returned_document_id"]) == ("undeliverable", answer)
    assert (undelivered["answered_on"], undelivered["answer_document_id"]) == (None, None)
    assert (again["reply"], again["answer_document_id"], again["returned_on"]) == ("answer", answer, None)


def test_paper_lies_in_a_box_until_somebody_says_that_it_is_gone(city: City) -> None:
    yesterday = str(today() - timedelta(days=1))
    told(deliver(city.client("scan-1"), b"garbage", box="K-1", keep_paper_until=yesterday), 201)
    city.work_off()
    nina, otto = city.client("nina"), city.client("otto")

    [box] = told(nina.get(f"{API}/paper-boxes", params={"unit": "POST"}))["items"]
    [paper] = told(nina.get(f"{API}/paper", params={"unit": "POST", "due": "destroy"}))["items"]
    refused(otto.get(f"{API}/paper", params={"unit": "POST"}), 404)
    path = f"{API}/paper/{paper['id']}"
    refused(nina.patch(path, json={"box": "K-2"}), 428)
    etag = nina.get(path).headers["etag"]
    moved = told(nina.patch(path, json={"return_to": "Frau Muster"}, headers={"If-Match": etag}))
    refused(nina.post(f"{API}/paper/destroyed", json={"papers": [paper["id"]]}), 409)
    undone = told(nina.patch(path, json={"return_to": None}, headers={"If-Match": "*"}))
    done = told(nina.post(f"{API}/paper/destroyed", json={"papers": [paper["id"]]}))

    assert (box["box"], box["papers"], box["destroyable"]) == ("K-1", 1, 1)
    assert (moved["box"], moved["return_to"], undone["return_to"]) == ("K-1", "Frau Muster", None)
    assert done == {"papers": 1}
    assert told(nina.get(path))["destroyed_on"] == str(today())
    [of_document] = told(nina.get(f"{API}/documents/{paper['document_id']}/paper"))["items"]
    assert of_document["done_by"] == "nina"


def test_a_thing_and_post_that_is_not_scanned(city: City) -> None:
    anna, nina = city.client("anna"), city.client("nina")
    case_file = open_case_file(anna)
    wish = {"title": "Bauplan", "thing": "Modell 1:100", "case_file_id": case_file["id"], "box": "K-7"}
    assert pointers(anna.post(f"{API}/placeholders", json={**wish, "unit": "PO"})) == ["/case_file_id"]
    refused(nina.post(f"{API}/placeholders", json=wish), 404)

    made = told(anna.post(f"{API}/placeholders", json=wish, headers={"Idempotency-Key": "einmal"}), 201)
    assert told(anna.post(f"{API}/placeholders", json=wish, headers={"Idempotency-Key": "einmal"}), 201) == made
    city.work_off()
    document = told(anna.get(f"{API}/documents/{made['document_id']}"))
    assert (document["status"], document["pages"], document["sha256"]) == ("ready", 1, made["sha256"])
    [hit] = told(anna.get(f"{API}/search", params={"q": "Modell"}))["items"]
    assert hit["document_id"] == made["document_id"]

    bid = {"addressee_unit": "SO", "sender": "Bau GmbH", "why": "sealed_bid"}
    post = told(nina.post(f"{API}/unscanned-post", json=bid), 201)
    assert told(anna.get(f"{API}/unscanned-post", params={"open": True}))["items"] == [post]
    assert told(city.client("anni").get(f"{API}/unscanned-post"))["items"] == []
    handed = told(nina.post(f"{API}/unscanned-post/{post['id']}/hand-over", json={"to": "Otto Öl"}))
    assert (handed["handed_to"], handed["handed_by"]) == ("Otto Öl", "nina")
    assert told(anna.get(f"{API}/unscanned-post", params={"open": True}))["items"] == []
