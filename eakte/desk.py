"""Everything a job may use, put together once per worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from eakte.ports import BlobStore, PaperReader, Records, SearchIndex, VirusScanner

Done = Callable[[Session], None]
"""Marks the job done in the transaction that holds its results; raises LeaseLost when it is not ours any more."""


@dataclass(frozen=True)
class Desk:
    """The open records, the bytes, the engines, and a folder for files in the making."""

    records: Records
    blobs: BlobStore
    reader: PaperReader
    index: SearchIndex
    languages: tuple[str, ...]
    work_dir: Path
    scanner: VirusScanner | None = None
    """None where none is set up; whether files must be scanned, the records say."""
