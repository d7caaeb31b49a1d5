"""Giving and revoking rights: who may, to whom, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from eakte import access, granting
from eakte.access_tables import AccessScope, Right
from eakte.errors import Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import GrantWish
from tests.domain.registry import Registry


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        (GrantWish(["schreiben"], person="anna", pointer="/grants/0"), "/grants/0/rights"),
        (GrantWish(["read"]), "/to"),
        (GrantWish(["read"], person="anna", unit="SO"), "/to"),
        (GrantWish(["read"], person="nobody"), "/to/person"),
        (GrantWish(["read"], person="registrar"), "/to/person"),
        (GrantWish(["read"], system="anna"), "/to/system"),
        (GrantWish(["read"], unit="XX"), "/to/unit"),
        (GrantWish(["read"], person="anna", valid_from=date(2026, 3, 2), valid_until=date(2026, 3, 1)), "/until"),
    ],
)
def test_a_wrong_wish_names_its_field_and_grants_nothing(registry: Registry, wish: GrantWish, pointer: str) -> None:
    case_file = registry.case_file()
    savepoint = registry.session.begin_nested()

    with pytest.raises(Invalid) as refused:
        granting.grant_on_case_file(registry.session, registry.actor(), case_file.id, wish)
    savepoint.rollback()

    assert refused.value.fields[0].pointer == pointer
    assert granting.grants_on_case_file(registry.session, registry.actor(), case_file.id) == []


def test_until_a_day_includes_that_day_in_the_city(registry: Registry) -> None:
    case_file = registry.case_file()
    wish = GrantWish(["read"], person="anna", valid_from=date(2026, 7, 1), valid_until=date(2026, 12, 31))

    grant = granting.grant_on_case_file(registry.session, registry.actor(), case_file.id, wish)

    assert grant.valid_from == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert grant.valid_until == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_sharing_needs_the_right_to_share(registry: Registry) -> None:
    case_file = registry.case_file()
    document = registry.document(case_file)
    wish = GrantWish(["read"], unit="SO")
    session, anna = registry.session, registry.actor("anna")

    def refused_by(refusal: type[Exception]) -> None:
        for share in (
            lambda: granting.grant_on_case_file(session, anna, case_file.id, wish),
            lambda: granting.grant_on_document(session, anna, document.id, wish),
            lambda: granting.grant_on_entry(session, anna, "50", wish),
            lambda: granting.grants_on_case_file(session, anna, case_file.id),
            lambda: granting.grants_on_document(session, anna, document.id),
            lambda: granting.grants_on_entry(session, anna, "50"),
        ):
            with pytest.raises(refusal):
                share()

    refused_by(NotFound)
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "bearbeiten", "close")
    refused_by(NotPermitted)


def test_an_administrator_shares_filing_plan_entries_but_reads_nothing_by_it(registry: Registry) -> None:
    registry.person("chef", role="admin")
    case_file = registry.case_file()

    grant = granting.grant_on_entry(
        registry.session, registry.actor("chef"), "50", GrantWish(["lesen"], unit="SO", sub_units=True)
    )

    assert grant.subject == "unit-tree:SO"
    assert access.case_file_for(registry.session, registry.actor("anna"), case_file.id)
    with pytest.raises(NotFound):
        access.case_file_for(registry.session, registry.actor("chef"), case_file.id)
    with pytest.raises(NotFound):
        granting.grant_on_entry(registry.session, registry.actor("chef"), "99", GrantWish(["lesen"], unit="SO"))


def test_grants_are_listed_and_revoked_one_by_one_and_their_history_stays(registry: Registry) -> None:
    case_file = registry.case_file()
    first = registry.grant(case_file, "person:anna", "read")
    second = registry.grant(case_file, "person:anna", "edit")

    known = granting.grants_on_case_file(registry.session, registry.actor(), case_file.id)
    assert [grant.id for grant in known] == [first.id, second.id]
    granting.revoke(registry.session, registry.actor(), known, second.id)

    assert granting.grants_on_case_file(registry.session, registry.actor(), case_file.id) == [first]
    assert (second.revoked_by, second.revoked_at is not None) == ("registrar", True)
    with pytest.raises(NotFound):
        granting.revoke(registry.session, registry.actor(), [first], second.id)


def test_responsibility_is_no_grant_that_can_be_revoked(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")

    assert granting.grants_on_case_file(registry.session, registry.actor("anna"), case_file.id) == []


@pytest.mark.parametrize(
    ("words", "rights"),
    [
        ([], Right.READ),
        (["READ"], Right.READ),
        (["File"], Right.READ | Right.FILE),
        (["Lesen", "dispose"], Right.READ | Right.DISPOSE),
        (["LEITEN"], Right(31)),
    ],
)
def test_rights_are_read_in_any_case(words: Sequence[str], rights: Right) -> None:
    assert granting.parse_rights(words, "") == rights


def test_a_first_grant_gives_a_node_its_own_scope_and_later_ones_share_it(registry: Registry) -> None:
    case_file = registry.case_file()
    document, beside = registry.document(case_file), registry.document(case_file)
    inherited = case_file.access_scope_id

    registry.grant(document, "person:anna")
    own = document.access_scope_id
    registry.grant(document, "unit:SO")
    assert (document.access_scope_id, beside.access_scope_id) == (own, inherited)

    registry.grant(case_file, "person:anna")
    for thing in (case_file, document, beside):
        registry.session.refresh(thing)
    assert beside.access_scope_id == case_file.access_scope_id != inherited
    assert document.access_scope_id == own
    scope = registry.session.get_one(AccessScope, own)
    assert scope.parent_id == case_file.access_scope_id
