"""A folder that scanners write into: what is whole is taken, and leaves by one rename once it is durable.

    DIR/scan.pdf  DIR/scan.json      as scanners write; sub-folders are named like scan profiles
    DIR/.taken/[PROFILE/]TOKEN/      taken: a scan and its sidecar; scanners do not know this place
    DIR/.done/[PROFILE/]TOKEN/       durable in the records
    DIR/.refused/[PROFILE/]TOKEN/    with a text that tells why

Each step is one rename, so that whoever is killed between two of them finds either the state before or the state
after: a scan counts as taken when it lies in its folder below `.taken`, the sidecar has come there before it, and both
leave together. The folder is looked at again and again, since the system tells nothing of what other machines write on
a network share.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from api.folders_at_rest import (
    DELETING,
    DONE,
    REFUSED,
    TAKEN,
    TOKEN,
    AtRest,
    is_candidate,
    is_open_for_writing,
    new_token,
)
from api.watch_sidecars import SUFFIXES as SIDECAR_SUFFIXES

SCAN_SUFFIXES = (".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Waiting:
    """A scan that lies in the folder, or something else that stays there.

    Attributes:
        profile: Name of the sub-folder; None at the top.
        trouble: Why it stays where it is, for a person; None when it may be taken.
    """

    path: Path
    sidecar: Path | None
    profile: str | None
    trouble: str | None = None


@dataclass(frozen=True)
class Taken:
    """A scan that is taken, in a folder of its own."""

    folder: Path
    scan: Path
    sidecar: Path | None
    profile: str | None


class WatchFolder:
    """One look after the other at a folder; remembers what it saw, so that it knows what has come to rest.

    Args:
        settle_s: For how long a file must not have changed.
        needs_sidecar: A scan without a sidecar waits for it.
        clock: Seconds that only grow; those of the files may come from another machine.
    """

    def __init__(
        self,
        root: Path,
        *,
        settle_s: float,
        needs_sidecar: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self._needs_sidecar = needs_sidecar
        self._rest = AtRest(settle_s, clock)

    def waiting(self) -> list[Waiting]:
        """What has come to rest, at the top and in sub-folders, by name; the rest is asked about again next time."""
        taken = self.taken()  # first: a scan must find the sidecar again that somebody was killed taking
        with self._rest.looking():
            found = [waiting for folder, profile in self._folders() for waiting in self._waiting_in(folder, profile)]
            for part in taken:
                self._rest.has(part.scan)
        return found

    def _waiting_in(self, folder: Path, profile: str | None) -> Iterator[Waiting]:
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if is_candidate(entry))
        except PermissionError:
            yield Waiting(
                folder, None, profile, "Der Ordner darf nicht gelesen werden; bitte die Zugriffsrechte ändern."
            )
            return
        scans = [name for name in names if name.lower().endswith(SCAN_SUFFIXES)]
        for name in scans:
            beside = [folder / other for other in names if _belongs(other, name)]
            parts = [folder / name, *beside]
            at_rest = [self._rest.has(part) for part in parts]  # each of them is to be remembered
            if not all(at_rest):
                continue
            rivals = [other for other in scans if other != name and _stem(other) == _stem(name)]
            trouble = self._trouble(folder / name, beside, rivals)
            if trouble is not None or not any(is_open_for_writing(part) for part in parts):
                yield Waiting(folder / name, beside[0] if beside else None, profile, trouble)
        for name in names:
            if name not in scans and self._rest.has(folder / name):
                if not name.lower().endswith(SIDECAR_SUFFIXES):
                    yield Waiting(
                        folder / name, None, profile, "Das ist kein PDF, TIFF, JPEG oder PNG und bleibt liegen."
                    )
                elif not any(_belongs(name, scan) for scan in scans):
                    yield Waiting(folder / name, None, profile, "Zu dieser Begleitdatei gibt es noch keinen Scan.")

    def take(self, waiting: Waiting) -> Taken | None:
        """Take a scan with its sidecar.

        Returns:
            None when it was renamed or removed meanwhile; nothing has changed then.

        Raises:
            OSError: The folder does not let us (read-only); nothing has changed.
        """
        folder = self.root.joinpath(TAKEN, *_parts(waiting.profile), new_token(waiting.path.stem))
        folder.mkdir(parents=True)
        sidecar = None
        try:
            if waiting.sidecar is not None:
                sidecar = waiting.sidecar.rename(folder / waiting.sidecar.name)
            scan = waiting.path.rename(folder / waiting.path.name)
        except OSError as error:
            self._give_back(folder, waiting.profile)
            if isinstance(error, FileNotFoundError):
                return None
            raise
        return Taken(folder, scan, sidecar, waiting.profile)

    def taken(self) -> list[Taken]:
        """What is taken and not yet done with, oldest first; what was taken by half goes back."""
        found: list[Taken] = []
        for folder, profile in sorted(_token_folders(self.root / TAKEN)):
            files = sorted(path for path in folder.iterdir() if not path.name.lower().endswith(".txt"))
            scans = [path for path in files if path.suffix.lower() in SCAN_SUFFIXES]
            if not scans:
                self._give_back(folder, profile)
                continue
            beside = [path for path in files if path not in scans]
            found.append(Taken(folder, scans[0], beside[0] if beside else None, profile))
        return found

    def is_ready(self, taken: Taken) -> bool:
        """Whether a taken scan is whole: somebody who had it open may still have written to it."""
        return self._rest.has(taken.scan) and not is_open_for_writing(taken.scan)

    def finish(self, taken: Taken, *, delete: bool) -> None:
        """Put away what is durable in the records."""
        target = self._moved(taken, DELETING if delete else DONE)
        if delete:
            shutil.rmtree(target)

    def refuse(self, taken: Taken, reason: str) -> Path:
        """Put away what cannot be taken over, with a text that tells why; returns the text's path."""
        text = f"{taken.scan.name}.txt"
        (taken.folder / text).write_text(reason + "\n", "utf-8")
        return self._moved(taken, REFUSED) / text

    def sweep(self) -> None:
        """Delete what somebody was killed deleting."""
        if (self.root / DELETING).is_dir():
            shutil.rmtree(self.root / DELETING)

    def _folders(self) -> list[tuple[Path, str | None]]:
        below = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False))
        return [(self.root, None), *((self.root / name, name) for name in below if not name.startswith("."))]

    def _trouble(self, scan: Path, beside: list[Path], rivals: list[str]) -> str | None:
        if not os.access(scan, os.R_OK) or not all(os.access(path, os.R_OK) for path in beside):
            return "Die Datei darf nicht gelesen werden; bitte die Zugriffsrechte ändern."
        if scan.stat().st_size == 0:
            return "Die Datei ist leer; sie bleibt liegen, bis etwas hineingeschrieben wird."
        if len(beside) > 1:
            return "Es liegen mehrere Begleitdateien daneben; bitte nur eine."
        if beside and rivals:
            return f"Die Begleitdatei „{beside[0].name}“ gehört auch zu „{rivals[0]}“; bitte verschieden benennen."
        if self._needs_sidecar and not beside:
            return "Die Begleitdatei fehlt noch."
        return None

    def _give_back(self, folder: Path, profile: str | None) -> None:
        """Undo a taking that did not get as far as the scan."""
        for sidecar in list(folder.iterdir()):
            home = self.root.joinpath(*_parts(profile), sidecar.name)
            if home.exists():
                orphan = Taken(folder, sidecar, None, profile)
                self.refuse(orphan, f"Die Begleitdatei „{sidecar.name}“ blieb ohne ihren Scan; eine neuere liegt vor.")
                return
            home.parent.mkdir(exist_ok=True)
            sidecar.rename(home)
        folder.rmdir()

    def _moved(self, taken: Taken, place: str) -> Path:
        target = self.root.joinpath(place, *_parts(taken.profile), taken.folder.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        return taken.folder.rename(target)


def _belongs(other: str, scan: str) -> bool:
    """Whether `other` is a sidecar of the scan: `scan.json` or `scan.pdf.json`."""
    if not other.lower().endswith(SIDECAR_SUFFIXES):
        return False
    return Path(other).stem in (scan, _stem(scan))


def _stem(name: str) -> str:
    return Path(name).stem


def _parts(profile: str | None) -> tuple[str, ...]:
    return () if profile is None else (profile,)


def _token_folders(place: Path) -> Iterator[tuple[Path, str | None]]:
    if not place.is_dir():
        return
    for path in place.iterdir():
        if TOKEN.fullmatch(path.name):
            yield path, None
        elif path.is_dir():
            yield from ((inner, path.name) for inner in path.iterdir())
