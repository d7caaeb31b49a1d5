"""Prove that what is recorded is there (Prüfung): audit chain, blobs, transfer notes, references from rows to bytes.

Checking changes nothing; mending is a separate act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte.audit import AuditEvent, verify_chain
from eakte.document_tables import DocumentVersion, Page, Rendition
from eakte.errors import Damaged, NotFound
from eakte.jobs import failed_jobs
from eakte.letter_tables import LetterTemplate
from eakte.note_proofs import faults_of_notes
from eakte.ports import BlobStore, Records
from eakte.scan_tables import ScanFile

_READ_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """Something worth telling; a fault means that something recorded is not what it should be."""

    text: str
    is_fault: bool = True


def count_work(session: Session) -> int:
    """How many steps a check takes: one per recorded blob, one for the chain, and one for the transfer notes."""
    return len(_references(session)) + 2


def check_everything(
    records: Records, blobs: BlobStore, *, step: Callable[[], None] = lambda: None
) -> Iterator[Finding]:
    """Check everything, telling findings as they come.

    Args:
        step: Called after each of the steps that `count_work` counts.
    """
    with records.reading() as session:
        for fault in verify_chain(session):
            yield Finding(f"Protokoll, Ereignis {fault.number}: {fault.detail}")
        step()
        for problem in faults_of_notes(session):
            yield Finding(problem)
        step()
        references = _references(session)
        for job in failed_jobs(session):
            yield Finding(
                f"Auftrag {job.kind.value} für {job.subject_id} gescheitert: {job.last_error}", is_fault=False
            )
    for sha256, (what, size_bytes) in references.items():
        problem = _problem_of(blobs, sha256, size_bytes)
        if problem:
            yield Finding(f"{what}: {problem} ({sha256})")
        step()
    for sha256 in blobs.all():
        if sha256 not in references:
            yield Finding(f"Datei ohne Datensatz, vermutlich von einem Abbruch: {sha256}", is_fault=False)


def _problem_of(blobs: BlobStore, sha256: str, size_bytes: int | None) -> str:
    try:
        with blobs.open(sha256) as stream:
            count = 0
            while chunk := stream.read(_READ_BYTES):
                count += len(chunk)
    except NotFound:
        return "die Datei fehlt"
    except Damaged:
        return "die Datei ist beschädigt"
    return "" if size_bytes in (None, count) else f"die Datei hat {count} statt {size_bytes} Byte"


def _references(session: Session) -> dict[str, tuple[str, int | None]]:
    """Every recorded hash with what refers to it and the size recorded, if any."""
    found: dict[str, tuple[str, int | None]] = {}
    for sha256 in session.exec(select(Page.image_sha256).where(col(Page.image_sha256).is_not(None))):
        found[str(sha256)] = ("Seitenbild", None)
    for sha256 in session.exec(select(Page.thumbnail_sha256).where(col(Page.thumbnail_sha256).is_not(None))):
        found[str(sha256)] = ("Vorschaubild", None)
    for sha256 in session.exec(select(LetterTemplate.sha256)):
        found[sha256] = ("Vorlage", None)
    for sha256, size in session.exec(select(Rendition.sha256, Rendition.size_bytes)):
        found[sha256] = ("Wiedergabeform", size)
    for sha256, size in session.exec(select(ScanFile.sha256, ScanFile.size_bytes)):
        found[sha256] = ("Scandatei", size)
    for sha256, size in session.exec(select(DocumentVersion.sha256, DocumentVersion.size_bytes)):
        found[sha256] = ("Dokument", size)
    return found


def count_events(session: Session) -> int:
    """How many events the audit trail has."""
    return int(session.exec(select(sa.func.count()).select_from(AuditEvent)).one())
