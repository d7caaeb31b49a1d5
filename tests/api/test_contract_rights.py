"""Rights of a matrix organisation through the API: sections, shields, exclusions, levels, deputies, emergency, why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from eakte.clock import today
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import Principal
from tests.api.city import API, City, attach, open_case_file, pointers, refused, told

READ = ["read"]


@pytest.fixture
def case_file(city: City) -> dict[str, Any]:
    """A personnel file: anna and anni lead it (PO), lisa reads the entry, nina knows nothing."""
    return open_case_file(city.client("anna"))


@pytest.fixture
def path(case_file: dict[str, Any]) -> str:
    return f"{API}/case-files/{case_file['id']}"


def grant(to: dict[str, Any], *rights: str, **more: str) -> dict[str, Any]:
    return {"to": to, "rights": list(rights or READ), **more}


def settings(city: City, **values: object) -> None:
    with city.service.database.writing() as session:
        entry = session.get_one(FilingPlanEntry, "11.20")
        for name, value in values.items():
            setattr(entry, name, value)


def ceiling(city: City, name: str, level: int) -> None:
    with city.service.database.writing() as session:
        session.get_one(Principal, name).ceiling = level


# -- subjects ----------------------------------------------------------------------------------------


def test_a_combination_reaches_only_whoever_is_all_of_it(city: City, path: str) -> None:
    to = {"all_of": [{"unit": "PO"}, {"unit": "POST"}]}
    entry = f"{API}/filing-plan/50.10/grants"

    given = told(city.client("adam").post(entry, json=grant(to)), 201)

    assert given["to"] == to
    told(city.client("anna").get(f"{API}/filing-plan/50.10"))  # both units
    refused(city.client("anni").get(f"{API}/filing-plan/50.10"), 404)  # PO only
    refused(city.client("nina").get(f"{API}/filing-plan/50.10"), 404)  # POST only


def test_a_role_in_a_unit_is_a_subject(city: City, path: str) -> None:
    given = told(city.client("anna").post(f"{path}/grants", json=grant({"role": "registry", "unit": "SO"})), 201)

    assert given["to"] == {"role": "registry", "unit": "SO"}


@pytest.mark.parametrize(
    ("to", "pointer"),
    [
        ({"all_of": [{"unit": "PO"}]}, "/to/all_of"),
        ({"all_of": [{"unit": "PO"}, {"unit": "XX"}]}, "/to/all_of/1/unit"),
        ({"all_of": [{"unit": "PO"}, {"all_of": [{"unit": "PO"}, {"unit": "SO"}]}]}, "/to/all_of/1"),
        ({"role": "registry"}, "/to/role"),
    ],
)
def test_a_wrong_subject_is_named(city: City, path: str, to: dict[str, Any], pointer: str) -> None:
    assert pointer in pointers(city.client("anna").post(f"{path}/grants", json=grant(to)))


def test_nobody_gives_what_they_do_not_have(city: City, path: str) -> None:
    detail = refused(city.client("anna").post(f"{path}/grants", json=grant({"person": "nina"}, "dispose")), 403)

    assert "Aussondern" in detail["detail"]
    refused(city.client("nina").get(path), 404)


# -- shields and sections ----------------------------------------------------------------------------


def test_a_shielded_file_keeps_its_responsible_unit_and_what_is_granted_on_itself(city: City) -> None:
    shielded = open_case_file(city.client("anna"), responsible_unit="PO")
    path = f"{API}/case-files/{shielded['id']}"
    told(city.client("lisa").get(path))

    assert city.client("anna").put(f"{path}/shield").status_code == 204

    refused(city.client("lisa").get(path), 404)
    told(city.client("anni").get(path))
    assert told(city.client("anna").get(f"{path}/shield")) == {"shielded": True}
    told(city.client("anna").post(f"{path}/grants", json=grant({"person": "lisa"})), 201)
    told(city.client("lisa").get(path))
    assert city.client("anna").delete(f"{path}/shield").status_code == 204


def test_a_shielded_section_of_an_entry_is_closed_in_every_case_file(city: City, path: str) -> None:
    anna, lisa, adam = city.client("anna"), city.client("lisa"), city.client("adam")
    in_section = told(attach(anna, path.rpartition("/")[2], b"A", section="Bezüge"), 201)
    beside = told(attach(anna, path.rpartition("/")[2], b"B"), 201)
    section = f"{API}/filing-plan/11.20/sections/Bezüge"

    assert adam.put(f"{section}/shield").status_code == 204

    for client in (anna, lisa):
        refused(client.get(f"{API}/documents/{in_section['id']}"), 404)
        told(client.get(f"{API}/documents/{beside['id']}"))
        assert [row["id"] for row in told(client.get(f"{path}/documents"))["items"]] == [beside["id"]]
    refused(attach(anna, path.rpartition("/")[2], b"C", section="Bezüge"), 403)
    told(adam.post(f"{section}/grants", json=grant({"person": "lisa"}, "read", "file")), 201)
    told(lisa.get(f"{API}/documents/{in_section['id']}"))
    told(attach(lisa, path.rpartition("/")[2], b"D", section="Bezüge"), 201)
    refused(attach(lisa, path.rpartition("/")[2], b"E"), 403)


def test_a_section_of_one_case_file_has_rights_of_its_own(city: City, path: str) -> None:
    anna, nina = city.client("anna"), city.client("nina")
    document = told(attach(anna, path.rpartition("/")[2], b"A", section="Vertrag"), 201)

    told(anna.post(f"{path}/sections/Vertrag/grants", json=grant({"person": "nina"})), 201)

    assert told(nina.get(f"{API}/documents/{document['id']}"))["reference"]
    refused(nina.get(path), 404)
    refused(anna.get(f"{path}/sections/Krankheit/grants"), 404)


def test_a_proceeding_has_rights_of_its_own(city: City, path: str) -> None:
    anna, nina = city.client("anna"), city.client("nina")
    proceeding = told(anna.post(f"{path}/proceedings", json={"title": "Umzug"}), 201)["id"]
    document = told(attach(anna, path.rpartition("/")[2], b"A", proceeding=proceeding), 201)

    told(anna.post(f"{API}/proceedings/{proceeding}/grants", json=grant({"person": "nina"})), 201)

    told(nina.get(f"{API}/documents/{document['id']}"))
    refused(nina.get(path), 404)


# -- exclusions --------------------------------------------------------------------------------------


def test_an_excluded_person_finds_nothing_whatever_else_says_otherwise(city: City, path: str) -> None:
    anna, anni = city.client("anna"), city.client("anni")

    made = told(anna.post(f"{path}/exclusions", json={"person": "anni", "reason": "Schwester"}), 201)

    refused(anni.get(path), 404)
    assert path.rpartition("/")[2] not in {row["id"] for row in told(anni.get(f"{API}/case-files"))["items"]}
    told(anna.post(f"{path}/grants", json=grant({"person": "anni"}, "read", "edit")), 201)
    refused(anni.get(path), 404)
    assert told(anna.get(f"{path}/exclusions"))["items"] == [made]
    assert anna.delete(f"{path}/exclusions/{made['id']}").status_code == 204
    told(anni.get(path))


def test_nobody_is_left_without_anybody_who_manages_rights(city: City, path: str) -> None:
    anna = city.client("anna")
    told(anna.post(f"{path}/exclusions", json={"person": "anni", "reason": "Schwester"}), 201)

    detail = refused(anna.post(f"{path}/exclusions", json={"person": "anna", "reason": "Irrtum"}), 409)

    assert "niemand mehr" in detail["detail"]
    told(anna.get(path))


def test_a_party_who_works_here_does_not_act_on_the_case_file(city: City) -> None:
    parties = [{"role": "Beschäftigter", "name": "Amt, Anni"}]
    made = open_case_file(city.client("anna"), parties=parties)
    path = f"{API}/case-files/{made['id']}"

    refused(city.client("anni").get(path), 404)
    [exclusion] = told(city.client("anna").get(f"{path}/exclusions"))["items"]
    assert (exclusion["person"], exclusion["cause"]) == ("anni", "party")
    assert city.client("anna").delete(f"{path}/exclusions/{exclusion['id']}").status_code == 204
    told(city.client("anni").get(path))  # a namesake, somebody said


# -- levels ------------------------------------------------------------------------------------------


def test_above_the_ceiling_a_case_file_does_not_exist(city: City, path: str) -> None:
    anna = city.client("anna")
    ceiling(city, "anna", 2)

    patch = anna.patch(path, json={"level": "vertraulich"}, headers={"If-Match": "*"})

    assert told(patch)["level"] == "vertraulich"
    refused(city.client("anni").get(path), 404)
    ceiling(city, "anni", 2)
    told(city.client("anni").get(path))
    too_high = anna.patch(path, json={"level": "streng-vertraulich"}, headers={"If-Match": "*"})
    assert pointers(too_high) == ["/level"]


def test_a_case_file_is_opened_at_a_level(city: City) -> None:
    ceiling(city, "km-personal", 2)
    body = {"filing_plan": "11.20", "title": "Akte", "fields": {"personnel_no": "1"}, "level": "vertraulich"}

    made = told(city.client("km-personal").post(f"{API}/case-files", json=body), 201)

    assert made["level"] == "vertraulich"
    refused(city.client("lisa").get(f"{API}/case-files/{made['id']}"), 404)
    assert told(city.client("km-personal").get(f"{API}/me"))["ceiling"] == "vertraulich"
    assert pointers(city.client("anna").post(f"{API}/case-files", json=body)) == ["/level"]
    assert pointers(city.client("anna").post(f"{API}/case-files", json=body | {"level": "geheim"})) == ["/level"]


# -- deputies ----------------------------------------------------------------------------------------


def test_a_deputy_acts_with_the_others_rights_and_the_trail_names_both(city: City, path: str) -> None:
    anna, nina = city.client("anna"), city.client("nina")
    refused(nina.get(path), 404)

    made = told(anna.post(f"{API}/deputies", json={"person": "nina", "for": "anna", "until": str(today())}), 201)

    assert told(nina.get(f"{API}/me"))["deputised"] == ["anna"]
    told(nina.patch(path, json={"title": "Neu"}, headers={"If-Match": "*"}))
    events = told(city.client("dora").get(f"{API}/audit", params={"object": path.rpartition("/")[2]}))["items"]
    [changed] = [event for event in events if event["tag"] == "case_file_changed"]
    assert (changed["actor"], changed["details"]["deputy_for"]) == ("nina", "anna")
    assert told(nina.get(f"{API}/deputies"))["items"] == [made]
    assert nina.delete(f"{API}/deputies/{made['id']}").status_code == 204
    refused(nina.get(path), 404)


def test_a_deputyship_is_named_for_oneself_or_by_an_administrator(city: City) -> None:
    wish = {"person": "nina", "for": "anna"}
    refused(city.client("lisa").post(f"{API}/deputies", json=wish), 403)
    told(city.client("adam").post(f"{API}/deputies", json=wish), 201)

    anna = city.client("anna")
    assert pointers(anna.post(f"{API}/deputies", json=wish | {"person": "anna"})) == ["/person"]
    assert pointers(anna.post(f"{API}/deputies", json=wish | {"person": "geist"})) == ["/person"]
    assert pointers(anna.post(f"{API}/deputies", json=wish | {"until": "2020-01-01"})) == ["/until"]
    for on in ("plan:50", "plan:99", "case:50.10/2026/1"):
        assert pointers(anna.post(f"{API}/deputies", json=wish | {"on": on})) == ["/on"]


def test_a_preview_of_a_deputyship_tells_what_the_deputy_would_gain(city: City, path: str) -> None:
    wish = {"person": "lisa", "for": "anna"}

    found = told(city.client("anna").post(f"{API}/deputies", json=wish, params={"preview": "true"}))["items"]

    gains = {delta["on"]: delta["gained"] for delta in found}
    assert {delta["id"] for delta in found} == {"lisa"}
    assert gains["Aktenplan 11"] == ["read", "file", "edit", "close", "share"]
    assert gains["Aktenplan 11.20"] == ["file", "edit", "close", "share"], "reading is hers already"
    assert told(city.client("lisa").get(f"{API}/me"))["deputised"] == []


def test_a_deputyship_can_be_limited_to_a_part(city: City, path: str) -> None:
    anna, nina = city.client("anna"), city.client("nina")
    elsewhere = open_case_file(anna)

    told(
        anna.post(f"{API}/deputies", json={"person": "nina", "for": "anna", "on": f"case:{elsewhere['reference']}"}),
        201,
    )

    told(nina.get(f"{API}/case-files/{elsewhere['id']}"))
    refused(nina.get(path), 404)


# -- emergency ---------------------------------------------------------------------------------------


def emergency(reference: str, **more: Any) -> dict[str, Any]:
    return {"reference": reference, "reason": "Gefahr im Verzug, Rufbereitschaft", **more}


def test_emergency_access_is_immediate_reported_and_marked(city: City, case_file: dict[str, Any], path: str) -> None:
    settings(city, break_glass=True)
    otto, anna = city.client("otto"), city.client("anna")

    made = told(otto.post(f"{API}/break-glass", json=emergency(case_file["reference"].replace("/", "-"))), 201)

    assert made["id"] == case_file["id"]
    told(otto.get(path))
    refused(otto.patch(path, json={"title": "x"}, headers={"If-Match": "*"}), 403)
    [notice] = told(anna.get(f"{API}/access-notices"))["items"]
    assert (notice["person"], notice["reference"]) == ("otto", case_file["reference"])
    assert anna.post(f"{API}/access-notices/{notice['id']}/seen").status_code == 204
    assert told(anna.get(f"{API}/access-notices"))["items"] == []
    events = told(city.client("dora").get(f"{API}/audit", params={"object": case_file["id"]}))["items"]
    [used] = [event for event in events if event["tag"] == "break_glass"]
    assert used["actor"] == "otto"
    assert used["details"]["minutes"] == 15


def not_allowed(city: City, reference: str) -> Iterator[tuple[str, str]]:
    yield "otto", reference  # the entry does not allow it
    settings(city, break_glass=True)
    yield "otto", "11.20/2026/99999"
    yield "km-fremd", reference


def test_where_emergency_access_is_not_open_nobody_can_tell_why(city: City, case_file: dict[str, Any]) -> None:
    bodies = set()
    for name, reference in not_allowed(city, case_file["reference"]):
        bodies.add(city.client(name).post(f"{API}/break-glass", json=emergency(reference)).content)
    told(
        city.client("anna").post(
            f"{API}/case-files/{case_file['id']}/exclusions", json={"person": "otto", "reason": "Onkel"}
        ),
        201,
    )
    excluded = city.client("otto").post(f"{API}/break-glass", json=emergency(case_file["reference"]))
    bodies.add(excluded.content)

    assert excluded.status_code == 404
    assert len(bodies) == 1
    short = city.client("otto").post(f"{API}/break-glass", json=emergency(case_file["reference"]) | {"reason": "weil"})
    assert pointers(short) == ["/reason"]


# -- four eyes ---------------------------------------------------------------------------------------


def test_where_four_eyes_are_asked_for_a_second_person_confirms(city: City, path: str) -> None:
    settings(city, four_eyes=["share"])
    anna, anni, nina = city.client("anna"), city.client("anni"), city.client("nina")

    proposal = told(anna.post(f"{path}/grants", json=grant({"person": "nina"}, reason="Vertretung")), 202)

    assert proposal["wish"]["to"] == {"person": "nina"}
    refused(nina.get(path), 404)
    confirm = f"{path}/proposals/{proposal['id']}/confirm"
    refused(anna.post(confirm), 403)
    assert told(anni.get(f"{path}/proposals"))["items"] == [proposal]
    assert anni.post(confirm).status_code == 204
    told(nina.get(path))
    [made] = told(anna.get(f"{path}/grants"))["items"]
    assert (made["given_by"], made["confirmed_by"]) == ("anna", "anni")
    refused(anni.post(confirm), 404)


def test_what_takes_rights_away_needs_no_second_person(city: City, path: str) -> None:
    anna = city.client("anna")
    made = told(anna.post(f"{path}/grants", json=grant({"person": "nina"})), 201)
    settings(city, four_eyes=["share"])

    assert anna.delete(f"{path}/grants/{made['id']}").status_code == 204
    excluded = told(anna.post(f"{path}/exclusions", json={"person": "lisa", "reason": "Nichte"}), 201)
    assert anna.put(f"{path}/shield").status_code == 204
    assert told(anna.delete(f"{path}/shield"), 202)["what"] == "unshield"
    lifting = told(anna.delete(f"{path}/exclusions/{excluded['id']}"), 202)
    assert anna.delete(f"{path}/proposals/{lifting['id']}").status_code == 204
    refused(city.client("lisa").get(path), 404)


# -- preview and revoking by cause -------------------------------------------------------------------


def test_a_preview_tells_who_gains_and_who_loses_and_changes_nothing(city: City, path: str) -> None:
    anna = city.client("anna")
    preview = {"preview": "true"}

    gains = told(anna.post(f"{path}/grants", json=grant({"unit": "POST"}, "file"), params=preview))["items"]
    losses = told(anna.put(f"{path}/shield", params=preview))["items"]

    on = f"Akte {told(anna.get(path))['reference']}"
    assert {"id": "nina", "name": "Nina Niemand", "gained": ["read", "file"], "lost": [], "on": on} in gains
    assert {"id": "lisa", "name": "Lisa Leser", "gained": [], "lost": ["read"], "on": on} in losses
    told(city.client("lisa").get(path))
    refused(city.client("nina").get(path), 404)
    assert told(anna.get(f"{path}/grants"))["items"] == []
    refused(city.client("lisa").post(f"{path}/grants", json=grant({"unit": "POST"}), params=preview), 403)


def test_grants_are_revoked_by_their_cause(city: City, path: str) -> None:
    anna = city.client("anna")
    for name in ("nina", "otto"):
        told(anna.post(f"{path}/grants", json=grant({"person": name})), 201)

    assert anna.delete(f"{path}/grants", params={"cause": "specialist_system"}).status_code == 204
    told(city.client("otto").get(path))
    assert anna.delete(f"{path}/grants", params={"cause": "sharing"}).status_code == 204
    refused(city.client("otto").get(path), 404)


# -- why ---------------------------------------------------------------------------------------------


def explained(city: City, asker: str, person: str, thing: str) -> dict[str, Any]:
    return told(city.client(asker).get(f"{API}/access/explain", params={"person": person, "object": thing}))


def test_every_right_is_explained_with_the_grant_that_gives_it(
    city: City, case_file: dict[str, Any], path: str
) -> None:
    until = str(today() + timedelta(days=5))
    body = grant({"unit": "POST"}, "file", reason="Aushilfe", until=until)
    told(city.client("anna").post(f"{path}/grants", json=body), 201)

    told_of = explained(city, "anna", "nina", f"case:{case_file['reference']}")

    assert told_of["rights"] == ["read", "file"]
    [reason] = told_of["reasons"]
    assert reason["on"] == f"Akte {case_file['reference']}"
    assert (reason["to"], reason["because"]) == ("Poststelle", "gehört zu Poststelle")
    assert (reason["given_by"], reason["reason"], reason["cause"]) == ("Änne Ärmel", "Aushilfe", "sharing")
    assert told_of["obstacles"] == []


def test_what_takes_a_right_away_is_explained(city: City, case_file: dict[str, Any], path: str) -> None:
    anna = city.client("anna")
    told(anna.post(f"{path}/exclusions", json={"person": "lisa", "reason": "Nichte"}), 201)
    assert anna.put(f"{path}/shield").status_code == 204

    told_of = explained(city, "anna", "lisa", case_file["id"])

    assert told_of["rights"] == []
    assert {obstacle["kind"] for obstacle in told_of["obstacles"]} == {"exclusion", "shield"}
    assert any("Nichte" in obstacle["text"] for obstacle in told_of["obstacles"])


def test_who_has_access_is_told_to_whoever_leads_the_file_and_to_the_officer(city: City, path: str) -> None:
    thing = {"object": path.rpartition("/")[2]}
    for name in ("anna", "dora"):
        found = told(city.client(name).get(f"{API}/access/readers", params=thing))
        ids = {reader["id"] for reader in found["items"]}
        assert {"anna", "anni", "lisa", "km-personal"} <= ids
        assert not {"nina", "otto", "adam", "dora"} & ids
        assert "Größmann" not in str(found)
    refused(city.client("lisa").get(f"{API}/access/readers", params=thing), 403)
    refused(city.client("otto").get(f"{API}/access/readers", params=thing), 404)


def test_about_oneself_everybody_may_ask_as_far_as_they_know_of_the_thing(
    city: City, case_file: dict[str, Any]
) -> None:
    assert explained(city, "lisa", "lisa", case_file["reference"])["rights"] == ["read"]
    hidden = {"person": "otto", "object": case_file["reference"]}
    nothing = {"person": "otto", "object": "11.20/2026/99999"}
    for params in (hidden, nothing):
        refused(city.client("otto").get(f"{API}/access/explain", params=params), 404)
    refused(city.client("lisa").get(f"{API}/access/explain", params=hidden | {"person": "anna"}), 403)


def test_the_officer_sees_trail_and_explanations_but_no_content(city: City, path: str) -> None:
    dora = city.client("dora")
    for address in (path, f"{path}/documents", f"{path}/grants"):
        refused(dora.get(address), 404)

    events = told(dora.get(f"{API}/audit", params={"object": path.rpartition("/")[2]}))["items"]

    assert events
    assert explained(city, "dora", "anna", path.rpartition("/")[2])["rights"]
    assert "Größmann" not in str(events)


def test_what_is_refused_enters_the_trail(city: City, path: str) -> None:
    refused(city.client("otto").get(path), 404)
    refused(city.client("lisa").patch(path, json={"title": "x"}, headers={"If-Match": "*"}), 403)

    events = told(city.client("dora").get(f"{API}/audit", params={"object": path.rpartition("/")[2]}))["items"]

    denied = [(event["actor"], event["details"]["known"]) for event in events if event["tag"] == "access_denied"]
    assert denied == [("otto", False), ("lisa", True)]
