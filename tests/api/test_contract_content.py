"""Bytes on their way out: ranges, digests, names; pages, words and text."""

from __future__ import annotations

import base64
import hashlib
import io
from urllib.parse import unquote

import httpx
import pypdf
import pytest
from PIL import Image
from sqlmodel import select

from eakte.document_tables import Page
from eakte.errors import Damaged
from tests.api.city import API, City, attach, open_case_file, pointers, refused, told
from tests.api.paper import text_pdf

CONTENT = bytes(range(256)) * 40
LAST = len(CONTENT) - 1


@pytest.fixture
def path(city: City) -> str:
    """Of an attached document that cannot be read."""
    id_ = told(_attach(city, CONTENT, "Größe 1.pdf"), 201)["id"]
    return f"{API}/documents/{id_}"


def _attach(city: City, content: bytes, file_name: str = "x.pdf") -> httpx.Response:
    client = city.client("anna")
    return attach(client, open_case_file(client)["id"], content, file_name=file_name)


def test_the_whole_comes_with_digest_validator_and_name(city: City, path: str) -> None:
    response = city.client("anna").get(f"{path}/content")

    assert response.content == CONTENT
    sha256 = hashlib.sha256(CONTENT)
    assert response.headers["repr-digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    assert response.headers["etag"] == f'"{sha256.hexdigest()}"'
    assert response.headers["content-length"] == str(len(CONTENT))
    assert response.headers["accept-ranges"] == "bytes"
    assert "no-cache" in response.headers["cache-control"]
    kind, plain, extended = response.headers["content-disposition"].split("; ")
    assert (kind, plain) == ("attachment", 'filename="Gr__e 1.pdf"')
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == "Größe 1.pdf"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=100-", 100, LAST),
        ("bytes=-100", LAST - 99, LAST),
        (f"bytes=-{LAST + 100}", 0, LAST),
        (f"bytes={LAST}-", LAST, LAST),
        (f"bytes=5-{10**17}", 5, LAST),
        ("bytes=0-", 0, LAST),
    ],
)
def test_a_range_is_sent_as_asked(city: City, path: str, asked: str, first: int, last: int) -> None:
    response = city.client("anna").get(f"{path}/content", headers={"Range": asked})

    assert response.status_code == 206
    assert response.content == CONTENT[first : last + 1]
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert response.headers["content-length"] == str(last - first + 1)
    whole = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert response.headers["repr-digest"] == f"sha-256=:{whole}:"


@pytest.mark.parametrize(
    "asked", [f"bytes={LAST + 1}-", f"bytes={LAST + 1}-{LAST + 5}", "bytes=-0", f"bytes={10**17}-"]
)
def test_a_range_outside_is_refused_with_the_size(city: City, path: str, asked: str) -> None:
    response = city.client("anna").get(f"{path}/content", headers={"Range": asked})

    refused(response, 416)
    assert response.headers["content-range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=a-b", "bytes=", "x", "bytes=1" + "0" * 5000 + "-", "bytes=٣-"],
)
def test_a_range_nobody_understands_is_ignored(city: City, path: str, asked: str) -> None:
    response = city.client("anna").get(f"{path}/content", headers={b"Range": asked.encode()})

    assert (response.status_code, response.content) == (200, CONTENT)


def test_a_range_of_something_else_than_one_has_is_the_whole(city: City, path: str) -> None:
    client = city.client("anna")
    etag = client.get(f"{path}/content").headers["etag"]

    same = client.get(f"{path}/content", headers={"Range": "bytes=0-9", "If-Range": etag})
    other = client.get(f"{path}/content", headers={"Range": "bytes=0-9", "If-Range": '"x"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_what_one_has_is_not_sent_again(city: City, path: str) -> None:
    client = city.client("anna")
    etag = client.get(f"{path}/content").headers["etag"]

    for known in (etag, f'"a", {etag}', "*"):
        response = client.get(f"{path}/content", headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize("params", [{"rendition": "png"}, {"version": "0"}, {"version": "x"}])
def test_odd_parameters_are_refused(city: City, path: str, params: dict[str, str]) -> None:
    assert pointers(city.client("anna").get(f"{path}/content", params=params)) == [f"/{next(iter(params))}"]


def test_the_searchable_pdf_is_not_there_before_it_is_made(city: City, path: str) -> None:
    refused(city.client("anna").get(f"{path}/content", params={"rendition": "searchable"}), 409)
    refused(city.client("anna").get(f"{path}/pages/1/image"), 409)
    refused(city.client("anna").get(f"{path}/pages/1/words"), 409)


def test_missing_or_damaged_bytes_are_never_passed_off_as_the_document(city: City, path: str) -> None:
    client = city.client("anna")
    sha256 = told(client.get(path))["sha256"]
    blob = city.data_dir / "blobs" / sha256[:2] / sha256[2:4] / sha256
    blob.chmod(0o640)
    blob.write_bytes(CONTENT[:-1] + b"X")

    with pytest.raises(RuntimeError, match="response already started") as broken_off:
        city.client("anna", raise_errors=True).get(f"{path}/content")
    assert isinstance(broken_off.value.__cause__, Damaged)

    blob.unlink()
    problem = refused(client.get(f"{path}/content"), 500)
    assert str(city.data_dir) not in problem["detail"]


def test_a_read_document_has_text_pages_words_and_a_searchable_pdf(city: City) -> None:
    client = city.client("anna")
    original = text_pdf("Sondernutzungserlaubnis\nfür Größmann", "Zweite Seite")
    path = f"{API}/documents/{told(_attach(city, original), 201)['id']}"

    city.work_off()

    document = told(client.get(path))
    assert (document["status"], document["pages"], document["media_type"]) == ("ready", 2, "application/pdf")
    text = told(client.get(f"{path}/text"))["items"]
    assert [page["page"] for page in text] == [1, 2]
    assert "Sondernutzungserlaubnis" in text[0]["text"]

    words = told(client.get(f"{path}/pages/1/words", params={"q": "Erlaubnis"}))
    assert [word["text"] for word in words["items"] if word["hit"]] == ["Sondernutzungserlaubnis"]
    assert all(0 <= word["left"] < word["right"] <= 1 for word in words["items"])
    assert words["page"] == 1
    assert words["width_mm"] == pytest.approx(210, abs=1)

    image = client.get(f"{path}/pages/2/image")
    assert image.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(image.content)) as picture:
        assert picture.height > picture.width > 500

    searchable = client.get(f"{path}/content", params={"rendition": "searchable"})
    assert "Sondernutzungserlaubnis" in pypdf.PdfReader(io.BytesIO(searchable.content)).pages[0].extract_text()
    refused(client.get(f"{path}/content", params={"rendition": "archive"}), 409)
    city.work_off()
    archive = client.get(f"{path}/content", params={"rendition": "archive"})
    assert b"<pdfaid:part>2<" in archive.content
    thumbnail = client.get(f"{path}/pages/2/image", params={"size": "thumbnail"})
    with Image.open(io.BytesIO(thumbnail.content)) as picture:
        assert picture.size == (116, 164)
    assert pointers(client.get(f"{path}/pages/2/image", params={"size": "huge"})) == ["/size"]
    assert (document["signatures"], document["archive_problem"]) == ([], None)
    assert client.get(f"{path}/content").content == original
    for image_hash in _page_images(city):
        city.service.blobs.delete(image_hash)
    refused(client.get(f"{path}/pages/2/image"), 500)
    for page in ("3", "0", "-1", "x", str(10**30)):
        refused(client.get(f"{path}/pages/{page}/image"), 404)
        refused(client.get(f"{path}/pages/{page}/words"), 404)


def _page_images(city: City) -> list[str]:
    with city.service.database.reading() as session:
        return [str(sha256) for sha256 in session.exec(select(Page.image_sha256))]


def test_every_read_of_content_is_in_the_trail(city: City, path: str) -> None:
    reader = city.client("lisa")
    reader.get(f"{path}/content")
    reader.get(f"{path}/text")
    city.client("nina").get(f"{path}/content")

    events = told(city.client("dora").get(f"{API}/audit", params={"object": path.rpartition("/")[2]}))["items"]

    assert [(event["actor"], event["tag"]) for event in events[-3:]] == [
        ("lisa", "content_read"),
        ("lisa", "text_read"),
        ("nina", "access_denied"),
    ]
    assert {event["tag"] for event in events if event["actor"] == "nina"} == {"access_denied"}, (
        "what was refused was not read"
    )
