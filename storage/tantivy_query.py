"""Demands as a tantivy query.

What matches and how near it is are kept apart: the first is a Must, the second adds points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tantivy import FieldType, Occur, Query

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
    SCOPE,
    STEM,
    STEP_POINTS,
)
from storage.tantivy_schema import SCHEMA


def tantivy_query(demands: Iterable[Demand], scope_ids: Sequence[int], *, all_but: bool) -> Query:
    """Build the query, held to the given scopes, or to all but these, inside the engine.

    The scope filter is a term set of constant score: of all forms measured the fastest, and the time it
    takes does not tell of hits in other scopes.
    """
    clauses = [(Occur.MustNot if all_but else Occur.Must, _in_scopes(tuple(scope_ids)))]
    if all_but:
        # Without anything that must be there, the engine finds nothing.
        clauses.append((Occur.Must, Query.const_score_query(Query.all_query(), 0.0)))
    for demand in demands:
        if demand.excluded:
            clauses += [(Occur.MustNot, _matching(alternative)) for alternative in demand.any_of]
        else:
            ranked = [_ranked(alternative) for alternative in demand.any_of]
            best = ranked[0] if len(ranked) == 1 else Query.disjunction_max_query(ranked)
            clauses.append((Occur.Must, best))
    return Query.boolean_query(clauses)


@lru_cache(maxsize=16)
def _in_scopes(scope_ids: tuple[int, ...]) -> Query:
    """Kept for whoever searches again: for 10 000 scopes it takes as long to build as to use."""
    return Query.const_score_query(Query.term_set_query(SCHEMA, SCOPE, list(scope_ids)), 0.0)


def _matching(alternative: Alternative) -> Query:
    """What an alternative finds, whatever its score."""
    match alternative:
        case Run(Where.ANYWHERE, steps):
            return _run(EVERYTHING, [(step.offset, step.stem) for step in steps])
        case Run(where, steps):
            return _run(where, [(step.offset, plain(step.form, step.stem)) for step in steps])
        case Beginning(where, form):
            return Query.regex_query(SCHEMA, _written(where), f"{re.escape(form)}.*")
        case Similar(where, form, edits):
            return Query.fuzzy_term_query(SCHEMA, _written(where), form, edits, transposition_cost_one=False)
        case OfKind(document_kind):
            return Query.term_query(SCHEMA, KIND, document_kind)
        case PoorlyRead():
            return Query.term_query(SCHEMA, KIND, POORLY_READ)
        case Dated(first_on, last_on):
            first = first_on.toordinal() if first_on else None
            last = last_on.toordinal() if last_on else None
            return Query.range_query(SCHEMA, DATED, FieldType.Integer, first, last)


def _ranked(alternative: Alternative) -> Query:
    """The same with points for how near it is."""
    found = _matching(alternative)
    match alternative:
        case Run(Where.ANYWHERE, steps):
            ranked = Query.boost_query(found, FREQUENCY_WEIGHT / len(steps))
            for nearer, points in _nearer(steps):
                # One within the other: side by side, the engine goes through all entries of each, also where
                # nothing was found.
                bonus = Query.const_score_query(nearer, points)
                ranked = Query.boolean_query([(Occur.Must, ranked), (Occur.Should, bonus)])
            return ranked
    return Query.const_score_query(found, 0.0)


def _nearer(steps: tuple[Step, ...]) -> list[tuple[Query, float]]:
    exact = _run(EXACT, [(step.offset, step.form) for step in steps])
    nearer = [(exact, STEP_POINTS)]
    if len(steps) == 1:
        nearer.append((Query.term_query(SCHEMA, STEM, steps[0].stem), STEP_POINTS))
        nearer.append((Query.term_query(SCHEMA, HEAD, steps[0].stem), HEAD_POINTS))
    else:
        heads = [(Occur.Must, Query.term_query(SCHEMA, HEAD, step.stem)) for step in steps]
        nearer.append((Query.boolean_query(heads), HEAD_POINTS))
    return nearer


def _run(field: str, words: Sequence[tuple[int, str]]) -> Query:
    if len(words) == 1:
        return Query.term_query(SCHEMA, field, words[0][1])
    return Query.phrase_query(SCHEMA, field, list(words))


def _written(where: Where) -> str:
    return EXACT if where is Where.ANYWHERE else where.value
