"""A worker: takes jobs one at a time, keeps their lease, and survives whatever they do."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from api.service import Service
from eakte import job_steps, machine
from eakte.errors import EngineFailed, Unavailable
from eakte.jobs import MAX_ATTEMPTS, JobKind, LeaseLost
from eakte.ports import JobQueue, LeasedJob
from storage.commit_watch import CommitWatch

log = logging.getLogger(__name__)

IDLE_S = 0.1
"""How soon new work is noticed; a letter is filed within a second of its delivery."""

LOOK_EVERY_S = 1.0
"""Between looks into an empty queue while nobody writes: what was put off becomes due without anybody writing."""

RENEW_S = 20.0

PUT_OFF_WITHIN_S = 60.0
"""After that, the lease has run out by itself."""

CLERK = frozenset({JobKind.WORK_SCAN_BATCH, JobKind.INDEX_DOCUMENT, JobKind.INDEX_CASE_FILE, JobKind.PLACE_WAITING})
"""Kinds that wait for nobody: filing by code and indexing have a worker of their own beside the readers."""

READER = frozenset(JobKind) - CLERK
EVERYTHING = frozenset(JobKind)


def work(service: Service, kinds: frozenset[JobKind], stopping: threading.Event) -> None:
    """Work until told to stop; the job at hand is finished first, or put down by whoever kills us."""
    queue = service.queue
    released = False
    with closing(CommitWatch(service.database)) as watch:
        while not stopping.is_set():
            try:
                if not released:  # who ran here before us may have been killed
                    queue.release_dead()
                    released = True
                job = queue.lease(kinds)
                if job is not None:
                    do(service, queue, job, stopping)
                    continue
            except Unavailable as error:
                log.warning("cannot reach the queue (%s); trying again", error)
                stopping.wait(2.0)
            except Exception:  # a worker lives on; the job's lease runs out and somebody takes it again
                log.exception("cannot reach the queue; trying again")
                stopping.wait(2.0)
            _pause(stopping, watch)


def _pause(stopping: threading.Event, watch: CommitWatch) -> None:
    """Until there may be something to do, or there is nothing to do any more."""
    until = time.monotonic() + LOOK_EVERY_S
    while not stopping.wait(IDLE_S) and not watch.has_news() and time.monotonic() < until:
        pass


def work_off(
    service: Service, *, kinds: frozenset[JobKind] = EVERYTHING, on_job: Callable[[LeasedJob], None] | None = None
) -> int:
    """Work until nothing is due now; returns how many jobs were taken."""
    taken = 0
    while (job := service.queue.lease(kinds)) is not None:
        do(service, service.queue, job)
        taken += 1
        if on_job is not None:
            on_job(job)
    return taken


def do(service: Service, queue: JobQueue, job: LeasedJob, stopping: threading.Event | None = None) -> None:
    """Do one job; what goes wrong gives it back for a later try, or fails it for good with its reason.

    Args:
        stopping: Set when there is no time left to wait for anything.
    """
    if job.attempts > MAX_ATTEMPTS:
        _give_up(service, queue, job, "Der Arbeitsprozess ist bei diesem Auftrag immer wieder abgestürzt.")
        return
    began = time.monotonic()
    try:
        with _renewed(queue, job):
            job_steps.do_job(service.desk, job, lambda session: queue.finish(session, job))
    except LeaseLost:
        log.warning("%s %s: somebody else has taken it over", job.kind, job.subject_id)
    except Exception as error:  # a worker lives on, whatever a job meets; the reason is kept with the job
        reason = str(error) or type(error).__name__
        if _is_outage(error):
            log.warning("%s %s is put off: %s", job.kind, job.subject_id, reason)
            _put_off(queue, job, reason, stopping or threading.Event())
            return
        log.exception("%s %s failed (try %s)", job.kind, job.subject_id, job.attempts)
        if job.attempts >= MAX_ATTEMPTS:
            _give_up(service, queue, job, reason)
        else:
            queue.give_back(job, reason)
    else:
        log.info("%s %s done in %.2f s", job.kind, job.subject_id, time.monotonic() - began)


def _is_outage(error: Exception) -> bool:
    """Whether what the work needs is away (disk full, records locked, index gone, program missing): no job's fault.

    However long it takes, nothing is given up for it.
    """
    return (isinstance(error, Unavailable) and not isinstance(error, EngineFailed)) or machine.is_trouble(error)


def _put_off(queue: JobQueue, job: LeasedJob, reason: str, stopping: threading.Event) -> None:
    """Return a job uncounted, once the records can be written again; until then its worker could do nothing else.

    Raises:
        Unavailable: They were away for longer than the lease, or we are to stop: this one try stays counted.
    """
    give_up_at = time.monotonic() + PUT_OFF_WITHIN_S
    while True:
        try:
            queue.put_off(job, reason)
            return
        except Unavailable:
            if stopping.wait(1.0) or time.monotonic() > give_up_at:
                raise


def _give_up(service: Service, queue: JobQueue, job: LeasedJob, reason: str) -> None:
    """Fail a job for good with its consequences; where even those fail, the job at least tells both reasons."""
    try:
        with service.database.writing() as session:
            job_steps.draw_consequences(session, job)
            queue.give_up(session, job, reason)
    except LeaseLost:
        log.warning("%s %s: somebody else has taken it over", job.kind, job.subject_id)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("%s %s: the consequences of its failure failed, too", job.kind, job.subject_id)
        with service.database.writing() as session:
            queue.give_up(session, job, f"{reason} / {str(error) or type(error).__name__}")


@contextmanager
def _renewed(queue: JobQueue, job: LeasedJob) -> Iterator[None]:
    """Keep the lease while a long job runs."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(RENEW_S):
            try:
                if not queue.renew(job):
                    return
            except Exception:  # the next try may succeed; if none does, the lease runs out
                log.exception("cannot renew the lease of %s %s", job.kind, job.subject_id)

    keeper = threading.Thread(target=keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
