"""Multipart bodies read as a stream: files go straight into the blob store, never through memory or twice to disk."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header
from starlette.requests import ClientDisconnect

from api.body_intake import FILL
from api.envelope import take_files
from api.field_problems import field_problems, pointer_to
from api.problems import TooLarge, UnsupportedContent
from eakte.documents import StoredFile
from eakte.errors import FieldProblem, Invalid
from eakte.file_names import safe_file_name
from eakte.ports import BlobSink, BlobStore
from storage.blocks import Block

MAX_FIELD_BYTES = 1024 * 1024
"""All fields of a form together; only files may be larger."""

UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_EXTENDED_NAME = re.compile(rb"filename\*\s*=\s*([\w-]+)'[\w-]*'([^;\s]+)", re.IGNORECASE)

Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Form:
    """A multipart body once all its files are durable."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, StoredFile]] = field(default_factory=list)

    def files_named(self, name: str) -> list[StoredFile]:
        """The files sent under a field name, in order."""
        return [stored for given, stored in self.files if given == name]

    def content(self) -> str:
        """A text that equal forms share: fields, and hashes of files. JSON is the same however it is written."""
        hashes = [[name, stored.blob.sha256] for name, stored in self.files]
        return json.dumps([{name: _settled(text) for name, text in self.fields.items()}, hashes], sort_keys=True)

    def refuse_others(self, *names: str) -> None:
        """Insist that nothing but these parts was sent.

        Raises:
            Invalid: There is something else, which would be lost without a word.
        """
        others = [name for name in (*self.fields, *(name for name, _ in self.files)) if name not in names]
        if others:
            raise Invalid(
                "Die Anfrage enthält unbekannte Teile.",
                *(
                    FieldProblem(pointer_to(name), f"Bekannt sind hier: {', '.join(names)} (Dateien mit „filename“).")
                    for name in dict.fromkeys(others)
                ),
            )

    def metadata(self, model: type[Model]) -> Model:
        """The JSON of the field `metadata`, checked.

        Raises:
            Invalid: Missing, not JSON, or not what the call takes.
        """
        text = self.fields.get("metadata")
        if text is None:
            raise Invalid(
                "Die Angaben fehlen.", FieldProblem("/metadata", "Bitte das Feld „metadata“ mit JSON mitsenden.")
            )
        try:
            sent = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Invalid(
                "Die Angaben sind kein JSON.", FieldProblem("/metadata", "Bitte ein JSON-Objekt senden.")
            ) from error
        try:
            return model.model_validate(sent)
        except ValidationError as error:
            raise Invalid(
                "Die Angaben passen nicht zu ihrer Beschreibung.",
                *field_problems(error.errors(), "/metadata", body=sent),
            ) from error


@contextmanager
def pointing_into_metadata() -> Iterator[None]:
    """Let what is found wrong with the metadata point into the part they came in."""
    try:
        yield
    except Invalid as error:
        fields = [
            field
            if field.pointer.startswith(("/metadata", "/file"))
            else FieldProblem("/metadata" + field.pointer, field.detail)
            for field in error.fields
        ]
        raise Invalid(str(error), *fields) from error


def _settled(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


async def receive_form(request: Request, blobs: BlobStore, *, max_file_bytes: int, max_files: int) -> Form:
    """Take in a multipart body.

    Returns:
        Its fields and files; every file is durable in the blob store.

    Raises:
        UnsupportedContent: Not multipart/form-data.
        TooLarge: A file, or their number, above the limit.
        Invalid: The body ends before it is complete, or is malformed.
        Unavailable: The store cannot take the bytes.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UnsupportedContent("Bitte als multipart/form-data senden.")
    take_files(request)
    intake = _Intake(blobs, max_file_bytes, max_files)
    writing: asyncio.Future[None] | None = None
    try:
        parser = MultipartParser(options[b"boundary"], intake.callbacks())
        async for chunk in _chunks(request, parser, intake):
            parser.write(chunk)
            if intake.is_worth_writing:
                # More arrives while this is written; never more than one such portion waits in memory.
                if writing is not None:
                    await writing
                # Handed over at once; a task would only begin when nothing more arrives for a moment.
                writing = asyncio.get_running_loop().run_in_executor(None, intake.settle, intake.take())
        parser.finalize()
        if writing is not None:
            await writing
        await run_in_threadpool(intake.settle, intake.take())
        if not intake.ended:
            raise Invalid("Die Übertragung brach ab; bitte noch einmal senden.")
    except ClientDisconnect as error:
        raise Invalid("Die Übertragung brach ab; bitte noch einmal senden.") from error
    except ValueError as error:
        raise Invalid("Der multipart-Körper ist fehlerhaft; bitte noch einmal senden.") from error
    finally:
        if writing is not None:
            await asyncio.wait({writing})
        await run_in_threadpool(intake.abandon)
    return intake.form


async def _chunks(request: Request, parser: MultipartParser, intake: _Intake) -> AsyncIterator[bytes]:
    """The body, but for what went straight from the socket into the files.

    In the middle of a file the parser would only tell that all of it is file. It is left out there, until something
    comes that may be the end of the part.
    """
    fill = request.scope.get("extensions", {}).get(FILL, {}).get("fill")
    stream = request.stream()
    while True:
        if fill and intake.is_in_file and parser.state == MultipartState.PART_DATA and not parser.index:
            count = await fill(intake.room())
            if count:
                yield intake.keep(count, parser.boundary)
                continue
        try:
            yield await anext(stream)
        except StopAsyncIteration:
            return


def _file_name(disposition: bytes, options: dict[bytes, bytes]) -> str | None:
    """The name a part's file was sent under, empty when it has none; None when the part is no file.

    Some older clients know only `filename*`, which RFC 7578 (section 4.2) does not want but nobody can mistake.
    """
    extended = _EXTENDED_NAME.search(disposition)
    if extended is not None:
        charset = "latin-1" if extended[1].lower() == b"iso-8859-1" else "utf-8"
        return safe_file_name(unquote_to_bytes(extended[2]).decode(charset, "replace"))
    plain = options.get(b"filename")
    return None if plain is None else safe_file_name(plain.decode("utf-8", "replace"))


class _Intake:
    """State between the parser's callbacks and the writing thread."""

    def __init__(self, blobs: BlobStore, max_file_bytes: int, max_files: int) -> None:
        self.form = Form()
        self.is_worth_writing = False
        self.ended = False
        self._blobs = blobs
        self._max_file_bytes, self._max_files = max_file_bytes, max_files
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = b"", b""
        self._name, self._media_type = "", UNKNOWN_TYPE
        self._file_name: str | None = None
        self._field = bytearray()
        self._field_bytes = self._file_bytes = self._file_count = 0
        self._block = Block()
        self._spare: list[Block] = []
        self._actions: list[Any] = []
        self._sink: BlobSink | None = None

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_text,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_data,
            "on_part_end": self._part_ends,
            "on_end": self._body_ends,
        }

    @property
    def is_in_file(self) -> bool:
        """Whether the part whose headers came last is a file."""
        return self._file_name is not None

    def room(self) -> memoryview:
        """Where the next bytes of the file belong."""
        return self._block.room

    def keep(self, count: int, delimiter: bytes) -> bytes:
        """Keep what was put into the room as far as it is file for certain; the rest, mostly nothing, is returned."""
        plain_bytes = self._block.plain_bytes(count, delimiter)
        rest = bytes(self._block.room[plain_bytes:count])
        self._grow(plain_bytes)
        return rest

    def take(self) -> list[Any]:
        """What has come since the last call."""
        actions, self._actions = self._actions, []
        self.is_worth_writing = False
        return actions

    def settle(self, actions: list[Any]) -> None:
        """Write what has come; runs in a thread, one at a time."""
        for action in actions:
            if isinstance(action, Block):
                if self._sink is None:
                    self._sink = self._blobs.receive()
                    self._sink.__enter__()
                self._sink.write(action.content)
                action.filled = 0
                self._spare.append(action)
            else:
                name, file_name, media_type = action
                sink = self._sink or self._blobs.receive()
                if self._sink is None:
                    sink.__enter__()
                self._sink = None
                try:
                    blob = sink.commit()
                finally:
                    sink.__exit__(None, None, None)
                self.form.files.append((name, StoredFile(blob, file_name, media_type)))

    def abandon(self) -> None:
        """Throw away a file that never became complete."""
        if self._sink is not None:
            self._sink.__exit__(None, None, None)
            self._sink = None

    def _part_begins(self) -> None:
        self._headers = {}
        self._field = bytearray()
        self._file_bytes = 0

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_text(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name, self._header_value = b"", b""

    def _headers_end(self) -> None:
        # As bytes: names are UTF-8, which the parser of headers would take for Latin-1.
        disposition = self._headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        # Some clients send the JSON part as if it were a file; it is not one.
        self._file_name = None if self._name == "metadata" else _file_name(disposition, options)
        claimed = _MEDIA_TYPE.match(self._headers.get(b"content-type", b"").decode("latin-1"))
        self._media_type = UNKNOWN_TYPE if claimed is None else claimed[0][:200].lower()
        if self._file_name is not None:
            self._file_count += 1
            if self._file_count > self._max_files:
                raise TooLarge(f"Höchstens {self._max_files} Dateien je Anfrage.")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        chunk = data[start:end]
        if self._file_name is None:
            self._field += chunk
            self._field_bytes += len(chunk)
            if self._field_bytes > MAX_FIELD_BYTES:
                raise TooLarge(f"Das Feld „{self._name}“ ist zu groß.")
            return
        rest = memoryview(chunk)
        while rest:
            count = min(len(rest), len(self._block.room))
            self._block.room[:count] = rest[:count]
            rest = rest[count:]
            self._grow(count)

    def _grow(self, count: int) -> None:
        self._file_bytes += count
        if self._file_bytes > self._max_file_bytes:
            raise TooLarge(f"Eine Datei darf höchstens {self._max_file_bytes} Byte haben.")
        self._block.filled += count
        if not self._block.room:
            self._give_block()

    def _give_block(self) -> None:
        self._actions.append(self._block)
        self.is_worth_writing = True
        self._block = self._spare.pop() if self._spare else Block()

    def _part_ends(self) -> None:
        if self._file_name is None:
            if self._name in self.form.fields:
                raise Invalid(
                    "Ein Feld wurde doppelt gesendet.", FieldProblem(pointer_to(self._name), "Bitte nur einmal senden.")
                )
            try:
                self.form.fields[self._name] = self._field.decode("utf-8")
            except UnicodeDecodeError as error:
                raise Invalid(
                    "Ein Feld ist kein UTF-8-Text.", FieldProblem(pointer_to(self._name), "Bitte als UTF-8 senden.")
                ) from error
            return
        if self._block.filled:
            self._give_block()
        self._actions.append((self._name, self._file_name, self._media_type))
        self.is_worth_writing = True

    def _body_ends(self) -> None:
        self.ended = True
