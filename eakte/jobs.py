"""Work to be done later (Auftrag): asked for in the same transaction as the record it concerns.

So a record never waits for work nobody ordered, and no work is ordered for a record that was rolled back.
Workers take jobs through the port `JobQueue`; what a job did and that it is done are one transaction again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from eakte.actors import Actor
from eakte.audit import AuditTag, record
from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.errors import Conflict, NotFound, NotPermitted
from eakte.ids import new_id


class JobKind(StrEnum):
    """What can be ordered; the subject is the id of the row named in brackets."""

    WORK_SCAN_BATCH = "work_scan_batch"
    """Look at, split, match and file a batch [scan batch]."""
    READ_VERSION = "read_version"
    """Inspect a version and order the recognition of its pages [document version]."""
    RECOGNISE_PAGES = "recognise_pages"
    """Recognise a run of pages; `detail` holds `first`, `last` [document version]."""
    DERIVE = "derive"
    """Make the searchable PDF once all pages are recognised; `detail` may name another form [document version]."""
    INDEX_DOCUMENT = "index_document"
    """Bring a document's index entry in line with its rows [document]."""
    INDEX_CASE_FILE = "index_case_file"
    """Bring a case file's index entry, and those of its documents, in line [case file]."""
    PLACE_WAITING = "place_waiting"
    """Send what waits in an inbox on by rule, or file it, once its text is recognised [document]."""


class JobUrgency(IntEnum):
    """Smaller is sooner: filing by code comes before recognition, a single letter before a mass."""

    AT_ONCE = 0
    SOON = 1
    LATER = 2


URGENCY = {
    JobKind.WORK_SCAN_BATCH: JobUrgency.AT_ONCE,
    JobKind.READ_VERSION: JobUrgency.SOON,
    JobKind.RECOGNISE_PAGES: JobUrgency.LATER,
    JobKind.DERIVE: JobUrgency.SOON,
    JobKind.INDEX_DOCUMENT: JobUrgency.SOON,
    JobKind.INDEX_CASE_FILE: JobUrgency.SOON,
    JobKind.PLACE_WAITING: JobUrgency.SOON,
}

MAX_ATTEMPTS = 6
"""Tries before a job has failed for good and waits for a person with its reason."""


class LeaseLost(Conflict):
    """A worker's lease ran out and somebody else has taken the job over: what it did must not be committed."""

    def __init__(self) -> None:
        super().__init__("Der Auftrag wurde inzwischen von jemand anderem übernommen.")


class JobStatus(StrEnum):
    """Waiting (also for its next try), leased by a worker, failed for good. Done jobs are deleted."""

    WAITING = "waiting"
    LEASED = "leased"
    FAILED = "failed"


class Job(SQLModel, table=True):
    """One ordered piece of work."""

    __table_args__ = (
        sa.Index("ix_job_due", "status", "urgency", "run_after", "id"),
        sa.Index("ix_job_subject", "subject_id", "kind"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: JobKind = Field(sa_type=fixed_words(JobKind, "kind"))
    subject_id: UUID
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    scope_before_id: int | None = Field(default=None, index=True)
    """For indexing: the scope the index entry still stands under, until this job is done."""
    urgency: int
    status: JobStatus = Field(default=JobStatus.WAITING, sa_type=fixed_words(JobStatus, "status"))
    run_after: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    leased_by: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_error: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


def enqueue(
    session: Session, kind: JobKind, subject_id: UUID, *, scope_before_id: int | None = None, **detail: Any
) -> None:
    """Order work in the session's transaction.

    A job of the same kind, subject and detail that still waits is enough: it will see the newest rows.
    A leased one is not, since its worker may have read the rows before this change.

    Args:
        scope_before_id: For indexing what changed its access scope: the one it had.
    """
    session.flush()
    waiting = session.exec(
        select(Job).where(Job.subject_id == subject_id, Job.kind == kind, Job.status == JobStatus.WAITING)
    )
    if any(known.detail == detail and scope_before_id in (None, known.scope_before_id) for known in waiting):
        return
    session.add(
        Job(
            kind=kind,
            subject_id=subject_id,
            detail=detail,
            scope_before_id=scope_before_id,
            urgency=int(URGENCY[kind]),
        )
    )
    session.flush()


def scopes_before(session: Session) -> set[int]:
    """Scopes under which index entries still stand although their rows have moved to others."""
    found = session.exec(select(Job.scope_before_id).where(col(Job.scope_before_id).is_not(None)).distinct())
    return {scope_id for scope_id in found if scope_id is not None}


LONGEST_DELAY = timedelta(hours=1)


def retry_delay(attempts: int) -> timedelta:
    """How long a failed job waits before its next try: 2 s, 8 s, 32 s … at most an hour."""
    return min(timedelta(seconds=2 * 4 ** max(0, attempts - 1)), LONGEST_DELAY)


def outage_delay(age: timedelta) -> timedelta:
    """How long a job waits while something outside is away: as long as it has waited already, 2 s to 5 min."""
    return min(max(age, timedelta(seconds=2)), timedelta(minutes=5))


def count_jobs(session: Session) -> list[tuple[JobKind, JobStatus, int]]:
    """How many jobs there are of each kind in each state; done ones are gone."""
    counted = select(Job.kind, Job.status, sa.func.count()).group_by(col(Job.kind), col(Job.status))
    return [(JobKind(kind), JobStatus(status), count) for kind, status, count in session.exec(counted)]


def failed_jobs(session: Session) -> list[Job]:
    """What failed for good, newest first, each with its reason in `last_error`."""
    return list(session.exec(select(Job).where(Job.status == JobStatus.FAILED).order_by(col(Job.id).desc())))


def forget_failed_indexing(session: Session) -> None:
    """Drop indexing that failed for good; a rebuilt index has what it was to bring."""
    session.exec(
        sa.delete(Job).where(
            col(Job.status) == JobStatus.FAILED,
            col(Job.kind).in_([JobKind.INDEX_DOCUMENT, JobKind.INDEX_CASE_FILE]),
        )
    )


def put_off_jobs(session: Session) -> list[Job]:
    """What waits for its next try, newest first, each with the reason of the last in `last_error`."""
    wanted = select(Job).where(Job.status == JobStatus.WAITING, col(Job.last_error).is_not(None))
    return list(session.exec(wanted.order_by(col(Job.id).desc())))


def forget_failed(session: Session, subject_id: UUID) -> None:
    """Drop work on something that failed for good: it is ordered anew, or no longer wanted."""
    session.exec(sa.delete(Job).where(col(Job.subject_id) == subject_id, col(Job.status) == JobStatus.FAILED))


def forget(session: Session, subject_id: UUID) -> None:
    """Drop all work on something that nobody has begun: it is no longer wanted."""
    session.exec(sa.delete(Job).where(col(Job.subject_id) == subject_id, col(Job.status) != JobStatus.LEASED))


def retry_failed(session: Session) -> int:
    """Put everything that failed, for good or for now, back to work at once; returns how many."""
    failed = [*failed_jobs(session), *put_off_jobs(session)]
    for job in failed:
        _put_back(job)
    session.flush()
    return len(failed)


def retry_job(session: Session, actor: Actor, job_id: UUID) -> Job:
    """Put one job back to work; one that waits for its next try, or for something outside, is due at once.

    Raises:
        NotPermitted: Only administrators.
        NotFound: Done already, or never ordered.
        Conflict: It is being worked on.
    """
    check_runs_the_application(actor)
    job = session.exec(select(Job).where(Job.id == job_id).with_for_update()).first()
    if job is None:
        raise NotFound("Diesen Auftrag gibt es nicht (mehr); vielleicht ist er inzwischen erledigt.")
    if job.status is JobStatus.LEASED:
        raise Conflict("Dieser Auftrag wird gerade bearbeitet.")
    _put_back(job)
    record(
        session,
        AuditTag.WORK_RETRIED,
        actor_id=actor.id,
        object_kind="job",
        object_id=job.id,
        origin=actor.origin,
        kind=job.kind.value,
        subject=str(job.subject_id),
    )
    session.flush()
    return job


def list_jobs(session: Session, actor: Actor, *, limit: int) -> list[Job]:
    """What is ordered: failed first, then what is worked on, then what waits, each the most urgent first.

    Raises:
        NotPermitted: Only administrators.
    """
    check_runs_the_application(actor)
    order = sa.case({JobStatus.FAILED: 0, JobStatus.LEASED: 1}, value=col(Job.status), else_=2)
    return list(
        session.exec(select(Job).order_by(order, col(Job.urgency), col(Job.run_after), col(Job.id)).limit(limit))
    )


def check_runs_the_application(actor: Actor) -> None:
    """Insist on an administrator.

    Raises:
        NotPermitted: It is none.
    """
    if not actor.is_admin:
        raise NotPermitted("Das sehen nur Personen, die die Anwendung verwalten.")


def _put_back(job: Job) -> None:
    job.status, job.attempts, job.run_after = JobStatus.WAITING, 0, now()
