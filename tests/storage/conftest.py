"""Real databases for the tests of what rests in them."""

from __future__ import annotations

from tests.databases import database, empty_url, postgres_template, sqlite_template

__all__ = ["database", "empty_url", "postgres_template", "sqlite_template"]
