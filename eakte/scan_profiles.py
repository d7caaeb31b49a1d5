"""Scan profiles (Scanprofile): how a station scans, and so what may be done with its stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from eakte.clock import today
from eakte.columns import fixed_words
from eakte.errors import FieldProblem, Invalid
from eakte.scan_tables import ScanBatch

DEFAULT_PROFILE = "default"
"""Always there: a migration makes it, and an organisation file may change it."""

QUALITY_SHARE = 5
"""Percent of scan products in the sample, unless a profile says otherwise."""

AGREEMENT = (
    "Dieses Dokument ist ein Scanprodukt. Es stimmt bildlich und inhaltlich mit dem Papierdokument überein, das zum "
    "Scannen vorlag, soweit unter den Auffälligkeiten nichts anderes vermerkt ist."
)
"""The statement of agreement (Source: BSI TR-03138 RESISCAN, A.NB.4 f), unless a profile words its own."""


class ScannedSides(StrEnum):
    """One side, both at once, or both in two passes: all fronts, then all backs in reverse."""

    SIMPLEX = "simplex"
    DUPLEX = "duplex"
    COLLATED = "collated"


class BlankPages(StrEnum):
    """What readers do with blank pages; no page is ever removed."""

    HIDE = "hide"
    KEEP = "keep"


class ScanProfile(SQLModel, table=True):
    """A profile that stations may name."""

    __tablename__ = "scan_profile"
    id: str = Field(primary_key=True, max_length=80)
    name: str
    sides: ScannedSides = Field(default=ScannedSides.SIMPLEX, sa_type=fixed_words(ScannedSides, "sides"))
    blank_pages: BlankPages = Field(default=BlankPages.HIDE, sa_type=fixed_words(BlankPages, "blank_pages"))
    separators: bool = True
    """Whether separator sheets end an envelope; otherwise they are pages like any other."""
    languages: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    """Tesseract codes in order of preference; empty: those of the installation."""
    quality_share: int = QUALITY_SHARE
    """Percent of its scan products that a person looks at."""
    agreement: str = AGREEMENT
    """What its transfer notes state of image and paper."""
    procedure: str = ""
    """The instruction it is scanned by (Verfahrensanweisung), with its version."""
    keep_paper_days: int | None = None
    """How many days its paper is kept after delivery; None where nobody said so."""


@dataclass(frozen=True)
class ScanSettings:
    """What a profile said when a stack was received: kept with the stack, so that repeated work does the same."""

    sides: str = ScannedSides.SIMPLEX.value
    blank_pages: str = BlankPages.HIDE.value
    separators: bool = True
    languages: tuple[str, ...] = ()
    quality_share: int = QUALITY_SHARE
    agreement: str = AGREEMENT
    procedure: str = ""

    @property
    def hides_blank_pages(self) -> bool:
        return self.blank_pages == BlankPages.HIDE

    @property
    def is_collated(self) -> bool:
        return self.sides == ScannedSides.COLLATED

    def to_row(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "languages": list(self.languages)}

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> ScanSettings:
        """The settings of `to_row`; of a stack from before there were profiles, those of `default`."""
        return cls(**{**row, "languages": tuple(row.get("languages", ()))})


def settings_of(session: Session, profile_id: str) -> ScanSettings:
    """What a profile says now.

    Raises:
        Invalid: There is no such profile; names those there are.
    """
    profile = session.get(ScanProfile, profile_id)
    if profile is None:
        known = session.exec(select(ScanProfile.id).order_by(col(ScanProfile.id))).all()
        raise Invalid(
            f"Das Scanprofil „{profile_id}“ gibt es nicht.",
            FieldProblem("/metadata/profile", f"Vorhanden sind: {', '.join(known)}."),
        )
    return ScanSettings(
        profile.sides.value,
        profile.blank_pages.value,
        profile.separators,
        tuple(profile.languages),
        profile.quality_share,
        profile.agreement,
        profile.procedure,
    )


def keep_paper_until(session: Session, profile_id: str) -> date | None:
    """The last day the paper of a stack has to be kept that is delivered today; None where its profile says nothing."""
    days = session.get_one(ScanProfile, profile_id).keep_paper_days
    return None if days is None else today() + timedelta(days=days)


def languages_of(session: Session, origin: Mapping[str, Any] | None, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """The languages a version is read in: those of the profile it was scanned with, else the installation's.

    Args:
        origin: Of the version (`DocumentVersion.origin`).
    """
    batch_id = (origin or {}).get("scan_batch")
    batch = None if batch_id is None else session.get(ScanBatch, UUID(batch_id))
    return otherwise if batch is None else ScanSettings.from_row(batch.settings).languages or otherwise
