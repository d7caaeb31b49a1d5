"""Sheets as they leave the printer: with our stamps where they stand on every letter, or with a stranger's codes.

Most are drawn as slips of A7, the size of a corner: the stamps keep their distance from the edges they lie at, so
that reading meets the same places with an eighth of the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.damage import Chance
from eakte.separators import SEPARATOR_PAYLOAD
from ocr.press import places
from ocr.press.symbols import code_128, data_matrix

A4_DOTS = (2480, 3508)
SLIP_DOTS = (1240, 874)

_WORDS = (
    "Antrag", "Bescheid", "Erlaubnis", "Gehweg", "Widerspruch", "Frist", "Monat", "Unterlagen", "Einkommen", "Mühlen-",
    "straße", "bitte", "wird", "erteilt", "geprüft", "und", "der", "die", "vom", "12.03.2026", "1.234,50", "Euro",
)  # fmt: skip


def plain_sheet(chance: Chance, size: tuple[int, int] = SLIP_DOTS) -> Image.Image:
    """A page of words, sometimes with ruled lines or a table, clear of the places where we stamp."""
    sheet = Image.new("L", size, 255)
    draw = ImageDraw.Draw(sheet)
    face = _face(int(chance.choice([34, 42, 50])))
    line_height = round(1.35 * face.size)
    top, bottom, right = 330, size[1] - 320, size[0] - 140
    for y in range(top, bottom, line_height):
        x = 140
        while chance.random() < 0.93 and x < right - 200:
            word = str(chance.choice(_WORDS))
            draw.text((x, y), word, font=face, fill=25)
            x += round(draw.textlength(word + " ", font=face))
    if chance.random() < 0.2:
        for x in range(140, right, 180):
            draw.line((x, top, x, bottom), fill=60, width=3)
        for y in range(top, bottom, line_height * 2):
            draw.line((140, y, right, y), fill=60, width=3)
    return sheet


def stamped(sheet: Image.Image, payload: str) -> Image.Image:
    """The sheet with our two symbols and the line under the bars, as `ocr.press.stamping` places them."""
    image = sheet.copy()
    shift = image.width - A4_DOTS[0]
    left = places.CODE_128_PLACE.left + places.CODE_128_QUIET_MODULES * places.CODE_128_MODULE_DOTS + shift
    bars = _bars(payload, places.CODE_128_MODULE_DOTS, places.CODE_128_HEIGHT_DOTS)
    image.paste(bars, (left, places.CODE_128_TOP_DOTS))
    below = places.CODE_128_TOP_DOTS + places.CODE_128_HEIGHT_DOTS + places.READABLE_TEXT_GAP_DOTS
    ImageDraw.Draw(image).text((left + 100, below), payload, font=_face(35), fill=0)
    squares = _squares(payload, places.DATA_MATRIX_MODULE_DOTS)
    place, quiet = places.DATA_MATRIX_PLACE, places.DATA_MATRIX_QUIET_MODULES * places.DATA_MATRIX_MODULE_DOTS
    corner = place.right - quiet + shift, place.bottom - quiet + image.height - A4_DOTS[1]
    image.paste(squares, (corner[0] - squares.width, corner[1] - squares.height))
    return image


def stamped_elsewhere(sheet: Image.Image, payload: str) -> Image.Image:
    """With the symbols of a second letter stuck on, where no stamp of ours stands."""
    image = sheet.copy()
    bars = _bars(payload, places.CODE_128_MODULE_DOTS, places.CODE_128_HEIGHT_DOTS)
    image.paste(_on_white(bars), (60, 360))
    image.paste(_on_white(_squares(payload, places.DATA_MATRIX_MODULE_DOTS)), (60, image.height - 280))
    return image


def with_foreign_codes(sheet: Image.Image, chance: Chance) -> Image.Image:
    """A parcel's bars, a stranger's DataMatrix, QR or Code 39, somewhere on the page."""
    image = sheet.copy()
    for kind in chance.choice(len(FOREIGN), size=int(chance.integers(1, 3)), replace=False):
        symbology, text = FOREIGN[kind]
        drawn = foreign(symbology, text, 4 if symbology in _LINEAR else 8)
        x = int(chance.integers(0, max(1, image.width - drawn.width)))
        image.paste(drawn, (x, int(chance.integers(0, max(1, image.height - drawn.height)))))
    return image


_BARS_128, _SQUARES = zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix
_LINEAR = (_BARS_128, zxingcpp.BarcodeFormat.Code39)
FOREIGN: Sequence[tuple[zxingcpp.BarcodeFormat, str | bytes]] = (
    (_BARS_128, "00340434161094027341"),
    (_BARS_128, "EA123456789DE"),
    (_SQUARES, "DEA5\x1d0049B71\x1e\x04"),
    (_SQUARES, bytes(range(128, 170))),
    (_SQUARES, "http://example.org/EA7K3QX9MWTR01H2CN?x=1"),
    (zxingcpp.BarcodeFormat.QRCode, "BCD\n002\n1\nSCT\nMusterstadt\nDE02120300000000202051\nEUR12.30"),
    (zxingcpp.BarcodeFormat.Code39, "INV-2026"),
)
"""From other senders: a parcel, a registered letter, a stamp with bytes that are no text, a link, a bill, a store."""


@cache
def foreign(symbology: zxingcpp.BarcodeFormat, text: str | bytes, dots: int) -> Image.Image:
    """A stranger's symbol, on white."""
    symbol = zxingcpp.create_barcode(text, symbology)
    return Image.fromarray(np.asarray(symbol.to_image(scale=dots)))


def separator_sheet(size: tuple[int, int] = SLIP_DOTS) -> Image.Image:
    """A separator's corner: its bars and its squares, bold as on the sheet we print."""
    sheet = Image.new("L", size, 255)
    bars, squares = _bars(SEPARATOR_PAYLOAD, 6, 236), _squares(SEPARATOR_PAYLOAD, 12)
    sheet.paste(bars, ((size[0] - bars.width) // 2, 177))
    sheet.paste(squares, (size[0] - squares.width - 200, 200 if size == A4_DOTS else size[1] - 320))
    sheet.paste(squares, (200, 200 if size == A4_DOTS else size[1] - 320))
    if size == A4_DOTS:
        sheet.paste(bars.rotate(180), ((size[0] - bars.width) // 2, size[1] - 413))
        sheet.paste(squares, (200, size[1] - 400))
        sheet.paste(squares, (size[0] - squares.width - 200, size[1] - 400))
    return sheet


@cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", size)


def _bars(payload: str, module_dots: int, height_dots: int) -> Image.Image:
    return _drawn(np.repeat(np.array([code_128(payload)]), height_dots, axis=0), module_dots, 1)


def _squares(payload: str, module_dots: int) -> Image.Image:
    return _drawn(np.array(data_matrix(payload)), module_dots, module_dots)


def _drawn(modules: NDArray[np.bool_], across: int, down: int) -> Image.Image:
    dark = np.repeat(np.repeat(modules, across, axis=1), down, axis=0)
    return Image.fromarray(np.where(dark, 0, 255).astype(np.uint8))


def _on_white(symbol: Image.Image, quiet_dots: int = 40) -> Image.Image:
    label = Image.new("L", (symbol.width + 2 * quiet_dots, symbol.height + 2 * quiet_dots), 255)
    label.paste(symbol, (quiet_dots, quiet_dots))
    return label
