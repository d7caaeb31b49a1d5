"""One contract for all blob stores; S3 joins in where `EAKTE_TEST_S3_URL` names a server.

`http://ACCESS:SECRET@HOST:PORT/BUCKET`; each test works in a bucket of its own beside that one.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minio import Minio
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from eakte.errors import Damaged, NotFound, Unavailable
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


def stored(blobs: BlobStore, content: bytes) -> str:
    return blobs.put(io.BytesIO(content)).sha256


def read(blobs: BlobStore, sha256: str) -> bytes:
    with blobs.open(sha256) as stream:
        return stream.read()


# -- storing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size_bytes", [0, 1, 4096, MIB - 1, MIB, MIB + 1, 3 * MIB + 7, 16 * MIB, 16 * MIB + 1], ids=lambda size: f"{size} B"
)
def test_what_is_stored_comes_back_under_the_name_of_its_hash(store: Store, size_bytes: int) -> None:
    content = os.urandom(size_bytes)

    ref = store.blobs.put(io.BytesIO(content))

    assert ref.sha256 == hashlib.sha256(content).hexdigest()
    assert ref.size_bytes == size_bytes == store.blobs.size(ref.sha256)
    assert store.blobs.exists(ref.sha256)
    assert read(store.blobs, ref.sha256) == content
    with store.blobs.local_path(ref.sha256) as path:
        assert path.read_bytes() == content
    assert list(store.on_the_way.iterdir()) == []


def test_a_stream_is_stored_from_where_it_stands(store: Store) -> None:
    stream = io.BytesIO(b"skipped, kept")
    stream.seek(9)

    assert read(store.blobs, store.blobs.put(stream).sha256) == b"kept"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=3000), max_size=20), blow_up=st.sampled_from([1, 400]))
def test_chunks_may_have_any_size_and_their_buffer_may_be_used_again(
    store: Store, chunks: list[bytes], blow_up: int
) -> None:
    chunks = [chunk * blow_up for chunk in chunks]
    buffer = bytearray(3000 * blow_up)
    with store.blobs.receive() as sink:
        for chunk in chunks:
            buffer[: len(chunk)] = chunk
            assert sink.write(memoryview(buffer)[: len(chunk)]) == len(chunk)
        ref = sink.commit()

    assert read(store.blobs, ref.sha256) == b"".join(chunks)


def test_the_same_bytes_are_stored_once(store: Store) -> None:
    first = store.blobs.put(io.BytesIO(b"the same letter"))
    second = store.blobs.put(io.BytesIO(b"the same letter"))

    assert first == second
    assert list(store.blobs.all()) == [first.sha256]


def test_all_names_everything_that_is_stored(store: Store) -> None:
    names = {stored(store.blobs, f"letter {number}".encode()) for number in range(12)}

    assert set(store.blobs.all()) == names


def test_bytes_that_are_not_committed_are_thrown_away(store: Store) -> None:
    with store.blobs.receive() as sink:
        sink.write(b"never" * MIB)

    assert list(store.blobs.all()) == []
    assert list(store.on_the_way.iterdir()) == []


def test_a_sender_who_fails_halfway_leaves_nothing_behind(store: Store) -> None:
    class Dropped(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise ConnectionResetError
            return super().read(MIB)

    with pytest.raises(ConnectionResetError):
        store.blobs.put(Dropped(b"x" * 3 * MIB))

    assert list(store.blobs.all()) == []
    assert list(store.on_the_way.iterdir()) == []


def test_nothing_can_be_added_after_the_commit(store: Store) -> None:
    with store.blobs.receive() as sink:
        sink.write(b"whole")
        ref = sink.commit()
        with pytest.raises(ValueError, match="finished"):
            sink.write(b" and more")
        with pytest.raises(ValueError, match="finished"):
            sink.commit()

    assert read(store.blobs, ref.sha256) == b"whole"


def test_what_was_thrown_away_can_not_be_committed(store: Store) -> None:
    with store.blobs.receive() as sink:
        sink.write(b"thrown away")

    with pytest.raises(ValueError, match="thrown away"):
        sink.commit()
    assert list(store.blobs.all()) == []


def test_many_writers_of_the_same_bytes_do_not_disturb_each_other(store: Store) -> None:
    content = os.urandom(2 * MIB)
    start_together = threading.Barrier(6)

    def write() -> str:
        with store.blobs.receive() as sink:
            sink.write(content)
            start_together.wait()
            return sink.commit().sha256

    with ThreadPoolExecutor(6) as writers:
        names = {task.result() for task in [writers.submit(write) for _ in range(6)]}

    assert set(store.blobs.all()) == names
    assert read(store.blobs, names.pop()) == content
    assert list(store.on_the_way.iterdir()) == []


# -- reading parts -----------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), content=st.binary(max_size=5000))
def test_a_range_is_what_a_slice_would_be(store: Store, data: st.DataObject, content: bytes) -> None:
    sha256 = stored(store.blobs, content)
    first = data.draw(st.integers(0, len(content) + 10))
    length = data.draw(st.integers(0, len(content) + 10))

    with store.blobs.open_range(sha256, first, length) as part:
        assert part.read() == content[first : first + length]


@pytest.mark.parametrize(("first", "length"), [(-1, 2), (0, -1)])
def test_a_negative_range_is_refused(store: Store, first: int, length: int) -> None:
    sha256 = stored(store.blobs, b"content")

    with pytest.raises(ValueError, match="no such range"):
        store.blobs.open_range(sha256, first, length)


def test_a_stream_may_be_left_in_the_middle(store: Store) -> None:
    content = os.urandom(5 * MIB)
    sha256 = stored(store.blobs, content)

    for _ in range(3):
        with store.blobs.open(sha256) as stream:
            assert stream.read(100) == content[:100]

    assert read(store.blobs, sha256) == content


# -- what is not there -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(UNKNOWN, id="never stored"),
        pytest.param("", id="empty"),
        pytest.param("../../../etc/passwd", id="a way out"),
        pytest.param(UNKNOWN.upper(), id="upper case"),
        pytest.param(UNKNOWN + "\n", id="with a line end"),
    ],
)
def test_what_is_not_there_is_not_found(store: Store, name: str) -> None:
    assert not store.blobs.exists(name)
    store.blobs.delete(name)
    with pytest.raises(NotFound):
        store.blobs.open(name)
    with pytest.raises(NotFound):
        store.blobs.open_range(name, 0, 1)
    with pytest.raises(NotFound):
        store.blobs.open_range(name, 0, 0)
    with pytest.raises(NotFound):
        store.blobs.size(name)
    with pytest.raises(NotFound), store.blobs.local_path(name):
        pass
    assert list(store.on_the_way.iterdir()) == []


def test_what_is_deleted_is_gone_and_nothing_else(store: Store) -> None:
    gone, kept = stored(store.blobs, b"gone"), stored(store.blobs, b"kept")

    store.blobs.delete(gone)

    assert list(store.blobs.all()) == [kept]
    with pytest.raises(NotFound):
        store.blobs.open(gone)


def test_a_lost_blob_is_not_found(store: Store) -> None:
    sha256 = stored(store.blobs, b"lost")

    store.lose(sha256)

    with pytest.raises(NotFound):
        store.blobs.open(sha256)


# -- damage ------------------------------------------------------------------------------------------

CONTENT = bytes(range(256)) * 10_000
FLIPPED = CONTENT[:1_000_000] + bytes([CONTENT[1_000_000] ^ 1]) + CONTENT[1_000_001:]

damages = pytest.mark.parametrize(
    "harmed",
    [
        pytest.param(FLIPPED, id="one bit flipped"),
        pytest.param(CONTENT[:-1], id="cut short"),
        pytest.param(CONTENT + b"\0", id="something appended"),
        pytest.param(b"", id="empty"),
    ],
)


@damages
def test_damaged_bytes_are_never_read_to_the_end(store: Store, harmed: bytes) -> None:
    sha256 = stored(store.blobs, CONTENT)
    store.overwrite(sha256, harmed)

    with store.blobs.open(sha256) as stream:
        passed = io.BytesIO()
        with pytest.raises(Damaged, match=sha256):
            shutil.copyfileobj(stream, passed, 500_000)
        assert passed.tell() < max(len(harmed), 1)
        with pytest.raises(Damaged):
            stream.read(1)


def test_damage_is_told_to_who_reads_exactly_the_announced_size(store: Store) -> None:
    sha256 = stored(store.blobs, CONTENT)
    store.overwrite(sha256, FLIPPED)

    with store.blobs.open(sha256) as stream, pytest.raises(Damaged):
        stream.read(len(CONTENT))


@damages
def test_no_program_gets_a_damaged_file(store: Store, harmed: bytes) -> None:
    sha256 = stored(store.blobs, CONTENT)
    store.overwrite(sha256, harmed)

    with pytest.raises(Damaged, match=sha256), store.blobs.local_path(sha256):
        pytest.fail("a damaged file was handed out")
    assert list(store.on_the_way.iterdir()) == []


@damages
def test_storing_the_same_bytes_again_heals_the_damage(store: Store, harmed: bytes) -> None:
    sha256 = stored(store.blobs, CONTENT)
    store.overwrite(sha256, harmed)

    assert stored(store.blobs, CONTENT) == sha256

    assert read(store.blobs, sha256) == CONTENT


# -- accidents ---------------------------------------------------------------------------------------


def test_a_writer_killed_halfway_leaves_no_blob_and_its_rest_is_swept(store: Store) -> None:
    with blob_processes.child(blob_processes.stop_halfway, store.address) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        assert store.blobs.sweep_unfinished(older_than_s=0) == 0, "it is still being written"
        writer.kill()

    assert list(store.blobs.all()) == []
    assert len(list(store.on_the_way.iterdir())) == 1
    assert store.blobs.sweep_unfinished(older_than_s=3600) == 0, "too young to be called a leftover"
    assert store.blobs.sweep_unfinished(older_than_s=0) == 1
    assert list(store.on_the_way.iterdir()) == []


def test_what_was_acknowledged_survives_kill_9_at_any_moment(store: Store) -> None:
    with blob_processes.child(blob_processes.store_many, store.address) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(5)]
        time.sleep(int.from_bytes(os.urandom(1)) / 2560)  # somewhere within the next blobs
        writer.kill()
        acknowledged += writer.stdout.read().split()

    assert set(acknowledged) <= set(store.blobs.all())
    for sha256 in store.blobs.all():
        assert len(read(store.blobs, sha256)) == 150_000


def test_a_large_file_never_sits_in_memory(store: Store) -> None:
    with blob_processes.child(blob_processes.store_large, store.address) as writer:
        grown_bytes = int(writer.communicate()[0])

    # S3 holds three parts of 16 MiB, and copies of them while it sends; never the 200 MB.
    assert grown_bytes < (20 if isinstance(store.blobs, FolderBlobs) else 120) * MIB


def test_a_full_disk_is_unavailable_and_leaves_nothing_behind(store: Store) -> None:
    with blob_processes.child(blob_processes.store_on_a_full_disk, store.address) as writer:
        refusal = writer.communicate()[0]

    assert "Platz schaffen" in refusal
    assert writer.returncode == 0
    assert list(store.blobs.all()) == []
    assert list(store.on_the_way.iterdir()) == []


def test_a_folder_that_may_not_be_written_is_unavailable(store: Store) -> None:
    store.on_the_way.chmod(0o500)
    with blob_processes.child(blob_processes.store_without_permission, store.address) as writer:
        refusal = writer.communicate()[0]
    store.on_the_way.chmod(0o700)

    assert "Zugriffsrechte" in refusal
    assert list(store.blobs.all()) == []


# -- only a folder -----------------------------------------------------------------------------------


def test_stored_files_are_read_only(folder: Folder) -> None:
    sha256 = stored(folder.blobs, b"original")

    assert folder.path(sha256).stat().st_mode & 0o222 == 0


def test_a_file_in_the_way_is_unavailable_and_leaves_nothing_behind(folder: Folder) -> None:
    sha256 = hashlib.sha256(b"letter").hexdigest()
    (folder.root / sha256[:2]).write_bytes(b"not a folder")

    with pytest.raises(Unavailable) as caught:
        stored(folder.blobs, b"letter")

    assert isinstance(caught.value.__cause__, OSError)
    assert list(folder.on_the_way.iterdir()) == []


def test_a_folder_that_is_not_mounted_does_not_look_empty(folder: Folder) -> None:
    sha256 = stored(folder.blobs, b"letter")
    folder.root.rename(folder.root.with_name("unmounted"))

    for attempt in (folder.blobs.open, folder.blobs.size, folder.blobs.exists, folder.blobs.delete):
        with pytest.raises(Unavailable):
            attempt(sha256)
    with pytest.raises(Unavailable):
        list(folder.blobs.all())
    with pytest.raises(Unavailable):
        stored(folder.blobs, b"another letter")


def test_foreign_files_in_the_folder_are_not_taken_for_blobs(folder: Folder) -> None:
    sha256 = stored(folder.blobs, b"letter")
    folder.path(sha256).with_name("notes.txt").write_text("by an administrator")
    (folder.root / "lost+found").mkdir()

    assert list(folder.blobs.all()) == [sha256]
    assert folder.blobs.sweep_unfinished(older_than_s=0) == 0


# -- only a bucket -----------------------------------------------------------------------------------


@services
@with_s3
def test_deleting_destroys_every_version(bucket: Bucket) -> None:
    bucket.client.set_bucket_versioning(bucket.name, VersioningConfig(ENABLED))
    sha256 = stored(bucket.blobs, b"twice")
    stored(bucket.blobs, b"twice")
    assert bucket.versions() == 2

    bucket.blobs.delete(sha256)

    assert bucket.versions() == 0


@services
@with_s3
def test_making_the_bucket_again_changes_nothing(bucket: Bucket) -> None:
    sha256 = stored(bucket.blobs, b"letter")

    bucket.blobs.make_bucket()

    assert list(bucket.blobs.all()) == [sha256]


@services
@with_s3
@pytest.mark.parametrize("change", ["/unknown-bucket", ":wrong@"], ids=["no bucket", "wrong secret"])
def test_wrong_settings_are_unavailable_and_never_not_found(bucket: Bucket, change: str) -> None:
    parts = urlsplit(S3_URL)
    right = {"/unknown-bucket": f"/{bucket.name}", ":wrong@": f":{parts.password}@"}[change]
    blobs = blob_processes.connect(bucket.address.replace(right, change))

    for attempt in (blobs.open, blobs.size, blobs.exists, blobs.delete):
        with pytest.raises(Unavailable):
            attempt(UNKNOWN)
    with pytest.raises(Unavailable):
        list(blobs.all())
    with pytest.raises(Unavailable):
        stored(blobs, b"letter")
    assert list(bucket.on_the_way.iterdir()) == []
