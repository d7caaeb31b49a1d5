"""Text from paper, with real Tesseract: right way up, in order, with boxes, and nothing recognised needlessly."""

from __future__ import annotations

import difflib
import io
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pytest
import weasyprint
from PIL import Image, ImageChops, ImageDraw

from eakte import machine
from eakte.errors import EngineFailed, EngineMissing, Unavailable
from eakte.paper import PageText, TextSource
from eakte.poorly_read import is_poorly_read
from ocr.limits import ReadingLimits
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import a4_pixels, fax_tiff, jpeg, letter, scan_pdf, scanned


def likeness(expected: str, found: str) -> float:
    return difflib.SequenceMatcher(None, expected.split(), found.split(), autojunk=False).ratio()


def recognise(reader: LocalPaperReader, path: Path, rotation: int | None = 0) -> PageText:
    (page,) = reader.recognise(path, {1: rotation}, languages=["deu"])
    return page


def test_a_scanned_letter_becomes_text_with_boxes_and_a_picture(reader: LocalPaperReader, pdf: Path) -> None:
    printed = letter(dpi=300, line_count=5)
    scan_pdf(pdf, [jpeg(scanned(printed.image), 300)])

    page = recognise(reader, pdf)

    assert likeness(printed.text, page.text) > 0.95
    assert page.text.count("\n") == 4
    assert page.source is TextSource.OCR
    assert page.confidence is not None
    assert page.confidence > 0.85
    assert (page.width_mm, page.height_mm) == pytest.approx((210, 297), abs=1)
    first = page.words[0]
    assert first.text == printed.lines[0].split()[0]
    assert (first.left * 8.27, first.top * 11.69) == pytest.approx((1.0, 1.8), abs=0.15)
    assert [word.line for word in page.words] == sorted(word.line for word in page.words)
    picture = Image.open(io.BytesIO(page.image))
    assert picture.mode == "L"
    assert picture.size == pytest.approx((1240, 1754), abs=5)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_without_a_code_comes_out_upright(reader: LocalPaperReader, pdf: Path, turned: int) -> None:
    printed = letter(line_count=6)
    scan_pdf(pdf, [jpeg(scanned(printed.image).rotate(-turned, expand=True), 200)])

    page = recognise(reader, pdf, None)

    assert page.rotation == 360 - turned
    assert likeness(printed.text, page.text) > 0.9
    assert page.height_mm > page.width_mm
    assert page.words[0].top < 0.25
    picture = Image.open(io.BytesIO(page.image))
    assert picture.height > picture.width


def test_a_known_rotation_is_believed(reader: LocalPaperReader, pdf: Path) -> None:
    printed = letter(line_count=3)
    scan_pdf(pdf, [jpeg(scanned(printed.image).rotate(90, expand=True), 200)])
    page = recognise(reader, pdf, 90)
    assert page.rotation == 90
    assert likeness(printed.text, page.text) > 0.9


def test_a_stack_put_in_upside_down_is_read_page_by_page(reader: LocalPaperReader, tmp_path: Path) -> None:
    printed = [letter(seed, line_count=4) for seed in (1, 2)]
    path = fax_tiff(tmp_path / "fax.tif", [scanned(page.image).rotate(180) for page in printed], 200)

    pages = reader.recognise(path, {2: None, 1: None}, languages=["deu"])

    assert [(page.page_number, page.rotation) for page in pages] == [(1, 180), (2, 180)]
    for page, original in zip(pages, printed, strict=True):
        assert likeness(original.text, page.text) > 0.9


def test_faint_print_on_noisy_paper_is_read(reader: LocalPaperReader, tmp_path: Path) -> None:
    printed = letter(dpi=300, line_count=4, ink=165)
    scanned(printed.image, noise=9).save(tmp_path / "faint.tif", dpi=(300, 300))
    assert likeness(printed.text, recognise(reader, tmp_path / "faint.tif").text) > 0.9


@pytest.mark.parametrize(
    ("ink", "noise", "askew", "shadow"),
    [
        pytest.param(20, 4, -6, False, id="askew"),
        pytest.param(200, 9, 3, False, id="pale and askew"),
        pytest.param(190, 6, 0, True, id="pale with a shadow across"),
        pytest.param(120, 28, 0, False, id="very noisy"),
    ],
)
def test_hard_pages_are_read_and_boxes_stay_on_their_words(
    reader: LocalPaperReader, tmp_path: Path, ink: int, noise: float, askew: float, shadow: bool
) -> None:
    printed = letter(line_count=4, ink=ink)
    scan = scanned(printed.image, noise=noise, skew_degrees=askew)
    if shadow:
        dim = Image.linear_gradient("L").rotate(90).point(lambda level: 120 + level // 2)
        scan = ImageChops.multiply(scan, dim.resize(scan.size))
    scan.save(tmp_path / "hard.tif", dpi=(200, 200))

    page = recognise(reader, tmp_path / "hard.tif")

    assert likeness(printed.text, page.text) > 0.9
    where = np.zeros((scan.height, scan.width), dtype=bool)
    for word in page.words:
        where[
            round(word.top * scan.height) : round(word.bottom * scan.height) + 1,
            round(word.left * scan.width) : round(word.right * scan.width) + 1,
        ] = True
    print_ = np.asarray(printed.image.rotate(askew, fillcolor=255)) < 255
    assert print_[where].sum() > 0.85 * print_.sum()
    assert where.mean() < 0.1


def test_what_cannot_be_read_is_known_to_be_poorly_read(reader: LocalPaperReader, tmp_path: Path) -> None:
    chance = random.Random(1)
    image = Image.new("L", a4_pixels(100), 255)
    for _ in range(60):
        points = [(chance.gauss(300, 90), chance.gauss(300, 60)) for _ in range(6)]
        ImageDraw.Draw(image).line(points, fill=40, width=2)
    image.save(tmp_path / "scribble.tif", dpi=(100, 100))
    page = recognise(reader, tmp_path / "scribble.tif")
    assert is_poorly_read(page.source, page.confidence)


def test_small_print_is_read(reader: LocalPaperReader, tmp_path: Path) -> None:
    printed = letter(dpi=300, line_count=4, size_pt=6, font="serif")
    scanned(printed.image).save(tmp_path / "small.tif", dpi=(300, 300))
    assert likeness(printed.text, recognise(reader, tmp_path / "small.tif").text) > 0.9


def test_light_letters_on_a_dark_bar_are_read(reader: LocalPaperReader, tmp_path: Path) -> None:
    printed = letter(line_count=3)
    image = printed.image.copy()
    bar = image.crop((0, 340, image.width, 340 + 60)).point([255 - level for level in range(256)])
    image.paste(bar, (0, 340))
    image.save(tmp_path / "bar.tif", dpi=(200, 200))
    assert likeness(printed.text, recognise(reader, tmp_path / "bar.tif").text) > 0.9


def test_a_blank_page_is_not_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    blank = scanned(Image.new("L", a4_pixels(100), 255))
    blank.save(tmp_path / "blank.tif", dpi=(100, 100))
    reader = LocalPaperReader(tmp_path / "work")
    page = recognise(reader, tmp_path / "blank.tif", None)
    reader.close()
    assert (page.source, page.words, page.text, page.confidence) == (TextSource.BLANK, (), "", None)
    assert page.image


def test_born_digital_text_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    style = "@page{size:A4;margin:0}body{margin:0}p{margin:20mm 0 0 30mm}"
    html = f"<style>{style}</style><p>Größe αβγ 🙂 Straße des 17. Juni<p>Zweite Zeile"
    weasyprint.HTML(string=html).write_pdf(tmp_path / "born.pdf")
    reader = LocalPaperReader(tmp_path / "work")
    page = recognise(reader, tmp_path / "born.pdf", None)
    reader.close()
    assert page.source is TextSource.TEXT_LAYER
    assert page.text == "Größe αβγ 🙂 Straße des 17. Juni\nZweite Zeile"
    assert page.words[0].left * 210 == pytest.approx(30, abs=1)
    assert page.words[0].top * 297 == pytest.approx(20, abs=4)


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_born_digital_text_that_lies_on_its_side_is_turned(reader: LocalPaperReader, pdf: Path, rotate: int) -> None:
    weasyprint.HTML(string="<p>Erste Zeile des Bescheids<p>Zweite Zeile des Bescheids").write_pdf(pdf)
    with pikepdf.open(pdf, allow_overwriting_input=True) as file:
        file.pages[0].obj["/Rotate"] = rotate
        file.save(pdf)
    page = recognise(reader, pdf, None)
    assert page.rotation == 360 - rotate
    assert page.text == "Erste Zeile des Bescheids\nZweite Zeile des Bescheids"
    assert page.words[0].top < page.words[-1].top < 0.3


def test_colours_that_mean_something_stay_in_the_picture(reader: LocalPaperReader, tmp_path: Path) -> None:
    image = letter(line_count=1).image.convert("RGB")
    image.paste((190, 30, 40), (1200, 1800, 1500, 2000))
    image.save(tmp_path / "seal.tif", dpi=(200, 200))
    assert Image.open(io.BytesIO(recognise(reader, tmp_path / "seal.tif").image)).mode == "RGB"


class TestTesseractThatFails:
    """A program of that name early on the PATH stands for a Tesseract gone wrong."""

    @pytest.fixture
    def scan(self, tmp_path: Path) -> Path:
        path = tmp_path / "scan.tif"
        letter(line_count=2).image.save(path, dpi=(200, 200))
        return path

    def recognise_with(
        self, script: str, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, timeout_s: int = 60
    ) -> PageText:
        with self.reader_with(script, tmp_path, monkeypatch, timeout_s=timeout_s) as reader:
            return recognise(reader, scan)

    @contextmanager
    def reader_with(
        self, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, timeout_s: int = 60
    ) -> Iterator[LocalPaperReader]:
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "tesseract").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "tesseract").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        reader = LocalPaperReader(tmp_path / "work", replace(ReadingLimits(), tesseract_wall_s=timeout_s))
        try:
            yield reader
        finally:
            reader.close()

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            pytest.param("kill -SEGV $$", "abgestürzt", id="crashes"),
            pytest.param("echo 'out of ideas' >&2; exit 3", "abgestürzt", id="gives up"),
            pytest.param(r'printf "\377\376\n1\t2\t0\n"', "unbrauchbar", id="prints rubbish"),
            pytest.param(r'printf "level\tx\n5\t1\n1\t2\t0\n"', "unbrauchbar", id="prints half a table"),
            pytest.param("exec yes", "unbrauchbar", id="prints without end"),
            pytest.param("exit 0", "unbrauchbar", id="writes nothing"),
        ],
    )
    def test_it_may_be_tried_again(
        self, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
    ) -> None:
        with pytest.raises(EngineFailed, match=said):
            self.recognise_with(script, scan, tmp_path, monkeypatch)

    def test_a_hanging_one_is_ended(self, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(EngineFailed, match="zu lange"):
            self.recognise_with("exec sleep 600", scan, tmp_path, monkeypatch, timeout_s=1)

    def test_on_a_full_disk_neither_it_nor_the_page_is_blamed(
        self, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(machine, "ROOM_BYTES", 2**62)
        with pytest.raises(Unavailable, match="Speicherplatz") as failure:
            self.recognise_with("echo 'cannot write' >&2; exit 1", scan, tmp_path, monkeypatch)
        assert not isinstance(failure.value, EngineFailed)

    def test_a_page_it_always_fails_on_does_not_cost_the_others_their_text(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slips = [Image.new("L", (700, 160), 255) for _ in range(3)]
        for slip in slips:
            ImageDraw.Draw(slip).text((60, 60), "Hiermit lege ich Widerspruch ein", fill=0, font_size=32)
        scan = scan_pdf(tmp_path / "drei.pdf", [jpeg(slip, 200) for slip in slips])
        # It reads the first page, then crashes; so does the next one at once, and the one after that does not.
        script = (
            f"tesseract={shutil.which('tesseract')}; echo >> {tmp_path}/calls; case $(wc -l < {tmp_path}/calls) in "
            '1) head -n 2 | $tesseract "$@"; kill -SEGV $$;; 2) kill -SEGV $$;; esac; exec $tesseract "$@"'
        )

        wanted = {1: 0, 2: 0, 3: 0}
        with self.reader_with(script, tmp_path, monkeypatch) as reader:
            with pytest.raises(EngineFailed):  # the machine may be short of memory just now
                reader.recognise(scan, wanted, languages=["deu"])
            (tmp_path / "calls").unlink()
            first, bad, last = reader.recognise(scan, wanted, languages=["deu"], last_try=True)

        assert "Widerspruch" in first.text
        assert "abgestürzt" in (bad.problem or "")
        assert bad.text == ""
        assert "Widerspruch" in last.text

    def test_missing_language_data_are_named(self, reader: LocalPaperReader, scan: Path) -> None:
        with pytest.raises(EngineMissing, match="tesseract-ocr-kli"):
            reader.recognise(scan, {1: 0}, languages=["kli"])

    def test_a_missing_tesseract_is_said_so(self, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        reader = LocalPaperReader(tmp_path / "work")
        with pytest.raises(EngineMissing, match="nicht installiert"):
            recognise(reader, scan)
        reader.close()
