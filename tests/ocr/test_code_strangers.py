"""Symbols of other senders, and a decoder that breaks: neither stops what else stands on the page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks import damaged_sheets
from eakte import return_codes
from eakte.return_codes import ReturnCode
from ocr.code_reading import CodesRead
from ocr.looking import read_picture
from ocr.pages import Picture
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import jpeg, scan_pdf

KEY = b"the key of this installation"
CODE_ID = "7K3QX9MWTR"
OURS = return_codes.payload(CODE_ID, 1, KEY)


def slip() -> Image.Image:
    return damaged_sheets.stamped(Image.new("L", damaged_sheets.SLIP_DOTS, 255), OURS)


def read(sheet: Image.Image) -> CodesRead:
    return read_picture(Picture(sheet, 300.0))[1]


@pytest.mark.parametrize("number", range(len(damaged_sheets.FOREIGN)))
def test_a_strangers_symbol_beside_ours_changes_nothing(number: int) -> None:
    symbology, text = damaged_sheets.FOREIGN[number]
    sheet = slip()
    drawn = damaged_sheets.foreign(symbology, text, 4)
    sheet.paste(drawn, (100, 340))

    codes = read(sheet)

    assert OURS in [code.text for code in codes.codes]
    assert not codes.unread
    json.dumps([code.text for code in codes.codes]).encode()  # can be kept in a row


@pytest.mark.parametrize(
    ("symbology", "text"),
    [(zxingcpp.BarcodeFormat.EAN13, "4006381333931"), (zxingcpp.BarcodeFormat.PDF417, "M1MUSTER/ERIKA")],
)
def test_kinds_that_we_never_print_are_known_and_no_doubt(symbology: zxingcpp.BarcodeFormat, text: str) -> None:
    sheet = Image.new("L", damaged_sheets.SLIP_DOTS, 255)
    sheet.paste(damaged_sheets.foreign(symbology, text, 5), (300, 300))

    assert read(sheet).codes == ()
    assert not read(sheet).unread


def test_a_decoder_that_breaks_on_one_symbol_leaves_the_page_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    real = zxingcpp.read_barcodes

    def breaking(image: np.ndarray[tuple[int, int], np.dtype[np.uint8]], **options: object) -> list[zxingcpp.Barcode]:
        if image.shape[1] < 500:
            raise RuntimeError("unexpected ECI")
        return real(image, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(zxingcpp, "read_barcodes", breaking)

    codes = read(slip())

    assert OURS in [code.text for code in codes.codes]
    assert codes.unread


def test_foreign_symbols_on_one_page_do_not_stop_the_next(reader: LocalPaperReader, tmp_path: Path) -> None:
    strange = Image.new("L", damaged_sheets.SLIP_DOTS, 255)
    for number, (symbology, text) in enumerate(damaged_sheets.FOREIGN):
        strange.paste(damaged_sheets.foreign(symbology, text, 2), (20 + number % 3 * 400, 20 + number // 3 * 250))
    path = scan_pdf(tmp_path / "scan.pdf", [jpeg(strange, 300), jpeg(slip(), 300)])

    first, second = reader.look(path).pages

    assert OURS not in [code.text for code in first.codes]
    assert OURS in [code.text for code in second.codes]


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(OURS) - 1), st.sampled_from(return_codes.ALPHABET + "IOLU-a")),
        min_size=1,
        max_size=6,
    ),
    sheet=st.integers(1, 99),
)
def test_no_changed_payload_is_accepted_for_an_existing_letter(changes: list[tuple[int, str]], sheet: int) -> None:
    printed = return_codes.payload(CODE_ID, sheet, KEY)
    wrong = list(printed)
    for position, symbol in changes:
        wrong[position] = symbol
    text = "".join(wrong)

    meaning = return_codes.read(text, KEY)

    accepted = isinstance(meaning, ReturnCode) and meaning.code_id == CODE_ID
    assert accepted == (text == printed)


def test_no_single_wrong_symbol_is_accepted_whatever_it_is() -> None:
    for position in range(len(OURS)):
        for symbol in return_codes.ALPHABET:
            text = OURS[:position] + symbol + OURS[position + 1 :]
            assert isinstance(return_codes.read(text, KEY), ReturnCode) == (text == OURS)
