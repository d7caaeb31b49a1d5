"""The benchmark's city is written in bulk; it must be what the real code would have made one by one."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from benchmarks import access_city, access_rows
from benchmarks.access_city import Size
from benchmarks.access_installation import Installation, check
from eakte import access, actors
from eakte.access_tables import AccessScope
from storage.migration import upgrade


def test_the_city_of_the_access_benchmark_is_what_the_real_code_makes(tmp_path: Path) -> None:
    city = access_city.build(Size(200))
    installation = Installation(city, f"sqlite:///{tmp_path / 'eakte.sqlite3'}", tmp_path)

    with installation.database() as database:
        upgrade(database)
        access_rows.write(database.url, city, lambda _: None)

        check(installation, database, samples=6)
        with Session(database.engine) as session:
            assert seen_by(session, access_city.NOBODY) == 0
            assert seen_by(session, access_city.EVERYBODY) > 0.8 * len(session.exec(select(AccessScope.id)).all())


def seen_by(session: Session, name: str) -> int:
    return len(access.scopes_with(session, actors.actor_for(session, name)).ids)
