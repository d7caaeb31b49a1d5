"""What befalls a sheet between our printer and our scanner, kind by kind, each from a seed and of a chosen severity.

A sheet is a grey picture at 300 dpi, 255 white, as it was printed. First the paper suffers, then the scanner adds its
own. Severity runs from 0 (hardly seen) to 1 (cruel: a person still recognises the code, mostly).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Chance = np.random.Generator
Damage = Callable[[Image.Image, Chance, float], Image.Image]
_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
_DPI = 300
_MM = _DPI / 25.4


def fold(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """Creases across the sheet: toner flakes off along them, a shadow lies beside them."""
    levels = np.asarray(sheet, np.float32)
    height, width = levels.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(1 + round(2 * severity)):
        angle = chance.choice([0.0, np.pi / 2, chance.uniform(0, np.pi)]) + chance.normal(0, 0.05)
        centre_x, centre_y = chance.uniform(0, width), chance.uniform(0, height)
        distance = (columns - centre_x) * np.sin(angle) - (rows - centre_y) * np.cos(angle)
        breadth = (0.15 + 0.6 * severity) * _MM
        flaked = np.exp(-((distance / breadth) ** 2)) * (0.4 + 0.6 * chance.random(levels.shape, np.float32))
        levels = levels + (255 - levels) * np.clip(flaked * (0.5 + severity), 0, 1)
        shadow = np.where(distance > 0, np.exp(-distance / (2 * _MM)), 0) * 60 * severity
        levels = levels - shadow
    return _picture(levels)


def pen_strokes(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """Somebody has scribbled over it."""
    written = sheet.copy()
    draw = ImageDraw.Draw(written)
    for _ in range(1 + round(7 * severity)):
        start = np.array([chance.uniform(0, sheet.width), chance.uniform(0, sheet.height)])
        steps = chance.normal(0, 5 * _MM, (int(chance.integers(4, 12)), 2))
        points = [(float(x), float(y)) for x, y in start + np.cumsum(steps, axis=0)]
        draw.line(
            points, fill=int(chance.integers(10, 110)), width=round(chance.uniform(0.4, 0.9) * _MM), joint="curve"
        )
    return written


def stain(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """Coffee: tinted patches, with a dark rim."""
    stained = sheet
    for _ in range(1 + round(2 * severity)):
        mask = Image.new("L", sheet.size, 0)
        radius = chance.uniform(8, 25) * _MM
        x, y = chance.uniform(0, sheet.width), chance.uniform(0, sheet.height)
        box = (x - radius, y - radius * 0.8, x + radius, y + radius * 0.8)
        ImageDraw.Draw(mask).ellipse(box, fill=150, outline=255, width=round(1.2 * _MM))
        mask = mask.filter(ImageFilter.GaussianBlur(0.4 * _MM))
        tint = Image.new("L", sheet.size, round(235 - 150 * severity))
        stained = Image.composite(ImageChops.multiply(stained, tint), stained, mask)
    return stained


def stamp(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """An entry stamp, lines and letters, wherever it fell."""
    ink = Image.new("L", (round(55 * _MM), round(22 * _MM)), 255)
    draw = ImageDraw.Draw(ink)
    level = round(150 - 130 * severity)
    draw.rectangle((4, 4, ink.width - 4, ink.height - 4), outline=level, width=round(0.8 * _MM))
    face = ImageFont.truetype(_FONT, 5 * _MM)
    draw.text((5 * _MM, 2 * _MM), "EINGEGANGEN", font=face, fill=level)
    draw.text((5 * _MM, 12 * _MM), f"{chance.integers(1, 29):02d}. NOV. 2026", font=face, fill=level)
    turned = ink.rotate(float(chance.normal(0, 8)), Image.Resampling.BILINEAR, expand=True, fillcolor=255)
    x, y = (round(chance.uniform(-0.3, 0.9) * size) for size in sheet.size)
    layer = Image.new("L", sheet.size, 255)
    layer.paste(turned, (x, y))
    return ImageChops.multiply(sheet, layer)


def torn(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """A strip along an edge, or a corner, is missing, covered or was not scanned."""
    cut = sheet.copy()
    width, height = sheet.size
    depth = (3 + 18 * severity * chance.random()) * _MM
    polygons: list[list[tuple[float, float]]] = [
        [(0, 0), (width, 0), (width, depth), (0, depth * chance.uniform(0.5, 1))],
        [(0, height), (width, height), (width, height - depth), (0, height - depth * chance.uniform(0.5, 1))],
        [(width, 0), (width, height), (width - depth, height), (width - depth * chance.uniform(0.5, 1), 0)],
        [(width, 0), (width - 3 * depth, 0), (width, 3 * depth)],
        [(width, height), (width - 3 * depth, height), (width, height - 3 * depth)],
    ]
    ImageDraw.Draw(cut).polygon(polygons[int(chance.integers(len(polygons)))], fill=int(chance.choice([255, 255, 40])))
    return cut


def faded(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """Toner runs out: pale, in one part of the page more than in another."""
    width = sheet.width
    strength = 1 - severity * chance.uniform(0.6, 0.9)
    slope = np.linspace(1, chance.uniform(0.8, 1.0), width, dtype=np.float32)
    return _picture(255 - (255 - np.asarray(sheet, np.float32)) * strength * slope)


def flecked(sheet: Image.Image, chance: Chance, severity: float) -> Image.Image:
    """Toner is missing in specks, and lies in specks where there should be none."""
    levels = np.asarray(sheet).copy()
    size = (levels.shape[0] // 3 + 1, levels.shape[1] // 3 + 1)
    specks = np.repeat(np.repeat(chance.random(size, np.float32), 3, axis=0), 3, axis=1)[
        : levels.shape[0], : levels.shape[1]
    ]
    share = 0.01 + 0.09 * severity
    levels[specks < share] = 250
    levels[specks > 1 - share / 3] = 40
    return Image.fromarray(levels)


PAPER_DAMAGES: Mapping[str, Damage] = {
    "fold": fold, "pen strokes": pen_strokes, "stain": stain, "stamp": stamp, "torn or covered": torn,
    "faded": faded, "flecked": flecked,
}  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """How the scanner was set, and how badly it works.

    Attributes:
        turn: Clockwise multiples of 90 degrees by which the sheet lay.
        blur_mm: Radius of what is out of focus.
        streaks: How many dark or light lines along the feed dust on the glass leaves.
        coding: `lossless`, `jpeg`, `g4` or `fax` (half the lines).
    """

    dpi: int = 200
    turn: int = 0
    skew_degrees: float = 0.0
    blur_mm: float = 0.05
    noise: float = 3.0
    paper: int = 244
    streaks: int = 0
    coding: str = "lossless"
    quality: int = 75


def scanned(sheet: Image.Image, scan: Scan, chance: Chance) -> Image.Image:
    """What comes out of the scanner, grey, at `scan.dpi` in both directions."""
    size = max(1, round(sheet.width * scan.dpi / _DPI)), max(1, round(sheet.height * scan.dpi / _DPI))
    picture = sheet.filter(ImageFilter.GaussianBlur(scan.blur_mm * _MM)).resize(size, Image.Resampling.BOX)
    if scan.skew_degrees:
        picture = picture.rotate(scan.skew_degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    if scan.turn:
        picture = picture.rotate(-scan.turn, expand=True)
    levels = np.asarray(picture, np.float32) * (scan.paper / 255)
    for _ in range(scan.streaks):
        first = int(chance.integers(levels.shape[1]))
        levels[:, first : first + int(chance.integers(1, 4))] = chance.choice([60, 255])
    levels = levels + chance.standard_normal(levels.shape, np.float32) * np.float32(scan.noise)
    return _coded(_picture(levels), scan)


def _coded(picture: Image.Image, scan: Scan) -> Image.Image:
    if scan.coding == "jpeg":
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=scan.quality)
        return Image.open(content).convert("L")
    if scan.coding == "lossless":
        return picture
    if scan.coding == "fax":
        low = picture.resize((picture.width, max(1, picture.height // 2)), Image.Resampling.BOX)
        return _black_and_white(low).resize(picture.size, Image.Resampling.NEAREST)
    return _black_and_white(picture)


def _black_and_white(picture: Image.Image) -> Image.Image:
    content = io.BytesIO()
    picture.point([0 if level < 150 else 255 for level in range(256)]).convert("1").save(
        content, "TIFF", compression="group4"
    )
    return Image.open(content).convert("L")


def some_scan(chance: Chance, severity: float) -> Scan:
    """A scanner as mail rooms have them, the worse the higher the severity."""
    coding = str(chance.choice(["lossless", "jpeg", "g4", "fax"], p=[0.3, 0.4, 0.25, 0.05]))
    dpi = 200 if coding == "fax" else int(chance.choice([150, 200, 300, 600], p=[0.15, 0.4, 0.4, 0.05]))
    return Scan(
        dpi=dpi,
        turn=int(chance.choice([0, 90, 180, 270], p=[0.7, 0.05, 0.2, 0.05])),
        skew_degrees=float(chance.normal(0, 0.5 + 2.5 * severity)),
        blur_mm=float(chance.uniform(0.02, 0.06 + 0.1 * severity)),
        noise=float(chance.uniform(0, 4 + 18 * severity)),
        paper=int(chance.integers(225, 255)),
        streaks=int(chance.poisson(3 * severity)),
        coding=coding,
        quality=int(chance.integers(round(75 - 50 * severity), 90)),
    )


def _picture(levels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
