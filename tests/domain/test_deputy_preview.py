"""What somebody hands on to a deputy, told before it is done."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from eakte import deputy_preview, granting, nodes
from eakte.access_tables import LEADING, AccessScope, Right
from eakte.deputies import DeputyWish
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import ExclusionWish
from eakte.nodes import Node
from tests.domain.matrix import filed, name_deputy
from tests.domain.registry import Registry

READING = Right.READ


def handed_on(registry: Registry, on: Node | None = None, by: str = "anna") -> list[tuple[str, Right]]:
    wish = DeputyWish("deputy", "anna", on)
    found = deputy_preview.handed_on(registry.session, registry.actor(by), wish)
    return [(one.on, one.rights) for one in found]


@pytest.fixture(autouse=True)
def deputy(registry: Registry) -> str:
    return registry.person("deputy")


def test_single_case_files_are_counted_by_entry_and_told_no_further(registry: Registry) -> None:
    registry.unit("PO")
    entry = registry.entry("60")
    registry.grant(entry, "person:anna", "file")
    for number in range(3):
        registry.grant(registry.case_file("60", unit="PO"), "person:anna", "edit" if number else "close")
    registry.grant(filed(registry, registry.case_file("50", unit="PO")), "person:anna")
    registry.case_file("50", unit="SO")
    registry.waiting("SO")

    assert handed_on(registry) == [
        ("Akten 50 von Amt SO", LEADING),
        ("Aktenplan 50: 1 einzelnes Dokument", READING),
        ("Aktenplan 60", READING | Right.FILE),
        ("Aktenplan 60: 1 einzelne Akte", READING | Right.FILE | Right.CLOSE),
        ("Aktenplan 60: 2 einzelne Akten", READING | Right.FILE | Right.EDIT),
        ("Postkorb Amt SO", READING | Right.FILE | Right.EDIT),
    ]
    assert handed_on(registry, nodes.entry("60"))[0] == ("Aktenplan 60", READING | Right.FILE)
    assert len(handed_on(registry, nodes.entry("60"))) == 3


def test_nothing_is_told_of_the_deputy(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "file")
    before = handed_on(registry)
    before_on_file = handed_on(registry, node)

    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:deputy", "leiten")
    registry.grant(case_file, "unit:SO")
    granting.exclude(registry.session, registry.actor(), node, ExclusionWish("deputy", "Befangen"))

    assert handed_on(registry, node) == before_on_file == [(nodes.in_words(registry.session, node), LEADING)]
    assert before[0] in handed_on(registry)


def test_what_is_only_borrowed_is_not_handed_on(registry: Registry) -> None:
    registry.unit("PO")
    registry.person("boss", "PO")
    registry.case_file(unit="PO")
    name_deputy(registry, "anna", "boss")

    assert handed_on(registry) == []


def test_looking_makes_nothing_and_is_refused_like_naming(registry: Registry) -> None:
    registry.person("stranger")
    case_file = registry.case_file(unit="SO")
    hidden = registry.case_file()

    def kept() -> list[Any]:
        return list(registry.session.exec(select(AccessScope.id)).all())

    before = kept()
    handed_on(registry, nodes.case_file(case_file.id))

    assert kept() == before
    with pytest.raises(NotPermitted):
        handed_on(registry, by="stranger")
    for node in (nodes.case_file(hidden.id), nodes.entry("99")):
        with pytest.raises(NotFound):
            handed_on(registry, node)
