"""The records' engine: parallel writers lose nothing, readers see one view, and a failing commit says so."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, InternalError
from sqlmodel import Session, col, select

from eakte import audit, references, scopes
from eakte.access_tables import ROOT_SCOPE_ID, ScopeKind
from eakte.audit import AuditEvent, AuditTag
from eakte.case_file_tables import ReferenceCounter
from eakte.clock import now
from eakte.errors import NotFound, Unavailable
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.ids import new_id
from eakte.jobs import Job, JobKind
from eakte.principals import Membership, Unit
from storage.database import Database
from tests.storage import record_processes
from tests.storage.record_processes import THREADS, TURNS, child, count_up, said


@pytest.fixture
def records(database: Database) -> Database:
    """With a unit to change and an entry to give references for; one is given out already."""
    with database.writing() as session:
        session.add(Unit(id="SO", name="Soziales"))
        scope_id = scopes.make_scope(session, ScopeKind.FILING_PLAN, "50", ROOT_SCOPE_ID)
        session.add(FilingPlanEntry(code="50", title="Soziales", access_scope_id=scope_id))
        session.flush()
        references.next_reference(session, "50", 2026, "{number}")
    return database


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def counted(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        return session.get_one(Unit, "SO").position, session.get_one(ReferenceCounter, ("50", 2026)).last_number


# -- writers ---------------------------------------------------------------------------------------------


def test_twenty_threads_lose_no_update(records: Database) -> None:
    given = count_up(records, threads=20, turns=5)

    assert counted(records) == (100, 101)
    assert sorted(map(int, given)) == list(range(2, 102)), "no gap, none twice"


def test_four_processes_with_five_threads_each_lose_no_update_while_readers_see_whole_states(records: Database) -> None:
    writers = [child(record_processes.write, url_of(records)) for _ in range(4)]
    seen: list[tuple[int, int]] = []
    while any(writer.poll() is None for writer in writers):
        seen.append(counted(records))
    given = [int(number) for writer in writers for number in said(writer)]

    everything = 4 * THREADS * TURNS
    assert counted(records) == (everything, everything + 1)
    assert sorted(given) == list(range(2, everything + 2))
    assert all(number == position + 1 for position, number in seen)
    assert seen == sorted(seen), "no reader goes back in time"


def noted(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(AuditEvent.object_id).order_by(col(AuditEvent.number))))


def read_and_note(database: Database, object_id: str) -> None:
    with database.noting() as session:
        session.get_one(Unit, "SO")
        audit.record(session, AuditTag.TEXT_READ, actor_id="anna", object_kind="document", object_id=object_id)


def test_a_read_enters_the_trail_once_it_is_over_and_holds_up_no_writer(records: Database) -> None:
    with records.noting() as reader:
        audit.record(reader, AuditTag.TEXT_READ, actor_id="anna", object_kind="document", object_id="d-1")
        with records.writing() as writer:
            writer.get_one(Unit, "SO").name = "Inzwischen geändert"
        assert reader.get_one(Unit, "SO").name in ("Soziales", "Inzwischen geändert")
        assert noted(records) == []
    assert noted(records) == ["d-1"]


def test_a_read_that_fails_is_not_in_the_trail(records: Database) -> None:
    with suppress(NotFound), records.noting() as session:
        audit.record(session, AuditTag.TEXT_READ, actor_id="anna", object_kind="document", object_id="d-1")
        raise NotFound
    assert noted(records) == []


def test_every_read_of_many_at_once_is_in_the_chain(records: Database) -> None:
    def read(reader: int) -> None:
        for turn in range(5):
            read_and_note(records, f"{reader}.{turn}")

    threads = [threading.Thread(target=read, args=[reader]) for reader in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(noted(records)) == sorted(f"{reader}.{turn}" for reader in range(12) for turn in range(5))
    with records.reading() as session:
        assert audit.verify_chain(session) == []


def test_a_session_that_reads_changes_nothing(records: Database) -> None:
    with pytest.raises(AssertionError, match="only reads"), records.noting() as session:
        session.get_one(Unit, "SO").name = "Geändert"
    with records.reading() as session:
        assert session.get_one(Unit, "SO").name == "Soziales"


def test_a_reader_waits_for_no_writer_and_sees_nothing_unfinished(records: Database) -> None:
    with records.writing() as writer:
        writer.get_one(Unit, "SO").name = "Unfertig"
        writer.flush()
        with records.reading() as reader:
            assert reader.get_one(Unit, "SO").name == "Soziales"
    with records.reading() as reader:
        assert reader.get_one(Unit, "SO").name == "Unfertig"


def test_a_readers_view_does_not_change_while_it_looks(records: Database) -> None:
    with records.reading() as reader:
        assert len(reader.exec(select(Unit)).all()) == 2
        with records.writing() as writer:
            writer.add(Unit(id="PO", name="Personal"))
        assert len(reader.exec(select(Unit)).all()) == 2
    with records.reading() as reader:
        assert len(reader.exec(select(Unit)).all()) == 3


def test_readers_never_write(records: Database) -> None:
    with suppress(InternalError), records.reading() as session:  # PostgreSQL itself refuses
        session.get_one(Unit, "SO").name = "Anders"
        session.flush()
    with records.reading() as session:
        assert session.get_one(Unit, "SO").name == "Soziales"


def test_what_must_enter_the_trail_is_never_lost_in_a_reading_session(records: Database) -> None:
    def read_unnoticed() -> None:
        with records.reading() as session:
            audit.record(session, AuditTag.CONTENT_READ, actor_id="anna", object_kind="document", object_id="x")

    with pytest.raises(AssertionError, match="content_read"):
        read_unnoticed()


# -- transactions ----------------------------------------------------------------------------------------


def test_an_error_takes_everything_back(records: Database) -> None:
    def fail() -> None:
        with records.writing() as session:
            session.add(Unit(id="PO", name="Personal"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with records.reading() as session:
        assert session.get(Unit, "PO") is None


def test_a_commit_that_fails_is_an_error_and_leaves_nothing(records: Database) -> None:
    def break_a_rule_at_the_end() -> None:
        with records.writing() as session:
            session.add(Unit(id="PO", name="Personal"))
            session.add(Membership(person_id="nobody", unit_id="SO"))

    with pytest.raises(IntegrityError):
        break_a_rule_at_the_end()
    with records.reading() as session:
        assert session.get(Unit, "PO") is None


def test_sqlite_writes_ahead_syncs_fully_and_holds_references(records: Database) -> None:
    if not records.is_sqlite:
        pytest.skip("about SQLite")
    with records.reading() as session:
        pragmas = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }

    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 30_000}


@pytest.mark.parametrize(
    "wrong",
    [
        sa.insert(Membership).values(person_id="nobody", unit_id="SO", position=0),
        sa.insert(Job).values(
            id=new_id(), kind="unheard_of", subject_id=new_id(), detail={}, urgency=0, status="waiting",
            run_after=now(), attempts=0, created_at=now(),
        ),
        sa.update(Unit).where(sa.column("id") == "SO").values(parent_id="nowhere"),
    ],
    ids=["reference to nobody", "a word that is none", "a parent that is none"],
)  # fmt: skip
def test_constraints_hold_the_truth_whoever_writes(records: Database, wrong: sa.UpdateBase) -> None:
    with pytest.raises((IntegrityError, LookupError, sa.exc.StatementError)), records.engine.begin() as connection:
        connection.execute(wrong)


def test_moments_come_back_aware_and_days_in_the_city_do_not_shift(records: Database) -> None:
    moment = now()
    with records.writing() as session:
        session.add(Job(kind=JobKind.DERIVE, subject_id=new_id(), urgency=0, run_after=moment))
    with records.reading() as session:
        assert session.exec(select(Job)).one().run_after == moment

    with Session(records.engine) as session:
        session.add(Job(kind=JobKind.DERIVE, subject_id=new_id(), urgency=0, run_after=moment.replace(tzinfo=None)))
        with pytest.raises(sa.exc.StatementError, match="aware"):
            session.flush()


# -- what does not answer --------------------------------------------------------------------------------


def test_a_database_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(Unavailable, match="noch einmal"), away.reading() as session:
        session.exec(select(1)).one()
    away.close()


def test_a_locked_database_is_told_as_such_in_the_end(records: Database) -> None:
    if not records.is_sqlite:
        pytest.skip("about SQLite")
    impatient = Database(url_of(records), patience_s=0)
    with records.writing() as writer:
        writer.get_one(Unit, "SO")
        with pytest.raises(Unavailable), impatient.writing() as session:
            session.get_one(Unit, "SO")
    impatient.close()


def test_too_many_at_once_wait_and_are_told_so_in_the_end(records: Database) -> None:
    narrow = Database(url_of(records), pool_size=1, patience_s=0.05)
    inside, leave = threading.Barrier(3), threading.Event()

    def sit() -> None:
        with narrow.reading() as session:
            session.exec(select(1)).one()
            inside.wait()
            leave.wait()

    sitting = [threading.Thread(target=sit) for _ in range(2)]
    for thread in sitting:
        thread.start()
    inside.wait()
    try:
        with pytest.raises(Unavailable), narrow.reading() as session:
            session.exec(select(1)).one()
    finally:
        leave.set()
        for thread in sitting:
            thread.join()
        narrow.close()
