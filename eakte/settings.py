"""All settings: one frozen object, built once from `EAKTE_` variables, passed down as values.

Nested values use two underscores: `EAKTE_BLOBS__KIND=s3`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, DirectoryPath, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseModel):
    """Where the records are; without a URL, SQLite in the data folder."""

    model_config = ConfigDict(frozen=True)
    url: str = ""
    pool_size: int = Field(default=25, ge=1)
    patience_s: float = Field(default=30.0, gt=0)
    """How long a call waits for a connection, its turn or a lock."""


class BlobSettings(BaseModel):
    """Where the bytes are; a folder in the data folder, or any S3."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["folder", "s3"] = "folder"
    endpoint: str = ""
    bucket: str = "eakte"
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")
    secure: bool = True


class SearchSettings(BaseModel):
    """Which engine holds the full-text index; both live in the data folder."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["tantivy", "whoosh"] = "tantivy"


class ReadingSettings(BaseModel):
    """How paper is read."""

    model_config = ConfigDict(frozen=True)
    languages: tuple[str, ...] = ("deu",)
    workers: int = Field(default_factory=lambda: max(1, os.cpu_count() or 1), ge=1)
    page_timeout_s: int = Field(default=120, ge=1)
    """How long recognition may take for one page before it is ended."""


class ServingSettings(BaseModel):
    """How `eakte serve` answers."""

    model_config = ConfigDict(frozen=True)
    processes: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=1)


class UploadSettings(BaseModel):
    """What may come in by one request."""

    model_config = ConfigDict(frozen=True)
    max_file_bytes: int = 4 * 1024**3
    max_files: int = 1000
    expires_h: float = Field(default=24.0, gt=0)
    """Hours an upload in parts lives after its last part."""


class MailSettings(BaseModel):
    """The mailbox folder that `eakte mail` empties."""

    model_config = ConfigDict(frozen=True)
    host: str = ""
    port: int | None = Field(default=None, ge=1, le=65535)
    """993 with TLS from the start, else 143."""
    security: Literal["tls", "starttls", "none"] = "tls"
    ca_file: Path | None = None
    """Whose certificates are trusted, where not those of the system."""
    user: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    folder: str = "INBOX"
    done_folder: str = ""
    """Where durable mails go; empty: they are deleted."""
    refused_folder: str = "Abgelehnt"
    station: str = ""
    profile: str = "default"
    max_message_bytes: int = Field(default=150 * 1024**2, ge=1)


class Settings(BaseSettings):
    """Everything an installation may choose."""

    model_config = SettingsConfigDict(env_prefix="EAKTE_", env_nested_delimiter="__", frozen=True, extra="ignore")

    data_dir: Path = Path("data")
    city: str = "Musterstadt"
    demo: bool = False
    """Marks every page in red and lets `eakte token` print tokens for people; never for real records."""
    trust_dir: DirectoryPath | None = None
    """Certificates (PEM, DER) of the issuers whose electronic signatures are trusted."""
    reference_format: str = "{plan}/{year}/{number:05d}"
    database: DatabaseSettings = DatabaseSettings()
    blobs: BlobSettings = BlobSettings()
    search: SearchSettings = SearchSettings()
    reading: ReadingSettings = ReadingSettings()
    serving: ServingSettings = ServingSettings()
    upload: UploadSettings = UploadSettings()
    mail: MailSettings = MailSettings()
    clamd: str = Field(default="", pattern=r"^(off|/.+|(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):\d{1,5})?$")
    """Where clamd listens: path of its socket, or host:port; `off` ends scanning, empty leaves it as it is."""

    @property
    def database_url(self) -> str:
        """The URL of the database, SQLite in the data folder unless one is set."""
        return self.database.url or f"sqlite:///{self.data_dir.absolute() / 'eakte.sqlite3'}"

    @property
    def work_dir(self) -> Path:
        """Folder for files in the making; may be emptied while nothing runs."""
        return self.data_dir / "work"
