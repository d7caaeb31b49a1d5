"""Which function does which job, and what follows when one fails for good."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from eakte.archive_copies import give_up_archive_copy, make_archive_copy
from eakte.desk import Desk, Done
from eakte.indexing import index_case_file, index_document
from eakte.intake.held_files import give_up_again, work_held_file
from eakte.intake.recognition import derive, give_up_reading, read_version, recognise_pages
from eakte.intake.stack import give_up_on_batch, work_scan_batch
from eakte.intake.suggestions_filing import place_waiting
from eakte.jobs import MAX_ATTEMPTS, JobKind
from eakte.ports import LeasedJob
from eakte.renditions import ARCHIVE


def do_job(desk: Desk, job: LeasedJob, done: Done) -> None:
    """Do one job; it calls `done` in the transaction that holds its results."""
    match job.kind:
        case JobKind.WORK_SCAN_BATCH:
            if "entry" in job.detail:
                work_held_file(desk, UUID(job.detail["entry"]), done)
            else:
                work_scan_batch(desk, job.subject_id, done)
        case JobKind.READ_VERSION:
            read_version(desk, job.subject_id, done)
        case JobKind.RECOGNISE_PAGES:
            run = job.detail["first"], job.detail["last"]
            recognise_pages(desk, job.subject_id, *run, done, last_try=job.attempts >= MAX_ATTEMPTS)
        case JobKind.DERIVE if job.detail.get("form") == ARCHIVE:
            make_archive_copy(desk, job.subject_id, done)
        case JobKind.DERIVE:
            derive(desk, job.subject_id, done)
        case JobKind.INDEX_DOCUMENT:
            index_document(desk, job.subject_id, done)
        case JobKind.INDEX_CASE_FILE:
            index_case_file(desk, job.subject_id, done)
        case JobKind.PLACE_WAITING:
            place_waiting(desk, job.subject_id, done)


def draw_consequences(session: Session, job: LeasedJob) -> None:
    """What a job that failed for good means for its subject, so that a person sees it."""
    match job.kind:
        case JobKind.WORK_SCAN_BATCH:
            if "entry" in job.detail:
                give_up_again(session, UUID(job.detail["entry"]))
            else:
                give_up_on_batch(session, job.subject_id)
        case JobKind.DERIVE if job.detail.get("form") == ARCHIVE:
            give_up_archive_copy(session, job.subject_id)
        case JobKind.READ_VERSION | JobKind.RECOGNISE_PAGES | JobKind.DERIVE:
            give_up_reading(session, job.subject_id)
        case JobKind.INDEX_DOCUMENT | JobKind.INDEX_CASE_FILE:
            pass  # the queue page and `eakte check` show it; `eakte reindex` mends it
        case JobKind.PLACE_WAITING:
            pass  # it waits where it is, for a person
