"""The ladder: further attempts at a code that shows but could not be read, on small cuttings of the page.

Each rung undoes one kind of damage. Bars are the same all along, so their mean over some millimetres outweighs
noise, flecks and strokes across them; a little turning puts them upright for that. Squares are helped by what
outvotes single pixels. The order is that of what each finds for its time; docs/codes.md has the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter

from ocr.code_reading_symbols import BARS, SQUARES, DecoderFailed, Symbol, decode
from ocr.code_traces import Trace, TraceKind
from ocr.pages import MM_PER_INCH, Picture

_FINEST_DPI = 300
_MOST_CUTTINGS = 4
_MOST_PIXELS = 2_000_000  # of a cutting; our bars with all around them have 600 000
_MATRIX_MM = 33.0  # the corner in which our DataMatrix stands
_MARGIN_MM = 8.0  # around a trace: quiet zone, and ends that are too pale to show

Rung = Callable[[Image.Image], Image.Image]


Unexplained = Callable[[Sequence[Trace], Sequence[Symbol]], tuple[Trace, ...]]


@dataclass(frozen=True)
class Climb:
    """What the ladder found.

    Attributes:
        symbols: Placed at the centre of the trace they were read from.
        unread: The traces of which nothing is known still.
        attempts: How many decodings it took.
        failures: How many of them broke the decoder.
    """

    symbols: tuple[Symbol, ...]
    unread: tuple[Trace, ...]
    attempts: int
    failures: int


def climb(page: Picture, where: tuple[Trace, ...], unexplained: Unexplained) -> Climb:
    """Try on, rung by rung over all places, until every trace is explained.

    Args:
        page: As fine as the file has it, grey or in colour.
        where: Traces of codes that nothing has been read from.
        unexplained: Which of some traces are still open, given what was read.
    """
    cuttings = [(trace, _cutting(page, trace)) for trace in _places(page, where)]
    symbols: list[Symbol] = []
    left = where
    attempts = failures = 0
    for step in range(max(len(_BARS_RUNGS), len(_SQUARES_RUNGS))):
        for trace, cutting in cuttings:
            rungs, formats = _RUNGS[trace.kind]
            if not left or step >= len(rungs) or (trace in where and trace not in left):
                continue
            attempts += 1
            try:
                symbols += [_placed(symbol, trace) for symbol in decode(rungs[step](cutting), formats)]
            except DecoderFailed:
                failures += 1
            left = unexplained(left, symbols)
    return Climb(tuple(symbols), left, attempts, failures)


def _places(page: Picture, where: tuple[Trace, ...]) -> Iterator[Trace]:
    """The traces, largest first, and where our squares must stand if these bars are ours."""
    yield from where[:_MOST_CUTTINGS]
    if all(trace.kind is not TraceKind.SQUARES for trace in where):
        yield from dict.fromkeys(_corner_of_squares(page, trace) for trace in where[:2])


def _corner_of_squares(page: Picture, bars: Trace) -> Trace:
    """Upright, our bars stand at the top and our squares at the lower right; and so on as the page is turned."""
    width, height = page.size_mm
    across, down = min(1.0, _MATRIX_MM / width), min(1.0, _MATRIX_MM / height)
    x, y = bars.centre
    right = y < 0.5 if bars.kind is TraceKind.LYING_BARS else x < 0.5
    bottom = right if bars.kind is TraceKind.LYING_BARS else not right
    left, top = 1 - across if right else 0.0, 1 - down if bottom else 0.0
    return Trace(TraceKind.SQUARES, left, top, left + across, top + down)


def _cutting(page: Picture, trace: Trace) -> Image.Image:
    """The place as grey pixels, bars standing upright."""
    width, height = page.image.size
    margin = _MARGIN_MM / MM_PER_INCH * page.dpi
    left, top = max(0, round(trace.left * width - margin)), max(0, round(trace.top * height - margin))
    right, bottom = min(width, round(trace.right * width + margin)), min(height, round(trace.bottom * height + margin))
    piece = Picture(page.image.crop((left, top, right, bottom)), page.dpi)
    cut = piece.at_most(_FINEST_DPI).within(_MOST_PIXELS)
    image = cut.grey
    if trace.kind is TraceKind.STANDING_BARS:
        image = image.transpose(Image.Transpose.ROTATE_90)
    factor = min(_FINEST_DPI / cut.dpi, math.sqrt(_MOST_PIXELS / (image.width * image.height)))
    if factor > 1.1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
    return image


def _placed(symbol: Symbol, trace: Trace) -> Symbol:
    """As it stands on the page: at the trace, and without the turn that the cutting was given."""
    x, y = trace.centre
    turned = 270 if trace.kind is TraceKind.STANDING_BARS else 0  # clockwise, as Pillow's 90 against the clock is
    return Symbol(replace(symbol.code, rotation=(symbol.code.rotation + turned) % 360), x, y)


def _along_bars(length_mm: float, turned_degrees: float = 0.0) -> Rung:
    """The mean over some millimetres down the bars."""
    reach = round(length_mm / MM_PER_INCH * _FINEST_DPI)

    def mean(image: Image.Image) -> Image.Image:
        if turned_degrees:
            image = image.rotate(turned_degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=255)
        sums = np.cumsum(np.pad(np.asarray(image, np.uint32), ((reach, 0), (0, 0)), mode="edge"), axis=0)
        return Image.fromarray(((sums[reach:] - sums[:-reach]) // reach).astype(np.uint8))

    return mean


def _blurred(radius_px: int) -> Rung:
    return lambda image: image.filter(ImageFilter.BoxBlur(radius_px))


_BARS_RUNGS: tuple[Rung, ...] = (
    _along_bars(3), _along_bars(2, -4), _blurred(2), _along_bars(2, 2), _along_bars(6),
)  # fmt: skip
_SQUARES_RUNGS: tuple[Rung, ...] = (_blurred(3), _blurred(4), _blurred(2), _blurred(1))
_RUNGS: Mapping[TraceKind, tuple[tuple[Rung, ...], zxingcpp.BarcodeFormats]] = {
    TraceKind.LYING_BARS: (_BARS_RUNGS, BARS),
    TraceKind.STANDING_BARS: (_BARS_RUNGS, BARS),
    TraceKind.SQUARES: (_SQUARES_RUNGS, SQUARES),
}
