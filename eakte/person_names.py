"""Names of people in a form that survives spelling, for recognising a party who works here."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_TITLES = frozenset({"dr", "prof", "med", "jur", "phil", "ing", "dipl", "herr", "frau", "von", "zu", "van", "de"})


def name_key(name: str) -> str:
    """The words of a name without titles, spelling and order.

    `Dr. Otto Öl`, `OEL, Otto` and `otto öl` have the same key; an empty one means that nothing is left.
    """
    folded = unicodedata.normalize("NFC", name).casefold().translate(_FOLDED)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
    words = [word for word in _WORD.findall(plain) if word not in _TITLES]
    return " ".join(sorted(words))
