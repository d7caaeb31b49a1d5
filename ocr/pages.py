"""The pages of a file as pictures, whatever kind of file it is. Only ever used inside a child process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from PIL import Image

from eakte.paper import MAIL
from ocr.limits import ReadingLimits

MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Picture:
    """A page as pixels, the way a viewer shows it (with the turn that the file itself prescribes).

    Attributes:
        image: Grey (`L`) or colour (`RGB`), on white.
        dpi: Pixels to the inch of the paper, alike in both directions.
    """

    image: Image.Image
    dpi: float

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the paper."""
        return self.image.width / self.dpi * MM_PER_INCH, self.image.height / self.dpi * MM_PER_INCH

    @property
    def grey(self) -> Image.Image:
        """Without colours."""
        return self.image if self.image.mode == "L" else self.image.convert("L")

    def turned(self, degrees: int) -> Picture:
        """Turn clockwise by a multiple of 90 degrees."""
        turn = _TURNS[degrees % 360]
        return self if turn is None else Picture(self.image.transpose(turn), self.dpi)

    def at_most(self, dpi: float) -> Picture:
        """The same page, not finer than this; each pixel the mean of what it replaces."""
        if self.dpi <= dpi * 1.02:
            return self
        factor = dpi / self.dpi
        if abs(round(1 / factor) * factor - 1) < 0.01:
            return Picture(self.image.reduce(round(1 / factor)), self.dpi / round(1 / factor))
        size = max(1, round(self.image.width * factor)), max(1, round(self.image.height * factor))
        return Picture(self.image.resize(size, Image.Resampling.BOX), self.dpi * factor)

    def within(self, pixels: int) -> Picture:
        """The same page with no more pixels than this, so that a plan costs no more than some letters."""
        count = self.image.width * self.image.height
        return self if count <= pixels else self.at_most(self.dpi * math.sqrt(pixels / count))


_TURNS = {
    0: None,
    90: Image.Transpose.ROTATE_270,  # Pillow turns against the clock
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


class Pages(Protocol):
    """An open file; page numbers count from 1."""

    page_count: int

    def picture(self, page_number: int, *, dpi: float) -> Picture:
        """Show one page.

        Args:
            dpi: What is needed. An image that fills the page comes as fine as it is as long as it has less than
                twice as much; everything else is drawn so.

        Raises:
            Unreadable: This page cannot be shown; the others may be.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_pages(path: Path, media_type: str, limits: ReadingLimits) -> Pages:
    """Open a file whose kind is known.

    Raises:
        Unreadable: It is not what its first bytes say.
    """
    from ocr.image_pages import ImagePages
    from ocr.mail_pages import MailPages
    from ocr.pdf_pages import PdfPages

    if media_type == MAIL:
        return MailPages(path, limits)
    return PdfPages(path, limits) if media_type == "application/pdf" else ImagePages(path, limits)
