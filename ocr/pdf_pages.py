"""The pages of a PDF as pictures: the scanned image itself where one fills the page, else drawn by pdfium.

Taking the image out costs a tenth of drawing the page, and gives Tesseract the pixels the scanner saw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from eakte.errors import Unreadable
from ocr.limits import ReadingLimits
from ocr.pages import MM_PER_INCH, Picture
from ocr.pixels import plain

POINTS_PER_INCH = 72.0
_MOST_OBJECTS_OF_A_SCAN = 4_000  # the words of a hidden text layer are objects, too
_LARGEST_IMAGE_TAKEN_OUT = 36_000_000  # A4 at 600 dpi; beyond, drawing may need less memory
_BAND_BYTES = 8_000_000
_EDGE_TOLERANCE = 0.02
_NAMES_OF_MASKS = (b"/SMask", b"/Mask")
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class _Placement:
    """An image that fills a page, and how it must be turned clockwise to be seen as the page shows it."""

    image: Any
    turn: int
    dpi: float


class PdfPages:
    """An open PDF."""

    def __init__(self, path: Path, limits: ReadingLimits) -> None:
        self._limits = limits
        try:
            self._document = pdfium.PdfDocument(path)
            if self._document.get_formtype() != pdfium_c.FORMTYPE_NONE:
                self._document.init_forms()
        except pdfium.PdfiumError as error:
            raise Unreadable(
                "damaged", "Das PDF ist beschädigt und lässt sich nicht öffnen. Bitte neu scannen oder anfordern."
            ) from error
        self.page_count: int = len(self._document)
        self._path = path

    @cached_property
    def _has_masks(self) -> bool:
        return _names_a_mask(self._path)

    def page(self, page_number: int) -> Any:
        """The page as pdfium knows it; to be closed by the caller.

        Raises:
            Unreadable: It does not exist, is larger than any sheet, or cannot be parsed.
        """
        try:
            width_pt, height_pt = self._document.get_page_size(page_number - 1)
            self._require_sheet(width_pt, height_pt)
            page = self._document[page_number - 1]
        except (pdfium.PdfiumError, IndexError) as error:
            raise Unreadable(
                "page_damaged", "Die Seite ist beschädigt und lässt sich nicht öffnen. Bitte neu scannen."
            ) from error
        if pdfium_c.FPDFPage_CountObjects(page) > self._limits.max_objects:
            page.close()
            raise Unreadable(
                "page_too_complex",
                "Die Seite besteht aus ungewöhnlich vielen Zeichenbefehlen. Bitte drucken und neu scannen.",
            )
        return page

    def picture(self, page_number: int, *, dpi: float) -> Picture:
        """Show one page: its scanned image, or drawn at `dpi`."""
        page = self.page(page_number)
        try:
            return self.picture_of(page, dpi=dpi)
        finally:
            page.close()

    def picture_of(self, page: Any, *, dpi: float, grey: bool = False) -> Picture:
        """As `picture`, for a page that is open already; drawing in grey is quicker."""
        placement = self._scan(page)
        try:
            if placement is not None:
                times_too_fine = max(1, int(placement.dpi / dpi))
                image = _own_copy(placement.image.get_bitmap(render=False), times_too_fine)
                return Picture(image, placement.dpi / times_too_fine).turned(placement.turn)
            return self._drawn(page, dpi, grey)
        except (pdfium.PdfiumError, RuntimeError) as error:
            raise Unreadable(
                "page_damaged", "Das Bild der Seite ist beschädigt und lässt sich nicht anzeigen. Bitte neu scannen."
            ) from error

    def _require_sheet(self, width_pt: float, height_pt: float) -> None:
        longest_mm = max(width_pt, height_pt) / POINTS_PER_INCH * MM_PER_INCH
        if not math.isfinite(longest_mm) or longest_mm > self._limits.max_page_mm or min(width_pt, height_pt) < 1:
            raise Unreadable(
                "page_too_large",
                f"Die Seite misst {_metres(width_pt)} × {_metres(height_pt)} m; gelesen werden Seiten bis "
                f"{self._limits.max_page_mm / 1000:.0f} m. Bitte in einem üblichen Papierformat anfordern.",
            )

    def _drawn(self, page: Any, dpi: float, grey: bool) -> Picture:
        width_pt, height_pt = page.get_size()
        pixels = width_pt * height_pt * (dpi / POINTS_PER_INCH) ** 2
        dpi *= min(1.0, math.sqrt(self._limits.max_drawn_pixels / pixels))
        return Picture(_own_copy(page.render(scale=dpi / POINTS_PER_INCH, grayscale=grey)), dpi)

    def _scan(self, page: Any) -> _Placement | None:
        """The one image that fills the page, when nothing else can be seen on it."""
        if not 1 <= pdfium_c.FPDFPage_CountObjects(page) <= _MOST_OBJECTS_OF_A_SCAN or _has_visible_notes(page):
            return None
        found: Any = None
        for item in page.get_objects(max_depth=1):
            if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE and found is None:
                found = item
            elif item.type != pdfium_c.FPDF_PAGEOBJ_TEXT or not _is_invisible(item):
                return None
        if found is None:
            return None
        width_px, height_px = found.get_px_size()
        if width_px * height_px > self._limits.max_image_pixels:
            raise Unreadable(
                "image_too_large",
                f"Das Bild der Seite hat {width_px * height_px / 1e6:.0f} Megapixel; gelesen werden bis zu "
                f"{self._limits.max_image_pixels // 1_000_000}. Bitte mit geringerer Auflösung neu scannen.",
            )
        if width_px * height_px > _LARGEST_IMAGE_TAKEN_OUT or not _fills(found, page):
            return None
        turn = _turn(found, page)
        if turn is None or (self._has_masks and _is_clear_somewhere(found)):
            return None
        upright_width_pt = page.get_width() if turn % 180 == 0 else page.get_height()
        upright_height_pt = page.get_height() if turn % 180 == 0 else page.get_width()
        across = width_px / upright_width_pt * POINTS_PER_INCH
        down = height_px / upright_height_pt * POINTS_PER_INCH
        # A fax is coarser down than across; pdfium evens that out when it draws.
        return _Placement(found, turn, across) if abs(across / down - 1) < 0.03 else None

    def close(self) -> None:
        self._document.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _metres(points: float) -> str:
    return f"{points / POINTS_PER_INCH * MM_PER_INCH / 1000:.2f}".replace(".", ",")


def _own_copy(bitmap: Any, times_too_fine: int = 1) -> Image.Image:
    """The picture in memory of its own; pdfium's is given back as soon as nobody holds the bitmap.

    A picture much finer than needed is reduced band by band: whole, it would be in memory twice.
    """
    if times_too_fine == 1:
        image: Image.Image = plain(bitmap.to_pil())
        return image.copy() if image.readonly else image
    pixels = bitmap.to_numpy()
    height, width = pixels.shape[0] // times_too_fine, pixels.shape[1] // times_too_fine
    rows = max(1, _BAND_BYTES // (pixels.strides[0] * times_too_fine))
    reduced = Image.new("L" if pixels.ndim == 2 else "RGB", (width, height))
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        band = pixels[top * times_too_fine : bottom * times_too_fine, : width * times_too_fine]
        if band.ndim == 3:
            band = band[:, :, 2::-1]  # pdfium says blue, green, red, and perhaps a fourth that means nothing
        reduced.paste(Image.fromarray(np.ascontiguousarray(band)).reduce(times_too_fine), (0, top))
    return reduced


def _is_invisible(item: Any) -> bool:
    return bool(pdfium_c.FPDFTextObj_GetTextRenderMode(item) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)


def _has_visible_notes(page: Any) -> bool:
    """Whether somebody has written on the page (comments, filled-in fields); links draw nothing."""
    for index in range(min(200, pdfium_c.FPDFPage_GetAnnotCount(page))):
        note = pdfium_c.FPDFPage_GetAnnot(page, index)
        kind = pdfium_c.FPDFAnnot_GetSubtype(note)
        pdfium_c.FPDFPage_CloseAnnot(note)
        if kind not in (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP):
            return True
    return False


def _names_a_mask(path: Path) -> bool:
    """Whether some image of a file may have a mask: the dictionary that names it is never compressed.

    Read piece by piece: mapped whole, a large file would not fit into the memory that a child may have.
    """
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            seen = before + piece
            if any(name in seen for name in _NAMES_OF_MASKS):
                return True
            before = seen[-max(map(len, _NAMES_OF_MASKS)) :]
    return False


def _is_clear_somewhere(image: Any) -> bool:
    """Whether a mask hides a part of an image: its own pixels, taken out, would show what nobody is to see."""
    bitmap = image.get_bitmap(render=True)  # at 72 dpi
    return bitmap.format == pdfium_c.FPDFBitmap_BGRA and bool((bitmap.to_numpy()[:, :, 3] < 255).any())


def _fills(image: Any, page: Any) -> bool:
    """Whether the image covers the visible page and hardly more."""
    box = page.get_cropbox()
    media = page.get_mediabox()
    left, bottom, right, top = (
        max(box[0], media[0]), max(box[1], media[1]), min(box[2], media[2]), min(box[3], media[3]),
    )  # fmt: skip
    edges = zip(image.get_bounds(), (left, bottom, right, top), strict=True)
    allowed = _EDGE_TOLERANCE * max(right - left, top - bottom)
    return all(abs(is_at - should_be) <= allowed for is_at, should_be in edges)


def _turn(image: Any, page: Any) -> int | None:
    """Clockwise degrees from the image's own pixels to the page as shown; None when it lies aslant or mirrored."""
    matrix = image.get_matrix()
    a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
    slack = 0.002 * max(abs(a), abs(b), abs(c), abs(d))
    if abs(b) <= slack and abs(c) <= slack and a * d > 0:
        against_the_clock = 0 if a > 0 else 180
    elif abs(a) <= slack and abs(d) <= slack and b * c < 0:
        against_the_clock = 90 if b > 0 else 270
    else:
        return None
    return (int(page.get_rotation()) - against_the_clock) % 360
