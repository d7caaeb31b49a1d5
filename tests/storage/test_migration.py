"""Every command brings the database to this version's schema first; two at once, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from eakte.errors import Unavailable
from storage.database import Database
from storage.migration import differences, newest_revision, upgrade
from tests.storage import record_processes
from tests.storage.record_processes import child, said


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def test_an_empty_database_gets_the_whole_schema_and_nothing_differs_from_the_code(empty: Database) -> None:
    assert upgrade(empty) is True

    assert differences(empty) == []
    with empty.reading() as session:
        assert session.connection().exec_driver_sql("SELECT number FROM audit_head").scalars().all() == [0]


def test_a_second_upgrade_changes_nothing(empty: Database) -> None:
    upgrade(empty)

    assert upgrade(empty) is False


def test_processes_that_start_at_once_upgrade_one_after_the_other(empty_url: str) -> None:
    starting = [child(record_processes.make, empty_url) for _ in range(3)]

    assert sorted(answer for process in starting for answer in said(process)) == ["False", "False", "True"]
    database = Database(empty_url)
    assert differences(database) == []
    database.close()


def test_the_database_of_a_newer_version_is_refused_with_the_remedy_and_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from_the_future'"))

    with pytest.raises(Unavailable, match="bitte das Programm aktualisieren"):
        upgrade(database)

    with database.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "from_the_future"


def test_a_database_that_is_away_is_told_as_such() -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(Unavailable, match="Datenbank"):
        upgrade(away)
    away.close()


def test_there_is_one_newest_revision() -> None:
    assert newest_revision()
