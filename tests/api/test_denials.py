"""What was refused is in the trail; trying many ids does not fill it, and is told all the same."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from api.denials import TOLD_ONE_BY_ONE, WINDOW_S, Denials
from eakte.audit import AuditEvent, AuditTag
from tests.api.city import API, City, open_case_file, refused


class Clock:
    """Goes on when told to."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s

    def a_minute_passes(self) -> None:
        self.at_s += WINDOW_S


@pytest.fixture
def clock(city: City) -> Clock:
    clock = Clock()
    city.app.state.denials = Denials(lambda: city.service.database, clock)
    return clock


def denied(city: City) -> list[tuple[str, str, dict[str, Any]]]:
    """All refusals in the trail: who, on what, and what else is told."""
    with city.service.database.reading() as session:
        found = session.exec(
            select(AuditEvent).where(AuditEvent.tag == AuditTag.ACCESS_DENIED).order_by(col(AuditEvent.number))
        )
        return [(event.actor_id, event.object_id, json.loads(event.payload or "{}")) for event in found]


def ask(city: City, name: str, id_: str | UUID) -> None:
    refused(city.client(name).get(f"{API}/case-files/{id_}"), 404)


def test_asking_for_the_same_again_within_a_minute_is_counted(city: City, clock: Clock) -> None:
    hidden, nothing = open_case_file(city.client("anna"))["id"], str(uuid4())
    for id_ in (hidden, nothing):
        for _ in range(3):
            ask(city, "otto", id_)
        ask(city, "nina", id_)

    assert sorted((who, on) for who, on, _ in denied(city)) == sorted(
        (who, on) for who in ("otto", "nina") for on in (hidden, nothing)
    ), "what exists and what does not alike"

    clock.a_minute_passes()
    ask(city, "otto", hidden)

    counted, again = denied(city)[4:]
    assert (counted[0], counted[1], counted[2]["more"]) == ("otto", "", 4)
    assert again[:2] == ("otto", hidden)


def test_asking_for_something_else_or_to_do_more_is_told_by_itself(city: City, clock: Clock) -> None:
    id_ = uuid4()
    ask(city, "otto", id_)
    refused(city.client("otto").post(f"{API}/case-files/{id_}/complete"), 404)
    ask(city, "otto", uuid4())

    assert [told["method"] for _, _, told in denied(city)] == ["GET", "POST", "GET"]


def test_whoever_tries_many_ids_does_not_fill_the_trail_and_is_told_with_their_number(city: City, clock: Clock) -> None:
    for _ in range(TOLD_ONE_BY_ONE + 7):
        ask(city, "otto", uuid4())
    assert len(denied(city)) == TOLD_ONE_BY_ONE

    clock.a_minute_passes()
    ask(city, "lisa", uuid4())

    counted, other = denied(city)[TOLD_ONE_BY_ONE:]
    assert (counted[0], counted[2]["more"], other[0]) == ("otto", 7, "lisa")


def test_what_was_counted_is_told_when_the_service_ends(city: City, clock: Clock) -> None:
    id_ = uuid4()
    for _ in range(3):
        ask(city, "otto", id_)

    with TestClient(city.app):
        """Started and ended."""

    assert [told.get("more") for _, _, told in denied(city)] == [None, 2]
