"""What the domain needs from outside, as small protocols.

`storage/` and `ocr/` implement them; `api/application.py` is the only place that puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self
from uuid import UUID

from sqlmodel import Session

from eakte.jobs import JobKind
from eakte.paper import Enclosure, FileReading, PageText, Sheet, Signature
from eakte.quarantine_tables import Verdict
from eakte.search_query import Query
from eakte.sheet_faces import CoverSheetFace, PlaceholderFace

# -- bytes -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BlobRef:
    """Name and size of stored bytes; `sha256` is lower-case hex and is the name."""

    sha256: str
    size_bytes: int


class BlobSink(Protocol):
    """Bytes on their way into the store. Leaving the context without `commit` throws them away."""

    def write(self, chunk: bytes | memoryview) -> int: ...

    def commit(self) -> BlobRef:
        """Make the bytes durable under the name of their hash; the same bytes are stored once.

        Raises:
            Unavailable: The store cannot take them (disk full, server away); nothing is stored.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class BlobStore(Protocol):
    """Write-once bytes, named by their SHA-256 and verified on read."""

    def receive(self) -> BlobSink:
        """Open a sink; memory stays flat whatever its size."""
        ...

    def put(self, content: BinaryIO) -> BlobRef:
        """Store a stream from its current position to its end."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Read from the beginning, verifying on the way.

        Raises:
            NotFound: No such blob.
            Damaged: On the read that reaches the end, when the bytes are not what was stored.
        """
        ...

    def open_range(self, sha256: str, first: int, length: int) -> BinaryIO:
        """Read `length` bytes from offset `first`; a part cannot be verified by a hash of the whole."""
        ...

    def size(self, sha256: str) -> int:
        """Size in bytes; raises NotFound."""
        ...

    def exists(self, sha256: str) -> bool: ...

    def local_path(self, sha256: str) -> AbstractContextManager[Path]:
        """A verified copy as a file for programs that need a path; must not be written to.

        Raises:
            NotFound, Damaged: As `open`, on entering.
        """
        ...

    def delete(self, sha256: str) -> None:
        """Destroy the bytes; silent when they are not there."""
        ...

    def all(self) -> Iterator[str]:
        """The names of everything stored, in no promised order."""
        ...

    def sweep_unfinished(self, older_than_s: float) -> int:
        """Remove what crashed writers left behind; returns how many files."""
        ...


# -- full text ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IndexEntry:
    """One thing that can be found: a document or a case file.

    Attributes:
        kind: `document` or `case_file`.
        id: Of the thing; `kind` and `id` together are the key, a newer entry replaces the older.
        scope_id: Access scope it lies in (small dense integer); the only access filter of the engines.
        title: Counts as text.
        pages: Text by page, first page first; empty for a case file.
        reference: Of the case file it belongs to; found in any spelling.
        names: Parties and senders.
        document_kind: `incoming`, `outgoing`, `internal`, or empty for a case file.
        dated_on: The document's own date, else the day received, else None.
        poorly_read: Whether the text of some page is not to be relied on.
    """

    kind: str
    id: UUID
    scope_id: int
    title: str
    pages: tuple[str, ...] = ()
    reference: str = ""
    names: tuple[str, ...] = ()
    document_kind: str = ""
    dated_on: date | None = None
    poorly_read: bool = False


@dataclass(frozen=True)
class IndexHit:
    """A candidate; the domain re-reads it through the access door before anybody sees it."""

    kind: str
    id: UUID
    score: float


class SearchIndex(Protocol):
    """A derived index: it can lag, never lie, and can be rebuilt at any time."""

    def update(self, entries: Sequence[IndexEntry], removed: Sequence[tuple[str, UUID]] = ()) -> None:
        """Add or replace entries and drop removed keys; durable and visible to searches on return."""
        ...

    def search(
        self, query: Query, *, scope_ids: Sequence[int], all_but: bool = False, limit: int, offset: int = 0
    ) -> list[IndexHit]:
        """Best hits first among entries in the given scopes; equal scores in a stable order.

        Args:
            all_but: In all scopes but the given ones, for whoever may read most.
        """
        ...

    def rebuild(self, entries: Iterable[IndexEntry]) -> int:
        """Replace everything by these entries in one step; searches see the old index until then.

        Returns:
            How many entries the new index has.
        """
        ...

    def count(self) -> int: ...


# -- work --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeasedJob:
    """A job a worker holds for a while; `attempts` counts this one, also those whose worker died."""

    id: UUID
    kind: JobKind
    subject_id: UUID
    detail: dict[str, Any]
    attempts: int


class JobQueue(Protocol):
    """Where workers take ordered work; ordering it is `eakte.jobs.enqueue`."""

    def lease(self, kinds: frozenset[JobKind]) -> LeasedJob | None:
        """Take the most urgent job that is due, or None."""
        ...

    def renew(self, job: LeasedJob) -> bool:
        """Keep a job for longer; False when the lease was lost, and then the work must be dropped."""
        ...

    def finish(self, session: Session, job: LeasedJob) -> None:
        """Mark a job done in the transaction that holds its results; LeaseLost when somebody else has it."""
        ...

    def give_back(self, job: LeasedJob, error: str) -> None:
        """Return a job that failed; it is due again after a while that grows with each try."""
        ...

    def put_off(self, job: LeasedJob, error: str) -> None:
        """Return a job untried because something outside is away; it is due again after a while."""
        ...

    def give_up(self, session: Session, job: LeasedJob, error: str) -> None:
        """Mark a job failed for good, in the transaction that draws the consequences; LeaseLost as `finish`."""
        ...

    def put_down(self, job: LeasedJob) -> None:
        """Return a job untried because the worker stops."""
        ...

    def release_dead(self) -> int:
        """Make due what workers of this host held that no longer live; returns how many."""
        ...


class Records(Protocol):
    """The units of work: one session is one transaction."""

    def reading(self) -> AbstractContextManager[Session]: ...

    def writing(self) -> AbstractContextManager[Session]:
        """Commits when the block ends, rolls back when it raises."""
        ...


# -- paper -------------------------------------------------------------------------------------------


class PaperReader(Protocol):
    """Opens foreign files, always in a child process with limits; what it refuses is `Unreadable`."""

    def look(self, path: Path) -> FileReading:
        """Say what the file is and which codes stand on its pages; one bad page never stops the rest.

        Raises:
            Unreadable: Not a file we can take (empty, garbage, encrypted, too large …), with the reason.
        """
        ...

    def enclosures(self, path: Path, folder: Path) -> list[Enclosure]:
        """Write the files that came in an e-mail, and in e-mails within it, to `folder`, in their order.

        Raises:
            Unreadable: It cannot be taken apart.
        """
        ...

    def take_out(self, files: Sequence[Path], sheets: Sequence[Sheet], target: Path) -> None:
        """Write the sheets, in this order, as one PDF to `target`; image streams stay byte for byte."""
        ...

    def recognise(
        self, path: Path, pages: Mapping[int, int | None], *, languages: Sequence[str], last_try: bool = False
    ) -> list[PageText]:
        """Read the given pages.

        Args:
            pages: Page number (from 1) to its known rotation, or None where it must be found out.
            languages: Tesseract codes in order of preference.
            last_try: A page on which Tesseract fails while it reads others costs only itself.

        Returns:
            One entry per page asked for, in page order.

        Raises:
            Unreadable: The file cannot be opened.
            EngineMissing: Tesseract is not installed.
            EngineFailed: Tesseract failed or took too long; may succeed later.
            Unavailable: There is no room on the disk.
        """
        ...

    def searchable_pdf(self, path: Path, pages: Sequence[PageText], target: Path) -> bool:
        """Write a PDF with an invisible text layer over the untouched page images; say whether it is PDF/A-2b."""
        ...

    def archive_copy(self, path: Path, page_count: int, target: Path) -> None:
        """Write the archive copy (PDF/A-2b) of a searchable PDF; raises Unreadable, EngineMissing (Ghostscript)."""
        ...

    def signatures(self, path: Path) -> list[Signature]:
        """Check the signatures of a PDF, in the order of signing; raises Unreadable where that failed as a whole."""
        ...

    def page_image(self, path: Path, page_number: int, *, rotation: int, width_px: int) -> bytes:
        """One upright page as JPEG of about this width."""
        ...

    def thumbnails(self, images: Sequence[tuple[bytes, float]]) -> list[bytes]:
        """Small JPEGs of page images, given with their width in millimetres; too coarse for their text to be read."""
        ...


@dataclass(frozen=True)
class Scanned:
    """What a virus scanner says of bytes: clean, infected, or unscannable; `detail` names signature or hindrance."""

    verdict: Verdict
    detail: str = ""


class VirusScanner(Protocol):
    """Looks at bytes before anything opens them."""

    def scan(self, content: BinaryIO) -> Scanned:
        """Scan a stream from its current position to its end, in small steps.

        Raises:
            ScannerAway: It does not answer.
        """
        ...

    def greet(self) -> None:
        """Find out whether it answers; raises ScannerAway."""
        ...


# -- letters -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PageStamp:
    """A return code to be stamped on one page.

    Attributes:
        page_number: From 1.
        payload: Letters and digits, printed as Code 128, as DataMatrix and readable underneath.
        optional: Left out where the page has no room for it.
    """

    page_number: int
    payload: str
    optional: bool = False


class LetterPress(Protocol):
    """Turns templates into paper."""

    def render(self, template: Path, media_type: str, values: Mapping[str, object], target: Path) -> int:
        """Fill a template and write it as PDF.

        Args:
            template: HTML (Jinja) or Word (.docx, docxtpl) file.
            media_type: Which of the two.
            values: What the template may use.

        Returns:
            Number of pages.

        Raises:
            Invalid: The template is wrong, or uses a value that is not there; names line and value.
            EngineMissing: A Word template, and no LibreOffice installed.
        """
        ...

    def stamp(self, pdf: Path, stamps: Sequence[PageStamp], target: Path) -> list[int]:
        """Stamp return codes onto finished pages.

        Returns:
            The pages that carry their code now, in order.

        Raises:
            Invalid: There is ink where a code must stand (names page and place), or no such page.
        """
        ...

    def separator_sheets(self, count: int, target: Path) -> None:
        """Write a PDF with separator sheets to print (Trennblätter)."""
        ...

    def cover_sheets(self, faces: Sequence[CoverSheetFace], target: Path) -> None:
        """Write a PDF with cover sheets to print (Deckblätter), one page each."""
        ...

    def placeholder_sheet(self, face: PlaceholderFace, target: Path) -> None:
        """Write a PDF of one page, without any code, that stands for a thing (Platzhalter)."""
        ...
