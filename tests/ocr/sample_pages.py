"""Pages of paper to try reading on: printed, then scanned more or less badly, always the same from the same seed."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import img2pdf
import numpy as np
import zxingcpp
from barcode import Code128
from barcode.writer import ImageWriter
from PIL import Image, ImageDraw, ImageFilter, ImageFont

RETURN_CODE = "EA7K3M9QX2TP01ABCD"
A4_INCHES = (8.27, 11.69)


def a4_pixels(dpi: int) -> tuple[int, int]:
    """Size of an upright sheet."""
    return round(A4_INCHES[0] * dpi), round(A4_INCHES[1] * dpi)


_SENTENCES = (
    "Sehr geehrte Frau Öztürk, zu Ihrem Antrag vom {date} teilen wir Ihnen Folgendes mit.",
    "Die Erlaubnis zur Sondernutzung des Gehwegs vor dem Grundstück Mühlenstraße {number} wird erteilt.",
    "Gegen diesen Bescheid können Sie innerhalb eines Monats nach Bekanntgabe Widerspruch erheben.",
    "Die Gebühr in Höhe von {number},50 Euro überweisen Sie bitte unter Angabe des Kassenzeichens.",
    "Bitte reichen Sie die fehlenden Unterlagen, insbesondere den Einkommensnachweis, unverzüglich nach.",
    "Das Jugendamt hat den Sachverhalt geprüft und keine Bedenken gegen die Betreuung geäußert.",
    "Wir weisen darauf hin, dass die Mitwirkungspflicht auch für volljährige Angehörige gilt.",
    "Für Rückfragen steht Ihnen Herr Müller-Lüdenscheidt montags bis freitags zur Verfügung.",
    "Ihr Schreiben ist am {date} hier eingegangen und wird unter dem genannten Aktenzeichen geführt.",
    "Außerdem benötigen wir eine Übersicht der monatlichen Ausgaben für Heizung, Strom und Wasser.",
    "Der Bewilligungszeitraum beginnt am {date} und endet mit Ablauf des zwölften Kalendermonats.",
    "Über die endgültige Höhe der Leistung entscheidet die Behörde nach pflichtgemäßem Ermessen.",
)
_FONT_FILES = {
    "sans": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "serif": "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
}


@dataclass(frozen=True)
class PrintedPage:
    """A clean page and the lines that stand on it."""

    image: Image.Image
    lines: tuple[str, ...]
    dpi: int

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def letter(
    seed: int = 1, *, dpi: int = 200, size_pt: float = 11, line_count: int = 8, font: str = "sans", ink: int = 20
) -> PrintedPage:
    """Print paragraphs of German administrative prose on A4."""
    chance = random.Random(seed)
    width, height = a4_pixels(dpi)
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    size_px = size_pt * dpi / 72
    face = ImageFont.truetype(_FONT_FILES[font], size_px)
    left, right, y = dpi, width - round(0.8 * dpi), 1.8 * dpi
    lines: list[str] = []
    while len(lines) < line_count and y < height - dpi:
        for line in _wrapped(_paragraph(chance), draw, face, right - left)[: line_count - len(lines)]:
            if y >= height - dpi:
                break
            draw.text((left, y), line, font=face, fill=ink)
            lines.append(line)
            y += 1.3 * size_px
        y += 0.8 * size_px
    return PrintedPage(image, tuple(lines), dpi)


def _paragraph(chance: random.Random) -> list[str]:
    sentences = chance.sample(_SENTENCES, 3)
    date, number = f"{chance.randint(1, 28):02d}.{chance.randint(1, 12):02d}.2026", chance.randint(10, 99)
    return " ".join(sentence.format(date=date, number=number) for sentence in sentences).split()


def _wrapped(words: list[str], draw: ImageDraw.ImageDraw, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font=face) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def with_codes(page: PrintedPage, text: str = RETURN_CODE) -> PrintedPage:
    """Stamp Code 128 at the top right and DataMatrix at the lower left, as our letters bear them."""
    image = page.image.copy()
    bars = code_128(text, page.dpi)
    image.paste(bars, (image.width - bars.width - page.dpi // 3, page.dpi // 3))
    matrix = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    squares = Image.fromarray(np.asarray(matrix.to_image(scale=max(2, round(0.6 / 25.4 * page.dpi)))))
    image.paste(squares, (page.dpi // 2, image.height - squares.height - page.dpi // 3))
    return PrintedPage(image, page.lines, page.dpi)


def code_128(text: str, dpi: int) -> Image.Image:
    """Bars of 0.38 mm a module, 12 mm high, with quiet zones."""
    options = {"module_width": 0.381, "module_height": 12, "quiet_zone": 4, "write_text": False, "dpi": dpi}
    image: Image.Image = Code128(text, writer=ImageWriter()).render(options)
    return image.convert("L")


def scanned(
    page: Image.Image, *, seed: int = 1, skew_degrees: float = 0.4, noise: float = 6.0, paper: int = 238
) -> Image.Image:
    """What a scanner makes of a page: a little askew, a little blurred, greyish and noisy."""
    turned = page.rotate(skew_degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    levels = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32) * (paper / 255)
    if noise:
        levels = levels + np.random.default_rng(seed).normal(0, noise, levels.shape).astype(np.float32)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def black_and_white(image: Image.Image) -> Image.Image:
    """As a fax or an economical scanner delivers it."""
    return image.point([0 if level < 150 else 255 for level in range(256)]).convert("1", dither=Image.Dither.NONE)


def jpeg(image: Image.Image, dpi: int, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80, dpi=(dpi, dpi), **options)
    return content.getvalue()


def scan_pdf(path: Path, images: Sequence[bytes]) -> Path:
    """A PDF with one image a page, as scanners write it."""
    path.write_bytes(img2pdf.convert(list(images)))
    return path


def fax_tiff(path: Path, images: Sequence[Image.Image], dpi: int, *, whole_strips: bool = True) -> Path:
    """A multi-page TIFF, Group 4; each page in one strip as scanners write it, or in many."""
    first, *others = (black_and_white(image) for image in images)
    rows_per_strip = first.height if whole_strips else 64
    first.save(
        path, "TIFF", compression="group4", dpi=(dpi, dpi), save_all=True, append_images=others,
        tiffinfo={278: rows_per_strip},
    )  # fmt: skip
    return path
