"""Shortest valid letters, pages and scans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docx
import numpy as np
import pypdfium2
import weasyprint
import zxingcpp
from PIL import Image

from eakte import return_codes
from eakte.letter_templates import FOLDER
from eakte.ports import PageStamp
from ocr.press.letter_press import HTML, LocalLetterPress

KEY = b"key of the tests"
BRIEF = FOLDER / "brief.html"
A4_MM = (210.0, 297.0)

VALUES: dict[str, object] = {
    "akte": {
        "zeichen": "50.10/2026/00042",
        "titel": "Eingliederungshilfe Mia Beispiel",
        "aktenplan": "50.10",
        "aktenplan_titel": "Eingliederungshilfe",
    },
    "empfaenger": {
        "name": "Erika Mustermann",
        "rolle": "parent",
        "strasse": "Lindenweg 12",
        "plz": "12345",
        "ort": "Musterstadt",
        "anschrift": ["Frau", "Erika Mustermann", "Lindenweg 12", "12345 Musterstadt"],
    },
    "beteiligte": [{"name": "Mia Beispiel", "rolle": "subject", "geburtsdatum": "2017-03-01"}],
    "felder": {"personnel_no": "4711"},
    "absender": {
        "stadt": "Stadt Musterstadt",
        "einheit": "Amt für Soziales",
        "person": "Änne Ärmel",
        "email": "anna@example.org",
    },
    "datum": "22. November 2026",
    "daten": {"betreff": "Ihr Antrag", "text": "vielen Dank für Ihren Antrag.", "frist": "2026-12-11"},
}
EMPTY_VALUES: dict[str, object] = {**VALUES, "empfaenger": None, "beteiligte": [], "felder": {}, "daten": {}}


@dataclass(frozen=True)
class Symbol:
    text: str
    kind: str


def page(folder: Path, body: str = "", *, size: str = "210mm 297mm", name: str = "page.pdf") -> Path:
    """A PDF with one page and nothing but `body`, placed in millimetres from its upper left corner."""
    path = folder / name
    weasyprint.HTML(string=f"<style>@page{{size:{size};margin:0}}body{{margin:0}}</style>{body}").write_pdf(path)
    return path


def spot(colour: str, *, left_mm: float, top_mm: float, width_mm: float = 2, height_mm: float = 2) -> str:
    return (
        f'<div style="position:absolute;background:{colour};left:{left_mm}mm;top:{top_mm}mm;'
        f'width:{width_mm}mm;height:{height_mm}mm"></div>'
    )


def letter(folder: Path, template: Path = BRIEF, values: dict[str, object] = VALUES) -> Path:
    path = folder / "letter.pdf"
    LocalLetterPress().render(template, HTML, values, path)
    return path


def stamped(pdf: Path, *page_numbers: int, code_id: str = "7K3QX9MWTR") -> Path:
    target = pdf.with_name("stamped.pdf")
    stamps = [PageStamp(n, return_codes.payload(code_id, n, KEY)) for n in page_numbers or (1,)]
    LocalLetterPress().stamp(pdf, stamps, target)
    return target


@contextmanager
def opened(pdf: Path) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def shown(pdf: Path, page_number: int = 1, *, dpi: int = 300) -> Image.Image:
    """The page as it leaves the printer, in grey."""
    with opened(pdf) as document:
        image: Image.Image = document[page_number - 1].render(scale=dpi / 72).to_pil().convert("L")
    return image


def ink(image: Image.Image, *, left_mm: float, top_mm: float, right_mm: float, bottom_mm: float) -> np.ndarray:
    """Which pixels of a part of an A4 page carry ink."""
    pixels = np.asarray(image)
    x, y = pixels.shape[1] / A4_MM[0], pixels.shape[0] / A4_MM[1]
    part: np.ndarray = pixels[round(top_mm * y) : round(bottom_mm * y), round(left_mm * x) : round(right_mm * x)] < 250
    return part


def symbols(image: Image.Image) -> set[Symbol]:
    return {Symbol(each.text, str(each.format)) for each in zxingcpp.read_barcodes(image)}


def text_of(pdf: Path, page_number: int = 1) -> str:
    with opened(pdf) as document:
        text: str = document[page_number - 1].get_textpage().get_text_bounded()
    return text


def word_template(folder: Path, *paragraphs: str, name: str = "einladung.docx") -> Path:
    """A Word template as a city would write it: A4, margins that leave the places of the codes free."""
    word = docx.Document()
    section = word.sections[0]
    section.page_width, section.page_height = docx.shared.Mm(210), docx.shared.Mm(297)
    section.top_margin, section.bottom_margin = docx.shared.Mm(30), docx.shared.Mm(25)
    for paragraph in paragraphs or (
        "{{ absender.stadt }}, {{ datum }}",
        "{% for zeile in empfaenger.anschrift %}{{ zeile }}\n{% endfor %}",
        "Unser Zeichen: {{ akte.zeichen }}",
        "Guten Tag {{ empfaenger.name }},",
        "{{ daten.text }}",
        "Bitte antworten Sie bis zum {{ daten.frist | langes_datum }}.",
    ):
        word.add_paragraph(paragraph)
    path = folder / name
    word.save(str(path))
    return path
