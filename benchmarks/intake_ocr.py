"""What reading paper costs: CPU per page against bare Tesseract on the same pages, error rates beside it.

    python -m benchmarks.intake_ocr --pages 3

Ours is everything the reader does to a page: look at it, recognise it, make its picture and the searchable PDF.
Bare is `tesseract FILE out -l deu` on the page's image. Both with `OMP_THREAD_LIMIT=1`, in the same run.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import img2pdf
import numpy as np
from PIL import Image

from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import PrintedPage, black_and_white, letter, scanned

DPI = 300


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
    with tempfile.TemporaryDirectory() as folder:
        start_s = _cpu_of(lambda: _ours([], Path(folder)))[0]
        print(f"start-up, once per worker: {start_s:.2f} CPU s\n")
        print(f"{'scan':<28}{'ours s':>8}{'bare s':>8}{'ratio':>7}{'ours CER':>10}{'bare CER':>10}")
        totals = np.zeros(4)
        rows = []
        for kind in KINDS:
            scans = [
                kind.write(kind.scan(page, seed), Path(folder, f"{kind.name[:5]}-{seed}"))
                for seed, page in enumerate(pages)
            ]
            inputs = [_in_pdf(scan) if kind.in_pdf else scan for scan in scans]
            ours_s, ours = _cpu_of(lambda inputs=inputs: _ours(inputs, Path(folder)))  # type: ignore[misc]
            rows.append((kind, scans, ours_s - start_s, ours))
        peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        for kind, scans, ours_s, ours in rows:
            bare_s, bare = _cpu_of(lambda scans=scans: [_bare(scan) for scan in scans])  # type: ignore[misc]
            errors = [
                sum(_errors(page.text, text) for page, text in zip(pages, texts, strict=True)) for texts in (ours, bare)
            ]
            letters = sum(len(_plain(page.text)) for page in pages)
            totals += (ours_s, bare_s, errors[0], errors[1])
            print(
                f"{kind.name:<28}{ours_s / page_count:>8.2f}{bare_s / page_count:>8.2f}{ours_s / bare_s:>7.2f}"
                f"{errors[0] / letters:>10.4f}{errors[1] / letters:>10.4f}"
            )
    print(f"\nall: {totals[0] / totals[1]:.2f} × bare; errors {totals[2]:.0f} against {totals[3]:.0f}")
    print(f"largest child: {peak_mib:.0f} MiB")


def _ours(paths: list[Path], folder: Path) -> list[str]:
    reader = LocalPaperReader(folder / "work")
    reader.warm_up()
    texts = []
    for path in paths:
        rotations = {page.page_number: page.rotation for page in reader.look(path).pages}
        recognised = reader.recognise(path, rotations, languages=["deu"])
        reader.searchable_pdf(path, recognised, folder / "searchable.pdf")
        texts.append("\n".join(page.text for page in recognised))
    reader.close()
    return texts


def _bare(path: Path) -> str:
    target = path.with_suffix(".bare")
    subprocess.run(["tesseract", path, target, "-l", "deu"], check=True, capture_output=True)
    return Path(f"{target}.txt").read_text(encoding="utf-8")


def _in_pdf(image: Path) -> Path:
    target = image.with_suffix(".pdf")
    target.write_bytes(img2pdf.convert(image))
    return target


def _cpu_of(work: Callable[[], list[str]]) -> tuple[float, list[str]]:
    """CPU seconds of this process and all programs that ended meanwhile."""
    before = _cpu_s()
    result = work()
    return _cpu_s() - before, result


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


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
