"""One contract for all blob stores: what is stored comes back, whole, under the name of its hash."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eakte.errors import NotFound
from storage.blocks import Block
from tests.storage.blob_stores import MIB, UNKNOWN, Store, read, stored

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


@pytest.mark.parametrize("before", [b"", b"x"], ids=["to the border of a page", "between borders"])
@pytest.mark.parametrize("shift_bytes", [0, 1], ids=["from a page", "from between pages"])
@pytest.mark.parametrize("after_bytes", [0, 1, MIB, MIB + 4096, MIB + 4097])
def test_blocks_may_lie_anywhere_and_be_used_again(
    store: Store, before: bytes, shift_bytes: int, after_bytes: int
) -> None:
    content = os.urandom(MIB + after_bytes)
    block = Block()
    room = memoryview(bytearray(MIB + shift_bytes))[shift_bytes:] if shift_bytes else block.room
    with store.blobs.receive() as sink:
        sink.write(before)
        for part in (content[:MIB], bytes(reversed(content[:MIB]))):
            room[:] = part
            assert sink.write(room) == MIB
        sink.write(content[MIB:])
        ref = sink.commit()

    whole = before + content[:MIB] + bytes(reversed(content[:MIB])) + content[MIB:]
    assert ref.sha256 == hashlib.sha256(whole).hexdigest()
    assert read(store.blobs, ref.sha256) == whole


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
