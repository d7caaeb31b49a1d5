"""What does not exist and what one may not know of answer alike, through every door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.api.city import API, City, attach, deliver, open_case_file, told

NOWHERE = "019aaaaa-0000-7000-8000-000000000000"
TUS = {"Tus-Resumable": "1.0.0"}
NOT_THERE = {
    "case_file_id": NOWHERE,
    "document_id": NOWHERE,
    "letter_id": NOWHERE,
    "batch_id": NOWHERE,
    "item_id": NOWHERE,
    "grant_id": NOWHERE,
    "code": "99.99",
    "page_number": "1",
    "section": "Vertrag",
    "proceeding_id": NOWHERE,
    "exclusion_id": NOWHERE,
    "proposal_id": NOWHERE,
    "deputy_id": NOWHERE,
    "notice_id": NOWHERE,
    "upload_id": NOWHERE,
    "printing_id": NOWHERE,
    "note_id": NOWHERE,
    "station_id": "nirgends",
    "entry_id": NOWHERE,
    "mistake_id": NOWHERE,
    "paper_id": NOWHERE,
    "post_id": NOWHERE,
}
BODIES: dict[str, dict[str, Any]] = {
    "parties": {"json": {"role": "Mutter", "name": "Zoë"}},
    "proceedings": {"json": {"title": "Eins"}},
    "letters": {"json": {"template": "brief"}},
    "grants": {"json": {"to": {"person": "nina"}, "rights": ["read"]}},
    "exclusions": {"json": {"person": "nina", "reason": "x"}},
    "withdraw": {"json": {"reason": "x"}},
    "release": {"json": {"reason": "x"}},
    "reject": {"json": {"reason": "x"}},
    "forward": {"json": {"unit": "PO"}},
    "quality-checks": {"json": {"result": "good"}},
    "settle": {"json": {"remark": "x"}},
    "resolve": {"json": {"pseudonym": "op-7", "reason": "x"}},
    "join": {"json": {"with": NOWHERE}},
    "split": {"json": {"at": [2]}},
    "receipt": {"json": {"channel": "fax", "reason": "x"}},
    "scanned-by-mistake": {"json": {"reason": "x"}},
    "undo": {"json": {"reason": "x"}},
    "reply": {"json": {"outcome": "answer"}},
    "paper": {"json": {"box": "K"}},
    "hand-over": {"json": {"to": "x"}},
    "documents": {
        "files": {"file": ("a.pdf", b"A")},
        "data": {"metadata": '{"title": "x", "kind": "internal"}'},
    },
    "versions": {"files": {"file": ("a.pdf", b"A")}},
}


@dataclass(frozen=True)
class Hidden:
    """Things that exist and that otto may not know of."""

    ids: dict[str, str]

    def path(self, template: str) -> str:
        return re.sub(r"{(\w+)}", lambda match: self.ids[match[1]], template)


@pytest.fixture
def hidden(city: City) -> Hidden:
    """One thing of each kind, in a case file of another department."""
    anna = city.client("anna")
    case_file = open_case_file(anna)
    document = told(attach(anna, case_file["id"], b"A"), 201)
    letter = told(anna.post(f"{API}/case-files/{case_file['id']}/letters", json={"template": "brief"}), 201)
    grant_path = f"{API}/case-files/{case_file['id']}/grants"
    grant = told(anna.post(grant_path, json={"to": {"person": "lisa"}, "rights": ["read"]}), 201)
    exclusions = f"{API}/case-files/{case_file['id']}/exclusions"
    exclusion = told(anna.post(exclusions, json={"person": "nina", "reason": "Nichte"}), 201)
    proceeding = told(anna.post(f"{API}/case-files/{case_file['id']}/proceedings", json={"title": "Eins"}), 201)
    deputy = told(anna.post(f"{API}/deputies", json={"person": "lisa", "for": "anna"}), 201)
    batch = told(deliver(city.client("scan-1"), b"garbage", b"more garbage"), 201)
    city.work_off()
    [mistaken, item] = told(anna.get(f"{API}/inbox"))["items"]
    mistake = told(anna.post(f"{API}/inbox/{mistaken['id']}/scanned-by-mistake", json={"reason": "Angebot"}))
    paper = told(anna.post(f"{API}/documents/{document['id']}/paper", json={"box": "K-1"}), 201)
    bid = {"addressee_unit": "PO", "sender": "Bau GmbH", "why": "sealed_bid"}
    post = told(anna.post(f"{API}/unscanned-post", json=bid), 201)
    held = told(anna.get(f"{API}/quarantine"))["items"]
    upload = anna.post(f"{API}/uploads", headers={**TUS, "Upload-Length": "1"}).headers["location"]
    printed = anna.post(f"{API}/cover-sheets", json={"case_file_id": case_file["id"]}).headers["location"]
    return Hidden(
        {
            "case_file_id": case_file["id"],
            "document_id": document["id"],
            "letter_id": letter["id"],
            "batch_id": batch["id"],
            "item_id": item["id"],
            "grant_id": grant["id"],
            "code": "11.20",
            "page_number": "1",
            "section": "Vertrag",
            "proceeding_id": proceeding["id"],
            "exclusion_id": exclusion["id"],
            "proposal_id": NOWHERE,
            "deputy_id": deputy["id"],
            "notice_id": NOWHERE,
            "upload_id": upload.rpartition("/")[2],
            "printing_id": printed.rpartition("/")[2],
            "note_id": told(anna.get(f"{API}/documents/{item['document_id']}/transfer-note"))["id"],
            "entry_id": held[0]["id"],
            "station_id": "scan-1",
            "mistake_id": mistake["id"],
            "paper_id": paper["id"],
            "post_id": post["id"],
        }
    )


def body_for(method: str, path: str, case_file_id: str) -> dict[str, Any]:
    """A good body, so that nothing but existence is at stake."""
    last = path.rpartition("/")[2]
    if last == "{upload_id}":
        part = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        return {"headers": TUS | part, "content": b"x"} if method == "patch" else {"headers": TUS}
    if method == "patch" and last == "{paper_id}":
        return {"json": {"box": "K"}, "headers": {"If-Match": "*"}}
    if method == "patch":
        return {"json": {"title": "Neu"}, "headers": {"If-Match": "*"}}
    if method == "delete" and last == "grants":
        return {"params": {"cause": "sharing"}}
    if method != "post":
        return {}
    if last in ("move", "file"):
        return {"json": {"case_file_id": case_file_id}}
    return BODIES.get(last, {})


def same(response: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that could betray a difference."""
    kept = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, response.content, kept


def test_every_path_with_an_id_tells_nothing(city: City, hidden: Hidden) -> None:
    otto = city.client("otto")
    own = open_case_file(otto, filing_plan="50.10", fields={})["id"]
    nothing = Hidden(NOT_THERE)
    tried = 0

    for template, methods in city.app.openapi()["paths"].items():
        if "{" not in template or "{system}" in template:
            continue
        for method in methods:
            extra = body_for(method, template, own)
            there = otto.request(method, hidden.path(template), **extra)
            not_there = otto.request(method, nothing.path(template), **extra)
            assert same(there) == same(not_there), f"{method} {template}"
            assert there.status_code == 404, f"{method} {template}: {there.text}"
            tried += 1

    assert tried > 100


def test_malformed_ids_look_the_same(city: City) -> None:
    otto = city.client("otto")
    wanted = same(otto.get(f"{API}/documents/{NOWHERE}"))

    for odd in ("x", "0", "%00", NOWHERE[:-1], "..%2f", NOWHERE + "0", "ü"):
        for kind in ("documents", "case-files", "letters", "scan-batches", "inbox", "filing-plan"):
            assert same(otto.get(f"{API}/{kind}/{odd}")) == wanted, (kind, odd)


def test_bodies_that_name_hidden_things_tell_nothing(city: City, hidden: Hidden) -> None:
    otto = city.client("otto")
    own = open_case_file(otto, filing_plan="50.10", fields={})["id"]
    document = told(attach(otto, own, b"B"), 201)["id"]
    party = told(city.client("anna").get(f"{API}/case-files/{hidden.ids['case_file_id']}"))
    assert party["parties"] == []
    added = city.client("anna").post(
        f"{API}/case-files/{hidden.ids['case_file_id']}/parties", json={"role": "x", "name": "y"}
    )
    proceeding = city.client("anna").post(
        f"{API}/case-files/{hidden.ids['case_file_id']}/proceedings", json={"title": "x"}
    )

    def move(id_: str) -> httpx.Response:
        return otto.post(f"{API}/documents/{document}/move", json={"case_file_id": id_})

    def write(id_: str) -> httpx.Response:
        return otto.post(f"{API}/case-files/{own}/letters", json={"template": "brief", "recipient": id_})

    def open_on(code: str) -> httpx.Response:
        return otto.post(f"{API}/case-files", json={"filing_plan": code, "title": "x"})

    assert same(move(hidden.ids["case_file_id"])) == same(move(NOWHERE))
    assert same(write(told(added, 201)["id"])) == same(write(NOWHERE))
    attached = [attach(otto, own, b"C", proceeding=id_) for id_ in (told(proceeding, 201)["id"], NOWHERE)]
    assert same(attached[0]) == same(attached[1])
    hidden_code, no_code = open_on("11.20"), open_on("99.99")
    assert hidden_code.status_code == no_code.status_code == 422
    assert hidden_code.text.replace("11.20", "") == no_code.text.replace("99.99", "")


def test_lists_and_searches_tell_nothing(city: City, hidden: Hidden) -> None:
    otto = city.client("otto")
    reference = told(city.client("anna").get(f"{API}/case-files/{hidden.ids['case_file_id']}"))["reference"]

    for path, query in {
        "/case-files": [{"filing_plan": "11.20"}, {"filing_plan": "99"}, {"reference": reference}, {"reference": "x"}],
        "/search": [{"q": "Größmann"}, {"q": f"az:{reference}"}, {"q": "brief"}, {"q": "gibtesnicht"}],
        "/inbox": [{"unit": "POST"}, {"unit": "XX"}],
    }.items():
        for params in query:
            assert told(otto.get(API + path, params=params)) == {"items": [], "next_cursor": None}


def test_the_trail_of_a_hidden_thing_is_the_trail_of_nothing(city: City, hidden: Hidden) -> None:
    otto = city.client("otto")
    wanted = same(otto.get(f"{API}/audit", params={"object": NOWHERE}))

    for name in ("case_file_id", "document_id", "letter_id", "batch_id", "item_id", "grant_id"):
        assert same(otto.get(f"{API}/audit", params={"object": hidden.ids[name]})) == wanted
