"""Two hundred pages as a mail room gets them, with the text that stands on them: from every kind of scanner.

The same seed gives the same pages. Shares are those of 200 pages; fewer pages keep them as well as they can.
"""

from __future__ import annotations

import html
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import img2pdf
import numpy as np
import pypdfium2
import weasyprint
from PIL import Image, ImageFilter

from benchmarks.sample_pages import prose

_BLACK_BELOW = 150


@dataclass(frozen=True)
class Setting:
    """How a scanner is set, and what it gets.

    Attributes:
        share: Of 200 pages.
        coding: `png` (lossless), `jpeg`, `g4`, or `born` (no scanner: a PDF with its text).
        noise: Standard deviation of the grey levels.
        strength: Of the ink: 1 is fresh, 0.3 is what the last drop of toner leaves.
    """

    name: str
    share: int
    dpi: int
    coding: str
    noise: float = 0.0
    paper: int = 255
    strength: float = 1.0
    colour: bool = False

    def count_of(self, page_count: int) -> int:
        """How many of so many pages are of this kind."""
        return max(1, round(self.share * page_count / 200))


SETTINGS = (
    Setting("clean lossless, 300 dpi", 24, 300, "png"),
    Setting("noisy lossless, 300 dpi", 24, 300, "png", noise=8, paper=240),
    Setting("noisy lossless, 200 dpi", 14, 200, "png", noise=6, paper=240),
    Setting("JPEG, 300 dpi", 28, 300, "jpeg", noise=5, paper=244),
    Setting("JPEG, 400 dpi", 10, 400, "jpeg", noise=6, paper=244),
    Setting("JPEG, 200 dpi", 20, 200, "jpeg", noise=4, paper=244),
    Setting("colour JPEG, 300 dpi", 20, 300, "jpeg", noise=5, paper=244, colour=True),
    Setting("G4, 300 dpi", 24, 300, "g4", noise=6, paper=240),
    Setting("G4, 200 dpi", 12, 200, "g4", noise=6, paper=240),
    Setting("faded, JPEG, 300 dpi", 8, 300, "jpeg", noise=5, paper=240, strength=0.3),
    Setting("faded, noisy lossless, 300 dpi", 4, 300, "png", noise=8, paper=235, strength=0.3),
    Setting("born digital", 12, 300, "born"),
)
_PRINTS = (
    '11pt/1.4 "Liberation Sans"', '12pt/1.35 "Liberation Serif"', '10pt/1.4 "DejaVu Sans"',
    '8.5pt/1.35 "Liberation Sans"', '10.5pt/1.4 "DejaVu Serif"', '9pt/1.3 "Liberation Serif"',
    '10pt/1.35 "Liberation Sans Narrow"', '10pt/1.3 "Liberation Mono"',
)  # fmt: skip


@dataclass(frozen=True)
class Original:
    """A sheet before it is scanned.

    Attributes:
        text: What stands on it; nothing on a blank back.
        pdf: Of this one page; empty for a blank back.
    """

    text: str
    pdf: bytes = b""

    @property
    def blank(self) -> bool:
        return not self.pdf

    def drawn(self, dpi: int) -> Image.Image:
        """As it comes out of the printer."""
        if self.blank:
            return Image.new("L", (round(8.27 * dpi), round(11.69 * dpi)), 255)
        with pypdfium2.PdfDocument(self.pdf) as document:
            image: Image.Image = document[0].render(scale=dpi / 72).to_pil().convert("RGB")
            return image


@dataclass(frozen=True)
class MixedPage:
    """A page, scanned, and what stands on it.

    Attributes:
        image: A file that Tesseract can read by itself; for what is born digital, the page drawn.
    """

    original: Original
    image: bytes
    suffix: str


def enclosures(chance: random.Random, count: int) -> list[Original]:
    """Full pages of print, now and then with a table, in different types and sizes."""
    originals = []
    for _ in range(count):
        colour = "#1a4a8a" if chance.random() < 0.5 else "#000"
        body = f'<h2 style="color:{colour}">Anlage {chance.randint(1, 9)} zum Schreiben {_reference(chance)}</h2>'
        body += "".join(f"<p>{html.escape(prose(chance, 5))}</p>" for _ in range(chance.randint(3, 6)))
        if chance.random() < 0.4:
            body += f"<table>{''.join(_amounts(chance) for _ in range(6))}</table>"
        originals.append(typeset(body, chance.choice(_PRINTS)))
    return originals


def typeset(body: str, print_: str) -> Original:
    """One page of print; what does not fit on it is left away."""
    style = (
        f"@page {{ size: 210mm 297mm; margin: 25mm 20mm 25mm 25mm }} html {{ font: {print_} }}"
        " table { border-collapse: collapse; width: 100% } td { padding: 1mm 3mm }"
    )
    document = weasyprint.HTML(string=f'<!doctype html><html lang="de"><style>{style}</style>{body}</html>').render()
    pdf: bytes = document.copy(document.pages[:1]).write_pdf()
    return Original(text_of(pdf), pdf)


def text_of(pdf: bytes) -> str:
    """The text of a PDF's first page."""
    with pypdfium2.PdfDocument(pdf) as document:
        return str(document[0].get_textpage().get_text_bounded())


def scanned(sheet: Image.Image, setting: Setting, chance: random.Random) -> Image.Image:
    """What a scanner makes of a sheet: a little askew, a little blurred, greyish, noisy, with dust."""
    fill = (255, 255, 255) if sheet.mode == "RGB" else 255
    if setting.noise:
        turned = sheet.rotate(chance.uniform(-0.6, 0.6), Image.Resampling.BICUBIC, fillcolor=fill)
        sheet = turned.filter(ImageFilter.GaussianBlur(0.7 * setting.dpi / 300))
    sheet = sheet.convert("RGB" if setting.colour else "L")
    levels = (255 - (255 - np.asarray(sheet, np.float32)) * setting.strength) * (setting.paper / 255)
    numbers = np.random.default_rng(chance.randrange(2**31))
    if setting.noise:
        levels += numbers.standard_normal(levels.shape[:2], np.float32).reshape(
            *levels.shape[:2], *[1] * (levels.ndim - 2)
        ) * np.float32(setting.noise)
        for row, column in zip(
            numbers.integers(0, sheet.height, 40), numbers.integers(0, sheet.width, 40), strict=True
        ):
            size = int(numbers.integers(1, 4))
            levels[row : row + size, column : column + size] = 90
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def coded(scan: Image.Image, setting: Setting) -> tuple[bytes, str]:
    """A scan as an image file, and the suffix of its name."""
    out = io.BytesIO()
    dpi = (setting.dpi, setting.dpi)
    if setting.coding == "g4":
        page = _black_and_white(scan)
        page.save(out, "TIFF", compression="group4", dpi=dpi, tiffinfo={278: page.height})
        return out.getvalue(), ".tif"
    if setting.coding == "jpeg":
        scan.save(out, "JPEG", quality=75, dpi=dpi)
        return out.getvalue(), ".jpg"
    scan.save(out, "PNG", dpi=dpi, compress_level=3)
    return out.getvalue(), ".png"


def mixed_page(original: Original, setting: Setting, chance: random.Random) -> MixedPage:
    """Scan a sheet."""
    sheet = original.drawn(setting.dpi)
    scan = sheet.convert("L") if setting.coding == "born" else scanned(sheet, setting, chance)
    return MixedPage(original, *coded(scan, setting))


def scan_of(sheet: Image.Image, setting: Setting, chance: random.Random) -> MixedPage:
    """Scan a sheet on which nothing stands that is to be read."""
    size = round(8.27 * setting.dpi), round(11.69 * setting.dpi)
    return MixedPage(Original(""), *coded(scanned(sheet.resize(size), setting, chance), setting))


def stack(pages: Sequence[MixedPage], setting: Setting) -> tuple[bytes, str]:
    """Pages of one kind as one file, and its media type."""
    if setting.coding == "g4":
        first, *others = (Image.open(io.BytesIO(page.image)) for page in pages)
        out = io.BytesIO()
        dpi = (setting.dpi, setting.dpi)
        first.save(out, "TIFF", compression="group4", dpi=dpi, save_all=True, append_images=others)
        return out.getvalue(), "image/tiff"
    if setting.coding == "born":
        with pypdfium2.PdfDocument.new() as whole:
            for page in pages:
                with pypdfium2.PdfDocument(page.original.pdf) as part:
                    whole.import_pages(part)
            out = io.BytesIO()
            whole.save(out)
        return out.getvalue(), "application/pdf"
    pdf: bytes = img2pdf.convert([page.image for page in pages], nodate=True, engine=img2pdf.Engine.internal)
    return pdf, "application/pdf"


def originals(
    setting: Setting, page_count: int, chance: random.Random, *, coded_letters: Iterator[Original] | None = None
) -> Iterator[Original]:
    """The sheets for one setting: letters that come back, enclosures, and now and then a blank back."""
    count = setting.count_of(page_count)
    scanned_paper = setting.coding != "born"
    for number, enclosure in enumerate(enclosures(chance, count)):
        if scanned_paper and number % 8 == 6:
            yield Original("")
        elif scanned_paper and coded_letters is not None and number % 4 == 0:
            yield next(coded_letters)
        else:
            yield enclosure


def _black_and_white(image: Image.Image) -> Image.Image:
    grey = image.convert("L")
    return grey.point([0 if level < _BLACK_BELOW else 255 for level in range(256)]).convert(
        "1", dither=Image.Dither.NONE
    )


def _reference(chance: random.Random) -> str:
    return f"{chance.randint(10, 99)}.{chance.randint(10, 99)}/2026/{chance.randint(1, 99999):05d}"


def _amounts(chance: random.Random) -> str:
    what = chance.choice(("Kaltmiete", "Heizkosten", "Wohngeld", "Unterhalt", "Kindergeld", "Pflegestufe", "Beihilfe"))
    amount = f"{chance.randint(1, 9)}.{chance.randint(0, 999):03d},{chance.randint(0, 99):02d} €"
    return f"<tr><td>{what}<td>{chance.randint(1, 28):02d}.{chance.randint(1, 12):02d}.2026<td>{amount}</tr>"
