"""`eakte serve`: the web server in this process, the queue's workers in processes of their own, kept alive."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from api.application import build_application
from api.body_intake import BodyProtocol
from api.service import Service
from eakte.errors import EakteError, Unavailable

log = logging.getLogger(__name__)

STOP_WITHIN_S = 12.0
"""Workers get this long for the job at hand; then they are killed, and their leases free the work."""

WEB_STOP_S = 5
RESTART_PAUSE_S = 1.0

HAND_OVER_S = 0.0005
"""How soon a thread that comes back from disk gets the interpreter: at Python's 5 ms, uploads take a third longer."""

LEFTOVER_AFTER_S = 3600.0
"""Files in the making that nobody touched for this long belong to a killed process."""


class Workers:
    """Worker processes that are started again when they die.

    Args:
        release: Makes due again what dead workers held.
    """

    def __init__(self, roles: Sequence[str], release: Callable[[], object]) -> None:
        self._roles = list(roles)
        self._release = release
        self._running: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)

    def start(self) -> None:
        """Start all of them, and watch."""
        for number, role in enumerate(self._roles):
            self._start(number, role)
        self._watcher.start()

    def stop(self) -> None:
        """Ask all to stop, wait, and kill what does not."""
        self._stopping.set()
        self._watcher.join()
        for _, process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for role, process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("worker %s is still busy; its work continues at the next start", role)
                process.kill()
                process.wait()

    def _start(self, number: int, role: str) -> None:
        command = [sys.executable, "-m", "api.command_line", "worker", "--role", role, "--parent", str(os.getpid())]
        # A session of its own: Ctrl-C in a terminal reaches only us, and we stop the workers in order.
        self._running[number] = (role, subprocess.Popen(command, start_new_session=True))

    def _watch(self) -> None:
        while not self._stopping.wait(RESTART_PAUSE_S):
            for number, (role, process) in list(self._running.items()):
                if process.poll() is not None and not self._stopping.is_set():
                    log.warning("worker %s ended with %s; starting it again", role, process.returncode)
                    try:
                        self._release()
                        self._start(number, role)
                    except (EakteError, OSError):
                        log.exception("cannot start worker %s; trying again", role)


def _sweep_work(work_dir: Path) -> int:
    """Remove folders of files in the making that a killed process left behind."""
    oldest = time.time() - LEFTOVER_AFTER_S
    left = [folder for folder in work_dir.glob("*/*") if folder.is_dir() and folder.stat().st_mtime < oldest]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)  # somebody else may sweep too; the next start comes back to it
    return len(left)


def listen(host: str, port: int) -> socket.socket:
    """Take the address before anything is started.

    Raises:
        Unavailable: Somebody else has it, or it is not this machine's.
    """
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # Accepted connections inherit it. asyncio would set it only where the socket names its protocol; without it,
        # the body waits 40 ms for the caller to acknowledge the headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise Unavailable(
            f"Auf {host} Port {port} kann der Dienst nicht gehört werden ({error.strerror or error}). "
            "Bitte einen anderen Port wählen oder beenden, was dort läuft."
        ) from error


def serve(service: Service, listener: socket.socket, *, with_workers: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; then end within 20 s, unfinished work continuing at the next start."""
    swept = service.blobs.sweep_unfinished(LEFTOVER_AFTER_S) + _sweep_work(service.settings.work_dir)
    if swept:
        log.info("%s leftovers of killed processes removed", swept)
    released = service.queue.release_dead()
    if released:
        log.info("%s unfinished jobs of the last run are due again", released)
    sys.setswitchinterval(HAND_OVER_S)
    roles = ["clerk", *["reader"] * service.settings.reading.workers] if with_workers else []
    workers = Workers(roles, service.queue.release_dead)
    config = uvicorn.Config(
        build_application(service),
        http=BodyProtocol,
        loop="asyncio",  # which BodyProtocol needs
        log_level="warning",
        timeout_graceful_shutdown=WEB_STOP_S,
        server_header=False,
        proxy_headers=True,
    )
    server = uvicorn.Server(config)

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    workers.start()
    try:
        # uvicorn takes the signals itself, ends, and raises them again; these handlers catch that second time.
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        server.run(sockets=[listener])
    finally:
        workers.stop()
