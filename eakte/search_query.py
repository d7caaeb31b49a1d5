"""What people type into the search box, as a value (Suchanfrage).

    Bescheid Müller             both words, anywhere in title, text, names or reference
    "aufschiebende Wirkung"     these words one after the other
    Widerspr*                   words that begin so
    Schmitt~                    words that differ by a letter or two
    az:11.20/2026/42            reference (Aktenzeichen), in any spelling
    von:Müller                  party or sender
    typ:eingang                 eingang, ausgang or intern
    datum:2026-01..2026-03      a day, month, year or range of them; also 31.03.2026
    gelesen:schlecht            documents with a page whose recognised text is doubtful
    -Entwurf                    without; before any of the above

Nobody is told off for what they type: what is no operator with a readable value is plain text, and
an operator without anything to work on is dropped.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from eakte.fulltext import wholes

MAX_CHARACTERS = 1_000  # whatever is pasted beyond says no more about what is sought
MAX_CLAUSES = 50


class Where(StrEnum):
    """Which text of an entry is looked at."""

    ANYWHERE = "anywhere"
    REFERENCE = "reference"
    NAMES = "names"


@dataclass(frozen=True)
class Word:
    """One word in any inflection or spelling, also as part of a compound."""

    text: str
    where: Where = Where.ANYWHERE


@dataclass(frozen=True)
class Phrase:
    """Words one after the other."""

    text: str
    where: Where = Where.ANYWHERE


@dataclass(frozen=True)
class Prefix:
    """Words that begin with the text."""

    text: str
    where: Where = Where.ANYWHERE


@dataclass(frozen=True)
class Fuzzy:
    """Words that differ from the text by a letter or two."""

    text: str
    where: Where = Where.ANYWHERE


@dataclass(frozen=True)
class OfKind:
    """Documents of one kind: `incoming`, `outgoing` or `internal`."""

    document_kind: str


@dataclass(frozen=True)
class Dated:
    """Entries dated in a span, both ends included; None is open."""

    first_on: date | None
    last_on: date | None


@dataclass(frozen=True)
class PoorlyRead:
    """Documents with a page whose recognised text is not to be relied on (`eakte.poorly_read`)."""


Term = Word | Phrase | Prefix | Fuzzy | OfKind | Dated | PoorlyRead


@dataclass(frozen=True)
class Clause:
    """One demand on an entry."""

    term: Term
    excluded: bool = False


@dataclass(frozen=True)
class Query:
    """All clauses must hold; without any clause nothing is found."""

    clauses: tuple[Clause, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing is asked for, so nothing is found."""
        return not self.clauses


_KINDS = {"eingang": "incoming", "ausgang": "outgoing", "intern": "internal"}
_WHERE = {"az": Where.REFERENCE, "von": Where.NAMES}
_FILTERS = ("typ", "datum", "gelesen")
_OPERATOR = re.compile(r"(?P<minus>-?)(?:(?P<field>az|von|typ|datum|gelesen):\s*)?", re.IGNORECASE)
_QUOTED = re.compile(r'["„“”«»](?P<text>[^"„“”«»]*)["„“”«»]?')
_BARE = re.compile(r'[^\s"„“”«»]+')


def parse(text: str) -> Query:
    """Read what somebody typed; never raises.

    Args:
        text: Anything; characters beyond `MAX_CHARACTERS` and clauses beyond `MAX_CLAUSES` are left out.
    """
    clauses = []
    for clause in _clauses(text[:MAX_CHARACTERS]):
        if clause not in clauses:
            clauses.append(clause)
    return Query(tuple(clauses[:MAX_CLAUSES]))


def _clauses(text: str) -> Iterator[Clause]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        operator = _OPERATOR.match(text, position)
        assert operator is not None  # every part of the pattern is optional
        excluded, field = bool(operator["minus"]), (operator["field"] or "").lower()
        patterns = (_QUOTED, _BARE) if field in _FILTERS else (_QUOTED, wholes.TYPED, _BARE)
        value = next((found for pattern in patterns if (found := pattern.match(text, operator.end()))), None)
        if value is None:  # an operator with nothing behind it
            position = max(operator.end(), position + 1)
            continue
        position = value.end()
        quoted = value.re is _QUOTED
        content = value["text"] if quoted else value[0]
        term = _term(field, content, quoted=quoted)
        if term is not None:
            yield Clause(term, excluded)


def _term(field: str, content: str, *, quoted: bool) -> Term | None:
    if field == "typ" and (kind := _KINDS.get(content.lower())):
        return OfKind(kind)
    if field == "datum" and (dated := _dated(content)):
        return dated
    if field == "gelesen" and content.lower() == "schlecht":
        return PoorlyRead()
    where = _WHERE.get(field, Where.ANYWHERE)
    if field in _FILTERS:  # not readable as such, so it is meant as text
        content = f"{field} {content}"
        quoted = True
    if not any(character.isalnum() for character in content):
        return None
    if quoted:
        return Phrase(content, where)
    if content.endswith("*"):
        return Prefix(content.rstrip("*"), where)
    if fuzzy := re.fullmatch(r"(?P<text>.+?)~\d?", content):
        return Fuzzy(fuzzy["text"], where)
    return Word(content, where)


def _dated(text: str) -> Dated | None:
    """Read a day, month, year or a range of them; None where it is none of these."""
    if span := _span(text):
        return Dated(*span)
    parts = text.split("..") if ".." in text else re.split(r"(?<=\.\d{4})-", text)
    if len(parts) != 2 or parts == ["", ""]:
        return None
    spans = [_span(part) for part in parts]
    if any(part and not span for part, span in zip(parts, spans, strict=True)):
        return None
    first, last = spans
    if first and last and last < first:
        first, last = last, first
    return Dated(first[0] if first else None, last[1] if last else None)


def _span(text: str) -> tuple[date, date] | None:
    """First and last day of `2026`, `2026-03`, `03.2026`, `2026-03-31` or `31.3.2026`."""
    iso = re.fullmatch(r"(?P<y>\d{4})(?:-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2}))?)?", text, re.ASCII)
    german = re.fullmatch(r"(?:(?:(?P<d>\d{1,2})\.)?(?P<m>\d{1,2})\.)?(?P<y>\d{4})", text, re.ASCII)
    found = iso or german
    if found is None:
        return None
    year, month, day = int(found["y"]), int(found["m"] or 0), int(found["d"] or 0)
    try:
        if not found["m"]:
            return date(year, 1, 1), date(year, 12, 31)
        if not found["d"]:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError:  # the 31st of February and the like
        return None
