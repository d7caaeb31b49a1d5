"""An idle worker learns of new work without asking for it again and again."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

from eakte import jobs
from eakte.jobs import JobKind
from storage.commit_watch import CommitWatch
from storage.database import Database


def order_work(database: Database) -> None:
    with database.writing() as session:
        jobs.enqueue(session, JobKind.INDEX_DOCUMENT, uuid4())


def test_what_others_commit_is_news_once(database: Database) -> None:
    with closing(CommitWatch(database)) as watch, closing(CommitWatch(database)) as other:
        assert watch.has_news()
        order_work(database)

        assert watch.has_news()
        assert other.has_news()
        assert watch.has_news() is not database.is_sqlite, "no news, where anybody can tell"


def test_reading_and_what_is_rolled_back_are_no_news(database: Database) -> None:
    with closing(CommitWatch(database)) as watch:
        watch.has_news()
        with database.reading() as session:
            session.get(jobs.Job, uuid4())
        try:
            with database.writing() as session:
                jobs.enqueue(session, JobKind.INDEX_DOCUMENT, uuid4())
                raise LookupError
        except LookupError:
            pass

        assert watch.has_news() is not database.is_sqlite
