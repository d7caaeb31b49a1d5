"""Reads one upright page, once as cheaply as it allows, and a second time with more effort where that came out poor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from eakte.paper import TextSource, Word
from eakte.poorly_read import is_poorly_read
from ocr.ink import Ink
from ocr.limits import ReadingLimits
from ocr.pages import Picture
from ocr.preparation import Prepared, coarse, prepare
from ocr.tesseract import PixelWord, Tesseract, upright_rotation

_BETTER = 1.05


@dataclass(frozen=True)
class Attempt:
    """One recognition of a page turned by `rotation`; boxes on the page so turned."""

    rotation: int
    words: tuple[Word, ...]

    @property
    def confidence(self) -> float | None:
        return sum(word.confidence for word in self.words) / len(self.words) if self.words else None

    @property
    def is_poor(self) -> bool:
        """Whether it is worth another try."""
        return is_poorly_read(TextSource.OCR, self.confidence)

    @property
    def worth(self) -> float:
        """How much was read how surely; says which of two attempts is the better one."""
        return sum(len(word.text) * word.confidence**2 for word in self.words)


class Engine:
    """Tesseract with what it needs to know, for some pages; it is started when the first page needs it."""

    def __init__(self, languages: Sequence[str], limits: ReadingLimits, folder: Path) -> None:
        self._limits = limits
        self._folder = folder
        self._inverting = Tesseract(languages, folder, light_on_dark=True)
        self._plain = Tesseract(languages, folder, light_on_dark=False)

    def read(self, page: Picture, ink: Ink, rotation: int) -> Attempt:
        """Recognise a grey page that is turned already."""
        return self._read(prepare(page, ink, self._folder / "page.tif"), ink, rotation)

    def try_again(self, page: Picture, ink: Ink, first: Attempt) -> Attempt:
        """Recognise a page with more effort; tells the better attempt."""
        second = self._read(prepare(page, ink, self._folder / "page.tif", with_effort=True), ink, first.rotation)
        return second if second.worth > _BETTER * first.worth else first

    def upright(self, page: Picture) -> int | None:
        """As `ocr.tesseract.upright_rotation`."""
        return upright_rotation(coarse(page, self._folder / "coarse.tif"), timeout_s=self._limits.tesseract_wall_s)

    def _read(self, prepared: Prepared, ink: Ink, rotation: int) -> Attempt:
        tesseract = self._inverting if ink.light_on_dark else self._plain
        found = tesseract.read(prepared.path, timeout_s=self._limits.tesseract_wall_s)
        return Attempt(rotation, tuple(_on_page(word, prepared) for word in found))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inverting.close()
        self._plain.close()


def _on_page(word: PixelWord, prepared: Prepared) -> Word:
    """From pixels of the prepared image to fractions of the page."""
    left, top, right, bottom = prepared.on_page(word.left, word.top, word.right, word.bottom)
    return Word(word.text, left, top, right, bottom, word.confidence, word.line)
