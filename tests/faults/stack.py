"""A stack of sixty small pages with everything a mail room sees, and what must become of it.

Slips instead of sheets, so that reading them is cheap; codes and separators are those of the real letter press.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import img2pdf
from PIL import Image, ImageDraw, ImageFont

from tests.api.paper import text_pdf

DPI = 200
SLIP_PX = (780, 560)
Page = tuple[int, int]
"""File from 0, page from 1."""

FILED, INBOX = "filed", "inbox"
_WORDS = (
    "Ahorn", "Birke", "Buche", "Eiche", "Erle", "Esche", "Fichte", "Kiefer", "Linde", "Pappel", "Tanne",
    "Ulme", "Weide", "Adler", "Amsel", "Drossel", "Falke", "Habicht", "Kranich", "Lerche", "Meise", "Rabe",
    "Specht", "Storch", "Taube", "Anker", "Brunnen", "Dachboden", "Fenster", "Glocke", "Hammer", "Kessel",
    "Lampe", "Mantel", "Nadel", "Pinsel", "Regal", "Schrank", "Teppich", "Vorhang", "Waage", "Zange",
    "Bagger", "Fahrrad", "Kutsche", "Lokomotive", "Segelboot", "Traktor", "Aprikose", "Birne", "Erdbeere",
    "Himbeere", "Kirsche", "Melone", "Orange", "Pflaume", "Quitte", "Traube", "Zitrone", "Walnuss",
)  # fmt: skip
"""One for each page: a mark that recognition reads without fail."""

_SENTENCE = "Sehr geehrte Damen und Herren, anbei erhalten Sie die erbetenen Unterlagen."


@dataclass(frozen=True)
class Letter:
    """A letter that went out, with its printed pages cut down to slips."""

    id: str
    case_file_id: str
    slips: tuple[Image.Image, ...]


@dataclass(frozen=True)
class Outcome:
    """What must become of some pages: one document with exactly these, in this order."""

    outcome: str
    pages: tuple[Page, ...]
    letter_id: str | None = None
    answer: str | None = None


@dataclass
class Stack:
    """Files to deliver, and what is expected of them."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    marks: dict[Page, str] = field(default_factory=dict)
    page_count: int = 0

    @property
    def letters_answered(self) -> set[str]:
        """Letters whose answer lies in this stack."""
        return {one.letter_id for one in self.outcomes if one.answer == "answer" and one.letter_id}


def make_stack(letters: Sequence[Letter], separator: Image.Image) -> Stack:
    """The stack; takes one letter of two sheets, another of two sheets, then letters of one sheet."""
    return _Builder(letters, separator).build()


class _Builder:
    def __init__(self, letters: Sequence[Letter], separator: Image.Image) -> None:
        self._letters, self._separator = letters, separator
        self._words: Iterator[str] = iter(_WORDS)
        self._stack = Stack()
        self._pages: list[Image.Image] = []

    def build(self) -> Stack:
        both, half, *single = self._letters
        self._envelopes(both, single)
        self._end_file("stapel.pdf", _pdf_of)
        self._loose(both, half, single)
        self._end_file("fax.tif", _tiff_of)
        self._born_digital(15)
        return self._stack

    def _envelopes(self, both: Letter, single: Sequence[Letter]) -> None:
        """Whole envelopes between separators, scanned from one side, some blank pages among them."""
        first = self._answer(both)
        for letter in single[:4]:
            self._lay_separator()
            self._expect(FILED, self._answer(letter), self._blank(), self._enclosure(), self._blank(), letter=letter)
        self._lay_separator()
        self._expect(INBOX, self._enclosure(), self._enclosure(), self._blank())
        self._lay_separator()
        self._expect(INBOX, self._enclosure(), self._blank(), self._enclosure())
        for letter in single[4:6]:  # two answers in one envelope: each goes its way, what lies between waits
            self._expect(FILED, self._answer(letter), letter=letter)
            self._expect(INBOX, self._enclosure())
        self._lay_separator()
        self._lay_separator()
        second = self._answer(both, sheet=2)
        self._expect(FILED, first, second, letter=both)
        self._expect(INBOX, self._enclosure())

    def _loose(self, both: Letter, half: Letter, single: Sequence[Letter]) -> None:
        """Sheets without separators, one of them the wrong way round; half of an answer."""
        self._expect(FILED, self._answer(single[6], turned=True), letter=single[6])
        self._expect(INBOX, self._enclosure(), self._blank(), self._enclosure(), self._blank())
        self._expect(INBOX, self._answer(half, sheet=1), letter=half, answer="partial")
        self._expect(INBOX, self._enclosure())
        self._expect(INBOX, self._answer(single[0]), letter=single[0], answer="answer")  # came back before

    def _born_digital(self, page_count: int) -> None:
        words = [next(self._words) for _ in range(page_count)]
        file = len(self._stack.files)
        texts = ["\n".join([f"Kennwort {word}", *[_SENTENCE] * 6]) for word in words]
        pages = [(file, number) for number in range(1, page_count + 1)]
        self._stack.marks |= dict(zip(pages, words, strict=True))
        self._stack.files.append(("bescheid.pdf", text_pdf(*texts)))
        self._stack.page_count += page_count
        self._stack.outcomes.append(Outcome(INBOX, tuple(pages)))

    # -- pages -------------------------------------------------------------------------------------

    def _answer(self, letter: Letter, *, sheet: int = 1, turned: bool = False) -> Page:
        slip, word = letter.slips[sheet - 1].copy(), next(self._words)
        _write(slip, f"Kennwort {word}")
        return self._lay(slip.rotate(180) if turned else slip, word)

    def _enclosure(self) -> Page:
        slip, word = Image.new("L", SLIP_PX, 255), next(self._words)
        _write(slip, f"Kennwort {word}\nBitte zur Akte nehmen.")
        return self._lay(slip, word)

    def _blank(self) -> Page:
        return self._lay(Image.new("L", SLIP_PX, 255), "")

    def _lay_separator(self) -> None:
        self._pages.append(self._separator)

    def _lay(self, slip: Image.Image, word: str) -> Page:
        self._pages.append(slip)
        page = len(self._stack.files), len(self._pages)
        self._stack.marks[page] = word
        return page

    def _expect(self, outcome: str, *pages: Page, letter: Letter | None = None, answer: str | None = None) -> None:
        if outcome == FILED:
            answer = "answer"
        self._stack.outcomes.append(Outcome(outcome, pages, None if letter is None else letter.id, answer))

    def _end_file(self, name: str, written: object) -> None:
        assert callable(written)
        self._stack.files.append((name, written(self._pages)))
        self._stack.page_count += len(self._pages)
        self._pages = []


def _write(slip: Image.Image, text: str) -> None:
    font = ImageFont.load_default(size=40)
    ImageDraw.Draw(slip).multiline_text((70, 330), text, font=font, fill=0, spacing=16)


def _pdf_of(pages: Sequence[Image.Image]) -> bytes:
    jpegs = []
    for page in pages:
        written = io.BytesIO()
        page.save(written, "JPEG", quality=85, dpi=(DPI, DPI))
        jpegs.append(written.getvalue())
    return bytes(img2pdf.convert(jpegs))


def _tiff_of(pages: Sequence[Image.Image]) -> bytes:
    first, *others = [page.point(lambda grey: 255 if grey > 140 else 0).convert("1") for page in pages]
    written = io.BytesIO()
    first.save(written, "TIFF", compression="group4", dpi=(DPI, DPI), save_all=True, append_images=others)
    return written.getvalue()
