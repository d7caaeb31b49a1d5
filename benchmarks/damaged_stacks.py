"""Stacks of mixed envelopes, and for every page what the product may do with it and what not.

What may be filed where follows from who laid the page into the envelope, never from what could be read of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image

from benchmarks import damage, damaged_sheets
from benchmarks.damage import Chance, Scan
from eakte.return_codes import new_code_id, payload

UNDAMAGED = "only scanned"


@dataclass(frozen=True)
class PrintedLetter:
    """A letter that is out: its code, which the city knows, and how many sheets are expected back."""

    code_id: str
    sheets: int


@dataclass(frozen=True)
class DamagedPage:
    """One page of a stack.

    Attributes:
        belongs_to: The letter in whose case file it may lie; None: it must go to a person.
        payload: Of the return code that was printed on it; None for other pages.
        separates: It is a separator sheet.
        kinds: What happened to its paper.
    """

    picture: Image.Image = field(repr=False)
    scan: Scan
    belongs_to: str | None
    payload: str | None = None
    separates: bool = False
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sheet:
    image: Image.Image
    belongs_to: str | None = None
    payload: str | None = None
    separates: bool = False


def stack(chance: Chance, letters: Sequence[PrintedLetter], key: bytes, *, whole_share: float) -> Iterator[DamagedPage]:
    """Lay envelopes one upon the other, let them suffer, and scan them.

    Args:
        letters: No two envelopes hold answers to the same one.
        whole_share: Share of the stacks on whole A4; the others are slips, see `damaged_sheets`.
    """
    size = damaged_sheets.A4_DOTS if chance.random() < whole_share else damaged_sheets.SLIP_DOTS
    marked = chance.random() < 0.6
    severity = float(chance.beta(1.2, 1.8))  # how badly this mail room's week goes
    out = list(letters)
    sheets: list[_Sheet] = []
    if marked:
        sheets.append(_Sheet(damaged_sheets.separator_sheet(size), separates=True))
    while out:
        sheets += _envelope(chance, out, key, size)
        if marked:
            sheets.append(_Sheet(damaged_sheets.separator_sheet(size), separates=True))
    for sheet in sheets:
        yield _suffered(sheet, chance, severity)


def _envelope(chance: Chance, out: list[PrintedLetter], key: bytes, size: tuple[int, int]) -> list[_Sheet]:
    kind = chance.choice(
        ["answer", "answer with enclosures", "stranger", "two answers", "two codes", "other city"],
        p=[0.4, 0.3, 0.12, 0.08, 0.05, 0.05],
    )
    if kind == "stranger":
        return [_foreign(chance, size) for _ in range(int(chance.integers(1, 4)))]
    if kind == "other city":
        text = payload(new_code_id(), 1, b"the key of quite another city")
        return [_Sheet(damaged_sheets.stamped(_plain(chance, size), text)), *_enclosures(chance, size, None)]
    letter = out.pop()
    if kind == "two codes" and out:
        texts = payload(letter.code_id, 1, key), payload(out.pop().code_id, 1, key)
        sheet = damaged_sheets.stamped(_plain(chance, size), texts[0])
        return [_Sheet(damaged_sheets.stamped_elsewhere(sheet, texts[1]))]
    sheets = _answer(chance, letter, key, size)
    if kind == "two answers" and out:
        sheets += _answer(chance, out.pop(), key, size)
    elif kind == "answer with enclosures":
        sheets += _enclosures(chance, size, letter.code_id)
    return sheets


def _answer(chance: Chance, letter: PrintedLetter, key: bytes, size: tuple[int, int]) -> list[_Sheet]:
    sheets = []
    for number in chance.permutation(letter.sheets) + 1:
        text = payload(letter.code_id, int(number), key)
        image = damaged_sheets.stamped(_plain(chance, size), text)
        sheets.append(_Sheet(image, letter.code_id, text))
    return sheets


def _enclosures(chance: Chance, size: tuple[int, int], belongs_to: str | None) -> list[_Sheet]:
    sheets = []
    for _ in range(int(chance.integers(1, 4))):
        image = _plain(chance, size)
        if chance.random() < 0.15:
            image = damaged_sheets.with_foreign_codes(image, chance)
        sheets.append(_Sheet(image, belongs_to))
    return sheets


def _plain(chance: Chance, size: tuple[int, int]) -> Image.Image:
    return damaged_sheets.plain_sheet(chance, size)


def _foreign(chance: Chance, size: tuple[int, int]) -> _Sheet:
    return _Sheet(damaged_sheets.with_foreign_codes(_plain(chance, size), chance))


def _suffered(sheet: _Sheet, chance: Chance, severity: float) -> DamagedPage:
    count = int(chance.choice([0, 1, 2, 3], p=[0.35, 0.35, 0.2, 0.1]))
    kinds = tuple(str(kind) for kind in chance.choice(list(damage.PAPER_DAMAGES), size=count, replace=False))
    image = sheet.image
    for kind in kinds:
        image = damage.PAPER_DAMAGES[kind](image, chance, float(chance.beta(1.5, 1.5)) * (0.4 + 0.6 * severity))
    scan = damage.some_scan(chance, severity * float(chance.uniform(0.3, 1)))
    picture = damage.scanned(image, scan, chance)
    return DamagedPage(picture, scan, sheet.belongs_to, sheet.payload, sheet.separates, kinds or (UNDAMAGED,))
