"""Which way is up on a page that no code tells it of.

Tesseract's own answer costs half a recognition, so it is asked only on suspicion: when the ink runs in columns
instead of lines, or when a first recognition came out poor (upright print gives 0.9 and more, the same page turned
0.15 to 0.35).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocr.ink import Ink
from ocr.pages import Picture

POOR_CONFIDENCE = 0.6
_STRIPS = 8  # narrow enough that a page lying a little askew still shows its lines
_SEEMS_TURNED = 0.8


def seems_sideways(page: Picture, ink: Ink) -> bool:
    """Whether the ink of a grey page changes more from column to column than from row to row."""
    levels = np.asarray(page.at_most(100).within(4_000_000).image)
    dark = levels < (ink.paper + ink.darkest) // 2
    by_rows, by_columns = _roughness(dark), _roughness(dark.T)
    return by_rows < _SEEMS_TURNED * by_columns


def _roughness(dark: NDArray[np.bool_]) -> float:
    """How strongly the ink changes from one row to the next, in strips."""
    return float(
        sum(
            np.square(np.diff(strip.sum(axis=1, dtype=np.int32))).sum()
            for strip in np.array_split(dark, _STRIPS, axis=1)
        )
    )
