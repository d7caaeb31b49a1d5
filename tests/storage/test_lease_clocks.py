"""The work queue when clocks are put forward or back, or lie apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from eakte.clock import now
from eakte.jobs import JobKind, LeaseLost
from storage import lease_queue
from storage.database import Database
from storage.lease_queue import LeaseQueue
from tests.storage.ordered_work import ALL, order, taken


@pytest.fixture
def queue(database: Database) -> LeaseQueue:
    return LeaseQueue(database, "somewhere/1/1")


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Put the clock of the queue forward or back."""
    return lambda by: monkeypatch.setattr(lease_queue, "now", lambda: now() + by)


@pytest.mark.parametrize("failed_before", [False, True])
@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(hours=9)])
def test_when_the_clock_is_put_back_work_does_not_wait_for_it(
    database: Database,
    queue: LeaseQueue,
    set_clock: Callable[[timedelta], None],
    back: timedelta,
    failed_before: bool,
) -> None:
    order(database, JobKind.DERIVE)
    if failed_before:
        queue.give_back(taken(queue), "Absturz")

    set_clock(-back)

    taken(queue)


def test_when_the_clock_is_put_back_the_dead_do_not_hold_their_work_for_longer(
    database: Database, queue: LeaseQueue, set_clock: Callable[[timedelta], None]
) -> None:
    order(database, JobKind.DERIVE)
    taken(queue)

    set_clock(-timedelta(hours=1))

    assert taken(LeaseQueue(database, "elsewhere/2/2")).attempts == 2


def test_when_the_clock_is_put_forward_only_one_of_two_finishes(
    database: Database, queue: LeaseQueue, set_clock: Callable[[timedelta], None]
) -> None:
    order(database, JobKind.DERIVE)
    early = taken(queue)
    set_clock(timedelta(hours=1))
    other = LeaseQueue(database, "elsewhere/2/2")
    late = taken(other)

    with pytest.raises(LeaseLost), database.writing() as session:
        queue.finish(session, early)
    assert not queue.renew(early)
    with database.writing() as session:
        other.finish(session, late)
    assert queue.lease(ALL) is None


def test_clocks_that_lie_a_little_apart_take_nothing_from_anybody(
    database: Database, queue: LeaseQueue, set_clock: Callable[[timedelta], None]
) -> None:
    order(database, JobKind.DERIVE)
    taken(queue)

    for by_s in (-30, 30):
        set_clock(timedelta(seconds=by_s))
        assert LeaseQueue(database, "elsewhere/2/2").lease(ALL) is None
