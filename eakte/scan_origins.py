"""Which scanned pages a version of a document is made of, and making another one of them from the originals."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from eakte.document_tables import DocumentVersion
from eakte.documents import StoredFile
from eakte.intake.reading_rows import from_row
from eakte.paper import PageReading, Sheet
from eakte.ports import BlobStore, PaperReader
from eakte.scan_profiles import ScanSettings
from eakte.scan_tables import ScanBatch, ScanFile


@dataclass(frozen=True, order=True)
class ScannedPage:
    """A page as the scanner delivered it: which file of which batch (from 0), which page of it (from 1)."""

    batch_id: UUID
    file: int
    page: int


@dataclass(frozen=True)
class SourcePage:
    """A scanned page with the file it lies in and what was seen on it.

    Attributes:
        hidden: Readers pass over it: blank, and scanned with a profile that says so.
    """

    at: ScannedPage
    sha256: str
    reading: PageReading
    hidden: bool


@dataclass(frozen=True)
class Cut:
    """Scanned pages made into a document of their own, its bytes stored; upright as far as codes told."""

    pages: tuple[SourcePage, ...]
    stored: StoredFile

    @property
    def origin(self) -> dict[str, Any]:
        """As a version keeps it."""
        hidden = [number for number, page in enumerate(self.pages, start=1) if page.hidden]
        return {
            **origin_of([page.at for page in self.pages]),
            "hidden": hidden if len(hidden) < len(self.pages) else [],
        }

    @property
    def rotations(self) -> dict[str, int]:
        """As a version keeps them: upright where a code told."""
        return {str(n): 0 for n, page in enumerate(self.pages, start=1) if page.reading.rotation is not None}


def origin_of(pages: Sequence[ScannedPage]) -> dict[str, Any]:
    """How a version keeps which scanned pages it is made of."""
    batches = list(dict.fromkeys(page.batch_id for page in pages))
    if len(batches) == 1:
        return {"scan_batch": str(batches[0]), "sheets": [[page.file, page.page] for page in pages]}
    return {"sheets_of": [[str(page.batch_id), page.file, page.page] for page in pages]}


def scanned_pages(version: DocumentVersion) -> list[ScannedPage]:
    """The scanned pages a version is made of, in its order; none when it was not scanned, or could not be read."""
    return [ScannedPage(*sheet) for sheet in version.sheets]


def sources(session: Session, pages: Iterable[ScannedPage]) -> list[SourcePage]:
    """Where scanned pages lie and what was seen on them, in the given order."""
    files: dict[tuple[UUID, int], tuple[str, list[PageReading], bool]] = {}
    found = []
    for page in pages:
        key = (page.batch_id, page.file)
        if key not in files:
            row = session.exec(select(ScanFile).where(ScanFile.batch_id == key[0], ScanFile.position == key[1])).one()
            settings = ScanSettings.from_row(session.get_one(ScanBatch, page.batch_id).settings)
            readings = list(from_row(row.reading).pages) if row.reading else []
            files[key] = (row.sha256, readings, settings.hides_blank_pages)
        sha256, readings, hides = files[key]
        reading = readings[page.page - 1]
        found.append(SourcePage(page, sha256, reading, hides and reading.blank and not reading.codes))
    return found


def cut(blobs: BlobStore, reader: PaperReader, pages: Sequence[SourcePage], work_dir: Path) -> Cut:
    """Make a document of scanned pages, from the originals, and store its bytes.

    Raises:
        Unreadable: An original cannot be opened.
        Unavailable: The bytes could not be stored.
    """
    names = list(dict.fromkeys(page.sha256 for page in pages))
    sheets = [Sheet(names.index(page.sha256), page.at.page, page.reading.rotation or 0) for page in pages]
    work_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(dir=work_dir, prefix="cut-")))
        paths = [opened.enter_context(blobs.local_path(name)) for name in names]
        target = folder / "document.pdf"
        reader.take_out(paths, sheets, target)
        with target.open("rb") as content:
            blob = blobs.put(content)
    return Cut(tuple(pages), StoredFile(blob, "scan.pdf", "application/pdf"))
