"""Generations of an index folder: one is current, a rebuilt one takes its place in one step.

    index/
        CURRENT                       names the generation in use; replaced by rename
        writing.lock                  held while somebody writes, over all processes
        generation-5bc1a0…/           the engine's own files

A reader keeps what it has open although the generation is removed; on its next search it sees that
`CURRENT` has changed.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eakte.errors import Unavailable
from eakte.fulltext import tokens

_POLL_S = 0.02


class IndexMissing(Unavailable):
    """There is no usable index; it has to be built from the records."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Der Suchindex fehlt oder ist unbrauchbar ({reason}). Bitte `eakte reindex` ausführen.")


@dataclass(frozen=True)
class Generations:
    """The generations of one index.

    Attributes:
        folder: Holds them; made when the first one is.
        engine: Name of the engine with a version of its fields; another engine's folder is refused.
        timeout_s: How long a writer waits for the one before it.
    """

    folder: Path
    engine: str
    timeout_s: float = 30.0

    def current(self) -> Path:
        """The generation in use.

        Raises:
            IndexMissing: None yet, or made by another engine or another reading of texts.
        """
        try:
            pointer = json.loads((self.folder / "CURRENT").read_text(encoding="utf-8"))
            made_by, name = pointer["made_by"], pointer["generation"]
        except FileNotFoundError as error:
            raise IndexMissing("noch keiner angelegt") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexMissing("Verweis auf die Generation nicht lesbar") from error
        if made_by != self._made_by:
            raise IndexMissing("von einer anderen Programmversion")
        generation = self.folder / str(name)
        if not generation.is_dir():
            raise IndexMissing("Dateien nicht vorhanden")
        return generation

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, over all threads and processes; the system frees it when a process dies.

        Raises:
            Unavailable: Another writer did not finish in time.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / "writing.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait_for(lock)
            yield
        finally:
            os.close(lock)

    def new(self) -> Path:
        """An empty folder for the next generation; only while writing."""
        for leftover in self._unused():
            shutil.rmtree(leftover, ignore_errors=True)
        # never the name of an earlier one: readers tell by it whether they have the newest open
        generation = self.folder / f"generation-{secrets.token_hex(8)}"
        generation.mkdir()
        return generation

    def switch(self, generation: Path) -> None:
        """Make a complete generation the current one and remove the others; only while writing."""
        pointer = {"made_by": self._made_by, "generation": generation.name}
        draft = self.folder / "CURRENT.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(pointer, file)
            file.flush()
            os.fsync(file.fileno())
        _sync(generation)
        draft.replace(self.folder / "CURRENT")
        _sync(self.folder)
        for old in self.folder.glob("generation-*"):
            if old != generation:
                shutil.rmtree(old, ignore_errors=True)  # what cannot be removed now goes with the next rebuild

    @property
    def _made_by(self) -> str:
        return f"{self.engine}, tokens {tokens.VERSION}"

    def _unused(self) -> list[Path]:
        try:
            current = self.current()
        except IndexMissing:
            return []  # what it points to may still be wanted by whoever looks into the damage
        return [path for path in self.folder.glob("generation-*") if path != current]

    def _wait_for(self, lock: int) -> None:
        give_up_at = time.monotonic() + self.timeout_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= give_up_at:
                    raise Unavailable(
                        "Der Suchindex wird gerade von anderer Stelle geschrieben. Bitte später erneut versuchen."
                    ) from error
                time.sleep(_POLL_S)
            else:
                return


def _sync(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
