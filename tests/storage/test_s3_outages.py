"""What the S3 store says when no S3 server answers; real sockets, no S3 server needed."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eakte.errors import Unavailable
from storage.s3_blobs import S3Blobs

NAME = "0" * 64


@contextmanager
def somebody_who_answers(answer: bytes | None) -> Iterator[int]:
    """Listen on a port; say this to everybody and hang up, or (None) never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            kept = []
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    break  # the test is over
                kept.append(caller)
                if answer is not None:
                    caller.recv(65536)
                    caller.sendall(answer)
                    caller.close()
            for caller in kept:
                caller.close()

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            talker.join()


def store_at(port: int, spool: Path) -> S3Blobs:
    return S3Blobs(
        f"127.0.0.1:{port}", "bucket", "access", "secret", secure=False, region="r", spool=spool, timeout_s=0.3
    )


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def assert_unavailable(blobs: S3Blobs, spool: Path) -> None:
    for attempt in (blobs.open, blobs.size, blobs.exists, blobs.delete):
        with pytest.raises(Unavailable) as caught:
            attempt(NAME)
        assert caught.value.__cause__ is not None
    with pytest.raises(Unavailable):
        blobs.put(io.BytesIO(b"letter"))
    with pytest.raises(Unavailable):
        list(blobs.all())
    with pytest.raises(Unavailable):
        blobs.make_bucket()
    with pytest.raises(Unavailable), blobs.local_path(NAME):
        pass
    assert list(spool.iterdir()) == []


# The limit is far above what is needed, and far below the minutes a forgotten time limit costs.
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="silent"),
        pytest.param(b"", id="hangs up"),
        pytest.param(b"rubbish\r\n\r\n", id="rubbish"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off", id="cut off"),
        pytest.param(
            b"HTTP/1.1 503 Slow Down\r\nRetry-After: 600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", id="busy"
        ),
        pytest.param(b"HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno", id="a proxy's page"),
    ],
)
def test_a_server_that_fails_is_unavailable(tmp_path: Path, answer: bytes | None) -> None:
    with somebody_who_answers(answer) as port:
        blobs = store_at(port, tmp_path / "spool")
        if answer is not None and answer.startswith(b"HTTP/1.1 200"):
            with blobs.open(NAME) as stream, pytest.raises(Unavailable):
                stream.read()
            with pytest.raises(Unavailable), blobs.local_path(NAME):
                pass
            assert list((tmp_path / "spool").iterdir()) == []
        else:
            assert_unavailable(blobs, tmp_path / "spool")


@pytest.mark.timeout(60)
def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    assert_unavailable(store_at(unused_port(), tmp_path / "spool"), tmp_path / "spool")
