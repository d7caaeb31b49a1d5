"""Rows of transfer notes (Transfervermerke), of the checks of scan products, and of who scans under which pseudonym."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from eakte.clock import now
from eakte.columns import UtcDateTime, fixed_words
from eakte.errors import Damaged
from eakte.ids import new_id


class Quality(StrEnum):
    """How the check of a scan product stands: not in the sample, to be checked, good, at fault, the fault settled."""

    NONE = "none"
    WAITING = "waiting"
    GOOD = "good"
    FAULT = "fault"
    SETTLED = "settled"


class CheckResult(StrEnum):
    """What a check found, or that a fault found before is settled."""

    GOOD = "good"
    FAULT = "fault"
    SETTLED = "settled"


class TransferNote(SQLModel, table=True):
    """Who scanned what, when, how (Transfervermerk); one per scan product, bound to its hash.

    What it says never changes: `content` is sealed (`eakte.seals`), and its digest stands in the audit trail, too.
    What checks find later stands in `QualityCheck`; the columns here only say how it stands.

    Source: BSI TR-03138 RESISCAN, A.NB.4.
    """

    __tablename__ = "transfer_note"
    __table_args__ = (sa.Index("ix_transfer_note_quality", "quality", "id"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    version_id: UUID = Field(foreign_key="document_version.id", unique=True)
    batch_id: UUID = Field(foreign_key="scan_batch.id", index=True)
    station_id: str = Field(foreign_key="station.id")
    content: str
    digest: str = Field(max_length=64)
    quality: Quality = Field(default=Quality.NONE, sa_type=fixed_words(Quality, "quality"))
    checked_by_other: bool = False
    """Whether the last check was made by somebody who certainly had not scanned it."""
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def facts(self) -> dict[str, Any]:
        """What it says; `eakte.intake.transfer_notes` tells the keys."""
        return _read(self.content)

    @property
    def anomalies(self) -> list[str]:
        """What was noticed about this product while it came in."""
        return list(self.facts["anomalies"])


class QualityCheck(SQLModel, table=True):
    """A look at a scan product by a named person (Qualitätsprüfung); sealed, and bound to the note's digest."""

    __tablename__ = "quality_check"
    __table_args__ = (sa.UniqueConstraint("note_id", "position"),)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    note_id: UUID = Field(foreign_key="transfer_note.id")
    position: int
    """Among the checks of the note, from 1."""
    checker_id: str = Field(foreign_key="principal.id")
    content: str
    digest: str = Field(max_length=64)

    @property
    def facts(self) -> dict[str, Any]:
        """What was found, by whom, when: `eakte.quality_checks` tells the keys."""
        return _read(self.content)


class StationOperator(SQLModel, table=True):
    """Whom a pseudonym of a station means; for good, so that old notes keep their meaning."""

    __tablename__ = "station_operator"
    station_id: str = Field(primary_key=True, foreign_key="station.id", max_length=80)
    pseudonym: str = Field(primary_key=True, max_length=200)
    person_id: str | None = Field(default=None, foreign_key="person.id")
    name: str = ""
    """Of somebody who has no login here."""


def _read(content: str) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(content)
    except ValueError as error:
        raise Damaged("Ein Transfervermerk ist beschädigt; „eakte check“ sagt, welcher.") from error
    return facts
