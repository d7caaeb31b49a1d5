"""What reading paper costs: CPU per page against bare Tesseract on the same pages, error rates beside it.

    python -m benchmarks.intake_ocr --pages 3

Ours is everything the reader does to a page: look at it, recognise it, make its picture and the searchable PDF.
Bare is `tesseract FILE out -l deu` on the page's image. Both with `OMP_THREAD_LIMIT=1`, page by page in turn.
The peak is what the reader's processes use at a time, shared pages counted once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import img2pdf
import numpy as np
from PIL import Image

from benchmarks.process_tree import MemoryWatch, cpu_s
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import PrintedPage, black_and_white, letter, scanned

DPI = 300
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Kind:
    """One way of scanning.

    Attributes:
        write: Writes a scan to a path without suffix and returns the image file.
        in_pdf: Whether the reader gets the image inside a PDF.
    """

    name: str
    scan: Callable[[PrintedPage, int], Image.Image]
    write: Callable[[Image.Image, Path], Path]
    in_pdf: bool = True


def _jpeg(image: Image.Image, path: Path) -> Path:
    image.save(path.with_suffix(".jpg"), quality=75, dpi=(DPI, DPI))
    return path.with_suffix(".jpg")


def _png(image: Image.Image, path: Path) -> Path:
    image.save(path.with_suffix(".png"), dpi=(DPI, DPI))
    return path.with_suffix(".png")


def _fax(image: Image.Image, path: Path) -> Path:
    page = black_and_white(image)
    page.save(path.with_suffix(".tif"), compression="group4", dpi=(DPI, DPI), tiffinfo={278: page.height})
    return path.with_suffix(".tif")


def _clean(page: PrintedPage, seed: int) -> Image.Image:
    return scanned(page.image, seed=seed, skew_degrees=0.3, noise=0, paper=255)


def _noisy(page: PrintedPage, seed: int) -> Image.Image:
    return scanned(page.image, seed=seed, skew_degrees=-0.5, noise=10)


def _coloured(page: PrintedPage, seed: int) -> Image.Image:
    grey = np.asarray(_noisy(page, seed))
    return Image.fromarray(np.stack([grey, grey, np.minimum(grey, 236)], axis=2))


KINDS = (
    Kind("clean, PNG in PDF", _clean, _png),
    Kind("noisy, PNG", _noisy, _png, in_pdf=False),
    Kind("noisy, JPEG in PDF", _noisy, _jpeg),
    Kind("noisy, colour JPEG in PDF", _coloured, _jpeg),
    Kind("noisy, G4 TIFF", _noisy, _fax, in_pdf=False),
)
PRINTS = (
    {"font": "sans", "size_pt": 11.0, "line_count": 38},
    {"font": "serif", "size_pt": 12.0, "line_count": 36},
    {"font": "sans", "size_pt": 8.0, "line_count": 50},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="CPU seconds per page, ours against bare Tesseract")
    parser.add_argument("--pages", type=int, default=3, help="pages of every kind")
    page_count = parser.parse_args(arguments).pages
    os.environ["OMP_THREAD_LIMIT"] = "1"
    pages = [letter(seed, dpi=DPI, **PRINTS[seed % len(PRINTS)]) for seed in range(page_count)]  # type: ignore[arg-type]
    letters = sum(len(_plain(page.text)) for page in pages)
    totals = np.zeros(4)
    with tempfile.TemporaryDirectory() as folder, closing(LocalPaperReader(Path(folder, "work"))) as reader:
        started_s, _ = _cpu_of(lambda: reader.page_image(_trial_page(Path(folder)), 1, rotation=0, width_px=9))
        with MemoryWatch([os.getpid()], every_s=0.02) as memory:
            idle = _peak_mb(memory)
            print(f"{'scan':<28}{'ours s':>8}{'bare s':>8}{'ratio':>7}{'ours CER':>10}{'bare CER':>10}{'peak MB':>9}")
            for kind in KINDS:
                figures = np.zeros(4)
                peak = 0.0
                for seed, page in enumerate(pages):
                    scan = kind.write(kind.scan(page, seed), Path(folder, f"scan-{seed}"))
                    file = _in_pdf(scan) if kind.in_pdf else scan
                    # One after the other, so that a machine that becomes busier slows both.
                    _peak_mb(memory)
                    ours_s, ours = _cpu_of(partial(_ours, reader, file))
                    peak = max(peak, _peak_mb(memory) - idle)
                    bare_s, bare = _cpu_of(partial(_bare, scan))
                    figures += (ours_s, bare_s, _errors(page.text, ours), _errors(page.text, bare))
                totals += figures
                per_page, rates = figures / page_count, figures / letters
                print(
                    f"{kind.name:<28}{per_page[0]:>8.2f}{per_page[1]:>8.2f}{figures[0] / figures[1]:>7.2f}"
                    f"{rates[2]:>10.4f}{rates[3]:>10.4f}{peak:>9.0f}"
                )
    print(f"\nall: {totals[0] / totals[1]:.2f} x bare; {totals[2]:.0f} wrong letters against {totals[3]:.0f}")
    print(f"start-up, once per worker: {started_s:.2f} CPU s")


def _ours(reader: LocalPaperReader, path: Path) -> str:
    rotations = {page.page_number: page.rotation for page in reader.look(path).pages}
    recognised = reader.recognise(path, rotations, languages=["deu"])
    reader.searchable_pdf(path, recognised, path.with_name("searchable.pdf"))
    return "\n".join(page.text for page in recognised)


def _bare(path: Path) -> str:
    target = path.with_suffix(".bare")
    subprocess.run(["tesseract", path, target, "-l", "deu"], check=True, capture_output=True)
    return Path(f"{target}.txt").read_text(encoding="utf-8")


def _in_pdf(image: Path) -> Path:
    target = image.with_suffix(".pdf")
    target.write_bytes(img2pdf.convert(image))
    return target


def _trial_page(folder: Path) -> Path:
    Image.new("L", (100, 100), 255).save(folder / "trial.png")
    return folder / "trial.png"


def _peak_mb(memory: MemoryWatch) -> float:
    """The most that the reader's processes and this one have used since the last call."""
    time.sleep(0.05)
    return memory.take_peak() / 1e6


def _cpu_of(work: Callable[[], _Result]) -> tuple[float, _Result]:
    """CPU seconds of this process and all below it."""
    before = cpu_s(os.getpid())
    result = work()
    time.sleep(0.05)  # until the last child is counted
    return cpu_s(os.getpid()) - before, result


def _plain(text: str) -> str:
    return " ".join(text.split())


def _errors(expected: str, found: str) -> int:
    """Characters to insert, delete or replace (Levenshtein distance), line breaks counting as spaces."""
    found_letters = np.array([ord(letter) for letter in _plain(found)])
    places = np.arange(len(found_letters) + 1)
    distances = places.copy()
    for row, letter_ in enumerate(_plain(expected), start=1):
        replaced = distances[:-1] + (found_letters != ord(letter_))
        following = np.concatenate(([row], np.minimum(distances[1:] + 1, replaced)))
        distances = np.minimum.accumulate(following - places) + places
    return int(distances[-1])


if __name__ == "__main__":
    main()
