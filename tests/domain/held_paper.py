"""A desk for tests of the quarantine: files come in and are worked on in the test's own transaction."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlmodel import col, select

from eakte import documents, installation, quarantine
from eakte.desk import Desk
from eakte.document_tables import Document, DocumentVersion
from eakte.documents import StoredFile
from eakte.intake import receive
from eakte.intake.receive import Delivery, receive_batch
from eakte.job_steps import do_job
from eakte.jobs import Job, JobKind
from eakte.ports import LeasedJob
from eakte.quarantine import Held
from eakte.quarantine_tables import QuarantineEntry
from eakte.scan_tables import ScanBatch
from ocr.clamd import Clamd
from ocr.paper_reader import LocalPaperReader
from tests.domain.mailroom import Here
from tests.domain.registry import Registry

_NO_INDEX: Any = None


class HeldPaper:
    """Anna and the station belong to SO, Ada is an administrator without any rights, Otto is of no unit."""

    def __init__(self, registry: Registry, reader: LocalPaperReader, folder: Path) -> None:
        self.registry, self.session = registry, registry.session
        self.desk = Desk(Here(registry.session), registry.blobs, reader, _NO_INDEX, (), folder)
        registry.station("scan-1", "SO")
        registry.person("ada", role="admin")
        registry.person("otto")

    def scan_with(self, clamd: Clamd | None) -> None:
        """From now on files are scanned, if there is a scanner."""
        installation.begin_scanning(self.session, actor_id="settings")
        self.desk = replace(self.desk, scanner=clamd)

    def deliver(self, *files: bytes, batch_id: str = "1") -> ScanBatch:
        stored = [
            StoredFile(self.registry.blobs.put(io.BytesIO(content)), f"scan-{number}.pdf")
            for number, content in enumerate(files)
        ]
        delivery = Delivery("scan-1", "op", batch_id)
        return receive_batch(self.session, self.registry.actor("scan-1"), delivery, stored)[0]

    def work(self, *kinds: JobKind) -> None:
        """Do what is ordered of these kinds, each once."""
        wanted = select(Job).where(col(Job.kind).in_(kinds)).order_by(col(Job.id))
        for job in self.session.exec(wanted).all():
            leased = LeasedJob(job.id, job.kind, job.subject_id, dict(job.detail), 1)
            do_job(self.desk, leased, lambda session, done=job: session.delete(done))  # type: ignore[misc]
            self.session.flush()

    def work_stacks(self) -> None:
        self.work(JobKind.WORK_SCAN_BATCH)

    def outcomes(self, batch: ScanBatch) -> list[tuple[str, list[list[int]]]]:
        return [(item.outcome.value, item.sheets) for item in receive.items_of(self.session, batch)]

    def held(self, actor: str = "anna") -> list[Held]:
        return quarantine.list_held(self.session, self.registry.actor(actor), limit=50)

    def entry_of(self, document: Document) -> QuarantineEntry:
        wanted = select(QuarantineEntry).where(QuarantineEntry.document_id == document.id)
        return self.session.exec(wanted).one()

    def version_of(self, document: Document) -> DocumentVersion:
        return documents.newest_version(self.session, document)


def noisy_pages(sizes: Sequence[int]) -> bytes:
    """A PDF with a page for each size: a picture of noise, stored as it is, which no program can make smaller."""
    noise = np.random.default_rng(7)
    pages = [Image.fromarray(noise.integers(0, 255, (size, size), "uint8")) for size in sizes]
    target = io.BytesIO()
    pages[0].save(target, "PDF", resolution=100, quality=95, save_all=True, append_images=pages[1:])
    return target.getvalue()
