"""One word as the search sees it: folded spelling, stem, parts.

Folding comes before the stem: so `Anträge`, `ANTRÄGE` and the `Antraege` of a typewriter take the same
way, and the stemmer, which knows ae, oe and ue, brings all of them to `antrag`.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from eakte.fulltext.compounds import split

MAX_LETTERS = 100  # longer runs of letters are noise of a scan; their beginning tells them apart

_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d"}
    | {"þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "€": "eur"}
)
_STRIPPED = re.compile(r"['’]s$")
_LINKING_S = re.compile(r"(?<=ung|eit|aft|aet|ion)s$")  # "Ratenzahlungs- und …": feminine, so never a genitive
_SYNONYMS = {"euro": "eur"}
_STEMMER = snowballstemmer.stemmer("german")
_STEMMER_LOCK = threading.Lock()  # the stemmer keeps the word it works on


class Reading(NamedTuple):
    """One word.

    Attributes:
        form: As written, in the one spelling.
        stem: The same for all inflections; a number without leading zeros.
        parts: Stems of the words inside a compound, also of neighbouring ones taken together.
    """

    form: str
    stem: str
    parts: tuple[str, ...] = ()


def fold(word: str) -> str:
    """Bring a word to its one spelling: small letters, ä as ae, ß as ss, foreign letters without marks."""
    if word.isascii():
        return "".join(filter(str.isalnum, _STRIPPED.sub("", word).lower()))[:MAX_LETTERS]
    spelt = unicodedata.normalize("NFKC", _STRIPPED.sub("", word)).casefold().translate(_SPELT_OUT)
    bare = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", spelt)))
    return unicodedata.normalize("NFC", bare)[:MAX_LETTERS]


@lru_cache(maxsize=1 << 16)
def read(word: str) -> Reading:
    """Read a word as written; an empty form says that it has neither letters nor digits."""
    return read_form(fold(word))


@lru_cache(maxsize=1 << 16)
def read_form(form: str) -> Reading:
    """Read a word that is already folded."""
    stem = stem_of(form)
    if not form.isalpha():
        return Reading(form, stem)
    parts = dict.fromkeys(stem_of(part) for part in split(form))
    parts.pop(stem, None)
    return Reading(form, stem, tuple(parts))


@lru_cache(maxsize=1 << 15)
def stem_of(form: str) -> str:
    """The stem of a folded word; a number without leading zeros."""
    if form.isdecimal():
        return form.lstrip("0") or "0"
    if not form.isalpha():
        return form
    if known := _SYNONYMS.get(form):
        return known
    if form.endswith("str"):  # Bahnhofstr.
        form += "asse"
    with _STEMMER_LOCK:
        return str(_STEMMER.stemWord(_LINKING_S.sub("", form)))
