"""Work that is ordered, changed and taken in tests of the queue."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from eakte.ids import new_id
from eakte.jobs import Job, JobKind, enqueue
from eakte.ports import LeasedJob
from storage.database import Database
from storage.lease_queue import LeaseQueue

ALL = frozenset(JobKind)


def order(database: Database, *kinds: JobKind, subject: UUID | None = None) -> list[UUID]:
    """Order jobs; returns their ids."""
    with database.writing() as session:
        before = set(session.exec(select(Job.id)))
        for kind in kinds:
            enqueue(session, kind, subject or new_id())
        return [id_ for id_ in session.exec(select(Job.id).order_by(col(Job.id))) if id_ not in before]


def change(database: Database, **values: object) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.update(Job).values(values))


def row(database: Database) -> Job:
    with database.reading() as session:
        return session.exec(select(Job)).one()


def taken(queue: LeaseQueue, kinds: frozenset[JobKind] = ALL) -> LeasedJob:
    job = queue.lease(kinds)
    assert job is not None
    return job
