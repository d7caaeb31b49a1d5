"""Makes a page cheap to recognise without making it harder to read.

Chosen page by page from what `ocr/ink.py` measures. Measured on generated letters from 7 to 11 pt, grey and black and
white, with and without noise, against Tesseract on the page as scanned (300 dpi): 200 dpi -20 %, cut to the ink -3 %,
no second look at doubtful lines inverted -2 %; errors the same (bicubic; averaging costs some on black and white).
Making near-white paper white saved nothing more at 200 dpi and cost letters, black and white more of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ocr.ink import Ink, stroke_mm
from ocr.pages import MM_PER_INCH, Picture

_ENOUGH_DPI = 200
_SMALL_PRINT_STROKE_MM = 0.30  # below 7 pt
_LEAST_CONTRAST = 60  # below, every pixel counts
_MARGIN_MM = 4.0
_MOST_PIXELS = 12_000_000  # A3 at 250 dpi; Tesseract's memory grows with it


@dataclass(frozen=True)
class Prepared:
    """An image file for Tesseract and where it lies on the page.

    Attributes:
        path: Uncompressed grey TIFF that states its resolution.
        left, top: Upper left corner on the page, in fractions of it.
        width, height: Of the whole page, in pixels of this image.
        light_on_dark: Whether light writing on dark ground may occur.
    """

    path: Path
    left: float
    top: float
    width: float
    height: float
    light_on_dark: bool


def prepare(page: Picture, ink: Ink, path: Path) -> Prepared:
    """Write an upright grey page as Tesseract likes it best."""
    grey, whole = page.image, page.image.size
    margin_px = round(_MARGIN_MM / MM_PER_INCH * page.dpi)
    left = max(0, int(ink.left * whole[0]) - margin_px)
    top = max(0, int(ink.top * whole[1]) - margin_px)
    right = min(whole[0], int(ink.right * whole[0]) + margin_px)
    bottom = min(whole[1], int(ink.bottom * whole[1]) + margin_px)
    if (right - left) * (bottom - top) < 0.95 * whole[0] * whole[1]:
        grey = grey.crop((left, top, right, bottom))
    else:
        left = top = 0
    reduced = _resized(Picture(grey, page.dpi), _enough_dpi(page, ink))
    reduced.image.save(path, "TIFF", compression="raw", dpi=(reduced.dpi, reduced.dpi))
    scale = reduced.dpi / page.dpi
    return Prepared(path, left / whole[0], top / whole[1], whole[0] * scale, whole[1] * scale, ink.light_on_dark)


def coarse(page: Picture, path: Path) -> Path:
    """Write a page so that only its orientation can be told: half the time of the full resolution."""
    reduced = page.at_most(150)
    reduced.image.save(path, "TIFF", compression="raw", dpi=(reduced.dpi, reduced.dpi))
    return path


def _enough_dpi(page: Picture, ink: Ink) -> float:
    if ink.contrast < _LEAST_CONTRAST or stroke_mm(page, ink) < _SMALL_PRINT_STROKE_MM:
        return page.dpi
    return _ENOUGH_DPI


def _resized(page: Picture, dpi: float) -> Picture:
    """The page not finer than this and not larger than Tesseract's memory allows."""
    width, height = page.image.size
    factor = min(1.0, dpi / page.dpi, float((_MOST_PIXELS / (width * height)) ** 0.5))
    if factor > 0.95:
        return page
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return Picture(page.image.resize(size, Image.Resampling.BICUBIC), page.dpi * factor)
