"""The filing plan as people may know it, and the typed fields of case files."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from eakte.access_tables import GrantCause, Right
from eakte.actors import actor_for
from eakte.errors import Invalid
from eakte.filing_plan import check_fields, is_leaf, visible_plan
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.grants import add_grant
from eakte.places import case_file_scope
from tests.domain.organisations import CITY, Desk

ENTRY = FilingPlanEntry(
    code="11.20",
    title="Personalakten",
    access_scope_id=1,
    field_types={
        "personnel_no": {"type": "text", "required": True},
        "grade": {"type": "number", "required": False},
        "since": {"type": "date", "required": False},
        "part_time": {"type": "boolean", "required": False},
        "a/b~c": {"type": "text", "required": False},
    },
)


def seen_by(desk: Desk, name: str) -> list[str]:
    return [entry.code for entry in visible_plan(desk.session, actor_for(desk.session, name))]


def test_the_plan_shows_what_one_may_know_and_the_way_there(desk: Desk) -> None:
    desk.apply(CITY)

    assert seen_by(desk, "anna") == ["11", "11.20", "50"]
    assert seen_by(desk, "otto") == ["50"]
    assert seen_by(desk, "km-personal") == ["11", "11.20"]
    assert seen_by(desk, "scan-1") == []


def test_one_case_file_opens_the_way_to_it_and_nothing_beside(desk: Desk) -> None:
    desk.apply(CITY)
    case_file = desk.case_file("11.20", "11.20/2026/00001")
    add_grant(desk.session, case_file_scope(desk.session, case_file), "person:otto", Right.READ, GrantCause.SHARING)

    assert seen_by(desk, "otto") == ["11", "11.20", "50"]


def test_the_plan_comes_in_tree_order_as_the_file_sorts_it(desk: Desk) -> None:
    desk.apply(CITY)
    desk.apply(
        """
        filing_plan:
          - code: "50"
            title: Soziales
            children:
              - {code: "50.9", title: Neun}
              - {code: "50.10", title: Zehn, children: [{code: "50.10.1", title: Eins}]}
              - {code: "50.2", title: Zwei}
          - {code: "11", title: Personal}
        """
    )

    assert seen_by(desk, "anna") == ["50", "50.9", "50.10", "50.10.1", "50.2", "11", "11.20"]


def test_case_files_hang_on_leaves(desk: Desk) -> None:
    desk.apply(CITY)

    assert [is_leaf(desk.session, code) for code in ("11", "11.20", "50")] == [False, True, True]


def test_right_fields_are_kept_as_json_in_the_order_of_the_entry() -> None:
    fields = {"part_time": False, "since": date(2026, 1, 31), "grade": 9.5, "personnel_no": " 4711 "}

    assert list(check_fields(ENTRY, fields).items()) == [
        ("personnel_no", "4711"),
        ("grade", 9.5),
        ("since", "2026-01-31"),
        ("part_time", False),
    ]


def test_fields_not_given_are_not_kept() -> None:
    assert check_fields(ENTRY, {"personnel_no": "1", "grade": None, "since": " "}) == {"personnel_no": "1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("personnel_no", None),
        ("personnel_no", "  "),
        ("personnel_no", 4711),
        ("personnel_no", "\x00"),
        ("personnel_no", "x" * 10_001),
        ("grade", "9"),
        ("grade", True),
        ("grade", float("nan")),
        ("since", "31.01.2026"),
        ("since", "2026-02-30"),
        ("since", 2026),
        ("part_time", "true"),
        ("part_time", 1),
        ("a/b~c", []),
        ("salary", 1),
    ],
)
def test_a_wrong_field_is_named_with_its_place(name: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        check_fields(ENTRY, {"personnel_no": "1", name: value})

    pointers = {"a/b~c": "/fields/a~1b~0c"}
    assert [problem.pointer for problem in refused.value.fields] == [pointers.get(name, f"/fields/{name}")]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check_fields(ENTRY, {"grade": "x", "other": 1}, pointer="/case/fields")

    assert [problem.pointer for problem in refused.value.fields] == [
        "/case/fields/personnel_no",
        "/case/fields/grade",
        "/case/fields/other",
    ]
    assert refused.value.fields[0].detail == "„personnel_no“ ist ein Pflichtfeld; bitte ausfüllen."
