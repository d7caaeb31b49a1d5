"""PDFs of kinds that no tool of the tests writes."""

from __future__ import annotations

import struct
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Name
from PIL import Image

from tests.ocr.sample_pages import fax_tiff


def jbig2_pdf(path: Path, image: Image.Image, dpi: int) -> Path:
    """A page as scanners with JBIG2 write it: one generic region, coded as a fax (MMR), which JBIG2 allows.

    Source: ITU-T T.88, 7.2 (segment headers), 7.4.6 (generic regions), 7.4.8 (page information).
    """
    fax_tiff(path.with_suffix(".tif"), [image], dpi)
    with Image.open(path.with_suffix(".tif")) as tiff:
        tags, (width, height) = tiff.tag_v2, tiff.size  # type: ignore[attr-defined]
        offset, size = tags[273][0], tags[279][0]
    coded = path.with_suffix(".tif").read_bytes()[offset : offset + size]
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + coded
    content = _segment(0, 48, page) + _segment(1, 38, region)
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


def _segment(number: int, kind: int, data: bytes) -> bytes:
    return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data


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
