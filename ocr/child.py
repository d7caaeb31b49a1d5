"""Runs one function on one foreign file in a child process with limits.

A foreign file is never opened by a parser in the process that asks. What a child may use up is limited by the
kernel (address space, CPU, wall clock, file size); whatever happens to it, the caller gets an error of ours
and lives on. Safe to use from several threads; a forked process gets a server of its own.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from eakte import errors
from ocr.child_messages import Answer, Job, Limits, receive, send

_LOGGER = logging.getLogger(__name__)

# Nothing else of the worker's environment reaches a process that opens foreign files: no passwords, no keys.
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TESSDATA_PREFIX", "TZ")

_SERVER_PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from ocr.child_server import serve; serve(int(sys.argv[1]))"


class ChildDied(errors.Unreadable):
    """The child ended without an answer: crashed, or used up what it was given."""


class ChildServer:
    """Holds the connection to the process that children are forked from; starts it when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._farewell: weakref.finalize[..., ChildServer] | None = None
        self._owner_pid = 0

    def start(self) -> None:
        """Start the server in the background, so that the first job need not wait for it."""
        with self._lock:
            self._running()

    def run(self, function: str, *arguments: object, limits: Limits) -> Iterator[Any]:
        """Run a job in a child of its own and yield its answers as they come.

        Args:
            function: `module:name`; yields plain values or those of `eakte.paper`.
            arguments: Anything that can be pickled.
            limits: What it may use.

        Raises:
            Unreadable: The function refused the file.
            ChildDied: A kind of Unreadable: the child crashed, hung or needed too much.
            EngineMissing, EngineFailed, Unavailable: As the function says; also when no child could be started.
        """
        with ExitStack() as open_ends:
            ours, theirs = socket.socketpair()
            told, tells = os.pipe()
            open_ends.enter_context(ours)
            obituary = open_ends.enter_context(os.fdopen(told, "rb", buffering=0))
            try:
                self._give_birth(theirs.fileno(), tells)
            finally:
                theirs.close()
                os.close(tells)
            # The kernel ends a child in time; this is for the case that it cannot (a file on a dead network drive).
            ours.settimeout(limits.step_wall_s + 30)
            try:
                send(ours, Job(function, arguments, limits))
                while True:
                    answer = receive(ours, trusted=False)
                    if not isinstance(answer, Answer):
                        raise _death(obituary.read(4))
                    if answer.kind == "value":
                        yield answer.content[0]
                        continue
                    _raise_unless_ended(answer)
                    return
            except TimeoutError as error:
                raise ChildDied("too_slow", _TOO_SLOW) from error
            except pickle.UnpicklingError as error:  # a file has taken its child over, or a message was cut off
                raise ChildDied("crashed", _CRASHED) from error
            except (BrokenPipeError, ConnectionResetError) as error:
                raise _death(obituary.read(4)) from error

    def _give_birth(self, conversation: int, obituary: int) -> None:
        with self._lock:
            for last_try in (False, True):
                control = self._running()
                try:
                    socket.send_fds(control, [b"+"], [conversation, obituary])
                    return
                except (BrokenPipeError, ConnectionResetError) as error:
                    self._stop()  # killed from outside, perhaps for want of memory: a new one takes its place
                    if last_try:
                        raise errors.Unavailable("Der Leseprozess konnte nicht gestartet werden.") from error

    def _running(self) -> socket.socket:
        if self._owner_pid != os.getpid():  # after a fork the server belongs to the other process
            if self._farewell is not None:
                self._farewell.detach()
            if self._control is not None:
                self._control.close()
            self._control = self._process = self._farewell = None
            self._owner_pid = os.getpid()
        if self._control is None:
            control, theirs = socket.socketpair()
            environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
            # Several threads make Tesseract on a page several times as expensive, numpy's are never used.
            environment |= {"OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _SERVER_PROGRAM, str(theirs.fileno()), *map(_absolute, sys.path)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env=environment,
                )
            self._control = control
            # Also when nobody closes us: the server must not outlive whom it serves.
            self._farewell = weakref.finalize(self, _end, control, self._process)
        return self._control

    def _stop(self) -> None:
        if self._farewell is not None:
            self._farewell()
        self._control = self._process = self._farewell = None

    def close(self) -> None:
        """End the server and all children it still has."""
        with self._lock:
            if self._owner_pid == os.getpid():
                self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_TOO_SLOW = (
    "Das Lesen dauerte zu lange und wurde abgebrochen. Die Datei ist ungewöhnlich aufgebaut; "
    "bitte drucken und neu scannen oder vom Absender in anderer Form anfordern."
)
_TOO_LARGE = (
    "Zum Lesen wird zu viel Speicher gebraucht. Bitte die Datei mit geringerer Auflösung neu scannen "
    "oder in kleinere Dateien teilen."
)
_CRASHED = (
    "Beim Lesen stürzte das Programm ab. Die Datei ist beschädigt oder schädlich; bitte nicht öffnen, "
    "sondern neu scannen oder vom Absender erneut anfordern."
)


def _end(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _absolute(folder: str) -> str:
    return str(Path(folder).absolute())


def _death(status: bytes) -> errors.EakteError:
    """What a child's end without an answer means."""
    if len(status) < 4:
        return errors.Unavailable("Der Leseprozess wurde von außen beendet; bitte erneut versuchen.")
    code = os.waitstatus_to_exitcode(int.from_bytes(status, sys.byteorder))
    if code in (-signal.SIGALRM, -signal.SIGXCPU):
        return ChildDied("too_slow", _TOO_SLOW)
    if code == -signal.SIGXFSZ:
        return ChildDied("too_large", _TOO_LARGE)
    if code == -signal.SIGKILL:  # the kernel's own way of saying that memory has run out
        return errors.EngineFailed(
            "Der Leseprozess wurde beendet, vermutlich aus Speichermangel; bitte erneut versuchen."
        )
    return ChildDied("crashed", _CRASHED)


def _raise_unless_ended(answer: Answer) -> None:
    if answer.kind == "too_large":
        raise ChildDied("too_large", _TOO_LARGE)
    if answer.kind == "failed":
        _LOGGER.warning("A child failed on a foreign file:\n%s", answer.content[0])
        raise errors.Unreadable(
            "unreadable", "Die Datei kann nicht gelesen werden. Bitte neu scannen oder erneut anfordern."
        )
    if answer.kind == "refused":
        name, reason, message = map(str, answer.content)
        if name == "EngineMissing":
            raise errors.EngineMissing(message)
        if name == "EngineFailed":
            raise errors.EngineFailed(message)
        if name == "Unavailable":
            raise errors.Unavailable(message)
        raise errors.Unreadable(reason or "unreadable", message)
