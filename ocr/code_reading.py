"""Reads return codes and separators from a page, before any recognition and in any orientation.

Measured on a noisy grey page of 200 dpi: zxing-cpp's local binarizer takes 80 ms, but 27 ms once near-white
paper is white, and finds more than the global one (22 ms) on shaded paper. Trying inverted and downscaled
copies doubles and triples that for nothing we print.

Only where something on the page looks like a code that was not read are further attempts made, see
`code_reading_ladder`; a page without any such trace, the usual enclosure, costs no more than a look for traces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from eakte import cover_sheet_codes
from eakte.paper import Code
from eakte.separators import is_separator
from ocr.code_reading_ladder import climb
from ocr.code_reading_symbols import DecoderFailed, Symbol, decode, foreign_places, seems_ours
from ocr.code_traces import Trace, TraceKind, traces
from ocr.ink import Ink
from ocr.pages import Picture

READING_DPI = 200
_BARS_WITHIN_MM = (90.0, 30.0)  # from the right and from the top, so far the middle of our bars may lie


@dataclass(frozen=True)
class CodesRead:
    """What was read from a page.

    Attributes:
        codes: Each once, in no promised order.
        unread: Something on the page looks like a code, but nothing could be read there.
        attempts: Decodings beyond the first pass.
        climbed_for: Those of the codes that only the further attempts found.
    """

    codes: tuple[Code, ...]
    unread: bool = False
    attempts: int = 0
    climbed_for: tuple[Code, ...] = ()


def read_codes(page: Picture, ink: Ink, fine: Picture | None = None) -> CodesRead:
    """Decode all codes on a page that is not blank.

    Args:
        page: Grey; the caller reduces it to `READING_DPI`.
        fine: The same page as fine as the file has it, for the further attempts.
    """
    level = white_level(ink)
    white = page.image.point([value if value < level else 255 for value in range(256)])
    # The second look costs a tenth and finds symbols as large as a hand.
    symbols, failures = _first_pass((white, white.reduce(3)))
    # Separators and cover sheets bear their code eight times: what else shows on them says nothing new.
    separates = any(_ends_an_envelope(symbol.code) for symbol in symbols)
    unread = () if separates else _unexplained(page, traces(page, ink), symbols)
    attempts = 0
    climbed_for: tuple[Code, ...] = ()
    if unread:
        unread, broken = _ours_perhaps(white, unread)
        failures += broken
    if unread:

        def unexplained(left: Sequence[Trace], read: Sequence[Symbol]) -> tuple[Trace, ...]:
            return _unexplained(page, left, [*symbols, *read])

        climbed = climb(fine or page, unread, unexplained)
        read_before = {symbol.code.text for symbol in symbols}
        climbed_for = tuple(each.code for each in climbed.symbols if each.code.text not in read_before)
        symbols, unread = [*symbols, *climbed.symbols], climbed.unread
        attempts, failures = climbed.attempts, failures + climbed.failures
    codes = tuple(dict.fromkeys(symbol.code for symbol in symbols))
    return CodesRead(codes, bool(unread or failures), attempts, climbed_for)


def _ends_an_envelope(code: Code) -> bool:
    """Whether it has the form of what stands on separators and cover sheets."""
    like_cover = code.text.startswith(cover_sheet_codes.PREFIX) and len(code.text) == cover_sheet_codes.PAYLOAD_LENGTH
    return like_cover or is_separator(code)


def _first_pass(images: Sequence[Image.Image]) -> tuple[list[Symbol], int]:
    symbols: list[Symbol] = []
    failures = 0
    for image in images:
        try:
            symbols += decode(image)
        except DecoderFailed:
            failures += 1  # what stands there counts as unread, and a person sees the page
    return symbols, failures


def _ours_perhaps(page: Image.Image, unread: Sequence[Trace]) -> tuple[tuple[Trace, ...], int]:
    """The traces where no symbol of a kind stands that we never print; and how often the decoder broke."""
    try:
        foreign = foreign_places(page)
    except DecoderFailed:
        return tuple(unread), 1
    rest = []
    for trace in unread:
        x, y = trace.centre
        in_one = any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in foreign)
        holds_one = any(trace.holds((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in foreign)
        if not (in_one or holds_one):
            rest.append(trace)
    return tuple(rest), 0


def _unexplained(page: Picture, found: Sequence[Trace], symbols: Sequence[Symbol]) -> tuple[Trace, ...]:
    """Traces that no symbol was read from, and that are not the twin of one that was."""
    rotation = rotation_told_by(tuple(symbol.code for symbol in symbols))
    return tuple(
        trace
        for trace in found
        if not any(trace.holds(symbol.x, symbol.y) for symbol in symbols)
        and not (rotation is not None and _where_we_stamp(page, trace, rotation))
    )


def _where_we_stamp(page: Picture, trace: Trace, rotation: int) -> bool:
    """Whether a trace may be of our own stamps, on a page with a return code that must be turned so."""
    width, height = page.size_mm
    x, y = trace.centre
    for _ in range(rotation // 90):  # clockwise: what was left comes to the top
        x, y, width, height = 1 - y, x, height, width
    from_right, from_top = (1 - x) * width, y * height
    if trace.kind is TraceKind.SQUARES:
        return True  # a second letter's squares come with its bars; flecks may look like squares
    return from_right < _BARS_WITHIN_MM[0] and from_top < _BARS_WITHIN_MM[1]


def rotation_told_by(codes: Sequence[Code]) -> int | None:
    """How the page must be turned, as its return codes tell; foreign codes stand as they like.

    Returns:
        None without a return code, and when several disagree.
    """
    told = {code.rotation for code in codes if seems_ours(code)}
    return told.pop() if len(told) == 1 else None


def white_level(ink: Ink) -> int:
    """From this grey level on everything is paper: above all ink, also faint, and below most of the noise."""
    return max(ink.paper - max(12, round(3.5 * ink.noise)), (ink.paper + ink.darkest) // 2)
