"""Rights of a matrix organisation through the API: subjects, sections, shields, exclusions, levels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.city import API, City, attach, open_case_file, pointers, refused, told
from tests.api.rights_calls import case_file, ceiling, grant, path

__all__ = ["case_file", "path"]
"""Fixtures from next door."""


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
