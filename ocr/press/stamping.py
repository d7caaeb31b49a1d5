"""Stamps return codes onto finished pages, as vectors over what is already there."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import weasyprint
from pypdf import PageObject, PdfReader, PdfWriter, Transformation
from pypdf.errors import PyPdfError
from pypdf.generic import RectangleObject

from eakte.errors import Invalid
from eakte.ports import PageStamp
from eakte.return_codes import grouped
from ocr.press.places import (
    A4_HEIGHT_PT,
    CODE_128_HEIGHT_DOTS,
    CODE_128_MODULE_DOTS,
    CODE_128_MOST_MODULES,
    CODE_128_PLACE,
    CODE_128_QUIET_MODULES,
    CODE_128_TOP_DOTS,
    DATA_MATRIX_MODULE_DOTS,
    DATA_MATRIX_MOST_MODULES,
    DATA_MATRIX_PLACE,
    DATA_MATRIX_QUIET_MODULES,
    READABLE_TEXT_DOTS,
    READABLE_TEXT_GAP_DOTS,
    require_a4,
    require_free,
)
from ocr.press.symbols import POINTS_PER_DOT, code_128, data_matrix, svg_path

_OVERLAY_STYLE = """
    @page { size: 210mm 297mm; margin: 0 }
    body { margin: 0 }
    section { position: relative; width: 210mm; height: 297mm; break-after: page; overflow: hidden }
    section:last-child { break-after: auto }
    svg, p { position: absolute; margin: 0; color: black }
    p { font-family: "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: 8.5pt; text-align: center;
        white-space: pre }
"""


def stamp(pdf: Path, stamps: Sequence[PageStamp], target: Path) -> list[int]:
    """Stamp return codes onto finished pages.

    Each code is printed twice, as Code 128 with its readable text and as DataMatrix in another
    corner. Nothing else on the pages changes. An optional one is left out where there is no room for it.

    Returns:
        The pages that carry their code now, in order.

    Raises:
        Invalid: No such page, one page named twice, not A4, or ink where a code must stand.
    """
    try:
        writer = PdfWriter(clone_from=PdfReader(pdf))
        page_numbers = [each.page_number for each in stamps]
        if len(set(page_numbers)) < len(page_numbers):
            raise Invalid("Eine Seite trägt nur einen Antwortcode; dieselbe Seite wurde zweimal genannt.")
        stamps = [each for each in stamps if not each.optional or _has_room(pdf, writer, each.page_number)]
        if not stamps:
            writer.write(target)
            return []
        pages = [_page_to_stamp(writer, each.page_number) for each in stamps]
    except PyPdfError as error:
        raise Invalid("Die Datei ist kein lesbares PDF und kann nicht gestempelt werden.") from error
    require_free(pdf, [each.page_number for each in stamps if not each.optional])

    overlay = PdfReader(BytesIO(_overlay([each.payload for each in stamps])))
    for page, layer in zip(pages, overlay.pages, strict=True):
        page.merge_transformed_page(layer, _onto(page))
    writer.write(target)
    return sorted(each.page_number for each in stamps)


def _has_room(pdf: Path, writer: PdfWriter, page_number: int) -> bool:
    try:
        _page_to_stamp(writer, page_number)
        require_free(pdf, [page_number])
    except Invalid:
        return False
    return True


def _page_to_stamp(writer: PdfWriter, page_number: int) -> PageObject:
    page_count = len(writer.pages)
    if not 1 <= page_number <= page_count:
        raise Invalid(
            f"Das Schreiben hat {page_count} Seite(n), Seite {page_number} soll aber einen Antwortcode tragen. "
            "Bitte in der Vorlage berichtigen, welche Blätter zurückerwartet werden."
        )
    page = writer.pages[page_number - 1]
    visible = _visible(page)
    width, height = float(visible.width) * page.user_unit, float(visible.height) * page.user_unit
    if page.rotation % 180:
        width, height = height, width
    require_a4(page_number, width, height)
    if page.user_unit != 1:
        raise Invalid(f"Seite {page_number} rechnet in einer eigenen Maßeinheit (UserUnit) und wird nicht gestempelt.")
    return page


def _visible(page: PageObject) -> RectangleObject:
    """The part of the page that is shown and printed: its crop box, as far as there is paper."""
    crop, media = page.cropbox, page.mediabox
    return RectangleObject(
        (
            max(crop.left, media.left),
            max(crop.bottom, media.bottom),
            min(crop.right, media.right),
            min(crop.top, media.top),
        )
    )


def _onto(page: PageObject) -> Transformation:
    """Carry the overlay (A4 upright) to where the page shows it, whatever its boxes and rotation.

    Both meet in the upper left corner of the page as it is shown.
    """
    visible = _visible(page)
    left, bottom, right, top = (float(edge) for edge in visible)
    to_top_left_origin = Transformation().translate(0, -A4_HEIGHT_PT)
    turn, corner_x, corner_y = {
        0: (0, left, top),
        90: (90, left, bottom),
        180: (180, right, bottom),
        270: (270, right, top),
    }[page.rotation % 360]
    return to_top_left_origin.rotate(turn).translate(corner_x, corner_y)


def _overlay(payloads: Sequence[str]) -> bytes:
    """Draw one transparent A4 page per payload."""
    sections = "".join(f"<section>{_bars(each)}{_squares(each)}</section>" for each in payloads)
    document = f"<!doctype html><style>{_OVERLAY_STYLE}</style>{sections}"
    drawn = weasyprint.HTML(string=document).write_pdf()
    if not isinstance(drawn, bytes):  # only with a target would it return None
        raise TypeError("the overlay was not drawn")
    return drawn


def _bars(payload: str) -> str:
    modules = code_128(payload)
    if len(modules) > CODE_128_MOST_MODULES:
        raise ValueError(f"payload too long for its place: {payload!r}")
    left = CODE_128_PLACE.left + CODE_128_QUIET_MODULES * CODE_128_MODULE_DOTS
    width = len(modules) * CODE_128_MODULE_DOTS
    path = svg_path([modules], module_dots=CODE_128_MODULE_DOTS, row_dots=CODE_128_HEIGHT_DOTS)
    text_top = CODE_128_TOP_DOTS + CODE_128_HEIGHT_DOTS + READABLE_TEXT_GAP_DOTS
    return (
        _drawing(path, left, CODE_128_TOP_DOTS, width, CODE_128_HEIGHT_DOTS)
        + f'<p style="left:{_pt(left)};top:{_pt(text_top)};width:{_pt(width)};line-height:{_pt(READABLE_TEXT_DOTS)}">'
        + f"{escape(grouped(payload))}</p>"
    )


def _squares(payload: str) -> str:
    rows = data_matrix(payload)
    if len(rows) > DATA_MATRIX_MOST_MODULES:
        raise ValueError(f"payload too long for its place: {payload!r}")
    size = len(rows) * DATA_MATRIX_MODULE_DOTS
    quiet = DATA_MATRIX_QUIET_MODULES * DATA_MATRIX_MODULE_DOTS
    path = svg_path(rows, module_dots=DATA_MATRIX_MODULE_DOTS, row_dots=DATA_MATRIX_MODULE_DOTS)
    return _drawing(path, DATA_MATRIX_PLACE.right - quiet - size, DATA_MATRIX_PLACE.bottom - quiet - size, size, size)


def _drawing(path: str, left: int, top: int, width: int, height: int) -> str:
    return (
        f'<svg style="left:{_pt(left)};top:{_pt(top)};width:{_pt(width)};height:{_pt(height)}" '
        f'viewBox="0 0 {width} {height}"><path d="{path}"/></svg>'
    )


def _pt(dots: int) -> str:
    return f"{dots * POINTS_PER_DOT:.3f}pt"
