"""`eakte serve`: this process and its siblings answer, the queue's workers work; all of them are kept alive."""

from __future__ import annotations

import gc
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
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from api.application import build_application
from api.service import Service
from api.web_server import FrontServer, SiblingServer
from eakte.errors import EakteError, Unavailable

log = logging.getLogger(__name__)

STOP_WITHIN_S = 12.0
"""Workers get this long for the job at hand; then they are killed, and their leases free the work."""

RESTART_PAUSE_S = 1.0

HAND_OVER_S = 0.0005
"""How soon a thread that comes back from disk gets the interpreter: at Python's 5 ms, uploads take a third longer."""

COLLECT_AFTER = 10_000
"""New objects between two looks of Python's garbage collector; at its 700, every tenth of a request goes there."""

LEFTOVER_AFTER_S = 3600.0
"""Files in the making that nobody touched for this long belong to a killed process."""


@dataclass(frozen=True)
class Child:
    """A process of ours: its name in the log, its command line, and what it inherits."""

    name: str
    arguments: tuple[str, ...]
    descriptors: tuple[int, ...] = ()


class Children:
    """Processes that are started again when they die.

    Args:
        release: Makes due again what dead workers held.
    """

    def __init__(self, children: Sequence[Child], release: Callable[[], object]) -> None:
        self._children = list(children)
        self._release = release
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="children", daemon=True)

    def start(self) -> None:
        """Start all of them, and watch."""
        for number in range(len(self._children)):
            self._start(number)
        self._watcher.start()

    def stop(self) -> None:
        """Ask all to stop, wait, and kill what does not."""
        self._stopping.set()
        self._watcher.join()
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for number, process in self._running.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s is still busy; its work continues at the next start", self._children[number].name)
                process.kill()
                process.wait()

    def _start(self, number: int) -> None:
        child = self._children[number]
        command = [sys.executable, "-m", "api.command_line", *child.arguments]
        # A session of its own: Ctrl-C in a terminal reaches only us, and we stop the children in order.
        self._running[number] = subprocess.Popen(command, pass_fds=child.descriptors, start_new_session=True)

    def _watch(self) -> None:
        while not self._stopping.wait(RESTART_PAUSE_S):
            for number, process in list(self._running.items()):
                if process.poll() is not None and not self._stopping.is_set():
                    name = self._children[number].name
                    log.warning("%s ended with %s; starting it again", name, process.returncode)
                    try:
                        self._release()
                        self._start(number)
                    except (EakteError, OSError):
                        log.exception("cannot start %s; trying again", name)


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
    pairs = [socket.socketpair() for _ in range(service.settings.serving.processes - 1)]
    siblings = [
        Child("sibling", ("serve", "--channel", str(theirs.fileno())), (theirs.fileno(),)) for _, theirs in pairs
    ]
    roles = ["clerk", *["reader"] * service.settings.reading.workers] if with_workers else []
    parent = ("--parent", str(os.getpid()))
    workers = [Child(f"worker {role}", ("worker", "--role", role, *parent)) for role in roles]
    children = Children([*siblings, *workers], service.queue.release_dead)
    children.start()
    try:
        _run(FrontServer(build_application(service), listener, [ours for ours, _ in pairs]))
    finally:
        children.stop()


def serve_beside(service: Service, channel: socket.socket) -> None:
    """Answer what the server on the other end of a channel deals out, until that one ends, SIGTERM or Ctrl-C."""
    _run(SiblingServer(build_application(service), channel))


def _run(server: uvicorn.Server) -> None:
    sys.setswitchinterval(HAND_OVER_S)

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    # uvicorn takes the signals itself, ends, and raises them again; these handlers catch that second time.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # What was made up to here stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    server.run()
