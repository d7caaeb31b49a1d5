"""References: given out without gaps, sorted by number, found in any spelling."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from eakte import case_files, references
from eakte.case_file_tables import ReferenceCounter
from eakte.errors import Invalid, NotFound
from eakte.references import reference_key, reference_sort
from tests.domain.registry import FORMAT, Registry

ONE_CITY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
codes = st.from_regex(r"[A-ZÄÖÜa-z]{0,3}[1-9][0-9]{0,2}(\.[0-9]{1,3}){0,3}", fullmatch=True)
numbers = st.integers(1, 10**9)
separators = st.sampled_from(["/", "-", " ", ".", " / ", "_", "–", ", "])


@given(codes, st.integers(1990, 2100), numbers, st.data())
def test_any_spelling_has_the_same_key(code: str, year: int, number: int, data: st.DataObject) -> None:
    reference = FORMAT.format(plan=code, year=year, number=number)

    def respelled(part: str) -> str:
        if part.isdecimal():
            return "0" * data.draw(st.integers(0, 3)) + part.lstrip("0")
        if re.fullmatch(r"\W+", part):
            return data.draw(separators)
        return data.draw(st.sampled_from([part.upper(), part.lower(), unicodedata.normalize("NFD", part)]))

    parts = re.findall(r"[0-9]+|[^\W\d_]+|\W+", reference)
    spelling = "".join(respelled(part) for part in parts if part.strip("0") or not part.isdecimal())

    if all(part.strip("0") or not part.isdecimal() for part in parts):
        assert reference_key(spelling) == reference_key(reference)
        assert reference_key(f"  {spelling}\n") == reference_key(reference)


@pytest.mark.parametrize(
    "spelling",
    [
        "50/2026/00001", "50/2026/1", "50-2026-1", "050 2026 01", " 50 / 2026 / 1 ", "５０/２０２６/１", "50.2026.1.",
    ],
)  # fmt: skip
def test_a_case_file_is_found_in_any_spelling(registry: Registry, spelling: str) -> None:
    made = registry.case_file()
    assert made.reference.endswith("/00001")

    spelling = spelling.replace("2026", str(made.created_at.year))

    assert case_files.find_by_reference(registry.session, registry.actor(), spelling).id == made.id
    with pytest.raises(NotFound):
        case_files.find_by_reference(registry.session, registry.actor("anna"), spelling)
    assert case_files.find_all_by_reference(registry.session, registry.actor("anna"), spelling) == []


@given(codes, st.integers(1990, 2100), numbers, numbers)
def test_the_twin_sorts_by_number(code: str, year: int, first: int, second: int) -> None:
    one, two = (FORMAT.format(plan=code, year=year, number=number) for number in (first, second))

    assert (reference_sort(one) < reference_sort(two)) == (first < second)
    assert (reference_sort("11.3/2026/1") < reference_sort("11.20/2026/1")) is True


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    assert reference_key(reference_key(text)) == reference_key(text)
    reference_sort(text)


@given(st.text(alphabet=st.characters(codec=None), max_size=30))
@ONE_CITY
def test_looking_for_any_text_finds_something_or_nothing(registry: Registry, text: str) -> None:
    assert case_files.find_all_by_reference(registry.session, registry.actor(), text) == []


def test_numbers_have_no_gaps_and_start_anew_each_year_and_entry(session: Session, registry: Registry) -> None:
    registry.entry("60")
    given_out = [
        references.next_reference(session, code, year, "{plan}-{year}-{number}")
        for code, year in (("50", 2026), ("50", 2026), ("60", 2026), ("50", 2027), ("50", 2026))
    ]

    assert given_out == ["50-2026-1", "50-2026-2", "60-2026-1", "50-2027-1", "50-2026-3"]
    assert references.highest_number(session, "50", 2026) == 3
    assert references.highest_number(session, "50", 1999) == 0


@pytest.mark.parametrize("format_", ["{nummer}", "{0}", "{plan", "{number:x y}"])
def test_a_wrong_format_names_its_setting(session: Session, registry: Registry, format_: str) -> None:
    with pytest.raises(Invalid, match="EAKTE_REFERENCE_FORMAT"):
        references.next_reference(session, "50", 2026, format_)


def test_a_format_that_gives_the_same_reference_twice_is_seen_through(registry: Registry) -> None:
    first = registry.case_file()
    registry.session.get_one(ReferenceCounter, ("50", first.created_at.year)).last_number = 0
    registry.session.flush()

    assert registry.case_file().reference.endswith("/00002")
