"""What lists show through the access door: the filing plan, case files, documents, inboxes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from eakte import (
    access,
    access_lists,
    case_files,
    correcting,
    documents,
    filing_plan,
    inbox,
    reading,
)
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from tests.domain.registry import Registry

DAY = timedelta(days=1)


def listed(registry: Registry, person: str, **narrowing: str) -> set[UUID]:
    found = case_files.list_case_files(registry.session, registry.actor(person), limit=100, **narrowing)  # type: ignore[arg-type]
    return {case_file.id for case_file in found}


# -- the filing plan -------------------------------------------------------------------------------------


def plan(registry: Registry, person: str) -> list[str]:
    return [entry.code for entry in filing_plan.visible_plan(registry.session, registry.actor(person))]


def test_the_plan_shows_what_is_readable_and_the_way_there(registry: Registry) -> None:
    for code, parent in (("50.10", "50"), ("50.20", "50"), ("60", None), ("60.10", "60")):
        registry.entry(code, parent)
    registry.person("otto")
    registry.person("ilse")
    registry.grant(registry.session.get_one(FilingPlanEntry, "60.10"), "person:anna")
    registry.grant(registry.case_file("50.20"), "person:otto")
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:ilse")

    assert plan(registry, "anna") == ["60", "60.10"]
    assert plan(registry, "otto") == ["50", "50.20"]
    assert plan(registry, "ilse") == ["50", "50.10", "50.20"]


def test_an_entry_is_forgotten_with_the_last_case_file_that_led_there(registry: Registry) -> None:
    registry.unit("PO")
    registry.person("otto", "PO")
    case_file, kept = registry.case_file(unit="SO"), registry.case_file(unit="SO")
    for gone in (case_file, kept):
        assert plan(registry, "anna") == ["50"]
        case_files.change_case_file(registry.session, registry.actor(), gone.id, CaseFileChange(responsible_unit="PO"))

    assert plan(registry, "anna") == []
    assert plan(registry, "otto") == ["50"]


# -- lists -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest_rows", "few", "scope_limit"),
    [
        pytest.param(5_000, 0, 50_000, id="the newest rows fill the page"),
        pytest.param(2, 0, 50_000, id="per scope"),
        pytest.param(2, 300, 50_000, id="per scope at once"),
        pytest.param(2, 0, 0, id="on without end"),
    ],
)
def test_every_way_through_a_list_shows_the_same(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, newest_rows: int, few: int, scope_limit: int
) -> None:
    for rule, value in (("NEWEST_ROWS", newest_rows), ("FEW_SCOPES", few), ("SCOPE_LIMIT", scope_limit)):
        monkeypatch.setattr(access_lists, rule, {"sqlite": value, "postgresql": value})
    registry.person("otto")
    made = [registry.case_file() for _ in range(12)]
    readable = made[::3]
    for case_file in readable:
        registry.grant(case_file, "person:anna")
    session, anna = registry.session, registry.actor("anna")
    wanted = [case_file.id for case_file in reversed(readable)]

    whole = case_files.list_case_files(session, anna, limit=10)
    assert [row.id for row in whole] == wanted

    pages: list[UUID] = []
    after = None
    while page := case_files.list_case_files(session, anna, after=after, limit=3):
        pages += [row.id for row in page]
        after = access_lists.Position(page[-1].updated_at, page[-1].id)
    assert pages == wanted
    assert case_files.list_case_files(session, registry.actor("otto"), limit=10) == []
    assert listed(registry, "anna", filing_plan_code="60") == set()
    assert listed(registry, "anna", responsible_unit="unassigned", filing_plan_code="50") == set(wanted)


def test_a_scope_newer_than_the_readable_set_is_not_readable(registry: Registry) -> None:
    older = registry.case_file()
    registry.grant(older, "person:anna")
    readable = access.scopes_with(registry.session, registry.actor("anna"))
    newer = registry.case_file(unit="SO")

    found = access_lists.newest(registry.session, readable, CaseFile, limit=10)

    assert newer.access_scope_id not in readable
    assert found == [older.id]


def test_a_list_of_documents_leaves_out_what_may_not_be_read(registry: Registry) -> None:
    case_file, target = registry.case_file(), registry.case_file()
    titles = ["eins", "zwei", "drei", "vier", "fünf"]
    made = {title: registry.document(case_file, title) for title in titles}
    registry.grant(case_file, "person:anna")
    correcting.move_document(registry.session, registry.actor(), made["drei"].id, target.id)
    correcting.withdraw_document(registry.session, registry.actor(), made["zwei"].id, "Versehen")
    session, anna = registry.session, registry.actor("anna")

    seen: list[str] = []
    after = None
    while page := documents.list_documents(session, anna, case_file.id, after=after, limit=2):
        seen += [document.title for document in page]
        after = access_lists.Position(page[-1].created_at, page[-1].id)

    assert seen == ["fünf", "vier", "eins"]


def test_what_moves_is_gone_from_the_first_file_and_follows_the_rights_of_the_second(registry: Registry) -> None:
    registry.person("otto")
    source, target = registry.case_file(), registry.case_file()
    document = registry.document(source)
    registry.grant(source, "person:anna", "bearbeiten")
    registry.grant(target, "person:anna", "file")
    registry.grant(target, "person:otto")
    before = source.revision

    correcting.move_document(registry.session, registry.actor("anna"), document.id, target.id)

    assert documents.list_documents(registry.session, registry.actor("anna"), source.id, limit=9) == []
    assert access.document_for(registry.session, registry.actor("otto"), document.id)
    assert source.revision == before + 1
    with pytest.raises(NotPermitted):
        correcting.move_document(registry.session, registry.actor("otto"), document.id, source.id)


def test_moving_needs_rights_on_both_sides(registry: Registry) -> None:
    source, target, hidden = registry.case_file(), registry.case_file(), registry.case_file()
    document = registry.document(source)
    registry.grant(source, "person:anna", "edit")
    registry.grant(target, "person:anna", "read")
    session, anna = registry.session, registry.actor("anna")

    with pytest.raises(NotPermitted):
        correcting.move_document(session, anna, document.id, target.id)
    with pytest.raises(NotFound):
        correcting.move_document(session, anna, document.id, hidden.id)
    assert document.case_file_id == source.id


# -- inboxes ---------------------------------------------------------------------------------------------


def in_inbox(registry: Registry, person: str) -> set[UUID]:
    return {waiting.item.id for waiting in inbox.list_waiting(registry.session, registry.actor(person), limit=50)}


def test_an_inbox_is_its_units_and_nobody_elses(registry: Registry) -> None:
    registry.unit("PO")
    registry.unit("SO-EH", "SO")
    registry.person("otto", "PO")
    registry.person("emma", "SO-EH")
    item = registry.waiting("SO")

    assert in_inbox(registry, "anna") == {item.id}
    assert in_inbox(registry, "otto") == in_inbox(registry, "emma") == set()
    for name in ("otto", "emma", "registrar"):
        with pytest.raises(NotFound):
            inbox.item_for(registry.session, registry.actor(name), item.id)
        with pytest.raises(NotFound):
            access.document_for(registry.session, registry.actor(name), item.document_id)


def test_what_concerns_a_known_case_file_is_only_for_those_who_may_file_there(registry: Registry) -> None:
    registry.person("otto", "SO")
    case_file = registry.case_file()
    registry.grant(case_file, "person:otto", "read")
    item = registry.waiting("SO", concerns=case_file)
    assert in_inbox(registry, "anna") == in_inbox(registry, "otto") == set()
    for name in ("anna", "otto"):
        with pytest.raises(NotFound):
            inbox.item_for(registry.session, registry.actor(name), item.id)
        with pytest.raises(NotFound):
            reading.content_of(registry.session, registry.actor(name), item.document_id)

    registry.grant(case_file, "person:otto", "file")

    assert in_inbox(registry, "otto") == {item.id}
    assert reading.content_of(registry.session, registry.actor("otto"), item.document_id)
    assert in_inbox(registry, "anna") == set()


def test_a_long_inbox_is_paged_past_what_is_hidden(registry: Registry) -> None:
    case_file = registry.case_file()
    made = [registry.waiting("SO", concerns=case_file if number % 2 else None) for number in range(9)]

    seen: list[UUID] = []
    after = None
    while page := inbox.list_waiting(registry.session, registry.actor("anna"), after=after, limit=2):
        seen += [waiting.item.id for waiting in page]
        after = page[-1].item.id

    assert seen == [item.id for item in made[::2]]
