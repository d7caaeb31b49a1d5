"""Bodies of uploads, received where they are needed: from the socket into the memory of whoever reads them.

The ordinary way, through the parser of HTTP and the messages of ASGI, copies a body five times in small pieces.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

FILL = "eakte.fill"
"""Extension of the ASGI scope: its `fill`, `async (room: memoryview) -> int`, puts the body's next bytes into the room.

It tells how many; fewer than there is room for only when the body ends or breaks off, and `receive` then tells which.
The beginning of a body is awaited with `receive`; after that, both serve in turn. Offered for bodies of known length.
"""

MAX_HEAD_BYTES = 64 * 1024
"""Of a request's head, or of its trailers; whoever sends more is refused."""

_INBOX_BYTES = 64 * 1024


class BodyProtocol(HttpToolsProtocol, asyncio.BufferedProtocol):
    """uvicorn's protocol, as it is until somebody has a body filled into memory.

    From then on that body no longer goes through the parser of HTTP; it is counted to its end here, and what follows
    on the connection gets a new parser. Needs asyncio's own loop: uvloop takes it for an unbuffered protocol.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._inbox = memoryview(bytearray(_INBOX_BYTES))
        self._room = self._inbox[:0]
        self._left_bytes = 0
        self._head_bytes = 0
        self._past_parser = False

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where to receive; never with room for more than the body, since the next request may follow it."""
        return self._room[: self._left_bytes] or self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        """Take note of what was received."""
        if not self._room:
            self.data_received(bytes(self._inbox[:nbytes]))
            return
        self._room = self._room[nbytes:]
        self._left_bytes -= nbytes
        if self._room and self._left_bytes:
            return
        self._room = self._inbox[:0]
        self.flow.pause_reading()
        self.cycle.message_event.set()
        if not self._left_bytes:
            self._end_body()

    def data_received(self, data: bytes) -> None:
        """Go on as uvicorn does, beside the parser where it knows nothing of the body."""
        if self._past_parser:
            self._unset_keepalive_if_required()
            body, data = data[: self._left_bytes], data[self._left_bytes :]
            self.on_body(body)
            if not self._left_bytes:
                self._end_body()
            if not data:
                return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Request head too large.")

    def on_headers_complete(self) -> None:
        """Offer to fill the body of a request."""
        super().on_headers_complete()
        self._head_bytes = self._left_bytes = 0
        headers = dict(self.headers)
        if b"content-length" in headers and b"transfer-encoding" not in headers:
            self._left_bytes = int(headers[b"content-length"])
            self.scope["extensions"] = {FILL: {"fill": partial(self._fill, self.cycle)}}

    def on_body(self, body: bytes) -> None:
        """Count the body."""
        self._head_bytes = 0
        self._left_bytes -= len(body)
        super().on_body(body)

    async def _fill(self, cycle: RequestResponseCycle, room: memoryview) -> int:
        waiting = min(len(room), len(cycle.body))
        room[:waiting] = cycle.body[:waiting]
        del cycle.body[:waiting]
        # Of a request with others in line behind it, everything is here already.
        if waiting == len(room) or cycle is not self.cycle or not self._left_bytes or cycle.disconnected:
            return waiting
        before_bytes = self._left_bytes
        self._past_parser = True
        self._room = room[waiting:]
        cycle.message_event.clear()
        self.flow.resume_reading()
        try:
            await cycle.message_event.wait()
        finally:
            self._room = self._inbox[:0]
        return waiting + before_bytes - self._left_bytes

    def _end_body(self) -> None:
        self._past_parser = False
        self.on_message_complete()
        self.parser = httptools.HttpRequestParser(self)
        # As uvicorn sets its own: what follows a request that closes the connection does not spoil its answer.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
