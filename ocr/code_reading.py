"""Reads return codes and separators from a page, before any recognition and in any orientation.

Measured on a noisy grey page of 200 dpi: zxing-cpp's local binarizer takes 80 ms, but 27 ms once near-white
paper is white, and finds more than the global one (22 ms) on shaded paper. Trying inverted and downscaled
copies doubles and triples that for nothing we print.
"""

from __future__ import annotations

import numpy as np
import zxingcpp
from PIL import Image

from eakte.paper import Code, Symbology
from eakte.return_codes import PAYLOAD_LENGTH, PREFIX
from ocr.ink import Ink
from ocr.pages import Picture

READING_DPI = 200

_SYMBOLOGIES = {
    zxingcpp.BarcodeFormat.Code128: Symbology.CODE_128,
    zxingcpp.BarcodeFormat.DataMatrix: Symbology.DATA_MATRIX,
    zxingcpp.BarcodeFormat.Code39: Symbology.CODE_39,
    zxingcpp.BarcodeFormat.QRCode: Symbology.QR,
}
_FORMATS = zxingcpp.BarcodeFormats(list(_SYMBOLOGIES))
_STAMPED_UPRIGHT = (Symbology.CODE_128, Symbology.DATA_MATRIX)


def read_codes(page: Picture, ink: Ink) -> tuple[Code, ...]:
    """Decode all codes on a grey page; the caller reduces it to `READING_DPI`."""
    level = white_level(ink)
    white = page.image.point([value if value < level else 255 for value in range(256)])
    # The second look costs a tenth and finds symbols as large as a hand.
    found = [symbol for image in (white, white.reduce(3)) for symbol in _decoded(image)]
    codes: dict[Code, None] = {}
    for symbol in found:
        symbology = _SYMBOLOGIES.get(symbol.format) or _SYMBOLOGIES.get(symbol.symbology)
        if symbology is not None and symbol.text:
            codes[Code(symbol.text, symbology, upright_turn(symbol.orientation))] = None
    return tuple(codes)


def _decoded(image: Image.Image) -> list[zxingcpp.Barcode]:
    return zxingcpp.read_barcodes(
        np.asarray(image), formats=_FORMATS, try_rotate=True, try_downscale=False, try_invert=False
    )


def rotation_told_by(codes: tuple[Code, ...]) -> int | None:
    """How the page must be turned, as its return codes tell; foreign codes stand as they like.

    Returns:
        None without a return code, and when several disagree.
    """
    told = {
        code.rotation
        for code in codes
        if code.symbology in _STAMPED_UPRIGHT and code.text.startswith(PREFIX) and len(code.text) == PAYLOAD_LENGTH
    }
    return told.pop() if len(told) == 1 else None


def upright_turn(orientation: int) -> int:
    """Clockwise degrees that turn a symbol upright which lies turned by so many, give or take some skew."""
    return -round(orientation / 90) * 90 % 360


def white_level(ink: Ink) -> int:
    """From this grey level on everything is paper: above all ink, also faint, and below most of the noise."""
    return max(ink.paper - max(12, round(3.5 * ink.noise)), (ink.paper + ink.darkest) // 2)
