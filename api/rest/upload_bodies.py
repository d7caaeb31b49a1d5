"""The body of one part of an upload, on its way to the disk; what is acknowledged is durable."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.problems import ChecksumMismatch, TooLarge
from api.rest.tus import Checksum
from eakte.errors import Invalid
from eakte.ports import Records
from eakte.resumable_uploads import Upload, advance
from storage.uploads import UploadPart

WRITTEN_BYTES = 1024 * 1024
SYNCED_BYTES = 32 * 1024 * 1024
"""After so much, what has come is made durable and noted, so that a killed server costs no more than this."""


@dataclass
class PartBody:
    """Takes a body in.

    Attributes:
        part: Cut to the upload's offset, and locked.
        offset_bytes: How much is durable and noted.
    """

    records: Records
    part: UploadPart
    upload: Upload
    checksum: Checksum | None
    lifetime: timedelta
    offset_bytes: int = field(init=False)
    _written_bytes: int = field(init=False)
    _hash: Any = field(init=False)

    def __post_init__(self) -> None:
        self.offset_bytes = self._written_bytes = self.upload.offset_bytes
        self._hash = None if self.checksum is None else self.checksum.begin()

    async def take(self, chunks: AsyncIterator[bytes]) -> Upload:
        """Take in a body to its end, or as far as it comes.

        Returns:
            The upload with its new offset, which is durable.

        Raises:
            TooLarge: More than the upload was announced to have; what was noted before stays.
            ChecksumMismatch: Nothing of this part is kept.
            Invalid: The connection broke off. What came is kept; of a part with a checksum nothing, since nobody could
            check it.
        """
        waiting = bytearray()
        try:
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= WRITTEN_BYTES:
                    await run_in_threadpool(self._write, bytes(waiting))
                    waiting.clear()
        except ClientDisconnect as error:
            if self.checksum is None:
                await run_in_threadpool(self._write, bytes(waiting))
                await run_in_threadpool(self._note)
            raise Invalid("Die Übertragung brach ab; was ankam, ist gespeichert.") from error
        await run_in_threadpool(self._write, bytes(waiting))
        return await run_in_threadpool(self._finish)

    def _write(self, chunk: bytes) -> None:
        if self._written_bytes + len(chunk) > self.upload.size_bytes:
            self.part.cut_to(self.offset_bytes)
            raise TooLarge(f"Angekündigt waren {self.upload.size_bytes} Byte; es kamen mehr.")
        self.part.write(chunk)
        self._written_bytes += len(chunk)
        if self._hash is not None:
            self._hash.update(chunk)
        elif self._written_bytes - self.offset_bytes >= SYNCED_BYTES:
            self._note()

    def _finish(self) -> Upload:
        if self.checksum is not None and not hmac.compare_digest(self._hash.digest(), self.checksum.digest):
            self.part.cut_to(self.offset_bytes)
            raise ChecksumMismatch("Die Prüfsumme stimmt nicht; bitte diesen Teil noch einmal senden.")
        return self._note()

    def _note(self) -> Upload:
        self.part.sync()
        with self.records.writing() as session:
            upload = advance(session, self.upload.id, self._written_bytes, lifetime=self.lifetime)
        self.offset_bytes = self._written_bytes
        return upload
