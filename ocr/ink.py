"""Measures a page cheaply: how white is the paper, how dark the ink, where does it stand, is there any at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocr.pages import MM_PER_INCH, Picture

_COARSE_DPI = 100
_MOST_PIXELS = 4_000_000
_TILE_PX = 16  # 4 mm at 100 dpi: larger than a stroke, smaller than a shadow
_IGNORED_EDGE_MM = 2.0  # scanners leave a dark rim there
_FAINTEST_INK = 12  # grey levels below the paper around it: a light pencil has 25
_SURELY_INK = 40  # below the paper, whatever the noise: so much is left of none at this resolution
_PATCH_PX = (2, 8)  # a quarter of the least dark patch
_EVERY_ROW = 5
_BAND_MM = 2.5  # about a line of small print
_TELLING_STEMS = 60
_REACH_PX = 3
_LEAST_INK_PX = 6  # within this reach: a stroke of half a millimetre by one; dust is smaller


@dataclass(frozen=True)
class Ink:
    """What was measured on a page.

    Attributes:
        paper: Grey level of the paper (0 black to 255 white).
        noise: Standard deviation of the paper's grey levels, at full resolution.
        darkest: Grey level that the ink reaches (the darkest two-hundredth of the page).
        shadow: Grey levels between the lightest paper of the page and the darkest.
        blank: No ink at all, strictly.
        left, top, right, bottom: Where the ink stands, in fractions of the page; all of it when blank.
        light_on_dark: There are dark areas, in which light writing may stand.
    """

    paper: int
    noise: float
    darkest: int
    shadow: int
    blank: bool
    left: float
    top: float
    right: float
    bottom: float
    light_on_dark: bool

    @property
    def contrast(self) -> int:
        """Grey levels between ink and paper; too many where a shadow lies on the page."""
        return self.paper - self.darkest


def measure(page: Picture) -> Ink:
    """Measure a grey page."""
    grey = page.image
    assert grey.mode == "L"
    paper, noise = _paper(grey)
    coarse = page.at_most(_COARSE_DPI).within(_MOST_PIXELS)
    levels = np.asarray(coarse.image)
    ground = _ground(levels)
    spots = _spots(levels, ground)
    rim = round(_IGNORED_EDGE_MM / MM_PER_INCH * coarse.dpi)
    inner = spots[rim:-rim, rim:-rim] if rim and min(spots.shape) > 4 * rim else spots
    rows, columns = np.flatnonzero(spots.any(axis=1)), np.flatnonzero(spots.any(axis=0))
    height, width = spots.shape
    if not len(rows):
        rows, columns = np.array([0, height - 1]), np.array([0, width - 1])
    return Ink(
        paper=paper,
        noise=noise,
        darkest=_darkest(coarse.image),
        shadow=ground.shadow,
        blank=not inner.any(),
        left=float(columns[0] / width),
        top=float(rows[0] / height),
        right=float((columns[-1] + 1) / width),
        bottom=float((rows[-1] + 1) / height),
        light_on_dark=_has_dark_areas(levels, paper),
    )


def _paper(grey: Image.Image) -> tuple[int, float]:
    """The commonest light level, and how far the levels around it spread."""
    counts = np.array(grey.histogram(), dtype=np.int64)
    paper = int(counts[96:].argmax()) + 96
    near = slice(max(0, paper - 40), paper + 1)  # only the darker side: the other may be cut off at white
    weights = counts[near]
    distances = np.arange(near.start, near.stop) - paper
    return paper, float(np.sqrt((weights * distances**2).sum() / max(1, weights.sum())))


def _darkest(coarse: Image.Image) -> int:
    counts = np.cumsum(coarse.histogram())
    return int(np.searchsorted(counts, counts[-1] * 0.005))


def _spots(levels: NDArray[np.uint8], ground: _Ground) -> NDArray[np.bool_]:
    """Pixels that belong to ink: darker than the paper around them, by more than noise, and not alone."""
    depth = min(max(_FAINTEST_INK, 4.0 * ground.spread), _SURELY_INK)
    dark = levels < np.maximum(ground.paper, depth) - depth
    enough: NDArray[np.bool_] = dark & (_count_around(dark) >= _LEAST_INK_PX)
    return enough


def _count_around(dark: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many of the pixels within reach are dark, each itself included; a sixth of the time of a blur."""
    counts: NDArray[np.uint8] = dark.view(np.uint8)
    for _ in range(2):
        length = counts.shape[0]
        padded = np.pad(counts, ((_REACH_PX, _REACH_PX), (0, 0)))
        counts = padded[:length].copy()
        for further in range(1, 2 * _REACH_PX + 1):
            counts += padded[further : further + length]
        counts = np.ascontiguousarray(counts.T)
    return counts


def paper_around(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The level of the paper at every pixel of a coarse page, whatever shadows lie on it."""
    return _ground(levels).paper


@dataclass(frozen=True)
class _Ground:
    """What lies under the ink: the paper's level at every pixel, the spread of its noise, the depth of shadows."""

    paper: NDArray[np.float32]
    spread: float
    shadow: int


def _ground(levels: NDArray[np.uint8]) -> _Ground:
    """Tell paper from ink.

    The paper of a tile is a high percentile of its pixels, so that a stroke does not count; a tile in the
    middle of something black takes the level of the page.
    """
    height, width = levels.shape
    padded = np.pad(levels, ((0, -height % _TILE_PX), (0, -width % _TILE_PX)), mode="edge")
    # Every other row tells as much, at half the price.
    tiles = padded.reshape(padded.shape[0] // _TILE_PX, _TILE_PX, -1, _TILE_PX).swapaxes(1, 2)[:, :, ::2]
    pixels = tiles.reshape(tiles.shape[0], tiles.shape[1], -1)
    # One partial sort gives all three; as many noisy pixels lie below the 16th as beyond one deviation.
    low, middle, high = (pixels.shape[2] * percent // 100 for percent in (16, 50, 60))
    pixels.partition((low, middle, high), axis=2)
    light = pixels[:, :, high].astype(np.float32)
    page = float(np.median(light))
    darker, lighter = np.percentile(light, (10, 95))
    light[light < page - 60] = page
    around = np.repeat(np.repeat(light, _TILE_PX, axis=0), _TILE_PX, axis=1)[:height, :width]
    # Tiles full of print are restless, too: the quieter ones tell the noise.
    spread = float(np.percentile(pixels[:, :, middle] - pixels[:, :, low], 20))
    return _Ground(around, spread, round(float(lighter - darker)))


def _has_dark_areas(levels: NDArray[np.uint8], paper: int) -> bool:
    """Whether there is a dark patch 1 mm high and 4 mm wide: in the bar of a table's head, not in bold letters."""
    high, wide = _PATCH_PX
    dark = levels < paper - 70
    height, width = (dark.shape[0] // high * high, dark.shape[1] // wide * wide)
    blocks: NDArray[np.bool_] = np.all(dark[:height, :width].reshape(height // high, high, -1, wide), axis=(1, 3))
    beside = blocks[:, 1:] & blocks[:, :-1]
    return bool((beside[1:] & beside[:-1]).any())


@dataclass(frozen=True)
class Strokes:
    """Breadth of the stems of the letters, which tells how small the print is.

    Measured on generated letters: 0.28 mm at 6 pt, 0.30 to 0.34 at 7, 0.36 at 9, 0.43 at 11.

    Attributes:
        mean_mm: Over the page.
        finest_mm: Where they are finest: in some line of small print, such as a footer.
    """

    mean_mm: float
    finest_mm: float


def strokes(page: Picture, ink: Ink) -> Strokes:
    """Measure the stems on a grey page."""
    levels = np.asarray(page.image)[::_EVERY_ROW]
    dark = levels < (ink.paper + ink.darkest) // 2
    edges = np.diff(np.pad(dark, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        return Strokes(1.0, 1.0)
    lengths = ends - starts  # flattened row by row: the n-th start belongs to the n-th end
    stems = lengths <= 2.5 * np.median(lengths)  # not the bars of letters, not rules
    band_rows = max(1, round(_BAND_MM / MM_PER_INCH * page.dpi / _EVERY_ROW))
    bands = starts[stems] // edges.shape[1] // band_rows
    counts, sums = np.bincount(bands), np.bincount(bands, weights=lengths[stems])
    telling = counts >= _TELLING_STEMS
    mean = float(lengths[stems].mean())
    finest = min(mean, float((sums[telling] / counts[telling]).min())) if telling.any() else mean
    return Strokes(mean / page.dpi * MM_PER_INCH, finest / page.dpi * MM_PER_INCH)
