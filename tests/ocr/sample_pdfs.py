"""PDFs of kinds that no tool of the tests writes."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image


def jbig2_pdf(path: Path, image: Image.Image, dpi: int) -> Path:
    """A page as scanners with JBIG2 write it."""
    width, height = image.size
    content = jbig2(group_4(image), image.size)
    with pikepdf.new() as file:
        file.add_blank_page(page_size=(width * 72 / dpi, height * 72 / dpi))
        drawn = pikepdf.Stream(file, content)
        drawn.stream_dict = Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height, BitsPerComponent=1,
            ColorSpace=Name.DeviceGray, Filter=Name.JBIG2Decode,
        )  # fmt: skip
        file.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(Im=drawn))
        placed = f"q {width * 72 / dpi:.2f} 0 0 {height * 72 / dpi:.2f} 0 0 cm /Im Do Q"
        file.pages[0].obj["/Contents"] = pikepdf.Stream(file, placed.encode())
        file.save(path)
    return path


def group_4(image: Image.Image) -> bytes:
    """The bare data; black pixels are black ones of the standard (ITU-T T.6)."""
    out = io.BytesIO()
    image.convert("L").point(lambda level: 255 - level).convert("1").save(
        out, "TIFF", compression="group4", tiffinfo={278: image.height}
    )
    tags = Image.open(out).tag_v2  # type: ignore[attr-defined]
    (start,), (count,) = tags[273], tags[279]
    return out.getvalue()[start : start + count]


def jbig2(fax: bytes, size: tuple[int, int]) -> bytes:
    """A page as one generic region, coded like a fax (MMR), which JBIG2 allows.

    Source: ITU-T T.88 (08/2018), 7.2 (segment headers), 7.4.6 (generic regions), 7.4.8 (page information).
    """
    page = struct.pack(">IIIIBH", *size, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", *size, 0, 0, 0, 1) + fax
    return b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(content)) + content
        for number, (kind, content) in enumerate(((48, page), (38, region)))
    )


def unembedded_pdf(path: Path, text: bytes = b"Bescheid ohne eingebettete Schrift") -> Path:
    """A page made by a program that counts on the reader's own Helvetica."""
    with pikepdf.new() as file:
        file.add_blank_page(page_size=(595, 842))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        file.pages[0].obj["/Resources"] = Dictionary(Font=Dictionary(F1=font))
        shown = b"BT /F1 20 Tf 100 700 Td (" + text + b") Tj ET"
        file.pages[0].obj["/Contents"] = pikepdf.Stream(file, shown)
        file.save(path)
    return path
