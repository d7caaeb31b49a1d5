"""Two people for handing a case file over and for moving it, where the filing plan entry asks for it."""

from __future__ import annotations

import pytest

from eakte import case_files, four_eyes, nodes
from eakte.access_tables import Right
from eakte.case_file_writing import CaseFileCompleted
from eakte.case_files import CaseFileChange, CaseFileWish
from eakte.errors import Invalid, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from tests.domain.matrix import may
from tests.domain.registry import FORMAT, Registry


def test_handing_over_waits_for_a_second_person_while_the_rest_of_the_change_holds(registry: Registry) -> None:
    registry.person("second", "SO")
    registry.unit("PO")
    registry.person("otto", "PO")
    case_file = registry.case_file(unit="SO")
    registry.session.get_one(FilingPlanEntry, "50").four_eyes = ["share"]
    change = CaseFileChange(title="Neu", responsible_unit="PO")

    _, [proposal] = case_files.change_case_file(registry.session, registry.actor("anna"), case_file.id, change)

    assert (case_file.title, case_file.responsible_unit_id) == ("Neu", "SO")
    assert may(registry, "otto", case_file) == Right(0)
    node, revision = nodes.case_file(case_file.id), case_file.revision
    four_eyes.confirm(registry.session, registry.actor("second"), node, proposal.id)
    assert (case_file.responsible_unit_id, case_file.revision) == ("PO", revision + 1)
    assert may(registry, "otto", case_file) & Right.SHARE
    assert may(registry, "anna", case_file) == Right(0)


@pytest.mark.parametrize("asking", ["50", "60"])
def test_moving_waits_for_a_second_person_where_either_entry_asks_for_it(registry: Registry, asking: str) -> None:
    registry.person("second", "SO")
    registry.person("otto")
    registry.grant(registry.entry("60"), "unit:SO", "file")
    registry.grant(registry.session.get_one(FilingPlanEntry, "60"), "person:otto")
    case_file = registry.case_file(unit="SO")
    registry.session.get_one(FilingPlanEntry, asking).four_eyes = ["share"]
    change = CaseFileChange(filing_plan="60", fields={})

    _, [proposal] = case_files.change_case_file(registry.session, registry.actor("anna"), case_file.id, change)

    assert case_file.filing_plan_code == "50"
    assert may(registry, "otto", case_file) == Right(0)
    node = nodes.case_file(case_file.id)
    with pytest.raises(NotPermitted):
        four_eyes.confirm(registry.session, registry.actor("anna"), node, proposal.id)
    four_eyes.confirm(registry.session, registry.actor("second"), node, proposal.id)
    assert case_file.filing_plan_code == "60"
    assert may(registry, "otto", case_file) == Right.READ


def test_what_is_wrong_with_a_move_is_told_when_it_is_proposed(registry: Registry) -> None:
    registry.entry("60")
    case_file = registry.case_file(unit="SO")
    registry.session.get_one(FilingPlanEntry, "50").four_eyes = ["share"]

    for change in (CaseFileChange(filing_plan="60"), CaseFileChange(responsible_unit="XX")):
        with pytest.raises(Invalid):
            case_files.change_case_file(registry.session, registry.actor("anna"), case_file.id, change)
    assert four_eyes.proposals_on(registry.session, registry.actor("anna"), nodes.case_file(case_file.id)) == []


def test_a_case_file_completed_meanwhile_is_not_handed_over(registry: Registry) -> None:
    registry.person("second", "SO")
    registry.person("otto", registry.unit("PO"))
    case_file = registry.case_file(unit="SO")
    registry.session.get_one(FilingPlanEntry, "50").four_eyes = ["share"]
    change = CaseFileChange(responsible_unit="PO")
    _, [proposal] = case_files.change_case_file(registry.session, registry.actor("anna"), case_file.id, change)
    case_files.complete_case_file(registry.session, registry.actor("anna"), case_file.id)

    with pytest.raises(CaseFileCompleted):
        four_eyes.confirm(registry.session, registry.actor("second"), nodes.case_file(case_file.id), proposal.id)


def test_a_specialist_system_says_at_once_who_is_responsible_for_what_it_opened(registry: Registry) -> None:
    registry.system("km")
    entry = registry.session.get_one(FilingPlanEntry, "50")
    registry.grant(entry, "system:km", "bearbeiten")
    entry.four_eyes = ["share"]
    case_file = case_files.open_case_file(
        registry.session, registry.actor("km"), CaseFileWish("50", "Akte"), reference_format=FORMAT
    )

    _, waiting = case_files.change_case_file(
        registry.session, registry.actor("km"), case_file.id, CaseFileChange(responsible_unit="SO")
    )

    assert (waiting, case_file.responsible_unit_id) == ([], "SO")
