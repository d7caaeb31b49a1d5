"""Text that a PDF page brings along: good text is taken as it is, garbage is recognised anew."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from eakte.paper import Word

_LEAST_LETTERS = 16
_MOST_CHARACTERS = 60_000  # a sheet of A4 in the smallest print has 20 000
_LEAST_READABLE = 0.9
_LEAST_LETTERS_SHARE = 0.65  # a table of amounts has 0.75, German prose 0.95
_LARGE_IMAGE = 0.35  # of the page
_LEAST_WORDS_ON_IMAGE = 8


@dataclass(frozen=True)
class TextLayer:
    """The text of a page with its place on the page as shown, turned by `rotation`.

    Attributes:
        rotation: Clockwise degrees to turn the shown page so that its text stands upright.
        words: In the order of the file, boxes already on the turned page.
    """

    rotation: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Lines separated by newlines."""
        return text_of(self.words)


def text_of(words: tuple[Word, ...]) -> str:
    """Words as lines of text."""
    lines: list[list[str]] = []
    last: int | None = None
    for word in words:
        if word.line != last:
            lines.append([])
            last = word.line
        lines[-1].append(word.text)
    return "\n".join(" ".join(line) for line in lines)


def good_text_layer(page: Any) -> TextLayer | None:
    """The text of an open pdfium page; None when there is too little, or it cannot be what stands on the page."""
    shown = int(page.get_rotation())
    turn, characters = _upright_text(page)
    words = list(_words(characters))
    if not _is_language(words) or not _covers_images(page, words):
        return None
    return TextLayer((turn - shown) % 360, tuple(_on_page(page, word, turn) for word in words))


@dataclass(frozen=True)
class _Character:
    """One character; its box in points of the stored page, from the lower left corner."""

    text: str
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0


_BETWEEN_WORDS = _Character(" ")


def _upright_text(page: Any) -> tuple[int, list[_Character]]:
    """How the stored page must be turned for its text to stand upright, and the text.

    pdfium sorts the lines as the page is turned; so it is turned to suit the text first.
    """
    shown = int(page.get_rotation())
    text_page = page.get_textpage()
    turn = _text_turn(text_page)
    if turn != shown:
        text_page.close()
        page.set_rotation(turn)
        text_page = page.get_textpage()
    try:
        return turn, list(_characters(text_page))
    finally:
        text_page.close()
        page.set_rotation(shown)


def _text_turn(text_page: Any) -> int:
    counts = {0: 1, 90: 0, 180: 0, 270: 0}
    for index in range(0, min(pdfium_c.FPDFText_CountChars(text_page), _MOST_CHARACTERS), 8):
        angle = math.degrees(pdfium_c.FPDFText_GetCharAngle(text_page, index))
        if angle >= 0 and not chr(pdfium_c.FPDFText_GetUnicode(text_page, index)).isspace():
            counts[-round(angle / 90) % 4 * 90] += 1  # pdfium counts clockwise, too
    return max(counts, key=lambda turn: counts[turn])


def _characters(text_page: Any) -> Iterator[_Character]:
    box = pdfium_c.FS_RECTF()
    for index in range(min(pdfium_c.FPDFText_CountChars(text_page), _MOST_CHARACTERS)):
        character = chr(pdfium_c.FPDFText_GetUnicode(text_page, index))
        # The loose box is the character's share of the line; the tight one of an invisible glyph is empty.
        if pdfium_c.FPDFText_GetLooseCharBox(text_page, index, box):
            yield _Character(character, box.left, box.bottom, box.right, box.top)
        else:
            yield _Character(character) if character.isspace() else _BETWEEN_WORDS


@dataclass(frozen=True)
class _RawWord:
    text: str
    left: float
    bottom: float
    right: float
    top: float
    line: int


def _words(characters: list[_Character]) -> Iterator[_RawWord]:
    line = 0
    run: list[_Character] = []
    for character in [*characters, _BETWEEN_WORDS]:
        if character.text.isspace() or unicodedata.category(character.text) == "Cc":
            if run:
                yield _RawWord(
                    _whole_characters("".join(part.text for part in run)),
                    min(part.left for part in run),
                    min(part.bottom for part in run),
                    max(part.right for part in run),
                    max(part.top for part in run),
                    line,
                )
            run = []
            line += character.text == "\n"
        else:
            run.append(character)


def _whole_characters(text: str) -> str:
    """Pdfium gives characters beyond the basic plane as two halves; what is left of halves alone is unknown."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_language(words: list[_RawWord]) -> bool:
    """Whether a person could read it: letters and digits, no boxes and private symbols."""
    text = "".join(word.text for word in words)
    letters = sum(character.isalnum() for character in text)
    if letters < _LEAST_LETTERS:
        return False
    readable = sum(unicodedata.category(character)[0] in "LNPS" for character in text) - text.count("\ufffd")
    if readable < _LEAST_READABLE * len(text) or letters < _LEAST_LETTERS_SHARE * len(text):
        return False
    # A font without a mapping gives letters at random: words without vowels, capitals in their middle.
    longer = [word.text.strip(".,;:()") for word in words if sum(map(str.isalpha, word.text)) >= 4]
    if len(longer) < 4:
        return True
    return sum(map(_looks_like_a_word, longer)) >= 0.6 * len(longer)


def _looks_like_a_word(word: str) -> bool:
    if not all(unicodedata.name(letter, "").startswith("LATIN") for letter in word if letter.isalpha()):
        return word.isalpha()  # Greek, Cyrillic, Arabic …: no rule of ours applies
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word) if letter.isalpha())
    vowels = sum(letter in "aeiouyAEIOUYøØæÆœŒ" for letter in plain)
    bends = sum(before.islower() and after.isupper() for before, after in pairwise(word))
    return vowels > 0 and bends <= 1


def _covers_images(page: Any, words: list[_RawWord]) -> bool:
    """Whether images that may hold a text of their own are covered by the layer: not so a scan with a stamped line."""
    for item in page.get_objects(max_depth=2, filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
        try:
            left, bottom, right, top = item.get_bounds()
        except pdfium.PdfiumError:
            continue
        page_width, page_height = _unturned_size(page)
        if abs((right - left) * (top - bottom)) < _LARGE_IMAGE * page_width * page_height:
            continue
        on_image = sum(left <= word.left <= right and bottom <= word.bottom <= top for word in words)
        heights = [word.top - word.bottom for word in words if left <= word.left <= right]
        spread = max((word.top for word in words), default=0.0) - min((word.bottom for word in words), default=0.0)
        if on_image < _LEAST_WORDS_ON_IMAGE or spread < 3 * max(heights, default=0.0):
            return False
    return True


def _unturned_size(page: Any) -> tuple[float, float]:
    width, height = page.get_size()
    return (width, height) if page.get_rotation() % 180 == 0 else (height, width)


def _on_page(page: Any, word: _RawWord, text_turn: int) -> Word:
    """Bring a box from points of the stored page to fractions of the upright one."""
    width, height = _unturned_size(page)
    crop = page.get_cropbox()
    box = (
        (word.left - crop[0]) / width,
        1 - (word.top - crop[1]) / height,
        (word.right - crop[0]) / width,
        1 - (word.bottom - crop[1]) / height,
    )
    left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in turned_box(box, text_turn))
    return Word(word.text, left, top, right, bottom, 1.0, word.line)


def turned_box(box: tuple[float, float, float, float], degrees: int) -> tuple[float, float, float, float]:
    """Where a box (left, top, right, bottom in fractions) lies after the page is turned clockwise."""
    left, top, right, bottom = box
    for _ in range(degrees // 90 % 4):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return left, top, right, bottom
