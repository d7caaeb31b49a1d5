"""Names of people in a form that survives spelling, for recognising a party who works here."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_TITLES = frozenset({"dr", "prof", "med", "jur", "phil", "ing", "dipl", "herr", "frau", "von", "zu", "van", "de"})


def sort_key(name: str) -> str:
    """What names are sorted by in German lists: Ä as A, ß as ss (DIN 5007, variant 1)."""
    return _plain(name.casefold())


def name_key(name: str) -> str:
    """The words of a name without titles, spelling and order.

    `Dr. Otto Öl`, `OEL, Otto` and `otto öl` have the same key; an empty one means that nothing is left.
    """
    folded = unicodedata.normalize("NFC", name).casefold().translate(_FOLDED)
    words = [word for word in _WORD.findall(_plain(folded)) if word not in _TITLES]
    return " ".join(sorted(words))


def _plain(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
