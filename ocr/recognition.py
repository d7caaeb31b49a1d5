"""Recognises pages, inside a child process: picture, orientation, Tesseract, words, picture for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eakte.errors import Unreadable
from eakte.paper import PageText, TextSource, Word
from ocr.ink import Ink, measure
from ocr.inspection import media_type_of
from ocr.limits import ReadingLimits
from ocr.mail_pages import MailPages
from ocr.orientation import POOR_CONFIDENCE, seems_sideways
from ocr.page_images import screen_jpeg
from ocr.pages import Pages, Picture, open_pages
from ocr.pdf_pages import PdfPages
from ocr.preparation import Prepared, coarse, prepare
from ocr.tesseract import PixelWord, recognise_image, upright_rotation
from ocr.text_layer import TextLayer, good_text_layer, text_of, turned_box
from ocr.unreadable_pages import unreadable_page

_DRAWN_DPI = 300
_SCREEN_DPI = 150
_FEWEST_TELLING_WORDS = 3


@dataclass(frozen=True)
class _Attempt:
    """One recognition of a page turned by `rotation`; boxes on the page so turned."""

    rotation: int
    words: tuple[Word, ...]

    @property
    def confidence(self) -> float | None:
        return sum(word.confidence for word in self.words) / len(self.words) if self.words else None

    @property
    def worth(self) -> float:
        """How much was read how surely; says which of two attempts stands upright."""
        return sum(len(word.text) * word.confidence**2 for word in self.words)


def recognise_pages(
    path: Path, wanted: Mapping[int, int | None], languages: Sequence[str], limits: ReadingLimits, folder: Path
) -> Iterator[PageText]:
    """Recognise pages in order, one at a time in memory.

    Args:
        wanted: Page number to its known rotation, or None.
        folder: For files in the making.
    """
    usual_rotation = 0
    with open_pages(path, media_type_of(path), limits) as pages:
        for page_number, rotation in sorted(wanted.items()):
            try:
                page = _recognise(pages, page_number, rotation, usual_rotation, _Engine(languages, limits, folder))
            except Unreadable as refusal:
                page = unreadable_page(page_number, str(refusal))
            if rotation is None and page.source is TextSource.OCR and page.words:
                usual_rotation = page.rotation  # a stack put in the wrong way round lies wrong as a whole
            yield page


@dataclass(frozen=True)
class _Engine:
    languages: Sequence[str]
    limits: ReadingLimits
    folder: Path

    def read(self, page: Picture, ink: Ink, rotation: int) -> _Attempt:
        """Recognise a grey page that is turned already."""
        prepared = prepare(page, ink, self.folder / "page.tif")
        found = recognise_image(
            prepared.path,
            self.languages,
            timeout_s=self.limits.tesseract_wall_s,
            light_on_dark=prepared.light_on_dark,
        )
        return _Attempt(rotation, tuple(_on_page(word, prepared) for word in found))

    def upright(self, page: Picture) -> int | None:
        return upright_rotation(coarse(page, self.folder / "coarse.tif"), timeout_s=self.limits.tesseract_wall_s)


def _recognise(pages: Pages, page_number: int, rotation: int | None, usual: int, engine: _Engine) -> PageText:
    if isinstance(pages, MailPages):
        printed = TextLayer(0, pages.words(page_number))
        return _from_layer(page_number, printed, pages.picture(page_number, dpi=_SCREEN_DPI), None)
    if isinstance(pages, PdfPages):
        page = pages.page(page_number)
        try:
            layer = good_text_layer(page)
            picture = pages.picture_of(page, dpi=_DRAWN_DPI if layer is None else _SCREEN_DPI)
        finally:
            page.close()
        if layer is not None:
            return _from_layer(page_number, layer, picture, rotation)
    else:
        picture = pages.picture(page_number, dpi=_DRAWN_DPI)
    grey = Picture(picture.grey, picture.dpi)
    ink = measure(grey)
    if ink.blank:
        attempt = _Attempt(rotation or 0, ())
    elif rotation is not None:
        attempt = engine.read(grey.turned(rotation), _turned(ink, rotation), rotation)
    else:
        attempt = _find_upright(grey, ink, usual, engine)
    upright = picture.turned(attempt.rotation)
    return PageText(
        page_number,
        attempt.rotation,
        *upright.size_mm,
        text_of(attempt.words),
        attempt.words,
        TextSource.BLANK if ink.blank else TextSource.OCR,
        attempt.confidence,
        screen_jpeg(upright),
    )


def _find_upright(grey: Picture, ink: Ink, usual: int, engine: _Engine) -> _Attempt:
    """Recognise as the page lies; ask which way is up only where something speaks against that."""

    def read(rotation: int) -> _Attempt:
        return engine.read(grey.turned(rotation), _turned(ink, rotation), rotation)

    told: int | None = None
    suspicious = seems_sideways(grey, ink) != (usual in (90, 270))
    if suspicious:
        told = engine.upright(grey)
    first = read(usual if told is None else told)
    if (first.confidence or 0.0) >= POOR_CONFIDENCE and len(first.words) >= _FEWEST_TELLING_WORDS:
        return first
    if not suspicious:
        told = engine.upright(grey)
        other = (usual + 180) % 360 if told is None else told
    else:
        other = usual
    if other == first.rotation:
        return first
    return max(first, read(other), key=lambda attempt: attempt.worth)


def _from_layer(page_number: int, layer: TextLayer, picture: Picture, rotation: int | None) -> PageText:
    if rotation is not None and rotation != layer.rotation:
        further = (rotation - layer.rotation) % 360
        layer = TextLayer(rotation, tuple(_turned_word(word, further) for word in layer.words))
    upright = picture.turned(layer.rotation)
    return PageText(
        page_number,
        layer.rotation,
        *upright.size_mm,
        layer.text,
        layer.words,
        TextSource.TEXT_LAYER,
        1.0,
        screen_jpeg(upright),
    )


def _turned_word(word: Word, degrees: int) -> Word:
    left, top, right, bottom = turned_box((word.left, word.top, word.right, word.bottom), degrees)
    return replace(word, left=left, top=top, right=right, bottom=bottom)


def _turned(ink: Ink, degrees: int) -> Ink:
    left, top, right, bottom = turned_box((ink.left, ink.top, ink.right, ink.bottom), degrees)
    return replace(ink, left=left, top=top, right=right, bottom=bottom)


def _on_page(word: PixelWord, prepared: Prepared) -> Word:
    """From pixels of the prepared image to fractions of the page."""

    def across(pixels: int) -> float:
        return min(1.0, max(0.0, prepared.left + pixels / prepared.width))

    def down(pixels: int) -> float:
        return min(1.0, max(0.0, prepared.top + pixels / prepared.height))

    return Word(
        word.text,
        across(word.left),
        down(word.top),
        across(word.right),
        down(word.bottom),
        word.confidence,
        word.line,
    )
