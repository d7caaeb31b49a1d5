"""Cheap signs that a code stands on a page, whether or not anybody can read it.

Bars change the grey level in one direction and hardly in the other, over many millimetres; the squares of a
DataMatrix change it in both and are half ink. Letters do neither for long. One look costs 2 ms on a page of A4 and
decides two things: whether further attempts at reading can pay, and whether a page without a readable code is really
one that bears none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from ocr.ink import Ink
from ocr.pages import MM_PER_INCH, Picture

_COARSE_DPI = 100
_MOST_PIXELS = 4_000_000
_TILE_PX = 16  # 4 mm at 100 dpi: a dozen modules of our bars
_TILE_MM = _TILE_PX / _COARSE_DPI * MM_PER_INCH
_RESTLESS = 0.10  # mean change from pixel to pixel, in parts of the contrast
_ONE_WAY = 2.0  # so much more in one direction than in the other
_LEAST_TILES = 4  # 16 mm of bars in a row, and two tiles high: lines of small print are neither
_SQUARES_RESTLESS, _SQUARE_INK = 0.06, (0.3, 0.7)
_CORNER_MM = 45.0
_SLACK_TILES = 1  # what lies askew


class TraceKind(StrEnum):
    """What it looks like; bars lie when they make a row from left to right."""

    LYING_BARS = "lying bars"
    STANDING_BARS = "standing bars"
    SQUARES = "squares"


@dataclass(frozen=True)
class Trace:
    """A place where a code seems to stand; in fractions of the page."""

    kind: TraceKind
    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        """From the left and from the top."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the page lies in it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def traces(page: Picture, ink: Ink) -> tuple[Trace, ...]:
    """Find what looks like a code on a grey page, in any orientation.

    Returns:
        Bars anywhere; squares only near a corner, where our DataMatrix stands whichever way the page lies. Largest
        first.
    """
    coarse = page.at_most(_COARSE_DPI).within(_MOST_PIXELS)
    image = _stretched(coarse.image, ink)
    if min(image.size) < 2 * _TILE_PX:
        return ()
    across, down = _restlessness(image)
    dark = _tiles(image.point([255 if level < 128 else 0 for level in range(256)]))
    lying = _bars((across > _RESTLESS) & (across > _ONE_WAY * down))
    standing = _bars(((down > _RESTLESS) & (down > _ONE_WAY * across)).T).T
    squares = (np.minimum(across, down) > _SQUARES_RESTLESS) & (dark > _SQUARE_INK[0]) & (dark < _SQUARE_INK[1])
    squares &= _near_a_corner(squares.shape)
    found = (
        (TraceKind.LYING_BARS, lying), (TraceKind.STANDING_BARS, standing), (TraceKind.SQUARES, _blocks(squares)),
    )  # fmt: skip
    size = image.width / _TILE_PX, image.height / _TILE_PX
    boxes = [(kind, *box) for kind, mask in found for box in _islands(mask)]
    boxes.sort(key=lambda box: (box[1] - box[3]) * (box[4] - box[2]))
    return tuple(
        Trace(
            kind,
            max(0.0, (left - _SLACK_TILES) / size[0]),
            max(0.0, (top - _SLACK_TILES) / size[1]),
            min(1.0, (right + _SLACK_TILES) / size[0]),
            min(1.0, (bottom + _SLACK_TILES) / size[1]),
        )
        for kind, left, top, right, bottom in boxes
    )


def _stretched(image: Image.Image, ink: Ink) -> Image.Image:
    """Ink black, paper white, so that faded print counts like any other."""
    contrast = max(24, ink.contrast)
    return image.point([min(255, max(0, round(255 - (ink.paper - level) * 255 / contrast))) for level in range(256)])


def _restlessness(image: Image.Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much each tile changes from pixel to pixel, across and down, less what noise does everywhere."""
    across = _tiles(ImageChops.difference(image, ImageChops.offset(image, 1, 0)))
    down = _tiles(ImageChops.difference(image, ImageChops.offset(image, 0, 1)))
    noise = min(np.percentile(across, 20), np.percentile(down, 20))
    return (across - noise).clip(0).astype(np.float32), (down - noise).clip(0).astype(np.float32)


def _tiles(image: Image.Image) -> NDArray[np.float32]:
    """The mean of each whole tile, 0..1."""
    whole = image.crop((0, 0, image.width // _TILE_PX * _TILE_PX, image.height // _TILE_PX * _TILE_PX))
    means: NDArray[np.float32] = np.asarray(whole.reduce(_TILE_PX), np.float32) / np.float32(255)
    return means


def _bars(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only what stands in a row of enough tiles, over another."""
    pairs = mask[1:] & mask[:-1]
    kept = np.zeros_like(mask)
    edges = np.diff(np.pad(pairs, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, firsts), ends = np.nonzero(edges == 1), np.nonzero(edges == -1)[1]
    for row, first, end in zip(rows, firsts, ends, strict=True):
        if end - first >= _LEAST_TILES:
            kept[row : row + 2, first:end] = True
    return kept


def _blocks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only what belongs to two tiles by two."""
    full = mask[1:, 1:] & mask[:-1, 1:] & mask[1:, :-1] & mask[:-1, :-1]
    kept = np.zeros_like(mask)
    kept[1:, 1:] |= full
    kept[:-1, 1:] |= full
    kept[1:, :-1] |= full
    kept[:-1, :-1] |= full
    return kept


def _near_a_corner(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    reach = round(_CORNER_MM / _TILE_MM)
    rows, columns = (np.minimum(np.arange(count), np.arange(count)[::-1]) < reach for count in shape)
    near: NDArray[np.bool_] = rows[:, None] & columns[None, :]
    return near


def _islands(mask: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of what hangs together, also over one tile's gap."""
    left = {(int(row), int(column)) for row, column in zip(*np.nonzero(mask), strict=True)}
    islands = []
    while left:
        reached = [min(left)]
        left.remove(reached[0])
        for row, column in reached:
            near = {(row + up, column + over) for up in range(-2, 3) for over in range(-2, 3)} & left
            left -= near
            reached.extend(near)
        rows, columns = [row for row, _ in reached], [column for _, column in reached]
        islands.append((min(columns), min(rows), max(columns) + 1, max(rows) + 1))
    return islands
