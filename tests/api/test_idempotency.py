"""Every POST may be repeated: the same key and content get the same answer and do nothing again."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest

from eakte.checking import count_events
from eakte.filing_plan_tables import FilingPlanEntry
from tests.api.city import API, City, attach, case_file_body, deliver, open_case_file, refused, told
from tests.api.paper import text_pdf
from tests.api.repeatable import Repeatable
from tests.api.repeatable_paper import PAPER

FILES = f"{API}/case-files"


def _document(city: City) -> str:
    client = city.client("anna")
    id_: str = told(attach(client, open_case_file(client)["id"]), 201)["id"]
    return id_


def _letter(city: City, *actions: str) -> str:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}/letters"
    letter = told(client.post(path, json={"template": "brief"}), 201)
    for action in actions:
        told(client.post(f"{API}/letters/{letter['id']}/{action}"))
    return f"{API}/letters/{letter['id']}"


def _item(city: City) -> str:
    told(deliver(city.client("scan-1"), b"garbage"), 201)
    city.work_off()
    [item] = told(city.client("anna").get(f"{API}/inbox"))["items"]
    return f"{API}/inbox/{item['id']}"


def _product(city: City) -> str:
    """A scanned document."""
    return f"{API}/documents/{told(city.client('anna').get(_item(city)))['document_id']}"


def _faulty(city: City) -> str:
    """The note of a scanned document that was found at fault."""
    fault = {"result": "fault", "remark": "schief"}
    id_: str = told(city.client("anna").post(f"{_product(city)}/quality-checks", json=fault), 201)["id"]
    return id_


def _scanned(city: City) -> list[str]:
    """Two items of one stack, of two pages each."""
    told(deliver(city.client("scan-1"), text_pdf("Eins", "Zwei"), text_pdf("Drei", "Vier")), 201)
    city.work_off()
    return [item["id"] for item in told(city.client("anna").get(f"{API}/inbox"))["items"]]


def _joining(city: City) -> Repeatable:
    first, second = _scanned(city)
    path = f"{API}/inbox/{second}/join"
    return Repeatable(path, {"json": {"with": first}}, {"json": {"with": _document(city)}})


def _splitting_filed(city: City) -> Repeatable:
    item = _scanned(city)[0]
    wish = {"case_file_id": open_case_file(city.client("anna"))["id"]}
    document = told(city.client("anna").post(f"{API}/inbox/{item}/file", json=wish))["id"]
    return Repeatable(f"{API}/documents/{document}/split", {"json": {"at": [2]}}, {"json": {"at": [2, 3]}})


def upload(metadata: dict[str, Any] | None, content: bytes, name: str = "file") -> dict[str, Any]:
    data = {} if metadata is None else {"metadata": json.dumps(metadata)}
    return {"files": [(name, ("a.pdf", content, "application/pdf"))], "data": data}


DOCUMENT = {"title": "Brief", "kind": "internal"}
BATCH = {"station": "scan-1", "operator": "op", "batch_id": "1"}
GRANT = {"to": {"person": "nina"}, "rights": ["read"]}
GRANTS = {"json": GRANT}
MORE = {"json": GRANT | {"rights": ["file"]}}

EMERGENCY = {"reference": "11.20/2026/00001", "reason": "Gefahr im Verzug, sofort"}
NODES: dict[str, Callable[[City], str]] = {
    "/filing-plan/{code}": lambda _: f"{API}/filing-plan/11.20",
    "/filing-plan/{code}/sections/{section}": lambda _: f"{API}/filing-plan/11.20/sections/Vertrag",
    "/case-files/{case_file_id}": lambda city: f"{FILES}/{open_case_file(city.client('anna'))['id']}",
    "/case-files/{case_file_id}/sections/{section}": lambda city: (
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/sections/Vertrag"
    ),
    "/proceedings/{proceeding_id}": lambda city: f"{API}/proceedings/{_proceeding(city)}",
    "/documents/{document_id}": lambda city: f"{API}/documents/{_document(city)}",
}
_ABOVE = ("/filing-plan/{code}", "/case-files/{case_file_id}", "/documents/{document_id}")


def _proceeding(city: City) -> str:
    path = f"{FILES}/{open_case_file(city.client('anna'))['id']}/proceedings"
    id_: str = told(city.client("anna").post(path, json={"title": "Eins"}), 201)["id"]
    return id_


def _right(city: City, *, place: Callable[[City], str], what: str) -> Repeatable:
    """A call about rights on one kind of node."""
    node = place(city)
    if what == "grants":
        return Repeatable(f"{node}/grants", GRANTS, MORE)
    if what == "exclusions":
        wish = {"person": "nina", "reason": "Nichte"}
        return Repeatable(f"{node}/exclusions", {"json": wish}, {"json": wish | {"reason": "Neffe"}})
    _entry(city, four_eyes=["share"])
    proposal = told(city.client("anna").post(f"{node}/grants", json=GRANT), 202)
    return Repeatable(f"{node}/proposals/{proposal['id']}/confirm", caller="adam" if "plan" in node else "anni")


def _entry(city: City, **settings: object) -> None:
    with city.service.database.writing() as session:
        entry = session.get_one(FilingPlanEntry, "11.20")
        for name, value in settings.items():
            setattr(entry, name, value)


def _reference(city: City) -> str:
    _entry(city, break_glass=True)
    reference: str = open_case_file(city.client("anna"))["reference"]
    return reference


def _notice(city: City) -> str:
    told(city.client("otto").post(f"{API}/break-glass", json=EMERGENCY | {"reference": _reference(city)}), 201)
    [notice] = told(city.client("anna").get(f"{API}/access-notices"))["items"]
    id_: str = notice["id"]
    return id_


REPEATABLE: dict[str, Callable[[City], Repeatable]] = {
    "/case-files": lambda _: Repeatable(FILES, {"json": case_file_body()}, {"json": case_file_body(title="Anders")}),
    "/case-files/{case_file_id}/complete": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/complete"
    ),
    "/case-files/{case_file_id}/reopen": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/reopen"
    ),
    "/case-files/{case_file_id}/parties": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/parties",
        {"json": {"role": "Mutter", "name": "Zoë"}},
        {"json": {"role": "Mutter", "name": "Zoe"}},
    ),
    "/case-files/{case_file_id}/proceedings": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/proceedings",
        {"json": {"title": "Eins"}},
        {"json": {"title": "Zwei"}},
    ),
    "/case-files/{case_file_id}/documents": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/documents",
        upload(DOCUMENT, b"A"),
        upload(DOCUMENT, b"B"),
        caller="km-personal",
    ),
    "/case-files/{case_file_id}/letters": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/letters",
        {"json": {"template": "brief"}},
        {"json": {"template": "brief", "data": {"betreff": "x"}}},
    ),
    "/case-files/{case_file_id}/grants": lambda city: Repeatable(
        f"{FILES}/{open_case_file(city.client('anna'))['id']}/grants", GRANTS, MORE
    ),
    "/documents/{document_id}/move": lambda city: Repeatable(
        f"{API}/documents/{_document(city)}/move",
        {"json": {"case_file_id": (target := open_case_file(city.client("anna"))["id"])}},
        {"json": {"case_file_id": target, "section": "Vertrag"}},
    ),
    "/documents/{document_id}/withdraw": lambda city: Repeatable(
        f"{API}/documents/{_document(city)}/withdraw", {"json": {"reason": "x"}}, {"json": {"reason": "y"}}
    ),
    "/documents/{document_id}/versions": lambda city: Repeatable(
        f"{API}/documents/{_document(city)}/versions", upload(None, b"zwei"), upload(None, b"drei")
    ),
    "/documents/{document_id}/grants": lambda city: Repeatable(
        f"{API}/documents/{_document(city)}/grants", GRANTS, MORE
    ),
    "/filing-plan/{code}/grants": lambda _: Repeatable(f"{API}/filing-plan/11.20/grants", GRANTS, MORE),
    **{
        f"{template}/{what}": partial(_right, place=place, what=what)
        for template, place in NODES.items()
        for what in ("grants", "exclusions", "proposals/{proposal_id}/confirm")
        if (template, what) not in {(known, "grants") for known in _ABOVE}
    },
    "/deputies": lambda _: Repeatable(
        f"{API}/deputies", {"json": {"person": "otto", "for": "anna"}}, {"json": {"person": "lisa", "for": "anna"}}
    ),
    "/break-glass": lambda city: Repeatable(
        f"{API}/break-glass",
        {"json": EMERGENCY | {"reference": _reference(city)}},
        {"json": EMERGENCY | {"minutes": 5}},
    ),
    "/access-notices/{notice_id}/seen": lambda city: Repeatable(f"{API}/access-notices/{_notice(city)}/seen"),
    "/letters/{letter_id}/approve": lambda city: Repeatable(f"{_letter(city)}/approve"),
    "/letters/{letter_id}/post": lambda city: Repeatable(
        f"{_letter(city, 'approve')}/post", {}, {"json": {"posted_on": "2026-01-02"}}
    ),
    "/letters/{letter_id}/cancel": lambda city: Repeatable(f"{_letter(city)}/cancel"),
    "/uploads": lambda _: Repeatable(
        f"{API}/uploads",
        other={},
        headers={b"Tus-Resumable": b"1.0.0", b"Upload-Length": b"7"},
        other_headers={b"Tus-Resumable": b"1.0.0", b"Upload-Length": b"8"},
    ),
    "/scan-batches": lambda _: Repeatable(
        f"{API}/scan-batches", upload(BATCH, b"A", "files"), upload(BATCH, b"B", "files"), caller="scan-1"
    ),
    "/inbox/{item_id}/file": lambda city: Repeatable(
        f"{_item(city)}/file",
        {"json": {"case_file_id": (target := open_case_file(city.client("anna"))["id"])}},
        {"json": {"case_file_id": target, "title": "Anders"}},
    ),
    "/inbox/{item_id}/forward": lambda city: Repeatable(
        f"{_item(city)}/forward", {"json": {"unit": "PO"}}, {"json": {"unit": "SO"}}
    ),
    "/inbox/{item_id}/join": _joining,
    "/inbox/{item_id}/split": lambda city: Repeatable(
        f"{API}/inbox/{_scanned(city)[0]}/split", {"json": {"at": [2]}}, {"json": {"at": [2, 3]}}
    ),
    "/documents/{document_id}/split": _splitting_filed,
    "/cover-sheets": lambda city: Repeatable(
        f"{API}/cover-sheets",
        {"json": {"case_file_id": (target := open_case_file(city.client("anna"))["id"])}},
        {"json": {"case_file_id": target, "title": "Anders"}},
    ),
    "/documents/{document_id}/quality-checks": lambda city: Repeatable(
        f"{_product(city)}/quality-checks",
        {"json": {"result": "good"}},
        {"json": {"result": "fault", "remark": "schief"}},
    ),
    "/quality-checks/{note_id}/settle": lambda city: Repeatable(
        f"{API}/quality-checks/{_faulty(city)}/settle", {"json": {"remark": "x"}}, {"json": {"remark": "y"}}
    ),
    "/stations/{station_id}/operators/resolve": lambda _: Repeatable(
        f"{API}/stations/scan-1/operators/resolve",
        {"json": {"pseudonym": "otto", "reason": "x"}},
        {"json": {"pseudonym": "otto", "reason": "y"}},
        caller="adam",
    ),
    "/inbox/{item_id}/reject": lambda city: Repeatable(
        f"{_item(city)}/reject", {"json": {"reason": "x"}}, {"json": {"reason": "y"}}
    ),
    **PAPER,
}


def events(city: City) -> int:
    with city.service.database.reading() as session:
        return count_events(session)


def answer(response: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """What must be equal when a request is repeated."""
    kept = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, response.content, kept


def test_every_post_is_tried(city: City) -> None:
    posts = {path.removeprefix(API) for path, methods in city.app.openapi()["paths"].items() if "post" in methods}

    assert posts - {"/oauth/token"} == set(REPEATABLE)


@pytest.mark.parametrize("path", REPEATABLE)
def test_a_repeated_post_gets_the_same_answer_and_does_nothing(city: City, path: str) -> None:
    post = REPEATABLE[path](city)
    client = city.client(post.caller)
    key = {b"Idempotency-Key": "lauf-1 ÄÖ".encode()}

    sent, different = key | post.headers, key | (post.headers if post.other_headers is None else post.other_headers)
    first = client.post(post.url, headers=sent, **post.body)
    assert first.is_success, first.text
    before = events(city)
    repeated = [client.post(post.url, headers=sent, **post.body) for _ in range(2)]
    if post.other is None:
        other = client.post(f"{post.url}?anders=1", headers=key)
    else:
        other = client.post(post.url, headers=different, **post.other)

    assert [answer(response) for response in repeated] == [answer(first)] * 2
    refused(other, 409)
    assert events(city) == before
    assert len({response.headers["x-request-id"] for response in (first, *repeated, other)}) == 4


def test_the_same_content_may_be_written_differently(city: City) -> None:
    client = city.client("anna")
    id_ = open_case_file(client)["id"]
    key = {"Idempotency-Key": "k"}
    first = client.post(
        FILES, content='{"filing_plan":"11.20","title":"Ä","fields":{"personnel_no":"1"}}', headers=key | JSON
    )
    again = client.post(
        FILES,
        content='{ "fields": {"personnel_no": "1"}, "title": "\\u00c4", "filing_plan": "11.20" }',
        headers=key | JSON,
    )
    assert answer(again) == answer(first)

    documents = f"{FILES}/{id_}/documents"
    key = {"Idempotency-Key": "m"}
    file = {"file": ("a.pdf", b"A")}
    one = client.post(documents, files=file, data={"metadata": '{"title":"Ä","kind":"internal"}'}, headers=key)
    two = client.post(
        documents,
        files={"file": ("b.pdf", b"A")},
        data={"metadata": '{ "kind":"internal", "title":"\\u00c4"}'},
        headers=key,
    )
    assert told(one, 201) == told(two, 201)


JSON = {"Content-Type": "application/json"}


def test_a_key_belongs_to_its_caller(city: City) -> None:
    key = {"Idempotency-Key": "1"}

    mine = told(city.client("anna").post(FILES, json=case_file_body(title="Mein"), headers=key), 201)
    other = told(city.client("km-personal").post(FILES, json=case_file_body(title="Dein"), headers=key), 201)

    assert mine["id"] != other["id"]


def test_a_refused_request_does_not_use_up_its_key(city: City) -> None:
    client = city.client("anna")
    key = {"Idempotency-Key": "1"}

    refused(client.post(FILES, json=case_file_body(fields={}), headers=key), 422)
    told(client.post(FILES, json=case_file_body(), headers=key), 201)


def test_the_same_key_many_times_at_once_is_one_case_file(city: City) -> None:
    def send(_: int) -> tuple[int, bytes]:
        response = city.client("anna").post(FILES, json=case_file_body(), headers={"Idempotency-Key": "1"})
        return response.status_code, response.content

    with ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(send, range(12)))

    assert len(answers) == 1
    assert len(told(city.client("anna").get(FILES))["items"]) == 1


def test_a_repeat_is_answered_even_after_the_case_file_was_completed(city: City) -> None:
    client = city.client("anna")
    id_ = open_case_file(client)["id"]
    key = {"Idempotency-Key": "1"}
    first = attach(client, id_, b"A", headers=key)
    client.post(f"{FILES}/{id_}/complete")

    assert answer(attach(client, id_, b"A", headers=key)) == answer(first)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_impossible_key_is_refused(city: City, key: str) -> None:
    problem = refused(city.client("anna").post(FILES, json=case_file_body(), headers={"Idempotency-Key": key}), 422)

    assert "Idempotency-Key" in problem["errors"][0]["detail"]
    assert told(city.client("anna").get(FILES))["items"] == []
