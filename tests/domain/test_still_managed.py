"""Nobody can lock everybody out: what somebody manages keeps somebody who does, below the node and later on, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from eakte import case_files, granting, managing, nodes
from eakte.access_tables import Right
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange
from eakte.clock import now
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import ExclusionWish, GrantWish
from eakte.levels import Level
from eakte.managing import EverybodyLockedOut
from eakte.nodes import Node
from eakte.parties import PartyWish
from eakte.principals import Principal
from eakte.subjects import SubjectWish
from tests.domain.matrix import filed, may, shield
from tests.domain.registry import Registry

DAY = timedelta(days=1)


def refused(registry: Registry, change: Callable[[], object]) -> str:
    """Insist that a change is refused and leaves nothing; returns what is said."""
    attempt = registry.session.begin_nested()
    with pytest.raises(EverybodyLockedOut) as error:
        change()
    attempt.rollback()
    registry.session.expire_all()
    return str(error.value)


def exclude(registry: Registry, by: str, node: Node, person: str, **times: object) -> None:
    wish = ExclusionWish(person, "Befangen", **times)  # type: ignore[arg-type]
    granting.exclude(registry.session, registry.actor(by), node, wish)


def hand_over(registry: Registry, by: str, case_file: CaseFile, unit: str) -> None:
    change = CaseFileChange(responsible_unit=unit)
    case_files.change_case_file(registry.session, registry.actor(by), case_file.id, change)


# -- later -------------------------------------------------------------------------------------------


def test_an_exclusion_that_begins_later_is_looked_at_when_it_begins(registry: Registry) -> None:
    registry.person("interim")
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    registry.grant(case_file, "person:interim", "share", until=now() + 2 * DAY)

    exclude(registry, "anna", node, "anna", valid_from=now() + DAY, valid_until=now() + 2 * DAY)
    refused(registry, lambda: exclude(registry, "interim", node, "anna", valid_from=now() + 3 * DAY))

    registry.person("second", "SO")
    exclude(registry, "interim", node, "anna", valid_from=now() + 3 * DAY)


def test_whoever_is_to_manage_later_stays_when_nobody_else_would(registry: Registry) -> None:
    registry.person("next")
    case_file = registry.case_file()
    node = nodes.case_file(case_file.id)
    registry.grant(case_file, "person:anna", "share", until=now() + DAY)
    following = registry.grant(case_file, "person:next", "share", since=now() + DAY)

    refused(registry, lambda: granting.revoke(registry.session, registry.actor("anna"), node, following.id))


# -- below -------------------------------------------------------------------------------------------


def test_the_only_manager_of_a_shielded_section_is_not_excluded_above_it(registry: Registry) -> None:
    registry.person("doctor")
    registry.entry("11", sections=("Krankheit",))
    case_file = registry.case_file("11", unit="SO")
    section = nodes.section(case_file.id, "Krankheit")
    registry.grant(section, "person:doctor", "share")
    shield(registry, section)

    told = refused(registry, lambda: exclude(registry, "anna", nodes.case_file(case_file.id), "doctor"))

    assert told.startswith("Danach könnte in etwas, das dazugehört, niemand mehr Rechte vergeben")
    registry.person("second_doctor")
    wish = GrantWish(["share"], SubjectWish(person="second_doctor"))
    granting.give(registry.session, registry.actor("doctor"), section, wish)
    exclude(registry, "anna", nodes.case_file(case_file.id), "doctor")


def test_a_document_that_only_one_may_manage_keeps_them(registry: Registry) -> None:
    registry.person("lead")
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    granted = registry.grant(case_file, "person:lead", "share")
    exclude(registry, "lead", nodes.document(document.id), "anna")

    refused(
        registry,
        lambda: granting.revoke(registry.session, registry.actor("anna"), nodes.case_file(case_file.id), granted.id),
    )


def test_whoever_shields_keeps_what_they_have_where_only_something_below_would_be_left_alone(
    registry: Registry,
) -> None:
    registry.person("lead")
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:lead", "leiten")
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    exclude(registry, "lead", nodes.document(document.id), "anna")

    granting.shield(registry.session, registry.actor("lead"), nodes.case_file(case_file.id))

    assert may(registry, "anna", case_file) & Right.SHARE
    assert may(registry, "lead", document) & Right.SHARE


# -- handing over, moving, levels --------------------------------------------------------------------


@pytest.mark.parametrize("manned", [False, True])
@pytest.mark.parametrize("with_own_rights", [False, True])
def test_a_case_file_is_handed_over_only_to_a_unit_with_somebody_in_it(
    registry: Registry, manned: bool, with_own_rights: bool
) -> None:
    registry.session.get_one(Principal, registry.person("gone", registry.unit("PO"))).active = False
    case_file = registry.case_file(unit="SO")
    if with_own_rights:
        registry.grant(case_file, "unit:SO")
    if manned:
        registry.person("new", "PO")
        hand_over(registry, "anna", case_file, "PO")
        assert may(registry, "new", case_file) & Right.SHARE
        return

    for unit in ("PO", "unassigned"):
        refused(registry, lambda unit=unit: hand_over(registry, "anna", case_file, unit))  # type: ignore[misc]
    assert case_file.responsible_unit_id == "SO"


def test_what_nobody_managed_is_handed_over_to_whomever(registry: Registry) -> None:
    registry.unit("PO")
    case_file = registry.case_file()

    hand_over(registry, "registrar", case_file, "PO")

    assert case_file.responsible_unit_id == "PO"


def test_a_case_file_moves_nowhere_where_nobody_could_manage_it(registry: Registry) -> None:
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "leiten")
    registry.entry("60")
    case_file = registry.case_file()
    change = CaseFileChange(filing_plan="60")

    refused(registry, lambda: case_files.change_case_file(registry.session, registry.actor(), case_file.id, change))


def test_no_level_is_above_everybody_who_manages_rights(registry: Registry) -> None:
    registry.person("chief", "SO", ceiling=int(Level.CONFIDENTIAL))
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    exclude(registry, "anna", nodes.document(document.id), "chief")
    node = nodes.case_file(case_file.id)

    told = refused(registry, lambda: granting.set_level(registry.session, registry.actor("chief"), node, "vertraulich"))

    assert "in etwas, das dazugehört" in told
    registry.person("second", "SO", ceiling=int(Level.CONFIDENTIAL))
    granting.set_level(registry.session, registry.actor("chief"), node, "vertraulich")
    refused(registry, lambda: granting.set_level(registry.session, registry.actor(), node, "streng-vertraulich"))


# -- what is never refused ---------------------------------------------------------------------------


def test_a_party_who_works_here_is_a_fact_even_when_nobody_else_manages(registry: Registry) -> None:
    registry.person("admin", role="admin")
    registry.person("second")
    case_file = registry.case_file(unit="SO")

    party = PartyWish("Mutter", "Anna", person="anna")
    case_files.add_party(registry.session, registry.actor("anna"), case_file.id, party)

    assert not may(registry, "anna", case_file)
    [managed] = managing.managed(registry.session, nodes.case_file(case_file.id)).at.values()
    assert managed == frozenset(), "the administration is asked for somebody"
    wish = GrantWish(["leiten"], SubjectWish(person="second"))
    granting.give(registry.session, registry.actor("admin"), nodes.entry("50"), wish)
    assert may(registry, "second", case_file) & Right.SHARE
