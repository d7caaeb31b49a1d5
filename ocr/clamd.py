"""clamd's own protocol, as much as is needed: PING, and INSTREAM, which sends bytes in pieces over the connection.

So clamd may run on another machine and under another user, and sees no file of ours.

Source: clamd(8), section COMMANDS (ClamAV 1.4).
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from eakte.errors import EngineFailed, ScannerAway
from eakte.ports import Scanned
from eakte.quarantine_tables import Verdict

CONNECT_WITHIN_S = 3.0
ANSWER_WITHIN_S = 300.0
"""For one step of the conversation; large archives take clamd minutes (its own `MaxScanTime` is two)."""

GREETED_WITHIN_S = 2.0
_PIECE_BYTES = 256 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (?P<signature>.+) FOUND")
_NOT_LOOKED_INTO = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
"""What clamd reports where it is set to alert on what it cannot look into (`AlertExceedsMax`, `AlertEncrypted`)."""

_TOO_LARGE = "INSTREAM size limit exceeded. ERROR"


class Clamd:
    """Implements `VirusScanner` by asking a running clamd.

    Args:
        address: Path of its Unix socket, or `host:port`.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def scan(self, content: BinaryIO) -> Scanned:
        """Send a stream to clamd, from its current position to its end; memory stays flat."""
        with self._connected(ANSWER_WITHIN_S) as connection:
            try:
                connection.sendall(b"zINSTREAM\0")
                while piece := content.read(_PIECE_BYTES):
                    connection.sendall(struct.pack("!I", len(piece)) + piece)
                connection.sendall(struct.pack("!I", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it hung up early, and its answer says why
            return _meaning(_answer(connection))

    def greet(self) -> None:
        """Say PING and hear PONG."""
        with self._connected(GREETED_WITHIN_S) as connection:
            connection.sendall(b"zPING\0")
            heard = _answer(connection)
        if heard != "PONG":
            raise ScannerAway(f"Der Virenscanner antwortet nicht wie clamd: „{heard[:80]}“.")

    @contextmanager
    def _connected(self, timeout_s: float) -> Iterator[socket.socket]:
        try:
            with self._connect() as connection:
                connection.settimeout(timeout_s)
                yield connection
        except OSError as error:
            raise ScannerAway(
                f"Der Virenscanner ({self.address}) antwortet nicht ({error.strerror or error}); zu Prüfendes wartet."
            ) from error

    def _connect(self) -> socket.socket:
        if not self.address.startswith("/"):
            host, _, port = self.address.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), CONNECT_WITHIN_S)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(CONNECT_WITHIN_S)
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection


def _answer(connection: socket.socket) -> str:
    heard = b""
    while b"\0" not in heard and len(heard) < _LONGEST_ANSWER:
        piece = connection.recv(_LONGEST_ANSWER)
        if not piece:
            break
        heard += piece
    if not heard:
        raise ConnectionError("die Verbindung brach ohne Antwort ab")
    return heard.split(b"\0")[0].decode("utf-8", "replace").strip()


def _meaning(heard: str) -> Scanned:
    """What an answer says.

    Raises:
        EngineFailed: It failed on these bytes; may succeed later, but is not tried for ever.
        ScannerAway: It does not do what it should.
    """
    if heard == "stream: OK":
        return Scanned(Verdict.CLEAN)
    found = _FOUND.fullmatch(heard)
    if found is not None:
        signature = found["signature"]
        if signature.startswith(_NOT_LOOKED_INTO):
            return Scanned(Verdict.UNSCANNABLE, f"Er kann nicht ganz in sie hineinsehen ({signature}).")
        return Scanned(Verdict.INFECTED, signature)
    if heard == _TOO_LARGE:
        return Scanned(Verdict.UNSCANNABLE, "Sie ist größer, als er annimmt (StreamMaxLength).")
    if heard.startswith("stream: "):
        raise EngineFailed(f"Der Virenscanner konnte die Datei nicht prüfen: „{heard[:200]}“.")
    raise ScannerAway(f"Der Virenscanner prüft nicht: „{heard[:200]}“.")
