"""Puts a PNG into a PDF page as it is: PDF understands PNG's own packing.

img2pdf does the same, but unpacks every PNG to look for a camera's orientation, which scanners never write, and
takes a minute to gather the pieces of a large one. Here the pieces go from file to file, one at a time.

Source: PNG (W3C, 2003-11-10), ISO 32000-2:2020, 7.4.4.4 (predictors), 7.5 (file structure).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_GREY, _RGB, _PALETTE = 0, 2, 3
_COLOURS = {_GREY: 1, _RGB: 3, _PALETTE: 1}
_SIGNATURE_BYTES = 8


@dataclass
class _Png:
    """What a PNG says about itself, and where its packed pixels lie."""

    header: tuple[int, ...] = ()
    palette: bytes = b""
    pixels: list[tuple[int, int]] = field(default_factory=list)
    special: bool = False

    @property
    def fits(self) -> bool:
        """Whether PDF packs the same: not interlaced, nothing transparent."""
        return (
            bool(self.header and self.pixels) and not self.special and self.header[3] in _COLOURS and not self.header[6]
        )


def write_png_page(source: Path, target: Path, dpi: tuple[float, float]) -> bool:
    """Write a PDF of one page.

    Returns:
        False, with nothing written, for what PDF packs differently (interlaced, transparent).
    """
    with source.open("rb") as file:
        png = _read(file)
        if not png.fits:
            return False
        with target.open("wb") as pdf:
            _write(file, png, dpi, pdf)
    return True


def _read(file: BinaryIO) -> _Png:
    png = _Png()
    file.seek(_SIGNATURE_BYTES)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        start = file.tell()
        if kind == b"IHDR" and length == 13:
            png.header = struct.unpack(">IIBBBBB", file.read(13))
        elif kind == b"PLTE":
            png.palette = file.read(min(length, 768))
        elif kind == b"IDAT":
            png.pixels.append((start, length))
        elif kind in (b"tRNS", b"acTL"):
            png.special = True
        elif kind == b"IEND":
            break
        file.seek(start + length + 4)
    return png


def _write(file: BinaryIO, png: _Png, dpi: tuple[float, float], pdf: BinaryIO) -> None:
    width, height, bits, kind = png.header[:4]
    size_pt = f"{width / dpi[0] * 72:.4f}", f"{height / dpi[1] * 72:.4f}"
    space = {_GREY: "/DeviceGray", _RGB: "/DeviceRGB"}.get(kind) or (
        f"[/Indexed /DeviceRGB {len(png.palette) // 3 - 1} <{png.palette.hex()}>]"
    )
    placed = f"q {size_pt[0]} 0 0 {size_pt[1]} 0 0 cm /Im0 Do Q"
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size_pt[0]} {size_pt[1]}] /Contents 4 0 R"
        " /Resources << /XObject << /Im0 5 0 R >> >> >>"
    )
    image = (
        f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent {bits}"
        f" /ColorSpace {space} /Filter /FlateDecode"
        f" /DecodeParms << /Predictor 15 /Colors {_COLOURS[kind]} /BitsPerComponent {bits} /Columns {width} >>"
        f" /Length {sum(length for _, length in png.pixels)} >>\nstream\n"
    )
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        f"<< /Length {len(placed)} >>\nstream\n{placed}\nendstream",
        image,
    )
    pdf.write(b"%PDF-1.5\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(pdf.tell())
        pdf.write(f"{number} 0 obj\n{content}".encode("ascii"))
        if number == len(objects):
            _copy_pixels(file, png, pdf)
        pdf.write(b"\nendobj\n")
    table = pdf.tell()
    pdf.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    pdf.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    pdf.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))


def _copy_pixels(file: BinaryIO, png: _Png, pdf: BinaryIO) -> None:
    for start, length in png.pixels:
        file.seek(start)
        left = length
        while left > 0 and (piece := file.read(min(left, 1 << 20))):
            pdf.write(piece)
            left -= len(piece)
        if left:
            raise EOFError("the pixels are cut off")
    pdf.write(b"\nendstream")
