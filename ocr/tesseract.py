"""Calls Tesseract on an image file and reads what it answers. The only module that knows pytesseract."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytesseract.pytesseract import TesseractError, TesseractNotFoundError, run_tesseract

from eakte.errors import EngineFailed, EngineMissing

_LOGGER = logging.getLogger(__name__)

_WORD_LEVEL = "5"
_TSV_COLUMNS = 12
_LANGUAGE_MISSING = ("Error opening data file", "Failed loading language", "couldn't load any languages")


@dataclass(frozen=True)
class PixelWord:
    """One word with its box in pixels of the image, confidence 0..1, and the number of its line."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float
    line: int


def recognise_image(image: Path, languages: Sequence[str], *, timeout_s: int, light_on_dark: bool) -> list[PixelWord]:
    """Recognise an upright page; text and boxes come from one run.

    `pytesseract.run_and_get_multiple_output` takes no settings; this is what it calls in the end, on the file itself.

    Args:
        image: An image file that states its resolution.
        languages: Tesseract codes in order of preference.
        timeout_s: For this run.
        light_on_dark: Read doubtful lines a second time inverted (3 to 8 % of the time of a page).

    Returns:
        Words in reading order; none on an empty page.

    Raises:
        EngineMissing: No Tesseract, or not these languages.
        EngineFailed: It crashed, took too long or answered rubbish.
    """
    answer = image.with_suffix(".answer")
    settings = "-c tessedit_create_tsv=1" + ("" if light_on_dark else " -c invert_threshold=0")
    with _translated(languages):
        run_tesseract(str(image), str(answer), "tsv", "+".join(languages), settings, timeout=timeout_s)
        rows = Path(f"{answer}.tsv").read_bytes().decode("utf-8")
        return list(_words(rows))


def upright_rotation(image: Path, *, timeout_s: int) -> int | None:
    """Clockwise degrees to turn a page upright, as Tesseract's script detection believes.

    Returns:
        None where there is too little text to say.

    Raises:
        EngineMissing, EngineFailed: As `recognise_image`.
    """
    answer = image.with_suffix(".orientation")
    try:
        with _translated(["osd"]):
            run_tesseract(str(image), str(answer), "osd", "osd", "--psm 0", timeout=timeout_s)
            lines = Path(f"{answer}.osd").read_text(encoding="utf-8").splitlines()
            found = dict(line.split(": ", 1) for line in lines if ": " in line)
            return int(found["Rotate"]) % 360 // 90 * 90
    except _TooLittleText:
        return None


class _TooLittleText(EngineFailed):
    """Tesseract found too few characters to tell which way is up; it reports that as a failure."""


@contextmanager
def _translated(languages: Sequence[str]) -> Iterator[None]:
    """Foreign failures get one of our names."""
    try:
        yield
    except TesseractNotFoundError as error:
        raise EngineMissing(
            "Die Texterkennung (Tesseract) ist nicht installiert; siehe README, Abschnitt Installation."
        ) from error
    except TesseractError as error:
        said = str(error.message)
        if "Too few characters" in said:
            raise _TooLittleText("zu wenig Text") from error
        if any(sign in said for sign in _LANGUAGE_MISSING):
            packages = ", ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in languages)
            raise EngineMissing(f"Der Texterkennung fehlen Sprachdaten; bitte installieren: {packages}.") from error
        _LOGGER.warning("Tesseract failed with status %s: %s", error.status, said[:500])
        raise EngineFailed("Die Texterkennung ist auf einer Seite abgestürzt; bitte erneut versuchen.") from error
    except RuntimeError as error:  # how pytesseract says that the time is up
        raise EngineFailed("Die Texterkennung einer Seite dauerte zu lange und wurde abgebrochen.") from error
    except (OSError, UnicodeDecodeError, ValueError, KeyError) as error:
        raise EngineFailed("Die Texterkennung lieferte ein unbrauchbares Ergebnis; bitte erneut versuchen.") from error


def _words(rows: str) -> Iterator[PixelWord]:
    header, *lines = rows.rstrip("\n").split("\n")
    if not header.startswith("level\t"):
        raise ValueError("no table of words")
    line_number, last_line = -1, None
    for line in lines:
        cells = line.split("\t")
        if len(cells) != _TSV_COLUMNS:
            raise ValueError(f"a row with {len(cells)} columns")
        level, _, block, paragraph, row, _, left, top, width, height, confidence, text = cells
        if level != _WORD_LEVEL or not text.strip():
            continue
        if (block, paragraph, row) != last_line:
            line_number, last_line = line_number + 1, (block, paragraph, row)
        yield PixelWord(
            text.strip(),
            int(left),
            int(top),
            int(left) + int(width),
            int(top) + int(height),
            min(1.0, max(0.0, float(confidence) / 100)),
            line_number,
        )
