"""What blob stores do about damage, crashes and full disks."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
from urllib.parse import urlsplit

import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from eakte.errors import Damaged, Unavailable
from storage.folder_blobs import FolderBlobs
from tests.storage import blob_processes
from tests.storage.blob_stores import MIB, S3_URL, UNKNOWN, Bucket, Folder, Store, read, services, stored, with_s3

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
