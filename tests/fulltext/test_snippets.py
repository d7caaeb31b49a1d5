from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eakte.paper import Word
from eakte.search_query import parse
from eakte.search_snippets import matching_words, snippet

LETTER = "Sehr geehrte Frau Müller,\nwir bestätigen den Eingang Ihres Antrags vom 31. Dezember 2026.\n"
PERMIT = (
    "Die Sondernut-\nzungserlaubnis wird erteilt. Gebühr: 1.234,56 €. IBAN DE89 3704 0044 0532 0130 00.\n"
    "Az. 11.20/2026/00042, Bahnhofstr. 5"
)


def marked(pages: Sequence[str], typed: str) -> tuple[int | None, list[str]]:
    piece = snippet(pages, parse(typed))
    return piece.page_number, [piece.text[start:end] for start, end in piece.highlights]


@pytest.mark.parametrize(
    ("typed", "page_number", "words"),
    [
        ("Anträge Mueller", 1, ["Müller", "Antrags"]),
        ("Erlaubnis", 2, ["Sondernut- zungserlaubnis"]),
        ("Sonder*", 2, ["Sondernut- zungserlaubnis"]),
        ("31.12.2026", 1, ["31. Dezember 2026"]),
        ("1234,56 €", 2, ["1.234,56"]),
        ("DE89370400440532013000", 2, ["DE89 3704 0044 0532 0130 00"]),
        ("az:11.20/2026/42", 2, ["11.20/2026/00042"]),
        ("von:Müller", 1, ["Müller"]),
        ("Bahnhofstraße", 2, ["Bahnhofstr"]),
        ('"wird erteilt"', 2, ["wird", "erteilt"]),
        ("Eingnag~", 1, ["Eingang"]),
        ("erteilt -Müller", 2, ["erteilt"]),
        ('"erteilt wird"', None, []),
        ("typ:eingang", None, []),
        ("Hundesteuer", None, []),
    ],
)
def test_a_snippet_shows_and_marks_what_was_sought(typed: str, page_number: int | None, words: list[str]) -> None:
    assert marked([LETTER, PERMIT], typed) == (page_number, words)


def test_a_snippet_is_about_two_hundred_characters_of_whole_words() -> None:
    before, behind = "Vorspann hier " * 300, " Nachspann dort" * 300
    piece = snippet([before + "Widerspruch" + behind], parse("Widersprüche"))
    assert 150 < len(piece.text) < 260
    assert set(piece.text.split()) == {"Vorspann", "hier", "Widerspruch", "Nachspann", "dort"}


def test_the_page_that_answers_more_of_the_query_is_shown() -> None:
    pages = ["Antrag"] * 5 + ["Antrag und Gebühr"] + ["Antrag"] * 5
    assert snippet(pages, parse("Antrag Gebühr")).page_number == 6


def test_the_page_with_the_word_as_typed_is_shown_before_its_inflections() -> None:
    assert snippet(["Anträge", "Antrag"], parse("Antrag")).page_number == 2


def test_nothing_to_show_of_a_document_without_text() -> None:
    assert snippet([], parse("Antrag")).text == ""
    assert snippet([""], parse("Antrag")).text == ""


def words(*lines: str) -> list[Word]:
    return [Word(text, 0, 0, 1, 1, 1, line) for line, texts in enumerate(lines) for text in texts.split()]


@pytest.mark.parametrize(
    ("typed", "boxed"),
    [
        ("Erlaubnis", ["Sondernut-", "zungserlaubnis,"]),
        ("31.12.2026", ["31.", "Dezember", "2026"]),
        ("bescheid*", ["(Bescheide)"]),
        ('"vom 31. Dezember 2026"', ["vom", "31.", "Dezember", "2026"]),
        ("DE89370400440532013000", ["DE89", "3704", "0044", "0532", "0130", "00"]),
        ("-vom", []),
    ],
)
def test_the_words_to_box_are_those_that_were_found(typed: str, boxed: list[str]) -> None:
    page = words("Die Sondernut-", "zungserlaubnis, vom 31. Dezember 2026", "(Bescheide) DE89 3704 0044 0532 0130 00")
    assert [page[index].text for index in matching_words(page, parse(typed))] == boxed


@given(st.lists(st.text(), max_size=4), st.text())
def test_every_mark_lies_in_the_piece(pages: list[str], typed: str) -> None:
    piece = snippet(pages, parse(typed))
    ends = [0, *(place for mark in piece.highlights for place in mark), len(piece.text)]
    assert ends == sorted(ends)


@given(st.text())
def test_what_is_sought_in_its_own_words_is_marked(text: str) -> None:
    query = parse(text.replace("-", " "))
    positive = [clause for clause in query.clauses if not clause.excluded]
    if positive and len(text) < 150 and not set('":~*') & set(text):
        assert matching_words(words(text), query) or not any(map(str.isalnum, text))
