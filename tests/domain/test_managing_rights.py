"""Deputies, emergencies, managing rights and explaining them, rule by rule."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from eakte import (
    audit_reading,
    break_glass,
    case_files,
    deputies,
    explaining,
    four_eyes,
    granting,
    grants,
    inbox,
    nodes,
    places,
    rights_preview,
)
from eakte.access_tables import AccessGrant, GrantCause, Right, RightsProposal
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange
from eakte.clock import now
from eakte.deputies import DeputyWish
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import ExclusionWish, GrantWish
from eakte.levels import Level
from eakte.managing import EverybodyLockedOut
from eakte.parties import PartyWish
from eakte.principals import Principal
from eakte.subjects import SubjectWish
from tests.domain.matrix import entry_section, filed, may, name_deputy, shield
from tests.domain.registry import Registry

DAY = timedelta(days=1)


# -- deputies ----------------------------------------------------------------------------------------


def test_a_deputy_stays_below_both_ceilings_and_stands_in_for_nobody_else(registry: Registry) -> None:
    registry.person("boss", "SO", ceiling=int(Level.CONFIDENTIAL))
    registry.person("deputy")
    registry.person("deputys_deputy")
    case_file = registry.case_file(unit="SO")
    secret = filed(registry, case_file)
    granting.set_level(registry.session, registry.actor(), nodes.document(secret.id), "vertraulich")

    name_deputy(registry, "deputy", "boss")
    name_deputy(registry, "deputys_deputy", "deputy")

    assert may(registry, "deputy", case_file) == may(registry, "boss", case_file)
    assert may(registry, "boss", secret)
    assert may(registry, "deputy", secret) == Right(0)
    assert may(registry, "deputys_deputy", case_file) == Right(0)


def test_a_deputys_own_units_never_complete_the_others_combination(registry: Registry) -> None:
    registry.unit("MITTE")
    registry.person("deputy", "MITTE")
    case_file = registry.case_file()
    both = SubjectWish(all_of=(SubjectWish(unit="SO"), SubjectWish(unit="MITTE")))
    granting.give(registry.session, registry.actor(), nodes.case_file(case_file.id), GrantWish(["read"], both))

    name_deputy(registry, "deputy", "anna")

    assert may(registry, "deputy", case_file) == Right(0)


def test_a_deputy_sees_the_others_inbox_but_not_for_a_part_only(registry: Registry) -> None:
    registry.person("deputy")
    registry.person("partly")
    item = registry.waiting("SO")
    registry.grant(registry.case_file(), "person:anna")

    name_deputy(registry, "deputy", "anna")
    grants.add_grant(
        registry.session, registry.entry("77").access_scope_id, "person:anna", Right.READ, GrantCause.APPLIED
    )
    name_deputy(registry, "partly", "anna", nodes.entry("77"))

    def seen_by(person: str) -> list[UUID]:
        return [one.item.id for one in inbox.list_waiting(registry.session, registry.actor(person), limit=5)]

    assert seen_by("deputy") == [item.id]
    assert seen_by("partly") == []


def test_a_deputyship_has_its_time(registry: Registry) -> None:
    registry.person("deputy")
    case_file = registry.case_file(unit="SO")
    wish = DeputyWish("deputy", "anna", valid_from=now() + DAY, valid_until=now() + 2 * DAY)
    made = deputies.name_deputy(registry.session, registry.actor("anna"), wish)
    assert may(registry, "deputy", case_file) == Right(0)

    made.valid_from = now() - DAY
    registry.session.flush()
    assert may(registry, "deputy", case_file)

    deputies.end_deputyship(registry.session, registry.actor("deputy"), made.id)
    assert may(registry, "deputy", case_file) == Right(0)
    with pytest.raises(NotFound):
        deputies.end_deputyship(registry.session, registry.actor("deputy"), made.id)


# -- emergency access --------------------------------------------------------------------------------


def test_emergency_access_passes_no_shield_inside_no_ceiling_and_ends_by_itself(registry: Registry) -> None:
    registry.person("night")
    sickness = entry_section(registry, "11", "Krankheit")
    case_file = registry.case_file("11", unit="SO")
    document, hidden = filed(registry, case_file), filed(registry, case_file, section="Krankheit")
    shield(registry, sickness)
    entry = nodes.entry_of(registry.session, sickness)
    assert entry is not None
    entry.break_glass = True

    opened = break_glass.break_glass(
        registry.session, registry.actor("night"), case_file.reference, "Inobhutnahme heute Nacht", minutes=5
    )

    assert may(registry, "night", document) == Right.READ
    assert may(registry, "night", hidden) == Right(0)
    grant = break_glass.standing_break_glass(registry.session, registry.actor("night"), opened)
    assert grant is not None
    grant.valid_from, grant.valid_until = now() - 2 * DAY, now() - DAY
    registry.session.flush()
    assert may(registry, "night", document) == Right(0)


# -- managing ----------------------------------------------------------------------------------------


def test_the_last_who_manages_rights_cannot_be_taken_away(registry: Registry) -> None:
    case_file = registry.case_file()
    node = nodes.case_file(case_file.id)
    registry.grant(case_file, "person:anna", "share")

    with pytest.raises(EverybodyLockedOut):
        granting.exclude(registry.session, registry.actor("anna"), node, ExclusionWish("anna", "Irrtum"))


def test_a_preview_shows_both_sides_and_leaves_nothing(registry: Registry) -> None:
    registry.person("otto")
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    before = registry.session.exec(select(AccessGrant.id)).all()
    wish = GrantWish(["file"], SubjectWish(person="otto"))

    found = rights_preview.preview(
        registry.session, node, lambda: granting.give(registry.session, registry.actor("anna"), node, wish)
    )

    assert [(delta.person_id, delta.gained, delta.lost) for delta in found] == [
        ("otto", Right.READ | Right.FILE, Right(0))
    ]
    assert registry.session.exec(select(AccessGrant.id)).all() == before
    assert may(registry, "otto", registry.session.get_one(CaseFile, case_file.id)) == Right(0)


def test_a_proposal_of_somebody_who_lost_the_right_meanwhile_is_not_carried_out(registry: Registry) -> None:
    registry.person("chief", "SO")
    case_file = registry.case_file()
    registry.session.get_one(type(registry.entry("50x")), "50").four_eyes = ["share"]
    node = nodes.case_file(case_file.id)
    temporary = registry.grant(case_file, "person:anna", "share")
    registry.grant(case_file, "person:chief", "share")
    wish = GrantWish(["read"], SubjectWish(unit="SO"))
    proposal = four_eyes.give(registry.session, registry.actor("anna"), node, wish)
    assert isinstance(proposal, RightsProposal)
    registry.revoke(temporary)

    with pytest.raises(NotFound):
        four_eyes.confirm(registry.session, registry.actor("chief"), node, proposal.id)


def test_a_case_file_moves_to_another_entry_with_everything_in_it(registry: Registry) -> None:
    registry.person("reader")
    source = registry.entry("11", sections=("Vertrag",))
    target = registry.entry("12", sections=("Vertrag", "Neu"))
    registry.entry("13")
    for entry in (source, target):
        places.sections_changed(registry.session, entry)
    registry.grant(target, "person:reader")
    case_file = registry.case_file("11", unit="SO")
    document = filed(registry, case_file, section="Vertrag")
    reference = case_file.reference

    case_files.change_case_file(registry.session, registry.actor(), case_file.id, CaseFileChange(filing_plan="12"))

    assert case_file.reference == reference
    assert may(registry, "reader", case_file) == Right.READ
    registry.session.refresh(document)
    assert may(registry, "reader", document) == Right.READ
    with pytest.raises(Conflict, match="Vertrag"):
        case_files.change_case_file(registry.session, registry.actor(), case_file.id, CaseFileChange(filing_plan="13"))


def test_a_party_of_a_case_file_that_moves_reads_it_only_where_its_new_entry_lets_parties_read(
    registry: Registry,
) -> None:
    registry.person("otto", name="Otto Öl")
    lenient, strict = registry.entry("60"), registry.entry("70")
    lenient.parties_may_read = True
    for entry in (lenient, strict):
        registry.grant(entry, "person:otto", "bearbeiten")
    case_file = registry.case_file("60", parties=(PartyWish("Vater", "Öl, Otto"),))
    assert may(registry, "otto", case_file) == Right.READ

    for code, left in (("70", Right(0)), ("60", Right.READ)):
        case_files.change_case_file(registry.session, registry.actor(), case_file.id, CaseFileChange(filing_plan=code))
        assert may(registry, "otto", case_file) == left


# -- why ---------------------------------------------------------------------------------------------


def test_an_explanation_names_unit_deputy_and_the_grant_of_the_responsible_unit(registry: Registry) -> None:
    registry.person("deputy")
    case_file = registry.case_file(unit="SO")
    name_deputy(registry, "deputy", "anna")

    told = explaining.explanation_of(registry.session, "deputy", nodes.case_file(case_file.id))

    [reason] = told.reasons
    assert (reason.cause, reason.deputy_for, reason.because) == (
        GrantCause.RESPONSIBLE, "Anna", "gehört zu Amt SO",
    )  # fmt: skip
    assert told.rights == may(registry, "anna", case_file)
    assert {reader.person_id for reader in explaining.readers_of(registry.session, told.node)} == {
        "anna", "deputy", "registrar",
    }  # fmt: skip


def test_a_deputy_is_not_told_why_the_other_may_nothing(registry: Registry) -> None:
    registry.person("deputy")
    registry.person("lead", "SO")
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    registry.grant(case_file, "person:deputy")
    registry.grant(case_file, "person:anna", "edit")
    name_deputy(registry, "deputy", "anna")
    wish = ExclusionWish("anna", "Laufendes Disziplinarverfahren")
    granting.exclude(registry.session, registry.actor("lead"), node, wish)

    told = explaining.explain(registry.session, registry.actor("deputy"), "deputy", node)
    to_the_lead = explaining.explain(registry.session, registry.actor("lead"), "deputy", node)

    assert [(one.kind, one.text) for one in told.obstacles] == [("deputy", "In Vertretung für Anna gilt hier nichts.")]
    assert told.rights == Right.READ
    assert [one.to for one in told.reasons] == [one.to for one in to_the_lead.reasons] == ["Deputy"], "what counts"
    assert "Disziplinarverfahren" in to_the_lead.obstacles[0].text


def test_a_deputy_with_share_is_told_what_stands_in_the_way(registry: Registry) -> None:
    registry.person("deputy", "SO")
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    name_deputy(registry, "deputy", "anna")
    granting.exclude(registry.session, registry.actor("deputy"), node, ExclusionWish("anna", "Befangen"))

    told = explaining.explain(registry.session, registry.actor("deputy"), "deputy", node)

    assert [one.kind for one in told.obstacles] == ["exclusion"]


def test_what_a_unit_has_is_told_by_the_units_name(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")
    waiting = registry.waiting("SO")

    told = [
        explaining.explanation_of(registry.session, "anna", node).reasons[0].on
        for node in (nodes.case_file(case_file.id), nodes.document(waiting.document_id))
    ]

    assert told == ["Akten 50 von Amt SO", "Postkorb Amt SO"]


def test_an_explanation_of_nothing_names_the_ceiling(registry: Registry) -> None:
    registry.person("chief", "SO", ceiling=int(Level.CONFIDENTIAL))
    case_file = registry.case_file(unit="SO")
    granting.set_level(registry.session, registry.actor(), nodes.case_file(case_file.id), "vertraulich")

    told = explaining.explanation_of(registry.session, "anna", nodes.case_file(case_file.id))

    assert told.rights == Right(0)
    assert [obstacle.kind for obstacle in told.obstacles] == ["ceiling"]
    assert (told.level, told.ceiling) == ("vertraulich", "offen")


def test_lowering_a_level_takes_four_eyes_where_they_are_asked_for(registry: Registry) -> None:
    registry.person("chief", "SO", ceiling=2)
    registry.person("second", "SO", ceiling=2)
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    granting.set_level(registry.session, registry.actor("chief"), node, "vertraulich")
    registry.session.get_one(FilingPlanEntry, "50").four_eyes = ["share"]

    proposal = four_eyes.set_level(registry.session, registry.actor("chief"), node, "offen")

    assert proposal is not None
    assert may(registry, "anna", case_file) == Right(0)
    four_eyes.confirm(registry.session, registry.actor("second"), node, proposal.id)
    assert may(registry, "anna", case_file)
    assert four_eyes.set_level(registry.session, registry.actor("chief"), node, "intern") is None, (
        "raising holds at once"
    )


def test_nothing_is_granted_to_whoever_has_left_nor_to_the_same_twice(registry: Registry) -> None:
    registry.session.get_one(Principal, registry.person("gone")).active = False
    node = nodes.case_file(registry.case_file().id)
    twice = (SubjectWish(unit="SO"), SubjectWish(unit="SO"))

    for subject, pointer in ((SubjectWish(person="gone"), "/to/person"), (SubjectWish(all_of=twice), "/to/all_of")):
        with pytest.raises(Invalid) as refused:
            granting.give(registry.session, registry.actor(), node, GrantWish(["read"], subject))
        assert [problem.pointer for problem in refused.value.fields] == [pointer]


def test_readers_are_sorted_as_in_german_lists_with_how_they_come_to_be_meant(registry: Registry) -> None:
    registry.person("z", "SO", name="Zoë Zahn")
    registry.person("o", "SO", name="Özlem Öz")
    case_file = registry.case_file(unit="SO")

    found = explaining.readers_of(registry.session, nodes.case_file(case_file.id))

    assert [reader.name for reader in found] == ["Anna", "Özlem Öz", "Registrar", "Zoë Zahn"]
    assert found[1].reasons[0].because == "gehört zu Amt SO"


def test_the_trail_of_a_filing_plan_entry_tells_who_granted_what(registry: Registry) -> None:
    registry.person("dora", role="dpo")
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "file")
    registry.session.commit()

    trail = audit_reading.trail_of(registry.session, registry.actor("dora"), "plan:50")

    assert [(event.tag, event.details["subject"]) for event in trail] == [("grant_given", "person:anna")]
    with pytest.raises(NotPermitted):
        audit_reading.trail_of(registry.session, registry.actor("anna"), "plan:50")


def test_the_second_pair_of_eyes_is_a_persons_and_not_borrowed_from_the_first(registry: Registry) -> None:
    registry.person("deputy")
    registry.person("second", "SO")
    case_file = registry.case_file(unit="SO")
    registry.session.get_one(FilingPlanEntry, "50").four_eyes = ["share"]
    node = nodes.case_file(case_file.id)
    wish = GrantWish(["read"], SubjectWish(person="deputy"))
    proposal = four_eyes.give(registry.session, registry.actor("anna"), node, wish)
    assert isinstance(proposal, RightsProposal)
    name_deputy(registry, "deputy", "anna")

    for name in ("deputy", "registrar"):
        with pytest.raises(NotPermitted):
            four_eyes.confirm(registry.session, registry.actor(name), node, proposal.id)
    four_eyes.confirm(registry.session, registry.actor("second"), node, proposal.id)
    with pytest.raises(NotFound):
        four_eyes.refuse(registry.session, registry.actor("second"), node, proposal.id)


def test_a_deputy_makes_nothing_of_the_others_rights_their_own(registry: Registry) -> None:
    registry.person("deputy")
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    name_deputy(registry, "deputy", "anna")
    deputy = registry.actor("deputy")

    with pytest.raises(NotPermitted):
        granting.give(
            registry.session, deputy, nodes.case_file(case_file.id), GrantWish(["read"], SubjectWish(person="deputy"))
        )
    attempt = registry.session.begin_nested()
    with pytest.raises(EverybodyLockedOut):
        granting.shield(registry.session, deputy, nodes.document(document.id))
    attempt.rollback()
    granting.give(registry.session, deputy, nodes.case_file(case_file.id), GrantWish(["read"], SubjectWish(unit="SO")))
