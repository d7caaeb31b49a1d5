"""Around every request: an id for its answer, its audit events and the log, and a limit for all that is no file."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import TooLarge, of_error
from eakte.ids import new_id

MAX_BODY_BYTES = 8 * 1024 * 1024
"""JSON and forms are read into memory as a whole, before it is known who sends them."""

PART_TYPE = "application/offset+octet-stream"
"""A part of an upload (tus 1.0)."""

_TAKES_FILES = "takes_files"


class Envelope:
    """Wraps the whole application, also its answers to unexpected errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        body = _LimitedBody(scope, receive)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        async def send_unless_refused(message: Message) -> None:
            if not body.too_large:
                await send_with_id(message)

        try:
            if not body.is_announced_too_large():
                await self._app(scope, body.receive, send_unless_refused)
        except Exception:
            if not body.too_large:
                raise
        if body.too_large:
            refusal = TooLarge(f"Ohne Dateien sind höchstens {MAX_BODY_BYTES} Byte möglich.")
            await of_error(refusal)(scope, receive, send_with_id)


def take_files(request: Request) -> None:
    """Lift the limit: the body is about to be read as a stream, by a route that has limits of its own."""
    request.scope["state"][_TAKES_FILES] = True


class _LimitedBody:
    """Counts what comes; to the application, a body that is too large looks like a caller who went away."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.too_large = False
        self._scope, self._receive = scope, receive
        self._size_bytes = 0

    def is_announced_too_large(self) -> bool:
        """Whether it need not be read at all; a multipart body may turn out to be one of files, a part always is."""
        headers = dict(self._scope["headers"])
        announced = headers.get(b"content-length", b"")
        kind = headers.get(b"content-type", b"").lower()
        may_be_files = kind.startswith((b"multipart/", PART_TYPE.encode()))
        self.too_large = not may_be_files and announced.isdigit() and int(announced[:20]) > MAX_BODY_BYTES
        return self.too_large

    async def receive(self) -> Message:
        """The next message, unless it is one too many."""
        message = await self._receive()
        if message["type"] == "http.request" and not self._scope["state"].get(_TAKES_FILES):
            self._size_bytes += len(message.get("body", b""))
            if self._size_bytes > MAX_BODY_BYTES:
                self.too_large = True
                return {"type": "http.disconnect"}
        return message
