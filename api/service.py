"""All parts of one process, put together from the settings. The only place that knows every implementation.

A part is imported when it is first used: a command that prints a token does not wait for WeasyPrint, and a
worker does not carry it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from eakte import indexing, installation
from eakte.desk import Desk
from eakte.errors import Unavailable
from eakte.ports import BlobStore, JobQueue, LetterPress, SearchIndex, VirusScanner
from eakte.settings import Settings
from eakte.shipped_templates import ensure_shipped_templates
from storage.database import Database
from storage.lease_queue import LeaseQueue

if TYPE_CHECKING:
    from ocr.paper_reader import LocalPaperReader
    from storage.uploads import UploadParts

INDEXED_AT_START = 1_000
"""Rows up to which a missing index is built without being asked: within a second or two."""


SETTINGS = "settings"
"""Who acts in the audit trail when a setting takes effect."""


@dataclass(frozen=True)
class Service:
    """The parts of one process; each is opened when first used."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The records, at this version's schema."""
        from storage.migration import upgrade

        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        chosen = self.settings.database
        database = Database(self.settings.database_url, pool_size=chosen.pool_size, patience_s=chosen.patience_s)
        upgrade(database)
        return database

    @cached_property
    def blobs(self) -> BlobStore:
        """The bytes."""
        chosen = self.settings.blobs
        if chosen.kind == "s3":
            from storage.s3_blobs import S3Blobs

            store = S3Blobs(
                chosen.endpoint,
                chosen.bucket,
                chosen.access_key,
                chosen.secret_key.get_secret_value(),
                secure=chosen.secure,
                spool=self.settings.work_dir / "s3",
            )
            store.make_bucket()
            return store
        from storage.folder_blobs import FolderBlobs

        return FolderBlobs(self.settings.data_dir / "blobs")

    @cached_property
    def uploads(self) -> UploadParts:
        """Files on their way in, in parts; a folder that all who answer must share."""
        from storage.uploads import UploadParts

        return UploadParts(self.settings.data_dir / "uploads")

    @cached_property
    def index(self) -> SearchIndex:
        """The full text."""
        folder = self.settings.data_dir / "index" / self.settings.search.kind
        if self.settings.search.kind == "whoosh":
            from storage.whoosh_index import WhooshIndex

            return WhooshIndex(folder)
        from storage.tantivy_index import TantivyIndex

        return TantivyIndex(folder)

    @cached_property
    def reader(self) -> LocalPaperReader:
        """Opens foreign files, in children with limits."""
        from ocr.limits import ReadingLimits
        from ocr.paper_reader import LocalPaperReader

        limits = ReadingLimits(tesseract_wall_s=self.settings.reading.page_timeout_s)
        return LocalPaperReader(self.settings.work_dir / "paper", limits)

    @cached_property
    def scanner(self) -> VirusScanner | None:
        """Looks at files before they are opened; None where none is set up here."""
        if self.settings.clamd in ("", "off"):
            return None
        from ocr.clamd import Clamd

        return Clamd(self.settings.clamd)

    @cached_property
    def press(self) -> LetterPress:
        """Makes letters."""
        from ocr.press.letter_press import LocalLetterPress

        return LocalLetterPress(asset_folders=[self.settings.data_dir / "letter-assets"])

    @cached_property
    def queue(self) -> JobQueue:
        """Where this process takes work, as a worker of its own name."""
        return LeaseQueue(self.database)

    @cached_property
    def desk(self) -> Desk:
        """What jobs may use."""
        return Desk(
            self.database,
            self.blobs,
            self.reader,
            self.index,
            self.settings.reading.languages,
            self.settings.work_dir / "jobs",
            self.scanner,
        )

    def prepare(self) -> None:
        """Create or upgrade the database and bring the shipped templates in; every command does so first."""
        with self.database.writing() as session:
            ensure_shipped_templates(session, self.blobs)
            if self.settings.clamd == "off":
                installation.end_scanning(session, actor_id=SETTINGS)
            elif self.settings.clamd:
                installation.begin_scanning(session, actor_id=SETTINGS)
        self._begin_index()

    def _begin_index(self) -> None:
        """Make the index of a new or small installation; a large one is told to run `eakte reindex` by its searches."""
        try:
            self.index.count()
        except Unavailable:
            with self.database.reading() as session:
                small = indexing.count_everything(session) <= INDEXED_AT_START
            if small:
                self.index.rebuild(indexing.everything(self.database))

    def close(self) -> None:
        """Give back what is held open."""
        if "reader" in self.__dict__:
            self.reader.close()
        if "database" in self.__dict__:
            self.database.close()
