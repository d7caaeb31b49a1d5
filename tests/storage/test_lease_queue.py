"""The work queue: ordered with the record, held by one worker at a time, lost by nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from eakte.clock import now
from eakte.errors import Conflict
from eakte.ids import new_id
from eakte.jobs import (
    Job,
    JobKind,
    JobStatus,
    LeaseLost,
    enqueue,
    failed_jobs,
    outage_delay,
    retry_delay,
    retry_failed,
)
from eakte.principals import Unit
from storage import lease_queue
from storage.database import Database
from storage.lease_queue import LeaseQueue, is_dead, worker_name
from tests.storage import record_processes
from tests.storage.ordered_work import ALL, change, order, row, taken
from tests.storage.record_processes import child, said


@pytest.fixture
def queue(database: Database) -> LeaseQueue:
    return LeaseQueue(database, "somewhere/1/1")


# -- ordering --------------------------------------------------------------------------------------------


def test_work_is_ordered_with_its_record_or_not_at_all(database: Database, queue: LeaseQueue) -> None:
    def fail() -> None:
        with database.writing() as session:
            enqueue(session, JobKind.DERIVE, new_id())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.writing() as session:
        enqueue(session, JobKind.DERIVE, new_id())
        assert queue.lease(ALL) is None if not database.is_sqlite else True, "nobody sees it before the commit"

    assert queue.lease(ALL) is not None


def test_what_waits_is_not_doubled_but_what_is_being_done_is(database: Database, queue: LeaseQueue) -> None:
    subject = new_id()
    order(database, JobKind.INDEX_DOCUMENT, JobKind.INDEX_DOCUMENT, subject=subject)
    assert order(database, JobKind.INDEX_DOCUMENT, subject=subject) == []
    first = taken(queue)

    assert len(order(database, JobKind.INDEX_DOCUMENT, subject=subject)) == 1

    assert taken(queue).id != first.id
    assert queue.lease(ALL) is None


def test_other_details_are_other_work(database: Database) -> None:
    version = new_id()
    with database.writing() as session:
        for first in (1, 9, 1):
            enqueue(session, JobKind.RECOGNISE_PAGES, version, first=first, last=first + 7)
        assert len(session.exec(select(Job)).all()) == 2


def test_the_most_urgent_comes_first_then_the_oldest(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.RECOGNISE_PAGES, JobKind.READ_VERSION, JobKind.INDEX_DOCUMENT, JobKind.WORK_SCAN_BATCH)
    order(database, JobKind.WORK_SCAN_BATCH)

    order_taken = [taken(queue) for _ in range(5)]

    assert [job.kind for job in order_taken] == [
        JobKind.WORK_SCAN_BATCH, JobKind.WORK_SCAN_BATCH, JobKind.READ_VERSION, JobKind.INDEX_DOCUMENT,
        JobKind.RECOGNISE_PAGES,
    ]  # fmt: skip
    assert order_taken[0].id < order_taken[1].id


def test_a_worker_takes_only_what_it_can_do(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.WORK_SCAN_BATCH, JobKind.DERIVE)

    assert taken(queue, frozenset({JobKind.DERIVE})).kind is JobKind.DERIVE
    assert queue.lease(frozenset({JobKind.DERIVE})) is None
    assert queue.lease(frozenset()) is None


# -- one at a time ---------------------------------------------------------------------------------------


def test_threads_never_hold_the_same_job(database: Database) -> None:
    ordered = order(database, *[JobKind.DERIVE] * 30)

    def work(number: int) -> list[UUID]:
        own, held = LeaseQueue(database, f"somewhere/{number}/1"), []
        while job := own.lease(ALL):
            held.append(job.id)
        return held

    with ThreadPoolExecutor(4) as pool:
        held = [id_ for ids in pool.map(work, range(4)) for id_ in ids]

    assert sorted(held) == sorted(ordered)


def test_processes_never_hold_the_same_job(database: Database) -> None:
    ordered = order(database, *[JobKind.DERIVE] * 30)

    workers = [child(record_processes.take_all, database.url.render_as_string(hide_password=False)) for _ in range(2)]

    held = [UUID(id_) for worker in workers for id_ in said(worker)]
    assert sorted(held) == sorted(ordered)


def test_a_lease_that_ran_out_is_anybodys(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    first, other = taken(queue), LeaseQueue(database, "elsewhere/2/2")
    assert other.lease(ALL) is None

    change(database, lease_until=now() - timedelta(seconds=1))
    second = taken(other)

    assert (second.id, second.attempts) == (first.id, 2)
    assert queue.renew(first) is False
    assert other.renew(second) is True


def test_a_lease_that_is_renewed_does_not_run_out(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    job = taken(queue)
    change(database, lease_until=now() + timedelta(seconds=1))

    assert queue.renew(job) is True

    until = row(database).lease_until
    assert until is not None
    assert until > now() + timedelta(seconds=lease_queue.LEASE_S / 2)


def test_the_same_worker_loses_a_lease_that_it_took_again(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    first = taken(queue)
    change(database, lease_until=now() - timedelta(seconds=1))
    second = taken(queue)

    assert queue.renew(first) is False
    queue.put_down(first)
    queue.give_back(first, "zu spät")
    with pytest.raises(LeaseLost), database.writing() as session:
        queue.finish(session, first)
    with database.writing() as session:
        queue.finish(session, second)


# -- finishing -------------------------------------------------------------------------------------------


def test_what_a_job_did_and_that_it_is_done_are_one(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    job = taken(queue)
    with database.writing() as session:
        session.add(Unit(id="SO", name="Ergebnis"))
        queue.finish(session, job)

    with database.reading() as session:
        assert session.exec(select(Job)).all() == []
        assert session.get(Unit, "SO")


@pytest.mark.parametrize("end", ["finish", "give_up"])
def test_without_the_lease_the_results_are_taken_back(database: Database, queue: LeaseQueue, end: str) -> None:
    order(database, JobKind.DERIVE)
    job = taken(queue)
    change(database, lease_until=now() - timedelta(seconds=1))
    taken(LeaseQueue(database, "elsewhere/2/2"))

    def too_late() -> None:
        with database.writing() as session:
            session.add(Unit(id="SO", name="Ergebnis"))
            if end == "finish":
                queue.finish(session, job)
            else:
                queue.give_up(session, job, "ging nicht")

    with pytest.raises(Conflict, match="übernommen"):
        too_late()
    with database.reading() as session:
        assert session.get(Unit, "SO") is None
        assert session.exec(select(Job.status)).all() == [JobStatus.LEASED]


# -- failing ---------------------------------------------------------------------------------------------


def test_each_try_waits_longer_and_says_why(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    waits = []
    for attempt in range(1, 4):
        job = taken(queue)
        assert job.attempts == attempt
        queue.give_back(job, f"Fehler {attempt}")
        given_back = row(database)
        assert given_back.last_error == f"Fehler {attempt}"
        waits.append(given_back.run_after - now())
        assert queue.lease(ALL) is None, "not due yet"
        change(database, run_after=now())

    assert waits == sorted(waits)
    assert [retry_delay(attempts).total_seconds() for attempts in (0, 1, 2, 3, 9)] == [2, 2, 8, 32, 3600]


def test_what_failed_for_good_is_visible_and_can_be_tried_again(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    job = taken(queue)
    with database.writing() as session:
        queue.give_up(session, job, "x" * 5000)

    assert queue.lease(ALL) is None
    with database.writing() as session:
        failed = failed_jobs(session)
        assert [(one.id, one.last_error) for one in failed] == [(job.id, "x" * 2000)]
        assert retry_failed(session) == 1
    assert taken(queue).attempts == 1


def test_work_put_down_untried_is_due_at_once_and_counts_no_try(database: Database, queue: LeaseQueue) -> None:
    order(database, JobKind.DERIVE)
    queue.put_down(taken(queue))

    assert taken(LeaseQueue(database, "elsewhere/2/2")).attempts == 1


def test_what_is_put_off_counts_no_try_and_waits_as_long_as_it_has_waited(
    database: Database, queue: LeaseQueue
) -> None:
    order(database, JobKind.DERIVE)
    change(database, created_at=now() - timedelta(seconds=100))

    queue.put_off(taken(queue), "Platte voll")

    job = row(database)
    assert (job.status, job.attempts, job.last_error) == (JobStatus.WAITING, 0, "Platte voll")
    assert timedelta(seconds=90) < job.run_after - now() < timedelta(seconds=110)
    with database.writing() as session:
        assert retry_failed(session) == 1
    assert taken(queue).attempts == 1


@pytest.mark.parametrize(
    ("age_s", "waits_s"), [(-3600, 2), (0, 2), (60, 60), (7200, 300)], ids=["from the future", "new", "young", "old"]
)
def test_an_outage_is_looked_after_often_at_first(age_s: int, waits_s: int) -> None:
    assert outage_delay(timedelta(seconds=age_s)) == timedelta(seconds=waits_s)


# -- dying -----------------------------------------------------------------------------------------------


@pytest.fixture
def holder(database: Database) -> Iterator[Callable[[], object]]:
    """A real worker that holds a job; calling it kills the worker with SIGKILL and lets its remains go."""
    order(database, JobKind.DERIVE)
    worker = child(record_processes.take, database.url.render_as_string(hide_password=False))
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == str(row(database).id)

    def kill() -> None:
        worker.kill()
        worker.wait()

    yield kill
    kill()
    for stream in (worker.stdin, worker.stdout):
        if stream is not None:
            stream.close()


def test_what_a_killed_worker_held_is_due_again_and_what_a_living_one_holds_is_not(
    database: Database, queue: LeaseQueue, holder: Callable[[], object]
) -> None:
    assert queue.release_dead() == 0
    assert queue.lease(ALL) is None

    holder()

    assert queue.release_dead() == 1
    assert queue.release_dead() == 0
    assert taken(queue).attempts == 2, "a job that kills its worker each time must not do so for ever"


def test_the_remains_of_a_worker_nobody_waited_for_are_dead(database: Database) -> None:
    order(database, JobKind.DERIVE)
    worker = child(record_processes.take, database.url.render_as_string(hide_password=False))
    assert worker.stdout is not None
    worker.stdout.readline()
    name = row(database).leased_by
    assert name is not None
    assert not is_dead(name)

    worker.kill()
    while Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        pass

    assert is_dead(name)
    worker.communicate()


def test_only_workers_of_this_host_are_called_dead() -> None:
    host, pid, started = worker_name().split("/")

    assert not is_dead(worker_name())
    assert is_dead(f"{host}/{pid}/{int(started) + 1}"), "the number is used by another process now"
    assert is_dead(f"{host}/999999999/1")
    for name in (f"other-{host}/999999999/1", "", "named", f"{host}/x/y"):
        assert not is_dead(name)
