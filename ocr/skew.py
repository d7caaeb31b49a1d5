"""How far askew a page lies."""

from __future__ import annotations

import math

import numpy as np

from ocr.ink import Ink
from ocr.pages import Picture

_MOST_DEGREES = 8.0
_STEP_DEGREES = 0.25
_STRIPS = 24
_MOST_PIXELS = 2_000_000


def skew_degrees(page: Picture, ink: Ink) -> float:
    """Degrees against the clock by which the lines of an upright grey page rise to the right.

    Where lines run, ink changes strongly from row to row once the page is straight. The page is cut into strips that
    are moved against each other instead of being turned: a hundredth of the time.
    """
    coarse = page.at_most(100).within(_MOST_PIXELS)
    dark = np.asarray(coarse.image) < (ink.paper + ink.darkest) // 2
    height, width = dark.shape
    strips = [
        (strip.sum(axis=1, dtype=np.int32), (edges[0] + edges[-1]) / 2 - width / 2)
        for edges in np.array_split(np.arange(width), min(_STRIPS, width))
        for strip in (dark[:, edges[0] : edges[-1] + 1],)
    ]
    best, straightest = -1.0, 0.0
    for degrees in np.arange(-_MOST_DEGREES, _MOST_DEGREES + _STEP_DEGREES / 2, _STEP_DEGREES):
        rise = math.tan(math.radians(degrees))
        rows = np.zeros(height, np.int32)
        for profile, place in strips:
            rows += np.roll(profile, round(rise * place))
        roughness = float(np.square(np.diff(rows)).sum())
        # Of two alike the lesser turn.
        if roughness > best * 1.001 or (roughness >= best and abs(degrees) < abs(straightest)):
            best, straightest = roughness, float(degrees)
    return straightest
