"""A folder that a specialist system fills by night: an index and the files it names are taken together.

    DIR/belege.csv  DIR/0001.pdf …             as the system writes; the index may come first or last
    DIR/.taken/TOKEN/belege.csv  …/files/      taken: the files come there before their index
    DIR/.taken/TOKEN/eakte-bericht.csv         all rows are dealt with; what follows is only putting away
    DIR/.done/TOKEN/  DIR/.refused/TOKEN/      with the report; refused files and their index in the latter

Each step is one rename, so that whoever is killed between two of them finds the state before or the state after.
"""

from __future__ import annotations

import os
import shutil
import time
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.drop_index import Row, is_index, read_index
from api.drop_mapping import MAPPING, DropMapping
from api.drop_rows import file_named
from api.folders_at_rest import (
    DONE,
    REFUSED,
    TAKEN,
    AtRest,
    is_candidate,
    is_open_for_writing,
    new_token,
)
from eakte.errors import Invalid

REPORT = "eakte-bericht.csv"
_FILES = "files"


@dataclass(frozen=True)
class WaitingIndex:
    """An index that has come to rest, or something else that stays in the folder.

    Attributes:
        files: What lies there of what it names.
        trouble: Why it stays where it is, for a person; None when it may be taken.
    """

    path: Path
    files: tuple[str, ...] = ()
    trouble: str | None = None


@dataclass(frozen=True)
class TakenIndex:
    """An index that is taken, in a folder of its own, with its files below."""

    folder: Path
    index: Path

    @property
    def report(self) -> Path:
        """Where the report lies once all rows are dealt with."""
        return self.folder / REPORT

    @property
    def files(self) -> list[Path]:
        """All that came with it."""
        folder = self.folder / _FILES
        return sorted(folder.iterdir()) if folder.is_dir() else []


class DropFolder:
    """One look after the other at a folder.

    Args:
        settle_s: For how long a file must not have changed.
        patience_s: For how long an index waits for files it names.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        root: Path,
        mapping: DropMapping,
        *,
        settle_s: float,
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root, self._mapping = root, mapping
        self._rest = AtRest(settle_s, clock)
        self._patience_s = patience_s
        self._read: dict[tuple[str, int, int], tuple[str, ...]] = {}

    def waiting(self) -> list[WaitingIndex]:
        """The indexes that have come to rest, by name, and what stays; the rest is asked about again next time."""
        self._give_back_halves()
        with self._rest.looking():
            with os.scandir(self.root) as entries:
                names = {entry.name for entry in entries if is_candidate(entry) and entry.name != MAPPING}
            at_rest = {name for name in names if self._rest.has(self.root / name)}
        indexes = sorted(name for name in names if is_index(name, self._mapping.index))
        found: list[WaitingIndex] = []
        named = set(indexes)
        for name in indexes:
            if name in at_rest and not is_open_for_writing(self.root / name):
                lying = {file: spelled(file, names) for file in self._named_by(self.root / name)}
                named.update(file for file in lying.values() if file is not None)
                found += self._one(self.root / name, lying, at_rest)
        if at_rest.issuperset(indexes):
            stranger = "Diese Datei nennt noch keine Indexdatei."
            found += [WaitingIndex(self.root / name, trouble=stranger) for name in sorted(at_rest - named)]
        return found

    def _one(self, index: Path, lying: Mapping[str, str | None], at_rest: set[str]) -> Iterator[WaitingIndex]:
        """An index and what it names, by the name it gives and the one in the folder."""
        there = tuple(dict.fromkeys(name for name in lying.values() if name is not None))
        if any(name not in at_rest or is_open_for_writing(self.root / name) for name in there):
            return
        missing = [name for name, there_as in lying.items() if there_as is None]
        if missing and (self._rest.rested_s(index) or 0.0) < self._patience_s:
            trouble = f"Von den genannten Dateien fehlen noch {len(missing)}, etwa „{missing[0]}“."
            yield WaitingIndex(index, trouble=trouble)
        else:
            yield WaitingIndex(index, there)

    def take(self, waiting: WaitingIndex) -> None:
        """Take an index with its files.

        Raises:
            OSError: The folder does not let us (read-only, a file renamed meanwhile); what was moved goes back.
        """
        folder = self.root / TAKEN / new_token(waiting.path.stem)
        (folder / _FILES).mkdir(parents=True)
        try:
            for name in waiting.files:
                (self.root / name).rename(folder / _FILES / name)
            waiting.path.rename(folder / waiting.path.name)
        except OSError:
            self._give_back(folder)
            raise

    def taken(self) -> list[TakenIndex]:
        """What is taken and not yet put away, oldest first."""
        place = self.root / TAKEN
        found = []
        for folder in sorted(place.iterdir()) if place.is_dir() else []:
            index = _index_in(folder)
            if index is not None:
                found.append(TakenIndex(folder, index))
        return found

    def put_away(self, taken: TakenIndex, accepted: Collection[str], *, in_order: bool, delete: bool) -> Path:
        """Put away an index whose report is written.

        Args:
            accepted: Names of the files that are durable in the records.
            in_order: Nothing was refused.
            delete: What is durable is deleted instead of kept.

        Returns:
            Where the report lies now.
        """
        done = self.root / DONE / taken.folder.name
        durable = [path for path in taken.files if path.name in accepted]
        if delete:
            for path in durable:
                path.unlink()
        elif durable and not in_order:
            (done / _FILES).mkdir(parents=True, exist_ok=True)
            shutil.copy2(taken.report, done / REPORT)
            for path in durable:
                path.rename(done / _FILES / path.name)
        target = done if in_order else self.root / REFUSED / taken.folder.name
        target.parent.mkdir(exist_ok=True)
        taken.folder.rename(target)
        return target / REPORT

    def _named_by(self, index: Path) -> tuple[str, ...]:
        """The files an index names; none of one that cannot be read, which is then refused by itself."""
        facts = index.stat()
        key = (index.name, facts.st_size, facts.st_mtime_ns)
        if key not in self._read:
            self._read = {known: files for known, files in self._read.items() if known[0] != index.name}
            self._read[key] = tuple(_names(index, self._mapping))
        return self._read[key]

    def _give_back_halves(self) -> None:
        """Undo what somebody was killed taking before the index had come along."""
        place = self.root / TAKEN
        for folder in sorted(place.iterdir()) if place.is_dir() else []:
            if _index_in(folder) is None:
                self._give_back(folder)

    def _give_back(self, folder: Path) -> None:
        for path in sorted((folder / _FILES).iterdir()) if (folder / _FILES).is_dir() else []:
            home = self.root / path.name
            if home.exists():  # a newer one has come meanwhile; ours must not be lost
                home = self.root / f"{folder.name}-{path.name}"
            path.rename(home)
        if (folder / _FILES).is_dir():
            (folder / _FILES).rmdir()
        folder.rmdir()


def _names(index: Path, mapping: DropMapping) -> Iterator[str]:
    try:
        rows = read_index(index, mapping)
    except Invalid:
        return  # taken alone, and refused with the reason
    for row in rows:
        name = _name_in(row, mapping)
        if name is not None:
            yield name


def _name_in(row: Row, mapping: DropMapping) -> str | None:
    try:
        return file_named(row, mapping)
    except Invalid:
        return None  # told of that row


def spelled(name: str, names: Collection[str]) -> str | None:
    """A name as it is spelled in a folder, however the letters are put together there; None where it is not."""
    forms = (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
    return next((form for form in forms if form in names), None)


def _index_in(folder: Path) -> Path | None:
    if not folder.is_dir():
        return None
    found = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(REPORT)]
    return found[0] if found else None
