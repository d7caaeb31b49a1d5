"""The templates that come with the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2
import pytest

from eakte.letter_templates import FOLDER
from ocr.press.letter_press import HTML, LocalLetterPress
from tests.letters.builders import BRIEF, EMPTY_VALUES, VALUES, ink, letter, opened, shown, stamped, text_of

W = "W" * 300
MANY_WORDS = "Dr. h. c. Maria-Magdalena Freifrau von und zu " * 7
LOWER_THIRD_MM = 198.0


def long_values(text: str) -> dict[str, object]:
    return {
        **VALUES,
        "akte": {"zeichen": "11.20/2026/00042", "titel": text, "aktenplan": "11.20", "aktenplan_titel": text},
        "empfaenger": {"name": text, "rolle": text, "strasse": text, "plz": "1", "ort": text, "anschrift": [text] * 7},
        "absender": {"stadt": text, "einheit": text, "person": text, "email": text},
        "daten": {"frist": "2026-12-11"},
    }  # fmt: skip


CASES = [
    pytest.param(VALUES, id="everything given"),
    pytest.param(EMPTY_VALUES, id="empty data"),
    pytest.param({}, id="nothing at all"),
    pytest.param(long_values(W), id="one endless word"),
    pytest.param(long_values(MANY_WORDS), id="endless names"),
    pytest.param({**VALUES, "empfaenger": {"name": "Erika", "strasse": None, "anschrift": []}}, id="no address"),
    pytest.param({**VALUES, "daten": {"betreff": None, "text": "", "frist": None}}, id="data of nothing"),
]


@pytest.mark.parametrize("values", CASES)
def test_the_brief_is_one_page_with_a_free_lower_third_and_room_for_the_codes(
    tmp_path: Path, values: dict[str, object]
) -> None:
    target = tmp_path / "brief.pdf"

    assert LocalLetterPress().render(BRIEF, HTML, values, target) == 1

    assert not ink(shown(target), left_mm=0, top_mm=LOWER_THIRD_MM, right_mm=210, bottom_mm=297).any()
    stamped(target)
    stamped_page = shown(tmp_path / "stamped.pdf")
    assert not ink(stamped_page, left_mm=0, top_mm=LOWER_THIRD_MM, right_mm=185, bottom_mm=297).any()
    with opened(tmp_path / "stamped.pdf") as document:
        lower_third_pt = (297 - LOWER_THIRD_MM) * 72 / 25.4
        assert document[0].get_textpage().get_text_bounded(top=lower_third_pt) == ""


def test_the_brief_says_what_it_was_given(tmp_path: Path) -> None:
    text = text_of(letter(tmp_path))

    for expected in (
        "Stadt Musterstadt", "Amt für Soziales", "Erika Mustermann", "Lindenweg 12", "12345 Musterstadt",
        "50.10/2026/00042", "22. November 2026", "Änne Ärmel", "Ihr Antrag", "vielen Dank", "11. Dezember 2026",
        "Rückantwort",
    ):  # fmt: skip
        assert expected in text


def test_the_brief_without_data_is_still_a_letter(tmp_path: Path) -> None:
    text = text_of(letter(tmp_path, values=EMPTY_VALUES))

    assert "Guten Tag," in text
    assert "Eingliederungshilfe Mia Beispiel" in text
    assert "bitte füllen Sie die Rückantwort" in text
    assert "None" not in text


def test_a_text_that_does_not_fit_makes_the_brief_longer_than_its_page(tmp_path: Path) -> None:
    def pages(characters: int) -> int:
        values = {**VALUES, "daten": {"text": "Wort und Satz, bis alles voll ist. " * (characters // 34)}}
        return LocalLetterPress().render(BRIEF, HTML, values, tmp_path / "brief.pdf")

    assert pages(700) == 1
    assert pages(2_000) == 2


def test_line_breaks_and_paragraphs_of_a_text_stay(tmp_path: Path) -> None:
    values = {**VALUES, "daten": {"text": "eins\r\nzwei\n\n\ndrei"}}

    lines = [line.strip() for line in text_of(letter(tmp_path, values=values)).splitlines()]

    assert [line for line in lines if line in {"eins", "zwei", "drei"}] == ["eins", "zwei", "drei"]


def test_markup_in_values_is_printed_not_obeyed(tmp_path: Path) -> None:
    values = {**VALUES, "daten": {"text": "<b>1 < 2</b> <img src='file:///etc/passwd'> & {{ akte }}"}}

    assert "<b>1 < 2</b> <img src='file:///etc/passwd'> & {{ akte }}" in text_of(letter(tmp_path, values=values))


@pytest.mark.parametrize("values", CASES)
def test_the_hearing_has_two_pages_and_its_reply_sheet_is_the_second(tmp_path: Path, values: dict[str, object]) -> None:
    pdf = letter(tmp_path, FOLDER / "anhoerung.html", values)

    with opened(pdf) as document:
        assert len(document) == 2
    assert "Anhörungsbogen" in text_of(pdf, 2)
    stamped(pdf, 1, 2)


@pytest.mark.parametrize("values", CASES)
def test_the_invitation_is_one_page(tmp_path: Path, values: dict[str, object]) -> None:
    pdf = letter(tmp_path, FOLDER / "einladung.html", values)

    with opened(pdf) as document:
        assert len(document) == 1
    stamped(pdf)


def test_the_address_stands_in_the_window_of_the_envelope(tmp_path: Path) -> None:
    """DIN 5008 form B: address zone 20 mm from the left, from 62.7 to 90 mm, 85 mm wide."""
    page = shown(letter(tmp_path))

    assert ink(page, left_mm=25, top_mm=62.7, right_mm=105, bottom_mm=90).any()
    assert not ink(page, left_mm=105.5, top_mm=45, right_mm=124, bottom_mm=96).any()
    assert not ink(page, left_mm=10, top_mm=90.5, right_mm=210, bottom_mm=96).any()


def test_only_free_fonts_of_the_distribution_are_used_and_embedded(tmp_path: Path) -> None:
    with opened(letter(tmp_path)) as document:
        fonts = {
            each.get_font().get_base_name()
            for each in document[0].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])
        }  # fmt: skip

    assert fonts
    assert all("Liberation-Sans" in font or "LiberationSans" in font for font in fonts)


def test_the_letter_is_black_enough_for_an_office_printer(tmp_path: Path) -> None:
    assert np.asarray(shown(letter(tmp_path))).min() < 60


def test_the_example_in_the_documentation_works(tmp_path: Path) -> None:
    documentation = (FOLDER.parents[1] / "docs" / "letters.md").read_text(encoding="utf-8")
    (tmp_path / "nachforderung.html").write_text(documentation.split("```html\n")[1].split("```")[0], encoding="utf-8")

    pdf = letter(tmp_path, tmp_path / "nachforderung.html")

    assert "Nachweis über das Einkommen" in text_of(stamped(pdf))
