"""Rights of a matrix organisation, rule by rule; random organisations are tried in `test_access_oracle`."""

from __future__ import annotations

import pytest
from sqlmodel import select

from eakte import (
    case_files,
    correcting,
    documents,
    granting,
    grants,
    nodes,
    scopes,
)
from eakte.access_tables import AccessGrant, CombinationMember, GrantCause, Right
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange
from eakte.documents import DocumentChange
from eakte.errors import Invalid, NotFound, NotPermitted
from eakte.granting import ExclusionWish, GrantWish
from eakte.levels import Level
from eakte.parties import PartyWish
from eakte.person_names import name_key
from eakte.principals import Membership, RoleHolding
from eakte.subjects import SubjectWish
from tests.domain.matrix import entry_section, filed, may, name_deputy, shield
from tests.domain.registry import Registry

# -- who is meant ------------------------------------------------------------------------------------


def test_all_of_means_everybody_who_is_every_one_of_them(registry: Registry) -> None:
    for unit in ("EH", "MITTE"):
        registry.unit(unit)
    registry.person("both", "EH", "MITTE")
    registry.person("one", "EH")
    case_file = registry.case_file()
    to = SubjectWish(all_of=(SubjectWish(unit="EH"), SubjectWish(unit="MITTE")))

    granting.give(registry.session, registry.actor(), nodes.case_file(case_file.id), GrantWish(["file"], to))

    assert may(registry, "both", case_file) == Right.READ | Right.FILE
    assert may(registry, "one", case_file) == Right(0)


def test_the_same_combination_in_another_order_is_the_same(registry: Registry) -> None:
    registry.unit("EH")
    case_file = registry.case_file()
    parts = (SubjectWish(unit="EH"), SubjectWish(role="registry", unit="SO"))
    for order in (parts, parts[::-1]):
        wish = GrantWish(["read"], SubjectWish(all_of=order))
        granting.give(registry.session, registry.actor(), nodes.case_file(case_file.id), wish)

    assert len(set(registry.session.exec(select(AccessGrant.subject).where(AccessGrant.rights == 1)))) == 1
    assert len(registry.session.exec(select(CombinationMember)).all()) == 2


def test_a_role_in_a_unit_reaches_its_holders_and_no_longer_when_it_is_taken(registry: Registry) -> None:
    registry.person("rita", "SO")
    holding = RoleHolding(person_id="rita", role="registry", unit_id="SO")
    registry.session.add(holding)
    case_file = registry.case_file()
    wish = GrantWish(["Registratur"], SubjectWish(role="registry", unit="SO"))
    granting.give(registry.session, registry.actor(), nodes.case_file(case_file.id), wish)

    assert may(registry, "rita", case_file) & Right.DISPOSE
    assert may(registry, "anna", case_file) == Right(0)
    registry.session.delete(holding)
    registry.session.flush()
    assert may(registry, "rita", case_file) == Right(0)


def test_rights_follow_whoever_changes_the_unit_at_once(registry: Registry) -> None:
    registry.unit("WG")
    case_file = registry.case_file(unit="WG")
    membership = registry.session.get_one(Membership, ("anna", "SO"))

    registry.session.delete(membership)
    registry.session.add(Membership(person_id="anna", unit_id="WG"))
    registry.session.flush()

    assert may(registry, "anna", case_file) & Right.SHARE


# -- shields and sections ----------------------------------------------------------------------------


def test_a_shielded_section_is_closed_to_everybody_above_it_in_every_case_file(registry: Registry) -> None:
    sickness = entry_section(registry, "11", "Krankheit")
    shared, own = registry.case_file("11", unit="SO"), registry.case_file("11", unit="SO")
    registry.grant(own, "person:anna", "read")
    inside = [filed(registry, case_file, section="Krankheit") for case_file in (shared, own)]
    beside = [filed(registry, case_file, section="Vertrag") for case_file in (shared, own)]

    shield(registry, sickness)

    assert [may(registry, "anna", document) for document in inside] == [Right(0), Right(0)]
    assert all(may(registry, "anna", document) & Right.SHARE for document in beside)
    grants.add_grant(
        registry.session, nodes.place_of(registry.session, sickness), "unit:SO", Right.READ, GrantCause.APPLIED
    )
    assert [may(registry, "anna", document) for document in inside] == [Right.READ, Right.READ]


def test_a_shielded_case_file_drops_what_its_entry_grants_on_sections_too(registry: Registry) -> None:
    registry.person("doc")
    sickness = entry_section(registry, "11", "Krankheit")
    registry.grant(sickness, "person:doc", "read")
    case_file = registry.case_file("11", unit="SO")
    document = filed(registry, case_file, section="Krankheit")
    assert may(registry, "doc", document) == Right.READ

    shield(registry, nodes.case_file(case_file.id))

    assert may(registry, "doc", document) == Right(0)
    assert may(registry, "anna", document) & Right.SHARE, "the responsible unit's rights stand on the file itself"


def test_a_document_in_a_section_and_a_proceeding_is_kept_by_a_shield_of_either(registry: Registry) -> None:
    registry.person("clerk")
    sickness = entry_section(registry, "11", "Krankheit")
    case_file = registry.case_file("11", unit="SO")
    proceeding = case_files.open_proceeding(registry.session, registry.actor(), case_file.id, "Kur")
    document = filed(registry, case_file, section="Krankheit", proceeding=proceeding.id)
    registry.grant(proceeding, "person:clerk", "read")
    assert may(registry, "clerk", document) == Right.READ

    shield(registry, sickness)

    assert may(registry, "clerk", document) == Right(0)
    assert may(registry, "anna", document) == Right(0)


def test_moving_a_document_into_a_shielded_section_takes_it_from_sight_and_needs_filing_there(
    registry: Registry,
) -> None:
    sickness = entry_section(registry, "11", "Krankheit")
    case_file = registry.case_file("11", unit="SO")
    document = filed(registry, case_file, section="Vertrag")
    grants.add_grant(
        registry.session, nodes.place_of(registry.session, sickness), "system:registrar", Right(63), GrantCause.APPLIED
    )
    shield(registry, sickness)
    into = DocumentChange(section="Krankheit")

    with pytest.raises(NotPermitted):
        documents.change_document(registry.session, registry.actor("anna"), document.id, into)
    documents.change_document(registry.session, registry.actor(), document.id, into)

    assert may(registry, "anna", document) == Right(0)


def test_who_shields_what_nobody_else_manages_keeps_what_they_have(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    anna = registry.actor("anna")

    granting.shield(registry.session, anna, nodes.document(document.id))

    assert may(registry, "anna", document) == may(registry, "anna", case_file)
    registry.person("colleague", "SO")
    assert may(registry, "colleague", document) == Right(0)
    granting.unshield(registry.session, anna, nodes.document(document.id))
    assert may(registry, "colleague", document)


# -- exclusions, parties, levels ---------------------------------------------------------------------


def test_an_exclusion_reaches_through_shields_deputies_and_combinations(registry: Registry) -> None:
    registry.unit("EH")
    registry.person("niece", "SO", "EH")
    registry.person("friend")
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    both = SubjectWish(all_of=(SubjectWish(unit="SO"), SubjectWish(unit="EH")))
    granting.give(registry.session, registry.actor(), nodes.document(document.id), GrantWish(["read"], both))
    shield(registry, nodes.document(document.id))
    name_deputy(registry, "friend", "niece")
    assert may(registry, "friend", document) == Right.READ

    wish = ExclusionWish("niece", "Nichte der Antragstellerin")
    granting.exclude(registry.session, registry.actor("anna"), nodes.case_file(case_file.id), wish)

    for person in ("niece", "friend"):
        assert may(registry, person, document) == Right(0)
        assert may(registry, person, case_file) == Right(0)


def test_the_own_exclusion_is_lifted_by_somebody_else(registry: Registry) -> None:
    registry.person("chief", "SO")
    case_file = registry.case_file(unit="SO")
    node = nodes.case_file(case_file.id)
    exclusion = granting.exclude(registry.session, registry.actor("anna"), node, ExclusionWish("chief", "Onkel"))

    with pytest.raises(NotFound):
        granting.lift(registry.session, registry.actor("chief"), node, exclusion.id)
    granting.lift(registry.session, registry.actor("anna"), node, exclusion.id, reason="doch nicht")

    assert may(registry, "chief", case_file)
    assert (exclusion.revoked_by, exclusion.revoked_reason) == ("anna", "doch nicht")


@pytest.mark.parametrize("name", ["Otto Öl", "OEL, Otto", "Dr. otto  öl", "Öl Otto"])
def test_a_party_of_the_same_name_is_kept_from_acting_in_any_spelling(registry: Registry, name: str) -> None:
    registry.person("otto", "SO", name="Otto Öl")

    case_file = registry.case_file(unit="SO", parties=(PartyWish("subject", name),))

    assert may(registry, "otto", case_file) == Right(0)
    assert may(registry, "anna", case_file)


@pytest.mark.parametrize("name", ["Otto Ölmann", "Otto", "Karl Öl", "—"])
def test_another_name_keeps_nobody_from_anything(registry: Registry, name: str) -> None:
    registry.person("otto", "SO", name="Otto Öl")

    assert may(registry, "otto", registry.case_file(unit="SO", parties=(PartyWish("subject", name),)))


def test_a_namesake_whom_somebody_cleared_stays_cleared(registry: Registry) -> None:
    registry.person("otto", "SO", name="Otto Öl")
    case_file = registry.case_file(unit="SO", parties=(PartyWish("subject", "Otto Öl"),))
    node = nodes.case_file(case_file.id)
    [exclusion] = granting.exclusions_on(registry.session, registry.actor("anna"), node)
    granting.lift(registry.session, registry.actor("anna"), node, exclusion.id, reason="anderer Otto Öl")

    case_files.add_party(registry.session, registry.actor(), case_file.id, PartyWish("lawyer", "RA Recht"))

    assert may(registry, "otto", case_file)


def test_a_party_with_a_known_account_is_excluded_whatever_the_name(registry: Registry) -> None:
    registry.person("otto", "SO", name="Otto Öl")

    case_file = registry.case_file(unit="SO", parties=(PartyWish("subject", "Mandant X", person="otto"),))

    assert may(registry, "otto", case_file) == Right(0)
    with pytest.raises(Invalid):
        registry.case_file(parties=(PartyWish("subject", "X", person="geist"),))


def test_a_name_survives_spelling() -> None:
    assert name_key("Prof. Dr. Änne von Ärmel-Groß") == name_key("ärmel gross, AENNE")


def test_the_highest_level_on_the_way_down_counts(registry: Registry) -> None:
    registry.person("low", "SO", ceiling=int(Level.INTERNAL))
    registry.person("high", "SO", ceiling=int(Level.CONFIDENTIAL))
    case_file = registry.case_file(unit="SO")
    document = filed(registry, case_file)
    node = nodes.document(document.id)

    granting.set_level(registry.session, registry.actor(), node, "vertraulich")
    scopes.set_level(registry.session, registry.session.get_one(CaseFile, case_file.id).access_scope_id, 1)

    assert may(registry, "anna", case_file) == Right(0)
    assert may(registry, "low", case_file)
    assert may(registry, "low", document) == Right(0)
    assert may(registry, "high", document)
    granting.set_level(registry.session, registry.actor(), node, "offen")
    assert may(registry, "low", document), "its own level is gone, that of the case file stays"
    assert may(registry, "anna", document) == Right(0)


def test_who_may_only_edit_opens_nothing_up_by_moving_it_or_handing_it_over(registry: Registry) -> None:
    registry.unit("WG")
    registry.person("clerk", "WG", ceiling=2)
    sickness = entry_section(registry, "11", "Krankheit")
    case_file = registry.case_file("11", unit="SO")
    document = filed(registry, case_file, section="Krankheit")
    for node in (sickness, nodes.case_file(case_file.id), nodes.entry("50")):
        registry.grant(node, "person:clerk", "Bearbeiten")
    shield(registry, sickness)
    clerk = registry.actor("clerk")

    for act in (
        lambda: correcting.move_document(registry.session, clerk, document.id, case_file.id, section=None),
        lambda: documents.change_document(registry.session, clerk, document.id, DocumentChange(section="Vertrag")),
        lambda: case_files.change_case_file(registry.session, clerk, case_file.id, CaseFileChange(filing_plan="50")),
        lambda: case_files.change_case_file(
            registry.session, clerk, case_file.id, CaseFileChange(responsible_unit="WG")
        ),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert may(registry, "anna", document) == Right(0)
