"""Electronic signatures (Unterschriften) of PDFs: checked when a version is read, kept with it, told to its readers.

A check never stops a document: what cannot be checked is kept as not verified, with the reason.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from eakte import scan_origins
from eakte.document_tables import DocumentVersion
from eakte.errors import Unreadable
from eakte.paper import Signature, Trust
from eakte.ports import PaperReader
from eakte.scan_tables import ScanFile

_UNCHECKED = "Die Unterschriften dieser Datei konnten nicht geprüft werden."
_EXCERPT = (
    "Die gelieferte Datei war elektronisch unterschrieben. Dieses Dokument ist aus ihren Seiten gebildet und trägt die "
    "Unterschrift nicht; die gelieferte Datei liegt unverändert beim Scanstapel."
)


def check_signatures(reader: PaperReader, path: Path) -> list[dict[str, Any]]:
    """Check the signatures of a signed PDF; the rows as a version keeps them."""
    try:
        found = reader.signatures(path)
    except Unreadable:
        found = [Signature(reason=_UNCHECKED)]
    return [asdict(signature) for signature in found]


def excerpt_of_signed() -> list[dict[str, Any]]:
    """What is kept with a version made of some pages of a signed file."""
    return [asdict(Signature(reason=_EXCERPT))]


def told(version: DocumentVersion) -> list[Signature]:
    """What is known of the signatures of a version; none where it has none, or is not read yet."""
    return [Signature(**{**row, "trusted": Trust(row["trusted"])}) for row in version.signatures or ()]


def signed_files(session: Session, version: DocumentVersion) -> list[str]:
    """The hashes of the signed files that a scanned version's pages came from."""
    if version.origin is None:
        return []
    used = sorted({(page.batch_id, page.file) for page in scan_origins.scanned_pages(version)})
    batches = {batch_id for batch_id, _ in used}
    rows = session.exec(select(ScanFile).where(col(ScanFile.batch_id).in_(batches)))
    return [row.sha256 for row in rows if (row.batch_id, row.position) in used and (row.reading or {}).get("signed")]
