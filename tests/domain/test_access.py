"""Who may do what: every door agrees, and what somebody may not know of does not exist for them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from eakte import (
    access,
    access_lists,
    case_files,
    correcting,
    documents,
    filing_plan,
    inbox,
    letters,
    reading,
    scopes,
)
from eakte.access_tables import Right
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange, CaseFileWish
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.ids import new_id
from tests.domain.registry import FORMAT, Registry

DAY = timedelta(days=1)


def listed(registry: Registry, person: str, **narrowing: str) -> set[UUID]:
    found = case_files.list_case_files(registry.session, registry.actor(person), limit=100, **narrowing)  # type: ignore[arg-type]
    return {case_file.id for case_file in found}


def may(registry: Registry, person: str, thing: CaseFile | Document) -> Right:
    return access.rights_on(registry.session, registry.actor(person), thing.access_scope_id)


# -- default ---------------------------------------------------------------------------------------------


def test_without_a_grant_nothing_exists(registry: Registry) -> None:
    case_file = registry.case_file()
    document = registry.document(case_file)
    anna, session = registry.actor("anna"), registry.session

    for door in (
        lambda: access.case_file_for(session, anna, case_file.id),
        lambda: access.document_for(session, anna, document.id),
        lambda: case_files.find_by_reference(session, anna, case_file.reference),
        lambda: documents.list_documents(session, anna, case_file.id, limit=10),
        lambda: reading.content_of(session, anna, document.id),
        lambda: reading.page_image(session, registry.blobs, anna, document.id, 1),
        lambda: reading.words_of_page(session, anna, document.id, 1),
        lambda: reading.text_of(session, anna, document.id),
        lambda: documents.versions_of(session, anna, document.id),
        lambda: case_files.parties_of(session, anna, case_file.id),
        lambda: letters.letters_of(session, anna, case_file.id),
        lambda: access.filing_plan_entry_for(session, anna, "50"),
    ):
        with pytest.raises(NotFound) as refused:
            door()
        assert str(refused.value) == str(NotFound()), "the same words as for what does not exist"
    assert listed(registry, "anna") == set()
    assert filing_plan.visible_plan(session, anna) == []


def test_who_opens_a_case_file_gains_nothing_by_it(registry: Registry) -> None:
    registry.person("otto")
    grant = registry.grant(registry.entry("60"), "person:otto", "file")
    opened = case_files.open_case_file(
        registry.session, registry.actor("otto"), CaseFileWish("60", "Akte"), reference_format=FORMAT
    )
    assert may(registry, "otto", opened) == Right.READ | Right.FILE

    registry.revoke(grant)

    assert may(registry, "otto", opened) == Right(0)


# -- grants ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("node", ["entry above", "entry", "case file", "document"])
@pytest.mark.parametrize(
    ("to", "sub_units", "reached"),
    [
        pytest.param("person:otto", False, {"otto"}, id="person"),
        pytest.param("unit:SO", False, {"anna", "otto"}, id="unit"),
        pytest.param("unit:SO", True, {"anna", "otto", "emma"}, id="unit with sub-units"),
        pytest.param("unit:SO-EH", True, {"emma"}, id="lower unit"),
        pytest.param("system:km", False, {"km"}, id="system"),
    ],
)
def test_a_grant_reaches_its_subjects_on_its_node_and_below(
    registry: Registry, node: str, to: str, sub_units: bool, reached: set[str]
) -> None:
    registry.unit("SO-EH", "SO")
    registry.person("otto", "SO")
    registry.person("emma", "SO-EH")
    registry.person("ilse")
    registry.system("km")
    above, entry = registry.session.get_one(FilingPlanEntry, "50"), registry.entry("50.10", "50")
    case_file, other = registry.case_file("50.10"), registry.case_file("50.10")
    document, beside = registry.document(case_file), registry.document(case_file)

    nodes: dict[str, FilingPlanEntry | CaseFile | Document] = {
        "entry above": above,
        "entry": entry,
        "case file": case_file,
        "document": document,
    }
    registry.grant(nodes[node], to, sub_units=sub_units)

    everybody = ("anna", "otto", "emma", "ilse", "km")
    assert {name for name in everybody if may(registry, name, document)} == reached
    assert {name for name in everybody if may(registry, name, beside)} == (reached if node != "document" else set())
    assert {name for name in everybody if may(registry, name, case_file)} == (reached if node != "document" else set())
    assert {name for name in everybody if may(registry, name, other)} == (reached if "entry" in node else set())


def test_any_right_includes_reading_and_bundles_say_what_people_say(registry: Registry) -> None:
    case_file = registry.case_file()
    for name, rights in {
        "Lesen": Right.READ,
        "Bearbeiten": Right.READ | Right.FILE | Right.EDIT,
        "leiten": Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE,
        "Registratur": Right(63),
        "share": Right.READ | Right.SHARE,
    }.items():
        person = registry.person(f"with-{name.lower()}")
        registry.grant(case_file, f"person:{person}", name)
        assert may(registry, person, case_file) == rights


def test_rights_from_several_grants_add_up_and_go_one_by_one(registry: Registry) -> None:
    case_file = registry.case_file()
    registry.grant(case_file, "unit:SO", "read")
    edit = registry.grant(case_file, "person:anna", "edit")
    assert may(registry, "anna", case_file) == Right.READ | Right.EDIT

    registry.revoke(edit)

    assert may(registry, "anna", case_file) == Right.READ


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        pytest.param(None, None, True, id="always"),
        pytest.param(-DAY, DAY, True, id="now"),
        pytest.param(DAY, None, False, id="from tomorrow"),
        pytest.param(None, -DAY, False, id="until yesterday"),
        pytest.param(-2 * DAY, -DAY, False, id="over"),
    ],
)
def test_a_grant_holds_from_and_until(
    registry: Registry, since: timedelta | None, until: timedelta | None, holds: bool
) -> None:
    case_file = registry.case_file()
    assert listed(registry, "anna") == set()

    registry.grant(
        case_file,
        "person:anna",
        since=None if since is None else now() + since,
        until=None if until is None else now() + until,
    )

    assert (listed(registry, "anna") == {case_file.id}) is holds
    assert bool(may(registry, "anna", case_file)) is holds


def test_a_cached_set_ends_when_a_grant_begins_or_ends(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = registry.case_file(), registry.case_file()
    registry.grant(first, "person:anna", until=now() + DAY)
    registry.grant(second, "person:anna", since=now() + 2 * DAY)
    seen = [listed(registry, "anna")]

    for days in (1.5, 2.5):
        later = now() + days * DAY
        monkeypatch.setattr(access, "now", lambda later=later: later)
        monkeypatch.setattr("eakte.access_sets.now", lambda later=later: later)
        seen.append(listed(registry, "anna"))

    assert seen == [{first.id}, set(), {second.id}]


def test_a_revocation_holds_from_the_next_look_on(registry: Registry) -> None:
    case_file = registry.case_file()
    document = registry.document(case_file)
    grant = registry.grant(case_file, "person:anna")
    assert listed(registry, "anna") == {case_file.id}

    registry.revoke(grant)

    assert listed(registry, "anna") == set()
    with pytest.raises(NotFound):
        access.document_for(registry.session, registry.actor("anna"), document.id)


def test_a_revocation_that_was_rolled_back_takes_nothing(registry: Registry) -> None:
    case_file = registry.case_file()
    grant = registry.grant(case_file, "person:anna")
    anna = registry.actor("anna")
    savepoint = registry.session.begin_nested()
    registry.revoke(grant)
    assert listed(registry, "anna") == set()

    savepoint.rollback()

    assert access.case_file_for(registry.session, anna, case_file.id)
    assert listed(registry, "anna") == {case_file.id}


def test_leaving_a_unit_takes_its_rights_along(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")
    anna = registry.actor("anna")
    assert "unit:SO" in anna.subjects

    registry.person("otto")

    assert may(registry, "anna", case_file)
    assert not may(registry, "otto", case_file)


# -- responsibility --------------------------------------------------------------------------------------


def test_the_responsible_unit_leads_until_it_hands_over(registry: Registry) -> None:
    registry.unit("PO")
    registry.person("otto", "PO")
    case_file = registry.case_file(unit="SO")
    document = registry.document(case_file)
    own = registry.document(case_file)
    registry.person("ilse")
    registry.grant(own, "person:ilse")
    assert may(registry, "anna", case_file) == Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE

    case_files.change_case_file(
        registry.session, registry.actor("anna"), case_file.id, CaseFileChange(responsible_unit="PO")
    )

    for thing in (case_file, document, own):
        registry.session.refresh(thing)
        assert may(registry, "anna", thing) == Right(0)
        assert may(registry, "otto", thing) & Right.SHARE
    assert may(registry, "ilse", own) == Right.READ, "what was granted on the document itself stays"
    assert listed(registry, "anna") == set()
    assert listed(registry, "otto") == {case_file.id}


def test_handing_over_keeps_what_was_granted_on_the_file_itself(registry: Registry) -> None:
    registry.unit("PO")
    registry.person("otto", "PO")
    registry.person("ilse")
    case_file = registry.case_file(unit="SO")
    document = registry.document(case_file)
    registry.grant(case_file, "person:ilse", "file")
    registry.grant(document, "person:ilse", "edit")

    case_files.change_case_file(registry.session, registry.actor(), case_file.id, CaseFileChange(responsible_unit="PO"))

    assert may(registry, "anna", case_file) == may(registry, "anna", document) == Right(0)
    assert may(registry, "otto", document) & Right.CLOSE
    assert may(registry, "ilse", document) == Right.READ | Right.FILE | Right.EDIT


def test_nobody_leads_what_no_unit_is_responsible_for(registry: Registry) -> None:
    registry.person("lost", "unassigned")

    case_file = registry.case_file()

    assert may(registry, "lost", case_file) == Right(0)


# -- documents -------------------------------------------------------------------------------------------


def test_a_grant_on_a_document_shows_of_its_case_file_the_reference_only(registry: Registry) -> None:
    case_file = registry.case_file()
    document, beside = registry.document(case_file), registry.document(case_file)
    registry.grant(document, "person:anna")
    session, anna = registry.session, registry.actor("anna")

    assert access.document_for(session, anna, document.id)
    assert access.reference_of(session, case_file.id) == case_file.reference
    for door in (
        lambda: access.document_for(session, anna, beside.id),
        lambda: access.case_file_for(session, anna, case_file.id),
        lambda: documents.list_documents(session, anna, case_file.id, limit=9),
        lambda: access.filing_plan_entry_for(session, anna, "50"),
    ):
        with pytest.raises(NotFound):
            door()
    assert listed(registry, "anna") == set()
    assert filing_plan.visible_plan(session, anna) == []


def test_a_withdrawn_document_exists_for_nobody(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")
    document = registry.document(case_file)
    correcting.withdraw_document(registry.session, registry.actor(), document.id, "falsch abgelegt")

    for name in ("anna", "registrar"):
        with pytest.raises(NotFound):
            access.document_for(registry.session, registry.actor(name), document.id)
        assert documents.list_documents(registry.session, registry.actor(name), case_file.id, limit=9) == []


# -- known but not permitted -----------------------------------------------------------------------------


@pytest.mark.parametrize("right", [Right.FILE, Right.EDIT, Right.CLOSE, Right.SHARE, Right.DISPOSE])
def test_what_may_only_be_read_refuses_by_the_name_of_the_right(registry: Registry, right: Right) -> None:
    case_file = registry.case_file()
    document = registry.document(case_file)
    entry = registry.session.get_one(FilingPlanEntry, "50")
    registry.grant(entry, "person:anna")
    session, anna = registry.session, registry.actor("anna")

    for refuse in (
        lambda: access.case_file_for(session, anna, case_file.id, right),
        lambda: access.document_for(session, anna, document.id, right),
        lambda: access.filing_plan_entry_for(session, anna, "50", right),
    ):
        with pytest.raises(NotPermitted, match=access.RIGHT_NAMES[right]):
            refuse()


def test_an_entry_above_something_readable_is_known_but_nothing_may_be_filed_there(registry: Registry) -> None:
    registry.entry("50.10", "50")
    case_file = registry.case_file("50.10")
    registry.grant(case_file, "person:anna", "leiten")

    for code in ("50", "50.10"):
        assert access.filing_plan_entry_for(registry.session, registry.actor("anna"), code)
        with pytest.raises(NotPermitted):
            access.filing_plan_entry_for(registry.session, registry.actor("anna"), code, Right.FILE)


def test_a_letter_is_changed_only_by_who_may_file_into_its_case_file(registry: Registry) -> None:
    letter = registry.letter(registry.case_file())
    registry.grant(registry.session.get_one(Document, letter.document_id), "person:anna", "bearbeiten")

    assert access.letter_for(registry.session, registry.actor("anna"), letter.id)
    with pytest.raises(NotPermitted, match="an der Akte"):
        letters.cancel_letter(registry.session, registry.actor("anna"), letter.id)


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
    ("newest_rows", "scope_limit"),
    [
        pytest.param(5_000, 50_000, id="the newest rows fill the page"),
        pytest.param(2, 50_000, id="per scope"),
        pytest.param(2, 0, id="on without end"),
    ],
)
def test_every_way_through_a_list_shows_the_same(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, newest_rows: int, scope_limit: int
) -> None:
    monkeypatch.setattr(access_lists, "NEWEST_ROWS", newest_rows)
    monkeypatch.setattr(access_lists, "SCOPE_LIMIT", {"sqlite": scope_limit, "postgresql": scope_limit})
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


def test_scopes_stay_small_dense_numbers(session: Session, registry: Registry) -> None:
    first = scopes.case_file_scope(session, registry.case_file())
    second = scopes.case_file_scope(session, registry.case_file())

    assert second == first + 1


def test_nobody_is_anybody(registry: Registry) -> None:
    with pytest.raises(NotFound):
        registry.actor("nobody")
    with pytest.raises(NotFound):
        access.case_file_for(registry.session, registry.actor(), new_id())
