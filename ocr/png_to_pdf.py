"""Puts a PNG into a PDF page as it is: PDF understands PNG's own packing.

img2pdf does the same, but unpacks every PNG to look for a camera's orientation, which scanners never write, and
takes a minute to gather the pieces of a large one.

Source: PNG (W3C, 2003-11-10), ISO 32000-2:2020, 7.4.4.4 (predictors).
"""

from __future__ import annotations

import struct
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

_GREY, _RGB, _PALETTE = 0, 2, 3
_COLOURS = {_GREY: 1, _RGB: 3, _PALETTE: 1}
_SIGNATURE_BYTES = 8


def png_page(path: Path, across_dpi: float, down_dpi: float) -> pikepdf.Pdf | None:
    """A PDF of one page.

    Returns:
        None for what PDF packs differently (interlaced, transparent) and for damaged files.
    """
    header: tuple[int, ...] = ()
    palette = b""
    pixels: list[bytes] = []
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            content = file.read(length)
            file.seek(4, 1)
            if kind == b"IHDR" and length == 13:
                header = struct.unpack(">IIBBBBB", content)
            elif kind == b"PLTE":
                palette = content
            elif kind == b"IDAT":
                pixels.append(content)
            elif kind in (b"tRNS", b"acTL"):
                return None
            elif kind == b"IEND":
                break
    if not header or not pixels or header[3] not in _COLOURS or header[6] != 0:
        return None
    return _page(header, palette, b"".join(pixels), across_dpi, down_dpi)


def _page(header: tuple[int, ...], palette: bytes, pixels: bytes, across_dpi: float, down_dpi: float) -> pikepdf.Pdf:
    width, height, bits, kind = header[:4]
    pdf = pikepdf.new()
    size_pt = width / across_dpi * 72, height / down_dpi * 72
    space: pikepdf.Object = {_GREY: Name.DeviceGray, _RGB: Name.DeviceRGB}.get(kind, Name.DeviceRGB)
    if kind == _PALETTE:
        space = Array([Name.Indexed, Name.DeviceRGB, len(palette) // 3 - 1, pikepdf.String(palette)])
    unpacking = Dictionary(Predictor=15, Colors=_COLOURS[kind], BitsPerComponent=bits, Columns=width)
    image = Stream(
        pdf, pixels, Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height, BitsPerComponent=bits,
        ColorSpace=space, Filter=Name.FlateDecode, DecodeParms=unpacking,
    )  # fmt: skip
    page = pdf.add_blank_page(page_size=size_pt)
    page.obj["/Resources"] = Dictionary(XObject=Dictionary(Im0=pdf.make_indirect(image)))
    placed = f"q {size_pt[0]:.4f} 0 0 {size_pt[1]:.4f} 0 0 cm /Im0 Do Q".encode("ascii")
    page.obj["/Contents"] = Stream(pdf, placed)
    return pdf
