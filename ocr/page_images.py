"""Pictures of pages for reading on screen."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageFilter

from ocr.inspection import media_type_of
from ocr.limits import ReadingLimits
from ocr.pages import MM_PER_INCH, Picture, open_pages
from ocr.pixels import is_colourful

SCREEN_DPI = 150  # A4 upright is 1 240 pixels wide
THUMBNAIL_DPI = 14
"""A4 upright is 116 pixels wide: the shape of a page is known again, eleven-point print cannot be read."""
_LONGEST_THUMBNAIL_PX = 256
_SHARPENED = ImageFilter.UnsharpMask(radius=0.6, percent=80, threshold=2)
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


def thumbnails(images: Sequence[tuple[bytes, float]]) -> Iterator[bytes]:
    """One answer per page image, given with its width in millimetres: a small JPEG of it."""
    for content, width_mm in images:
        with Image.open(io.BytesIO(content)) as image:
            yield _thumbnail(image, width_mm)


def _thumbnail(image: Image.Image, width_mm: float) -> bytes:
    width = max(1, min(image.width, round(width_mm / MM_PER_INCH * THUMBNAIL_DPI)))
    height = max(1, round(image.height * width / image.width))
    shrink = min(1.0, _LONGEST_THUMBNAIL_PX / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    image.draft(None, (2 * size[0], 2 * size[1]))  # unpacked at an eighth of its size, where that is enough
    small = image.resize(size, Image.Resampling.LANCZOS).filter(_SHARPENED)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue()


def _jpeg(image: Image.Image, dpi: float | None = None) -> bytes:
    if not is_colourful(image):
        image = image.convert("L")
    content = io.BytesIO()
    resolution = {} if dpi is None else {"dpi": (round(dpi), round(dpi))}
    image.save(content, "JPEG", quality=_QUALITY, **resolution)
    return content.getvalue()
