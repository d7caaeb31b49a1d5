"""POSTs about paper that may be repeated: receipts, mistakes, boxes, things, unscanned post, quarantine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from eakte.clock import today
from tests.api.city import API, City, deliver, open_case_file, told
from tests.api.repeatable import Repeatable
from tests.api.test_contract_paper import post_letter

REASONS: tuple[dict[str, Any], dict[str, Any]] = ({"json": {"reason": "x"}}, {"json": {"reason": "y"}})
_YESTERDAY = str(today() - timedelta(days=1))
_RECEIPTS: tuple[dict[str, Any], dict[str, Any]] = (
    {"json": {"received_on": _YESTERDAY, "reason": "x"}},
    {"json": {"received_on": _YESTERDAY, "reason": "y"}},
)


def _waiting(city: City, **metadata: Any) -> tuple[str, dict[str, Any]]:
    """A stack that waits in the inbox, and its item."""
    batch = told(deliver(city.client("scan-1"), b"garbage", **metadata), 201)
    city.work_off()
    [item] = told(city.client("anna").get(f"{API}/inbox"))["items"]
    return batch["id"], item


def _mistake(city: City) -> str:
    path = f"{API}/inbox/{_waiting(city)[1]['id']}/scanned-by-mistake"
    id_: str = told(city.client("anna").post(path, json={"reason": "x"}))["id"]
    return id_


def _answered(city: City) -> str:
    letter, sheet = post_letter(city)
    told(deliver(city.client("scan-1"), sheet), 201)
    city.work_off()
    id_: str = letter["id"]
    return id_


def _papers(city: City, done: str, **metadata: str) -> Repeatable:
    _waiting(city, box="K-1", **metadata)
    [paper] = told(city.client("nina").get(f"{API}/paper", params={"unit": "POST"}))["items"]
    if done == "returned":
        path = f"{API}/paper/{paper['id']}"
        told(city.client("nina").patch(path, json={"return_to": "Frau Muster"}, headers={"If-Match": "*"}))
    wish = {"papers": [paper["id"]]}
    other = wish | {"on": str(today())}
    return Repeatable(f"{API}/paper/{done}", {"json": wish}, {"json": other}, caller="nina")


def _placeholder(city: City) -> Repeatable:
    wish = {"title": "Modell", "thing": "1:100", "case_file_id": open_case_file(city.client("anna"))["id"]}
    return Repeatable(f"{API}/placeholders", {"json": wish}, {"json": wish | {"title": "Plan"}})


BID = {"addressee_unit": "SO", "sender": "Bau GmbH", "why": "sealed_bid"}


def _handing_over(city: City) -> Repeatable:
    post = told(city.client("nina").post(f"{API}/unscanned-post", json=BID), 201)
    path = f"{API}/unscanned-post/{post['id']}/hand-over"
    return Repeatable(path, {"json": {"to": "Otto"}}, {"json": {"to": "Anna"}}, caller="nina")


def _held(city: City, what: str) -> Repeatable:
    _waiting(city)
    caller = "adam" if what == "release" else "nina"
    [entry] = told(city.client(caller).get(f"{API}/quarantine"))["items"]
    path = f"{API}/quarantine/{entry['id']}/{what}"
    return Repeatable(path, caller=caller) if what == "retry" else Repeatable(path, *REASONS, caller=caller)


PAPER: dict[str, Callable[[City], Repeatable]] = {
    "/documents/{document_id}/receipt": lambda city: Repeatable(
        f"{API}/documents/{_waiting(city)[1]['document_id']}/receipt", *_RECEIPTS
    ),
    "/inbox/{item_id}/receipt": lambda city: Repeatable(f"{API}/inbox/{_waiting(city)[1]['id']}/receipt", *_RECEIPTS),
    "/scan-batches/{batch_id}/receipt": lambda city: Repeatable(
        f"{API}/scan-batches/{_waiting(city)[0]}/receipt", *_RECEIPTS, caller="nina"
    ),
    "/documents/{document_id}/scanned-by-mistake": lambda city: Repeatable(
        f"{API}/documents/{_waiting(city)[1]['document_id']}/scanned-by-mistake", *REASONS
    ),
    "/inbox/{item_id}/scanned-by-mistake": lambda city: Repeatable(
        f"{API}/inbox/{_waiting(city)[1]['id']}/scanned-by-mistake", *REASONS
    ),
    "/scan-batches/{batch_id}/scanned-by-mistake": lambda city: Repeatable(
        f"{API}/scan-batches/{_waiting(city)[0]}/scanned-by-mistake", *REASONS, caller="nina"
    ),
    "/scan-mistakes/{mistake_id}/undo": lambda city: Repeatable(f"{API}/scan-mistakes/{_mistake(city)}/undo", *REASONS),
    "/letters/{letter_id}/reply": lambda city: Repeatable(
        f"{API}/letters/{_answered(city)}/reply",
        {"json": {"outcome": "undeliverable"}},
        {"json": {"outcome": "answer"}},
    ),
    "/documents/{document_id}/paper": lambda city: Repeatable(
        f"{API}/documents/{_waiting(city)[1]['document_id']}/paper",
        {"json": {"box": "K-1"}},
        {"json": {"box": "K-2"}},
        caller="nina",
    ),
    "/paper/destroyed": lambda city: _papers(city, "destroyed", keep_paper_until=_YESTERDAY),
    "/paper/returned": lambda city: _papers(city, "returned"),
    "/placeholders": _placeholder,
    "/unscanned-post": lambda _: Repeatable(
        f"{API}/unscanned-post", {"json": BID}, {"json": BID | {"sender": "Tief GmbH"}}, caller="nina"
    ),
    "/unscanned-post/{post_id}/hand-over": _handing_over,
    **{f"/quarantine/{{entry_id}}/{what}": partial(_held, what=what) for what in ("retry", "release", "withdraw")},
}
