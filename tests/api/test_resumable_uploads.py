"""Large files in parts, as tus 1.0 has it: what is acknowledged is durable, whatever is killed or breaks off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select
from starlette.requests import ClientDisconnect

from api.envelope import MAX_BODY_BYTES
from api.rest import upload_bodies
from api.rest.tus import Checksum
from api.rest.upload_bodies import PartBody
from eakte import resumable_uploads
from eakte.clock import now
from eakte.errors import Invalid
from eakte.resumable_uploads import Upload
from storage.uploads import UploadPart
from tests.api.city import API, City, attach, deliver, open_case_file, pointers, refused, told

UPLOADS = f"{API}/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}
CONTENT = b"%PDF-1.7 ein grosses Buch"


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def begin(client: httpx.Client, size_bytes: int = len(CONTENT), **headers: str) -> str:
    """Begin an upload; returns its address."""
    said = {"filename": "Großes Buch.pdf", "filetype": "application/pdf"}
    named = {"Upload-Metadata": ",".join(f"{key} {base64_of(value.encode())}" for key, value in said.items())}
    response = client.post(UPLOADS, headers={**TUS, "Upload-Length": str(size_bytes), **named, **headers})
    assert response.status_code == 201, response.text
    assert response.headers["tus-resumable"] == "1.0.0"
    return str(response.headers["location"])


def send(client: httpx.Client, address: str, offset: int, content: bytes, **headers: str) -> httpx.Response:
    return client.patch(address, headers={**PART, "Upload-Offset": str(offset), **headers}, content=content)


def offset_of(client: httpx.Client, address: str) -> int:
    response = client.head(address, headers=TUS)
    assert response.status_code == 200
    return int(response.headers["upload-offset"])


def uploaded(client: httpx.Client, content: bytes = CONTENT) -> str:
    """A complete upload; returns its id."""
    address = begin(client, len(content))
    assert send(client, address, 0, content).status_code == 204
    return address.rpartition("/")[2]


def deliver_uploads(client: httpx.Client, *ids: str, batch_id: str = "stapel-1") -> httpx.Response:
    """Deliver uploads as a stack."""
    metadata = json.dumps({"station": "scan-1", "operator": "op-7", "batch_id": batch_id, "uploads": ids})
    return client.post(f"{API}/scan-batches", files={"metadata": (None, metadata)})


def parts_of(city: City) -> list[bytes]:
    folder = city.data_dir / "uploads"
    return [path.read_bytes() for path in folder.iterdir()] if folder.exists() else []


# -- the protocol ------------------------------------------------------------------------------------------


def test_the_server_tells_what_it_speaks_to_anybody(city: City) -> None:
    response = city.client().options(UPLOADS)

    assert response.status_code == 204
    assert response.headers["tus-version"] == "1.0.0"
    assert {"creation", "termination", "checksum", "expiration"} == set(response.headers["tus-extension"].split(","))
    assert "sha256" in response.headers["tus-checksum-algorithm"]
    assert int(response.headers["tus-max-size"]) == city.service.settings.upload.max_file_bytes


def test_a_file_comes_in_parts_and_is_delivered_as_a_stack_once(city: City) -> None:
    client = city.client("scan-1")
    address = begin(client)

    first = send(client, address, 0, CONTENT[:7])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "7")
    assert "upload-expires" in first.headers
    told_so_far = client.head(address, headers=TUS)
    assert told_so_far.headers["upload-length"] == str(len(CONTENT))
    assert told_so_far.headers["cache-control"] == "no-store"
    assert "filename" in told_so_far.headers["upload-metadata"]
    assert send(client, address, 7, CONTENT[7:]).headers["upload-offset"] == str(len(CONTENT))

    id_ = address.rpartition("/")[2]
    batch = told(deliver_uploads(client, id_), 201)
    assert [(file["file_name"], file["sha256"]) for file in batch["files"]] == [
        ("Großes Buch.pdf", hashlib.sha256(CONTENT).hexdigest())
    ]
    assert parts_of(city) == []
    assert told(deliver_uploads(client, id_), 200) == batch, "the same delivery again"
    refused(deliver_uploads(client, id_, batch_id="stapel-2"), 409)


def test_a_file_in_parts_becomes_a_document_once(city: City) -> None:
    client = city.client("km-personal")
    case_file = open_case_file(client)["id"]
    id_ = uploaded(client)

    def attached(**metadata: Any) -> httpx.Response:
        sent = json.dumps({"title": "Buch", "kind": "internal", "upload": id_, **metadata})
        return client.post(f"{API}/case-files/{case_file}/documents", files={"metadata": (None, sent)})

    document = told(attached(external_id="1"), 201)
    assert (document["sha256"], document["file_name"], document["media_type"]) == (
        hashlib.sha256(CONTENT).hexdigest(),
        "Großes Buch.pdf",
        "application/pdf",
    )
    assert told(attached(external_id="1"), 200)["id"] == document["id"]
    refused(attached(), 409)
    assert client.get(f"{API}/documents/{document['id']}/content").content == CONTENT
    assert pointers(attach(client, case_file, upload=id_)) == ["/metadata/upload"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_part_whose_checksum_is_wrong_leaves_nothing(city: City, algorithm: str) -> None:
    client = city.client("scan-1")
    address = begin(client)
    send(client, address, 0, CONTENT[:7])

    def checksum(content: bytes) -> dict[str, str]:
        return {"Upload-Checksum": f"{algorithm} {base64_of(hashlib.new(algorithm, content).digest())}"}

    wrong = send(client, address, 7, CONTENT[7:], **checksum(b"anders"))
    assert refused(wrong, 460)["title"] == "Checksum Mismatch"
    assert offset_of(client, address) == 7
    assert send(client, address, 7, CONTENT[7:], **checksum(CONTENT[7:])).status_code == 204
    assert parts_of(city) == [CONTENT]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Offset": "3"}, 409),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "viele"}, 400),
        ({"Content-Type": "application/pdf"}, 415),
        ({"Upload-Checksum": "crc32 AAAA"}, 400),
        ({"Upload-Checksum": "sha256 ?"}, 400),
    ],
)
def test_a_wrong_part_is_refused_and_leaves_nothing(city: City, headers: dict[str, str], status: int) -> None:
    client = city.client("scan-1")
    address = begin(client)

    response = client.patch(address, headers={**PART, "Upload-Offset": "0", **headers}, content=CONTENT)

    refused(response, status)
    assert response.headers["tus-resumable"] == "1.0.0"
    assert offset_of(client, address) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "1" + "0" * 17}, 413),
        ({"Upload-Length": "1", "Upload-Metadata": "filename ?"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": "x" * 5000}, 400),
        ({"Upload-Length": "1", "Tus-Resumable": "2.0.0"}, 412),
    ],
)
def test_a_wrong_beginning_is_refused(shared_city: City, headers: dict[str, str], status: int) -> None:
    refused(shared_city.client("scan-1").post(UPLOADS, headers={**TUS, **headers}), status)


def test_more_than_was_announced_is_refused(city: City) -> None:
    client = city.client("scan-1")
    address = begin(client, 10)

    refused(send(client, address, 0, b"x" * 11), 413)

    def chunks() -> Any:
        yield b"x" * 11

    refused(client.patch(address, headers={**PART, "Upload-Offset": "0"}, content=chunks()), 413)
    assert offset_of(client, address) == 0


def test_an_upload_may_be_larger_than_other_bodies_and_empty(city: City) -> None:
    client = city.client("scan-1")
    large = os.urandom(1024) * (MAX_BODY_BYTES // 1024 + 1)

    for content in (large, b""):
        batch = told(deliver_uploads(client, uploaded(client, content), batch_id=str(len(content))), 201)
        assert batch["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_an_upload_exists_for_whoever_began_it_alone(city: City) -> None:
    client = city.client("scan-1")
    address = begin(client)
    id_ = uploaded(client)

    for name in ("scan-2", "anna", "adam"):
        other = city.client(name)
        assert other.head(address, headers=TUS).status_code == 404
        refused(send(other, address, 0, CONTENT), 404)
        refused(other.delete(address, headers=TUS), 404)
    assert pointers(deliver_uploads(city.client("anna"), id_)) == ["/metadata/uploads"]
    refused(city.client().post(UPLOADS, headers={**TUS, "Upload-Length": "1"}), 401)


def test_what_is_not_complete_or_named_twice_is_not_delivered(city: City) -> None:
    client = city.client("scan-1")
    whole = uploaded(client)
    half = begin(client).rpartition("/")[2]

    for uploads in ([half], [whole, whole], ["0198c0de-0000-7000-8000-000000000000"]):
        assert pointers(deliver_uploads(client, *uploads)) == ["/metadata/uploads"]
    assert pointers(deliver(client, b"x", uploads=[whole])) == ["/metadata/uploads"]
    told(deliver_uploads(client, whole), 201)


def test_an_upload_is_given_up(city: City) -> None:
    client = city.client("scan-1")
    address = begin(client)
    send(client, address, 0, CONTENT[:7])

    assert client.delete(address, headers=TUS).status_code == 204

    assert client.head(address, headers=TUS).status_code == 404
    assert parts_of(city) == []


def test_an_upload_expires_and_is_cleared_away(city: City) -> None:
    client = city.client("scan-1")
    address = begin(client)
    send(client, address, 0, CONTENT[:7])
    with city.service.database.writing() as session:
        session.get_one(Upload, UUID(address.rpartition("/")[2])).expires_at = now() - timedelta(seconds=1)

    assert client.head(address, headers=TUS).status_code == 404
    begin(client)

    assert parts_of(city) == []
    with city.service.database.reading() as session:
        assert len(session.exec(select(Upload)).all()) == 1


def test_two_requests_do_not_append_to_one_upload_at_once(city: City) -> None:
    client = city.client("scan-1")
    address = begin(client)

    with city.service.uploads.appending(UUID(address.rpartition("/")[2])):
        refused(send(client, address, 0, CONTENT), 409)

    assert send(client, address, 0, CONTENT).status_code == 204


# -- broken off, killed ------------------------------------------------------------------------------------


class Killed(BaseException):
    """No handler of ours sees it, as none sees kill -9."""


def take(city: City, address: str, *chunks: bytes, ends: BaseException | None = None, checked: bool = False) -> None:
    """A part as a server takes it in; ends as told."""
    id_ = UUID(address.rpartition("/")[2])

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk
        if ends is not None:
            raise ends

    with city.service.database.reading() as session:
        upload = session.get_one(Upload, id_)
    checksum = Checksum("sha256", hashlib.sha256(b"".join(chunks)).digest()) if checked else None
    with city.service.uploads.appending(id_) as part:
        part.cut_to(upload.offset_bytes)
        taking = PartBody(city.service.database, part, upload, checksum, timedelta(hours=1))
        asyncio.run(_awaited(taking, body()))


async def _awaited(taking: PartBody, body: AsyncIterator[bytes]) -> None:
    await taking.take(body)


@pytest.mark.parametrize(("checked", "kept"), [(False, 7), (True, 0)])
def test_a_connection_that_breaks_off_keeps_what_came_unless_it_cannot_be_checked(
    city: City, checked: bool, kept: int
) -> None:
    client = city.client("scan-1")
    address = begin(client)

    with pytest.raises(Invalid, match="brach ab"):
        take(city, address, CONTENT[:4], CONTENT[4:7], ends=ClientDisconnect(), checked=checked)

    assert offset_of(client, address) == kept
    assert send(client, address, kept, CONTENT[kept:]).status_code == 204
    assert parts_of(city) == [CONTENT]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=8), at=st.integers(1, 25), step=st.integers(1, 6))
def test_killed_anywhere_what_was_told_is_there_and_the_rest_follows(
    city: City, sizes: list[int], at: int, step: int
) -> None:
    content = os.urandom(sum(sizes))
    client = city.client("scan-1")
    address = begin(client, len(content))
    chunks = [content[sum(sizes[:number]) : sum(sizes[: number + 1])] for number in range(len(sizes))]
    left = at

    def killing(function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            answer = function(*arguments, **options)
            left -= 1
            if left == 0:
                raise Killed
            return answer

        return watched

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(upload_bodies, "WRITTEN_BYTES", step)
        patched.setattr(upload_bodies, "SYNCED_BYTES", step)
        for name in ("write", "sync", "cut_to"):
            patched.setattr(UploadPart, name, killing(getattr(UploadPart, name)))
        patched.setattr(upload_bodies, "advance", killing(resumable_uploads.advance))
        with suppress(Killed):
            take(city, address, *chunks)

    offset = offset_of(client, address)
    if offset < len(content):
        assert send(client, address, offset, content[offset:]).status_code == 204
    batch = told(deliver_uploads(client, address.rpartition("/")[2], batch_id=address), 201)
    assert batch["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()
