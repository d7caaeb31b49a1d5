"""Rows behind the access model: scopes, their ancestry, grants, and the version counter.

A node with rights of its own owns a scope; every other node points to the nearest scope above it.
`docs/decisions/0004-access-scopes.md` tells why.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntFlag, StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.ids import new_id

ROOT_SCOPE_ID = 1
"""The scope above the whole filing plan; made by the first migration."""


class Right(IntFlag):
    """What a grant may allow. Whoever holds any right may also read."""

    READ = 1
    FILE = 2
    EDIT = 4
    CLOSE = 8
    SHARE = 16
    DISPOSE = 32


LEADING = Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE
"""The bundle „Leiten“, which the responsible unit has."""


class ScopeKind(StrEnum):
    """What owns a scope.

    `responsible` is shared by all case files of one filing plan entry with the same responsible unit,
    so that a case file without rights of its own needs no scope of its own.
    """

    ROOT = "root"
    FILING_PLAN = "filing_plan"
    RESPONSIBLE = "responsible"
    CASE_FILE = "case_file"
    PROCEEDING = "proceeding"
    DOCUMENT = "document"
    INBOX = "inbox"


class GrantCause(StrEnum):
    """Why somebody has a right; causes are stored and revoked separately."""

    SHARING = "sharing"
    RESPONSIBLE = "responsible"
    APPLIED = "applied"
    INBOX = "inbox"


class AccessScope(SQLModel, table=True):
    """A place in the tree with rights of its own. Ids are small dense integers: bit positions."""

    __tablename__ = "access_scope"
    __table_args__ = (sa.UniqueConstraint("kind", "node"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: ScopeKind = Field(sa_type=fixed_words(ScopeKind, "kind"))
    node: str
    """Of what owns it: a filing plan code, a case file's id, `code|unit` for a responsible scope …"""
    parent_id: int | None = Field(default=None, foreign_key="access_scope.id", index=True)


class ScopeAncestor(SQLModel, table=True):
    """Closure of the scope tree: every scope with each scope above it and with itself."""

    __tablename__ = "scope_ancestor"
    __table_args__ = (sa.Index("ix_scope_ancestor_scope", "scope_id", "ancestor_id"),)
    ancestor_id: int = Field(primary_key=True, foreign_key="access_scope.id")
    scope_id: int = Field(primary_key=True, foreign_key="access_scope.id")


class AccessGrant(SQLModel, table=True):
    """On this scope, this subject has these rights, for this time, for this cause.

    `subject` is a token as `eakte.access` resolves them for a person: `person:anna`, `unit:SO`,
    `unit-tree:SO` (with sub-units), `system:km-personal`.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        sa.Index("ix_access_grant_subject", "subject", "scope_id"),
        sa.CheckConstraint("valid_until > valid_from", name="ends_after_it_starts"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_id: int = Field(foreign_key="access_scope.id", index=True)
    subject: str
    rights: int
    cause: GrantCause = Field(sa_type=fixed_words(GrantCause, "cause"))
    valid_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = ""
    given_by: str = ""
    given_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = None


class AccessVersion(SQLModel, table=True):
    """Replaced by every change of rights, in the changing transaction; the key of every cache.

    Random instead of counted, so that a change that was rolled back can never lend its number to another.
    """

    __tablename__ = "access_version"
    id: int = Field(default=1, primary_key=True)
    stamp: str = "0"
