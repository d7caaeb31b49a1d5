"""Makes a page cheap to recognise without making it harder to read; or, where that came out poor, easier to read.

Chosen page by page from what `ocr/ink.py` measures.

Cheap: what Tesseract's network costs goes with the length of a line over its height, so a page is made coarser and
narrower, as far as its letters stay tall and broad enough; what finding the lines costs goes with the pixels.
Figures: docs/recognition.md. Making near-white paper white saved nothing more at 200 dpi and cost letters, black and
white more of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from ocr.ink import Ink, paper_around, strokes
from ocr.pages import MM_PER_INCH, Picture
from ocr.skew import skew_degrees

_ENOUGH_DPI = 200
_SMALL_PRINT_STROKE_MM = 0.30  # below 7 pt
_NARROWED_FROM_STROKE_MM = 0.31  # of the finest print on the page: a footer of 7 pt is lost sooner than the rest
_NARROWEST, _NARROWEST_FROM_STROKE_MM = 0.8, 0.38  # 10 pt has 0.34 to 0.39, 8.5 pt and narrow faces 0.33
_LEAST_CONTRAST = 60  # below, every pixel counts
_MARGIN_MM = 4.0
_MOST_PIXELS = 12_000_000  # A3 at 250 dpi; Tesseract's memory grows with it
_FINE_DPI = 300
_ASKEW_DEGREES = 1.0
_DEEP_SHADOW = 40
_FAINTEST_PRINT = 20.0
_BLUR_MM = 0.12
_BAND_ROWS = 256
_NOISY = 0.12  # of the contrast


@dataclass(frozen=True)
class Prepared:
    """An image file for Tesseract and where it lies on the page.

    Attributes:
        path: Uncompressed grey TIFF that states its resolution.
        left, top: Upper left corner on the page, in fractions of it.
        width, height: Of the whole page, in pixels of this image.
        size: Of this image, in pixels.
        turned_degrees: By how much it was turned against the clock around its middle.
    """

    path: Path
    left: float
    top: float
    width: float
    height: float
    size: tuple[int, int]
    turned_degrees: float = 0.0

    def on_page(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """A box in pixels of this image as fractions of the page."""
        if self.turned_degrees:
            # The middle is turned back; the box keeps its size, which fits the word better than one around it.
            angle = math.radians(self.turned_degrees)
            across, down = (left + right - self.size[0]) / 2, (top + bottom - self.size[1]) / 2
            further_right = across * math.cos(angle) - down * math.sin(angle) - across
            further_down = across * math.sin(angle) + down * math.cos(angle) - down
            left, right = left + further_right, right + further_right
            top, bottom = top + further_down, bottom + further_down
        return (
            min(1.0, max(0.0, self.left + left / self.width)),
            min(1.0, max(0.0, self.top + top / self.height)),
            min(1.0, max(0.0, self.left + right / self.width)),
            min(1.0, max(0.0, self.top + bottom / self.height)),
        )


def prepare(page: Picture, ink: Ink, path: Path, *, with_effort: bool = False) -> Prepared:
    """Write an upright grey page as cheaply readable as it allows.

    What Tesseract loses on a page that lies askew, is pale or has a shadow across, it loses without noticing: its
    confidence in the rest stays high. So these are mended at once where they are measured.

    Args:
        with_effort: Mend what can be mended and save nothing, since a first try came out poor.
    """
    cutting = _cut_to_ink(page, ink)
    hard = with_effort or ink.contrast < _LEAST_CONTRAST or ink.shadow > _DEEP_SHADOW or _is_noisy(ink)
    if with_effort:
        across = down = max(page.dpi, _FINE_DPI)
    else:
        across, down = (page.dpi, page.dpi) if hard else _enough_dpi(page, ink)
    image = _resized(cutting.image, page.dpi, across, down)
    seen, seen_ink = page, ink
    if hard:
        dpi = page.dpi * image.height / cutting.image.height
        blur = ImageFilter.GaussianBlur(_BLUR_MM / MM_PER_INCH * dpi)
        image = _evened(image.filter(blur) if _is_noisy(ink) else image, dpi, palest_too=with_effort)
        seen, seen_ink = Picture(image, dpi), replace(ink, paper=255, darkest=0)
    askew = skew_degrees(seen, seen_ink)
    turn = 0.0
    if abs(askew) >= _ASKEW_DEGREES:
        # Lines are steeper on a page made narrower.
        narrower = (image.width / cutting.image.width) / (image.height / cutting.image.height)
        turn = -math.degrees(math.atan(math.tan(math.radians(askew)) / narrower))
        image = image.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)
    return _written(page, cutting, image, path, turn)


def _is_noisy(ink: Ink) -> bool:
    return ink.noise > _NOISY * ink.contrast


def coarse(page: Picture, path: Path) -> Path:
    """Write a page so that only its orientation can be told: half the time of the full resolution."""
    reduced = page.at_most(150)
    reduced.image.save(path, "TIFF", compression="raw", dpi=(reduced.dpi, reduced.dpi))
    return path


@dataclass(frozen=True)
class _Cutting:
    """The part of a page on which ink stands; its corner in pixels of the page."""

    image: Image.Image
    left: int
    top: int


def _cut_to_ink(page: Picture, ink: Ink) -> _Cutting:
    width, height = page.image.size
    margin_px = round(_MARGIN_MM / MM_PER_INCH * page.dpi)
    left, top = max(0, int(ink.left * width) - margin_px), max(0, int(ink.top * height) - margin_px)
    right = min(width, int(ink.right * width) + margin_px)
    bottom = min(height, int(ink.bottom * height) + margin_px)
    if (right - left) * (bottom - top) < 0.95 * width * height:
        return _Cutting(page.image.crop((left, top, right, bottom)), left, top)
    return _Cutting(page.image, 0, 0)


def _enough_dpi(page: Picture, ink: Ink) -> tuple[float, float]:
    """Resolution across and down."""
    stems = strokes(page, ink)
    if stems.mean_mm < _SMALL_PRINT_STROKE_MM:
        return page.dpi, page.dpi
    down = min(page.dpi, _ENOUGH_DPI)
    how_broad = (stems.finest_mm - _NARROWED_FROM_STROKE_MM) / (_NARROWEST_FROM_STROKE_MM - _NARROWED_FROM_STROKE_MM)
    return down * (1 - (1 - _NARROWEST) * min(1.0, max(0.0, how_broad))), down


def _resized(image: Image.Image, dpi: float, across: float, down: float) -> Image.Image:
    """The image at another resolution, not larger than Tesseract's memory allows."""
    width, height = image.width * across / dpi, image.height * down / dpi
    factor = min(1.0, math.sqrt(_MOST_PIXELS / (width * height)))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    close = abs(size[0] / image.width - 1) < 0.05 and abs(size[1] / image.height - 1) < 0.05
    return image if close else image.resize(size, Image.Resampling.BICUBIC)


def _written(page: Picture, cutting: _Cutting, image: Image.Image, path: Path, turned_degrees: float = 0.0) -> Prepared:
    across, down = image.width / cutting.image.width, image.height / cutting.image.height
    image.save(path, "TIFF", compression="raw", dpi=(page.dpi * down, page.dpi * down))
    width, height = page.image.size
    return Prepared(
        path,
        cutting.left / width,
        cutting.top / height,
        width * across,
        height * down,
        image.size,
        turned_degrees,
    )


def _evened(image: Image.Image, dpi: float, *, palest_too: bool) -> Image.Image:
    """Paper white everywhere and ink black, whatever shadows lie on the page and however pale the print is.

    What is left of the noise becomes white, too: as grains it would cost Tesseract minutes.

    Args:
        palest_too: Bring out the palest writing, also beside something much darker, such as a stamp.
    """
    coarse_levels = np.asarray(Picture(image, dpi).at_most(100).image)
    around = Image.fromarray(paper_around(coarse_levels).astype(np.uint8)).filter(ImageFilter.BoxBlur(8))
    depths = np.asarray(around, np.float32) - coarse_levels
    deepest = float(np.percentile(depths, 99.5))
    if palest_too and (inked := depths[depths > _FAINTEST_PRINT / 2]).size:
        deepest = min(deepest, 1.5 * float(np.percentile(inked, 30)))
    levels = np.asarray(image)
    paper = np.asarray(around.resize(image.size, Image.Resampling.BILINEAR))
    sample = paper[::5, ::5].astype(np.float32) - levels[::5, ::5]
    noise = 1.48 * float(np.median(np.abs(sample - np.median(sample))))
    full = max(_FAINTEST_PRINT, deepest, 3 * noise)
    floor = min(2 * noise, full / 3)
    evened = np.empty_like(levels)
    for top in range(0, len(levels), _BAND_ROWS):  # whole, the page would be in memory four times over
        band = slice(top, top + _BAND_ROWS)
        depth = paper[band].astype(np.float32) - levels[band]
        evened[band] = np.clip(255.0 - (depth - floor) * (255.0 / (full - floor)), 0, 255)
    return Image.fromarray(evened)
