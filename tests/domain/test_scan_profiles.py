"""Scan profiles: set up by organisation files, kept with the stack, and the order in which its pages lay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eakte.clock import today
from eakte.errors import Invalid
from eakte.intake import receive
from eakte.intake.receive import Delivery
from eakte.intake.splitting import StackPage, split
from eakte.intake.stack_order import PatchCode, doubted, hidden_pages, in_stack_order
from eakte.scan_profiles import ScanProfile, ScanSettings, keep_paper_until, languages_of, settings_of
from tests.domain.organisations import Desk
from tests.domain.registry import Registry
from tests.domain.test_splitting import ANNA, OTTO, SEPARATOR, coded, page

COLLATED = ScanSettings(sides="collated")


def numbers(pages: tuple[StackPage, ...]) -> list[int]:
    return [page.reading.page_number for page in pages]


def pieces(
    *pages: StackPage, profile: ScanSettings | None = None, patches: Sequence[PatchCode] = ()
) -> list[tuple[list[int], str | None, tuple[str, ...]]]:
    """Pages, letter and doubts of each document of a stack."""
    stack = in_stack_order(pages, profile or ScanSettings(), patches)
    return [
        (numbers(segment.pages), segment.code_id, segment.doubts)
        for segment in doubted(split(stack.pages), stack.doubts)
    ]


# -- set up ----------------------------------------------------------------------------------------------


def test_there_is_always_a_default_and_a_file_may_change_it(desk: Desk) -> None:
    assert settings_of(desk.session, "default") == ScanSettings()

    changes = desk.apply("scan_profiles: [{id: default, name: Üblich, sides: duplex}]")

    (told,) = changes
    assert told.endswith("geändert: Name „Üblich“ statt „Standard“; Seiten „duplex“ statt „simplex“")
    assert settings_of(desk.session, "default").sides == "duplex"


def test_profiles_are_set_up_and_the_same_file_again_changes_nothing(desk: Desk) -> None:
    source = """
        scan_profiles:
          - {id: zwei-läufe, name: Zwei Durchgänge, sides: collated, blank_pages: keep, languages: [deu, eng]}
          - {id: einzeln, name: Ohne Trennblätter, separators: false, keep_paper_days: 30}
    """

    assert len(desk.apply(source)) == 2
    assert desk.apply(source) == []

    assert settings_of(desk.session, "zwei-läufe") == ScanSettings("collated", "keep", True, ("deu", "eng"))
    assert settings_of(desk.session, "einzeln") == replace(ScanSettings(), separators=False)
    assert keep_paper_until(desk.session, "einzeln") == today() + timedelta(days=30)
    (told,) = desk.apply(source.replace("separators: false", "separators: true").replace(": 30", ": 60"))
    assert "trennen wieder" in told
    assert "Papier aufbewahren, Tage 60 statt 30" in told


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("{id: a}", "name"),
        ("{id: a, name: A, sides: beide}", "simplex, duplex oder collated"),
        ("{id: a, name: A, blank_pages: weg}", "hide oder keep"),
        ("{id: a, name: A, languages: [de]}", "deu oder eng"),
        ("{id: a, name: A, languages: [deu, deu]}", "einmal genügt"),
        ("{id: a, name: A, separators: manchmal}", "true oder false"),
        ("{id: a, name: A, keep_paper_days: -1}", "keep_paper_days"),
        ("{id: a, name: A, farbe: rot}", "languages"),
    ],
)
def test_a_wrong_profile_is_refused_with_its_line(desk: Desk, part: str, told: str) -> None:
    with pytest.raises(Invalid) as refusal:
        desk.apply(f"scan_profiles:\n  - {part}\n")

    (problem,) = refusal.value.fields
    assert told in problem.detail
    assert "Zeile 2" in problem.detail


# -- kept with the stack -----------------------------------------------------------------------------------


def test_a_stack_keeps_what_its_profile_said_and_is_read_in_its_languages(registry: Registry) -> None:
    session = registry.session
    session.add(ScanProfile(id="bunt", name="Bunt", languages=["eng"]))
    registry.station()
    session.flush()
    actor = registry.actor("scan-1")
    batches = {}
    for profile in ("bunt", "default"):
        delivery = Delivery("scan-1", "op", profile, profile=profile)
        batches[profile], _ = receive.receive_batch(session, actor, delivery, [registry.stored(profile.encode())])
    session.get_one(ScanProfile, "bunt").languages = ["fra"]
    session.flush()

    def languages(batch_id: Any) -> tuple[str, ...]:
        return languages_of(session, {"scan_batch": str(batch_id)}, ("deu",))

    assert languages(batches["bunt"].id) == ("eng",)
    assert languages(batches["default"].id) == ("deu",)
    assert languages_of(session, None, ("deu",)) == ("deu",)
    assert ScanSettings.from_row({}) == ScanSettings.from_row(ScanSettings().to_row()) == ScanSettings()


def test_an_unknown_profile_is_refused_with_those_there_are(registry: Registry) -> None:
    registry.station()
    delivery = Delivery("scan-1", "op", "1", profile="bunt")

    with pytest.raises(Invalid) as refusal:
        receive.receive_batch(registry.session, registry.actor("scan-1"), delivery, [registry.stored()])

    assert [(field.pointer, field.detail) for field in refusal.value.fields] == [
        ("/metadata/profile", "Vorhanden sind: default.")
    ]


# -- two passes ------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.integers(0, 40))
def test_two_passes_become_sheets_again(sheets: int) -> None:
    fronts = [page(number) for number in range(1, sheets + 1)]
    backs = [page(number) for number in range(sheets + 1, 2 * sheets + 1)]

    stack = in_stack_order([*fronts, *backs], COLLATED, [])

    expected = [number for sheet in range(1, sheets + 1) for number in (sheet, 2 * sheets + 1 - sheet)]
    assert numbers(stack.pages) == expected
    assert not stack.doubts


def test_each_file_of_two_passes_is_put_together_for_itself() -> None:
    pages = [page(number, file=file) for file in (0, 1) for number in (1, 2, 3, 4)]

    assert numbers(in_stack_order(pages, COLLATED, []).pages) == [1, 4, 2, 3] * 2


def test_an_answer_from_two_passes_gets_its_own_backs() -> None:
    fronts = [page(1, SEPARATOR), page(2, coded(ANNA)), page(3, SEPARATOR), page(4, coded(OTTO))]
    backs = [page(5), page(6, blank=True), page(7), page(8, blank=True)]

    assert [found[:2] for found in pieces(*fronts, *backs, profile=COLLATED)] == [
        ([2, 8, 7], ANNA),
        ([4, 6], OTTO),
        ([5], None),
    ]


def test_an_odd_number_of_pages_goes_to_a_person_as_it_lay() -> None:
    (first, second) = pieces(page(1, coded(ANNA)), page(2), page(3), profile=COLLATED)

    assert (first[0], second[0]) == ([1], [2, 3])
    for _, _, doubts in (first, second):
        assert len(doubts) == 1
        assert "3 Seiten" in doubts[0]


# -- separators --------------------------------------------------------------------------------------------


def test_a_patch_code_separates_like_a_printed_separator() -> None:
    pages = [page(1), page(2, coded(ANNA)), page(3), page(4), page(5)]
    patches = [{"file": 0, "page": 1}, {"file": 0, "page": 4}]

    assert pieces(*pages, patches=patches) == [([2, 3], ANNA, ()), ([5], None, ())]
    assert [found[0] for found in pieces(*pages, patches=[{"file": 1, "page": 4}])] == [[1], [2], [3, 4, 5]]


def test_a_page_with_a_return_code_never_vanishes_as_a_separator() -> None:
    ((found, code_id, doubts),) = pieces(page(1, coded(ANNA)), patches=[{"file": 0, "page": 1}])

    assert (found, code_id) == ([1], ANNA)
    assert "Seite 1" in doubts[0]


def test_a_patch_code_beyond_the_end_sends_the_whole_file_to_a_person() -> None:
    found = pieces(page(1, coded(ANNA)), page(2), page(1, coded(OTTO), file=1), patches=[{"file": 0, "page": 9}])

    assert [bool(doubts) for *_, doubts in found] == [True, True, False]
    assert "nur 2 Seiten" in found[0][2][0]


def test_a_profile_may_do_without_separators() -> None:
    without = replace(ScanSettings(), separators=False)

    found = pieces(page(1), page(2, SEPARATOR), page(3), profile=without, patches=[{"file": 0, "page": 1}])

    assert [numbers for numbers, *_ in found] == [[1, 2, 3]]


# -- blank pages -------------------------------------------------------------------------------------------


def test_blank_pages_are_hidden_unless_there_is_nothing_else_or_the_profile_keeps_them() -> None:
    (segment,) = split([page(1), page(2, blank=True), page(3)])
    (blank,) = split([page(1, blank=True)])

    assert hidden_pages(segment, ScanSettings()) == [2]
    assert hidden_pages(segment, ScanSettings(blank_pages="keep")) == []
    assert hidden_pages(blank, ScanSettings()) == []
