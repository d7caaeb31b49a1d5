"""Large and broken uploads, against a real server: flat memory, nothing left behind, nobody held up."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from storage.folder_blobs import FolderBlobs
from tests.api.city import API, attach, case_file_body, told
from tests.api.running_service import RunningService, eventually, resident_bytes, running

MIB = 1024 * 1024
LARGE_BYTES = 200 * MIB
MEMORY_LIMIT_BYTES = 300 * MIB
BLOCK = bytes(range(256)) * 4096
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
METADATA = json.dumps({"title": "Groß", "kind": "internal"})
HEAD = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n"
)
TAIL = f'\r\n--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{METADATA}\r\n--x--\r\n'.encode()


@pytest.fixture(scope="module")
def service(city_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A server without workers: uploads alone are looked at."""
    data_dir = tmp_path_factory.mktemp("uploads") / "data"
    shutil.copytree(city_template, data_dir)
    with running(data_dir, "--no-workers") as service:
        yield service


@pytest.fixture
def client(service: RunningService) -> Iterator[httpx.Client]:
    """Somebody who may file."""
    with service.client("km-personal") as client:
        yield client


@pytest.fixture
def path(client: httpx.Client) -> str:
    """Where documents of a new case file are attached."""
    id_ = told(client.post(f"{API}/case-files", json=case_file_body()), 201)["id"]
    return f"{API}/case-files/{id_}/documents"


def unfinished(service: RunningService) -> list[Path]:
    return list((service.data_dir / "blobs" / "unfinished").iterdir())


@contextmanager
def half_an_upload(service: RunningService, client: httpx.Client, path: str, part: bytes) -> Iterator[socket.socket]:
    """A connection on which an upload of 50 MiB has begun."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['authorization']}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {50 * MIB}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(head.encode() + HEAD + part)
        yield connection


def test_a_large_file_streams_through_flat_memory(service: RunningService, client: httpx.Client, path: str) -> None:
    peak = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.05):
            peak = max(peak, resident_bytes(service.process.pid))

    def body() -> Iterator[bytes]:
        yield HEAD
        for _ in range(LARGE_BYTES // len(BLOCK)):
            yield BLOCK
        yield TAIL

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        response = client.post(path, content=body(), headers=MULTIPART)
        document = told(response, 201)
        received = hashlib.sha256()
        with client.stream("GET", f"{API}/documents/{document['id']}/content") as download:
            for chunk in download.iter_bytes(MIB):
                received.update(chunk)
    finally:
        over.set()
        watcher.join()

    assert document["size_bytes"] == LARGE_BYTES
    assert received.hexdigest() == document["sha256"]
    assert 0 < peak < MEMORY_LIMIT_BYTES, f"{peak / MIB:.0f} MiB"
    assert unfinished(service) == []


@pytest.mark.parametrize("part", [b"", b"x" * 1000, BLOCK * 5], ids=["head only", "a little", "five blocks"])
def test_a_dropped_connection_leaves_nothing(
    service: RunningService, client: httpx.Client, path: str, part: bytes
) -> None:
    stored = set(FolderBlobs(service.data_dir / "blobs").all())

    with half_an_upload(service, client, path, part):
        if len(part) > MIB:
            eventually(lambda: bool(unfinished(service)))

    eventually(lambda: unfinished(service) == [], service.log)
    assert told(client.get(path))["items"] == []
    assert set(FolderBlobs(service.data_dir / "blobs").all()) == stored
    told(attach(client, path.split("/")[-2]), 201)


def test_a_stack_whose_connection_drops_is_not_taken_over(service: RunningService) -> None:
    with service.client("scan-1") as station:
        with half_an_upload(service, station, f"{API}/scan-batches", BLOCK * 5):
            eventually(lambda: bool(unfinished(service)))
        eventually(lambda: unfinished(service) == [], service.log)

        response = station.post(
            f"{API}/scan-batches",
            files=[("files", ("a.pdf", b"x"))],
            data={"metadata": '{"station": "scan-1", "operator": "op", "batch_id": "1"}'},
        )
        told(response, 201)


def test_slow_clients_hold_nobody_up(service: RunningService, client: httpx.Client, path: str) -> None:
    other = told(client.post(f"{API}/case-files", json=case_file_body()), 201)["id"]
    slow = [half_an_upload(service, client, path, BLOCK * 2) for _ in range(60)]
    connections = [upload.__enter__() for upload in slow]
    try:
        eventually(lambda: len(unfinished(service)) == 60, service.log)
        for number in range(5):
            told(attach(client, other, b"%d" % number), 201)
            told(client.get(f"{API}/case-files/{other}"))
            for connection in connections:
                connection.sendall(b"x")
    finally:
        for upload in slow:
            upload.__exit__(None, None, None)
    eventually(lambda: unfinished(service) == [], service.log)


def test_a_refused_upload_is_answered_before_it_has_all_come(service: RunningService, path: str) -> None:
    with service.client("nina") as stranger, half_an_upload(service, stranger, path, BLOCK) as connection:
        connection.settimeout(30)
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"application/problem+json" in answer


def test_ten_uploads_at_once_arrive_whole(service: RunningService, client: httpx.Client, path: str) -> None:
    contents = [bytes([number]) * (3 * MIB + number) for number in range(10)]
    case_file_id = path.split("/")[-2]
    answers: list[dict[str, object]] = []

    def send(content: bytes) -> None:
        with service.client("km-personal") as own:
            answers.append(told(attach(own, case_file_id, content), 201))

    threads = [threading.Thread(target=send, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer["sha256"] for answer in answers} == {hashlib.sha256(content).hexdigest() for content in contents}
    assert len(told(client.get(path))["items"]) == 10


def test_a_damaged_blob_breaks_the_download_off(service: RunningService, client: httpx.Client, path: str) -> None:
    document = told(attach(client, path.split("/")[-2], BLOCK * 3 + b"damage me"), 201)
    sha256 = str(document["sha256"])
    blob = service.data_dir / "blobs" / sha256[:2] / sha256[2:4] / sha256
    blob.chmod(0o600)
    with blob.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"X")

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(f"{API}/documents/{document['id']}/content")

    told(client.get(f"{API}/documents/{document['id']}"))


def test_what_looks_like_the_end_of_a_file_stays_in_it(client: httpx.Client, path: str) -> None:
    pieces = [b"\r\n--", b"\r\n--x"[:-1], b"\r\r\n", b"\r"]
    content = b"".join(
        piece.rjust(length, b".") for piece in pieces for length in (60, 65536, MIB - 1, MIB, MIB + 1, 3 * MIB)
    )

    document = told(client.post(path, content=HEAD + content + TAIL, headers=MULTIPART), 201)

    assert document["size_bytes"] == len(content)
    assert document["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("cut_bytes", range(1, len(b"\r\n--x--\r\n") + 1))
def test_the_end_of_a_large_file_may_come_in_two_pieces(
    service: RunningService, client: httpx.Client, path: str, cut_bytes: int
) -> None:
    metadata = TAIL.index(b"--x\r\n") + len(b"--x\r\n")
    body = (
        b"--x\r\n" + TAIL[metadata:].removesuffix(b"--x--\r\n") + HEAD + BLOCK * 2 + b"y" * cut_bytes + b"\r\n--x--\r\n"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['authorization']}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.settimeout(30)
        connection.sendall(head.encode() + body[:-cut_bytes])
        threading.Event().wait(0.1)
        # The next request is sent before this one is answered, in one piece with its end.
        connection.sendall(body[-cut_bytes:] + b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answers.startswith(b"HTTP/1.1 201 ")
    assert answers.count(b"HTTP/1.1 200 ") == 1
    assert hashlib.sha256(BLOCK * 2 + b"y" * cut_bytes).hexdigest().encode() in answers


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"], ids=["endless", "complete"])
def test_a_head_that_is_too_large_is_refused(service: RunningService, end: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.settimeout(30)
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * MIB + end)
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""  # refused while it was still being sent

    assert answer.startswith(b"HTTP/1.1 400 ") or not answer
