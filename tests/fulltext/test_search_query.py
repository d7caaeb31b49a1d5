from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eakte.search_query import (
    MAX_CLAUSES,
    Clause,
    Dated,
    Fuzzy,
    OfKind,
    Phrase,
    PoorlyRead,
    Prefix,
    Query,
    Term,
    Where,
    Word,
    parse,
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Bescheid", Word("Bescheid")),
        ('"aufschiebende Wirkung"', Phrase("aufschiebende Wirkung")),
        ("„aufschiebende Wirkung“", Phrase("aufschiebende Wirkung")),
        ("Widerspr*", Prefix("Widerspr")),
        ("Schmitt~", Fuzzy("Schmitt")),
        ("Schmitt~2", Fuzzy("Schmitt")),
        ("az:11.20/2026/42", Word("11.20/2026/42", Where.REFERENCE)),
        ("AZ: 11.20/2026/42", Word("11.20/2026/42", Where.REFERENCE)),
        ('von:"Müller, Hans"', Phrase("Müller, Hans", Where.NAMES)),
        ("von:Mül*", Prefix("Mül", Where.NAMES)),
        ("typ:Eingang", OfKind("incoming")),
        ("typ:ausgang", OfKind("outgoing")),
        ("typ:intern", OfKind("internal")),
        ("Gelesen: Schlecht", PoorlyRead()),
        ("gelesen:gut", Phrase("gelesen gut")),
        ("datum:2026", Dated(date(2026, 1, 1), date(2026, 12, 31))),
        ("datum:2024-02", Dated(date(2024, 2, 1), date(2024, 2, 29))),
        ("datum:02.2024", Dated(date(2024, 2, 1), date(2024, 2, 29))),
        ("datum:2026-01-05", Dated(date(2026, 1, 5), date(2026, 1, 5))),
        ("datum:31.3.2026", Dated(date(2026, 3, 31), date(2026, 3, 31))),
        ("datum:2026-01-01..2026-03-31", Dated(date(2026, 1, 1), date(2026, 3, 31))),
        ("datum:01.01.2026-31.03.2026", Dated(date(2026, 1, 1), date(2026, 3, 31))),
        ("datum:2026-03..2026-01", Dated(date(2026, 1, 1), date(2026, 3, 31))),
        ("datum:..2026", Dated(None, date(2026, 12, 31))),
        ("datum:2026..", Dated(date(2026, 1, 1), None)),
    ],
)
def test_operators_are_read_as_clerks_write_them(typed: str, read: Term) -> None:
    assert parse(typed) == Query((Clause(read),))
    assert parse(f"-{typed}") == Query((Clause(read, excluded=True),))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("31. Dezember 2026", "31. Dezember 2026"),
        ("1.234,56 €", "1.234,56 €"),
        ("11.20 / 2026 / 42", "11.20 / 2026 / 42"),
        ("11.20 2026 00042", "11.20 2026 00042"),
    ],
)
def test_what_belongs_together_stays_together_despite_blanks(typed: str, read: str) -> None:
    assert parse(f"Zahlung {typed}").clauses == (Clause(Word("Zahlung")), Clause(Word(read)))


@pytest.mark.parametrize(
    "typed", ["", "   ", '"', '""', "-", "- -", "*", "~", ":", "az:", "von: ", "-typ:", "§ … —", "„“"]
)
def test_operators_alone_and_mere_punctuation_ask_for_nothing(typed: str) -> None:
    assert parse(typed).is_empty


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ('"offene Anführung', Phrase("offene Anführung")),
        ("typ:quatsch", Phrase("typ quatsch")),
        ("datum:gestern", Phrase("datum gestern")),
        ("datum:31.02.2026", Phrase("datum 31.02.2026")),
        ("http://stadt.example", Word("http://stadt.example")),
        ("Müller-Meier", Word("Müller-Meier")),
    ],
)
def test_what_is_no_operator_is_text(typed: str, read: Term) -> None:
    assert parse(typed) == Query((Clause(read),))


def test_the_same_clause_counts_once_and_there_is_an_end_to_clauses() -> None:
    assert len(parse("Antrag Antrag -Antrag").clauses) == 2
    assert len(parse(" ".join(f"w{n}" for n in range(200))).clauses) == MAX_CLAUSES


@given(
    st.text()
    | st.lists(st.sampled_from(['"', "-", "az:", "datum:", "..", "*", "~", "a", " ", "2026", "31.", "DE89"])).map(
        "".join
    )
)
def test_no_input_is_refused(typed: str) -> None:
    query = parse(typed)
    assert query == parse(typed)
    assert all(
        any(map(str.isalnum, c.term.text)) for c in query.clauses if not isinstance(c.term, OfKind | Dated | PoorlyRead)
    )
