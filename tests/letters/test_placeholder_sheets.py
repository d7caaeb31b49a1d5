"""The page that stands for a thing: one page, the words on it as text, and nothing that could be taken for a code."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pypdfium2
import zxingcpp

from eakte.sheet_faces import PlaceholderFace
from ocr.press.letter_press import LocalLetterPress


def test_the_page_says_what_is_kept_where_and_bears_no_code(tmp_path: Path) -> None:
    face = PlaceholderFace(
        title="Bauplan <Mitte>",
        thing="Modell 1:100",
        box="K-7",
        received_on="27.11.2026",
        channel=None,
        made_by="Änne Ärmel",
        made_on=date(2026, 11, 27),
    )
    target = tmp_path / "page.pdf"

    LocalLetterPress().placeholder_sheet(face, target)

    with pypdfium2.PdfDocument(target) as pdf:
        assert len(pdf) == 1
        text = pdf[0].get_textpage().get_text_range()
        picture = pdf[0].render(scale=1).to_pil()
    for told in ("Platzhalter", "Bauplan <Mitte>", "Modell 1:100", "K-7", "27.11.2026", "Änne Ärmel"):
        assert told in text
    assert "Eingangsweg" not in text
    assert zxingcpp.read_barcodes(picture) == []
