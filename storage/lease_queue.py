"""The work queue in the records' own database: a job is a row, taken by a lease that must be renewed.

Whatever is killed gives its job back by no longer renewing it. What a job did and that it is done are
committed together, and only while the lease still holds; so each job takes effect once.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from eakte.clock import now
from eakte.columns import UtcDateTime
from eakte.jobs import LONGEST_DELAY, Job, JobKind, JobStatus, LeaseLost, outage_delay, retry_delay
from eakte.ports import LeasedJob
from storage.database import Database

LEASE_S = 60

_SKEW = timedelta(seconds=60)
"""How far the clocks of several machines may lie apart."""


class LeaseQueue:
    """Implements `JobQueue` for one worker.

    Args:
        worker: Name of this worker; by default host, process and the process's start, so that others
            can tell whether it still lives.
    """

    def __init__(self, database: Database, worker: str = "") -> None:
        self._database = database
        self.worker = worker or worker_name()

    def lease(self, kinds: frozenset[JobKind]) -> LeasedJob | None:
        """Take the most urgent job that is due, or None."""
        if not self._anything_due(kinds):
            return None
        with self._database.writing() as session:
            moment = now()
            job = session.exec(
                select(Job)
                .where(_is_due(kinds))
                .order_by(col(Job.urgency), col(Job.run_after), col(Job.id))
                .limit(1)
                .with_for_update(skip_locked=True),
                params=_moments(moment),
            ).first()
            if job is None:
                return None
            job.status, job.leased_by = JobStatus.LEASED, self.worker
            job.lease_until = moment + timedelta(seconds=LEASE_S)
            job.attempts += 1
            return LeasedJob(job.id, job.kind, job.subject_id, dict(job.detail), job.attempts)

    def renew(self, job: LeasedJob) -> bool:
        """Keep a job for longer; False when the lease was lost, and then the work must be dropped."""
        with self._database.writing() as session:
            row = self._held(session, job)
            if row is None:
                return False
            row.lease_until = now() + timedelta(seconds=LEASE_S)
            return True

    def finish(self, session: Session, job: LeasedJob) -> None:
        """Mark a job done in the transaction that holds its results.

        Raises:
            LeaseLost: The results must not be committed.
        """
        row = self._held(session, job)
        if row is None:
            raise LeaseLost
        session.delete(row)
        session.flush()

    def give_back(self, job: LeasedJob, error: str) -> None:
        """Return a job that failed; it is due again after a while that grows with each try."""
        with self._database.writing() as session:
            row = self._held(session, job)
            if row is not None:
                row.status, row.leased_by, row.lease_until = JobStatus.WAITING, None, None
                row.last_error, row.run_after = error[:2000], now() + retry_delay(row.attempts)

    def put_off(self, job: LeasedJob, error: str) -> None:
        """Return a job untried because something outside is away; it is due again after a while that grows with it."""
        with self._database.writing() as session:
            row = self._held(session, job)
            if row is not None:
                row.status, row.leased_by, row.lease_until = JobStatus.WAITING, None, None
                row.attempts -= 1
                row.last_error, row.run_after = error[:2000], now() + outage_delay(now() - row.created_at)

    def give_up(self, session: Session, job: LeasedJob, error: str) -> None:
        """Mark a job failed for good, with its reason, in the transaction that draws the consequences.

        Raises:
            LeaseLost: Somebody else has the job.
        """
        row = self._held(session, job)
        if row is None:
            raise LeaseLost
        row.status, row.leased_by, row.lease_until, row.last_error = JobStatus.FAILED, None, None, error[:2000]
        session.flush()

    def put_down(self, job: LeasedJob) -> None:
        """Return a job untried because this worker stops; it is due at once and no attempt is counted."""
        with self._database.writing() as session:
            row = self._held(session, job)
            if row is not None:
                row.status, row.leased_by, row.lease_until = JobStatus.WAITING, None, None
                row.attempts -= 1

    def release_dead(self) -> int:
        """Make due what workers of this host held that no longer live; returns how many.

        An attempt stays counted: a job that kills its worker each time must not do so for ever.
        """
        with self._database.writing() as session:
            leased = session.exec(select(Job).where(Job.status == JobStatus.LEASED).with_for_update()).all()
            dead = [job for job in leased if job.leased_by is not None and is_dead(job.leased_by)]
            for job in dead:
                job.status, job.leased_by, job.lease_until, job.run_after = JobStatus.WAITING, None, None, now()
            return len(dead)

    def _anything_due(self, kinds: frozenset[JobKind]) -> bool:
        with self._database.reading() as session:
            return session.exec(_is_anything_due(kinds), params=_moments(now())).one()

    def _held(self, session: Session, job: LeasedJob) -> Job | None:
        """The job's row while this very lease holds; the count of tries tells it from a later one of this worker."""
        return session.exec(
            select(Job)
            .where(
                Job.id == job.id,
                Job.status == JobStatus.LEASED,
                Job.leased_by == self.worker,
                Job.attempts == job.attempts,
            )
            .with_for_update()
        ).first()


@cache
def _is_due(kinds: frozenset[JobKind]) -> sa.ColumnElement[bool]:
    """What a worker may take now; made once, since idle workers ask all day, and asked with `_moments`.

    When the clock is put back, what was ordered before lies in the future: it is not left there.
    """
    moment, soon, no_delay, no_lease = (
        sa.bindparam(name, type_=UtcDateTime) for name in ("moment", "soon", "no_delay", "no_lease")
    )
    reached = (col(Job.run_after) <= moment) | (col(Job.created_at) > soon)
    put_back = col(Job.run_after) > no_delay
    waiting = (col(Job.status) == JobStatus.WAITING) & (reached | put_back)
    over = (col(Job.lease_until) < moment) | (col(Job.lease_until) > no_lease)
    abandoned = (col(Job.status) == JobStatus.LEASED) & over
    return col(Job.kind).in_(kinds) & (waiting | abandoned)


def _moments(moment: datetime) -> dict[str, datetime]:
    """Now, and moments that only clocks put back make later than now."""
    soon = moment + _SKEW
    return {
        "moment": moment,
        "soon": soon,
        "no_delay": soon + LONGEST_DELAY,
        "no_lease": soon + timedelta(seconds=LEASE_S),
    }


@cache
def _is_anything_due(kinds: frozenset[JobKind]) -> SelectOfScalar[bool]:
    return select(sa.exists().where(_is_due(kinds)))


def worker_name() -> str:
    """A name that tells host, process and when the process started (process numbers are used again)."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(worker: str) -> bool:
    """Whether a worker of this host no longer lives; those of other hosts are never called dead."""
    host, _, rest = worker.partition("/")
    pid, _, started = rest.partition("/")
    return host == socket.gethostname() and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty when there is no such process, or only its remains."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in {"Z", "X"} else fields[19]
