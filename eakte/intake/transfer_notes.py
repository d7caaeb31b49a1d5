"""Writing transfer notes (Transfervermerke): one per scan product, bound to its hash and to those of its originals.

What a note says:

    format      1
    document, version   whose bytes it is about
    product     sha256, size_bytes, media_type, pages, hidden_pages
    scans       per stack: station, unit, operator, device and settings, profile, times, sheets, files with hashes
    anomalies   what was noticed about this product
    completeness        sheets of the letter expected back and found, where it is an answer
    quality_assurance   in_sample, share (percent)
    agreement   statement, made_by; None where no paper was scanned, or nothing could be read
    noted_at, software

Source: BSI TR-03138 RESISCAN, A.NB.4 a–f; A.DV.2 and A.NB.3 (completeness).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import audit, installation
from eakte.audit import AuditTag, Doer
from eakte.clock import now
from eakte.document_tables import DocumentVersion
from eakte.principals import Principal, Station, Unit
from eakte.scan_origins import scanned_pages
from eakte.scan_profiles import ScannedSides, ScanSettings
from eakte.scan_tables import ScanBatch, ScanFile
from eakte.seals import seal
from eakte.station_operators import operator_of
from eakte.transfer_note_tables import Quality, TransferNote

FORMAT = 1
ELECTRONIC = frozenset({"email", "e-mail"})
"""Channels by which no paper came: what they brought agrees with none, and no sample is drawn from it."""


@dataclass(frozen=True)
class ScanFacts:
    """A stack as its notes tell of it, worked out once for all of its documents.

    Attributes:
        files: Position to name and hash.
    """

    batch: ScanBatch
    settings: ScanSettings
    facts: Mapping[str, Any]
    files: Mapping[int, tuple[str, str]]

    @property
    def is_paper(self) -> bool:
        return self.batch.channel.casefold() not in ELECTRONIC


def facts_of(session: Session, batch: ScanBatch) -> ScanFacts:
    """What the notes of a stack say of it."""
    settings = ScanSettings.from_row(batch.settings)
    rows = session.exec(select(ScanFile).where(ScanFile.batch_id == batch.id).order_by(col(ScanFile.position))).all()
    pages = sum(len(row.reading["pages"]) for row in rows if row.reading is not None)
    station = session.get_one(Station, batch.station_id)
    facts = {
        "batch": str(batch.id),
        "batch_id": batch.batch_id,
        "station": station.id,
        "station_name": session.get_one(Principal, station.id).name,
        "unit": station.unit_id,
        "unit_name": session.get_one(Unit, station.unit_id).name,
        "operator": batch.operator,
        "operator_kind": operator_of(session, station.id, batch.operator).kind.value,
        "device": batch.device,
        "device_settings": batch.device_settings,
        "profile": batch.profile,
        "profile_settings": {
            "sides": settings.sides,
            "blank_pages": settings.blank_pages,
            "separators": settings.separators,
            "languages": list(settings.languages),
        },
        "procedure": settings.procedure,
        "channel": batch.channel,
        "remarks": batch.remarks,
        "received_on": batch.received_on.isoformat(),
        "scanned_at": None if batch.scanned_at is None else batch.scanned_at.isoformat(),
        "delivered_at": batch.delivered_at.isoformat(),
        "sheets_expected": batch.expected_sheets,
        "sheets_received": pages if settings.sides == ScannedSides.SIMPLEX else (pages + 1) // 2,
        "pages_received": pages,
    }
    return ScanFacts(batch, settings, facts, {row.position: (row.file_name, row.sha256) for row in rows})


def note_transfer(
    session: Session,
    version: DocumentVersion,
    scans: Sequence[ScanFacts],
    anomalies: Sequence[str],
    *,
    by: Doer,
    completeness: Mapping[str, Any] | None = None,
    readable: bool = True,
) -> TransferNote:
    """Write the transfer note (Transfervermerk) of a scan product; its digest enters the trail with it.

    Args:
        scans: The stacks its pages come from; the first one counts as its own.
        completeness: Sheets of the letter, as a `ScanItem` keeps them.
        readable: False where no product came about, because the file cannot be opened.
    """
    first = scans[0]
    share = max(scan.settings.quality_share for scan in scans)
    paper = readable and all(scan.is_paper for scan in scans)
    sampled = paper and (is_drawn(session, version, share) or is_waited_for(session, version))
    sealed = seal(
        {
            "format": FORMAT,
            "document": str(version.document_id),
            "version": version.number,
            "product": {
                "sha256": version.sha256,
                "size_bytes": version.size_bytes,
                "media_type": version.media_type,
                "pages": version.page_count,
                "hidden_pages": version.hidden_pages,
            },
            "scans": [{**scan.facts, "files": _files(scan, version)} for scan in scans],
            "anomalies": list(anomalies),
            "completeness": None if completeness is None else dict(completeness),
            "quality_assurance": {"in_sample": sampled, "share": share},
            "agreement": _agreement(first) if paper else None,
            "noted_at": now().isoformat(),
            "software": f"eAkte {_release()}",
        }
    )
    note = TransferNote(
        version_id=version.id,
        batch_id=first.batch.id,
        station_id=first.batch.station_id,
        content=sealed.content,
        digest=sealed.digest,
        quality=Quality.WAITING if sampled else Quality.NONE,
    )
    session.add(note)
    session.flush()
    audit.record(
        session,
        AuditTag.TRANSFER_NOTED,
        actor_id=by.id,
        object_kind="transfer_note",
        object_id=note.id,
        origin=by.origin,
        document=str(version.document_id),
        version=version.number,
        sha256=version.sha256,
        digest=note.digest,
    )
    return note


def is_drawn(session: Session, version: DocumentVersion, share: int) -> bool:
    """Whether the lot falls on a scan product: the same each time it is asked, foreseen by nobody.

    The lot hangs on the stack and the places of its sheets, under the installation's secret. So work that is killed
    and done again draws the same, and nobody who delivers can tell before which sheets will be looked at.

    Args:
        share: Percent.
    """
    if share <= 0:
        return False
    key = installation.return_code_key(session)
    pages = ";".join(f"{page.batch_id}/{page.file}/{page.page}" for page in scanned_pages(version))
    lot = hmac.new(key, f"quality sample\n{pages or version.sha256}".encode(), hashlib.sha256).digest()
    return int.from_bytes(lot[:8], "big") * 100 < share * 2**64


def is_waited_for(session: Session, version: DocumentVersion) -> bool:
    """Whether a page of it lies in another product that is still to be checked: taking it apart is no way out."""
    pages = set(scanned_pages(version))
    waiting = select(DocumentVersion).join(TransferNote, col(TransferNote.version_id) == col(DocumentVersion.id))
    wanted = waiting.where(
        TransferNote.quality == Quality.WAITING, col(TransferNote.batch_id).in_({page.batch_id for page in pages})
    )
    return any(not pages.isdisjoint(scanned_pages(other)) for other in session.exec(wanted))


def scans_of(session: Session, version: DocumentVersion, otherwise: UUID) -> list[ScanFacts]:
    """The stacks the pages of a version come from, in its order.

    Args:
        otherwise: The stack of a version that has no page, because it cannot be read.
    """
    ids = dict.fromkeys(page.batch_id for page in scanned_pages(version)) or {otherwise: None}
    return [facts_of(session, session.get_one(ScanBatch, batch_id)) for batch_id in ids]


def _files(scan: ScanFacts, version: DocumentVersion) -> list[dict[str, Any]]:
    """The delivered files the product is made of, each with the pages that are in it, in the product's order."""
    pages = [page for page in scanned_pages(version) if page.batch_id == scan.batch.id]
    positions = dict.fromkeys(page.file for page in pages)
    if not positions:  # cannot be read: the file itself, of which no page is known
        positions = {place: None for place, (_, sha256) in scan.files.items() if sha256 == version.sha256}
    return [
        {
            "position": position,
            "name": scan.files[position][0],
            "sha256": scan.files[position][1],
            "pages": [page.page for page in pages if page.file == position],
        }
        for position in positions
    ]


def _agreement(scan: ScanFacts) -> dict[str, str]:
    return {
        "statement": scan.settings.agreement,
        "made_by": f"{scan.batch.operator}, {scan.facts['station_name']} ({scan.facts['unit_name']})",
    }


@cache
def _release() -> str:
    return metadata.version("eakte")
