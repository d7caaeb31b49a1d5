"""How fast 50 MB files are taken in over HTTP, against `cp` with fsync of the same file on the same disk."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from api.demo import city
from api.demo.callers import token_for
from benchmarks.measures import Measure
from benchmarks.sample_city import RunningCity

LIMIT = 0.7
_BOUNDARY = "benchmark-8f14e45f"


def measure(running: RunningCity, folder: Path, *, rounds: int, size_bytes: int) -> Iterator[Measure]:
    """Attach random files to a case file; who goes first changes from round to round.

    The service runs without workers: what happens to a file afterwards is none of the upload's business.
    """
    token = token_for(running.server.address, "km-personal", city.PASSWORD)
    path = f"/api/v1/case-files/{running.open_case_file('upload')}/documents"
    original, copy = folder / "original", folder / "copy"
    copying_s: list[float] = []
    uploading_s: list[float] = []
    for number in range(rounds + 1):
        original.write_bytes(os.urandom(size_bytes))
        steps = [
            (copying_s, partial(_copy, original, copy)),
            (uploading_s, partial(_upload, running.server.address, path, token, original)),
        ]
        for times_s, step in steps if number % 2 else reversed(steps):
            os.sync()
            began = time.perf_counter()
            step()
            took_s = time.perf_counter() - began
            if number:  # the first round only warms up
                times_s.append(took_s)
        copy.unlink()
    ratio = statistics.median(copying_s) / statistics.median(uploading_s)
    detail = (
        f"medians of {rounds} × {size_bytes / 1e6:.0f} MB: upload {statistics.median(uploading_s) * 1000:.0f} ms"
        f" (fastest {min(uploading_s) * 1000:.0f}), cp {statistics.median(copying_s) * 1000:.0f} ms"
        f" (fastest {min(copying_s) * 1000:.0f})"
    )
    yield Measure("throughput of upload / cp + fsync", ratio, "×", LIMIT, at_least=True, detail=detail)


def _copy(original: Path, target: Path) -> None:
    subprocess.run(["cp", "--", original, target], check=True)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _upload(address: str, path: str, token: str, file: Path) -> None:
    """A POST as any client makes it, with little work on the client's side: the kernel sends the file."""
    metadata = json.dumps({"title": "Messung", "kind": "internal"})
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{metadata}\r\n--{_BOUNDARY}\r\n'
        'Content-Disposition: form-data; name="file"; filename="messung.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{_BOUNDARY}--\r\n".encode()
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.putrequest("POST", path)
        connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")
        connection.putheader("Content-Length", str(len(head) + file.stat().st_size + len(tail)))
        connection.endheaders(head)
        with file.open("rb") as content:
            connection.sock.sendfile(content)
        connection.send(tail)
        answer = connection.getresponse()
        if answer.status != 201:
            raise SystemExit(f"upload refused: {answer.status} {answer.read(500)!r}")
        answer.read()
    finally:
        connection.close()
