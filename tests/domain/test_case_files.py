"""The life of a case file: opening, finding, changing, completing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from eakte import access, case_files, correcting, documents, granting, letters
from eakte.case_file_tables import CaseFile, CaseFileStatus, Party
from eakte.case_file_writing import CaseFileCompleted
from eakte.case_files import CaseFileChange, CaseFileWish
from eakte.clock import today
from eakte.document_tables import DocumentKind
from eakte.documents import DocumentChange, DocumentWish
from eakte.errors import Conflict, Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import GrantWish
from eakte.jobs import Job, JobKind
from eakte.parties import PartyWish
from eakte.principals import UNASSIGNED_UNIT
from eakte.subjects import SubjectWish
from tests.domain.registry import FORMAT, Registry


def open_(registry: Registry, actor: str = "registrar", code: str = "50", **wish: object) -> CaseFile:
    wanted = CaseFileWish(code, **{"title": "Akte", **wish})  # type: ignore[arg-type]
    return case_files.open_case_file(registry.session, registry.actor(actor), wanted, reference_format=FORMAT)


def find_or_open(registry: Registry, external_id: str, title: str = "Akte", actor: str = "km") -> tuple[CaseFile, bool]:
    wish = CaseFileWish("50", title, external_id=external_id)
    return case_files.find_or_open(registry.session, registry.actor(actor), wish, reference_format=FORMAT)


@pytest.fixture
def km(registry: Registry) -> str:
    """A specialist system that may file on 50."""
    registry.system("km")
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "system:km", "file")
    return "km"


# -- opening ---------------------------------------------------------------------------------------------


def test_a_new_case_file_has_its_reference_its_parties_and_its_place_in_the_index(registry: Registry) -> None:
    opened = open_(
        registry, parties=[PartyWish("subject", " Mia Beispiel ", date(2017, 3, 1)), PartyWish("parent", "Erika")]
    )

    assert opened.reference == f"50/{today().year}/00001"
    parties = case_files.parties_of(registry.session, registry.actor(), opened.id)
    assert [(party.role, party.name) for party in parties] == [("subject", "Mia Beispiel"), ("parent", "Erika")]
    jobs = registry.session.exec(select(Job.kind, Job.subject_id)).all()
    assert jobs == [(JobKind.INDEX_CASE_FILE, opened.id)]


def test_the_openers_own_first_unit_is_responsible_unless_another_is_named(registry: Registry, km: str) -> None:
    registry.unit("PO")
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "file")

    assert open_(registry, "anna").responsible_unit_id == "SO"
    assert open_(registry, "anna", responsible_unit="PO").responsible_unit_id == "PO"
    assert open_(registry, km).responsible_unit_id == UNASSIGNED_UNIT


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"code": "nowhere"}, "/filing_plan"),
        ({"code": "60"}, "/filing_plan"),
        ({"responsible_unit": "XX"}, "/responsible_unit"),
        ({"title": "  "}, "/title"),
        ({"parties": [PartyWish("parent", " ")]}, "/parties/0"),
        ({"fields": {"x": 1}}, "/fields/x"),
    ],
)
def test_a_wrong_wish_names_its_field_and_leaves_nothing_behind(
    registry: Registry, wish: dict[str, object], pointer: str
) -> None:
    registry.entry("60")
    registry.entry("60.10", "60")
    savepoint = registry.session.begin_nested()

    with pytest.raises(Invalid) as refused:
        open_(registry, **wish)  # type: ignore[arg-type]
    savepoint.rollback()

    assert refused.value.fields[0].pointer == pointer
    assert registry.session.exec(select(CaseFile)).all() == []


def test_an_entry_nobody_may_know_of_is_refused_like_one_that_is_none(registry: Registry) -> None:
    refusals = []
    for code in ("50", "nowhere"):
        with pytest.raises(Invalid) as refused:
            open_(registry, "anna", code=code)
        refusals.append(str(refused.value) + refused.value.fields[0].detail.replace(code, "…"))

    assert refusals[0] == refusals[1]


def test_a_known_entry_without_the_right_to_file_is_not_permitted(registry: Registry) -> None:
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "person:anna", "read")

    with pytest.raises(NotPermitted, match="Ablegen"):
        open_(registry, "anna")


# -- by external reference -------------------------------------------------------------------------------


def test_the_same_external_id_finds_what_it_opened_and_leaves_it_unchanged(registry: Registry, km: str) -> None:
    opened, first = find_or_open(registry, "4711")
    again, second = find_or_open(registry, "4711", title="Ganz anders")

    assert (first, second) == (True, False)
    assert again.id == opened.id
    assert again.title == "Akte"


def test_external_ids_are_each_systems_own(registry: Registry, km: str) -> None:
    registry.system("other")
    registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "system:other", "file")

    assert find_or_open(registry, "1")[0].id != find_or_open(registry, "1", actor="other")[0].id


def test_only_specialist_systems_have_external_ids(registry: Registry) -> None:
    with pytest.raises(NotPermitted):
        find_or_open(registry, "1", actor="anna")


def test_a_system_that_lost_its_rights_no_longer_finds_what_it_opened(registry: Registry) -> None:
    registry.system("km")
    grant = registry.grant(registry.session.get_one(FilingPlanEntry, "50"), "system:km", "file")
    find_or_open(registry, "1")
    registry.revoke(grant)

    with pytest.raises(NotFound):
        find_or_open(registry, "1")


def test_opening_twice_under_one_external_id_is_a_conflict(registry: Registry, km: str) -> None:
    open_(registry, km, external_id="1")

    with pytest.raises(Conflict, match="„1“"):
        open_(registry, km, external_id="1")


# -- changing --------------------------------------------------------------------------------------------


def test_a_change_bumps_the_revision_and_the_place_in_lists(registry: Registry) -> None:
    first, second = registry.case_file(), registry.case_file()
    before = (first.revision, first.updated_at)

    case_files.change_case_file(registry.session, registry.actor(), first.id, CaseFileChange(title=" Neu "))

    assert first.title == "Neu"
    assert first.revision == before[0] + 1
    assert first.updated_at > before[1]
    listed = case_files.list_case_files(registry.session, registry.actor(), limit=9)
    assert [case_file.id for case_file in listed] == [first.id, second.id]


def test_handing_over_to_nobody_known_is_refused(registry: Registry) -> None:
    case_file = registry.case_file(unit="SO")

    with pytest.raises(Invalid, match="federführende Einheit"):
        case_files.change_case_file(
            registry.session, registry.actor(), case_file.id, CaseFileChange(responsible_unit="XX")
        )


# -- completing ------------------------------------------------------------------------------------------


def test_a_completed_case_file_takes_nothing_more_until_it_is_reopened(registry: Registry) -> None:
    case_file, other = registry.case_file(), registry.case_file()
    document, elsewhere = registry.document(case_file), registry.document(other)
    letter = registry.letter(case_file)
    session, actor = registry.session, registry.actor()
    case_files.complete_case_file(session, actor, case_file.id)

    for write in (
        lambda: case_files.change_case_file(session, actor, case_file.id, CaseFileChange(title="Neu")),
        lambda: case_files.add_party(session, actor, case_file.id, PartyWish("a", "b")),
        lambda: case_files.open_proceeding(session, actor, case_file.id, "Vorgang"),
        lambda: case_files.complete_case_file(session, actor, case_file.id),
        lambda: registry.document(case_file),
        lambda: documents.add_version(session, actor, document.id, registry.stored(b"neu")),
        lambda: documents.change_document(session, actor, document.id, DocumentChange(title="Neu")),
        lambda: correcting.withdraw_document(session, actor, document.id, "weg"),
        lambda: correcting.move_document(session, actor, document.id, other.id),
        lambda: correcting.move_document(session, actor, elsewhere.id, case_file.id),
        lambda: letters.cancel_letter(session, actor, letter.id),
    ):
        with pytest.raises(CaseFileCompleted, match=case_file.reference):
            write()
    assert access.document_for(session, actor, document.id), "reading goes on"

    case_files.reopen_case_file(session, actor, case_file.id)
    case_files.reopen_case_file(session, actor, case_file.id)

    assert (case_file.status, case_file.completed_at) == (CaseFileStatus.OPEN, None)
    assert registry.document(case_file)


def test_a_repeated_attachment_to_a_completed_case_file_still_finds_what_was_filed(registry: Registry) -> None:
    case_file = registry.case_file()
    wish = DocumentWish("Bescheid", DocumentKind.INCOMING, external_id="1")
    stored = registry.stored()
    filed, _ = documents.attach_document(registry.session, registry.actor(), case_file.id, stored, wish)
    case_files.complete_case_file(registry.session, registry.actor(), case_file.id)

    assert documents.attach_document(registry.session, registry.actor(), case_file.id, stored, wish) == (filed, False)


def test_completing_needs_the_right_to_close(registry: Registry) -> None:
    case_file = registry.case_file()
    registry.grant(case_file, "person:anna", "bearbeiten")

    for close in (case_files.complete_case_file, case_files.reopen_case_file):
        with pytest.raises(NotPermitted, match="Abschließen"):
            close(registry.session, registry.actor("anna"), case_file.id)


# -- inside ----------------------------------------------------------------------------------------------


def test_proceedings_are_listed_oldest_first(registry: Registry) -> None:
    case_file = registry.case_file()
    for title in ("Erster", "Zweiter"):
        case_files.open_proceeding(registry.session, registry.actor(), case_file.id, title)

    listed = case_files.proceedings_of(registry.session, registry.actor(), case_file.id)
    assert [proceeding.title for proceeding in listed] == ["Erster", "Zweiter"]


def test_an_added_party_comes_last(registry: Registry) -> None:
    case_file = registry.case_file(parties=(PartyWish("subject", "Mia"),))

    case_files.add_party(registry.session, registry.actor(), case_file.id, PartyWish("lawyer", "RA Recht"))

    assert registry.session.exec(select(Party.name).order_by(Party.position)).all() == ["Mia", "RA Recht"]  # type: ignore[arg-type]


def test_who_opens_may_say_who_else_has_rights(registry: Registry, km: str) -> None:
    case_file = open_(registry, km)
    wish = GrantWish(["read"], SubjectWish(person="anna"))
    granting.give_at_opening(registry.session, registry.actor(km), case_file.id, wish)

    assert access.case_file_for(registry.session, registry.actor("anna"), case_file.id)
