"""Multipart bodies as all kinds of clients send them, and as nobody should."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.api.city import API, City, attach, city_like, open_case_file, pointers, refused, told

METADATA = json.dumps({"title": "Brief", "kind": "internal"})
BOUNDARY = "grenze"
KIND = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture
def path(shared_city: City) -> str:
    """Where documents are attached, in a case file of this test alone."""
    return f"{API}/case-files/{open_case_file(shared_city.client('anna'))['id']}/documents"


def part(disposition: str, content: bytes, *more: str) -> bytes:
    head = "\r\n".join([f"--{BOUNDARY}", f"Content-Disposition: form-data; {disposition}", *more, "", ""])
    return head.encode() + content + b"\r\n"


FILE = part('name="file"; filename="a.pdf"', b"Inhalt")
DATA = part('name="metadata"', METADATA.encode())
END = f"--{BOUNDARY}--\r\n".encode()


def send(city: City, path: str, body: bytes, **headers: str) -> httpx.Response:
    return city.client("anna").post(path, content=body, headers=KIND | headers)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Größe.pdf", "Größe.pdf"),
        ("Gro\u0308ße.pdf", "Größe.pdf"),
        ("łódź 日本 🎉.pdf", "łódź 日本 🎉.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Änne\\Brief.pdf", "Brief.pdf"),
        ("a\x01\x7f\x85b.pdf", "ab.pdf"),
        ("rechnung\u202efdp.exe", "rechnungfdp.exe"),
        ("\u200f\u200bx.pdf", "x.pdf"),
        ("x" * 496 + ".pdf", "x" * 196 + ".pdf"),
        ("..", ""),
        (" . ", ""),
        ("<script>.pdf", "<script>.pdf"),
        ("a;b=c.pdf", "a;b=c.pdf"),
    ],
)
def test_file_names_are_kept_as_far_as_they_are_harmless(shared_city: City, path: str, given: str, kept: str) -> None:
    body = part(f'name="file"; filename="{given}"', b"Inhalt") + DATA + END

    document = told(send(shared_city, path, body), 201)

    assert document["file_name"] == kept
    content = shared_city.client("anna").get(f"{API}/documents/{document['id']}/content")
    assert content.content == b"Inhalt"
    content.headers["content-disposition"].encode("ascii")


def test_older_clients_send_names_in_the_extended_form(shared_city: City, path: str) -> None:
    body = part("name=file; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf", b"Inhalt") + DATA + END

    assert told(send(shared_city, path, body), 201)["file_name"] == "Größe.pdf"


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("image/PNG", "image/png"),
        ("text/html; charset=utf-8", "text/html"),
        ("Ünsinn/ü", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("text/html\n\tX-Injected: 1", "text/html"),
    ],
)
def test_claimed_media_types_do_no_harm(shared_city: City, path: str, claimed: str, kept: str) -> None:
    body = part('name="file"; filename="a"', b"<script>", f"Content-Type: {claimed}") + DATA + END

    response = send(shared_city, path, body)

    if response.status_code == 422:
        return
    document = told(response, 201)
    assert document["media_type"] == kept
    content = shared_city.client("anna").get(f"{API}/documents/{document['id']}/content")
    assert content.headers["content-type"].split(";")[0] == kept
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in content.headers["content-security-policy"]
    assert "x-injected" not in content.headers


def test_the_metadata_may_come_as_a_file_part_and_before_or_after_the_file(shared_city: City, path: str) -> None:
    as_file = part('name="metadata"; filename="blob"', METADATA.encode(), "Content-Type: application/json")

    for body in (as_file + FILE + END, FILE + as_file + END, DATA + FILE + END):
        assert told(send(shared_city, path, body), 201)["size_bytes"] == 6


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param(DATA + END, "/file", id="no file"),
        pytest.param(FILE + FILE + DATA + END, "/file", id="two files"),
        pytest.param(FILE + END, "/metadata", id="no metadata"),
        pytest.param(FILE + DATA + DATA + END, "/metadata", id="metadata twice"),
        pytest.param(FILE + part('name="metadata"', b"{") + END, "/metadata", id="metadata no JSON"),
        pytest.param(FILE + part('name="metadata"', b"[" * 100_000) + END, "/metadata", id="metadata deep"),
        pytest.param(FILE + part('name="metadata"', b"[]") + END, "/metadata", id="metadata a list"),
        pytest.param(FILE + part('name="metadata"', b"\xff\xfe") + END, "/metadata", id="metadata no UTF-8"),
        pytest.param(FILE + DATA + part('name="extra"', b"x") + END, "/extra", id="unknown field"),
        pytest.param(FILE + DATA + part('name="b/c"; filename="x"', b"x") + END, "/b~1c", id="unknown file"),
        pytest.param(part('name="file"', b"Inhalt") + DATA + END, "/file", id="file without a file name"),
        pytest.param(part('filename="a.pdf"', b"Inhalt") + DATA + END, "/", id="part without a name"),
    ],
)
def test_a_wrong_body_is_refused_by_the_part_at_fault(shared_city: City, path: str, body: bytes, pointer: str) -> None:
    assert pointer in pointers(send(shared_city, path, body))
    assert told(shared_city.client("anna").get(path))["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(FILE + DATA, id="no end"),
        pytest.param((FILE + DATA + END)[:-20], id="cut in the end"),
        pytest.param(FILE[:70], id="cut in the head"),
        pytest.param(b"not multipart at all", id="something else"),
        pytest.param(f"--{BOUNDARY}\r\nGarbage\r\n\r\nx\r\n".encode() + END, id="no header"),
        pytest.param(f"--{BOUNDARY}\r\n: x\r\n\r\nx\r\n".encode() + END, id="header without a name"),
        pytest.param(b"--falsch\r\n\r\n\r\n--falsch--\r\n", id="other boundary"),
        pytest.param(part("x" * 200_000, b"x") + FILE + DATA + END, id="endless header"),
    ],
)
def test_a_malformed_body_is_refused(shared_city: City, path: str, body: bytes) -> None:
    assert refused(send(shared_city, path, body), 422)["detail"]
    assert told(shared_city.client("anna").get(path))["items"] == []


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=x",
        "application/octet-stream",
        "\xfc",
    ],
)
def test_only_multipart_is_taken(shared_city: City, path: str, content_type: str | None) -> None:
    headers = {} if content_type is None else {b"Content-Type": content_type.encode("latin-1")}

    refused(shared_city.client("anna").post(path, content=FILE + DATA + END, headers=headers), 415)


@pytest.fixture
def narrow_city(city: City) -> Iterator[City]:
    """A city that takes small files only."""
    city.close()
    upload = {"max_file_bytes": 1000, "max_files": 2}
    with city_like(city.data_dir, city.data_dir.parent / "narrow", upload=upload) as narrow:
        yield narrow


def test_what_is_too_large_is_refused_and_leaves_nothing(narrow_city: City) -> None:
    client = narrow_city.client("anna")
    id_ = open_case_file(client)["id"]
    before = sorted(narrow_city.service.blobs.all())

    refused(attach(client, id_, b"x" * 1001), 413)
    refused(attach(client, id_, b"x" * 5_000_000), 413)
    three = [("file", (name, b"x")) for name in "abc"]
    refused(client.post(f"{API}/case-files/{id_}/documents", files=three, data={"metadata": METADATA}), 413)
    big_field = {"metadata": json.dumps({"title": "x" * 2_000_000, "kind": "internal"})}
    refused(client.post(f"{API}/case-files/{id_}/documents", files={"file": ("a", b"x")}, data=big_field), 413)
    many_fields = b"".join(part(f'name="f{number}"', b"x" * 1000) for number in range(1100))
    refused(client.post(f"{API}/case-files/{id_}/documents", content=many_fields + END, headers=KIND), 413)

    assert told(client.get(f"{API}/case-files/{id_}/documents"))["items"] == []
    assert list((narrow_city.data_dir / "blobs" / "unfinished").iterdir()) == []
    assert sorted(name for name in narrow_city.service.blobs.all() if name not in before) in ([], [SMALL])
    told(attach(client, id_, b"x" * 1000), 201)


SMALL = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
"""Of the small files that came before the one too many: whole blobs without a record are only a hint to `check`."""


def test_without_the_right_no_byte_is_read(city: City) -> None:
    id_ = open_case_file(city.client("anna"))["id"]
    read: list[bytes] = []

    def body() -> Iterator[bytes]:
        read.append(b"x")
        yield FILE

    for name, status in (("nina", 404), ("lisa", 403), (None, 401)):
        response = city.client(name).post(f"{API}/case-files/{id_}/documents", content=body(), headers=KIND)
        refused(response, status)
    assert list((city.data_dir / "blobs" / "unfinished").iterdir()) == []
