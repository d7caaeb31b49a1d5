"""Bytes in a folder of files, each named by its SHA-256: `ab/cd/abcd…`.

A blob appears in one step (written beside, synced, renamed), so that whatever has a name is whole,
at any moment of a crash. Files are read-only; what is stored again replaces an equal file and so
heals a damaged one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from eakte.errors import Unavailable
from eakte.ports import BlobRef
from storage.blob_streams import CHUNK_BYTES, check_range, is_blob_name, missing, pour, read_part, read_verified
from storage.unfinished import UnfinishedFile, disk_errors, sweep_unfinished

_UNFINISHED = "unfinished"
_READ_ONLY = 0o440
_FOLDER_MODE = 0o750


class FolderBlobs:
    """A blob store on a folder, which may be a mounted one, shared by any number of processes.

    Args:
        root: Made when missing; the rest of the folder belongs to the store.

    Raises:
        Unavailable: The folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / _UNFINISHED
        with disk_errors():
            self._unfinished.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)

    def receive(self) -> FolderSink:
        return FolderSink(self._root, UnfinishedFile(self._unfinished, durable=True))

    def put(self, content: BinaryIO) -> BlobRef:
        return pour(content, self.receive())

    def open(self, sha256: str) -> BinaryIO:
        with self._reading(sha256):
            file = _path(self._root, sha256).open("rb", buffering=0)
            return read_verified(file, os.fstat(file.fileno()).st_size, sha256, disk_errors)

    def open_range(self, sha256: str, first: int, length: int) -> BinaryIO:
        check_range(first, length)
        with self._reading(sha256):
            file = _path(self._root, sha256).open("rb", buffering=0)
            there = max(0, os.fstat(file.fileno()).st_size - first)
            file.seek(first)
            return read_part(file, min(length, there), sha256, disk_errors)

    def size(self, sha256: str) -> int:
        with self._reading(sha256):
            return _path(self._root, sha256).stat().st_size

    def exists(self, sha256: str) -> bool:
        if not is_blob_name(sha256):
            return False
        with disk_errors():
            there = _path(self._root, sha256).is_file()
        if not there:
            self._check_mounted()
        return there

    @contextmanager
    def local_path(self, sha256: str) -> Iterator[Path]:
        with self.open(sha256) as stream:
            while stream.read(CHUNK_BYTES):
                pass  # the last read raises when the bytes are damaged
        yield _path(self._root, sha256)

    def delete(self, sha256: str) -> None:
        if not self.exists(sha256):
            return
        path = _path(self._root, sha256)
        with disk_errors():
            path.unlink(missing_ok=True)
            # Destroyed must stay destroyed after a power cut.
            _sync_folder(path.parent)

    def all(self) -> Iterator[str]:
        self._check_mounted()
        with disk_errors():
            for outer in _folders(self._root):
                for inner in _folders(outer):
                    with os.scandir(inner) as entries:
                        yield from (entry.name for entry in entries if is_blob_name(entry.name))

    def sweep_unfinished(self, older_than_s: float) -> int:
        """Remove what crashed writers left behind; returns how many files."""
        return sweep_unfinished(self._unfinished, older_than_s)

    @contextmanager
    def _reading(self, sha256: str) -> Iterator[None]:
        if not is_blob_name(sha256):
            raise missing(sha256)
        with disk_errors():
            try:
                yield
            except FileNotFoundError as error:
                self._check_mounted()
                raise missing(sha256) from error

    def _check_mounted(self) -> None:
        """A folder that is gone (not mounted) must not look like one whose blobs are gone."""
        with disk_errors():
            mounted = self._unfinished.is_dir()
        if not mounted:
            raise Unavailable(
                "Der Ordner der Ablage fehlt. Bitte prüfen, ob der Datenträger eingehängt ist, "
                "und es dann erneut versuchen."
            )


class FolderSink:
    """A file on its way into the folder."""

    def __init__(self, root: Path, unfinished: UnfinishedFile) -> None:
        self._root = root
        self._unfinished = unfinished

    def write(self, chunk: bytes | memoryview) -> int:
        return self._unfinished.write(chunk)

    def commit(self) -> BlobRef:
        ref = self._unfinished.finish()
        path = _path(self._root, ref.sha256)
        with disk_errors():
            self._unfinished.path.chmod(_READ_ONLY)
            path.parent.parent.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            path.parent.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            self._unfinished.path.replace(path)
            # All three, always: another process may have made a folder and not yet synced it.
            for folder in (path.parent, path.parent.parent, self._root):
                _sync_folder(folder)
        return ref

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unfinished.discard()


def _path(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256[2:4] / sha256


def _folders(parent: Path) -> list[Path]:
    with os.scandir(parent) as entries:
        return [Path(entry.path) for entry in entries if len(entry.name) == len("ab") and entry.is_dir()]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
