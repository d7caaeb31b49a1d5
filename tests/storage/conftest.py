"""Real databases and blob stores for the tests of what rests in them."""

from __future__ import annotations

from tests.databases import database, empty_url, postgres_template, sqlite_template
from tests.storage.blob_stores import bucket, folder, store

__all__ = ["bucket", "database", "empty_url", "folder", "postgres_template", "sqlite_template", "store"]
