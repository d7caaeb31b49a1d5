"""What stands on sheets that are printed or drawn here, as the press is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class CoverSheetFace:
    """What stands on a cover sheet.

    Attributes:
        payload: Letters and digits, printed as codes along all edges.
        kind: `incoming`, `outgoing`, `internal`.
        profile: How to scan what lies behind it; None for any.
    """

    payload: str
    reference: str
    section: str | None
    title: str
    kind: str
    profile: str | None
    reusable: bool
    printed_by: str
    printed_on: date


@dataclass(frozen=True)
class PlaceholderFace:
    """What stands on the page that stands for a thing; None is left out."""

    title: str
    thing: str
    box: str | None
    received_on: str | None
    channel: str | None
    made_by: str
    made_on: date
