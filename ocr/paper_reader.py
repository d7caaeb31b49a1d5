"""Reads paper on this machine: every foreign file in a child process with limits."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from eakte import machine
from eakte.errors import EngineFailed, Unavailable, Unreadable
from eakte.paper import Enclosure, FileReading, PageReading, PageText, Sheet, Signature, TextSource
from ocr.child import ChildDied, ChildServer
from ocr.child_messages import Limits
from ocr.file_facts import FileFacts
from ocr.limits import ReadingLimits
from ocr.unreadable_pages import unreadable_page

_FOLDER_PREFIX = "reading-"
_PERHAPS_FOR_WANT_OF_ROOM = frozenset({"unreadable", "crashed", "too_large"})
_NOT_LOOKED_AT = (
    "Diese Seite wurde nicht gelesen, weil andere Seiten der Datei das Lesen mehrfach abstürzen ließen. "
    "Bitte die Datei drucken und neu scannen."
)


class LocalPaperReader:
    """Opens foreign files for the domain; implements `eakte.ports.PaperReader`.

    Args:
        work_folder: For files in the making; what a killed process left there is removed.
        limits: What files may be and cost.
        trust_folder: Certificates of the issuers whose signatures are trusted; None where nobody said whom to trust.
    """

    def __init__(
        self, work_folder: Path, limits: ReadingLimits | None = None, trust_folder: Path | None = None
    ) -> None:
        self._work_folder = work_folder.absolute()
        self._limits = limits or ReadingLimits()
        self._trust_folder = None if trust_folder is None else trust_folder.absolute()
        self._children = ChildServer()
        _remove_leftovers(self._work_folder)

    def warm_up(self) -> None:
        """Start the process the children are forked from, so that the first file need not wait for it."""
        self._children.start()

    def look(self, path: Path) -> FileReading:
        """Say what the file is and which codes stand on its pages; a page that crashes costs only itself."""
        path = path.absolute()
        facts: FileFacts | None = None
        readings: list[PageReading] = []
        reasons: list[str | None] = []
        deaths = 0
        while facts is None or len(readings) < facts.page_count:
            try:
                for answer in self._look_on(path, facts, len(readings) + 1):
                    if isinstance(answer, FileFacts):
                        facts = answer
                    else:
                        readings.append(answer[0])
                        reasons.append(answer[1])
            except ChildDied as death:
                if facts is None:
                    raise
                deaths += 1
                readings.append(PageReading(len(readings) + 1, problem=str(death)))
                reasons.append(death.reason)
                if deaths >= self._limits.max_broken_pages:
                    rest = range(len(readings) + 1, facts.page_count + 1)
                    readings += [PageReading(page_number, problem=_NOT_LOOKED_AT) for page_number in rest]
                    reasons += ["not_looked_at" for _ in rest]
        if all(reason is not None for reason in reasons):
            raise Unreadable(reasons[0] or "unreadable", readings[0].problem or "")
        return FileReading(facts.media_type, tuple(readings), facts.signed, facts.notes, facts.title)

    def enclosures(self, path: Path, folder: Path) -> list[Enclosure]:
        """Write the files that came in a mail, and in mails within it, to `folder`."""
        arguments = (path.absolute(), folder.absolute())
        return list(self._run("ocr.mail:take_apart", *arguments, limits=self._limits.for_a_file(1)))

    def take_out(self, files: Sequence[Path], sheets: Sequence[Sheet], target: Path) -> None:
        """Write the sheets, in this order, as one PDF that shows them upright; image streams stay byte for byte."""
        sources = [file.absolute() for file in files]
        with self._folder() as folder, _whole_or_nothing(target) as whole:
            limits = self._limits.for_a_file(len(sheets))
            self._only_answer(
                "ocr.extraction:take_out", sources, list(sheets), whole, self._limits, folder, limits=limits
            )

    def recognise(
        self, path: Path, pages: Mapping[int, int | None], *, languages: Sequence[str], last_try: bool = False
    ) -> list[PageText]:
        """Read the given pages, one after the other; their pictures are small, but ask for some dozens at a time."""
        path = path.absolute()
        left = dict(sorted(pages.items()))
        texts: list[PageText] = []
        failed_on: int | None = None
        with self._folder() as folder:
            while left:
                arguments = (path, left, list(languages), self._limits, folder)
                limits = self._limits.for_recognition()
                try:
                    for text in self._run("ocr.recognition:recognise_pages", *arguments, limits=limits):
                        texts.append(text)
                        del left[text.page_number]
                except ChildDied as death:
                    page_number = next(iter(left))
                    del left[page_number]
                    texts.append(unreadable_page(page_number, str(death)))
                except EngineFailed as failure:
                    page_number = next(iter(left))
                    if failed_on != page_number:  # perhaps for want of memory: once more
                        failed_on = page_number
                        continue
                    works = any(text.source is TextSource.OCR and text.words for text in texts)
                    if not (last_try and works):
                        raise
                    del left[page_number]
                    texts.append(unreadable_page(page_number, str(failure)))
        return texts

    def searchable_pdf(self, path: Path, pages: Sequence[PageText], target: Path) -> bool:
        """Write a PDF with an invisible text layer over the untouched page images; say whether it is PDF/A-2b."""
        path = path.absolute()
        texts = [replace(page, image=b"") for page in pages]
        with self._folder() as folder, _whole_or_nothing(target) as whole:
            limits = self._limits.for_a_file(len(pages))
            archivable = self._only_answer(
                "ocr.searchable_pdf:searchable_pdf", path, texts, whole, self._limits, folder, limits=limits
            )
        return archivable is True

    def archive_copy(self, path: Path, page_count: int, target: Path) -> None:
        """Write the archive copy (PDF/A-2b) of a searchable PDF."""
        path = path.absolute()
        with self._folder() as folder, _whole_or_nothing(target) as whole:
            limits = self._limits.for_a_file(page_count)
            self._only_answer("ocr.archive_copy:archive_copy", path, whole, self._limits, folder, limits=limits)

    def signatures(self, path: Path) -> list[Signature]:
        """Check the signatures of a PDF."""
        arguments = (path.absolute(), self._trust_folder)
        return list(self._run("ocr.signatures:signatures", *arguments, limits=self._limits.for_a_page()))

    def page_image(self, path: Path, page_number: int, *, rotation: int, width_px: int) -> bytes:
        """One page, turned clockwise by `rotation`, as JPEG of about this width; never enlarged."""
        arguments = (path.absolute(), page_number, rotation, width_px, self._limits)
        image = self._only_answer("ocr.page_images:page_image", *arguments, limits=self._limits.for_a_page())
        assert isinstance(image, bytes)
        return image

    def thumbnails(self, images: Sequence[tuple[bytes, float]]) -> list[bytes]:
        """Small JPEGs of page images, given with their width in millimetres."""
        if not images:
            return []
        limits = self._limits.for_a_page()
        return list(self._run("ocr.page_images:thumbnails", list(images), limits=limits))

    def close(self) -> None:
        """End the process the children are forked from."""
        self._children.close()

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        self._work_folder.mkdir(parents=True, exist_ok=True)
        prefix = f"{_FOLDER_PREFIX}{os.getpid()}-"
        with tempfile.TemporaryDirectory(dir=self._work_folder, prefix=prefix, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def _look_on(self, path: Path, facts: FileFacts | None, first_page: int) -> Iterator[Any]:
        """Look at a file from the beginning, or on from the page behind one that ended the child."""
        limits = self._limits.for_a_page()
        if facts is None:
            return self._run("ocr.looking:look_at_file", path, self._limits, limits=limits)
        return self._run("ocr.looking:look_at_pages", path, facts, first_page, self._limits, limits=limits)

    def _run(self, function: str, *arguments: object, limits: Limits) -> Iterator[Any]:
        """What a child answers; what fails on a disk without room says nothing about the file.

        Raises:
            Unavailable: There is no room.
        """
        try:
            yield from self._children.run(function, *arguments, limits=limits)
        except (Unreadable, EngineFailed) as error:
            may_come_of_it = isinstance(error, EngineFailed) or error.reason in _PERHAPS_FOR_WANT_OF_ROOM
            if may_come_of_it and not machine.has_room(self._work_folder):
                raise Unavailable(machine.NO_ROOM_LEFT) from error
            raise

    def _only_answer(self, function: str, *arguments: object, limits: Limits) -> object:
        (value,) = self._run(function, *arguments, limits=limits)
        return value


@contextmanager
def _whole_or_nothing(target: Path) -> Iterator[Path]:
    """The place to write to; nothing half-written is left under the name asked for."""
    target = target.absolute()
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _remove_leftovers(work_folder: Path) -> None:
    """Remove the folders of processes that were killed while they read."""
    for folder in work_folder.glob(f"{_FOLDER_PREFIX}*-*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            rmtree(folder, ignore_errors=True)
