"""Takes German compounds apart (Komposita), so that Erlaubnis finds Sondernutzungserlaubnis.

A word is split only where it is made of known words and joining letters from its first letter to its
last: `Gesamtbetrag` is `gesamt` and `betrag`, and so does not hide an `amt`. Where the beginning is
unknown, long plain words are still known at the end (`Quarzsandbescheid`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from eakte.fulltext.lexicon import BEGINNINGS, HEADS, WORDS

MIN_LETTERS = 6
MIN_PIECE_LETTERS = 3
MIN_HEAD_LETTERS = 6
MIN_UNKNOWN_LETTERS = 4
MIN_SURE_LETTERS = 5
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_FEMININE = ("ung", "heit", "keit", "schaft", "taet", "ion")
_PARTICLES = (
    *("ab", "an", "auf", "aus", "be", "bei", "dar", "durch", "ein", "ent", "er", "fort", "her", "hin", "miss", "nach"),
    *("um", "un", "unter", "ver", "vor", "weg", "zer", "zu", "zusammen"),
    *("mit", "rueck", "ueber", "voraus", "voll", "weiter", "wieder", "zurueck"),
)
"""Before a noun in -ung they make another word, not a compound: Androhung is no Drohung in front of An."""
_HALF_WORDS = ("be", "ent", "ge", "mit", "ver", "vor")  # where an unknown beginning ends so, the cut is wrong
_VOWEL = re.compile("[aeiouy]")


class _Known(NamedTuple):
    middle: dict[str, str]  # as it stands inside a compound, joining letters included, to its plain form
    last: dict[str, str]  # as it stands at the end, inflected, to its singular
    heads: frozenset[str]  # singulars that are known even after something unknown
    beginnings: frozenset[str]  # only beginnings: nobody seeks them as words


def split(form: str) -> tuple[str, ...]:
    """Take a folded word apart.

    Returns:
        Its words in the singular, also neighbouring ones taken together (`nutzungserlaubnis`); without
        the word itself, and empty where it is no compound we know.
    """
    if len(form) < MIN_LETTERS:
        return ()
    by_start = _segmentations(form)
    pieces = by_start[0] or _with_unknown_beginning(form, by_start)
    return tuple(_spans(pieces)) if len(pieces) > 1 else ()


class _Piece(NamedTuple):
    written: str
    plain: str


def _segmentations(form: str) -> list[list[_Piece]]:
    """For every position the best cut from there to the end of the word; empty where there is none.

    The best has the fewest pieces, and of those the one with the longest first.
    """
    known = _known()
    length = len(form)
    best: list[list[_Piece]] = [[] for _ in range(length + 1)]
    ends: list[int] = []  # positions from which the rest of the word is known, the last one first
    for start in range(length - MIN_PIECE_LETTERS, -1, -1):
        if plain := known.last.get(form[start:]):
            best[start] = [_Piece(form[start:], plain)]
        else:
            for end in ends:
                enough = best[start] and len(best[end]) + 1 >= len(best[start])
                if end - start >= MIN_PIECE_LETTERS and not enough and (plain := known.middle.get(form[start:end])):
                    best[start] = [_Piece(form[start:end], plain), *best[end]]
        if best[start]:
            ends.append(start)
    return best


def _with_unknown_beginning(form: str, by_start: list[list[_Piece]]) -> list[_Piece]:
    """Known words at the end after a beginning that may be anything pronounceable."""
    heads = _known().heads
    for start, pieces in enumerate(by_start):
        unknown = form[:start]
        if start < MIN_UNKNOWN_LETTERS or not pieces or not _VOWEL.search(unknown):
            continue
        if unknown.endswith(_HALF_WORDS) or any(len(piece.plain) < MIN_SURE_LETTERS for piece in pieces):
            continue
        if pieces[-1].plain in heads and len(pieces[-1].plain) >= MIN_HEAD_LETTERS:
            plain = unknown[:-1] if unknown.endswith(tuple(f"{ending}s" for ending in _FEMININE)) else unknown
            return [_Piece(unknown, plain), *pieces]
    return []


def _spans(pieces: list[_Piece]) -> Iterator[str]:
    beginnings = _known().beginnings
    for first in range(len(pieces)):
        before = ""
        for last in range(first, len(pieces)):
            whole_word = first == 0 and last == len(pieces) - 1
            only_beginning = first == last == 0 and pieces[0].plain in beginnings
            if not whole_word and not only_beginning:
                yield before + pieces[last].plain
            before += pieces[last].written


@cache
def _known() -> _Known:
    middle: dict[str, str] = {}
    last: dict[str, str] = {}

    def learn(forms: dict[str, str], form: str, word: str) -> None:
        if len(word) > len(forms.get(form, "")):  # "raten" comes from Rate rather than from Rat
            forms[form] = word

    heads = _entries(HEADS)
    words = heads | _entries(WORDS)
    derived = {prefix + word: () for word in heads if word.endswith("ung") for prefix in _PARTICLES}
    for word, irregular in (derived | words).items():
        for form in (word, *irregular):
            learn(middle, form, word)
            learn(last, form, word)
        for form in irregular:
            learn(middle, form + "s", word)
            learn(last, form + "n", word)
        for ending in _endings(word):
            learn(last, word + ending, word)
        for joined in _joined(word):
            learn(middle, joined, word)
    beginnings = frozenset(_entries(BEGINNINGS).keys() - words.keys())
    middle |= {beginning: beginning for beginning in beginnings}
    return _Known(middle, last, frozenset(heads), beginnings)


def _entries(listed: str) -> dict[str, tuple[str, ...]]:
    """Singulars with their irregular forms."""
    entries = (entry.split("/") for entry in listed.translate(_UMLAUTS).split())
    return {word: tuple(irregular) for word, *irregular in entries}


def _endings(word: str) -> tuple[str, ...]:
    """Regular endings of declension, without the umlaut of irregular plurals."""
    if word.endswith(_FEMININE):
        return ("en", "s")  # with s in "Ratenzahlungs- und …"
    if word.endswith("e"):
        return ("n", "s")
    if word.endswith("nis"):
        return ("se", "ses", "sen")
    if word.endswith(("er", "el", "en")):
        return ("s", "n", "in", "innen")
    if word.endswith("in"):
        return ("nen",)
    return ("s", "es", "e", "en")


def _joined(word: str) -> tuple[str, ...]:
    """How a word stands before another one."""
    if word.endswith(_FEMININE):
        return (word + "s",)
    if word.endswith("e"):
        return (word + "n", word[:-1], word[:-1] + "s") if len(word) > 4 else (word + "n",)
    if word.endswith(("er", "el", "en", "nis")):
        return (word + "s",)
    return (word + "s", word + "es", word + "en", word + "e")
