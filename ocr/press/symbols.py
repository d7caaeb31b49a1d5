"""The bars and squares of a code, as vector paths: sharp at any size, whatever the printer.

Lengths are dots of 1/300 inch. Modules of whole dots fall on the grid of office printers (300, 600,
1200 dpi), so that every bar comes out as wide as it was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import zxingcpp
from barcode.codex import Code128

DOTS_PER_INCH = 300
POINTS_PER_DOT = 72 / DOTS_PER_INCH
MM_PER_DOT = 25.4 / DOTS_PER_INCH


def code_128(payload: str) -> list[bool]:
    """Encode a payload as Code 128.

    Returns:
        One entry per module from left to right, True for a bar; without quiet zones.
    """
    return [module == "1" for module in Code128(payload).build()[0]]


def data_matrix(payload: str) -> list[list[bool]]:
    """Encode a payload as a square DataMatrix.

    Returns:
        Rows from top to bottom, True for a dark module; without quiet zone.
    """
    # The binding passes unknown options over in silence, and a payload of ours would become oblong.
    symbol = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    pixels = np.asarray(symbol.to_image(scale=1, add_quiet_zones=False))
    if pixels.shape[0] != pixels.shape[1]:
        raise RuntimeError(f"the DataMatrix is {pixels.shape[1]} × {pixels.shape[0]} modules, not square")
    return [[bool(pixel == 0) for pixel in row] for row in pixels]


def svg_path(rows: Sequence[Sequence[bool]], *, module_dots: int, row_dots: int) -> str:
    """Draw rows of modules as one SVG path, its origin at the upper left corner of the symbol.

    One path, since separately filled neighbours leave a faint seam between them on screen.
    """
    pieces = []
    for row_index, row in enumerate(rows):
        for first, count in _runs(row):
            x, y, width = first * module_dots, row_index * row_dots, count * module_dots
            pieces.append(f"M{x} {y}h{width}v{row_dots}h-{width}z")
    return "".join(pieces)


def _runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Give first module and length of each run of dark modules."""
    start: int | None = None
    for index, dark in enumerate([*row, False]):
        if dark and start is None:
            start = index
        elif not dark and start is not None:
            yield start, index - start
            start = None
