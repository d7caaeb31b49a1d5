"""A query in terms of tokens: what an entry's tokens must meet.

Every engine turns demands into its own query, and `hits` finds them again in a text: one place decides
what matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eakte.fulltext.tokens import Token, tokenise
from eakte.search_query import Clause, Dated, Fuzzy, OfKind, Phrase, PoorlyRead, Prefix, Query, Where, Word

MIN_PREFIX_LETTERS = 2  # `a*` would mean a tenth of all words; it is read as the word `a`


@dataclass(frozen=True)
class Step:
    """One word of a run.

    Attributes:
        offset: Positions after the first word of the run.
        form, stem: As in `words.Reading`.
    """

    offset: int
    form: str
    stem: str


@dataclass(frozen=True)
class Run:
    """Words one after the other, or a single one."""

    where: Where
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Beginning:
    """A word that begins with these letters."""

    where: Where
    form: str


@dataclass(frozen=True)
class Similar:
    """A word that becomes this one by at most so many letters put in, left out or exchanged."""

    where: Where
    form: str
    edits: int


Alternative = Run | Beginning | Similar | OfKind | Dated | PoorlyRead


@dataclass(frozen=True)
class Demand:
    """One of the alternatives must be met, or none of them where the demand is excluded."""

    any_of: tuple[Alternative, ...]
    excluded: bool = False


def demands(query: Query) -> tuple[Demand, ...]:
    """Read a query; empty where it asks for nothing that could be found."""
    read = (Demand(_alternatives(clause), clause.excluded) for clause in query.clauses)
    return tuple(demand for demand in read if demand.any_of)


def _alternatives(clause: Clause) -> tuple[Alternative, ...]:
    match clause.term:
        case OfKind() | Dated() | PoorlyRead() as term:
            return (term,)
        case Word(text, where):
            return _word(text, where)
        case Phrase(text, where):
            return _run(tokenise(text, wholes_too=where is not Where.REFERENCE), where)
        case Prefix(text, where):
            form = _written_together(text)
            return (Beginning(where, form),) if len(form) >= MIN_PREFIX_LETTERS else _word(text, where)
        case Fuzzy(text, where):
            form = _written_together(text)
            edits = 0 if len(form) < 3 else 1 if len(form) < 5 else 2
            return (*_word(text, where), *((Similar(where, form, edits),) if edits else ()))


def _word(text: str, where: Where) -> tuple[Run, ...]:
    """The word as typed; a hyphenated one also written in one, and `50.100` also as two numbers."""
    tokens = tokenise(text, wholes_too=where is not Where.REFERENCE)
    runs = [*_run(tokens, where)]
    if runs and len(runs[0].steps) > 1:
        span = tokens[0].start, tokens[-1].end
        runs += [_single(token, where) for token in tokens if not token.main and (token.start, token.end) == span]
    if re.fullmatch(r"\d+(?:\.\d+)+", text, re.ASCII):
        runs += _run(tokenise(text, wholes_too=False), where)
    return tuple(dict.fromkeys(runs))


def _run(tokens: list[Token], where: Where) -> tuple[Run, ...]:
    main = [token for token in tokens if token.main]
    if not main:
        return ()
    first = main[0].position
    return (Run(where, tuple(Step(token.position - first, token.form, token.stem) for token in main)),)


def _single(token: Token, where: Where) -> Run:
    return Run(where, (Step(0, token.form, token.stem),))


def _written_together(text: str) -> str:
    """The form of the text as one token: `muellerm` for `Müller-M`, `11.20.` for `11.20/`."""
    tokens = tokenise(text, wholes_too=False)
    if not tokens:
        return ""
    joined = [token.form for token in tokens if not token.main and token.start == tokens[0].start]
    form = max(joined, key=len) if joined else tokens[0].form
    return f"{form}." if "." in form and not text[-1].isalnum() else form
