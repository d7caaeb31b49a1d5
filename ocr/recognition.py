"""Recognises pages, inside a child process: picture, orientation, Tesseract, words, picture for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from eakte.errors import Unreadable
from eakte.paper import PageText, TextSource, Word
from ocr.attempts import Attempt, Engine
from ocr.ink import Ink, measure
from ocr.inspection import media_type_of
from ocr.limits import ReadingLimits
from ocr.mail_pages import MailPages
from ocr.orientation import POOR_CONFIDENCE, seems_sideways
from ocr.page_images import SCREEN_DPI, screen_jpeg
from ocr.pages import Pages, Picture, open_pages
from ocr.pdf_pages import PdfPages
from ocr.text_layer import TextLayer, good_text_layer, text_of, turned_box
from ocr.unreadable_pages import unreadable_page

_DRAWN_DPI = 300
_FEWEST_TELLING_WORDS = 3


def recognise_pages(
    path: Path, wanted: Mapping[int, int | None], languages: Sequence[str], limits: ReadingLimits, folder: Path
) -> Iterator[PageText]:
    """Recognise pages in order, one at a time in memory.

    Args:
        wanted: Page number to its known rotation, or None.
        folder: For files in the making.
    """
    usual_rotation = 0
    with open_pages(path, media_type_of(path), limits) as pages, Engine(languages, limits, folder) as engine:
        for page_number, rotation in sorted(wanted.items()):
            try:
                page = _recognise(pages, page_number, rotation, usual_rotation, engine)
            except Unreadable as refusal:
                page = unreadable_page(page_number, str(refusal))
            if rotation is None and page.source is TextSource.OCR and page.words:
                usual_rotation = page.rotation  # a stack put in the wrong way round lies wrong as a whole
            yield page


def _recognise(pages: Pages, page_number: int, rotation: int | None, usual: int, engine: Engine) -> PageText:
    if isinstance(pages, MailPages):
        printed = TextLayer(0, pages.words(page_number))
        return _from_layer(page_number, printed, pages.picture(page_number, dpi=SCREEN_DPI), None)
    if isinstance(pages, PdfPages):
        page = pages.page(page_number)
        try:
            layer = good_text_layer(page)
            picture = pages.picture_of(page, dpi=_DRAWN_DPI if layer is None else SCREEN_DPI)
        finally:
            page.close()
        if layer is not None:
            return _from_layer(page_number, layer, picture, rotation)
    else:
        picture = pages.picture(page_number, dpi=_DRAWN_DPI)
    grey = Picture(picture.grey, picture.dpi)
    ink = measure(grey)
    if ink.blank:
        attempt = Attempt(rotation or 0, ())
    elif rotation is not None:
        attempt = engine.read(grey.turned(rotation), _turned(ink, rotation), rotation)
    else:
        attempt = _find_upright(grey, ink, usual, engine)
    if attempt.is_poor and not ink.blank:
        attempt = engine.try_again(grey.turned(attempt.rotation), _turned(ink, attempt.rotation), attempt)
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


def _find_upright(grey: Picture, ink: Ink, usual: int, engine: Engine) -> Attempt:
    """Recognise as the page lies; ask which way is up only where something speaks against that."""

    def read(rotation: int) -> Attempt:
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
