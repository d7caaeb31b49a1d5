"""Makes a page cheap to recognise without making it harder to read.

Chosen page by page from what `ocr/ink.py` measures, never blindly; nothing is ever made black and white. Measured
with generated letters of 400 words against Tesseract on the page as scanned (300 dpi), errors unchanged:
cut to the ink -8 %, 200 dpi instead of 300 -17 %, near-white paper made white -5 % on noisy scans,
no second look at doubtful lines inverted -4 %. Below 8 pt, 200 dpi cost 0.1 % of the letters: there it is 250.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ocr.code_reading import white_level
from ocr.ink import Ink, stroke_mm
from ocr.pages import MM_PER_INCH, Picture

_ENOUGH_DPI = 200
_SMALL_PRINT_DPI = 250
_SMALL_PRINT_STROKE_MM = 0.28
_LEAST_CONTRAST = 60  # below, every pixel counts
_NOISY = 2.5
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
    reduced = Picture(grey, page.dpi).at_most(_enough_dpi(page, ink))
    reduced = _within(reduced)
    image = reduced.image
    if ink.noise > _NOISY and ink.contrast >= _LEAST_CONTRAST:
        level = white_level(ink)
        image = image.point([value if value < level else 255 for value in range(256)])
    image.save(path, "TIFF", compression="raw", dpi=(reduced.dpi, reduced.dpi))
    scale = reduced.dpi / page.dpi
    return Prepared(path, left / whole[0], top / whole[1], whole[0] * scale, whole[1] * scale, ink.light_on_dark)


def coarse(page: Picture, path: Path) -> Path:
    """Write a page so that only its orientation can be told: half the time of the full resolution."""
    reduced = page.at_most(150)
    reduced.image.save(path, "TIFF", compression="raw", dpi=(reduced.dpi, reduced.dpi))
    return path


def _enough_dpi(page: Picture, ink: Ink) -> float:
    if ink.contrast < _LEAST_CONTRAST:
        return page.dpi
    return _SMALL_PRINT_DPI if stroke_mm(page, ink) < _SMALL_PRINT_STROKE_MM else _ENOUGH_DPI


def _within(page: Picture) -> Picture:
    pixels = page.image.width * page.image.height
    return page if pixels <= _MOST_PIXELS else page.at_most(page.dpi * float((_MOST_PIXELS / pixels) ** 0.5))
