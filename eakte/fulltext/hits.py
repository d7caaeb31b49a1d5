"""Where a text meets a demand: for highlights, for boxes on the page image, for checking engines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from eakte.fulltext.demands import Alternative, Beginning, Demand, Run, Similar, Step
from eakte.fulltext.entries import plain
from eakte.fulltext.tokens import Token
from eakte.search_query import Where


class Closeness(IntEnum):
    """How near a hit is to what was typed."""

    SIMILAR = 1
    PART = 2
    STEM = 3
    EXACT = 4


class Hit(NamedTuple):
    """Tokens that meet a demand; more than one where a phrase was sought."""

    tokens: tuple[Token, ...]
    closeness: Closeness


def hits(demand: Demand, tokens: Sequence[Token]) -> Iterator[Hit]:
    """Find a demand in the tokens of one text; the same place may come twice."""
    at: Mapping[int, list[Token]] = {}
    for alternative in demand.any_of:
        if isinstance(alternative, Run) and len(alternative.steps) > 1:
            at = at or _by_position(tokens)
            yield from _runs(alternative, at)
        else:
            for token in tokens:
                if closeness := _closeness(alternative, token):
                    yield Hit((token,), closeness)


def _runs(run: Run, at: Mapping[int, list[Token]]) -> Iterator[Hit]:
    for position in at:
        found = [_best(run.where, step, at.get(position + step.offset, ())) for step in run.steps]
        closest = [hit for hit in found if hit is not None]
        if len(closest) == len(found):
            yield Hit(tuple(hit.tokens[0] for hit in closest), min(hit.closeness for hit in closest))


def _best(where: Where, step: Step, tokens: Iterable[Token]) -> Hit | None:
    found = [Hit((token,), closeness) for token in tokens if (closeness := _word_closeness(where, step, token))]
    return max(found, key=lambda hit: hit.closeness, default=None)


def _by_position(tokens: Iterable[Token]) -> dict[int, list[Token]]:
    at = defaultdict(list)
    for token in tokens:
        at[token.position].append(token)
    return dict(at)


def _closeness(alternative: Alternative, token: Token) -> Closeness | None:
    match alternative:
        case Run(where, (step,)):
            return _word_closeness(where, step, token)
        case Beginning(where, form):
            return Closeness.EXACT if _written(where, token).startswith(form) else None
        case Similar(where, form, edits):
            return Closeness.SIMILAR if within(_written(where, token), form, edits) else None
    return None


def _written(where: Where, token: Token) -> str:
    return token.form if where is Where.ANYWHERE else plain(token.form, token.stem)


def _word_closeness(where: Where, step: Step, token: Token) -> Closeness | None:
    if token.form == step.form:
        return Closeness.EXACT
    if where is not Where.ANYWHERE:
        return Closeness.EXACT if _written(where, token) == plain(step.form, step.stem) else None
    if token.stem == step.stem:
        return Closeness.STEM
    return Closeness.PART if step.stem in token.parts else None


def within(left: str, right: str, edits: int) -> bool:
    """Whether so many letters put in, left out or exchanged turn one word into the other."""
    if abs(len(left) - len(right)) > edits:
        return False
    row = list(range(len(right) + 1))
    for index, letter in enumerate(left, start=1):
        above, row = row, [index]
        for column, other in enumerate(right, start=1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (letter != other)))
        if min(row) > edits:
            return False
    return row[-1] <= edits
