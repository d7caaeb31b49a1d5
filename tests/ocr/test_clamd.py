"""What clamd is asked and how its answers are understood; with a server of ours, and with the real one."""

from __future__ import annotations

import io
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eakte.errors import EngineFailed, ScannerAway
from eakte.quarantine_tables import Verdict
from ocr.clamd import Clamd
from tests.clamd_server import MOST_BYTES, SIGNATURE, ClamdServer, clamd_server

CONFIGURATION = """
Foreground yes
DatabaseDirectory {folder}/signatures
LocalSocket {folder}/clamd.sock
StreamMaxLength 1M
AlertExceedsMax yes
AlertEncrypted yes
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClamdServer]:
    with tempfile.TemporaryDirectory(prefix="eakte-") as folder, clamd_server(Path(folder, "s")) as server:
        yield server


@pytest.fixture(scope="module")
def real_clamd() -> Iterator[Clamd]:
    """Debian's clamd with one signature of our own."""
    with tempfile.TemporaryDirectory(prefix="eakte-clamd-") as name:
        folder = Path(name)
        (folder / "signatures").mkdir()
        (folder / "signatures" / "eakte.ndb").write_text(f"Eakte.Test.Signature:0:*:{SIGNATURE.hex()}\n")
        (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder))
        daemon = subprocess.Popen(["clamd", "-c", folder / "clamd.conf"], stdout=subprocess.DEVNULL)
        clamd = Clamd(str(folder / "clamd.sock"))
        try:
            _until_it_answers(clamd)
            yield clamd
        finally:
            daemon.terminate()
            daemon.wait(20)


def _until_it_answers(clamd: Clamd) -> None:
    for _ in range(200):
        try:
            return clamd.greet()
        except ScannerAway:
            time.sleep(0.1)
    return clamd.greet()


def _tells_apart(clamd: Clamd) -> None:
    clamd.greet()
    assert clamd.scan(io.BytesIO(b"Sehr geehrte Damen und Herren")).verdict is Verdict.CLEAN
    assert clamd.scan(io.BytesIO(b"")).verdict is Verdict.CLEAN
    found = clamd.scan(io.BytesIO(b"a" * 300_000 + SIGNATURE + b"b"))
    assert (found.verdict, found.detail) == (Verdict.INFECTED, "Eakte.Test.Signature.UNOFFICIAL")
    large = clamd.scan(io.BytesIO(bytes(3 * MOST_BYTES)))
    assert large.verdict is Verdict.UNSCANNABLE
    assert "StreamMaxLength" in large.detail


def test_clean_infected_and_too_large_are_told_apart(server: ClamdServer) -> None:
    _tells_apart(Clamd(str(server.path)))


@pytest.mark.services
def test_the_real_clamd_understands_us(real_clamd: Clamd) -> None:
    _tells_apart(real_clamd)


def test_what_the_scanner_cannot_look_into_is_not_clean(server: ClamdServer) -> None:
    server.says = "stream: Heuristics.Encrypted.PDF FOUND"

    assert Clamd(str(server.path)).scan(io.BytesIO(b"x")).verdict is Verdict.UNSCANNABLE


@pytest.mark.parametrize("says", ["", "Guten Tag", "PING? UNKNOWN COMMAND"])
def test_rubbish_is_no_answer_and_nothing_counts_as_clean(server: ClamdServer, says: str) -> None:
    server.says = says
    clamd = Clamd(str(server.path))

    with pytest.raises(ScannerAway):
        clamd.scan(io.BytesIO(b"x"))
    with pytest.raises(ScannerAway):
        clamd.greet()


def test_a_scan_that_fails_on_these_bytes_alone_is_not_tried_for_ever(server: ClamdServer) -> None:
    server.says = "stream: Can't allocate memory ERROR"

    with pytest.raises(EngineFailed):
        Clamd(str(server.path)).scan(io.BytesIO(b"x"))


def test_where_nobody_listens_it_says_so(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    for address in (str(tmp_path / "nobody"), f"127.0.0.1:{port}", f"[::1]:{port}"):
        with pytest.raises(ScannerAway, match="antwortet nicht"):
            Clamd(address).scan(io.BytesIO(b"x"))
