"""Takes sheets out of files into one PDF, image streams byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pikepdf

from eakte.errors import Unreadable
from eakte.paper import MAIL, Sheet
from ocr.active_content import disarm_page
from ocr.image_pages import ImagePages
from ocr.image_to_pdf import image_page
from ocr.inspection import PDF, media_type_of, open_pdf
from ocr.limits import ReadingLimits
from ocr.mail_pages import printed


def take_out(
    files: Sequence[Path], sheets: Sequence[Sheet], target: Path, limits: ReadingLimits, folder: Path
) -> Iterator[int]:
    """Write the sheets, in this order, as one PDF that shows them upright; one answer: how many.

    What the source carries besides its pages (attachments, programs, bookmarks) stays behind.
    """
    with ExitStack() as opened, pikepdf.new() as taken:
        sources = {index: _Source(files[index], limits, folder / str(index), opened) for index in _indices(sheets)}
        for sheet in sheets:
            page = sources[sheet.file_index].page(sheet.page_number)
            taken.pages.append(page)
            copied = taken.pages[-1]
            turn_further(copied, sheet.rotation)
        save(taken, target)
        yield len(taken.pages)


def _indices(sheets: Sequence[Sheet]) -> list[int]:
    return sorted({sheet.file_index for sheet in sheets})


class _Source:
    """A file sheets are taken out of, opened once."""

    def __init__(self, path: Path, limits: ReadingLimits, folder: Path, opened: ExitStack) -> None:
        self._path, self._folder, self._opened = path, folder, opened
        self._images: ImagePages | None = None
        self._pdf: pikepdf.Pdf | None = None
        if media_type_of(path) == PDF:
            self._pdf = opened.enter_context(open_any_pdf(path))
        else:
            folder.mkdir(exist_ok=True)
            if media_type_of(path) == MAIL:
                self._path = path = printed(path, limits, folder)
            self._images = opened.enter_context(ImagePages(path, limits))

    def page(self, page_number: int) -> pikepdf.Page:
        """A page ready to be copied."""
        if self._images is not None:
            pdf = self._opened.enter_context(image_page(self._images, self._path, page_number, self._folder))
            return pdf.pages[0]
        assert self._pdf is not None
        if not 1 <= page_number <= len(self._pdf.pages):
            raise Unreadable("no_such_page", f"Die Datei hat keine Seite {page_number}.")
        page = self._pdf.pages[page_number - 1]
        disarm_page(page)
        return page


def open_any_pdf(path: Path) -> pikepdf.Pdf:
    """Open a PDF, repaired if need be.

    Raises:
        Unreadable: Encrypted or beyond repair.
    """
    try:
        return open_pdf(path)[0]
    except pikepdf.PdfError as error:
        raise Unreadable(
            "damaged", "Das PDF ist beschädigt und lässt sich nicht öffnen. Bitte neu scannen oder erneut anfordern."
        ) from error


def turn_further(page: pikepdf.Page, degrees: int) -> None:
    """Turn how a page is shown, clockwise, on top of what it says itself."""
    rotation = (shown_rotation(page) + degrees) % 360
    if rotation or "/Rotate" in page.obj:
        page.obj["/Rotate"] = rotation


def shown_rotation(page: pikepdf.Page) -> int:
    """Clockwise degrees by which a page says that it is to be shown turned; inherited ones, too."""
    node: pikepdf.Object | None = page.obj
    for _ in range(20):
        if node is None:
            break
        if "/Rotate" in node:
            try:
                return int(node["/Rotate"]) // 90 * 90 % 360
            except (TypeError, ValueError):
                return 0
        node = node.get("/Parent")
    return 0


def save(pdf: pikepdf.Pdf, target: Path, *, version: str = "") -> None:
    """Write a PDF: streams as they are, the same file for the same input.

    Args:
        version: What the file calls itself, such as `1.7`; as its source did when left out.
    """
    try:
        pdf.save(
            target,
            compress_streams=True,
            recompress_flate=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            force_version=version,
        )
    except pikepdf.PdfError as error:
        raise Unreadable(
            "damaged", "Der Inhalt des PDF ist beschädigt; es lässt sich nicht schreiben. Bitte neu scannen."
        ) from error
