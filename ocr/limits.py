"""What a foreign file may be and what reading it may cost, all numbers in one place."""

from __future__ import annotations

from dataclasses import dataclass

from ocr.child_messages import Limits

_MEBIBYTE = 1024 * 1024
TESSERACT_KEPT_S = 45
"""Of reading, page after page; then it is started anew, since its limit of CPU seconds counts from its start."""


@dataclass(frozen=True)
class ReadingLimits:
    """Caps that are checked before anything is decoded or rendered, and limits the kernel enforces after that.

    Attributes:
        max_pages: More pages are refused; nobody scans them in one go.
        max_page_mm: Longest side of a page; the longest standard sheet (A0) has 1 189 mm.
        max_image_pixels: Largest image that is decoded; A3 at 700 dpi, A0 at 250 dpi.
        max_drawn_pixels: Largest picture that a page is drawn to; larger pages are drawn coarser (A3 at 400 dpi).
        max_objects: Pages with more drawing operations are left alone.
        max_broken_pages: How many pages of one file may crash or hang before the rest is left alone.
        memory_bytes: Address space of a child on top of what it starts with.
        page_wall_s, page_cpu_s: For looking at one page, cutting out or drawing one file.
        tesseract_wall_s: For one run of Tesseract on one page.
        file_bytes: Largest file that is written.
    """

    max_pages: int = 2_000
    max_page_mm: float = 2_000.0
    max_image_pixels: int = 100_000_000
    max_drawn_pixels: int = 31_000_000
    max_objects: int = 200_000
    max_broken_pages: int = 3
    memory_bytes: int = 330 * _MEBIBYTE
    page_wall_s: float = 90.0
    page_cpu_s: int = 20
    tesseract_wall_s: int = 120
    file_bytes: int = 4 * 1024 * _MEBIBYTE

    def for_a_page(self) -> Limits:
        """For a job that answers page by page."""
        return Limits(self.memory_bytes, self.page_wall_s, self.page_cpu_s, self.file_bytes)

    def for_recognition(self) -> Limits:
        """For a job that also runs Tesseract, at worst as is, for the orientation, turned, with effort."""
        # Programs inherit the limit of CPU seconds, each counting its own; a Tesseract reads several pages.
        cpu_s = max(self.page_cpu_s, TESSERACT_KEPT_S + self.tesseract_wall_s)
        return Limits(self.memory_bytes, self.page_wall_s + 4.0 * self.tesseract_wall_s, cpu_s, self.file_bytes)

    def for_a_file(self, page_count: int) -> Limits:
        """For a job that answers once for all pages."""
        allowance = 1.0 + page_count / 50
        return Limits(
            self.memory_bytes, self.page_wall_s * allowance, round(self.page_cpu_s * allowance), self.file_bytes
        )
