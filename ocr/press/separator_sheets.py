"""Separator sheets (Trennblätter): laid between envelopes, they say where one ends."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import weasyprint
from pypdf import PdfReader, PdfWriter

from eakte.errors import Invalid
from eakte.separators import SEPARATOR_PAYLOAD
from ocr.press.symbols import POINTS_PER_DOT, code_128, data_matrix, svg_path

MOST_SHEETS = 1_000

_MODULE_DOTS = 6  # 0.51 mm: bold enough for a sheet that has been through the scanner a hundred times
_BAR_HEIGHT_DOTS = 236  # 20 mm
_SQUARE_DOTS = 12  # 1.02 mm

_STYLE = """
    @page { size: 210mm 297mm; margin: 0 }
    body { margin: 0; font-family: "Liberation Sans", "DejaVu Sans", sans-serif; color: black }
    div, svg { position: absolute }
    .title { left: 0; width: 210mm; text-align: center; font-size: 60pt; font-weight: bold; line-height: 1 }
    .title small { display: block; font-size: 13pt; font-weight: normal; line-height: 1.5; margin-top: 6mm }
    .turned { transform: rotate(180deg) }
"""


def write(count: int, target: Path) -> None:
    """Write a PDF with separator sheets to print.

    Every sheet carries the separator code along all four edges and in the corners, and its title
    twice, so that it may lie in the stack whichever way round.

    Raises:
        Invalid: No sheets, or more than anybody needs.
    """
    if not 1 <= count <= MOST_SHEETS:
        raise Invalid(f"Bitte zwischen 1 und {MOST_SHEETS} Trennblätter bestellen, nicht {count}.")
    sheet = PdfReader(BytesIO(weasyprint.HTML(string=_sheet()).write_pdf())).pages[0]
    writer = PdfWriter()
    for _ in range(count):
        writer.add_page(sheet)
    writer.add_metadata({"/Title": "Trennblätter"})
    writer.write(target)


def _sheet() -> str:
    title = "Trennblatt<small>Hier endet eine Sendung. Bitte mitscannen.</small>"
    return (
        f'<!doctype html><html lang="de"><title>Trennblatt</title><style>{_STYLE}</style>'
        f'<div class="title" style="top:92mm">{title}</div>'
        f'<div class="title turned" style="bottom:92mm">{title}</div>{marks(SEPARATOR_PAYLOAD)}</html>'
    )


def marks(payload: str) -> str:
    """A code along all four edges and in the corners of an A4 page, as HTML placed on it."""
    bars = code_128(payload)
    bar_path = svg_path([bars], module_dots=_MODULE_DOTS, row_dots=_BAR_HEIGHT_DOTS)
    squares = data_matrix(payload)
    square_path = svg_path(squares, module_dots=_SQUARE_DOTS, row_dots=_SQUARE_DOTS)
    bar_size = (len(bars) * _MODULE_DOTS, _BAR_HEIGHT_DOTS)
    square_size = (len(squares) * _SQUARE_DOTS, len(squares) * _SQUARE_DOTS)
    drawings = [
        *(_drawing(bar_path, bar_size, x_mm, y_mm, turn)
          for x_mm, y_mm, turn in ((105, 25, 0), (105, 272, 180), (25, 148.5, 270), (185, 148.5, 90))),
        *(_drawing(square_path, square_size, x_mm, y_mm, turn)
          for x_mm, y_mm, turn in ((25, 25, 0), (185, 25, 90), (185, 272, 180), (25, 272, 270))),
    ]  # fmt: skip
    return "".join(drawings)


def _drawing(path: str, size_dots: tuple[int, int], centre_x_mm: float, centre_y_mm: float, turn: int) -> str:
    width, height = size_dots
    width_pt, height_pt = width * POINTS_PER_DOT, height * POINTS_PER_DOT
    left_pt, top_pt = centre_x_mm * 72 / 25.4 - width_pt / 2, centre_y_mm * 72 / 25.4 - height_pt / 2
    # The turn stands on a box around the drawing: on the drawing itself WeasyPrint applies it twice.
    box = f"left:{left_pt:.3f}pt;top:{top_pt:.3f}pt;width:{width_pt:.3f}pt;height:{height_pt:.3f}pt"
    return (
        f'<div style="{box};transform:rotate({turn}deg)"><svg style="width:100%;height:100%" '
        f'viewBox="0 0 {width} {height}"><path d="{path}"/></svg></div>'
    )
