"""Demands as a whoosh query: the same points as with tantivy."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from whoosh import matching
from whoosh import query as whoosh

from eakte.fulltext.demands import Alternative, Beginning, Demand, Run, Similar, Step
from eakte.fulltext.entries import plain
from eakte.search_query import Dated, OfKind, PoorlyRead, Where
from storage.index_fields import (
    DATED,
    EVERYTHING,
    EXACT,
    FREQUENCY_WEIGHT,
    HEAD,
    HEAD_POINTS,
    KIND,
    POORLY_READ,
    STEM,
    STEP_POINTS,
)

LEAST = 1e-6  # whoosh reads a score of 0 as 1


class Following(whoosh.Query):  # type: ignore[misc]  # whoosh is untyped
    """Words at fixed distances; whoosh's own phrases know no gaps and no shared positions."""

    def __init__(self, fieldname: str, words: Sequence[tuple[int, str]]) -> None:
        self.fieldname = fieldname
        self.words = tuple(words)

    def matcher(self, searcher: Any, context: Any = None) -> Any:
        """The entries of one segment that have all words in their places."""
        matchers = [whoosh.Term(self.fieldname, word).matcher(searcher, context) for _, word in self.words]
        found = array("I")
        while all(matcher.is_active() for matcher in matchers):
            furthest = max(matcher.id() for matcher in matchers)
            behind = [matcher for matcher in matchers if matcher.id() < furthest]
            if not behind:
                if self._in_place(matchers):
                    found.append(furthest)
                behind = matchers[:1]
                furthest += 1
            for matcher in behind:
                matcher.skip_to(furthest)
        return matching.ListMatcher(found, all_weights=1.0) if found else matching.NullMatcher()

    def _in_place(self, matchers: Sequence[Any]) -> bool:
        starts: set[int] | None = None
        for (offset, _), matcher in zip(self.words, matchers, strict=True):
            here = {position - offset for position in matcher.value_as("positions")}
            starts = here if starts is None else starts & here
            if not starts:
                return False
        return True

    def estimate_size(self, ixreader: Any) -> int:
        """Never more than its rarest word."""
        return min(int(ixreader.doc_frequency(self.fieldname, word)) for _, word in self.words)

    def estimate_min_size(self, ixreader: Any) -> int:
        """It may match nothing."""
        return 0


def whoosh_query(demands: Iterable[Demand]) -> Any:
    """What an entry must meet; the scopes go into the search as a set of document numbers, not in here."""
    ranked = [[_ranked(alternative) for alternative in demand.any_of] for demand in demands if not demand.excluded]
    return whoosh.And([_any(one) for one in ranked]) if ranked else whoosh.ConstantScoreQuery(whoosh.Every(), LEAST)


def exclusion(demands: Iterable[Demand]) -> Any | None:
    """What an entry must not meet: on its own, since whoosh's AndNot overlooks the first entry it should drop."""
    unwanted = [_matching(alternative) for demand in demands if demand.excluded for alternative in demand.any_of]
    return whoosh.Or(unwanted) if unwanted else None


def _any(ranked: list[Any]) -> Any:
    # not the best of them, as with tantivy: whoosh's DisjunctionMax gives a hit its neighbour's score
    return ranked[0] if len(ranked) == 1 else whoosh.Or(ranked)


def _matching(alternative: Alternative) -> Any:
    """What an alternative finds, whatever its score."""
    match alternative:
        case Run(Where.ANYWHERE, steps):
            return _run(EVERYTHING, [(step.offset, step.stem) for step in steps])
        case Run(where, steps):
            return _run(where.value, [(step.offset, plain(step.form, step.stem)) for step in steps])
        case Beginning(where, form):
            return whoosh.Prefix(_written(where), form)
        case Similar(where, form, edits):
            return whoosh.FuzzyTerm(_written(where), form, maxdist=edits, prefixlength=0)
        case OfKind(document_kind):
            return whoosh.Term(KIND, document_kind)
        case PoorlyRead():
            return whoosh.Term(KIND, POORLY_READ)
        case Dated(first_on, last_on):
            first = first_on.toordinal() if first_on else None
            last = last_on.toordinal() if last_on else None
            return whoosh.NumericRange(DATED, first, last)


def _ranked(alternative: Alternative) -> Any:
    """The same with points for how near it is."""
    found = _matching(alternative)
    match alternative:
        case Run(Where.ANYWHERE, steps):
            nearer = [whoosh.ConstantScoreQuery(query, points) for query, points in _nearer(steps)]
            if isinstance(found, Following):
                found = whoosh.ConstantScoreQuery(found, FREQUENCY_WEIGHT)
            else:
                found.boost = FREQUENCY_WEIGHT
            return whoosh.AndMaybe(found, whoosh.Or(nearer))
    return whoosh.ConstantScoreQuery(found, LEAST)


def _nearer(steps: tuple[Step, ...]) -> list[tuple[Any, float]]:
    exact = _run(EXACT, [(step.offset, step.form) for step in steps])
    heads = whoosh.And([whoosh.Term(HEAD, step.stem) for step in steps])
    nearer = [(exact, STEP_POINTS), (heads, HEAD_POINTS)]
    if len(steps) == 1:
        nearer.append((whoosh.Term(STEM, steps[0].stem), STEP_POINTS))
    return nearer


def _run(field: str, words: Sequence[tuple[int, str]]) -> Any:
    return whoosh.Term(field, words[0][1]) if len(words) == 1 else Following(field, words)


def _written(where: Where) -> str:
    return EXACT if where is Where.ANYWHERE else where.value
