"""The records' engine: SQLite in WAL, or PostgreSQL. A session is one transaction.

SQLite: the driver's own transaction handling loses updates or fails at once under parallel writers, so we
begin ourselves, `BEGIN IMMEDIATE` for whoever will write (`docs/decisions/0002-sqlite-begin-immediate.md`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlmodel import Session

from eakte.audit import pending_events
from eakte.errors import Unavailable

BUSY_TIMEOUT_S = 30


class Database:
    """Holds the connections. One per process; not to be carried over a fork.

    Args:
        url: SQLAlchemy URL, `sqlite:///…` or `postgresql+psycopg://…`.
        pool_size: Connections kept; twice as many may be open for a moment.
    """

    def __init__(self, url: str, *, pool_size: int = 25) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        connect_args: dict[str, Any] = {}
        if self.is_sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            connect_args = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
        self.engine = sa.create_engine(
            self.url, connect_args=connect_args, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._reading_engine = self.engine.execution_options(eakte_reading=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads: one consistent view, no lock taken, rolled back at the end.

        A read that must enter the audit trail would be lost with it: whoever tries is told at once.
        """
        with translated(), Session(self._reading_engine, expire_on_commit=False) as session:
            yield session
            if lost := pending_events(session):
                raise AssertionError(f"{lost[0].tag} was noted in a session that only reads")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back when it raises.

        Raises:
            Unavailable: The database cannot be written to now; nothing was changed.
        """
        with translated(), Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
        "synchronous=FULL",  # an acknowledged record survives a power cut, not only a killed process
        "foreign_keys=ON",
        "cache_size=-65536",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("eakte_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def translated() -> Iterator[None]:
    """Tell a database that does not answer by our name."""
    try:
        yield
    except (OperationalError, NoConnectionFree) as error:
        raise Unavailable("Die Datenbank antwortet nicht; bitte gleich noch einmal versuchen.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("Die Verbindung zur Datenbank ist abgerissen; bitte noch einmal versuchen.") from error
        raise
