"""How the words of a page rest in its row: small, and only ever read as a whole."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from eakte.paper import Word

_SCALE = 100_000


def pack(words: Sequence[Word]) -> bytes:
    """Words with their boxes as compressed JSON; positions are kept to a hundred-thousandth of the page."""
    rows = [
        [
            word.text,
            *(round(edge * _SCALE) for edge in (word.left, word.top, word.right, word.bottom)),
            round(word.confidence * 100),
            word.line,
        ]
        for word in words
    ]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), level=6)


def unpack(packed: bytes) -> list[Word]:
    """The words of `pack`, in the same order."""
    return [
        Word(text, left / _SCALE, top / _SCALE, right / _SCALE, bottom / _SCALE, confidence / 100, line)
        for text, left, top, right, bottom, confidence, line in json.loads(zlib.decompress(packed))
    ]
