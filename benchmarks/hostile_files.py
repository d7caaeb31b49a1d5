"""Files that want more memory than they should get."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import pikepdf
from PIL import Image

from api.demo import paper


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Names and contents, one at a time."""
    text = paper.printed(paper.typeset("<p>Ein Satz, wie er in Schreiben steht, oft wiederholt.</p>" * 30))[0]
    yield "a3-600dpi-grey.jpg", _image(text.resize((7016, 9921)), "JPEG", 600)
    yield "a4-600dpi-colour.png", _image(text.resize((4961, 7016)).convert("RGB"), "PNG", 600)
    yield "900-megapixel.png", _bilevel_png(30_000, 30_000)
    yield "900-megapixel.pdf", _pdf_of_one_image(30_000, 30_000)
    yield "14400-points.pdf", _pdf_of_one_page(b"BT /F1 12 Tf 100 100 Td (x) Tj ET", 14_400)
    yield "operators.pdf", _pdf_of_one_page(b"0 0 m 500 700 l 3 3 200 200 re S\n" * 2_000_000, 595)
    yield "10000-pages.pdf", _pdf_of_pages(10_000)
    yield "300-pages-text.pdf", paper.typeset("<p style='break-after:page'>Seite mit etwas Text darauf.</p>" * 300)
    yield "truncated.tif", _image(text, "TIFF", 300)[:2_000_000]
    yield "nothing-but-noise.png", _image(Image.effect_noise((1240, 1754), 80).resize(paper.A4_PX), "PNG", 300)


def _image(picture: Image.Image, kind: str, dpi: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, dpi=(dpi, dpi), compress_level=1)  # only PNG knows levels
    return out.getvalue()


def _bilevel_png(width: int, height: int) -> bytes:
    """Written line by line: nobody should need the memory to make it, either."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", _white(width, height, 1)) + chunk(b"IEND", b"")


def _white(width: int, height: int, filter_bytes: int) -> bytes:
    packer = zlib.compressobj(9)
    line = b"\x00" * filter_bytes + b"\xff" * ((width + 7) // 8)
    return b"".join(packer.compress(line) for _ in range(height)) + packer.flush()


def _pdf_of_one_image(width: int, height: int) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    description = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width, Height=height, BitsPerComponent=1,
        ColorSpace=pikepdf.Name.DeviceGray, Filter=pikepdf.Name.FlateDecode,
    )  # fmt: skip
    image = pikepdf.Stream(pdf, _white(width, height, 0), description)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
    page.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
    return _saved(pdf)


def _pdf_of_one_page(content: bytes, side_pt: int) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(side_pt, side_pt))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.Contents = pdf.make_stream(content)
    return _saved(pdf)


def _pdf_of_pages(count: int) -> bytes:
    pdf = pikepdf.new()
    for _ in range(count):
        pdf.add_blank_page(page_size=(595, 842))
    return _saved(pdf)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out, compress_streams=True)
    return out.getvalue()
