from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eakte.fulltext.tokens import Token, tokenise
from eakte.fulltext.words import fold, stem_of


def stems(text: str) -> set[str]:
    return {token.stem for token in tokenise(text)}


def main(text: str) -> list[Token]:
    return [token for token in tokenise(text) if token.main]


@pytest.mark.parametrize(
    "spellings",
    [
        "Müller Mueller MÜLLER Mu\u0308ller müller",
        "Straße STRASSE Strasse Stra\u00adße",
        "Antrag Anträge Antraege Anträgen Antrags ANTRÄGE",
        "Behörde Behörden Behoerde",
        "Widerspruch Widersprüche Widerspruchs",
        "Erlaubnis Erlaubnisse Erlaubnissen",
        "Ratenzahlung Ratenzahlungen Ratenzahlungs",
        "Bahnhofstraße Bahnhofstr Bahnhofstrasse",
        "Łukasz Lukasz",
        "Özdemir Oezdemir",
        "Sørensen Sorensen",
        "Čapek Capek",
        "00042 42",
        "Euro € EUR",
    ],
)
def test_spellings_of_one_word_are_one(spellings: str) -> None:
    assert len({stem_of(fold(word)) for word in spellings.split()}) == 1


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "31.12.2026",
            "2026-12-31",
            "31. Dezember 2026",
            "31.12.26",
            "31. 12. 2026",
            "31 Dez. 2026",
            "31.\nDezember 2026",
        ),
        ("1.234,56 €", "1234,56", "1 234,56 EUR", "1'234,56"),
        ("50 €", "50,00 Euro", "50,00"),
        ("1.200", "1200,00", "1.200,00 €"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "de89370400440532013000", "DE89 370400440532013000"),
        ("AT61 1904 3002 3457 3201", "AT611904300234573201"),
    ],
)
def test_dates_amounts_and_accounts_are_one_token_in_any_spelling(spellings: tuple[str, ...]) -> None:
    read = [[token.stem for token in main(f"vom {text} an")] for text in spellings]
    assert [len(tokens) for tokens in read] == [3] * len(spellings)
    assert len({tokens[1] for tokens in read}) == 1


def test_an_account_number_ends_where_the_country_says() -> None:
    assert [token.stem for token in main("AT61 1904 3002 3457 3201 BIC ABCDEF")] == [
        "at611904300234573201",
        "bic",
        "abcdef",
    ]


def test_words_follow_each_other_alike_in_every_spelling() -> None:
    for text in ("am 31.12.2026 fällig", "am 31. Dezember 2026 fällig", "am 2026-12-31 fällig"):
        first, last = tokenise(text)[0], tokenise(text)[-1]
        assert last.position - first.position == 4
    for text in ("Gebühr 1.234,56 € fällig", "Gebühr 1234,56 fällig", "Gebühr 1 234,56 EUR fällig"):
        assert tokenise(text)[-1].position == 2


@pytest.mark.parametrize(
    "text", ["11.20/2026/00042", "11.20-2026-42", "11.20/2026/42", "11.20.2026.42", "011.20/2026/0042"]
)
def test_a_reference_is_one_token_in_any_spelling(text: str) -> None:
    assert "11.20.2026.42" in stems(f"Az. {text}, Ihr Schreiben")


def test_a_reference_is_no_amount_and_no_date() -> None:
    assert [token.stem for token in main("50.100/2026/42")] == ["50", "100", "2026", "42"]
    assert [token.stem for token in main("11.10.2026/42")] == ["11", "10", "2026", "42"]


@pytest.mark.parametrize(
    "text",
    [
        "Sondernut-\nzungserlaubnis",
        "Sondernut-\r\n   zungserlaubnis",
        "Sondernut\u00ad\nzungserlaubnis",
        "SONDERNUT-\nZUNGSERLAUBNIS",
        "Sondernutzungs-Erlaubnis",
        "Sondernutzungs-\nErlaubnis",
    ],
)
def test_a_hyphenated_word_is_one_word(text: str) -> None:
    tokens = tokenise(f"Die {text} gilt")
    joined = [token for token in tokens if token.stem == "sondernutzungserlaubnis"]
    assert len(joined) == 1
    assert (joined[0].start, joined[0].end) == (4, 4 + len(text))
    assert "erlaubnis" in joined[0].parts


def test_a_hyphen_before_and_does_not_join() -> None:
    assert [token.stem for token in main("Raten-\nund Stundungsantrag")] == ["rat", "und", "stundungsantrag"]


def test_what_is_written_with_hyphens_is_found_written_in_one() -> None:
    assert {"email", "adress", "mail"} <= stems("E-Mail-Adresse")
    assert "mullermei" in stems("Müller-Meier")


def test_office_does_not_find_total() -> None:
    (token,) = tokenise("Gesamtbetrag")
    assert "amt" not in {token.stem, *token.parts}
    assert "betrag" in token.parts


@given(st.text())
def test_tokens_lie_inside_the_text_in_order(text: str) -> None:
    tokens = tokenise(text)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert all(token.form and token.stem and " " not in token.form for token in tokens)
    assert [token.position for token in tokens] == sorted(token.position for token in tokens)


@given(st.text())
def test_folding_twice_is_folding_once(word: str) -> None:
    assert fold(fold(word)) == fold(word)
