"""Levels of confidentiality (Vertraulichkeitsstufen), from open to strictly confidential.

Classified matter under the rules for state secrets (VS) is not kept here.
"""

from __future__ import annotations

from enum import IntEnum

from eakte.errors import FieldProblem, Invalid


class Level(IntEnum):
    """In order; a thing's effective level is the highest on the way down to it."""

    OPEN = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    STRICTLY_CONFIDENTIAL = 3

    @property
    def word(self) -> str:
        """As people, files and the API write it."""
        return LEVEL_WORDS[self]


LEVEL_WORDS = ("offen", "intern", "vertraulich", "streng-vertraulich")


def parse_level(word: str, pointer: str) -> Level:
    """A level from its word.

    Raises:
        Invalid: There is no such level.
    """
    try:
        return Level(LEVEL_WORDS.index(word.strip().casefold()))
    except ValueError:
        known = ", ".join(LEVEL_WORDS)
        raise Invalid(f"Die Stufe „{word}“ gibt es nicht.", FieldProblem(pointer, f"Möglich sind {known}.")) from None
