"""What a text says of where it belongs: numbers that may be references or ids, names, and dates of birth. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

from eakte.clues import ClueKind, confused, is_telling, spelled_key, squeezed_key
from eakte.fulltext import wholes
from eakte.person_names import name_key

MOST_PAGES = 20
MOST_SIGNS = 60_000
MOST_KEYS = 20_000
"""Longer texts are read this far: what names a case file stands at the beginning."""

_LONGEST_RUN = 7  # `11 . 20 / 2026 / 00042`, each sign read as a word of its own
_ID_RUN = 3
_NAME_RUN = 5
_BREAK = re.compile(r"[,;:()\[\]{}\"„“”'<>\n\r]+")
_SIGNS = re.compile(r"[^\W_]+")
_NUMERIC = re.compile(r"\d|^[oOlLiI|sSbB./\\–-]{1,12}$")
_PREFIX = re.compile(r"[A-ZÄÖÜ]{1,8}[./\\-]?")
_GOES_ON = re.compile(r".*\d.*|[oOlLiI|sSbB./\\–-]{1,12}|[A-ZÄÖÜ]{1,3}")
"""How a run of several words begins and goes on: with numbers, what numbers are misread as, signs, short codes."""
_DAY = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{4}|\d\d)\.?")
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_NEAR = re.compile(r"[ \t.]{1,3}|,[ \t]{0,2}")
_PARTICLES = frozenset({"von", "van", "de", "zu", "der", "den"})
_FAMILY_NAME = r"(?:Nachname|Familienname|Zuname|Name)\s*:?\s*"
_GIVEN_NAME = r"Vorname(?:n|\(n\))?\s*:?\s*"
_ONE = r"([^\W\d_][^\W\d_’'-]+(?:[- ][^\W\d_][^\W\d_]+)?)"
_FORMS = (
    re.compile(rf"\b{_FAMILY_NAME}{_ONE}\W+{_GIVEN_NAME}{_ONE}"),
    re.compile(rf"\b{_GIVEN_NAME}{_ONE}\W+{_FAMILY_NAME}{_ONE}"),
)
_DATE = re.compile(wholes.DATE)
_BORN = re.compile(rf"(?:\bgeb(?:oren|urtsdatum|\.)?|\*)[\s:.]{{0,4}}(?:am\s+)?{wholes.DATE}", re.IGNORECASE)
_BORN_WITHIN = 60
_CLOSING = re.compile(r"(?i)(?:mit\s+freundlichen?\s+gr(?:ü|ue)(?:ß|ss)en?|hochachtungsvoll|\bgez\.)")
_HEAD_LINES = 8


@dataclass(frozen=True)
class Run:
    """Signs that follow each other and may be a reference or an id.

    Attributes:
        start, end: Place among the words of its page; runs of one page may overlap.
        keys: What it could mean, for looking up.
    """

    page_number: int
    start: int
    end: int
    text: str
    keys: frozenset[tuple[ClueKind, str]]


@dataclass(frozen=True)
class NameMention:
    """A name on a page.

    Attributes:
        is_sender: It stands where senders stand: at the head of the first page, or below the closing words.
        born_on: The day of birth written right behind it.
    """

    page_number: int
    text: str
    is_sender: bool
    born_on: date | None


@dataclass(frozen=True)
class TextClues:
    """Everything a text says.

    Attributes:
        names: By key (`eakte.person_names`).
        days: Every day named anywhere.
        folded: The text for looking whether something stands in it.
    """

    runs: tuple[Run, ...]
    names: dict[str, list[NameMention]]
    days: frozenset[date]
    folded: str = field(repr=False)


def read_text(pages: Sequence[str]) -> TextClues:
    """Read the pages of a document, the first ones first."""
    runs: list[Run] = []
    names: dict[str, list[NameMention]] = {}
    days: set[date] = set()
    left, keys = MOST_SIGNS, 0
    kept: list[str] = []
    for page_number, whole in enumerate(pages[:MOST_PAGES], start=1):
        text, left = whole[:left], left - len(whole)
        kept.append(text)
        for run in _runs(page_number, text):
            keys += len(run.keys)
            if keys > MOST_KEYS:
                break
            runs.append(run)
        for key, mention in _names(page_number, text):
            names.setdefault(key, []).append(mention)
        days |= {day for found in _DATE.finditer(text) if (day := _day(found["date"])) is not None}
        if left <= 0:
            break
    return TextClues(tuple(runs), names, frozenset(days), folded_text("\n".join(kept)))


def folded_text(text: str) -> str:
    """Words in one spelling with single blanks, beginning and ending with one."""
    words = _SIGNS.findall(confused(text))
    return f" {' '.join(words)} "


# -- references and ids ------------------------------------------------------------------------------


def _runs(page_number: int, text: str) -> Iterator[Run]:
    place = 0
    for segment in _BREAK.split(text):
        words = segment.split()
        for first in range(len(words)):
            if not (_NUMERIC.search(words[first]) or _PREFIX.fullmatch(words[first])):
                continue
            for last in range(first + 1, min(first + _LONGEST_RUN, len(words)) + 1):
                if last - first > 1 and not _GOES_ON.fullmatch(words[last - 1]):
                    break
                if last - first > 1 and _DAY.fullmatch(words[first]) and _day(words[first].rstrip(".")):
                    break  # „11.05.2026 14 Uhr“ is a day and an hour
                run = " ".join(words[first:last])
                keys = frozenset(_keys(run, last - first))
                if keys:
                    yield Run(page_number, place + first, place + last, run, keys)
        place += len(words) + 1


def _keys(run: str, words: int) -> Iterator[tuple[ClueKind, str]]:
    squeezed = squeezed_key(run)
    if not 4 <= len(squeezed) <= 60 or sum(sign.isdigit() for sign in run) < 2:
        return
    yield ClueKind.REFERENCE, spelled_key(run)
    if "|" in run:
        yield ClueKind.REFERENCE, spelled_key(run.replace("|", "/"))
    yield ClueKind.REFERENCE_SQUEEZED, squeezed
    if words <= _ID_RUN:
        if is_telling(run) or sum(sign.isdigit() for sign in squeezed) == len(squeezed) >= 5:
            yield ClueKind.EXTERNAL_ID, squeezed
            yield ClueKind.FIELD, squeezed
        for shorter in _without_ones(squeezed):
            yield ClueKind.REFERENCE_SQUEEZED, shorter


def _without_ones(squeezed: str) -> Iterator[str]:
    """What is left when one or two slashes were read as 1, l, I or |."""
    ones = [place for place, sign in enumerate(squeezed) if sign == "1"]
    if not 8 <= len(squeezed) <= 26 or len(ones) > 8:
        return
    for count in (1, 2):
        for gone in combinations(ones, count):
            yield "".join(sign for place, sign in enumerate(squeezed) if place not in gone)


# -- names and days ----------------------------------------------------------------------------------


def _names(page_number: int, text: str) -> Iterator[tuple[str, NameMention]]:
    head_end = _end_of_head(text) if page_number == 1 else 0
    closings = [found.end() for found in _CLOSING.finditer(text)]

    def mention(start: int, end: int, shown: str) -> NameMention:
        is_sender = start < head_end or any(closing <= start <= closing + 120 for closing in closings)
        return NameMention(page_number, shown, is_sender, _born_behind(text, end))

    words = list(_WORD.finditer(text))
    for first, word in enumerate(words):
        if not word.group()[0].isupper():
            continue
        for last in range(first + 1, min(first + _NAME_RUN, len(words))):
            if not _NEAR.fullmatch(text[words[last - 1].end() : words[last].start()]):
                break
            if not (words[last].group()[0].isupper() or words[last].group() in _PARTICLES):
                break
            start, end = word.start(), words[last].end()
            key = name_key(text[start:end])
            if " " in key:
                yield key, mention(start, end, text[start:end])
    for form in _FORMS:
        for found in form.finditer(text):
            key = name_key(" ".join(found.groups()))
            if " " in key:
                yield key, mention(found.start(), found.end(), " ".join(found.groups()))


def _end_of_head(text: str) -> int:
    place = 0
    for line, text_line in enumerate(text.splitlines(keepends=True)):
        if line >= _HEAD_LINES:
            break
        place += len(text_line)
    return place


def _born_behind(text: str, end: int) -> date | None:
    """The day of birth written right behind a name; one behind „und“ is somebody else's."""
    found = _BORN.search(text, end, end + _BORN_WITHIN)
    if found is None or re.search(r"\b(?:und|sowie)\b", text[end : found.start()]):
        return None
    return _day(found["date"])


def _day(text: str) -> date | None:
    read = wholes.day(text)
    return date.fromisoformat(read) if read else None
