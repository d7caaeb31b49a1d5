"""The pages of an image file as pictures: multi-page TIFF, JPEG, PNG."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image, UnidentifiedImageError

from eakte.errors import Unreadable
from ocr.limits import ReadingLimits
from ocr.pages import MM_PER_INCH, Picture
from ocr.pixels import plain
from ocr.tiff_structure import count_pages

Image.MAX_IMAGE_PIXELS = None  # Pillow would only warn; `_require_size` refuses, before anything is decoded

_A4_LONG_SIDE_INCHES = 297 / MM_PER_INCH
ORIENTATION_TAG = 274
MIRROR_AND_TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What a camera's orientation means. Source: Exif 2.32, tag 274."""
_OBLONG = 0.03
_LARGE_PIXELS = 20_000_000  # A4 at 400 dpi has 15
_DECODING_ERRORS = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, struct.error)
"""What Pillow raises on damaged files, depending on where the damage is."""


class ImagePages:
    """An open image file with one or more pages."""

    def __init__(self, path: Path, limits: ReadingLimits) -> None:
        self._path = path
        self._limits = limits
        self._image = self._opened()
        self.page_count = count_pages(path, limits.max_pages) if self._image.format == "TIFF" else 1

    def _opened(self) -> Image.Image:
        try:
            return Image.open(self._path, formats=("TIFF", "JPEG", "PNG"))
        except UnidentifiedImageError as error:
            raise Unreadable(
                "damaged", "Das Bild ist beschädigt und lässt sich nicht öffnen. Bitte neu scannen."
            ) from error
        except _DECODING_ERRORS as error:
            raise Unreadable(
                "truncated",
                "Die Bilddatei ist unvollständig oder beschädigt. Bitte neu scannen oder erneut übertragen.",
            ) from error

    def frame(self, page_number: int) -> Image.Image:
        """The page's image, not decoded yet, within the limits.

        Raises:
            Unreadable: It is damaged or too large.
        """
        try:
            self._image.seek(page_number - 1)
        except _DECODING_ERRORS as error:
            raise Unreadable("page_damaged", "Die Seite ist beschädigt. Bitte neu scannen.") from error
        self._require_size()
        return self._image

    def picture(self, page_number: int, *, dpi: float) -> Picture:
        """Show one page: as fine as it is, but a large one not much finer than needed."""
        frame = self.frame(page_number)
        across, down = resolution(frame)
        width_px, height_px = frame.size
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # damaged tags; the pixels are what counts
                image, orientation = self._decoded(frame, int(min(across, down) / dpi))
        except _DECODING_ERRORS as error:
            raise Unreadable(
                "page_damaged", "Das Bild der Seite ist beschädigt oder unvollständig. Bitte neu scannen."
            ) from error
        across, down = across * image.width / width_px, down * image.height / height_px
        if abs(across / down - 1) > _OBLONG:  # a fax: finer across than down, or the other way round
            finer = max(across, down)
            size = round(image.width * finer / across), round(image.height * finer / down)
            image, across = image.resize(size, Image.Resampling.BILINEAR), finer
        if orientation in MIRROR_AND_TURN:
            image = image.transpose(MIRROR_AND_TURN[orientation])
        return Picture(image, across)

    def _decoded(self, frame: Image.Image, times_too_fine: int) -> tuple[Image.Image, int]:
        """The page's pixels, apart from the open file, and its orientation.

        A large image is reduced at once, to save memory.
        """
        large = frame.width * frame.height > _LARGE_PIXELS
        if large and times_too_fine > 1:
            frame.draft(None, (frame.width // times_too_fine, frame.height // times_too_fine))  # only JPEG can
        frame.load()
        still_large = frame.width * frame.height > _LARGE_PIXELS
        if still_large and times_too_fine > 1 and frame.mode in ("L", "RGB", "RGBA", "CMYK"):
            image = plain(frame.reduce(times_too_fine))
        else:
            image = plain(frame)
            image = image.copy() if image is frame else image
        image.info = {}  # or its profile and packing would reach what is made of the picture
        orientation = 1 if frame.format == "PNG" else frame.getexif().get(ORIENTATION_TAG, 1)  # PNG comes upright
        if large:
            self._image.close()
            self._image = self._opened()
        return image, int(orientation)

    def _require_size(self) -> None:
        width, height = self._image.size
        if width * height > self._limits.max_image_pixels:
            raise Unreadable(
                "image_too_large",
                f"Das Bild hat {width * height / 1e6:.0f} Megapixel; gelesen werden bis zu "
                f"{self._limits.max_image_pixels // 1_000_000}. Bitte mit geringerer Auflösung neu scannen.",
            )
        longest = max(width / resolution(self._image)[0], height / resolution(self._image)[1]) * MM_PER_INCH
        if longest > self._limits.max_page_mm or min(width, height) < 8:
            raise Unreadable(
                "page_too_large", f"Das Bild misst {width} × {height} Pixel; das ist keine Seite. Bitte neu scannen."
            )

    def close(self) -> None:
        self._image.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def resolution(image: Image.Image) -> tuple[float, float]:
    """Pixels per inch across and down, as the file says.

    Cameras and programs write 72 or 96 for want of knowledge: what would make a page longer than A1, or
    nothing at all, is taken for a sheet of A4.
    """
    stated = image.info.get("dpi")
    try:
        across, down = (float(value) for value in stated) if stated else (0.0, 0.0)
    except (TypeError, ValueError, ZeroDivisionError):
        across = down = 0.0
    plausible = 50 <= across <= 2400 and 50 <= down <= 2400
    if plausible and max(image.width / across, image.height / down) * MM_PER_INCH <= 850:
        return across, down
    if plausible and across > 110:  # a scanner that knows what it does, with a plan on it
        return across, down
    guessed = max(image.size) / _A4_LONG_SIDE_INCHES
    return (min(max(guessed, 72.0), 1200.0),) * 2
