"""Separator sheets are recognised, ours and the widespread one, whichever way round they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from eakte.errors import Invalid
from eakte.paper import Code, Symbology
from eakte.separators import SEPARATOR_PAYLOAD, is_separator
from ocr.press.letter_press import LocalLetterPress
from tests.letters.builders import Symbol, opened, shown, symbols, text_of


@pytest.mark.parametrize("symbology", list(Symbology))
@pytest.mark.parametrize(
    "text", [SEPARATOR_PAYLOAD, "PATCHT", "patcht", "PatchT", "*PATCHT*", "PATCH T", "PATCH2", "PATCH3"]
)
def test_a_separator_is_one_however_it_is_printed(text: str, symbology: Symbology) -> None:
    assert is_separator(Code(text, symbology, 0))


@pytest.mark.parametrize(
    "text",
    ["", "PATCH", "PATCHT1", "PATCH  T", "PATCH1", "PATCH4", "PATCH6", "XPATCHT", "eatrenn", "EA7K3QX9MWTR01H2CN"],
)
def test_a_code_that_only_resembles_one_is_none(text: str) -> None:
    assert not is_separator(Code(text, Symbology.CODE_128, 0))


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sheets") / "sheets.pdf"
    LocalLetterPress().separator_sheets(3, target)
    return target


def test_as_many_sheets_are_printed_as_ordered_and_say_what_they_are(sheets: Path) -> None:
    with opened(sheets) as document:
        assert len(document) == 3
        assert document.get_page_size(2) == pytest.approx((595.28, 841.89), abs=0.1)
    assert "Trennblatt" in text_of(sheets, 3)


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 3, 177])
def test_a_sheet_is_read_whichever_way_round_it_lies(sheets: Path, turn: int) -> None:
    scan = shown(sheets, dpi=200).rotate(turn, expand=True, fillcolor=255)

    assert symbols(scan) == {Symbol("EATRENN", "Code 128"), Symbol("EATRENN", "Data Matrix")}


@pytest.mark.parametrize("half", ["left", "right", "top", "bottom"])
def test_half_a_sheet_is_enough(sheets: Path, half: str) -> None:
    scan = shown(sheets, dpi=200)
    width, height = scan.size
    box = {
        "left": (0, 0, width // 2, height), "right": (width // 2, 0, width, height),
        "top": (0, 0, width, height // 2), "bottom": (0, height // 2, width, height),
    }[half]  # fmt: skip

    assert symbols(scan.crop(box)) == {Symbol("EATRENN", "Code 128"), Symbol("EATRENN", "Data Matrix")}


def test_many_sheets_stay_a_small_file(tmp_path: Path) -> None:
    target = tmp_path / "sheets.pdf"

    LocalLetterPress().separator_sheets(500, target)

    assert len(PdfReader(target).pages) == 500
    assert target.stat().st_size < 200_000


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_an_absurd_number_of_sheets_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(Invalid, match="zwischen 1 und 1000"):
        LocalLetterPress().separator_sheets(count, tmp_path / "sheets.pdf")
