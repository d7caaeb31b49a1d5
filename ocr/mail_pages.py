"""A mail as it would be printed, so that it is read, searched and boxed like paper. Only ever used in a child process.

Nothing is fetched and nothing is carried out: what is shown are the headers, the names of what came along, and the
text. Its words are known, so nothing is recognised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image, ImageDraw, ImageFont, TiffImagePlugin

from eakte.errors import EngineMissing
from eakte.paper import Word
from ocr.limits import ReadingLimits
from ocr.mail import Mail, read_mail
from ocr.pages import Picture
from ocr.pdf_pages import POINTS_PER_INCH

_WIDTH_PT, _HEIGHT_PT = 595.0, 842.0  # A4
_LEFT_PT, _TOP_PT, _BOTTOM_PT = 62.0, 57.0, 785.0
_RIGHT_PT = 540.0
_SIZE_PT, _LINE_PT = 9.5, 13.5
_VALUES_PT = 62.0  # where the values of headers begin, from the left edge of the text
_PRINTED_DPI = 200
_MEASURED_PT = 200.0
_MOST_PAGES = 200
_CUT_OFF = "[Die E-Mail ist länger; der ganze Text steht im Original.]"


@dataclass(frozen=True)
class _Placed:
    """A word at its place, in points from the upper left corner."""

    text: str
    x: float
    top: float
    bold: bool
    line: int


@dataclass(frozen=True)
class _Run:
    """Words beside each other; `x` in points from the left edge of the text."""

    x: float
    words: list[str]
    bold: bool = False


class MailPages:
    """An open mail; implements `ocr.pages.Pages`."""

    def __init__(self, path: Path, limits: ReadingLimits) -> None:
        del limits  # the pages are ours, and small
        self.mail = read_mail(path)
        self._pages = _laid_out(self.mail)
        self.page_count = len(self._pages)

    def picture(self, page_number: int, *, dpi: float) -> Picture:
        """One page, drawn."""
        scale = dpi / POINTS_PER_INCH
        image = Image.new("L", (round(_WIDTH_PT * scale), round(_HEIGHT_PT * scale)), 255)
        draw = ImageDraw.Draw(image)
        for word in self._pages[page_number - 1]:
            draw.text((word.x * scale, word.top * scale), word.text, 0, _font(word.bold, _SIZE_PT * scale))
        return Picture(image, dpi)

    def words(self, page_number: int) -> tuple[Word, ...]:
        """The words of a page, in their order."""
        return tuple(
            Word(
                word.text,
                word.x / _WIDTH_PT,
                word.top / _HEIGHT_PT,
                min(1.0, (word.x + max(1.0, _length(word.text, bold=word.bold))) / _WIDTH_PT),
                (word.top + _LINE_PT - 1.5) / _HEIGHT_PT,
                1.0,
                word.line,
            )
            for word in self._pages[page_number - 1]
        )

    def print_to(self, target: Path) -> None:
        """Write all pages as one TIFF, black on white, packed without loss."""
        with TiffImagePlugin.AppendingTiffWriter(str(target), new=True) as tiff:  # one page in memory at a time
            for number in range(1, self.page_count + 1):
                page = self.picture(number, dpi=_PRINTED_DPI).image.convert("1", dither=Image.Dither.NONE)
                page.save(tiff, "TIFF", compression="group4", dpi=(_PRINTED_DPI, _PRINTED_DPI))
                tiff.newFrame()

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def printed(path: Path, limits: ReadingLimits, folder: Path) -> Path:
    """A mail as an image file that shows its pages."""
    target = folder / "mail.tif"
    with MailPages(path, limits) as pages:
        pages.print_to(target)
    return target


def _laid_out(mail: Mail) -> list[list[_Placed]]:
    pages: list[list[_Placed]] = [[]]
    top = _TOP_PT
    for number, line in enumerate(_lines(mail)):
        if top + _LINE_PT > _BOTTOM_PT:
            if len(pages) == _MOST_PAGES:
                pages[-1] += _set(_Run(0.0, _CUT_OFF.split(), bold=True), top, number)
                break
            pages.append([])
            top = _TOP_PT
        for run in line:
            pages[-1] += _set(run, top, number)
        top += _LINE_PT
    return pages


def _lines(mail: Mail) -> Iterator[list[_Run]]:
    for name, value in [*mail.headers, *([("Anlagen", ", ".join(mail.enclosed))] if mail.enclosed else [])]:
        label = [_Run(0.0, [f"{name}:"], bold=True)]
        for words in _wrapped(value.split(), _RIGHT_PT - _LEFT_PT - _VALUES_PT):
            yield [*label, _Run(_VALUES_PT, words)]
            label = []
    yield []
    for line in mail.text.splitlines():
        indent = min(len(line) - len(line.lstrip()), 20) * _length("n", bold=False)
        yield from ([_Run(indent, words)] for words in _wrapped(line.split(), _RIGHT_PT - _LEFT_PT - indent))
        if not line.strip():
            yield []


def _wrapped(words: list[str], width_pt: float) -> Iterator[list[str]]:
    space = _length(" ", bold=False)
    line: list[str] = []
    used = 0.0
    for word in chain.from_iterable(_pieces(whole, width_pt) for whole in words):
        needed = _length(word, bold=False)
        if line and used + space + needed > width_pt:
            yield line
            line, used = [], 0.0
        used += needed + (space if line else 0.0)
        line.append(word)
    if line:
        yield line


def _pieces(word: str, width_pt: float) -> Iterator[str]:
    """A word, broken where it is longer than a line."""
    while _length(word, bold=False) > width_pt:
        fits = max(1, int(len(word) * width_pt / _length(word, bold=False)) - 1)
        yield word[:fits]
        word = word[fits:]
    yield word


def _set(run: _Run, top: float, line: int) -> Iterator[_Placed]:
    at = _LEFT_PT + run.x
    for word in run.words:
        yield _Placed(word, at, top, run.bold, line)
        at += _length(word, bold=run.bold) + _length(" ", bold=run.bold)


@cache
def _font(bold: bool, size_px: float) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    try:
        return ImageFont.truetype(name, size_px, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise EngineMissing(f"Die Schriftart {name} fehlt; bitte fonts-dejavu-core installieren.") from error


@cache
def _length(text: str, *, bold: bool) -> float:
    """How long a text is, in points."""
    return _font(bold, _MEASURED_PT).getlength(text) / _MEASURED_PT * _SIZE_PT
