"""`eakte check` finds the damage done to records and bytes, and changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from eakte.audit import AuditEvent
from eakte.checking import Finding, check_everything, count_work
from eakte.document_tables import DocumentVersion
from eakte.jobs import Job, JobKind, JobStatus
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from tests.domain.registry import Registry


@pytest.fixture
def records(database: Database, blobs: FolderBlobs) -> Database:
    """A case file with two documents and a letter, all in order."""
    with database.writing() as session:
        registry = Registry(session, blobs)
        case_file = registry.case_file(unit="SO")
        registry.document(case_file, content=b"eins")
        registry.document(case_file, content=b"zwei")
        registry.letter(case_file)
    return database


def check(database: Database, blobs: FolderBlobs) -> list[Finding]:
    return list(check_everything(database, blobs))


def file_of(tmp_path: Path, database: Database, content_size: int = 4) -> Path:
    """Where the bytes of the first document lie."""
    with database.reading() as session:
        wanted = select(DocumentVersion.sha256).order_by(col(DocumentVersion.id)).limit(1)
        sha256 = session.exec(wanted).one()
    (found,) = [path for path in (tmp_path / "blobs").rglob(f"*{sha256[4:]}") if path.is_file()]
    return found


def test_what_is_in_order_has_no_findings(records: Database, blobs: FolderBlobs) -> None:
    assert check(records, blobs) == []


def test_progress_counts_every_step(records: Database, blobs: FolderBlobs) -> None:
    steps: list[None] = []
    with records.reading() as session:
        wanted = count_work(session)

    list(check_everything(records, blobs, step=lambda: steps.append(None)))

    assert len(steps) == wanted == 6, "two documents, the letter, the template, the chain, the notes"


def _flip(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "told"),
    [(_flip, "die Datei ist beschädigt"), (_cut, "die Datei ist beschädigt"), (Path.unlink, "die Datei fehlt")],
)
def test_damaged_bytes_are_found(
    records: Database, blobs: FolderBlobs, tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    damage(file_of(tmp_path, records))

    (finding,) = check(records, blobs)

    assert finding.is_fault
    assert finding.text.startswith(f"Dokument: {told}")


def test_a_changed_size_is_found(records: Database, blobs: FolderBlobs) -> None:
    with records.engine.begin() as connection:
        connection.execute(sa.update(DocumentVersion).where(col(DocumentVersion.size_bytes) == 4).values(size_bytes=5))

    assert [finding.is_fault for finding in check(records, blobs)] == [True, True]


def test_a_row_edited_by_hand_is_found_in_the_trail(records: Database, blobs: FolderBlobs) -> None:
    with records.engine.begin() as connection:
        connection.execute(sa.update(AuditEvent).where(col(AuditEvent.number) == 2).values(actor_id="otto"))

    findings = check(records, blobs)

    assert all(finding.is_fault for finding in findings)
    assert "Ereignis 2" in findings[0].text


def test_bytes_without_a_row_are_a_hint_and_no_fault(records: Database, blobs: FolderBlobs) -> None:
    blob = blobs.put(io.BytesIO(b"von einem Abbruch"))

    (finding,) = check(records, blobs)

    assert not finding.is_fault
    assert blob.sha256 in finding.text


def test_work_that_failed_for_good_is_a_hint(records: Database, blobs: FolderBlobs) -> None:
    with records.writing() as session:
        job = session.exec(select(Job).where(Job.kind == JobKind.READ_VERSION)).first()
        assert job is not None
        job.status, job.last_error = JobStatus.FAILED, "Tesseract fehlt"

    (finding,) = check(records, blobs)

    assert not finding.is_fault
    assert "Tesseract fehlt" in finding.text


def test_one_damage_hides_no_other(records: Database, blobs: FolderBlobs, tmp_path: Path) -> None:
    file_of(tmp_path, records).unlink()
    with records.engine.begin() as connection:
        connection.execute(sa.delete(AuditEvent).where(col(AuditEvent.number) == 1))
    blobs.put(io.BytesIO(b"von einem Abbruch"))

    kinds = {finding.text.split(",")[0].split(":")[0] for finding in check(records, blobs)}

    assert {"Protokoll", "Dokument", "Datei ohne Datensatz"} <= kinds
