"""Where the codes stand on a page, and whether these places are still free.

Two corners, so that what tears, folds or stains one rarely hits both. Both lie clear of the fold
lines (105 and 210 mm, 87 and 192 mm), of the punch mark (148.5 mm) and of the address field of a
window envelope, and within the margins that office printers need (5 mm).

Source: DIN 5008:2020-03, forms A and B.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2

from eakte.errors import Invalid
from ocr.press.symbols import MM_PER_DOT, POINTS_PER_DOT

A4_WIDTH_MM, A4_HEIGHT_MM = 210.0, 297.0
A4_WIDTH_PT, A4_HEIGHT_PT = A4_WIDTH_MM * 72 / 25.4, A4_HEIGHT_MM * 72 / 25.4
_A4_TOLERANCE_MM = 2.0


@dataclass(frozen=True)
class Place:
    """A rectangle that must be free of ink, quiet zones included.

    Attributes:
        name: For people, in German.
        left, top, right, bottom: Dots of 1/300 inch from the upper left corner of the upright page.
    """

    name: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def in_mm(self) -> str:
        """For people, such as `114–200 mm von links, 6–24 mm von oben`."""
        left, top, right, bottom = (round(dots * MM_PER_DOT) for dots in (self.left, self.top, self.right, self.bottom))
        return f"{left}–{right} mm von links, {top}–{bottom} mm von oben"


CODE_128_MODULE_DOTS = 4  # 0.339 mm, never below 0.33 mm
CODE_128_HEIGHT_DOTS = 144  # 12.2 mm
CODE_128_QUIET_MODULES = 10
CODE_128_MOST_MODULES = 233  # 18 letters and digits in code set B
CODE_128_TOP_DOTS = 84  # 7.1 mm
READABLE_TEXT_DOTS = 40  # 3.4 mm of line under the bars, 0.3 mm below them
READABLE_TEXT_GAP_DOTS = 4

DATA_MATRIX_MODULE_DOTS = 8  # 0.68 mm, never below 0.5 mm
DATA_MATRIX_QUIET_MODULES = 2
DATA_MATRIX_MOST_MODULES = 18
_RIGHT_DOTS = 2362  # 200 mm
_DATA_MATRIX_BOTTOM_DOTS = 3424  # 289.9 mm

CODE_128_PLACE = Place(
    "oben rechts (Strichcode)",
    left=_RIGHT_DOTS - (CODE_128_MOST_MODULES + 2 * CODE_128_QUIET_MODULES) * CODE_128_MODULE_DOTS,
    top=72,
    right=_RIGHT_DOTS,
    bottom=283,
)
DATA_MATRIX_PLACE = Place(
    "unten rechts (DataMatrix)",
    left=_RIGHT_DOTS - (DATA_MATRIX_MOST_MODULES + DATA_MATRIX_QUIET_MODULES) * DATA_MATRIX_MODULE_DOTS,
    top=_DATA_MATRIX_BOTTOM_DOTS - (DATA_MATRIX_MOST_MODULES + DATA_MATRIX_QUIET_MODULES) * DATA_MATRIX_MODULE_DOTS,
    right=_RIGHT_DOTS + DATA_MATRIX_QUIET_MODULES * DATA_MATRIX_MODULE_DOTS,
    bottom=_DATA_MATRIX_BOTTOM_DOTS + DATA_MATRIX_QUIET_MODULES * DATA_MATRIX_MODULE_DOTS,
)
PLACES = (CODE_128_PLACE, DATA_MATRIX_PLACE)

_CHECKED_AT_DPI = 200
_PAPER_FROM = 251  # of 255 in every colour: what is darker, the lightest grey too, counts as ink


def require_a4(page_number: int, width_pt: float, height_pt: float) -> None:
    """Refuse a page on which the codes would not stand where they must.

    Args:
        width_pt, height_pt: Of the page as it is shown.

    Raises:
        Invalid: Not A4 upright. Other sizes are scaled when printed, and the modules with them.
    """
    width_mm, height_mm = width_pt * 25.4 / 72, height_pt * 25.4 / 72
    if abs(width_mm - A4_WIDTH_MM) > _A4_TOLERANCE_MM or abs(height_mm - A4_HEIGHT_MM) > _A4_TOLERANCE_MM:
        raise Invalid(
            f"Seite {page_number} misst {width_mm:.0f} × {height_mm:.0f} mm. Ein Antwortcode wird nur auf "
            "A4 im Hochformat (210 × 297 mm) gedruckt. Bitte das Seitenformat der Vorlage ändern."
        )


def require_free(pdf: Path, page_numbers: list[int]) -> None:
    """Refuse pages that have ink where a code must stand.

    Looks at the rendered page, as paper would: colour, pictures, notes and form fields count, white
    and invisible things do not. pdfium allows one caller at a time in a process; see `letter_press`.

    Raises:
        Invalid: Names page and place.
    """
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        for page_number in page_numbers:
            page = document[page_number - 1]
            for place in PLACES:
                if _has_ink(page, place):
                    raise Invalid(
                        f"Auf Seite {page_number} ist der Platz für den Antwortcode {place.name} nicht frei "
                        f"({place.in_mm}). Bitte die Vorlage dort leer lassen."
                    )
            page.close()
    finally:
        document.close()


def _has_ink(page: pypdfium2.PdfPage, place: Place) -> bool:
    width_pt, height_pt = page.get_size()
    crop = (
        place.left * POINTS_PER_DOT,
        height_pt - place.bottom * POINTS_PER_DOT,
        width_pt - place.right * POINTS_PER_DOT,
        place.top * POINTS_PER_DOT,
    )
    bitmap = page.render(scale=_CHECKED_AT_DPI / 72, crop=crop)
    return bool(np.asarray(bitmap.to_numpy())[:, :, :3].min() < _PAPER_FROM)
