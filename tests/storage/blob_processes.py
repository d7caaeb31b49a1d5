"""Child processes that store bytes, to be killed, starved and measured.

Run: `python -m tests.storage.blob_processes ACTION STORE`, STORE being `folder:PATH` or
`s3:http://ACCESS:SECRET@HOST:PORT/BUCKET#SPOOL`.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eakte.errors import Unavailable
from storage.folder_blobs import FolderBlobs
from storage.s3_blobs import S3Blobs

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGE_BYTES = 200_000_000
NOBODY = 65534


def connect(store: str) -> FolderBlobs | S3Blobs:
    """Open the store a test or a child was told of."""
    kind, _, place = store.partition(":")
    if kind == "folder":
        return FolderBlobs(Path(place))
    url = urlsplit(place)
    return S3Blobs(
        f"{url.hostname}:{url.port}",
        url.path.strip("/"),
        url.username or "",
        url.password or "",
        secure=url.scheme == "https",
        spool=Path(url.fragment),
    )


def child(action: Callable[[FolderBlobs | S3Blobs], None], store: str) -> subprocess.Popen[str]:
    """Start one of the actions below in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.blob_processes", action.__name__, store],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def stop_halfway(blobs: FolderBlobs | S3Blobs) -> None:
    """Write a part, say so, and wait to be killed."""
    sink = blobs.receive()
    sink.write(b"half" * 1_000_000)
    print("half", flush=True)
    time.sleep(60)
    sink.commit()


def store_many(blobs: FolderBlobs | S3Blobs) -> None:
    """Store one blob after the other, and name each that was acknowledged, until killed."""
    while True:
        print(blobs.put(io.BytesIO(os.urandom(150_000))).sha256, flush=True)


def store_large(blobs: FolderBlobs | S3Blobs) -> None:
    """Store and read 200 MB, and print by how many bytes the memory grew."""
    blobs.put(io.BytesIO(b"warm"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ref = blobs.put(io.BufferedReader(_Zeros(LARGE_BYTES)))
    with blobs.local_path(ref.sha256) as path:
        assert path.stat().st_size == ref.size_bytes == LARGE_BYTES
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


def store_on_a_full_disk(blobs: FolderBlobs | S3Blobs) -> None:
    """Store 4 MB where only 2 MB fit, and print what is said about it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    _print_refusal(blobs)


def store_without_permission(blobs: FolderBlobs | S3Blobs) -> None:
    """Store as somebody who may not, and print what is said about it."""
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    _print_refusal(blobs)


def _print_refusal(blobs: FolderBlobs | S3Blobs) -> None:
    try:
        blobs.put(io.BytesIO(b"much" * 1_000_000))
    except Unavailable as refusal:
        print(refusal)


class _Zeros(io.RawIOBase):
    def __init__(self, length: int) -> None:
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        window = memoryview(buffer).cast("B")[: self._left]
        window[:] = bytes(len(window))
        self._left -= len(window)
        return len(window)


ACTIONS = {
    action.__name__: action
    for action in (stop_halfway, store_many, store_large, store_on_a_full_disk, store_without_permission)
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](connect(sys.argv[2]))
