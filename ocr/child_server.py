"""The small server that foreign files' child processes are forked from.

Importing pdfium, pikepdf, Pillow and numpy costs a third of a second; this process does it once per worker
and then forks a child per job within a few milliseconds. `multiprocessing`'s forkserver would import the
program's main module into every child (the web application: a second each), so this is our own.

It is started and spoken to by `ocr/child.py` only. It runs nothing itself, has one thread, and ends with the
process that started it, taking its children along.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import importlib
import os
import resource
import selectors
import signal
import socket
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from eakte import machine
from eakte.errors import EakteError
from ocr.child_messages import Answer, Job, Limits, receive, send

# The job's arguments are imported as late as possible, the costly modules as early as possible.
_PRELOADED = (
    "numpy", "PIL.Image", "PIL.ImageFile", "PIL.TiffImagePlugin", "PIL.JpegImagePlugin", "PIL.PngImagePlugin",
    "pikepdf", "pypdfium2", "pypdfium2.raw", "zxingcpp", "pytesseract", "img2pdf",
    "ocr.looking", "ocr.recognition", "ocr.searchable_pdf", "ocr.extraction", "ocr.page_images", "ocr.mail",
)  # fmt: skip

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class _Birth:
    """What a request carries: where the child answers, and where its end is told."""

    conversation: int
    obituary: int
    server_pid: int


def serve(control_descriptor: int) -> None:
    """Fork a child for every request until the other end of the control socket is closed."""
    for name in _PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that collections in the children do not copy every page of what was preloaded
    control = socket.socket(fileno=control_descriptor)
    control.setblocking(True)
    bell_out, bell_in = socket.socketpair()
    bell_in.setblocking(False)
    bell_out.setblocking(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    signal.signal(signal.SIGCHLD, _nothing)
    signal.set_wakeup_fd(bell_in.fileno(), warn_on_full_buffer=False)
    obituaries: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(bell_out, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if bell_out in ready:
                _silence(bell_out)
                _bury(obituaries)
            if control in ready:
                request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
                if not request:
                    break
                birth = _Birth(descriptors[0], descriptors[1], os.getpid())
                pid = os.fork()
                if pid == 0:
                    _live(birth, inherited=[control, bell_out, bell_in], others=list(obituaries.values()))
                os.close(birth.conversation)
                obituaries[pid] = birth.obituary
    for pid in obituaries:
        _end_group(pid)
    os._exit(0)  # the libraries' own farewells would only cost time


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    """A handler must exist for the wake-up descriptor to be written."""


def _silence(bell: socket.socket) -> None:
    with suppress(BlockingIOError):
        while bell.recv(4096):
            pass


def _bury(obituaries: dict[int, int]) -> None:
    """Tell how each dead child ended, and end the programs it may have left behind."""
    while obituaries:
        # The dead child is looked at before it is reaped: until then its number cannot be given to another process.
        dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if dead is None:
            return
        _end_group(dead.si_pid)
        _, status = os.waitpid(dead.si_pid, 0)
        obituary = obituaries.pop(dead.si_pid)
        with suppress(OSError):  # nobody is interested any more
            os.write(obituary, status.to_bytes(4, sys.byteorder))
        os.close(obituary)


def _end_group(pid: int) -> None:
    """End a child and whatever it started; a child that has not yet founded its group is ended alone."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _live(birth: _Birth, inherited: list[socket.socket], others: list[int]) -> None:
    """A child's whole life; never returns."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries' remarks on foreign files; our errors are answered
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != birth.server_pid:  # it has ended meanwhile, and nobody would end us
            os._exit(1)
        for descriptor in (birth.obituary, *others):
            os.close(descriptor)
        for unused in inherited:
            unused.close()
        with socket.socket(fileno=birth.conversation) as conversation:
            _work(conversation)
    finally:
        os._exit(0)


def _work(conversation: socket.socket) -> None:
    job = receive(conversation)
    assert isinstance(job, Job)
    _limit(job.limits)
    try:
        _grant_a_step(job.limits)
        module, name = job.function.split(":")
        for value in getattr(importlib.import_module(module), name)(*job.arguments):
            send(conversation, Answer("value", (value,)))
            _grant_a_step(job.limits)
        answer = Answer("end")
    except EakteError as refusal:
        answer = Answer("refused", (type(refusal).__name__, getattr(refusal, "reason", ""), str(refusal)))
    except (MemoryError, RecursionError):
        answer = Answer("too_large")
    except OSError as error:
        answer = _trouble(error)
    except Exception:  # noqa: BLE001 - whatever a foreign file provokes must reach the log of the worker
        answer = Answer("failed", (traceback.format_exc(),))
    with suppress(BrokenPipeError, ConnectionResetError):  # the caller has given up
        send(conversation, answer)


def _trouble(error: OSError) -> Answer:
    """What the operating system refused: for want of room, or since the file made us write too much, or otherwise."""
    if machine.is_trouble(error):
        return Answer(
            "refused", ("Unavailable", "", machine.NO_ROOM_LEFT if error.errno in machine.NO_ROOM else str(error))
        )
    if error.errno == errno.EFBIG:
        return Answer("too_large")
    return Answer("failed", (traceback.format_exc(),))


def _limit(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    ceiling = _address_space_bytes() + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


def _address_space_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - not a user's path
        return int(statm.read().split()[0]) * resource.getpagesize()


def _grant_a_step(limits: Limits) -> None:
    """Allow so much time until the next answer; the kernel ends the process, whatever it is doing."""
    signal.setitimer(signal.ITIMER_REAL, limits.step_wall_s)
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed_s = int(used.ru_utime + used.ru_stime + limits.step_cpu_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed_s, resource.RLIM_INFINITY))
