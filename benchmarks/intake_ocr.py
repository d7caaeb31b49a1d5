"""What reading paper costs: CPU per page against bare Tesseract on the same pages, error rates beside it.

    python -m benchmarks.intake_ocr --pages 40 [--seed N] [--only WORD]

Ours is everything the reader does to a page: look at it, recognise it, make its picture and the searchable PDF.
Bare is `tesseract FILE out -l deu` on the page's image. Both with `OMP_THREAD_LIMIT=1`, page by page in turn.
The quick look at what a change of the reader does; `benchmarks.intake` measures the whole service on the same pages.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL import Image

from benchmarks import mixed_pages
from benchmarks.mixed_pages import MixedPage, Setting
from benchmarks.process_tree import cpu_s
from benchmarks.reading_errors import Errors, compare
from ocr.paper_reader import LocalPaperReader

_Result = TypeVar("_Result")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="CPU seconds per page, ours against bare Tesseract")
    parser.add_argument("--pages", type=int, default=40, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    wishes = parser.parse_args(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    totals = _Figures()
    with tempfile.TemporaryDirectory() as folder, closing(LocalPaperReader(Path(folder, "work"))) as reader:
        started_s, _ = _cpu_of(lambda: reader.page_image(_trial_page(Path(folder)), 1, rotation=0, width_px=9))
        heads = ("pages", "ours s", "bare s", "ratio", "CER", "bare", "recall", "bare")
        print(f"{'scan':<32}" + "".join(f"{head:>8}" for head in heads))
        for setting in mixed_pages.SETTINGS:
            if wishes.only not in setting.name:
                continue
            chance = random.Random(f"{wishes.seed} {setting.name}")
            figures = _Figures()
            for original in mixed_pages.originals(setting, wishes.pages, chance):
                page = mixed_pages.mixed_page(original, setting, chance)
                image, file = _files(page, setting, Path(folder))
                # One after the other, so that a machine that becomes busier slows both.
                ours_s, ours = _cpu_of(partial(_ours, reader, file))
                bare_s, bare = _cpu_of(partial(bare_text, image))
                figures += _Figures(1, ours_s, bare_s, compare(original.text, ours), compare(original.text, bare))
            totals += figures
            _print(setting.name, figures)
    _print("all", totals)
    print(f"start-up, once per worker: {started_s:.2f} CPU s")


@dataclass(frozen=True)
class _Figures:
    pages: int = 0
    ours_s: float = 0.0
    bare_s: float = 0.0
    ours: Errors = field(default_factory=Errors)
    bare: Errors = field(default_factory=Errors)

    def __add__(self, other: _Figures) -> _Figures:
        return _Figures(
            self.pages + other.pages,
            self.ours_s + other.ours_s,
            self.bare_s + other.bare_s,
            self.ours + other.ours,
            self.bare + other.bare,
        )


def _print(name: str, figures: _Figures) -> None:
    each, ours, bare = max(1, figures.pages), figures.ours, figures.bare
    print(
        f"{name:<32}{figures.pages:>8}{figures.ours_s / each:>8.2f}{figures.bare_s / each:>8.2f}"
        f"{figures.ours_s / max(0.01, figures.bare_s):>8.2f}{ours.cer:>8.4f}{bare.cer:>8.4f}"
        f"{ours.recall:>8.4f}{bare.recall:>8.4f}",
        flush=True,
    )


def _files(page: MixedPage, setting: Setting, folder: Path) -> tuple[Path, Path]:
    """The page's image for Tesseract, and the file that is scanned in."""
    image = folder / f"page{page.suffix}"
    image.write_bytes(page.image)
    content, media_type = mixed_pages.stack([page], setting)
    file = folder / ("scan.pdf" if media_type == "application/pdf" else "scan.tif")
    file.write_bytes(content)
    return image, file


def _ours(reader: LocalPaperReader, path: Path) -> str:
    rotations = {page.page_number: page.rotation for page in reader.look(path).pages}
    recognised = reader.recognise(path, rotations, languages=["deu"])
    reader.searchable_pdf(path, recognised, path.with_name("searchable.pdf"))
    return "\n".join(page.text for page in recognised)


def bare_text(path: Path) -> str:
    """What `tesseract FILE out -l deu` reads."""
    target = path.with_suffix(".bare")
    subprocess.run(["tesseract", path, target, "-l", "deu"], check=True, capture_output=True)
    return Path(f"{target}.txt").read_text(encoding="utf-8")


def _trial_page(folder: Path) -> Path:
    Image.new("L", (100, 100), 255).save(folder / "trial.png")
    return folder / "trial.png"


def _cpu_of(work: Callable[[], _Result]) -> tuple[float, _Result]:
    """CPU seconds of this process and all below it."""
    before = cpu_s(os.getpid())
    result = work()
    time.sleep(0.05)  # until the last child is counted
    return cpu_s(os.getpid()) - before, result


if __name__ == "__main__":
    main()
