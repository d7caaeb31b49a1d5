"""A server that speaks clamd's protocol, for tests that need one to answer, to refuse, or to be away."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIGNATURE = b"EAKTE-HARMLESS-TEST-SIGNATURE"
"""Bytes that count as infected, here and in the signatures that tests give a real clamd."""

MOST_BYTES = 1024 * 1024


class _Conversation(socketserver.StreamRequestHandler):
    server: ClamdServer

    def handle(self) -> None:
        self.server.spoken_to += 1
        command = self._up_to_null()
        if self.server.says is not None:
            self._say(self.server.says)
        elif command == b"zPING":
            self._say("PONG")
        elif command == b"zINSTREAM":
            self._say(self._scan())
        else:
            self._say("UNKNOWN COMMAND")

    def _scan(self) -> str:
        content = bytearray()
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > MOST_BYTES:
                return "INSTREAM size limit exceeded. ERROR"
        self.server.scanned.append(bytes(content))
        return "stream: Eakte.Test.Signature.UNOFFICIAL FOUND" if SIGNATURE in content else "stream: OK"

    def _up_to_null(self) -> bytes:
        heard = bytearray()
        while (sign := self.rfile.read(1)) not in (b"\0", b""):
            heard += sign
        return bytes(heard)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\0")


class ClamdServer(socketserver.ThreadingUnixStreamServer):
    """One that listens on a socket in a folder.

    Attributes:
        says: What it answers to everything instead; None for what clamd would.
        scanned: What was sent to it.
        spoken_to: How often somebody connected.
    """

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.says: str | None = None
        self.scanned: list[bytes] = []
        self.spoken_to = 0
        super().__init__(str(path), _Conversation)


@contextmanager
def clamd_server(path: Path) -> Iterator[ClamdServer]:
    """A server that answers until the block ends; then its socket is gone."""
    with ClamdServer(path) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        serving.start()
        try:
            yield server
        finally:
            server.shutdown()
            serving.join()
            path.unlink(missing_ok=True)
