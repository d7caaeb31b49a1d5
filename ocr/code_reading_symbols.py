"""Decoding: pixels in, symbols out, whatever foreign things stand on a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import zxingcpp
from PIL import Image

from eakte.paper import Code, Symbology
from eakte.return_codes import ALPHABET, PAYLOAD_LENGTH, PREFIX

_SYMBOLOGIES = {
    zxingcpp.BarcodeFormat.Code128: Symbology.CODE_128,
    zxingcpp.BarcodeFormat.DataMatrix: Symbology.DATA_MATRIX,
    zxingcpp.BarcodeFormat.Code39: Symbology.CODE_39,
    zxingcpp.BarcodeFormat.QRCode: Symbology.QR,
}
EVERY_KIND = zxingcpp.BarcodeFormats(list(_SYMBOLOGIES))
BARS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.Code39])
SQUARES = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.QRCode])
FOREIGN_KINDS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.EAN13,
        zxingcpp.BarcodeFormat.UPCA,
        zxingcpp.BarcodeFormat.ITF14,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.Aztec,
        zxingcpp.BarcodeFormat.MaxiCode,
    ]
)
"""On goods, parcels and tickets, never ours: a place where one stands has been read. Only kinds whose own checks are
strong enough that a damaged print of ours is not taken for one."""
_STAMPED_UPRIGHT = (Symbology.CODE_128, Symbology.DATA_MATRIX)


class DecoderFailed(Exception):
    """The decoder itself broke on these pixels; others may be read all the same."""


@dataclass(frozen=True)
class Symbol:
    """A decoded symbol and where its centre lies, in fractions of the picture."""

    code: Code
    x: float
    y: float


def foreign_places(image: Image.Image) -> list[tuple[float, float, float, float]]:
    """Where symbols of kinds that we never print stand.

    Returns:
        Left, top, right, bottom of each, in fractions of the picture.

    Raises:
        DecoderFailed: As `decode`.
    """
    width, height = image.size
    places = []
    for found in _read(image, FOREIGN_KINDS):
        corners = _corners(found)
        xs, ys = [corner.x / width for corner in corners], [corner.y / height for corner in corners]
        places.append((min(xs), min(ys), max(xs), max(ys)))
    return places


def decode(image: Image.Image, formats: zxingcpp.BarcodeFormats = EVERY_KIND) -> list[Symbol]:
    """Decode all symbols of a grey picture.

    Returns:
        With texts that can be stored and shown: bytes that are no text stand as `<GS>` or `<U+80>`.

    Raises:
        DecoderFailed: As it says.
    """
    try:
        symbols = [_symbol(each, image.size) for each in _read(image, formats)]
    except ValueError as error:  # bytes that are no text after all
        raise DecoderFailed(str(error)) from error
    return [symbol for symbol in symbols if symbol is not None]


def _read(image: Image.Image, formats: zxingcpp.BarcodeFormats) -> list[zxingcpp.Barcode]:
    pixels = np.ascontiguousarray(image)
    try:
        return zxingcpp.read_barcodes(pixels, formats=formats, try_rotate=True, try_downscale=False, try_invert=False)
    # Whatever the binding makes of an exception inside the decoder.
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError) as error:
        raise DecoderFailed(str(error)) from error


def _symbol(found: zxingcpp.Barcode, size: tuple[int, int]) -> Symbol | None:
    symbology = _SYMBOLOGIES.get(found.format) or _SYMBOLOGIES.get(found.symbology)
    if symbology is None or not found.valid or not found.text:
        return None
    corners = _corners(found)
    x = sum(corner.x for corner in corners) / 4 / size[0]
    y = sum(corner.y for corner in corners) / 4 / size[1]
    text = found.text.encode("utf-8", "replace").decode()  # no lone surrogates: rows and JSON take only text
    return Symbol(Code(text, symbology, upright_turn(found.orientation)), x, y)


def _corners(found: zxingcpp.Barcode) -> tuple[zxingcpp.Point, ...]:
    place = found.position
    return place.top_left, place.top_right, place.bottom_right, place.bottom_left


def upright_turn(orientation: int) -> int:
    """Clockwise degrees that turn a symbol upright which lies turned by so many, give or take some skew."""
    return -round(orientation / 90) * 90 % 360


def seems_ours(code: Code) -> bool:
    """Whether it has the form of a return code; whether it is one, only who has the key can tell."""
    return (
        code.symbology in _STAMPED_UPRIGHT
        and code.text.startswith(PREFIX)
        and len(code.text) == PAYLOAD_LENGTH
        and all(symbol in ALPHABET for symbol in code.text[len(PREFIX) :])
    )
