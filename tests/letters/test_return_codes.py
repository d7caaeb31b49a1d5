"""A return code is accepted only when pattern and keyed check agree."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eakte import return_codes
from eakte.errors import Invalid
from eakte.return_codes import ALPHABET, RefusedCode, ReturnCode

KEY = b"0123456789abcdef"
PAYLOAD = return_codes.payload("7K3QX9MWTR", 1, KEY)
SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

code_ids = st.text(ALPHABET, min_size=10, max_size=10)
sheets = st.integers(1, 99)
keys = st.binary(min_size=16, max_size=64)


@given(code_ids, sheets, keys)
def test_what_is_printed_is_read(code_id: str, sheet: int, key: bytes) -> None:
    text = return_codes.payload(code_id, sheet, key)

    assert return_codes.read(text, key) == ReturnCode(code_id, sheet)
    assert len(text) == 18
    assert set(text) <= set(SYMBOLS)


def test_a_payload_stays_what_it_was_when_the_first_letters_left_the_house() -> None:
    assert "EA7K3QX9MWTR01" + PAYLOAD[-4:] == PAYLOAD
    assert return_codes.payload("7K3QX9MWTR", 1, b"k" * 16) == "EA7K3QX9MWTR015942"


def test_new_ids_are_ten_symbols_without_lookalikes_and_never_the_same() -> None:
    ids = {return_codes.new_code_id() for _ in range(5_000)}

    assert len(ids) == 5_000
    assert all(len(each) == 10 for each in ids)
    assert set("".join(ids)) == set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)


def test_no_single_changed_character_is_accepted() -> None:
    """All of them: a changed check never passes, a changed rest once in a million."""
    accepted = tried = 0
    for code_id in ("7K3QX9MWTR", "0000000000", "ZZZZZZZZZZ", "EAEAEAEAEA"):
        for sheet in (1, 9, 10, 42, 99):
            text = return_codes.payload(code_id, sheet, KEY)
            for place, right in enumerate(text):
                for wrong in SYMBOLS.replace(right, ""):
                    tried += 1
                    read = return_codes.read(text[:place] + wrong + text[place + 1 :], KEY)
                    accepted += isinstance(read, ReturnCode)

    assert tried == 20 * 18 * 35
    assert accepted == 0


def test_two_changed_characters_are_refused() -> None:
    dice = random.Random(2026)
    accepted = 0
    for _ in range(100_000):
        text = list(PAYLOAD)
        for place in dice.sample(range(len(text)), 2):
            text[place] = dice.choice(SYMBOLS.replace(text[place], ""))
        accepted += isinstance(return_codes.read("".join(text), KEY), ReturnCode)

    assert accepted <= 1  # by chance once in a million


def test_swapped_neighbours_are_refused() -> None:
    for place in range(len(PAYLOAD) - 1):
        swapped = PAYLOAD[:place] + PAYLOAD[place + 1] + PAYLOAD[place] + PAYLOAD[place + 2 :]
        if swapped != PAYLOAD:
            assert not isinstance(return_codes.read(swapped, KEY), ReturnCode)


def test_no_installation_accepts_the_codes_of_another() -> None:
    dice = random.Random(2027)
    accepted = 0
    for _ in range(50_000):
        code_id = "".join(dice.choices(ALPHABET, k=10))
        foreign = return_codes.payload(code_id, dice.randint(1, 99), dice.randbytes(32))
        accepted += isinstance(return_codes.read(foreign, KEY), ReturnCode)

    assert accepted <= 1


def test_a_code_of_another_installation_is_told_from_a_foreign_code() -> None:
    foreign = return_codes.payload("7K3QX9MWTR", 1, b"another house, another key")

    assert return_codes.read(foreign, KEY) == RefusedCode(foreign)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PAYLOAD[:12] + "00" + PAYLOAD[14:], id="sheet 0"),
        pytest.param(PAYLOAD[:5] + "O" + PAYLOAD[6:], id="a letter we never print"),
        pytest.param(PAYLOAD[:12] + "A1" + PAYLOAD[14:], id="a letter in the sheet number"),
    ],
)
def test_a_damaged_code_of_ours_is_noticed_as_such(text: str) -> None:
    assert return_codes.read(text, KEY) == RefusedCode(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "PATCHT", "EATRENN", "EA", "EA123456789DE", "JJD000390007812345678", "https://example.org/EA",
        PAYLOAD + "0", PAYLOAD[:-1], " " + PAYLOAD, PAYLOAD + "\n", PAYLOAD.lower(), PAYLOAD.replace("EA", "EB"),
        PAYLOAD[:-1] + "É", PAYLOAD[:12] + "٠١" + PAYLOAD[14:],
    ],
)  # fmt: skip
def test_what_is_not_ours_is_nothing(text: str) -> None:
    assert return_codes.read(text, KEY) is None


@given(st.text(max_size=40), keys)
def test_no_text_makes_reading_fail(text: str, key: bytes) -> None:
    assert not isinstance(return_codes.read(text, key), ReturnCode)
    assert not isinstance(return_codes.read(return_codes.typed(text), key), ReturnCode)


@given(code_ids, sheets)
def test_the_readable_line_can_be_typed_back(code_id: str, sheet: int) -> None:
    text = return_codes.payload(code_id, sheet, KEY)

    assert return_codes.typed(return_codes.grouped(text)) == text
    assert return_codes.typed(return_codes.grouped(text).lower().replace(" ", "-")) == text


def test_the_readable_line_is_grouped_and_other_texts_stay_as_they_are() -> None:
    assert return_codes.grouped("EA7K3QX9MWTR01H2CN") == "EA 7K3QX 9MWTR 01 H2CN"
    assert return_codes.grouped("EATRENN") == "EATRENN"


def test_lookalikes_and_separators_are_forgiven_in_what_people_type() -> None:
    assert return_codes.typed(" ea 7k3qx–9mwtr.O1 \t hlUo-\n") == "EA7K3QX9MWTR01H1V0"


def test_more_sheets_than_a_code_counts_are_refused_with_a_remedy() -> None:
    with pytest.raises(Invalid, match="höchstens 99 Blätter"):
        return_codes.payload("7K3QX9MWTR", 100, KEY)


@pytest.mark.parametrize(
    ("code_id", "sheet", "key"),
    [("7K3QX9MWT", 1, KEY), ("7K3QX9MWTO", 1, KEY), ("7K3QX9MWTR", 0, KEY), ("7K3QX9MWTR", 1, b"short")],
)
def test_mistakes_of_a_caller_are_not_printed(code_id: str, sheet: int, key: bytes) -> None:
    with pytest.raises(ValueError, match=r"return code|sheets count|key"):
        return_codes.payload(code_id, sheet, key)
