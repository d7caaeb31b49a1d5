"""Giving and revoking rights: who may, to whom, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from eakte import access, granting, nodes
from eakte.access_tables import AccessScope, Right
from eakte.errors import Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import GrantWish
from eakte.subjects import SubjectWish
from tests.domain.registry import Registry

ANNA = SubjectWish(person="anna")
SO_TREE = SubjectWish(unit="SO", sub_units=True)


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        (GrantWish(["schreiben"], SubjectWish(person="anna"), pointer="/grants/0"), "/grants/0/rights"),
        (GrantWish(["read"], SubjectWish()), "/to"),
        (GrantWish(["read"], SubjectWish(person="anna", unit="SO")), "/to"),
        (GrantWish(["read"], SubjectWish(person="nobody")), "/to/person"),
        (GrantWish(["read"], SubjectWish(person="registrar")), "/to/person"),
        (GrantWish(["read"], SubjectWish(system="anna")), "/to/system"),
        (GrantWish(["read"], SubjectWish(unit="XX")), "/to/unit"),
        (
            GrantWish(["read"], SubjectWish(person="anna"), valid_from=date(2026, 3, 2), valid_until=date(2026, 3, 1)),
            "/until",
        ),
    ],
)
def test_a_wrong_wish_names_its_field_and_grants_nothing(registry: Registry, wish: GrantWish, pointer: str) -> None:
    case_file = registry.case_file()
    savepoint = registry.session.begin_nested()

    with pytest.raises(Invalid) as refused:
        granting.give(registry.session, registry.actor(), nodes.case_file(case_file.id), wish)
    savepoint.rollback()

    assert refused.value.fields[0].pointer == pointer
    assert granting.grants_on(registry.session, registry.actor(), nodes.case_file(case_file.id)) == []


def test_until_a_day_includes_that_day_in_the_city(registry: Registry) -> None:
    case_file = registry.case_file()
    wish = GrantWish(["read"], SubjectWish(person="anna"), valid_from=date(2026, 7, 1), valid_until=date(2026, 12, 31))

    grant = granting.give(registry.session, registry.actor(), nodes.case_file(case_file.id), wish)

    assert grant.valid_from == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert grant.valid_until == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_sharing_needs_the_right_to_share(registry: Registry) -> None:
    case_file = registry.case_file()
    document = registry.document(case_file)
    wish = GrantWish(["read"], SubjectWish(unit="SO"))
    session, anna = registry.session, registry.actor("anna")

    def refused_by(refusal: type[Exception]) -> None:
        for share in (
            lambda: granting.give(session, anna, nodes.case_file(case_file.id), wish),
            lambda: granting.give(session, anna, nodes.document(document.id), wish),
            lambda: granting.give(session, anna, nodes.entry("50"), wish),
            lambda: granting.grants_on(session, anna, nodes.case_file(case_file.id)),
            lambda: granting.grants_on(session, anna, nodes.document(document.id)),
            lambda: granting.grants_on(session, anna, nodes.entry("50")),
        ):
            with pytest.raises(refusal):
                share()

    refused_by(NotFound)
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "bearbeiten", "close")
    refused_by(NotPermitted)


def test_an_administrator_shares_filing_plan_entries_but_reads_nothing_by_it(registry: Registry) -> None:
    registry.person("chef", role="admin")
    case_file = registry.case_file()

    grant = granting.give(
        registry.session,
        registry.actor("chef"),
        nodes.entry("50"),
        GrantWish(["lesen"], SO_TREE),
    )

    assert grant.subject == "unit-tree:SO"
    assert access.case_file_for(registry.session, registry.actor("anna"), case_file.id)
    with pytest.raises(NotFound):
        access.case_file_for(registry.session, registry.actor("chef"), case_file.id)
    with pytest.raises(NotFound):
        granting.give(registry.session, registry.actor("chef"), nodes.entry("99"), GrantWish(["lesen"], SO_TREE))


def test_grants_are_listed_and_revoked_one_by_one_and_their_history_stays(registry: Registry) -> None:
    case_file = registry.case_file()
    first = registry.grant(case_file, "person:anna", "read")
    second = registry.grant(case_file, "person:anna", "edit")

    known = granting.grants_on(registry.session, registry.actor(), nodes.case_file(case_file.id))
    assert [grant.id for grant in known] == [first.id, second.id]
    granting.revoke(registry.session, registry.actor(), nodes.case_file(case_file.id), second.id)

    assert granting.grants_on(registry.session, registry.actor(), nodes.case_file(case_file.id)) == [first]
    assert (second.revoked_by, second.revoked_at is not None) == ("registrar", True)
    with pytest.raises(NotFound):
        granting.revoke(registry.session, registry.actor(), nodes.case_file(case_file.id), second.id)


def test_responsibility_is_no_grant_that_can_be_revoked(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")

    assert granting.grants_on(registry.session, registry.actor("anna"), nodes.case_file(case_file.id)) == []


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
