"""Pages as offices get them: answered letters with their codes, and typewritten enclosures, both scanned."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from api.demo import paper
from api.demo.paper import Feed, Writing
from ocr.press import separator_sheets

_WHO = (
    "die Antragstellerin", "der Antragsteller", "das Jugendamt", "die Krankenkasse", "der Vermieter", "unsere Tochter",
    "die Gutachterin", "der Arbeitgeber", "die Hausverwaltung", "das Landratsamt", "mein Steuerberater", "die Schule",
)  # fmt: skip
_DID = (
    "hat mitgeteilt, dass", "bestätigt hiermit, dass", "widerspricht der Auffassung, dass",
    "wurde darüber informiert, dass",
    "legt Wert auf die Feststellung, dass", "hat nachgewiesen, dass", "bittet zu berücksichtigen, dass",
)  # fmt: skip
_THAT = (
    "die Unterlagen vom {day}. März vollständig vorliegen", "die Miete seit {day} Monaten {amount} Euro beträgt",
    "der Bescheid unter dem Aktenzeichen {amount}/{day} ergangen ist", "eine Begutachtung noch nicht stattgefunden hat",
    "die Frist um {day} Tage verlängert werden muss", "das Einkommen auf {amount} Euro gesunken ist",
    "die Wohnung in der Gärtnerstraße {day} barrierefrei ist", "keine weiteren Ansprüche geltend gemacht werden",
)  # fmt: skip


def prose(chance: random.Random, sentence_count: int) -> str:
    """German sentences as they stand in letters to an authority."""
    sentences = []
    for _ in range(sentence_count):
        that = chance.choice(_THAT).format(day=chance.randint(2, 28), amount=chance.randint(120, 4800))
        sentence = f"{chance.choice(_WHO)} {chance.choice(_DID)} {that}."
        sentences.append(sentence[0].upper() + sentence[1:])
    return " ".join(sentences)


def enclosure(chance: random.Random) -> Image.Image:
    """A full page of typewritten text."""
    paragraphs = "".join(f"<p>{prose(chance, 5)}</p>" for _ in range(6))
    return paper.printed(paper.typeset(f"<h2>Anlage {chance.randint(1, 9)}</h2>{paragraphs}"))[0]


def answered(chance: random.Random, letter_pdf: bytes, word: str = "") -> Image.Image:
    """The first page of a letter, with an answer on its free lower third."""
    lines = "\n".join(f"{chance.choice(_WHO)} hat das am {chance.randint(1, 28)}. Mai erledigt" for _ in range(3))
    (sheet,) = paper.printed(letter_pdf, [1])
    return paper.written_on(sheet, Writing(f"{word} liegt bei.\n{lines}" if word else lines, 28, 208, 5.0))


def separator() -> Image.Image:
    """A separator sheet."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "separator.pdf")
        separator_sheets.write(1, target)
        return paper.printed(target.read_bytes())[0]


@dataclass(frozen=True)
class ScannedStack:
    """A stack, and the same document pages as single files; its separators belong to no document."""

    content: bytes
    name: str
    media_type: str
    pages: tuple[bytes, ...]
    page_suffix: str


def scanned_stack(chance: random.Random, envelopes: Sequence[Sequence[Image.Image]], *, grey: bool) -> ScannedStack:
    """Scan envelopes with a separator after each, a little askew, as grey PDF or black-and-white TIFF."""
    scans: list[Image.Image] = []
    documents: list[Image.Image] = []
    between = separator()
    for envelope in envelopes:
        sheets = [paper.scanned(sheet, _feed(chance)) for sheet in envelope]
        documents += sheets
        scans += [*sheets, paper.scanned(between, _feed(chance))]
    if grey:
        pages = tuple(paper.jpeg(scan) for scan in documents)
        return ScannedStack(paper.scan_pdf(scans), "stack.pdf", "application/pdf", pages, ".jpg")
    pages = tuple(paper.scan_tiff([scan]) for scan in documents)
    return ScannedStack(paper.scan_tiff(scans), "stack.tif", "image/tiff", pages, ".tif")


def _feed(chance: random.Random) -> Feed:
    return Feed(chance.randint(0, 2**31), tilt_degrees=chance.uniform(-1.0, 1.0))
