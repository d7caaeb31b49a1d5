"""Writes a searchable PDF: the untouched page, and over it its recognised text, invisible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name

from eakte.paper import MAIL, PageText, TextSource, Word
from ocr.active_content import disarm_document, disarm_page
from ocr.archivable import has_plain_root, is_archivable
from ocr.archive_copy import VERSION, finish
from ocr.extraction import open_any_pdf, save, shown_rotation, turn_further
from ocr.image_pages import ImagePages
from ocr.image_to_pdf import image_page
from ocr.inspection import PDF, media_type_of
from ocr.invisible_font import CHARACTER_WIDTH, DESCENT, InvisibleFont
from ocr.limits import ReadingLimits
from ocr.mail_pages import printed

_FONT = Name("/EAktePaper")
_STEEPEST = 0.1  # more is no skew but a mistake
_FEWEST_TELLING_WORDS = 4  # fewer tell nothing but their descenders
_LARGEST_CONTENT_CLEANED_BYTES = 1_000_000
_INVISIBLE = 3
_SHOWING = frozenset({"Tj", "TJ", "'", '"'})


def searchable_pdf(
    path: Path, pages: Sequence[PageText], target: Path, limits: ReadingLimits, folder: Path
) -> Iterator[bool]:
    """Write the PDF; one answer: whether it keeps the rules of an archive copy (PDF/A-2b), as scans do.

    Pages that have a text of their own keep it. All pages are shown upright. What acts by itself or is attached
    is left out; it stays in the original.
    """
    texts = {page.page_number: page for page in pages}
    font = InvisibleFont()
    layered: list[pikepdf.Page] = []
    is_mail = media_type_of(path) == MAIL
    with ExitStack() as opened:
        pdf = _as_pdf(printed(path, limits, folder) if is_mail else path, limits, folder, opened)
        disarm_document(pdf)
        archivable = has_plain_root(pdf)
        for page_number, page in enumerate(pdf.pages, start=1):
            disarm_page(page)
            text = texts.get(page_number)
            gets_layer = text is not None and (text.source is TextSource.OCR or is_mail) and bool(text.words)
            if gets_layer:
                _remove_hidden_text(pdf, page)
            archivable = archivable and is_archivable(page)
            if text is None:
                continue
            turn_further(page, text.rotation)
            if gets_layer:
                _add_layer(pdf, page, text, font)
                layered.append(page)
        if layered:
            written_font = font.add_to(pdf)
            for page in layered:
                if archivable:  # fonts nothing is written with any more; other pages may share the list
                    page.obj["/Resources"] = Dictionary({**page.resources, "/Font": Dictionary()})
                page.add_resource(written_font, Name.Font, name=_FONT, replace_existing=True)
        if archivable:
            finish(pdf)
        save(pdf, target, version=VERSION if archivable else "")
    yield archivable


def _as_pdf(path: Path, limits: ReadingLimits, folder: Path, opened: ExitStack) -> pikepdf.Pdf:
    if media_type_of(path) == PDF:
        return opened.enter_context(open_any_pdf(path))
    images = opened.enter_context(ImagePages(path, limits))
    pdf = opened.enter_context(pikepdf.new())
    for page_number in range(1, images.page_count + 1):
        pdf.pages.append(opened.enter_context(image_page(images, path, page_number, folder)).pages[0])
    return pdf


def _add_layer(pdf: pikepdf.Pdf, page: pikepdf.Page, text: PageText, font: InvisibleFont) -> None:
    left, bottom, right, top = (float(edge) for edge in page.cropbox.as_list())
    width, height = right - left, top - bottom
    turned = shown_rotation(page)
    # From points of the upright page to those of the stored one, which is shown turned clockwise.
    matrix = {
        0: (1, 0, 0, 1, left, bottom),
        90: (0, 1, -1, 0, left + width, bottom),
        180: (-1, 0, 0, -1, left + width, bottom + height),
        270: (0, -1, 1, 0, left, bottom + height),
    }[turned]
    upright = (width, height) if turned % 180 == 0 else (height, width)
    layer = b"q %s cm BT %d Tr\n" % (" ".join(f"{value:.4f}" for value in matrix).encode("ascii"), _INVISIBLE)
    layer += b"".join(_line(list(words), upright, font) for _, words in groupby(text.words, key=lambda word: word.line))
    # What the page leaves changed (a matrix, a clipping) must not reach the layer.
    page.contents_add(pikepdf.Stream(pdf, b"q\n"), prepend=True)
    page.contents_add(pikepdf.Stream(pdf, b"\nQ\n" + layer + b"ET Q\n"))


def _line(words: list[Word], upright: tuple[float, float], font: InvisibleFont) -> bytes:
    """One line: all its words on one base line, each stretched to its box."""
    width, height = upright
    size = max(1.0, median((word.bottom - word.top) * height for word in words))
    base = _base_line(words, size / height)
    written = [b"/%s %.2f Tf\n" % (str(_FONT)[1:].encode("ascii"), size)]
    for word in words:
        box_width = max(0.1, (word.right - word.left) * width)
        stretch = box_width / (len(word.text) * CHARACTER_WIDTH * size)
        x, y = word.left * width, (1 - base(word.left)) * height + DESCENT * size
        # The space belongs to the text, so that no reader has to guess it from distances.
        shown = font.encoded(word.text + " ")
        written.append(b"%.4f 0 0 1 %.2f %.2f Tm %s Tj\n" % (stretch, x, y, shown))
    return b"".join(written)


def _base_line(words: list[Word], size: float) -> Callable[[float], float]:
    """The lower edge of the line along the line.

    Level as long as no word leaves the line by it, since programs that extract text take words at different
    heights for different lines; else fitted to the lower edges of the words.
    """
    middle_x = sum(word.left for word in words) / len(words)
    middle_y = median(word.bottom for word in words)
    spread = sum((word.left - middle_x) ** 2 for word in words)
    slope = sum((word.left - middle_x) * (word.bottom - middle_y) for word in words) / spread if spread > 1e-6 else 0.0
    rise = abs(slope) * (words[-1].left - words[0].left)
    if rise <= size or abs(slope) > _STEEPEST or len(words) < _FEWEST_TELLING_WORDS:
        slope = 0.0
    return lambda x: middle_y + slope * (x - middle_x)


def _remove_hidden_text(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Drop an invisible text layer that was found to be garbage, so that nothing is found twice."""
    contents = page.obj.get("/Contents")
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    raw = b"".join(stream.read_bytes() for stream in streams if isinstance(stream, pikepdf.Stream))
    if b" Tr" not in raw or len(raw) > _LARGEST_CONTENT_CLEANED_BYTES:
        return
    kept: list[Any] = []
    mode, saved = 0, []
    for instruction in pikepdf.parse_content_stream(page):
        name = str(instruction.operator)
        if name == "Tr" and isinstance(instruction, pikepdf.ContentStreamInstruction):
            mode = int(instruction.operands[0])
        elif name == "q":
            saved.append(mode)
        elif name == "Q" and saved:
            mode = saved.pop()
        if not (name in _SHOWING and mode == _INVISIBLE):
            kept.append(instruction)
    page.obj["/Contents"] = pikepdf.Stream(pdf, pikepdf.unparse_content_stream(kept))
