"""Pictures of pages for reading on screen."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from ocr.inspection import media_type_of
from ocr.limits import ReadingLimits
from ocr.pages import Picture, open_pages
from ocr.pixels import is_colourful

SCREEN_DPI = 150  # A4 upright is 1 240 pixels wide
_MOST_SCREEN_PIXELS = 8_000_000
_QUALITY = 75
_DRAWN_AT_LEAST_DPI, _DRAWN_AT_MOST_DPI = 50, 400


def screen_jpeg(page: Picture) -> bytes:
    """A page as JPEG for the screen, grey unless its colours mean something."""
    return _jpeg(page.at_most(SCREEN_DPI).within(_MOST_SCREEN_PIXELS).image)


def page_image(path: Path, page_number: int, rotation: int, width_px: int, limits: ReadingLimits) -> Iterator[bytes]:
    """One answer: the page, turned, as JPEG `width_px` wide; never enlarged beyond its own resolution.

    The JPEG says how large the page is: without that, a page made of it would be as many points wide as it has pixels.
    """
    with open_pages(path, media_type_of(path), limits) as pages:
        page = pages.picture(page_number, dpi=_DRAWN_AT_LEAST_DPI).turned(rotation)
        if page.image.width < width_px:
            dpi = min(_DRAWN_AT_MOST_DPI, page.dpi * width_px / page.image.width)
            page = pages.picture(page_number, dpi=dpi).turned(rotation)
    factor = width_px / page.image.width
    image, dpi = page.image, page.dpi
    if factor < 1:
        size = width_px, max(1, round(image.height * factor))
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        dpi *= factor
    yield _jpeg(image, dpi)


def _jpeg(image: Image.Image, dpi: float | None = None) -> bytes:
    if not is_colourful(image):
        image = image.convert("L")
    content = io.BytesIO()
    resolution = {} if dpi is None else {"dpi": (round(dpi), round(dpi))}
    image.save(content, "JPEG", quality=_QUALITY, **resolution)
    return content.getvalue()
