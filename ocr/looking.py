"""Looks at a file page by page, inside a child process: what it is, which codes it bears, what is blank."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eakte.errors import Unreadable
from eakte.paper import PageReading
from ocr.code_reading import READING_DPI, CodesRead, read_codes, rotation_told_by
from ocr.file_facts import FileFacts
from ocr.ink import Ink, measure
from ocr.inspection import inspect
from ocr.limits import ReadingLimits
from ocr.mail_pages import MailPages
from ocr.pages import Pages, Picture, open_pages
from ocr.pdf_pages import PdfPages
from ocr.text_layer import good_text_layer

_MOST_PIXELS = 16_000_000  # A2 at 200 dpi
_UNREAD_CODE = "Auf der Seite steht etwas wie ein Strichcode, das nicht zu lesen ist."


def look_at_file(path: Path, limits: ReadingLimits) -> Iterator[FileFacts | tuple[PageReading, str | None]]:
    """Say what a file is, then look at all its pages.

    Yields:
        The facts, then what `look_at_pages` yields.
    """
    facts = inspect(path, limits)
    yield facts
    yield from look_at_pages(path, facts, 1, limits)


def look_at_pages(
    path: Path, facts: FileFacts, first_page: int, limits: ReadingLimits
) -> Iterator[tuple[PageReading, str | None]]:
    """Look at the pages from `first_page` on.

    Yields:
        Each page's reading, and the short reason of its problem if it has one.
    """
    with open_pages(path, facts.media_type, limits) as pages:
        for page_number in range(first_page, facts.page_count + 1):
            try:
                yield _look_at(pages, page_number), None
            except Unreadable as refusal:
                yield PageReading(page_number, problem=str(refusal)), refusal.reason


def _look_at(pages: Pages, page_number: int) -> PageReading:
    has_text = False
    if isinstance(pages, MailPages):  # drawn by us: no code of ours stands there, whatever its sender wrote
        return PageReading(page_number, has_text_layer=True)
    if isinstance(pages, PdfPages):
        page = pages.page(page_number)
        try:
            has_text = good_text_layer(page) is not None
            picture = pages.picture_of(page, dpi=READING_DPI, grey=True)
        finally:
            page.close()
    else:
        picture = pages.picture(page_number, dpi=READING_DPI)
    ink, read = read_picture(picture)
    return page_reading(page_number, ink, read, has_text=has_text)


def read_picture(picture: Picture) -> tuple[Ink, CodesRead]:
    """Measure a page and read its codes, as fine as that needs."""
    grey = Picture(picture.grey, picture.dpi).at_most(READING_DPI).within(_MOST_PIXELS)
    ink = measure(grey)
    return ink, CodesRead(()) if ink.blank else read_codes(grey, ink, picture)


def page_reading(page_number: int, ink: Ink, read: CodesRead, *, has_text: bool = False) -> PageReading:
    """What is told of a page.

    Args:
        has_text: The page has a text layer, so that it is not blank whatever it shows.
    """
    return PageReading(
        page_number,
        codes=read.codes,
        blank=ink.blank and not has_text,
        rotation=rotation_told_by(read.codes),
        has_text_layer=has_text,
        problem=_UNREAD_CODE if read.unread else None,
    )
