"""Who may do what: every door agrees, and what somebody may not know of does not exist for them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from eakte import (
    access,
    case_files,
    correcting,
    documents,
    filing_plan,
    letters,
    places,
    reading,
)
from eakte.access_tables import RIGHT_NAMES, Right
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
        lambda: reading.page_image(session, anna, document.id, 1),
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
        monkeypatch.setattr("eakte.kept.now", lambda later=later: later)
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
    assert "unit:SO" in anna.own.subjects

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
        with pytest.raises(NotPermitted, match=RIGHT_NAMES[right]):
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


def test_scopes_stay_small_dense_numbers(session: Session, registry: Registry) -> None:
    first = places.case_file_scope(session, registry.case_file())
    second = places.case_file_scope(session, registry.case_file())

    assert second == first + 1


def test_nobody_is_anybody(registry: Registry) -> None:
    with pytest.raises(NotFound):
        registry.actor("nobody")
    with pytest.raises(NotFound):
        access.case_file_for(registry.session, registry.actor(), new_id())
