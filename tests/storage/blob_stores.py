"""The blob stores under test, each with the means to do it harm.

S3 joins in where `EAKTE_TEST_S3_URL` names a server: `http://ACCESS:SECRET@HOST:PORT/BUCKET`; each test works
in a bucket of its own beside that one.
"""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from minio import Minio

from eakte.ports import BlobStore
from storage.folder_blobs import FolderBlobs
from storage.s3_blobs import S3Blobs
from tests.storage import blob_processes

MIB = 1024 * 1024
UNKNOWN = hashlib.sha256(b"never stored").hexdigest()
S3_URL = os.environ.get("EAKTE_TEST_S3_URL", "")

services = pytest.mark.services
with_s3 = pytest.mark.skipif(not S3_URL, reason="EAKTE_TEST_S3_URL names no S3 server")


class Store(Protocol):
    """A blob store, and the means to do it harm."""

    address: str
    blobs: FolderBlobs | S3Blobs
    on_the_way: Path

    def overwrite(self, sha256: str, content: bytes) -> None: ...

    def lose(self, sha256: str) -> None: ...


@dataclass
class Folder:
    root: Path

    def __post_init__(self) -> None:
        self.address = f"folder:{self.root}"
        self.blobs = FolderBlobs(self.root)
        self.on_the_way = self.root / "unfinished"

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def overwrite(self, sha256: str, content: bytes) -> None:
        self.path(sha256).chmod(0o600)
        self.path(sha256).write_bytes(content)

    def lose(self, sha256: str) -> None:
        self.path(sha256).unlink()


@dataclass
class Bucket:
    url: str
    on_the_way: Path

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self.name = f"{parts.path.strip('/')}-{uuid.uuid4().hex[:12]}"
        self.address = f"s3:{parts._replace(path=f'/{self.name}').geturl()}#{self.on_the_way}"
        blobs = blob_processes.connect(self.address)
        assert isinstance(blobs, S3Blobs)
        self.blobs = blobs
        self.client = Minio(f"{parts.hostname}:{parts.port}", parts.username, parts.password, secure=False)

    def overwrite(self, sha256: str, content: bytes) -> None:
        self.client.put_object(self.name, sha256, io.BytesIO(content), len(content))

    def lose(self, sha256: str) -> None:
        self.client.remove_object(self.name, sha256)

    def versions(self) -> int:
        return sum(1 for _ in self.client.list_objects(self.name, recursive=True, include_version=True))

    def remove(self) -> None:
        for found in self.client.list_objects(self.name, recursive=True, include_version=True):
            assert found.object_name is not None
            self.client.remove_object(self.name, found.object_name, found.version_id)
        self.client.remove_bucket(self.name)


def stored(blobs: BlobStore, content: bytes) -> str:
    return blobs.put(io.BytesIO(content)).sha256


def read(blobs: BlobStore, sha256: str) -> bytes:
    with blobs.open(sha256) as stream:
        return stream.read()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "blobs")


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    bucket = Bucket(S3_URL, tmp_path / "spool")
    bucket.blobs.make_bucket()
    yield bucket
    bucket.remove()


@pytest.fixture(params=["folder", pytest.param("bucket", marks=[services, with_s3])])
def store(request: pytest.FixtureRequest) -> Store:
    backend: Store = request.getfixturevalue(request.param)
    return backend
