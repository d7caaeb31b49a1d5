"""Identifiers: time-ordered, so that rows created together lie together."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562, section 5.7)."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
