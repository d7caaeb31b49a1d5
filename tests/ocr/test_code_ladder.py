"""Damaged return codes: what only further attempts read, what stays unread and is noticed, what costs nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks import damage, damaged_sheets
from benchmarks.damage import Scan
from eakte.intake.splitting import read_page
from eakte.paper import Symbology
from eakte.return_codes import ReturnCode, payload
from ocr.code_reading import CodesRead, rotation_told_by
from ocr.looking import page_reading, read_picture
from ocr.pages import Picture
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import jpeg, letter, scanned

KEY = b"the key of this installation"
OURS = payload("7K3QX9MWTR", 1, KEY)
OTHER = payload("Z8R4WTN0CD", 2, KEY)

Harm = Callable[[Image.Image], Image.Image]


@cache
def slip() -> Image.Image:
    return damaged_sheets.stamped(Image.new("L", damaged_sheets.SLIP_DOTS, 255), OURS)


def read(sheet: Image.Image, scan: Scan | None = None, seed: int = 1) -> CodesRead:
    setting = Scan() if scan is None else scan
    picture = damage.scanned(sheet, setting, np.random.default_rng(seed))
    return read_picture(Picture(picture, float(setting.dpi)))[1]


def without_squares(sheet: Image.Image) -> Image.Image:
    cut = sheet.copy()
    ImageDraw.Draw(cut).rectangle((cut.width - 320, cut.height - 320, cut.width, cut.height), fill=255)
    return cut


def without_bars(sheet: Image.Image) -> Image.Image:
    cut = sheet.copy()
    ImageDraw.Draw(cut).rectangle((0, 0, cut.width, 300), fill=255)
    return cut


def flecked(severity: float) -> Harm:
    return lambda sheet: damage.flecked(sheet, np.random.default_rng(7), severity)


@pytest.mark.parametrize(
    ("harm", "scan"),
    [
        pytest.param(lambda sheet: without_squares(flecked(0.7)(sheet)), Scan(), id="flecked bars alone"),
        pytest.param(lambda sheet: without_bars(flecked(0.5)(sheet)), Scan(dpi=300), id="flecked squares alone"),
        pytest.param(without_bars, Scan(noise=45), id="noisy squares alone"),
    ],
)
def test_what_the_first_pass_misses_the_ladder_reads(harm: Harm, scan: Scan) -> None:
    codes = read(harm(slip()), scan)

    assert OURS in [code.text for code in codes.climbed_for]
    assert not codes.unread


@pytest.mark.parametrize("turn", [90, 180])
def test_the_ladder_tells_which_way_is_up(turn: int) -> None:
    codes = read(without_squares(flecked(0.5)(slip())), Scan(turn=turn, skew_degrees=0.7))

    assert OURS in [code.text for code in codes.climbed_for]
    assert rotation_told_by(codes.codes) == (360 - turn) % 360


@pytest.mark.parametrize("harm", [without_bars, without_squares])
def test_one_symbol_is_enough_and_the_missing_one_is_no_doubt(harm: Harm) -> None:
    codes = read(harm(slip()))

    assert OURS in [code.text for code in codes.codes]
    assert codes.attempts == 0
    assert not codes.unread


def test_a_code_half_torn_off_is_noticed_as_unread() -> None:
    sheet = without_squares(slip())
    ImageDraw.Draw(sheet).rectangle((sheet.width // 2 + 100, 0, sheet.width, 300), fill=255)

    codes = read(sheet)
    reading = page_reading(1, read_picture(Picture(sheet, 300.0))[0], codes)

    assert codes.codes == ()
    assert codes.unread
    assert "nicht zu lesen" in (reading.problem or "")


def test_a_second_letters_code_that_only_climbing_reads_is_seen_beside_the_first() -> None:
    label = flecked(0.5)(damaged_sheets.stamped_elsewhere(Image.new("L", damaged_sheets.SLIP_DOTS, 255), OTHER))
    ImageDraw.Draw(label).rectangle((0, 560, label.width, label.height), fill=255)  # its squares are gone
    ImageDraw.Draw(label).rectangle((0, 0, label.width, 340), fill=255)
    sheet = damaged_sheets.stamped(label, OURS)

    codes = read(sheet)

    assert {code.text for code in codes.codes} == {OURS, OTHER}


@pytest.mark.parametrize("size_pt", [7.0, 12.0])
def test_a_page_of_text_is_not_climbed_for(size_pt: float) -> None:
    page = letter(3, dpi=100, size_pt=size_pt, line_count=50)
    picture = scanned(page.image, skew_degrees=random.Random(size_pt).uniform(-2, 2))

    _, codes = read_picture(Picture(picture, 100.0))

    assert codes == CodesRead(())


def test_a_page_with_an_unreadable_code_alone_in_its_file_is_still_looked_at(
    reader: LocalPaperReader, tmp_path: Path
) -> None:
    sheet = slip().copy()
    harmed = ImageDraw.Draw(sheet)
    harmed.rectangle((sheet.width // 2, 0, sheet.width, 300), fill=255)
    harmed.rectangle((sheet.width - 320, sheet.height - 320, sheet.width, sheet.height), fill=255)
    path = tmp_path / "scan.jpg"
    path.write_bytes(jpeg(sheet, 300))

    (reading,) = reader.look(path).pages

    assert reading.codes == ()
    assert "nicht zu lesen" in (reading.problem or "")


def test_what_the_ladder_reads_counts_like_any_other_code() -> None:
    codes = read(without_squares(flecked(0.5)(slip())))

    page = read_page(0, page_reading(1, read_picture(Picture(slip(), 300.0))[0], codes), KEY)

    assert page.returns == (ReturnCode("7K3QX9MWTR", 1),)
    assert {code.symbology for code in codes.codes} == {Symbology.CODE_128}
