"""Generated texts and queries: every engine finds what a plain reading of the tokens finds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eakte.fulltext.demands import Alternative, Beginning, Demand, Run, Similar, Step, demands
from eakte.fulltext.entries import entry_tokens, plain
from eakte.fulltext.tokens import Token
from eakte.ports import IndexEntry
from eakte.search_query import Dated, OfKind, PoorlyRead, Query, Where, parse
from tests.fulltext.builders import entry
from tests.fulltext.index_processes import ENGINES, open_index

SINGLE = """
Antrag Anträge Antraege Sammelantrag Erlaubnis Sondernutzungserlaubnis Sondernutzung Amt Sozialamt Müller Mueller Mühle
Meier Meyer Müller-Meier und der E-Mail Email Gesamtbetrag Betrag 42 00042 2026 11.20/2026/00042 11.20-2026-42
31.12.2026 2026-12-31 1.234,56 1234,56 50.100 50.100/2026/1 DE89370400440532013000 Straße Bahnhofstr. a aa aa-aa
"""
SPACED = ["31. Dezember 2026", "DE89 3704 0044 0532 0130 00", "Sondernut-\nzungserlaubnis", "1.234,56 €"]
WORDS = [*SINGLE.split(), *SPACED]

odd_words = st.text(alphabet="aäbß1.-/ ", min_size=1, max_size=4)
words = st.integers(0, 9).flatmap(lambda die: st.sampled_from(WORDS) if die else odd_words)
texts = st.lists(words, min_size=1, max_size=8).map(" ".join)
days = st.none() | st.integers(0, 900).map(lambda days: date(2025, 1, 1) + timedelta(days))
kinds = st.sampled_from(["incoming", "outgoing", "internal", ""])
Made = tuple[list[str], str, int, str, list[str], str, date | None]
entries = st.lists(
    st.tuples(
        st.lists(texts, min_size=1, max_size=2),
        texts,
        st.integers(1, 3),
        words,
        st.lists(words, max_size=2),
        kinds,
        days,
    ),
    min_size=2,
    max_size=6,
)
clauses = st.builds(
    lambda minus, field, text, mark: f'{minus}{field}"{text}"' if mark == '"' else f"{minus}{field}{text}{mark}",
    st.sampled_from(["", "", "", "-"]),
    st.sampled_from(["", "", "", "", "az:", "von:"]),
    words | words | words | texts,
    st.sampled_from(["", "", "*", "~", '"']),
)
filters = st.sampled_from(
    [
        "typ:eingang",
        "-typ:intern",
        "gelesen:schlecht",
        "-gelesen:schlecht",
        "datum:2026",
        "datum:2025-03..",
        "-datum:..2026-06",
    ]
)
queries = st.lists(clauses | clauses | clauses | filters, min_size=1, max_size=2).map(" ".join)


@lru_cache(maxsize=1 << 16)
def edits(left: str, right: str) -> int:
    if not left or not right:
        return len(left) + len(right)
    if left[0] == right[0]:
        return edits(left[1:], right[1:])
    return 1 + min(edits(left[1:], right), edits(left, right[1:]), edits(left[1:], right[1:]))


def meets(one: Alternative, candidate: IndexEntry) -> bool:
    tokens = entry_tokens(candidate)
    if isinstance(one, OfKind):
        return one.document_kind == candidate.document_kind
    if isinstance(one, PoorlyRead):
        return candidate.poorly_read
    if isinstance(one, Dated):
        day = candidate.dated_on
        return day is not None and (one.first_on or day) <= day <= (one.last_on or day)
    looked_at: Sequence[Token] = getattr(tokens, "everything" if one.where is Where.ANYWHERE else one.where.value)
    if isinstance(one, Run):
        return any(
            all(
                any(says(one.where, token, step) for token in at(looked_at, position + step.offset))
                for step in one.steps
            )
            for position in {token.position for token in looked_at}
        )
    written = [token.form if one.where is Where.ANYWHERE else plain(token.form, token.stem) for token in looked_at]
    if isinstance(one, Beginning):
        return any(form.startswith(one.form) for form in written)
    assert isinstance(one, Similar)
    return any(abs(len(form) - len(one.form)) <= 2 and edits(form, one.form) <= one.edits for form in written)


def at(tokens: Iterable[Token], position: int) -> list[Token]:
    return [token for token in tokens if token.position == position]


def says(where: Where, token: Token, step: Step) -> bool:
    if where is Where.ANYWHERE:
        return step.stem in {token.stem, *token.parts}
    return plain(token.form, token.stem) == plain(step.form, step.stem)


def expected(query: Query, candidates: Sequence[IndexEntry], scopes: Collection[int]) -> set[int]:
    wanted = demands(query)

    def all_met(candidate: IndexEntry) -> bool:
        def met(demand: Demand) -> bool:
            return any(meets(one, candidate) for one in demand.any_of) is not demand.excluded

        return bool(wanted) and candidate.scope_id in scopes and all(met(demand) for demand in wanted)

    return {candidate.id.int for candidate in candidates if all_met(candidate)}


@settings(
    max_examples=60 if os.environ.get("EAKTE_NIGHTLY") == "1" else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    entries,
    st.lists(queries, min_size=1, max_size=12),
    st.sets(st.integers(1, 3), min_size=1),
    st.booleans(),
)
def test_all_engines_agree_with_a_plain_reading(
    made: list[Made], typed: list[str], scopes: set[int], all_but: bool
) -> None:
    named = sorted({1, 2, 3} - scopes if all_but else scopes)
    candidates = [
        entry(
            number,
            *pages,
            title=title,
            scope=scope,
            reference=reference,
            names=names,
            document_kind=kind,
            dated_on=day,
            poorly_read=number % 3 == 1,
        )
        for number, (pages, title, scope, reference, names, kind, day) in enumerate(made)
    ]
    with tempfile.TemporaryDirectory() as folder:
        for engine in ENGINES:
            index = open_index(engine, Path(folder) / engine)
            index.rebuild(candidates[:3])
            index.update(candidates[3:])
            for text in typed:
                query = parse(text)
                hits = index.search(query, scope_ids=named, all_but=all_but, limit=100)
                assert {hit.id.int for hit in hits} == expected(query, candidates, scopes), (engine, text)
                assert len(hits) == len({hit.id for hit in hits})
