"""The real server, as `eakte serve` starts it, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.demo.board import DemoFailed
from api.demo.city import environment_in

HOST = "127.0.0.1"
LOG = "server.log"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 25.0
_PORTS_TRIED = 50


@dataclass(frozen=True)
class Server:
    """A running server."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_ready(self) -> None:
        """Wait for `/readyz`.

        Raises:
            DemoFailed: It ended or did not become ready; with the last lines of its log.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # it does not listen yet
            time.sleep(0.1)
        raise DemoFailed(f"Der Dienst wurde nicht bereit. Das Ende von {self.log}:\n{self.last_lines()}")

    def last_lines(self, count: int = 20) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-count:])

    def stop(self) -> int:
        """End it as an operator does, with SIGTERM.

        Returns:
            Its exit code: 0 when it ended in order and in time.
        """
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start_server(folder: Path, *, port: int, keeps_open: Sequence[int] = (), options: Sequence[str] = ()) -> Server:
    """Start `eakte serve` on an installation.

    Args:
        port: Taken if it is free, else the next one that is.
        keeps_open: Descriptors the server inherits.
        options: Further words for `eakte serve`.
    """
    port = free_port(port)
    log = folder / LOG
    command = [sys.executable, "-m", "api.command_line", "serve", "--host", HOST, "--port", str(port), *options]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            env=environment_in(folder, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=keeps_open,
            # Ctrl-C in the terminal reaches only us, and we end the server in order.
            start_new_session=True,
        )
    return Server(f"http://{HOST}:{port}", process, log)


def free_port(wanted: int) -> int:
    """The first port from the wanted one on that nobody listens on.

    Raises:
        DemoFailed: Many in a row are taken.
    """
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise DemoFailed(f"Ab {wanted} ist kein Port frei; bitte mit --port einen anderen Anfang wählen.")
