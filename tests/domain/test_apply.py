"""`eakte apply organisation.yaml`: what it sets up, and that it can be repeated and changed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from eakte import letter_templates, nodes
from eakte.access import rights_on
from eakte.access_tables import ROOT_SCOPE_ID, AccessGrant, GrantCause, Right, ScopeAncestor
from eakte.actors import actor_for
from eakte.apply import apply_organisation
from eakte.audit import AuditTag, pending_events
from eakte.document_tables import Document, DocumentKind
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.grants import add_grant
from eakte.jobs import Job, JobKind
from eakte.principals import Person, Principal, PrincipalKind, Station, Unit
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from tests.domain.organisations import CITY, Desk

DEMO_CITY = Path(__file__).resolve().parents[2] / "api" / "demo" / "organisation.yaml"
EXAMPLES = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # each example rolls back what it did


def rights(session: Session, name: str, scope_id: int) -> Right:
    return rights_on(session, actor_for(session, name), scope_id)


# -- what it sets up ---------------------------------------------------------------------------------


def test_a_city_is_set_up_from_one_file(desk: Desk) -> None:
    changes = desk.apply(CITY)

    session = desk.session
    assert "Einheit SO-EH „Eingliederungshilfe“ angelegt" in changes
    assert "Zugriff auf Aktenplan 11.20 für Fachverfahren KM-Personal (Lesen, Ablegen, Bearbeiten) gegeben" in changes
    assert session.get_one(Unit, "SO-EH").parent_id == "SO"
    assert session.get_one(Person, "anna").email == "anna@example.org"
    assert actor_for(session, "anna").units == ("SO-EH", "PO")
    assert actor_for(session, "anna").roles == {("registry", "SO"), ("admin", None)}
    assert session.get_one(Station, "scan-1").unit_id == "PO"
    entry = desk.entry("11.20")
    assert (entry.parent_code, entry.retention_years, entry.sections) == ("11", 5, ["Vertrag", "Bezüge"])
    assert entry.field_types == {"personnel_no": {"type": "text", "required": True}}


def test_rights_reach_exactly_those_the_file_names(desk: Desk) -> None:
    desk.apply(CITY)

    personal, files, social = (desk.entry(code).access_scope_id for code in ("11", "11.20", "50"))
    leading = Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE
    assert rights(desk.session, "anna", personal) == leading
    assert rights(desk.session, "anna", files) == leading
    assert rights(desk.session, "anna", social) == Right.READ | Right.FILE | Right.EDIT
    assert rights(desk.session, "otto", social) == Right.READ
    assert rights(desk.session, "otto", files) == Right(0)
    assert rights(desk.session, "km-personal", files) == Right.READ | Right.FILE | Right.EDIT
    assert rights(desk.session, "km-personal", personal) == Right(0)


def test_a_grant_until_a_day_holds_through_that_day_in_the_city(desk: Desk) -> None:
    desk.apply(CITY)

    grant = desk.session.exec(select(AccessGrant).where(AccessGrant.subject == "unit-tree:SO")).one()
    assert grant.valid_until == datetime(2027, 12, 31, 23, tzinfo=UTC)
    assert (grant.cause, grant.given_by, grant.reason) == (GrantCause.APPLIED, "admin", "Aufgabe")


def test_a_grant_can_begin_and_end_at_a_moment(desk: Desk) -> None:
    desk.apply(
        CITY
        + '  - {on: "plan:11", to: {person: otto}, rights: [read], '
        + "from: 2026-07-01T08:00, until: 2026-07-01T10:00:00Z}"
    )

    grant = desk.session.exec(select(AccessGrant).where(col(AccessGrant.valid_from).is_not(None))).one()
    assert grant.valid_from == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert grant.valid_until == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_unquoted_codes_and_ids_stay_what_was_written(desk: Desk) -> None:
    desk.apply(
        """
        units: [{id: no, name: 0815}]
        filing_plan: [{code: 11.20, title: yes}, {code: 010, title: 2026-01-01}]
        """
    )

    assert desk.session.get_one(Unit, "no").name == "0815"
    assert desk.entry("11.20").title == "yes"
    assert desk.entry("010").title == "2026-01-01"


def test_grants_can_name_a_case_file_and_a_document(desk: Desk) -> None:
    desk.apply(CITY)
    case_file = desk.case_file("50", "50/2026/00001")
    document = Document(
        case_file_id=case_file.id,
        title="Antrag",
        kind=DocumentKind.INCOMING,
        access_scope_id=case_file.access_scope_id,
        created_by="anna",
    )
    desk.session.add(document)
    desk.session.flush()
    source = f"""
        grants:
          - {{on: "case:50-2026-1", to: {{person: otto}}, rights: [read]}}
          - {{on: "document:{document.id}", to: {{system: km-personal}}, rights: [read]}}
        """

    desk.apply(source)

    assert desk.apply(source) == []
    queued = desk.session.exec(select(Job.kind, Job.subject_id)).all()
    assert sorted(queued) == [(JobKind.INDEX_CASE_FILE, case_file.id), (JobKind.INDEX_DOCUMENT, document.id)]
    assert rights(desk.session, "otto", case_file.access_scope_id) == Right.READ
    assert rights(desk.session, "km-personal", case_file.access_scope_id) == Right(0)
    assert rights(desk.session, "km-personal", document.access_scope_id) == Right.READ
    assert rights(desk.session, "otto", document.access_scope_id) == Right.READ


def test_the_demo_city_is_right_and_keeps_personnel_files_from_others(desk: Desk) -> None:
    (desk.folder / "templates").mkdir()
    for name in ("anhoerung.html", "einladung.html"):
        shutil.copy(letter_templates.FOLDER / name, desk.folder / "templates" / name)
    source = DEMO_CITY.read_text(encoding="utf-8")

    desk.apply(source)

    assert desk.apply(source) == []
    files = desk.entry("11.20").access_scope_id
    people = desk.session.exec(select(Principal.id).where(Principal.kind == PrincipalKind.PERSON)).all()
    assert sorted(name for name in people if rights(desk.session, name, files)) == ["anna", "gerda"]
    sick_notes = nodes.place_of(desk.session, nodes.parse(desk.session, "plan:11.20/Krankheit"))
    assert [name for name in people if rights(desk.session, name, sick_notes)] == ["gerda"]
    middle = desk.entry("50.10.10").access_scope_id
    assert {name for name in people if rights(desk.session, name, middle) & Right.FILE} >= {"joerg", "tarik"}
    assert rights(desk.session, "km-personal", files) == Right.READ | Right.FILE | Right.EDIT


# -- again, and changed ------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.apply(CITY)

    assert desk.apply(CITY) == []


def test_one_event_in_the_trail_tells_what_changed_and_none_that_nothing_did(desk: Desk) -> None:
    changes = desk.apply(CITY)
    desk.apply(CITY)

    events = [event for event in pending_events(desk.session) if event.tag == AuditTag.ORGANISATION_APPLIED]
    assert len(events) == 1
    assert events[0].actor_id == "admin"
    assert changes[0] in yaml.safe_load(events[0].payload or "")["changes"]


def test_what_is_not_named_any_more_is_left_alone_except_its_grants(desk: Desk) -> None:
    desk.apply(CITY)

    changes = desk.apply('grants: [{on: "plan:50", to: {person: otto}, rights: [read]}]')

    assert len(changes) == 3
    assert all(change.endswith("entzogen") for change in changes)
    assert rights(desk.session, "otto", desk.entry("50").access_scope_id) == Right.READ
    assert rights(desk.session, "km-personal", desk.entry("11.20").access_scope_id) == Right(0)
    assert desk.session.get(Unit, "SO-EH") is not None


def test_a_file_without_a_grants_section_takes_nothing_back(desk: Desk) -> None:
    desk.apply(CITY)

    assert desk.apply("units: [{id: PO, name: Personal}]") == []
    assert rights(desk.session, "otto", desk.entry("50").access_scope_id) == Right.READ


def test_grants_of_other_causes_are_never_taken_back(desk: Desk) -> None:
    desk.apply(CITY)
    scope_id = desk.entry("11").access_scope_id
    add_grant(desk.session, scope_id, "person:otto", Right.READ, GrantCause.SHARING)

    desk.apply("grants: []")

    assert rights(desk.session, "otto", scope_id) == Right.READ


def test_a_changed_validity_replaces_the_grant(desk: Desk) -> None:
    desk.apply(CITY)

    changes = desk.apply(CITY.replace("2027-12-31", "2028-12-31"))

    assert [change.rsplit(" ", 1)[1] for change in changes] == ["entzogen", "gegeben"]
    grants = desk.session.exec(select(AccessGrant).where(AccessGrant.subject == "unit-tree:SO")).all()
    assert sorted(grant.revoked_at is None for grant in grants) == [False, True]


def test_a_persons_units_and_roles_become_what_the_file_says(desk: Desk) -> None:
    desk.apply(CITY)

    changes = desk.apply("people: [{id: anna, name: Anna Ärmel, units: [PO, SO], roles: [dpo]}]")

    assert changes == [
        (
            "Person anna „Anna Ärmel“ geändert: Name „Anna Ärmel“ statt „Änne Ärmel“; "
            "E-Mail (leer) statt „anna@example.org“; Einheiten PO, SO statt SO-EH, PO; "
            "Rollen dpo statt admin, registry@SO"
        )
    ]
    assert actor_for(desk.session, "anna").units == ("PO", "SO")
    assert actor_for(desk.session, "anna").roles == {("dpo", None)}


def test_units_change_name_parent_and_order(desk: Desk) -> None:
    desk.apply(CITY)

    changes = desk.apply("units: [{id: SO-EH, name: Teilhabe, parent: PO}]")

    assert changes == [
        (
            "Einheit SO-EH „Teilhabe“ geändert: Name „Teilhabe“ statt „Eingliederungshilfe“; "
            "Übergeordnet „PO“ statt „SO“; Reihenfolge"
        )
    ]


def test_an_entry_moves_under_another_parent_with_the_rights_that_come_from_there(desk: Desk) -> None:
    desk.apply(CITY)
    case_file = desk.case_file("11.20", "11.20/2026/00001")

    changes = desk.apply(
        """
        filing_plan:
          - {code: "11", title: Personal}
          - code: "50"
            title: Soziales
            children: [{code: "11.20", title: Personalakten, retention_years: 5, sections: [Vertrag, Bezüge],
                        fields: {personnel_no: {type: text, required: true}}}]
        """
    )

    assert changes == ["Aktenplan 11.20 „Personalakten“ geändert: Übergeordnet „50“ statt „11“"]
    assert rights(desk.session, "otto", case_file.access_scope_id) == Right.READ
    assert rights(desk.session, "anna", case_file.access_scope_id) == Right.READ | Right.FILE | Right.EDIT


def test_a_dry_run_tells_the_same_and_leaves_nothing(database: Database, blobs: FolderBlobs, tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text("<p>Brief</p>", encoding="utf-8")
    source = CITY + "templates: [{id: t, name: T, file: t.html}]"

    def told(*, dry_run: bool) -> list[str]:
        with Session(database.engine) as session:
            changes = apply_organisation(
                session, blobs, source=source, folder=tmp_path, actor_id="admin", dry_run=dry_run
            )
            if not dry_run:
                session.commit()
            return [change.what for change in changes if change.action not in ("gained", "lost")]

    foreseen = told(dry_run=True)
    assert list(blobs.all()) == []
    with database.reading() as session:
        assert session.exec(select(Principal)).all() == []
    assert told(dry_run=False) == foreseen
    assert told(dry_run=True) == []


# -- whatever the organisation -----------------------------------------------------------------------

names = st.sampled_from([f"U{number}" for number in range(8)])


@st.composite
def unit_trees(draw: st.DrawFn) -> list[dict[str, str]]:
    """Units in any order, each below one of those drawn before it or at the top."""
    drawn = draw(st.lists(names, unique=True, max_size=8))
    units = []
    for index, name in enumerate(drawn):
        unit = {"id": name, "name": draw(st.sampled_from(["Amt", "Ämter – Süd", "null", "1"]))}
        if index and draw(st.booleans()):
            unit["parent"] = draw(st.sampled_from(drawn[:index]))
        units.append(unit)
    return draw(st.permutations(units))


@st.composite
def plans(draw: st.DrawFn) -> list[dict[str, object]]:
    """A filing plan of any shape over few codes, so that entries move between two of them."""
    top: list[dict[str, object]] = []
    everywhere = [top]
    for code in draw(st.lists(st.sampled_from([f"{number}.0" for number in range(6)]), unique=True)):
        children: list[dict[str, object]] = []
        draw(st.sampled_from(everywhere)).append({"code": code, "title": f"T {code}", "children": children})
        everywhere.append(children)
    return top


def as_yaml(**sections: object) -> str:
    return yaml.safe_dump(sections, allow_unicode=True)


def every_scope_lies_below_those_of_its_parents(session: Session) -> bool:
    entries = {entry.code: entry for entry in session.exec(select(FilingPlanEntry))}
    for entry in entries.values():
        wanted, above = {ROOT_SCOPE_ID, entry.access_scope_id}, entry
        while above.parent_code is not None:
            above = entries[above.parent_code]
            wanted.add(above.access_scope_id)
        there = session.exec(
            select(ScopeAncestor.ancestor_id).where(ScopeAncestor.scope_id == entry.access_scope_id)
        ).all()
        if sorted(there) != sorted(wanted):
            return False
    return True


@EXAMPLES
@given(first=unit_trees(), second=unit_trees())
def test_any_units_become_any_others_and_a_second_time_nothing(
    desk: Desk, first: list[dict[str, str]], second: list[dict[str, str]]
) -> None:
    try:
        for units in (first, second):
            # Of two trees that each have no circle, the second on top of the first may have one.
            named = {unit["id"] for unit in units}
            rest = [unit for unit in first if unit["id"] not in named]
            assert rest == [] or units is second
            everything = [*units, *({**unit, "parent": None} for unit in rest)]
            desk.apply(as_yaml(units=everything))
            assert desk.apply(as_yaml(units=everything)) == []
        for unit in second:
            assert desk.session.get_one(Unit, unit["id"]).parent_id == unit.get("parent")
    finally:
        desk.session.rollback()


@EXAMPLES
@given(first=plans(), second=plans())
def test_any_filing_plan_becomes_any_other_with_its_scopes(
    desk: Desk, first: list[dict[str, object]], second: list[dict[str, object]]
) -> None:
    try:
        for plan in (first, second):
            desk.apply(as_yaml(filing_plan=plan))
            assert desk.apply(as_yaml(filing_plan=plan)) == []
            assert every_scope_lies_below_those_of_its_parents(desk.session)
    finally:
        desk.session.rollback()
