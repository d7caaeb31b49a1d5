"""The records' engine: SQLite in WAL, or PostgreSQL. A session is one transaction.

SQLite: the driver's own transaction handling loses updates or fails at once under parallel writers, so we
begin ourselves, `BEGIN IMMEDIATE` for whoever will write (`docs/decisions/0002-sqlite-begin-immediate.md`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlmodel import Session

from eakte import audit, machine
from eakte.audit import AuditEvent
from eakte.claims import KNOWN_CLAIMS
from eakte.errors import Unavailable
from storage.shared_commits import SharedCommits
from storage.turns import NO_ANSWER, Turns

PATIENCE_S = 30.0

_DISK_FULL = "53100"
"""PostgreSQL's name for it."""

READERS = 2
"""At once in one process: one computes while the other waits for the disk or the server."""


class Database:
    """Holds the connections. One per process; not to be carried over a fork.

    Args:
        url: SQLAlchemy URL, `sqlite:///…` or `postgresql+psycopg://…`.
        pool_size: Connections kept; twice as many may be open for a moment.
        patience_s: How long to wait for a connection, a turn or a lock.
    """

    def __init__(self, url: str, *, pool_size: int = 25, patience_s: float = PATIENCE_S) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        connect_args: dict[str, Any] = {}
        if self.is_sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            connect_args = {"timeout": patience_s, "check_same_thread": False}
        self.engine = sa.create_engine(
            self.url,
            connect_args=connect_args,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=patience_s,
            pool_pre_ping=True,
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._readers = Turns(READERS, patience_s)
        self._writers = Turns(1, patience_s) if self.is_sqlite else None
        self._notes = SharedCommits(self._commit_notes)
        unchanging = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading_engine = self.engine.execution_options(
            eakte_reading=True, **({} if self.is_sqlite else unchanging)
        )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads: one consistent view, no lock taken, nothing kept.

        A read that must enter the audit trail would be lost with it: whoever tries is told at once.
        """
        noted: list[AuditEvent] = []
        with self._view(noted) as session:
            yield session
        if noted:
            raise AssertionError(f"{noted[0].tag} was noted in a session that only reads")

    @contextmanager
    def noting(self) -> Iterator[Session]:
        """As `reading`, for reads that enter the audit trail: what was noted is committed when the block ends.

        Writers wait only for that moment, not for the read.

        Raises:
            Unavailable: It could not be noted; whoever asked must not be told what was read.
        """
        noted: list[AuditEvent] = []
        with self._view(noted) as session:
            yield session
        if noted:
            self._notes.commit(noted)

    def _commit_notes(self, noted: Sequence[AuditEvent]) -> None:
        with self.writing() as session:
            audit.carry_over(session, noted)

    @contextmanager
    def _view(self, noted: list[AuditEvent]) -> Iterator[Session]:
        session = Session(self._reading_engine, expire_on_commit=False, info={KNOWN_CLAIMS: {}})
        with self._readers.turn(), translated(), session:
            yield session
            if changed := [*session.new, *session.dirty, *session.deleted]:
                raise AssertionError(f"{changed[0]!r} was changed in a session that only reads")
            noted += audit.take_pending(session)
            if not self.is_sqlite:
                session.commit()  # at a rollback, the driver forgets its prepared statements

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back when it raises.

        Raises:
            Unavailable: The database cannot be written to now; nothing was changed.
        """
        turn = nullcontext() if self._writers is None else self._writers.turn()
        with turn, translated(), Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
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
        raise Unavailable(machine.NO_ROOM_LEFT if _is_for_want_of_room(error) else NO_ANSWER) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("Die Verbindung zur Datenbank ist abgerissen; bitte noch einmal versuchen.") from error
        raise


def _is_for_want_of_room(error: Exception) -> bool:
    told = getattr(error, "orig", None)
    return (
        getattr(told, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(told, "sqlstate", None) == _DISK_FULL
    )
