"""The simulated paper is the same paper each time, and what a scanner makes of it can be told."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from api.demo import paper
from api.demo.paper import Feed, Writing


@pytest.fixture(scope="module")
def sheet() -> Image.Image:
    return paper.printed(paper.typeset("<p>Sehr geehrte Damen und Herren</p>"))[0]


def ink(picture: Image.Image, top: float = 0.0, bottom: float = 1.0) -> int:
    rows = slice(int(picture.height * top), int(picture.height * bottom))
    return int((np.asarray(picture)[rows] < 120).sum())


def test_a_printed_sheet_is_a4_at_300_dpi(sheet: Image.Image) -> None:
    assert sheet.mode == "L"
    assert sheet.size == pytest.approx(paper.A4_PX, abs=2)


def test_only_the_pages_asked_for_are_printed_in_that_order() -> None:
    pdf = paper.typeset('<p>eins</p><p style="break-before:page">zwei<br>zwei</p>')

    first, second = paper.printed(pdf, [2, 1])
    assert ink(first) > ink(second)


def test_writing_stands_where_it_was_written(sheet: Image.Image) -> None:
    written = paper.written_on(sheet, Writing("Quittenmarmelade", 30, 200))

    assert ink(written, 0.6, 0.8) > 1000
    assert ink(sheet, 0.6, 0.8) == 0
    assert ink(written, 0, 0.6) == ink(sheet, 0, 0.6)


def test_markup_is_written_not_obeyed(sheet: Image.Image) -> None:
    plain, marked = (paper.written_on(sheet, Writing(text, 30, 200)) for text in ("b", "<b>b</b>"))

    assert ink(marked, 0.6, 0.8) > 2 * ink(plain, 0.6, 0.8)


def test_the_same_seed_scans_the_same_bytes_and_another_does_not(sheet: Image.Image) -> None:
    scans = [paper.scanned(sheet, Feed(seed, tilt_degrees=0.7)) for seed in (1, 1, 2)]

    first, again, other = (paper.scan_pdf([scan]) for scan in scans)
    assert first == again != other
    first, again, other = (paper.scan_tiff([scan]) for scan in scans)
    assert first == again != other


def test_a_sheet_fed_upside_down_shows_its_foot_first(sheet: Image.Image) -> None:
    scan = paper.scanned(sheet, Feed(1, upside_down=True))

    assert ink(scan, 0.5, 1.0) > ink(scan, 0.0, 0.5)


def test_a_blank_back_has_no_ink_but_dust() -> None:
    assert 0 < ink(paper.scanned(paper.blank_sheet(), Feed(1))) < 1000


def test_a_stack_keeps_its_sheets_and_their_resolution_in_both_formats(sheet: Image.Image) -> None:
    scans = [paper.scanned(sheet, Feed(1)), paper.scanned(paper.blank_sheet(), Feed(2))]

    with pypdfium2.PdfDocument(paper.scan_pdf(scans)) as pdf:
        assert len(pdf) == 2
        assert pdf.get_page_size(0) == pytest.approx((595.4, 841.9), abs=0.5)
        assert pdf[0].get_textpage().get_text_range() == ""
    with Image.open(io.BytesIO(paper.scan_tiff(scans))) as tiff:
        assert getattr(tiff, "n_frames", 1) == 2
        assert tiff.mode == "1"
        assert tiff.info["compression"] == "group4"
        assert tiff.info["dpi"] == pytest.approx((300, 300))
