"""Whatever a page's text is made of, the invisible layer says exactly that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eakte.paper import PageText, TextSource, Word
from ocr.limits import ReadingLimits
from ocr.searchable_pdf import searchable_pdf
from tests.ocr.sample_pages import jpeg, letter, scan_pdf

SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
words = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=SPACES), min_size=1, max_size=12),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    image = jpeg(letter(dpi=20, line_count=1).image, 20)
    return scan_pdf(tmp_path_factory.mktemp("layers") / "page.pdf", [image])


def layer_of(path: Path) -> Iterator[str]:
    """What is shown, word by word, as the font's ToUnicode map says."""
    with pikepdf.open(path) as pdf:
        font = pdf.pages[0].resources["/Font"]["/EAktePaper"]
        mapping = font["/ToUnicode"].read_bytes().decode("ascii")
        meaning = {
            int(number, 16): bytes.fromhex(text).decode("utf-16-be")
            for number, text in re.findall(r"<([0-9A-F]{4})> <([0-9A-F]+)>", mapping.split("endcodespacerange")[1])
        }
        for instruction in pikepdf.parse_content_stream(pdf.pages[0]):
            if str(instruction.operator) == "Tj":
                codes = bytes(instruction.operands[0])
                yield "".join(meaning[int.from_bytes(codes[at : at + 2], "big")] for at in range(0, len(codes), 2))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words)
@example(
    ["🙂👍🏽", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯", "a\u0308\u0301", "ﬁ", "Stra\u00adße", "שלום", "العربية", "\u202eabc", "\ufeff", "\U0010ffff"]
)
@example(["Nul\x00l", "\x00", "Ende"])
def test_every_character_is_kept_but_nul(page: Path, tmp_path: Path, texts: list[str]) -> None:
    placed = tuple(Word(text, 0.1, 0.05 * n, 0.5, 0.05 * n + 0.03, 0.9, n) for n, text in enumerate(texts))
    text = PageText(1, 0, 210, 297, "\n".join(texts), placed, TextSource.OCR, 0.9)
    list(searchable_pdf(page, [text], tmp_path / "out.pdf", ReadingLimits(), tmp_path))
    assert list(layer_of(tmp_path / "out.pdf")) == [text.replace("\x00", "") + " " for text in texts]
