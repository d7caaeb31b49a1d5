"""Deputies, emergencies, four eyes, previews and explanations through the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from eakte.clock import today
from tests.api.city import API, City, attach, open_case_file, pointers, refused, told
from tests.api.rights_calls import case_file, ceiling, grant, path, settings

__all__ = ["case_file", "path"]
"""Fixtures from next door."""


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


def test_a_preview_of_a_deputyship_tells_what_is_handed_on_and_nothing_of_the_deputy(city: City, path: str) -> None:
    wish = {"person": "lisa", "for": "anna"}

    found = told(city.client("anna").post(f"{API}/deputies", json=wish, params={"preview": "true"}))["items"]

    gains = {delta["on"]: delta["gained"] for delta in found}
    assert {delta["id"] for delta in found} == {"lisa"}
    assert gains["Aktenplan 11"] == ["read", "file", "edit", "close", "share"]
    assert all("read" in words for words in gains.values()), "that she reads some of it is not told"
    other = told(
        city.client("anna").post(f"{API}/deputies", json=wish | {"person": "nina"}, params={"preview": "true"})
    )["items"]
    assert {delta["on"]: delta["gained"] for delta in other} == gains
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


def test_opening_a_case_file_is_no_way_around_the_second_person(city: City) -> None:
    settings(city, four_eyes=["share"])
    body = {"filing_plan": "11.20", "title": "Akte", "fields": {"personnel_no": "1"}}

    refusal = city.client("anna").post(f"{API}/case-files", json=body | {"grants": [grant({"person": "nina"})]})

    assert pointers(refusal) == ["/grants/0"]
    told(city.client("anna").post(f"{API}/case-files", json=body), 201)


def test_handing_over_and_moving_wait_for_a_second_person_and_the_answer_says_so(city: City, path: str) -> None:
    told(city.client("adam").post(f"{API}/filing-plan/50.10/grants", json=grant({"unit": "PO"}, "file")), 201)
    settings(city, four_eyes=["share"])
    anna, anni, otto = city.client("anna"), city.client("anni"), city.client("otto")
    change = {"title": "Neuer Titel", "filing_plan": "50.10", "fields": {}, "responsible_unit": "SO-EH"}

    answer = anna.patch(path, json=change, headers={"If-Match": "*"})

    state = told(answer)
    assert (state["title"], state["filing_plan"], state["responsible_unit"]) == ("Neuer Titel", "11.20", "PO")
    assert answer.headers["etag"] == anna.get(path).headers["etag"]
    waiting = told(anni.get(f"{path}/proposals"))["items"]
    assert answer.headers["eakte-proposals"] == ", ".join(one["id"] for one in waiting)
    assert [(one["what"], one["wish"]) for one in waiting] == [
        ("move", {"filing_plan": "50.10", "fields": {}}),
        ("hand_over", {"responsible_unit": "SO-EH"}),
    ]
    refused(otto.get(path), 404)
    refused(anna.post(f"{path}/proposals/{waiting[1]['id']}/confirm"), 403)
    for one in waiting:
        assert anni.post(f"{path}/proposals/{one['id']}/confirm").status_code == 204
    moved = told(otto.get(path))
    assert (moved["filing_plan"], moved["responsible_unit"]) == ("50.10", "SO-EH")


def test_the_answer_says_that_a_lower_level_waits(city: City, path: str) -> None:
    ceiling(city, "anna", 2)
    anna = city.client("anna")
    document = f"{API}/documents/{told(attach(anna, path.rpartition('/')[2]), 201)['id']}"
    for thing in (path, document):
        raised = anna.patch(thing, json={"level": "intern"}, headers={"If-Match": "*"})
        assert "eakte-proposals" not in raised.headers
    settings(city, four_eyes=["share"])

    for thing in (path, document):
        lowered = anna.patch(thing, json={"level": "offen"}, headers={"If-Match": "*"})

        assert lowered.status_code == 200
        [proposal] = told(anna.get(f"{thing}/proposals"))["items"]
        assert (proposal["what"], proposal["id"]) == ("level", lowered.headers["eakte-proposals"])


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
