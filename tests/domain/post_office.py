"""A post office for tests: letters from the real press, their answers scanned as paper, and workers that read them.

Run `python -m tests.domain.post_office DATA_DIR` for a worker that says what it begins, to be killed.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from api import worker
from api.service import Service
from eakte import actors, letters, reading
from eakte.documents import StoredFile
from eakte.intake import receive
from eakte.intake.receive import Delivery
from eakte.jobs import JobKind
from eakte.scan_tables import ScanBatch
from eakte.settings import Settings
from tests.domain.registry import Registry

DPI = 200
ROOT = Path(__file__).parents[2]


@dataclass
class Sent:
    """A letter that went out, with its pages as they leave the printer."""

    letter_id: UUID
    case_file_id: UUID
    pages: list[Image.Image]


class PostOffice:
    """The parts of one process on a data folder; SQLite, folder and tantivy, as they come."""

    def __init__(self, data_dir: Path) -> None:
        self.service = Service(Settings(data_dir=data_dir))
        self.service.prepare()
        with self.service.database.writing() as session:
            Registry(session, self.service.blobs).station()

    def send(self, *, unit: str = "SO", title: str = "Anhörung") -> Sent:
        """Open a case file and post the shipped letter from it."""
        with self.service.database.writing() as session:
            registry = Registry(session, self.service.blobs)
            case_file = registry.case_file(unit=unit)
            planned = letters.plan_letter(
                session, registry.actor(), case_file.id,
                template_id="brief", data={"betreff": title}, recipient_id=None, city="Musterstadt",
            )  # fmt: skip
            folder = self.service.settings.work_dir
            rendered = letters.render_letter(planned, self.service.blobs, self.service.press, folder)
            letter = letters.make_letter(session, registry.actor(), rendered)
            letters.approve_letter(session, registry.actor(), letter.id)
            letters.post_letter(session, registry.actor(), letter.id)
            content = reading.content_of(session, registry.actor(), letter.document_id)
        with reading.open_content(self.service.blobs, content) as stream:
            return Sent(letter.id, case_file.id, scanned(stream.read()))

    def separator(self) -> Image.Image:
        target = self.service.settings.work_dir / "separators.pdf"
        self.service.press.separator_sheets(1, target)
        return scanned(target.read_bytes())[0]

    def deliver(self, *files: bytes, batch_id: str = "stapel-1") -> tuple[ScanBatch, bool]:
        """Deliver files as the station does: bytes first, then the rows."""
        stored = [
            StoredFile(self.service.blobs.put(io.BytesIO(content)), f"scan-{number}.pdf")
            for number, content in enumerate(files, start=1)
        ]
        with self.service.database.writing() as session:
            actor = actors.actor_for(session, "scan-1")
            return receive.receive_batch(session, actor, Delivery("scan-1", "op-7", batch_id), stored)

    def work(self) -> int:
        """Work until nothing is due."""
        return worker.work_off(self.service)


def scanned(pdf: bytes) -> list[Image.Image]:
    """Pages of a PDF as a scanner sees them, in grey."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=DPI / 72).to_pil().convert("L") for page in document]
    document.close()
    return pages


def written_on(page: Image.Image, text: str) -> Image.Image:
    """The page with something typed into its free lower third."""
    page = page.copy()
    font = ImageFont.load_default(size=DPI / 5)
    ImageDraw.Draw(page).text((page.width * 0.15, page.height * 0.78), text, font=font, fill=0)
    return page


def plain(text: str) -> Image.Image:
    """A sheet somebody else wrote."""
    return written_on(Image.new("L", (round(8.27 * DPI), round(11.69 * DPI)), 255), text)


def stack_pdf(pages: Sequence[Image.Image]) -> bytes:
    target = io.BytesIO()
    pages[0].save(target, "PDF", resolution=DPI, save_all=True, append_images=pages[1:])
    return target.getvalue()


def stack_tiff(pages: Sequence[Image.Image]) -> bytes:
    """A fax-compressed (G4) TIFF."""
    black_and_white = [page.point(lambda grey: 255 if grey > 140 else 0).convert("1") for page in pages]
    target = io.BytesIO()
    black_and_white[0].save(
        target, "TIFF", compression="group4", dpi=(DPI, DPI), save_all=True, append_images=black_and_white[1:]
    )
    return target.getvalue()


def worker_process(data_dir: Path) -> subprocess.Popen[str]:
    """A worker of its own that prints each job it begins."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.domain.post_office", str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def _work(data_dir: Path) -> None:
    service = Service(Settings(data_dir=data_dir))
    while job := service.queue.lease(frozenset(JobKind)):
        print(job.kind, flush=True)
        worker.do(service, service.queue, job)
    service.close()


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
