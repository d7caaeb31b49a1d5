"""Where a hit stands: the page, a few words around it, the words to box on the page image.

Works on the same tokens as the index, so what was found by its stem, as part of a compound, by its
beginning or as a similar word is marked too. Only pages that have the letters sought are read as
tokens: a file of 500 pages shows its snippet in milliseconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from eakte.fulltext.demands import Alternative, Beginning, Demand, Run, Similar, demands
from eakte.fulltext.hits import Closeness, hits
from eakte.fulltext.tokens import Token, tokenise
from eakte.paper import Word
from eakte.search_query import Query

SNIPPET_CHARACTERS = 200
MAX_PAGES_READ = 3
MAX_PAGES_READ_FOR_SIMILAR = 30  # their letters cannot be looked for


@dataclass(frozen=True)
class Snippet:
    """A piece of a page.

    Attributes:
        page_number: From 1; None where no page says what was sought (it stands in the title, say), and
            the text is the beginning of the first page.
        text: Whole words on one line, about `SNIPPET_CHARACTERS` long.
        highlights: Characters of the text to mark, first and one behind the last; in order, apart.
    """

    page_number: int | None
    text: str
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class _Mark:
    start: int
    end: int
    demand_index: int
    closeness: int


def snippet(pages: Sequence[str], query: Query, *, length: int = SNIPPET_CHARACTERS) -> Snippet:
    """Choose the page that answers most of the query, the first of equals, and cut a piece out of it.

    Args:
        pages: Text by page, first page first.
        query: What was sought; exclusions and filters mark nothing.
        length: Characters of the piece, roughly.
    """
    sought = _sought(query)
    best: tuple[int, int, list[_Mark]] = (0, 0, [])
    for page_index in _promising(pages, sought):
        marks = _marks(tokenise(pages[page_index]), sought)
        if (score := _score(marks)) > best[0]:
            best = (score, page_index, marks)
            if score == len(sought) * Closeness.EXACT:
                break
    score, page_index, marks = best
    if not score:
        return Snippet(None, _piece(pages[0], [], length)[0] if pages else "")
    text, highlights = _piece(pages[page_index], marks, length)
    return Snippet(page_index + 1, text, highlights)


def matching_words(words: Sequence[Word], query: Query) -> list[int]:
    """Which words of a page to box.

    Returns:
        Indices into `words`, ascending; a word hyphenated over a line end is there with both halves.
    """
    starts: list[int] = []
    text = ""
    for index, word in enumerate(words):
        if index:
            text += " " if word.line == words[index - 1].line else "\n"
        starts.append(len(text))
        text += word.text
    marked = _marks(tokenise(text), _sought(query))
    spans = [(start, start + len(word.text)) for start, word in zip(starts, words, strict=True)]
    return [
        index
        for index, (start, end) in enumerate(spans)
        if any(mark.start < end and start < mark.end for mark in marked)
    ]


@lru_cache(maxsize=1 << 8)
def _sought(query: Query) -> tuple[Demand, ...]:
    """The same for all hits of a search."""
    return tuple(demand for demand in demands(query) if not demand.excluded)


def _marks(tokens: Sequence[Token], sought: Iterable[Demand]) -> list[_Mark]:
    return [
        _Mark(token.start, token.end, index, hit.closeness)
        for index, demand in enumerate(sought)
        for hit in hits(demand, tokens)
        for token in hit.tokens
    ]


def _score(marks: Iterable[_Mark]) -> int:
    """How much of the query is answered, and how closely."""
    closest: dict[int, int] = {}
    for mark in marks:
        closest[mark.demand_index] = max(mark.closeness, closest.get(mark.demand_index, 0))
    return sum(closest.values())


def _promising(pages: Sequence[str], sought: Sequence[Demand]) -> list[int]:
    """Pages with the letters of most demands first; few enough to be read."""
    counted = []
    complete = 0
    for page_index, page in enumerate(pages):
        squeezed = _squeezed(page)
        compact = squeezed.replace(" ", "")
        count = sum(any(_may_be_in(one, squeezed, compact) for one in demand.any_of) for demand in sought)
        counted.append((-count, page_index))
        complete += count == len(sought)
        if complete == MAX_PAGES_READ:
            break
    similar = any(isinstance(one, Similar) for demand in sought for one in demand.any_of)
    most = MAX_PAGES_READ_FOR_SIMILAR if similar else MAX_PAGES_READ
    return [page_index for count, page_index in sorted(counted)[:most] if count]


def _may_be_in(alternative: Alternative, squeezed: str, compact: str) -> bool:
    match alternative:
        case Run(_, steps):
            letters = tuple(piece for step in steps for piece in _letters(step.stem))
        case Beginning(_, form):
            letters = _letters(form)
        case Similar():
            return True
        case _:  # a filter stands nowhere in the text
            return False
    return all(piece in squeezed or piece in compact for piece in letters)


@lru_cache(maxsize=1 << 10)
def _letters(stem: str) -> tuple[str, ...]:
    """What a page must have at least to have this word in any of its spellings."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", stem):
        return (stem[2:4],)  # the year; the month may be a word
    if stem == "eur":
        return ()  # perhaps a sign
    whole = stem.partition(",")[0].removesuffix("asse").removesuffix("ass")  # 1234,56 also as 1.234,56; Bahnhofstr.
    return tuple(_squeezed(whole).split())


_BLANKS = re.compile(r"\s+")
_HYPHENATION = re.compile(r"[-‐\u00ad¬][ \t]*\r?\n\s*|\u00ad")


class _Squeezing(dict[int, str]):
    """Letters and digits stay, marks go, all else is a blank; learns each character once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        known = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "a", "œ": "o"}
        kept = character if character.isalnum() else "" if unicodedata.combining(character) else " "
        self[code] = known.get(character, kept)
        return self[code]


_SQUEEZING = _Squeezing()


def _squeezed(text: str) -> str:
    """The text with so little of its spelling left that every stem in it is found as letters."""
    bare = unicodedata.normalize("NFKD", _HYPHENATION.sub("", text)).casefold().translate(_SQUEEZING)
    return bare.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _piece(text: str, marks: list[_Mark], length: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The piece with the most of the query in it, on one line, and its marks."""
    near = [[other for other in marks if 0 <= other.start - mark.start < length * 3 // 4] for mark in marks]
    first = min(max(near, key=_score), key=lambda mark: mark.start).start if near else 0
    start = _word_start(text, first - length // 4) if first > length // 4 else 0
    end = _word_end(text, start + length)
    inside = [
        (len(_on_one_line(text[start : mark.start])), len(_on_one_line(text[start : mark.end])))
        for mark in marks
        if start <= mark.start and mark.end <= end
    ]
    return _on_one_line(text[start:end]).rstrip(), _apart(inside)


def _on_one_line(text: str) -> str:
    return _BLANKS.sub(" ", text).lstrip(" ")


def _word_start(text: str, position: int) -> int:
    while position > 0 and not text[position - 1].isspace():
        position -= 1
    return position


def _word_end(text: str, position: int) -> int:
    while position < len(text) and not text[position].isspace():
        position += 1
    return min(position, len(text))


def _apart(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same places, none twice and none overlapping."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return tuple(apart)
