"""A text as tokens: what the engines index and what highlights are drawn from.

Words stand one after the other. Several tokens may share a position: the whole `11.20.2026.42` stands
where its first number stands, the amount where its currency stands. So words that follow each other in
one spelling follow each other in every spelling, and phrases work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from eakte.fulltext import wholes
from eakte.fulltext.words import MAX_LETTERS, read, read_form

VERSION = 1
"""Raised with every change that reads a text differently: an index made by another version is rebuilt."""

MAX_LINKED = 8  # longer chains, such as rows of dots in a form, are no name, reference or address


class Token(NamedTuple):
    """One way to read a place in a text.

    Attributes:
        position: Counts words, from 0.
        start, end: Characters in the text, end excluded.
        form, stem, parts: As in `Reading`.
        main: The reading a phrase goes by; the others stand beside it so that they can be found too.
    """

    position: int
    start: int
    end: int
    form: str
    stem: str
    parts: tuple[str, ...] = ()
    main: bool = True


_LOWER = "a-zß-öø-ÿāăąćčďđēęěğīıłńňōőœŕřśşšţťūůűźżž"
_LETTERS = r"[^\W_\u0300-\u036f]"
_MARKS = r"[\u0300-\u036f\u00ad\u200b-\u200d]"  # accents written apart, soft hyphens, joiners
_BREAK = r"[-‐\u00ad¬][ \t]*\r?\n\s*"
_NO_REST = r"(?!(?:und|oder|bzw|sowie|als|bis|wie)\b)"  # "Ratenzahlungs-\nund Stundungsantrag"
_WORD = (
    rf"(?P<word>{_LETTERS}(?:{_LETTERS}|{_MARKS}(?!\s))*"
    rf"(?:(?<![\d\W]){_BREAK}{_NO_REST}(?=[{_LOWER}])(?:{_LETTERS}|{_MARKS}(?!\s))+)*(?:['’]s\b)?|€)"
)
_PLAIN = re.compile(_WORD)
_SCAN = re.compile("|".join((wholes.IBAN, wholes.DATE, wholes.AMOUNT, _WORD)))
_CHAIN = re.compile(rf"[-‐‑–/._@'’&+:]|{_BREAK}")
_HYPHEN = re.compile(rf"[-‐‑'’]|{_BREAK}")
_GROUP = re.compile(r"[^\W_]+")
_CURRENCY = re.compile(r"\s?(€|EUR\b|[Ee]uro\b)")


def tokenise(text: str, *, wholes_too: bool = True, first_position: int = 0) -> list[Token]:
    """Read a text.

    Args:
        text: Any text; a page with its line ends.
        wholes_too: False takes numbers as they stand, as in a reference, where `50.100` is no amount.
        first_position: Where to count from.

    Returns:
        Tokens in order of position.
    """
    return sorted(_tokens(text, _SCAN if wholes_too else _PLAIN, first_position), key=_POSITION)


_POSITION = itemgetter(0)


def _tokens(text: str, scan: re.Pattern[str], position: int) -> Iterator[Token]:
    chain: list[Token] = []
    reached = 0
    for match in scan.finditer(text):
        start, end = match.span()
        if start < reached:  # a currency that went with its amount
            continue
        kind = match.lastgroup
        if kind == "word":
            if chain and not _linked(text, chain[-1].end, start):
                yield from _joined(chain, text)
                chain = []
            if scan is _PLAIN or not (match[0].isdecimal() and _CURRENCY.match(text, end)):
                reading = read(match[0])
                if reading.form:
                    token = Token(position, start, end, *reading)
                    yield token
                    chain.append(token)
                    position += 1
                continue
        yield from _joined(chain, text)
        chain = []
        if kind == "iban":
            form = wholes.iban(match[0])
            yield Token(position, start, end, form, form)
        elif kind == "date":
            form = wholes.day(match[0])
            if form:
                yield Token(position, start, end, form, form)
            groups = _groups(match, position, main=not form)
            yield from groups
            if not form:
                yield from _joined(groups, text)
            position += len(groups) - 1
        else:
            form = wholes.amount(match[0])
            yield Token(position, start, end, form, form)
            if currency := _CURRENCY.match(text, end):
                sign = read(currency[1])
                yield Token(position, currency.start(1), currency.end(1), sign.form, sign.stem, main=False)
                reached = currency.end()
        position += 1
    yield from _joined(chain, text)


def _linked(text: str, end: int, start: int) -> bool:
    """Whether two words hang together without a blank between them."""
    return text[end : end + 1] != " " and _CHAIN.fullmatch(text, end, start) is not None


def _groups(match: re.Match[str], position: int, *, main: bool) -> list[Token]:
    found = _GROUP.finditer(match[0])
    offset = match.start()
    return [
        Token(position + index, offset + group.start(), offset + group.end(), *read(group[0]), main=main)
        for index, group in enumerate(found)
    ]


def _joined(chain: list[Token], text: str) -> Iterator[Token]:
    """What hangs together, as one token: `emailadresse` for E-Mail-Adresse, `11.20.2026.42` for a reference."""
    if not 2 <= len(chain) <= MAX_LINKED:
        return
    first, last = chain[0], chain[-1]
    if all(_hyphenated(text, *pair) for pair in pairwise(chain)):
        # E-Mail-Adresse also as `email`, for whoever seeks that
        for part in [chain, *(pairwise(chain) if len(chain) > 2 else ())]:
            reading = read_form("".join(token.form for token in part)[:MAX_LETTERS])
            yield Token(part[0].position, part[0].start, part[-1].end, *reading, main=False)
        return
    form = ".".join(token.stem if token.form.isdecimal() else token.form for token in chain)
    yield Token(first.position, first.start, last.end, form, form, main=False)


def _hyphenated(text: str, left: Token, right: Token) -> bool:
    return left.form.isalpha() and right.form.isalpha() and bool(_HYPHEN.fullmatch(text, left.end, right.start))
