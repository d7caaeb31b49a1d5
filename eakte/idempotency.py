"""Answers already given, so that a repeated request gets the same one (Idempotency-Key)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime


class GivenAnswer(SQLModel, table=True):
    """One answered request; written in the transaction that did the work.

    Source: draft-ietf-httpapi-idempotency-key-header-07.
    """

    __tablename__ = "given_answer"
    principal_id: str = Field(primary_key=True, foreign_key="principal.id")
    key: str = Field(primary_key=True, max_length=255)
    fingerprint: str = Field(max_length=64)
    """Over method, path, query and content (multipart: fields and file hashes)."""
    status: int
    headers: dict[str, str] = Field(default_factory=dict, sa_type=sa.JSON)
    body: bytes
    about: list[str] | None = Field(default=None, sa_type=sa.JSON)
    """What it tells of and its caller could know of then, as `eakte.repeats` names it."""
    given_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
