"""What a caller and a child process say to each other: length-prefixed pickles over a socket.

What the caller says is trusted. What the child answers is not: a foreign file may have taken it over. So
answers may name nothing but plain values and those of
`eakte/paper.py`.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
from dataclasses import dataclass
from enum import Enum
from typing import Any

_LENGTH = struct.Struct(">Q")
_LARGEST_MESSAGE_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one job may use.

    Attributes:
        memory_bytes: Address space on top of what the idle child has.
        step_wall_s: Seconds until the first answer and between two answers.
        step_cpu_s: The same in CPU seconds of the child itself, without programs it starts.
        file_bytes: Largest file it may write.
    """

    memory_bytes: int = 450 * 1024 * 1024
    step_wall_s: float = 60.0
    step_cpu_s: int = 40
    file_bytes: int = 4 * 1024**3


@dataclass(frozen=True)
class Job:
    """What a child is to do.

    Attributes:
        function: `module:name` of a function that yields its answers. By name, so that the caller need not
            import what only children use.
        arguments: What to call it with; anything that can be pickled.
    """

    function: str
    arguments: tuple[object, ...]
    limits: Limits


@dataclass(frozen=True)
class Answer:
    """What a child says.

    Attributes:
        kind: `value` any number of times, then one of `end`, `refused` (class, reason, message), `too_large`,
            `failed` (traceback).
        content: As the kind says.
    """

    kind: str
    content: tuple[object, ...] = ()


def send(conversation: socket.socket, message: Job | Answer) -> None:
    """Write one message."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    conversation.sendall(_LENGTH.pack(len(content)))
    conversation.sendall(content)


def receive(conversation: socket.socket, *, trusted: bool = True) -> Job | Answer | None:
    """Read one message; None when the other side has ended, also in the middle of one.

    Raises:
        pickle.UnpicklingError: An untrusted message names what it must not name.
    """
    head = _read(conversation, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LARGEST_MESSAGE_BYTES:
        raise pickle.UnpicklingError(f"a message of {length} bytes")
    content = _read(conversation, length)
    if content is None:
        return None
    message = (pickle.loads if trusted else _plain)(content)
    if not isinstance(message, Job | Answer):
        raise pickle.UnpicklingError("not a message")
    return message


def _read(conversation: socket.socket, length: int) -> bytes | None:
    content = bytearray(length)
    view = memoryview(content)
    while view:
        try:
            count = conversation.recv_into(view)
        except ConnectionResetError:
            return None
        if count == 0:
            return None
        view = view[count:]
    return bytes(content)


class _PlainUnpickler(pickle.Unpickler):
    _ALLOWED_MODULES = frozenset({"eakte.paper", "ocr.file_facts"})

    def find_class(self, module: str, name: str) -> Any:
        if (module in self._ALLOWED_MODULES and name[:1].isupper() and "." not in name) or (module, name) == (
            Answer.__module__,
            Answer.__qualname__,
        ):
            return super().find_class(module, name)
        if (module, name) == ("builtins", "getattr"):  # how Python 3.11 writes a member of an enumeration
            return _member
        raise pickle.UnpicklingError(f"{module}.{name} has no place in an answer")


def _member(kind: type[Enum], name: str) -> Enum:
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        raise pickle.UnpicklingError("not a member of an enumeration")
    return kind[name]


def _plain(content: bytes) -> Any:
    try:
        return _PlainUnpickler(io.BytesIO(content)).load()
    except (AttributeError, EOFError, ImportError, IndexError, KeyError, TypeError, ValueError) as error:
        raise pickle.UnpicklingError("not a pickle of plain values") from error
