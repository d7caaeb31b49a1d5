"""Rows behind the access model: scopes, their ancestry, grants, exclusions, deputies, and the version counter.

A node with rights of its own owns a scope; every other node points to the nearest scope above it.
`docs/decisions/0004-access-scopes.md` tells why, `0008-sections-and-shields.md` how sections hang in the tree.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Any
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


RIGHT_NAMES = {
    Right.READ: "Lesen",
    Right.FILE: "Ablegen",
    Right.EDIT: "Bearbeiten",
    Right.CLOSE: "Abschließen",
    Right.SHARE: "Freigeben",
    Right.DISPOSE: "Aussondern",
}


def right_names(rights: Right | int) -> str:
    """Rights as people call them, in the order of the access model: „Lesen, Ablegen“."""
    return ", ".join(name for right, name in RIGHT_NAMES.items() if Right(rights) & right)


LEADING = Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE
"""The bundle „Leiten“, which the responsible unit has."""

EVERYTHING = LEADING | Right.DISPOSE


class ScopeKind(StrEnum):
    """What owns a scope.

    `responsible` is shared by all case files of one filing plan entry with the same responsible unit,
    so that a case file without rights of its own needs no scope of its own; `responsible_section` likewise
    by their documents in one section.
    """

    ROOT = "root"
    FILING_PLAN = "filing_plan"
    ENTRY_SECTION = "entry_section"
    RESPONSIBLE = "responsible"
    RESPONSIBLE_SECTION = "responsible_section"
    CASE_FILE = "case_file"
    SECTION = "section"
    PROCEEDING = "proceeding"
    PROCEEDING_SECTION = "proceeding_section"
    DOCUMENT = "document"
    INBOX = "inbox"


class GrantCause(StrEnum):
    """Why somebody has a right; causes are stored and revoked separately."""

    SHARING = "sharing"
    RESPONSIBLE = "responsible"
    SPECIALIST_SYSTEM = "specialist_system"
    APPLIED = "applied"
    INBOX = "inbox"
    BREAK_GLASS = "break_glass"


class ExclusionCause(StrEnum):
    """Why somebody is kept out: because somebody said so, an organisation file did, or they are a party."""

    STATED = "stated"
    APPLIED = "applied"
    PARTY = "party"


class AccessScope(SQLModel, table=True):
    """A place in the tree with rights of its own. Ids are small dense integers: bit positions."""

    __tablename__ = "access_scope"
    __table_args__ = (sa.UniqueConstraint("kind", "node"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: ScopeKind = Field(sa_type=fixed_words(ScopeKind, "kind"))
    node: str
    """Of what owns it: a filing plan code, a case file's id, `code|unit` for a responsible scope …"""
    parent_id: int | None = Field(default=None, foreign_key="access_scope.id", index=True)
    beside_id: int | None = Field(default=None, foreign_key="access_scope.id", index=True)
    """A second scope it inherits from: a section of a case file also from the section of its entry."""
    shielded: bool = False
    shielded_by_file: bool = False
    """Whether an organisation file said so, which may also take it back."""
    level: int = 0
    effective_level: int = 0
    """The highest level on the way down to it; kept in line by `eakte.scopes`."""


class ScopeAncestor(SQLModel, table=True):
    """Closure of the scope tree: every scope with each scope above it and with itself."""

    __tablename__ = "scope_ancestor"
    __table_args__ = (sa.Index("ix_scope_ancestor_scope", "scope_id", "ancestor_id"),)
    ancestor_id: int = Field(primary_key=True, foreign_key="access_scope.id")
    scope_id: int = Field(primary_key=True, foreign_key="access_scope.id")
    inherits: bool = True
    """Whether what is granted above arrives here, or a shield lies between. Exclusions and levels always do."""


class AccessGrant(SQLModel, table=True):
    """On this scope, this subject has these rights, for this time, for this cause.

    `subject` is a token as `eakte.subjects` makes them: `person:anna`, `unit:SO`, `unit-tree:SO` (with
    sub-units), `role:registry@SO`, `system:km-personal`, `all_of:…`.
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
    confirmed_by: str | None = None
    """The second person, where the filing plan entry asks for four eyes."""
    given_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = None


class AccessExclusion(SQLModel, table=True):
    """At this scope and below, this person gets nothing, whatever else says otherwise (ausgeschlossene Person)."""

    __tablename__ = "access_exclusion"
    __table_args__ = (sa.CheckConstraint("valid_until > valid_from", name="ends_after_it_starts"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_id: int = Field(foreign_key="access_scope.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    cause: ExclusionCause = Field(sa_type=fixed_words(ExclusionCause, "cause"))
    party_id: UUID | None = Field(default=None, foreign_key="party.id", index=True)
    """For the cause `party`: which party of the case file the person is taken for."""
    allows_reading: bool = False
    """What remains where the law and the filing plan entry let a party read."""
    valid_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = ""
    given_by: str = ""
    given_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = None
    revoked_reason: str = ""


class Deputyship(SQLModel, table=True):
    """For a time, a deputy (Vertretung) acts with the represented person's rights, wholly or below one scope."""

    __table_args__ = (
        sa.CheckConstraint("valid_until > valid_from", name="ends_after_it_starts"),
        sa.CheckConstraint("person_id <> for_id", name="of_somebody_else"),
    )
    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    for_id: str = Field(foreign_key="person.id", index=True)
    scope_id: int | None = Field(default=None, foreign_key="access_scope.id")
    valid_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = ""
    applied: bool = False
    """From an organisation file, which may also take it back."""
    given_by: str = ""
    given_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = None


class CombinationMember(SQLModel, table=True):
    """One of the subjects that a person must be all of, for a grant to a combination (`all_of`)."""

    __tablename__ = "combination_member"
    __table_args__ = (sa.Index("ix_combination_member_member", "member", "combination"),)
    combination: str = Field(primary_key=True)
    """The token grants name it by; it tells its members."""
    member: str = Field(primary_key=True)
    size: int
    """How many members the combination has."""


class RightsProposal(SQLModel, table=True):
    """What one person wants changed and a second has yet to confirm (Vier-Augen-Prinzip)."""

    __tablename__ = "rights_proposal"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    scope_id: int = Field(foreign_key="access_scope.id", index=True)
    node: str
    """What it is about, as `eakte.nodes` writes it."""
    what: str = Field(max_length=24)
    wish: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    asked_by: str = Field(foreign_key="principal.id")
    asked_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed: bool | None = None


class AccessNotice(SQLModel, table=True):
    """Tells a responsible unit at once that somebody used an emergency access (Notzugriff) to its case file."""

    __tablename__ = "access_notice"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    unit_id: str = Field(foreign_key="unit.id", index=True)
    case_file_id: UUID = Field(foreign_key="case_file.id")
    person_id: str = Field(foreign_key="person.id")
    reason: str
    until_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seen_by: str | None = None


class AccessVersion(SQLModel, table=True):
    """Replaced by every change of rights, in the changing transaction; the key of every cache.

    Random instead of counted, so that a change that was rolled back can never lend its number to another.
    """

    __tablename__ = "access_version"
    id: int = Field(default=1, primary_key=True)
    stamp: str = "0"
