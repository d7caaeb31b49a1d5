"""What stands for a page that cannot be read, so that the others keep their numbers."""

from __future__ import annotations

from eakte.paper import PageText, TextSource

_A4_MM = (210.0, 297.0)


def unreadable_page(page_number: int, problem: str) -> PageText:
    """A page without words or picture, and why."""
    return PageText(page_number, 0, *_A4_MM, "", (), TextSource.OCR, None, problem=problem)
