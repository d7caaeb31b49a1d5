"""How far askew a page lies."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ocr.ink import Ink
from ocr.pages import Picture

_MOST_DEGREES = 8.0
_STEP_DEGREES = 0.5
_STRIPS = 24
_MOST_PIXELS = 2_000_000
_CLEARLY = 1.3


def skew_degrees(page: Picture, ink: Ink) -> float:
    """Degrees against the clock by which the lines of an upright grey page rise to the right; 0 when in doubt.

    Where lines run, ink changes strongly from row to row once the page is straight. The page is cut into strips that
    are moved against each other instead of being turned: a hundredth of the time.
    """
    coarse = page.at_most(100).within(_MOST_PIXELS)
    strips = _strips(np.asarray(coarse.image) < (ink.paper + ink.darkest) // 2)

    def roughness(degrees: float) -> float:
        rise = math.tan(math.radians(degrees))
        rows = np.sum([np.roll(profile, round(rise * place)) for profile, place in strips], axis=0)
        return float(np.square(np.diff(rows)).sum())

    steps = round(_MOST_DEGREES / _STEP_DEGREES)
    straightest = max((step * _STEP_DEGREES for step in range(-steps, steps + 1)), key=roughness)
    straightest = max((straightest + part * _STEP_DEGREES / 2 for part in (0, -1, 1)), key=roughness)
    return straightest if roughness(straightest) > _CLEARLY * roughness(0.0) else 0.0


def _strips(dark: NDArray[np.bool_]) -> list[tuple[NDArray[np.int32], float]]:
    """Ink by row in each strip, and how far right of the page's middle the strip's middle is."""
    width = dark.shape[1]
    edges = np.linspace(0, width, min(_STRIPS, width) + 1).round().astype(int)
    return [
        (dark[:, left:right].sum(axis=1, dtype=np.int32), (left + right - width) / 2)
        for left, right in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
