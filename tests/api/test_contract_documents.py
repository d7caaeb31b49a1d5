"""Documents: attaching, changing, versions, moving, withdrawing."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.city import API, City, attach, open_case_file, pointers, refused, told

FILES = f"{API}/case-files"
DOCUMENTS = f"{API}/documents"
NOWHERE = "019aaaaa-0000-7000-8000-000000000000"


@pytest.fixture
def case_file(city: City) -> str:
    """Id of a case file."""
    id_: str = open_case_file(city.client("anna"))["id"]
    return id_


def test_an_attached_document_has_its_id_at_once(city: City, case_file: str) -> None:
    client = city.client("km-personal")
    content = b"%PDF-1.7 Entgelt"

    response = attach(
        client,
        case_file,
        content,
        file_name="Entgelt Größe.pdf",
        title="Entgelt 10/2026 – Größmann",
        kind="outgoing",
        document_date="2026-10-31",
        section="Bezüge",
        external_id="lohn/1",
    )

    document = told(response, 201)
    assert response.headers["location"] == f"{DOCUMENTS}/{document['id']}"
    assert document | {"id": "", "created_at": "", "updated_at": "", "reference": ""} == {
        "id": "",
        "case_file_id": case_file,
        "reference": "",
        "title": "Entgelt 10/2026 – Größmann",
        "kind": "outgoing",
        "section": "Bezüge",
        "proceeding": None,
        "level": "offen",
        "document_date": "2026-10-31",
        "received_on": None,
        "channel": None,
        "external_id": "lohn/1",
        "status": "received",
        "status_reason": None,
        "version": 1,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "media_type": "application/pdf",
        "file_name": "Entgelt Größe.pdf",
        "pages": None,
        "hidden_pages": [],
        "signatures": [],
        "archive_problem": None,
        "created_at": "",
        "updated_at": "",
    }
    seen = client.get(f"{DOCUMENTS}/{document['id']}")
    assert told(seen) == document
    assert seen.headers["etag"] == response.headers["etag"]


def test_an_incoming_document_was_received_today_unless_said_otherwise(city: City, case_file: str) -> None:
    client = city.client("anna")

    assert told(attach(client, case_file, kind="incoming"), 201)["received_on"] is not None
    said = attach(client, case_file, kind="incoming", received_on="2026-01-02")
    assert told(said, 201)["received_on"] == "2026-01-02"


def test_the_same_external_id_is_one_document(city: City, case_file: str) -> None:
    client = city.client("km-personal")
    other_file = open_case_file(city.client("anna"))["id"]

    first = told(attach(client, case_file, b"A", external_id="x-1"), 201)
    again = attach(client, case_file, b"A", external_id="x-1", title="Anders")
    other = attach(client, case_file, b"B", external_id="x-1")

    assert told(again, 200) == first
    refused(other, 409)
    assert told(attach(city.client("anna"), case_file, b"B", external_id="x-1"), 201)["id"] != first["id"]
    assert told(attach(client, other_file, b"B", external_id="x-1"), 201)["id"] != first["id"]


def test_twenty_at_once_attach_one_document(city: City, case_file: str) -> None:
    def send(_: int) -> int:
        return attach(city.client("km-personal"), case_file, b"A", external_id="x-1").status_code

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(send, range(20))) == [200] * 19 + [201]
    assert len(told(city.client("anna").get(f"{FILES}/{case_file}/documents"))["items"]) == 1


def test_a_repeat_is_answered_even_when_the_case_file_is_completed(city: City, case_file: str) -> None:
    client = city.client("km-personal")
    first = told(attach(client, case_file, b"A", external_id="x-1"), 201)
    city.client("anna").post(f"{FILES}/{case_file}/complete")

    assert told(attach(client, case_file, b"A", external_id="x-1"), 200)["id"] == first["id"]
    refused(attach(client, case_file, b"B", external_id="x-2"), 409)


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        pytest.param({"title": " "}, "/metadata/title", id="blank title"),
        pytest.param({"kind": "letter"}, "/metadata/kind", id="unknown kind"),
        pytest.param({"section": "Krankheit"}, "/metadata/section", id="unknown section"),
        pytest.param({"proceeding": NOWHERE}, "/metadata/proceeding", id="unknown proceeding"),
        pytest.param({"proceeding": "x"}, "/metadata/proceeding", id="proceeding no id"),
        pytest.param({"document_date": "31.10.2026"}, "/metadata/document_date", id="German date"),
        pytest.param({"external_id": ""}, "/metadata/external_id", id="empty external id"),
        pytest.param({"external_id": "x" * 201}, "/metadata/external_id", id="long external id"),
        pytest.param({"color": "red"}, "/metadata/color", id="unknown field"),
        pytest.param({"title": "\x00"}, "/metadata/title", id="null character"),
    ],
)
def test_wrong_metadata_is_named_and_nothing_is_filed(
    city: City, case_file: str, metadata: dict[str, Any], pointer: str
) -> None:
    assert pointers(attach(city.client("anna"), case_file, **metadata)) == [pointer]
    assert told(city.client("anna").get(f"{FILES}/{case_file}/documents"))["items"] == []


def test_an_empty_file_is_refused(city: City, case_file: str) -> None:
    assert pointers(attach(city.client("anna"), case_file, b"")) == ["/file"]


def test_garbage_is_quarantined_with_a_reason_and_stays_readable_as_it_came(city: City, case_file: str) -> None:
    client = city.client("anna")
    id_ = told(attach(client, case_file, b"\x00\x01 kein Dokument", file_name="x.pdf"), 201)["id"]

    city.work_off()

    document = told(client.get(f"{DOCUMENTS}/{id_}"))
    assert document["status"] == "quarantined"
    assert document["status_reason"]
    assert client.get(f"{DOCUMENTS}/{id_}/content").content == b"\x00\x01 kein Dokument"
    refused(client.get(f"{DOCUMENTS}/{id_}/content", params={"rendition": "searchable"}), 409)
    assert told(client.get(f"{DOCUMENTS}/{id_}/text"))["items"] == []


def test_documents_belong_to_a_proceeding_of_the_same_case_file(city: City, case_file: str) -> None:
    client = city.client("anna")
    other = open_case_file(client)["id"]
    own = told(client.post(f"{FILES}/{case_file}/proceedings", json={"title": "Einer"}), 201)["id"]
    foreign = told(client.post(f"{FILES}/{other}/proceedings", json={"title": "Anderer"}), 201)["id"]

    assert told(attach(client, case_file, proceeding=own), 201)["proceeding"] == own
    assert pointers(attach(client, case_file, proceeding=foreign)) == ["/metadata/proceeding"]


def test_changing_metadata_needs_the_present_etag(city: City, case_file: str) -> None:
    client = city.client("anna")
    attached = attach(client, case_file)
    path = f"{DOCUMENTS}/{told(attached, 201)['id']}"
    etag = attached.headers["etag"]

    refused(client.patch(path, json={"title": "Neu"}), 428)
    changed = client.patch(path, json={"title": "Neu", "section": "Vertrag"}, headers={"If-Match": etag})
    refused(client.patch(path, json={"title": "Zu spät"}, headers={"If-Match": etag}), 412)
    assert told(changed)["title"] == "Neu"
    assert told(client.get(path)) == told(changed)
    assert pointers(client.patch(path, json={"section": "?"}, headers={"If-Match": "*"})) == ["/section"]
    assert pointers(client.patch(path, json={"sha256": "?"}, headers={"If-Match": "*"})) == ["/sha256"]
    refused(city.client("lisa").patch(path, json={"title": "x"}, headers={"If-Match": "*"}), 403)


def test_the_etag_changes_with_the_reading_state(city: City, case_file: str) -> None:
    client = city.client("anna")
    attached = attach(client, case_file, b"Unsinn")
    path = f"{DOCUMENTS}/{told(attached, 201)['id']}"
    assert client.get(path, headers={"If-None-Match": attached.headers["etag"]}).status_code == 304

    city.work_off()

    response = client.get(path, headers={"If-None-Match": attached.headers["etag"]})
    assert told(response)["status"] == "quarantined"


def test_versions_are_added_and_the_earlier_ones_stay(city: City, case_file: str) -> None:
    client = city.client("anna")
    attached = attach(client, case_file, b"eins", file_name="a.pdf")
    path = f"{DOCUMENTS}/{told(attached, 201)['id']}"

    added = client.post(f"{path}/versions", files={"file": ("b.pdf", b"zwei", "application/pdf")})

    assert told(added, 201)["number"] == 2
    assert [row["number"] for row in told(client.get(f"{path}/versions"))["items"]] == [2, 1]
    assert told(client.get(path))["version"] == 2
    assert client.get(f"{path}/content").content == b"zwei"
    assert client.get(f"{path}/content", params={"version": 1}).content == b"eins"
    refused(client.get(f"{path}/content", params={"version": 3}), 404)
    assert pointers(client.get(f"{path}/content", params={"version": 10**30})) == ["/version"]
    assert pointers(client.post(f"{path}/versions", files={"file": ("b.pdf", b"")})) == ["/file"]
    stale = {"If-Match": attached.headers["etag"]}
    refused(client.post(f"{path}/versions", files={"file": ("c.pdf", b"drei")}, headers=stale), 412)
    refused(city.client("lisa").post(f"{path}/versions", files={"file": ("c.pdf", b"drei")}), 403)
    refused(city.client("nina").post(f"{path}/versions", files={"file": ("c.pdf", b"drei")}), 404)


def test_documents_are_listed_newest_first_page_by_page(city: City, case_file: str) -> None:
    client = city.client("anna")
    attached = [told(attach(client, case_file, title=f"D{number}"), 201)["id"] for number in range(5)]

    first = told(client.get(f"{FILES}/{case_file}/documents", params={"limit": 3}))
    rest = told(client.get(f"{FILES}/{case_file}/documents", params={"limit": 3, "cursor": first["next_cursor"]}))

    assert [item["id"] for item in first["items"] + rest["items"]] == attached[::-1]
    assert rest["next_cursor"] is None


def test_a_moved_document_is_gone_from_the_first_case_file_at_once(city: City, case_file: str) -> None:
    client = city.client("anna")
    target = open_case_file(client, title="Richtige Akte")
    id_ = told(attach(client, case_file, section="Vertrag"), 201)["id"]

    moved = told(client.post(f"{DOCUMENTS}/{id_}/move", json={"case_file_id": target["id"], "section": "Bezüge"}))

    assert (moved["case_file_id"], moved["reference"]) == (target["id"], target["reference"])
    assert moved["section"] == "Bezüge"
    assert told(client.get(f"{FILES}/{case_file}/documents"))["items"] == []
    assert [item["id"] for item in told(client.get(f"{FILES}/{target['id']}/documents"))["items"]] == [id_]
    refused(client.post(f"{DOCUMENTS}/{id_}/move", json={"case_file_id": NOWHERE}), 404)
    assert pointers(client.post(f"{DOCUMENTS}/{id_}/move", json={"case_file_id": case_file, "section": "?"})) == [
        "/section"
    ]
    refused(client.post(f"{DOCUMENTS}/{id_}/move", json={"case_file_id": case_file}, headers={"If-Match": '"x"'}), 412)


def test_nobody_moves_a_document_where_they_may_not_file(city: City, case_file: str) -> None:
    client = city.client("anna")
    foreign = open_case_file(city.client("otto"), filing_plan="50.10", fields={})
    id_ = told(attach(client, case_file), 201)["id"]

    refused(client.post(f"{DOCUMENTS}/{id_}/move", json={"case_file_id": foreign["id"]}), 404)
    assert told(client.get(f"{DOCUMENTS}/{id_}"))["case_file_id"] == case_file


def test_a_withdrawn_document_exists_for_nobody_through_any_door(city: City, case_file: str) -> None:
    client = city.client("anna")
    id_ = told(attach(client, case_file, b"A", title="Irrläufer", external_id="x-1"), 201)["id"]
    city.work_off()
    assert told(client.get(f"{API}/search", params={"q": "Irrläufer"}))["items"]
    path = f"{DOCUMENTS}/{id_}"
    assert pointers(client.post(f"{path}/withdraw", json={"reason": " "})) == ["/reason"]

    response = client.post(f"{path}/withdraw", json={"reason": "falsche Akte"})

    assert (response.status_code, response.content) == (204, b"")
    for door in ("", "/content", "/pages/1/image", "/pages/1/words", "/text", "/versions", "/grants"):
        refused(client.get(path + door), 404)
    refused(client.patch(path, json={"title": "x"}, headers={"If-Match": "*"}), 404)
    refused(client.post(f"{path}/withdraw", json={"reason": "noch einmal"}), 404)
    assert told(client.get(f"{FILES}/{case_file}/documents"))["items"] == []
    assert told(client.get(f"{API}/search", params={"q": "Irrläufer"}))["items"] == []
    refused(attach(client, case_file, b"A", external_id="x-1"), 409)


def test_who_may_only_read_changes_nothing(city: City, case_file: str) -> None:
    reader = city.client("lisa")
    id_ = told(attach(city.client("anna"), case_file), 201)["id"]

    refused(attach(reader, case_file), 403)
    refused(reader.post(f"{DOCUMENTS}/{id_}/move", json={"case_file_id": case_file}), 403)
    refused(reader.post(f"{DOCUMENTS}/{id_}/withdraw", json={"reason": "x"}), 403)
    refused(attach(city.client("nina"), case_file), 404)
