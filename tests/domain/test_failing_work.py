"""Work that fails: tried again, given up with a reason and its consequences, and the worker lives on."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from api import worker
from eakte import documents, inbox, jobs
from eakte.document_tables import Document, DocumentStatus
from eakte.ids import new_id
from eakte.intake import receive
from eakte.intake.recognition import UNREADABLE
from eakte.intake.stack import BROKEN_STACK
from eakte.jobs import MAX_ATTEMPTS, Job, JobKind, JobStatus
from eakte.scan_tables import ScanBatch, ScanBatchStatus, ScanOutcome
from tests.domain.post_office import PostOffice, plain, stack_pdf
from tests.domain.registry import Registry


@pytest.fixture
def post(tmp_path: Path) -> Iterator[PostOffice]:
    office = PostOffice(tmp_path / "data")
    yield office
    office.service.close()


def one_job(post: PostOffice, kind: JobKind) -> Job:
    with post.service.database.reading() as session:
        return session.exec(select(Job).where(Job.kind == kind)).one()


def fail_for_good(post: PostOffice, kind: JobKind) -> Job:
    """Work on a job that always fails until it is given up."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert worker.work_off(post.service, kinds=frozenset({kind})) == 1
        job = one_job(post, kind)
        assert job.attempts == attempt
        assert job.last_error
        if job.status is JobStatus.WAITING:
            with post.service.database.writing() as session:
                session.get_one(Job, job.id).run_after = job.created_at
    return job


def a_document_without_bytes(post: PostOffice) -> UUID:
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        document = registry.document(registry.case_file(unit="SO"), content=b"verloren")
        sha256 = documents.newest_version(session, document).sha256
    post.service.blobs.delete(sha256)
    return document.id


def test_a_version_nobody_can_read_tells_a_clerk_so(post: PostOffice) -> None:
    document_id = a_document_without_bytes(post)

    job = fail_for_good(post, JobKind.READ_VERSION)

    assert job.status is JobStatus.FAILED
    with post.service.database.reading() as session:
        assert [failed.id for failed in jobs.failed_jobs(session)] == [job.id]
        document = session.get_one(Document, document_id)
        assert (document.status, document.status_reason) == (DocumentStatus.QUARANTINED, UNREADABLE)


def test_a_stack_nobody_can_work_waits_file_by_file_in_the_stations_inbox(post: PostOffice) -> None:
    contents = [stack_pdf([plain(text)]) for text in ("eins", "zwei")]
    batch, _ = post.deliver(*contents)
    with post.service.database.reading() as session:
        hashes = [file.sha256 for file in receive.files_of(session, batch)]
    post.service.blobs.delete(hashes[0])

    fail_for_good(post, JobKind.WORK_SCAN_BATCH)

    with post.service.database.reading() as session:
        assert session.get_one(ScanBatch, batch.id).status is ScanBatchStatus.DONE
        items = receive.items_of(session, batch)
        assert [(item.outcome, item.reason) for item in items] == [(ScanOutcome.QUARANTINED, BROKEN_STACK)] * 2
        waiting = inbox.list_waiting(session, Registry(session, post.service.blobs).actor("anna"), limit=9)
        assert [documents.newest_version(session, entry.document).sha256 for entry in waiting] == hashes


def test_work_that_failed_for_good_succeeds_when_its_cause_is_mended(post: PostOffice) -> None:
    content = stack_pdf([plain("Guten Tag")])
    batch, _ = post.deliver(content)
    with post.service.database.reading() as session:
        (file,) = receive.files_of(session, batch)
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        document = registry.document(registry.case_file(), content=content)
    post.service.blobs.delete(file.sha256)
    fail_for_good(post, JobKind.READ_VERSION)

    with post.service.database.writing() as session:
        Registry(session, post.service.blobs).stored(content)
        assert jobs.retry_failed(session) == 1
    post.work()

    with post.service.database.reading() as session:
        assert session.get_one(Document, document.id).status is DocumentStatus.READY


def test_a_job_that_kills_its_worker_each_time_is_given_up(post: PostOffice) -> None:
    a_document_without_bytes(post)
    with post.service.database.writing() as session:
        session.exec(select(Job).where(Job.kind == JobKind.READ_VERSION)).one().attempts = MAX_ATTEMPTS

    worker.work_off(post.service, kinds=frozenset({JobKind.READ_VERSION}))

    job = one_job(post, JobKind.READ_VERSION)
    assert job.status is JobStatus.FAILED
    assert "immer wieder abgestürzt" in (job.last_error or "")


def test_what_fails_because_a_part_is_away_is_never_given_up_and_goes_on_by_itself(
    post: PostOffice, tmp_path: Path
) -> None:
    with post.service.database.writing() as session:
        Registry(session, post.service.blobs).case_file()
    index = post.service.settings.data_dir / "index"
    index.rename(tmp_path / "gone")
    for _ in range(MAX_ATTEMPTS + 2):
        assert worker.work_off(post.service) == 1
        with post.service.database.writing() as session:
            (job,) = jobs.put_off_jobs(session)
            assert (job.attempts, "eakte reindex" in (job.last_error or "")) == (0, True)
            job.run_after = job.created_at

    shutil.rmtree(index)
    (tmp_path / "gone").rename(index)

    assert worker.work_off(post.service) == 1
    assert post.service.index.count() == 1


def test_where_even_the_consequences_fail_the_job_tells_both_reasons(post: PostOffice) -> None:
    with post.service.database.writing() as session:
        jobs.enqueue(session, JobKind.READ_VERSION, new_id())
        session.exec(select(Job)).one().attempts = MAX_ATTEMPTS - 1

    worker.work_off(post.service)

    job = one_job(post, JobKind.READ_VERSION)
    assert job.status is JobStatus.FAILED
    assert " / " in (job.last_error or "")


def test_a_worker_lives_on_and_does_the_next_job(post: PostOffice) -> None:
    with post.service.database.writing() as session:
        jobs.enqueue(session, JobKind.WORK_SCAN_BATCH, new_id())  # comes first, and there is no such batch
    a_document_without_bytes(post)
    stopping = threading.Event()
    working = threading.Thread(target=worker.work, args=(post.service, worker.EVERYTHING, stopping))
    working.start()
    try:
        while not one_job(post, JobKind.READ_VERSION).last_error:
            time.sleep(0.05)
    finally:
        stopping.set()
        working.join()

    assert one_job(post, JobKind.WORK_SCAN_BATCH).attempts >= 1


def test_an_older_version_read_late_says_nothing_about_the_document(post: PostOffice) -> None:
    document_id = a_document_without_bytes(post)
    with post.service.database.writing() as session:
        registry = Registry(session, post.service.blobs)
        old = documents.newest_version(session, session.get_one(Document, document_id))
        late = session.exec(select(Job).where(Job.subject_id == old.id)).one()
        late.attempts = MAX_ATTEMPTS - 1
        stored = registry.stored(stack_pdf([plain("Guten Tag")]))
        documents.add_version(session, registry.actor(), document_id, stored)

    post.work()

    with post.service.database.reading() as session:
        assert [job.subject_id for job in jobs.failed_jobs(session)] == [old.id]
        assert session.get_one(Document, document_id).status is DocumentStatus.READY
