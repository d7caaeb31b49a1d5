"""Bring a database to this version's schema; every command does so first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlmodel import Session

from eakte import interested_parties
from eakte.errors import Damaged, Unavailable
from eakte.tables import METADATA
from storage.database import Database, translated

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 5_138_008
"""Number of PostgreSQL's advisory lock: two commands starting at once upgrade one after the other."""


def upgrade(database: Database) -> bool:
    """Create or upgrade the database.

    Returns:
        True when something was changed.

    Raises:
        Unavailable: The database was made by a newer version of this program, or does not answer.
    """
    with translated(), database.engine.connect() as connection:
        if _revision(connection) == newest_revision():
            return False
        connection.rollback()
        with _references_checked_at_the_end(database, connection), connection.begin():
            if not database.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            current = _revision(connection)
            if current == newest_revision():
                return False
            known = {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}
            if current is not None and current not in known:
                raise Unavailable("Die Datenbank stammt von einer neueren Version; bitte das Programm aktualisieren.")
            command.upgrade(alembic_config(connection), "head")
            if current is not None:
                _follow_the_rules(connection)
            _check_references(database, connection)
        return True


def _follow_the_rules(connection: Connection) -> None:
    """Bring records of an earlier version under rules it did not have, before anybody sees them again."""
    with Session(connection) as session:
        interested_parties.everybody_looked_at(session)
        session.commit()  # seals what enters the trail; the upgrade itself is committed with everything else


@contextmanager
def _references_checked_at_the_end(database: Database, connection: Connection) -> Iterator[None]:
    """SQLite alters a table by writing it anew; meanwhile nothing could refer to it, so it is looked at afterwards."""
    if not database.is_sqlite:
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _check_references(database: Database, connection: Connection) -> None:
    """Refuse an upgrade after which something refers to a row that is not there; it is then rolled back."""
    if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise Damaged(
            "Nach der Umstellung verweist die Datenbank auf Zeilen, die es nicht gibt; nichts wurde geändert."
        )


@cache
def newest_revision() -> str | None:
    """The revision this version needs."""
    return ScriptDirectory(str(_FOLDER)).get_current_head()


def differences(database: Database) -> list[object]:
    """What differs between the tables in code and the database; empty when the migrations are complete."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))


def write_revision(database: Database, message: str) -> None:
    """Write a new migration from what differs; for developers (`tools/new-migration`)."""
    with database.engine.connect() as connection, connection.begin():
        command.revision(alembic_config(connection), message=message, autogenerate=True)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for working on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config
