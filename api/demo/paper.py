"""Paper, simulated: print a PDF, write on the sheets, and scan them a little askew, with dust and noise.

Everything random comes from a seed, so that the same call gives the same bytes.
"""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import img2pdf
import numpy as np
import pypdfium2
import weasyprint
from PIL import Image, ImageChops

DPI = 300
A4_PX = (2480, 3508)

_PAPER = 247
"""How bright a scanner sees white paper."""
_BLACK_BELOW = 150
_JPEG_QUALITY = 80


@dataclass(frozen=True)
class Writing:
    """What somebody writes on a sheet; a line break begins a new line.

    Attributes:
        left_mm, top_mm: Where it begins on the upright sheet.
        height_mm: Of the letters, from line to line about twice as much.
    """

    text: str
    left_mm: float
    top_mm: float
    height_mm: float = 6.0


@dataclass(frozen=True)
class Feed:
    """How a sheet goes through the scanner.

    Attributes:
        seed: Of dust and noise.
        tilt_degrees: How far it lies askew, against the clock.
        upside_down: Fed with its foot first.
        noise: Standard deviation of the sensor's noise, in grey levels.
    """

    seed: int
    tilt_degrees: float = 0.0
    upside_down: bool = False
    noise: float = 4.0


def printed(pdf: bytes, page_numbers: Sequence[int] = ()) -> list[Image.Image]:
    """Print a PDF: one grey picture per page at 300 dpi; all pages, unless some are named."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_drawn(document, number) for number in page_numbers or range(1, len(document) + 1)]
    finally:
        document.close()


def typeset(page_html: str) -> bytes:
    """A PDF on A4 from HTML, as a specialist system or a citizen's computer makes it."""
    style = '@page { size: 210mm 297mm; margin: 25mm 20mm 25mm 25mm } html { font: 11pt/1.45 "Liberation Sans" }'
    document = f'<!doctype html><html lang="de"><style>{style}</style>{page_html}</html>'
    pdf: bytes = weasyprint.HTML(string=document).write_pdf()
    return pdf


def written_on(sheet: Image.Image, *writings: Writing) -> Image.Image:
    """The sheet with something written on it, in slanted letters."""
    blocks = "".join(
        f'<div style="left:{writing.left_mm}mm;top:{writing.top_mm}mm;font-size:{writing.height_mm * 1.35}mm">'
        f"{html.escape(writing.text)}</div>"
        for writing in writings
    )
    style = (
        "@page { size: 210mm 297mm; margin: 0 } div { position: absolute; white-space: pre; line-height: 1.6;"
        ' font-family: "DejaVu Sans", sans-serif; font-style: oblique; color: #222; transform: rotate(-0.6deg) }'
    )
    pdf = weasyprint.HTML(string=f"<!doctype html><style>{style}</style>{blocks}").write_pdf()
    return ImageChops.darker(sheet, printed(pdf)[0].resize(sheet.size))


def blank_sheet() -> Image.Image:
    """A sheet with nothing on it, such as the back of a letter."""
    return Image.new("L", A4_PX, 255)


def scanned(sheet: Image.Image, feed: Feed) -> Image.Image:
    """What a scanner makes of a sheet, in grey."""
    if feed.upside_down:
        sheet = sheet.transpose(Image.Transpose.ROTATE_180)
    if feed.tilt_degrees:
        sheet = sheet.rotate(feed.tilt_degrees, Image.Resampling.BICUBIC, fillcolor=255)
    chance = np.random.default_rng(feed.seed)
    grey = np.asarray(sheet, np.float32) * (_PAPER / 255)
    grey += chance.standard_normal(grey.shape, np.float32) * np.float32(feed.noise)
    np.clip(grey, 0, 255, out=grey)
    picture = grey.astype(np.uint8)
    for row, column in zip(chance.integers(0, sheet.height, 40), chance.integers(0, sheet.width, 40), strict=True):
        size = int(chance.integers(1, 4))
        picture[row : row + size, column : column + size] = 90
    return Image.fromarray(picture)


def jpeg(scan: Image.Image) -> bytes:
    """A scan as the scanner compresses it."""
    out = io.BytesIO()
    scan.save(out, "JPEG", quality=_JPEG_QUALITY, dpi=(DPI, DPI))
    return out.getvalue()


def scan_pdf(scans: Sequence[Image.Image]) -> bytes:
    """Scans as one PDF of grey JPEG pages, without a text layer."""
    # The other engines write an id made from the time into the file.
    engine = img2pdf.Engine.internal
    pdf: bytes = img2pdf.convert([jpeg(scan) for scan in scans], nodate=True, engine=engine)
    return pdf


def scan_tiff(scans: Sequence[Image.Image]) -> bytes:
    """Scans as one black-and-white TIFF with many pages, compressed as fax group 4."""
    out = io.BytesIO()
    first, *others = (scan.point(lambda grey: 255 if grey >= _BLACK_BELOW else 0).convert("1") for scan in scans)
    first.save(out, "TIFF", compression="group4", dpi=(DPI, DPI), save_all=True, append_images=others)
    return out.getvalue()


def _drawn(document: pypdfium2.PdfDocument, page_number: int) -> Image.Image:
    page = document[page_number - 1]
    try:
        bitmap = page.render(scale=DPI / 72, grayscale=True)
        # pdfium's memory is given back with the page
        picture: Image.Image = bitmap.to_pil().convert("L").copy()
        bitmap.close()
        return picture
    finally:
        page.close()
