"""A repeated POST tells nothing of what its caller may no longer know of."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
import sqlalchemy as sa

from eakte.access_tables import AccessGrant
from eakte.clock import now
from eakte.principals import Membership, RoleHolding
from eakte.scopes import rights_changed
from tests.api.city import API, City, case_file_body, open_case_file, refused, told
from tests.api.test_idempotency import (
    BATCH,
    DOCUMENT,
    FILES,
    GRANT,
    NODES,
    REPEATABLE,
    answer,
    upload,
)

TELLS_NOTHING = {
    "/documents/{document_id}/withdraw", "/inbox/{item_id}/forward", "/inbox/{item_id}/reject",
    "/access-notices/{notice_id}/seen", "/quality-checks/{note_id}/settle",
    "/scan-mistakes/{mistake_id}/undo", "/quarantine/{entry_id}/withdraw",
    *(f"{node}/proposals/{{proposal_id}}/confirm" for node in NODES),
}  # fmt: skip
"""POSTs that answer 204."""
TELLS_ITS_CALLERS_OWN = {
    "/deputies", "/scan-batches", "/uploads", "/paper/destroyed", "/paper/returned",
    "/documents/{document_id}/scanned-by-mistake", "/inbox/{item_id}/scanned-by-mistake",
}  # fmt: skip
"""Of oneself, and of a station's own delivery; an upload is its caller's own; how many papers they named, and the
reason they gave."""


def take_every_right(city: City) -> None:
    """Everybody loses all rights, roles and units; accounts and tokens stay."""
    with city.service.database.writing() as session:
        session.exec(sa.update(AccessGrant).values(revoked_at=now()))
        session.exec(sa.delete(RoleHolding))
        session.exec(sa.delete(Membership))
        rights_changed(session)


@pytest.mark.parametrize("path", REPEATABLE)
def test_a_repeat_tells_nothing_of_what_its_caller_may_no_longer_know_of(city: City, path: str) -> None:
    post = REPEATABLE[path](city)
    client = city.client(post.caller)
    key = {b"Idempotency-Key": b"lauf-1"} | post.headers
    first = client.post(post.url, headers=key, **post.body)
    assert first.is_success, first.text
    take_every_right(city)

    repeated = client.post(post.url, headers=key, **post.body)

    if path in TELLS_NOTHING | TELLS_ITS_CALLERS_OWN:
        assert answer(repeated) == answer(first)
        assert (first.status_code == 204) == (path in TELLS_NOTHING)
    else:
        nothing = refused(client.get(f"{API}/documents/{uuid4()}"), 404)
        assert {**refused(repeated, 404), "instance": ""} == {**nothing, "instance": ""}


def test_rights_given_back_give_the_answer_back(city: City) -> None:
    client = city.client("km-personal")
    id_ = told(client.post(FILES, json=case_file_body()), 201)["id"]
    key = {"Idempotency-Key": "1"}
    first = client.post(f"{FILES}/{id_}/parties", json={"role": "Mutter", "name": "Zoë"}, headers=key)
    shield = f"{FILES}/{id_}/shield"
    told(city.client("anna").patch(f"{FILES}/{id_}", json={"responsible_unit": "PO"}, headers={"If-Match": "*"}))
    assert city.client("anna").put(shield).status_code == 204

    repeat = partial(client.post, f"{FILES}/{id_}/parties", json={"role": "Mutter", "name": "Zoë"}, headers=key)

    refused(repeat(), 404)
    assert city.client("anna").delete(shield).status_code == 204
    assert answer(repeat()) == answer(first)
    assert len(told(client.get(f"{FILES}/{id_}/parties"))["items"]) == len(case_file_body().get("parties", [])) + 1


def test_a_repeat_tells_nothing_of_what_was_withdrawn(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}/documents"
    key = {"Idempotency-Key": "1"}
    made = told(client.post(path, headers=key, **upload(DOCUMENT, b"A")), 201)
    client.post(f"{API}/documents/{made['id']}/withdraw", json={"reason": "Irrläufer"})

    refused(client.post(path, headers=key, **upload(DOCUMENT, b"A")), 404)

    assert told(client.get(path))["items"] == []


def test_who_left_the_stations_unit_is_told_nothing_of_a_delivery(city: City) -> None:
    key = {"Idempotency-Key": "1"}
    told(city.client("nina").post(f"{API}/scan-batches", headers=key, **upload(BATCH, b"A", "files")), 201)
    take_every_right(city)

    refused(city.client("nina").post(f"{API}/scan-batches", headers=key, **upload(BATCH, b"A", "files")), 404)


def test_a_preview_looks_again(city: City) -> None:
    client = city.client("anna")
    path = f"{FILES}/{open_case_file(client)['id']}/grants?preview=true"
    key = {"Idempotency-Key": "1"}
    told(client.post(path, json=GRANT, headers=key))
    take_every_right(city)

    refused(client.post(path, json=GRANT, headers=key), 404)
