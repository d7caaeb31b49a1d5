"""Who somebody is, is worked out once and kept; whatever changes it is seen from the next look on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from eakte import actors
from eakte.access_tables import AccessVersion, CombinationMember, Deputyship
from eakte.clock import now
from eakte.principals import Membership, Principal, PrincipalKind, RoleHolding, Station, Unit
from tests.domain.registry import Registry

DAY = timedelta(days=1)


def stamp(session: Session) -> str:
    return session.exec(select(AccessVersion.stamp)).one()


# What makes somebody who they are, as rows nothing else refers to yet.
ROWS: dict[str, Callable[[], SQLModel]] = {
    "unit": lambda: Unit(id="NEU", name="Amt Neu"),
    "principal": lambda: Principal(id="neu", kind=PrincipalKind.STATION, name="Neu"),
    "membership": lambda: Membership(person_id="anna", unit_id="PO"),
    "role": lambda: RoleHolding(person_id="anna", role="admin"),
    "station": lambda: Station(id="scan-9", unit_id="SO"),
    "deputyship": lambda: Deputyship(person_id="otto", for_id="anna", given_by="anna"),
    "combination": lambda: CombinationMember(combination="all:x", member="unit:SO", size=1),
}


@pytest.mark.parametrize("kind", ROWS)
def test_every_row_that_says_who_somebody_is_changes_the_access_version(registry: Registry, kind: str) -> None:
    registry.unit("PO")
    registry.person("otto")
    registry.session.add(Principal(id="scan-9", kind=PrincipalKind.STATION, name="Station"))
    registry.session.flush()
    row = ROWS[kind]()
    table = sa.inspect(type(row)).local_table
    key = table.primary_key.columns.values()[0]
    seen = [stamp(registry.session)]

    registry.session.add(row)
    registry.session.flush()
    seen.append(stamp(registry.session))
    this = key == getattr(row, key.key)
    for change in (sa.update(table).where(this).values({key: key}), sa.delete(table).where(this)):
        registry.session.execute(change)  # as somebody would at the database itself
        seen.append(stamp(registry.session))

    assert len(set(seen)) == 4


def test_a_person_who_changes_unit_is_another_from_the_next_look_on(registry: Registry) -> None:
    registry.unit("PO")
    assert registry.actor("anna").units == ("SO",)

    registry.session.execute(sa.update(Membership).where(col(Membership.person_id) == "anna").values(unit_id="PO"))

    assert registry.actor("anna").units == ("PO",)


def test_a_deputyship_begins_and_ends_by_itself(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.person("otto")
    registry.session.add(
        Deputyship(person_id="otto", for_id="anna", valid_from=now() + DAY, valid_until=now() + 2 * DAY)
    )
    registry.session.flush()
    seen = [registry.actor("otto").represented]

    for days in (1.5, 2.5):
        later = now() + days * DAY
        monkeypatch.setattr(actors, "now", lambda later=later: later)
        monkeypatch.setattr("eakte.kept.now", lambda later=later: later)
        seen.append(registry.actor("otto").represented)

    assert seen == [(), ("anna",), ()]


def test_what_was_rolled_back_was_never_kept(registry: Registry) -> None:
    session = registry.session
    with session.begin_nested() as attempt:
        session.add(RoleHolding(person_id="anna", role="admin"))
        session.flush()
        assert registry.actor("anna").has_role("admin")
        attempt.rollback()
    session.expire_all()

    assert not registry.actor("anna").has_role("admin")
