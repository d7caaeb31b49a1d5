"""Runs Tesseract on image files and reads what it answers. The only module that knows it."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image
from pytesseract.pytesseract import TesseractError, TesseractNotFoundError, run_tesseract

from eakte.errors import EngineFailed, EngineMissing
from ocr.limits import TESSERACT_KEPT_S

_LOGGER = logging.getLogger(__name__)

_WORD_LEVEL = "5"
_TSV_COLUMNS = 12
_LANGUAGE_MISSING = ("Error opening data file", "Failed loading language", "couldn't load any languages")
_LARGEST_ANSWER_BYTES = 20_000_000

_NOT_INSTALLED = "Die Texterkennung (Tesseract) ist nicht installiert; siehe README, Abschnitt Installation."
_CRASHED = "Die Texterkennung ist auf einer Seite abgestürzt; bitte erneut versuchen."
_TOO_SLOW = "Die Texterkennung einer Seite dauerte zu lange und wurde abgebrochen."
_RUBBISH = "Die Texterkennung lieferte ein unbrauchbares Ergebnis; bitte erneut versuchen."


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


class Tesseract:
    """A Tesseract that reads one upright page after the other; text and boxes come from one run.

    To start it costs a tenth of reading a page, so it is kept: it takes the names of files from its standard input
    (`stream_filelist`) and writes each page's table to its standard output. Nothing in there says where a table ends;
    so every page is followed by a tiny blank one, whose row does.

    Args:
        languages: Tesseract codes in order of preference.
        light_on_dark: Read doubtful lines a second time inverted (3 to 8 % of the time of a page).
        folder: For its files; as many Tesseracts may use it as differ in `light_on_dark`.
    """

    def __init__(self, languages: Sequence[str], folder: Path, *, light_on_dark: bool) -> None:
        self._languages = languages
        self._light_on_dark = light_on_dark
        self._marker = folder / "end-of-page.tif"
        self._remarks = folder / f"tesseract-{'inverting' if light_on_dark else 'plain'}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._pages = 0
        self._busy_s = 0.0

    def read(self, image: Path, *, timeout_s: float) -> list[PixelWord]:
        """Recognise an upright page.

        Args:
            image: An image file that states its resolution.
            timeout_s: For this page.

        Returns:
            Words in reading order; none on an empty page.

        Raises:
            EngineMissing: No Tesseract, or not these languages.
            EngineFailed: It failed, took too long or answered rubbish. The next page is read by a new one.
        """
        began = time.monotonic()
        process = self._started()
        self._pages += 2
        try:
            rows = self._answer(process, f"{image}\n{self._marker}\n".encode(), began + timeout_s)
            words = list(_words(rows.decode("utf-8")))
        except ValueError as error:
            self.close()
            raise EngineFailed(_RUBBISH) from error
        except BaseException:
            self.close()
            raise
        self._busy_s += time.monotonic() - began
        if self._busy_s > TESSERACT_KEPT_S:
            self.close()
        return words

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            Image.new("L", (16, 16), 255).save(self._marker, "TIFF", dpi=(200, 200))
            settings = ["tessedit_create_tsv=1", "stream_filelist=1"]
            settings += [] if self._light_on_dark else ["invert_threshold=0"]
            options = [part for setting in settings for part in ("-c", setting)]
            command = ["tesseract", "stdin", "stdout", "-l", "+".join(self._languages), *options]
            with self._remarks.open("wb") as remarks:
                try:
                    # A pipe is written to in blocks; a row must come when it is complete.
                    self._process = subprocess.Popen(
                        ["stdbuf", "-oL", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=remarks
                    )
                except OSError as error:
                    raise EngineMissing(_NOT_INSTALLED) from error
            self._pages, self._busy_s = 0, 0.0
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], request: bytes, deadline: float) -> bytes:
        """The rows of a page, without those that stand for its end."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request)
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; the reason is found below
        end = f"\n1\t{self._pages}\t".encode()
        answer = bytearray(b"\n")
        while True:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise EngineFailed(_TOO_SLOW)
            part = os.read(process.stdout.fileno(), 1 << 16)
            if not part:
                raise self._death(process)
            seen = max(0, len(answer) - len(end))
            answer += part
            place = answer.find(end, seen)
            if place >= 0 and answer.endswith(b"\n"):
                return bytes(answer[1:place])
            if len(answer) > _LARGEST_ANSWER_BYTES:
                raise EngineFailed(_RUBBISH)

    def _death(self, process: subprocess.Popen[bytes]) -> EngineMissing | EngineFailed:
        """Why it ended instead of answering."""
        status = process.wait()
        said = self._remarks.read_text(encoding="utf-8", errors="replace")
        if status == 127:  # how stdbuf says that there is no such program
            return EngineMissing(_NOT_INSTALLED)
        if any(sign in said for sign in _LANGUAGE_MISSING):
            return _languages_missing(self._languages)
        if status == 0:
            return EngineFailed(_RUBBISH)
        _LOGGER.warning("Tesseract failed with status %s: %s", status, said[:500])
        return EngineFailed(_CRASHED)

    def close(self) -> None:
        """End it; it can be used again."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def upright_rotation(image: Path, *, timeout_s: int) -> int | None:
    """Clockwise degrees to turn a page upright, as Tesseract's script detection believes.

    Returns:
        None where there is too little text to say.

    Raises:
        EngineMissing, EngineFailed: As `Tesseract.read`.
    """
    answer = image.with_suffix(".orientation")
    told = Path(f"{answer}.osd")
    try:
        with _translated(["osd"]):
            told.unlink(missing_ok=True)
            run_tesseract(str(image), str(answer), "osd", "osd", "--psm 0", timeout=timeout_s)
            lines = told.read_text(encoding="utf-8").splitlines()
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
        raise EngineMissing(_NOT_INSTALLED) from error
    except TesseractError as error:
        said = str(error.message)
        if "Too few characters" in said:
            raise _TooLittleText("zu wenig Text") from error
        if any(sign in said for sign in _LANGUAGE_MISSING):
            raise _languages_missing(languages) from error
        _LOGGER.warning("Tesseract failed with status %s: %s", error.status, said[:500])
        raise EngineFailed(_CRASHED) from error
    except RuntimeError as error:  # how pytesseract says that the time is up
        raise EngineFailed(_TOO_SLOW) from error
    except (OSError, UnicodeDecodeError, ValueError, KeyError) as error:
        raise EngineFailed(_RUBBISH) from error


def _languages_missing(languages: Sequence[str]) -> EngineMissing:
    packages = ", ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in languages)
    return EngineMissing(f"Der Texterkennung fehlen Sprachdaten; bitte installieren: {packages}.")


def _words(rows: str) -> Iterator[PixelWord]:
    """The words of one page's rows.

    Raises:
        ValueError: They are not such rows.
    """
    line_number, last_line = -1, None
    for line in rows.rstrip("\n").split("\n"):
        if line.startswith("level\t"):  # once, above the first page
            continue
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
