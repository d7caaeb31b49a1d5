"""All parts of one process, put together from the settings. The only place that knows every implementation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from eakte.desk import Desk
from eakte.ports import BlobStore, JobQueue, LetterPress, PaperReader, SearchIndex
from eakte.settings import Settings
from eakte.shipped_templates import ensure_shipped_templates
from ocr.paper_reader import LocalPaperReader
from ocr.press.letter_press import LocalLetterPress
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from storage.lease_queue import LeaseQueue
from storage.migration import upgrade
from storage.s3_blobs import S3Blobs
from storage.tantivy_index import TantivyIndex
from storage.whoosh_index import WhooshIndex


@dataclass(frozen=True)
class Service:
    """The parts of one process; each is opened when first used."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The records, at this version's schema."""
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        database = Database(self.settings.database_url, pool_size=self.settings.database.pool_size)
        upgrade(database)
        return database

    @cached_property
    def blobs(self) -> BlobStore:
        """The bytes."""
        chosen = self.settings.blobs
        if chosen.kind == "s3":
            return S3Blobs(
                chosen.endpoint,
                chosen.bucket,
                chosen.access_key,
                chosen.secret_key.get_secret_value(),
                secure=chosen.secure,
                spool=self.settings.work_dir / "s3",
            )
        return FolderBlobs(self.settings.data_dir / "blobs")

    @cached_property
    def index(self) -> SearchIndex:
        """The full text."""
        folder = self.settings.data_dir / "index" / self.settings.search.kind
        return WhooshIndex(folder) if self.settings.search.kind == "whoosh" else TantivyIndex(folder)

    @cached_property
    def reader(self) -> PaperReader:
        """Opens foreign files, in children with limits."""
        return LocalPaperReader(self.settings.work_dir / "paper")

    @cached_property
    def press(self) -> LetterPress:
        """Makes letters."""
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
        )

    def prepare(self) -> None:
        """Create or upgrade the database and bring the shipped templates in; every command does so first."""
        if isinstance(self.blobs, S3Blobs):
            self.blobs.make_bucket()
        with self.database.writing() as session:
            ensure_shipped_templates(session, self.blobs)

    def close(self) -> None:
        """Give back what is held open."""
        if "database" in self.__dict__:
            self.database.close()
