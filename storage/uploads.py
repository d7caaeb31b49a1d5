"""The bytes of uploads in parts: a folder with one file for each, locked by whoever appends to it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from eakte.errors import Conflict, Damaged
from storage.unfinished import disk_errors

_FOLDER_MODE = 0o750


class UploadParts:
    """A folder of files on their way in; several processes may share it.

    Args:
        root: Made when it is first needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def appending(self, upload_id: UUID) -> Iterator[UploadPart]:
        """Open the file of an upload to append to it, alone.

        Raises:
            Conflict: Somebody appends to it now, such as an earlier request whose end nobody has noticed yet.
            Unavailable: The disk does not take it.
        """
        with disk_errors():
            self._root.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(self._path(upload_id), os.O_RDWR | os.O_CREAT, 0o640)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict("Zu dieser Übertragung läuft noch eine Anfrage; bitte gleich noch einmal.") from error
            yield UploadPart(descriptor, self._root)
        finally:
            os.close(descriptor)

    @contextmanager
    def reading(self, upload_id: UUID, size_bytes: int) -> Iterator[BinaryIO]:
        """Read a complete upload.

        Raises:
            Damaged: There are fewer bytes than were noted as durable.
            Unavailable: The disk does not give it.
        """
        with disk_errors():
            self._root.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(self._path(upload_id), os.O_RDONLY | os.O_CREAT, 0o640)
            stream = os.fdopen(descriptor, "rb")
        with stream:
            if os.fstat(stream.fileno()).st_size != size_bytes:
                raise Damaged("Von dieser Übertragung fehlen Bytes; bitte die Datei noch einmal übertragen.")
            yield stream

    def delete(self, upload_id: UUID) -> None:
        """Remove the bytes of an upload; silent when they are not there."""
        with disk_errors():
            self._path(upload_id).unlink(missing_ok=True)

    def _path(self, upload_id: UUID) -> Path:
        return self._root / f"{upload_id}.part"


class UploadPart:
    """The open file of an upload; each method raises Unavailable when the disk does not do it."""

    def __init__(self, descriptor: int, folder: Path) -> None:
        self._descriptor, self._folder = descriptor, folder

    def cut_to(self, size_bytes: int) -> None:
        """Forget what was written beyond a size, and go on writing there.

        Raises:
            Damaged: There is less than that.
        """
        with disk_errors():
            if os.fstat(self._descriptor).st_size < size_bytes:
                raise Damaged("Von dieser Übertragung fehlen Bytes; bitte die Datei noch einmal übertragen.")
            os.ftruncate(self._descriptor, size_bytes)
            os.lseek(self._descriptor, size_bytes, os.SEEK_SET)

    def write(self, chunk: bytes) -> None:
        """Append a chunk, all of it."""
        rest = memoryview(chunk)
        with disk_errors():
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        """Make durable what was written, and that there is such a file."""
        with disk_errors():
            os.fsync(self._descriptor)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
