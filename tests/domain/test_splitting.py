"""Splitting a stack: no sheet lost, none doubled, and none beside a stranger's answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eakte import cover_sheet_codes, return_codes, separators
from eakte.intake.splitting import Segment, StackPage, read_page, split
from eakte.paper import Code, PageReading, Symbology

KEY = b"the key of this installation"
ANNA, OTTO = "0123456789", "ABCDEFGHJK"


def page(number: int, *texts: str, blank: bool = False, file: int = 0, problem: str | None = None) -> StackPage:
    codes = tuple(Code(text, Symbology.CODE_128, 0) for text in texts)
    return read_page(file, PageReading(number, codes, blank=blank, problem=problem), KEY)


def coded(letter: str, sheet: int = 1) -> str:
    return return_codes.payload(letter, sheet, KEY)


SEPARATOR = separators.SEPARATOR_PAYLOAD
CHEST = "CHESTCHEST"
COVER = cover_sheet_codes.payload(CHEST, KEY)


def told(segments: Sequence[Segment]) -> list[tuple[list[int], str | None]]:
    return [([page.reading.page_number for page in segment.pages], segment.code_id) for segment in segments]


def test_a_coded_page_alone_is_an_answer() -> None:
    assert told(split([page(1, coded(ANNA))])) == [([1], ANNA)]


def test_the_same_code_in_both_symbologies_counts_once() -> None:
    (segment,) = split([page(1, coded(ANNA), coded(ANNA))])
    assert segment.sheets == (1,)
    assert segment.doubts == ()


def test_an_enclosure_goes_with_the_answer_inside_an_envelope_that_separators_close() -> None:
    stack = [page(1, SEPARATOR), page(2, coded(ANNA)), page(3), page(4, SEPARATOR), page(5, coded(OTTO))]
    assert told(split(stack)) == [([2, 3], ANNA), ([5], OTTO)]


def test_the_ends_of_a_stack_close_an_envelope_only_where_the_delivery_says_so() -> None:
    stack = [page(1, coded(ANNA)), page(2), page(3, SEPARATOR), page(4, coded(OTTO)), page(5)]
    assert told(split(stack)) == [([1], ANNA), ([2], None), ([4], OTTO), ([5], None)]
    assert told(split(stack, ends_are_borders=True)) == [([1, 2], ANNA), ([4, 5], OTTO)]


def test_separators_in_the_files_before_and_behind_close_an_envelope() -> None:
    stack = [page(1, SEPARATOR), page(1, coded(ANNA), file=1), page(2, file=1), page(1, SEPARATOR, file=2)]
    assert told(split(stack)) == [([1, 2], ANNA)]


def test_sheets_of_a_letter_scattered_over_the_stack_and_its_files_are_one_answer() -> None:
    stack = [page(1, coded(ANNA, 3)), page(2), page(3, coded(OTTO)), page(4, coded(ANNA, 1)),
             page(5, blank=True), page(1, coded(ANNA, 2), file=1)]  # fmt: skip
    segments = split(stack)
    assert told(segments) == [([4, 5, 1, 1], ANNA), ([2], None), ([3], OTTO)]
    assert segments[0].sheets == (1, 2, 3)


def test_of_a_sheet_that_came_twice_nothing_is_put_together() -> None:
    stack = [page(1, coded(ANNA, 1)), page(2), page(3, coded(ANNA, 1)), page(4), page(5, coded(ANNA, 2))]
    assert [pages for pages, code_id in told(split(stack)) if code_id == ANNA] == [[1], [3], [5]]


def test_without_a_separator_behind_it_an_uncoded_page_waits_for_itself() -> None:
    stack = [page(1, SEPARATOR), page(2, coded(ANNA)), page(3)]
    assert told(split(stack)) == [([2], ANNA), ([3], None)]


def test_an_uncoded_page_between_two_answers_belongs_to_neither() -> None:
    stack = [page(1, coded(ANNA)), page(2), page(3), page(4, coded(OTTO))]
    assert told(split(stack)) == [([1], ANNA), ([2, 3], None), ([4], OTTO)]


def test_an_envelope_with_answers_to_two_letters_keeps_its_uncoded_pages_out_of_both() -> None:
    stack = [page(1, coded(ANNA)), page(2), page(3, coded(OTTO)), page(4, SEPARATOR)]
    assert told(split(stack)) == [([1], ANNA), ([2], None), ([3], OTTO)]


def test_a_foreign_letter_between_separators_is_one_document() -> None:
    stack = [page(1, SEPARATOR), page(2), page(3), page(4, SEPARATOR)]
    assert told(split(stack)) == [([2, 3], None)]


def test_sheets_of_a_letter_are_put_in_order_each_with_its_blank_back() -> None:
    stack = [page(1, coded(ANNA, 2)), page(2, blank=True), page(3, coded(ANNA, 1)), page(4, blank=True)]
    (segment,) = split(stack)
    assert [p.reading.page_number for p in segment.pages] == [3, 4, 1, 2]
    assert segment.sheets == (1, 2)


def test_a_blank_back_stays_with_its_front_even_without_separators() -> None:
    stack = [page(1, coded(ANNA)), page(2, blank=True), page(3, coded(OTTO)), page(4, blank=True)]
    assert told(split(stack)) == [([1, 2], ANNA), ([3, 4], OTTO)]


def test_two_letters_codes_on_one_page_are_for_a_person() -> None:
    (segment,) = split([page(1, coded(ANNA), coded(OTTO))])
    assert segment.code_id is None
    assert "verschiedener Schreiben" in segment.doubts[0]


def test_a_damaged_code_of_ours_never_rides_along_with_an_answer() -> None:
    damaged = coded(OTTO)[:-1] + ("0" if coded(OTTO)[-1] != "0" else "1")
    segments = split([page(1, coded(ANNA)), page(2, damaged), page(3, SEPARATOR)])
    assert told(segments) == [([1], ANNA), ([2], None)]
    assert "beschädigt" in segments[1].doubts[0]


def test_a_code_of_another_installation_files_nothing() -> None:
    foreign = return_codes.payload(ANNA, 1, b"the key of another town hall")
    (segment,) = split([page(1, foreign)])
    assert segment.code_id is None


@pytest.mark.parametrize("text", ["PATCHT", "patcht", SEPARATOR])
def test_separator_sheets_belong_to_no_document(text: str) -> None:
    assert split([page(1, text)]) == []


def test_a_parcel_code_is_just_paper() -> None:
    assert told(split([page(1, "00340434161094042557")])) == [([1], None)]


def test_a_page_that_could_not_be_looked_at_is_for_a_person() -> None:
    (segment,) = split(
        [page(1, SEPARATOR), page(2, coded(ANNA)), page(3, problem="Das Bild ist beschädigt."), page(4, SEPARATOR)]
    )
    assert "Seite 3: Das Bild ist beschädigt." in segment.doubts


def test_a_file_ends_a_document_but_closes_no_envelope() -> None:
    stack = [page(1, coded(ANNA), file=0), page(2, file=0), page(1, SEPARATOR, file=1)]
    assert told(split(stack)) == [([1], ANNA), ([2], None)]


def test_a_cover_sheet_ends_an_envelope_and_begins_a_document_of_its_own() -> None:
    stack = [page(1, SEPARATOR), page(2, coded(ANNA)), page(3), page(4, COVER), page(5, blank=True), page(6), page(7)]
    segments = split(stack)
    assert told(segments) == [([2, 3], ANNA), ([6, 7], None)]
    assert [segment.cover_id for segment in segments] == [None, CHEST]


def test_a_cover_sheet_and_a_return_code_on_one_page_are_for_a_person() -> None:
    segments = split([page(1, COVER, coded(ANNA)), page(2)])
    assert [(segment.code_id, segment.cover_id) for segment in segments] == [(None, None)] * 2
    assert "Deckblatts und noch ein anderer" in segments[0].doubts[0]


kinds = st.sampled_from(
    ["anna 1", "anna 2", "otto 1", "both", "refused", "uncoded", "uncoded", "blank", "separator", "cover", "cover+anna"]
)
TEXTS = {
    "anna 1": (coded(ANNA, 1),),
    "anna 2": (coded(ANNA, 2),),
    "otto 1": (coded(OTTO, 1),),
    "both": (coded(ANNA), coded(OTTO)),
    "refused": (return_codes.payload(ANNA, 1, b"the key of another town hall"),),
    "uncoded": (),
    "blank": (),
    "separator": (SEPARATOR,),
    "cover": (COVER,),
    "cover+anna": (COVER, coded(ANNA)),
}


@given(st.lists(st.tuples(kinds, st.booleans()), max_size=14))
def test_no_page_is_lost_doubled_or_filed_beside_a_stranger(drawn: list[tuple[str, bool]]) -> None:
    stack, file = [], 0
    for number, (kind, new_file) in enumerate(drawn, start=1):
        file += new_file
        stack.append(page(number, *TEXTS[kind], blank=kind == "blank", file=file))

    segments = split(stack)

    split_pages = [p.reading.page_number for segment in segments for p in segment.pages]
    missing = {p.reading.page_number for p in stack if not p.border} - set(split_pages)
    assert len(split_pages) == len(set(split_pages))
    assert all(stack[number - 1].empty for number in missing), "only backs of separators make no document"
    for segment in segments:
        if segment.code_id is None:
            assert len({p.file_index for p in segment.pages}) == 1
            if segment.cover_id is not None and not segment.doubts:
                assert _right_behind_a_cover_sheet(stack, segment)
            continue
        for p in segment.pages:
            assert p.uncoded or p.code_id == segment.code_id, "nobody else's code and no doubtful one in an answer"
            if p.uncoded and not p.empty:
                assert _in_closed_envelope_of(stack, p, segment.code_id)


def _in_closed_envelope_of(stack: list[StackPage], page: StackPage, code_id: str) -> bool:
    """Whether a page lies between two separators, in one file, with this letter alone."""
    first = last = stack.index(page)
    while first >= 0 and not stack[first].border:
        first -= 1
    while last < len(stack) and not stack[last].border:
        last += 1
    envelope = stack[first + 1 : last]
    letters = {code.code_id for p in envelope for code in p.returns}
    one_file = len({p.file_index for p in envelope}) == 1
    return first >= 0 and stack[first].separator and last < len(stack) and one_file and letters == {code_id}


def _right_behind_a_cover_sheet(stack: list[StackPage], segment: Segment) -> bool:
    """Whether the pages, none of them with a code, are all that lies between a cover sheet and the next border."""
    first = stack.index(segment.pages[0])
    if stack[first - 1].empty and stack[first - 2].cover_id is not None:
        first -= 1
    cover, last = stack[first - 1], stack.index(segment.pages[-1])
    ended = last + 1 == len(stack) or stack[last + 1].border or stack[last + 1].file_index != cover.file_index
    one_file = {p.file_index for p in segment.pages} == {cover.file_index}
    return (
        first > 0
        and cover.cover_id == segment.cover_id
        and ended
        and one_file
        and all(p.uncoded for p in segment.pages)
    )
