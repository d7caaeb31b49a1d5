"""Who is told of an emergency access: never nobody, and nobody who may not know of the case file."""

from __future__ import annotations

import pytest

from eakte import audit, break_glass, case_files, nodes
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange
from eakte.errors import NotFound
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import Membership, Principal, Unit
from tests.domain.matrix import shield
from tests.domain.registry import Registry

PEOPLE = ("anna", "lead", "reader", "dora", "night")


@pytest.fixture
def town(registry: Registry) -> Registry:
    """Anna in SO; a lead and a reader of the entry from elsewhere; the officer Dora; the night shift."""
    registry.session.get_one(FilingPlanEntry, "50").break_glass = True
    registry.unit("PO")
    for name in ("lead", "reader"):
        registry.person(name, "PO")
    registry.person("dora", role="dpo")
    registry.person("night")
    entry = registry.session.get_one(FilingPlanEntry, "50")
    registry.grant(entry, "person:lead", "share")
    registry.grant(entry, "person:reader", "edit")
    return registry


def broken_into(town: Registry, unit: str) -> CaseFile:
    case_file = town.case_file(unit=unit)
    break_glass.break_glass(town.session, town.actor("night"), case_file.reference, "Inobhutnahme heute Nacht")
    return case_file


def told(town: Registry) -> set[str]:
    return {name for name in PEOPLE if break_glass.notices_for(town.session, town.actor(name))}


def test_the_responsible_unit_is_told_and_nobody_else(town: Registry) -> None:
    broken_into(town, "SO")

    assert told(town) == {"anna"}


def test_of_a_case_file_without_a_unit_those_who_manage_its_rights_are_told(town: Registry) -> None:
    broken_into(town, "unassigned")

    assert told(town) == {"lead"}


@pytest.mark.parametrize("how", ["ended", "all have left", "nobody belongs to it"])
def test_where_the_unit_has_nobody_left_those_who_manage_the_rights_are_told(town: Registry, how: str) -> None:
    broken_into(town, "SO")
    if how == "ended":
        town.session.get_one(Unit, "SO").ended = True
    elif how == "all have left":
        town.session.get_one(Principal, "anna").active = False
    else:
        town.session.delete(town.session.get_one(Membership, ("anna", "SO")))
    town.session.flush()

    everybody = [name for name in PEOPLE if how != "all have left" or name != "anna"]
    assert {name for name in everybody if break_glass.notices_for(town.session, town.actor(name))} == {"lead"}


def test_a_unit_that_goes_on_is_told_in_its_place(town: Registry) -> None:
    broken_into(town, "SO")
    unit = town.session.get_one(Unit, "SO")
    unit.ended, unit.merged_into_id = True, "PO"
    town.session.flush()

    assert told(town) == {"anna", "lead", "reader"}


def test_a_unit_that_takes_the_case_file_over_is_told(town: Registry) -> None:
    case_file = broken_into(town, "SO")

    change = CaseFileChange(responsible_unit="PO")
    case_files.change_case_file(town.session, town.actor(), case_file.id, change)

    assert told(town) == {"lead", "reader"}


def test_who_may_not_know_of_the_case_file_is_told_nothing(town: Registry) -> None:
    case_file = broken_into(town, "unassigned")
    shield(town, nodes.case_file(case_file.id))

    assert told(town) == set()
    notice = break_glass.newest_accesses(town.session, town.actor("dora"))[0]
    for name in ("lead", "night", "dora"):
        with pytest.raises(NotFound):
            break_glass.take_note(town.session, town.actor(name), notice.id)


def test_the_data_protection_officer_finds_every_emergency_access_also_one_that_was_taken_note_of(
    town: Registry,
) -> None:
    first, second = broken_into(town, "SO"), broken_into(town, "unassigned")
    (notice,) = break_glass.notices_for(town.session, town.actor("anna"))
    break_glass.take_note(town.session, town.actor("anna"), notice.id)

    found = break_glass.newest_accesses(town.session, town.actor("dora"))

    assert [(row.case_file_id, row.seen_by) for row in found] == [(second.id, None), (first.id, "anna")]
    asked = audit.pending_events(town.session)[-1]
    assert (asked.tag, asked.actor_id, asked.object_id) == (AuditTag.TRAIL_READ, "dora", "break_glass")
    for name in ("anna", "lead", "night"):
        with pytest.raises(NotFound):
            break_glass.newest_accesses(town.session, town.actor(name))
