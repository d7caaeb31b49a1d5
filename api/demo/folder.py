"""The demo's own data folder: only a folder that carries its mark is ever emptied."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eakte.errors import Conflict

DEFAULT_FOLDER = Path("demo-data")
MARK = "eakte-vorfuehrung"
"""Name of the file that marks a folder as the demo's own; it says who uses it, and is locked while somebody does."""

_EXPLANATION = "Dieser Ordner gehört der Vorführung (eakte demo): sie leert ihn bei jedem Start.\n"


@contextmanager
def clean_folder(folder: Path) -> Iterator[int]:
    """Take the demo's folder for this run, empty but for its mark.

    Yields:
        Descriptor of the locked mark. Whoever inherits it keeps the folder taken, as the server does: should
        the demo be killed, its server still stands in the way of the next.

    Raises:
        Conflict: A demo uses it already, or the folder holds something that is not the demo's.
    """
    mark = folder / MARK
    if folder.exists() and not mark.is_file():
        _must_be_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(mark, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, mark)
        _empty(folder)
        note(descriptor, f"Prozess {os.getpid()}")
        yield descriptor
    finally:
        os.close(descriptor)


def note(descriptor: int, user: str) -> None:
    """Write into the mark who uses the folder, for the message to whoever wants it, too."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{_EXPLANATION}{user}\n".encode(), 0)


def _must_be_empty(folder: Path) -> None:
    if not folder.is_dir():
        raise Conflict(f"{folder} ist kein Ordner. Bitte EAKTE_DATA_DIR auf einen leeren Ordner setzen.")
    if next(folder.iterdir(), None) is not None:
        raise Conflict(
            f"Der Ordner {folder} enthält etwas, das nicht von der Vorführung stammt; er bleibt, wie er ist. "
            "Bitte EAKTE_DATA_DIR auf einen leeren oder noch nicht vorhandenen Ordner setzen."
        )


def _lock(descriptor: int, mark: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        users = mark.read_text("utf-8").removeprefix(_EXPLANATION).strip()
        raise Conflict(
            f"In diesem Ordner läuft schon eine Vorführung ({users}). Bitte dort mit Strg-C beenden, "
            "oder EAKTE_DATA_DIR auf einen anderen Ordner setzen."
        ) from error


def _empty(folder: Path) -> None:
    for content in folder.iterdir():
        if content.name == MARK:
            continue
        if content.is_dir() and not content.is_symlink():
            shutil.rmtree(content)
        else:
            content.unlink()
