"""Reads paper on this machine: every foreign file in a child process with limits."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import TypeVar

from eakte.errors import Unreadable
from eakte.paper import FileReading, PageReading, PageText, Sheet
from ocr.child import ChildDied, ChildServer
from ocr.child_messages import Limits
from ocr.extraction import take_out
from ocr.inspection import FileFacts
from ocr.limits import ReadingLimits
from ocr.looking import look_at_file, look_at_pages
from ocr.page_images import page_image
from ocr.recognition import recognise_pages, unreadable_page
from ocr.searchable_pdf import searchable_pdf

_Value = TypeVar("_Value")
_FOLDER_PREFIX = "reading-"
_NOT_LOOKED_AT = (
    "Diese Seite wurde nicht gelesen, weil andere Seiten der Datei das Lesen mehrfach abstürzen ließen. "
    "Bitte die Datei drucken und neu scannen."
)


class LocalPaperReader:
    """Opens foreign files for the domain; implements `eakte.ports.PaperReader`.

    Args:
        work_folder: For files in the making; what a killed process left there is removed.
        limits: What files may be and cost.
    """

    def __init__(self, work_folder: Path, limits: ReadingLimits | None = None) -> None:
        self._work_folder = work_folder.absolute()
        self._limits = limits or ReadingLimits()
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
            job = (look_at_file, path, self._limits)
            if facts is not None:
                job = (look_at_pages, path, facts, len(readings) + 1, self._limits)  # type: ignore[assignment]
            try:
                for answer in self._answers(*job, limits=self._limits.for_a_page()):
                    if facts is None:
                        facts = FileFacts(*answer)
                        continue
                    reading, reason = answer
                    readings.append(reading)
                    reasons.append(reason)
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
        if all(reading.problem is not None for reading in readings):
            raise Unreadable(reasons[0] or "unreadable", readings[0].problem or "")
        return FileReading(facts.media_type, tuple(readings), facts.signed, facts.notes)

    def take_out(self, files: Sequence[Path], sheets: Sequence[Sheet], target: Path) -> None:
        """Write the sheets, in this order, as one PDF that shows them upright; image streams stay byte for byte."""
        sources = [file.absolute() for file in files]
        with self._folder() as folder, _whole_or_nothing(target) as whole:
            limits = self._limits.for_a_file(len(sheets))
            self._answer(take_out, sources, list(sheets), whole, self._limits, folder, limits=limits)

    def recognise(self, path: Path, pages: Mapping[int, int | None], *, languages: Sequence[str]) -> list[PageText]:
        """Read the given pages, one after the other; their pictures are small, but ask for some dozens at a time."""
        path = path.absolute()
        left = dict(sorted(pages.items()))
        texts: list[PageText] = []
        with self._folder() as folder:
            while left:
                job = (recognise_pages, path, left, list(languages), self._limits, folder)
                try:
                    for text in self._answers(*job, limits=self._limits.for_recognition()):
                        texts.append(text)
                        del left[text.page_number]
                except ChildDied as death:
                    page_number = next(iter(left))
                    del left[page_number]
                    texts.append(unreadable_page(page_number, str(death)))
        return texts

    def searchable_pdf(self, path: Path, pages: Sequence[PageText], target: Path) -> None:
        """Write a PDF with an invisible text layer over the untouched page images."""
        path = path.absolute()
        texts = [replace(page, image=b"") for page in pages]
        with self._folder() as folder, _whole_or_nothing(target) as whole:
            limits = self._limits.for_a_file(len(pages))
            self._answer(searchable_pdf, path, texts, whole, self._limits, folder, limits=limits)

    def page_image(self, path: Path, page_number: int, *, rotation: int, width_px: int) -> bytes:
        """One page, turned clockwise by `rotation`, as JPEG of about this width; never enlarged."""
        job = (page_image, path.absolute(), page_number, rotation, width_px, self._limits)
        return self._answer(*job, limits=self._limits.for_a_page())

    def close(self) -> None:
        """End the process the children are forked from."""
        self._children.close()

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        self._work_folder.mkdir(parents=True, exist_ok=True)
        prefix = f"{_FOLDER_PREFIX}{os.getpid()}-"
        with tempfile.TemporaryDirectory(dir=self._work_folder, prefix=prefix, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def _answers(
        self, function: Callable[..., Iterable[_Value]], *arguments: object, limits: Limits
    ) -> Iterator[_Value]:
        with closing(self._children.run(function, *arguments, limits=limits)) as answers:  # type: ignore[type-var]
            yield from answers

    def _answer(self, function: Callable[..., Iterable[_Value]], *arguments: object, limits: Limits) -> _Value:
        (value,) = self._answers(function, *arguments, limits=limits)
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
