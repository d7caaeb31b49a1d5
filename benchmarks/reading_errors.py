"""How wrong a text was read: characters (CER) and words (recall)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Errors:
    """Counts that can be added up.

    Attributes:
        letters, words: In the text that really stands on the paper.
        wrong_letters: To insert, delete or replace (Levenshtein distance); line breaks count as spaces.
        found_words: Words of the paper that were read to the letter, wherever; each as often as it stands there.
    """

    letters: int = 0
    wrong_letters: int = 0
    words: int = 0
    found_words: int = 0

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            self.letters + other.letters,
            self.wrong_letters + other.wrong_letters,
            self.words + other.words,
            self.found_words + other.found_words,
        )

    @property
    def cer(self) -> float:
        """Character error rate."""
        return self.wrong_letters / max(1, self.letters)

    @property
    def recall(self) -> float:
        """Share of the words that were found."""
        return self.found_words / max(1, self.words)


def compare(expected: str, found: str) -> Errors:
    """Count what was read wrongly; on a blank page everything read is wrong."""
    expected, found = _plain(expected), _plain(found)
    expected_words, found_words = Counter(_words(expected)), Counter(_words(found))
    return Errors(
        len(expected),
        distance(expected, found),
        expected_words.total(),
        (expected_words & found_words).total(),
    )


def distance(expected: str, found: str) -> int:
    """Levenshtein distance."""
    found_letters = np.array([ord(letter) for letter in found], dtype=np.int64)
    places = np.arange(len(found_letters) + 1)
    distances = places.copy()
    for row, letter in enumerate(expected, start=1):
        replaced = distances[:-1] + (found_letters != ord(letter))
        following = np.concatenate(([row], np.minimum(distances[1:] + 1, replaced)))
        distances = np.minimum.accumulate(following - places) + places
    return int(distances[-1])


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _words(text: str) -> list[str]:
    stripped = (word.strip(".,;:!?()\"'„“”»«–-—_|") for word in text.split())
    return [word for word in stripped if word]
