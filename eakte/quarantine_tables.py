"""Rows of the quarantine (Quarantäne), and of what the virus scanner said of bytes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.ids import new_id


class Verdict(StrEnum):
    """What is known of bytes; `unscannable` is what the scanner refuses to look at, `made_here` came from ourselves."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNABLE = "unscannable"
    MADE_HERE = "made_here"


HARMFUL = frozenset({Verdict.INFECTED, Verdict.UNSCANNABLE})
"""Never opened nor given out, until an administrator says so."""


class VirusCheck(SQLModel, table=True):
    """What the scanner said of some bytes, whatever names them."""

    __tablename__ = "virus_check"
    sha256: str = Field(primary_key=True, max_length=64)
    verdict: Verdict = Field(sa_type=fixed_words(Verdict, "verdict"))
    detail: str = ""
    """Name of the signature, or why it could not be scanned."""
    checked_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    wanted_anew: bool = False
    """Somebody asked for another look, such as after new signatures."""


class QuarantineCause(StrEnum):
    """Why a file is held back: unreadable, harmful, not scannable, given up after many tries, or pages stuck in it."""

    UNREADABLE = "unreadable"
    INFECTED = "infected"
    UNSCANNABLE = "unscannable"
    FAILED = "failed"
    UNCUT = "uncut"


class QuarantineState(StrEnum):
    """Held back; being read again; and how it ended: read after all, released as it is, or withdrawn."""

    HELD = "held"
    RETRYING = "retrying"
    READ = "read"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


OPEN_STATES = frozenset({QuarantineState.HELD, QuarantineState.RETRYING})


class QuarantineEntry(SQLModel, table=True):
    """A version that could not be read or may not be opened, and what people did about it."""

    __tablename__ = "quarantine_entry"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    document_id: UUID = Field(foreign_key="document.id", index=True)
    version_id: UUID = Field(foreign_key="document_version.id", unique=True)
    cause: QuarantineCause = Field(sa_type=fixed_words(QuarantineCause, "cause"))
    reason: str
    """For a clerk."""
    state: QuarantineState = Field(
        default=QuarantineState.HELD, sa_type=fixed_words(QuarantineState, "state"), index=True
    )
    tries: int = 1
    """How often it was read in vain, or is being read."""
    since: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_by: str | None = None
    done_reason: str | None = None
    revision: int = 1
