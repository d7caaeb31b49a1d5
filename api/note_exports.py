"""Transfer notes as files: JSON Lines with everything, or a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import Response

from api.rest.schemas.transfer_notes import TransferNoteOut
from api.spreadsheets import as_csv

EXPORTS = {"jsonl": "application/jsonl", "csv": "text/csv"}
COLUMNS = (
    "document_id", "version", "sha256", "digest", "intact", "batch_id", "station", "operator", "operator_kind",
    "device", "profile", "scanned_at", "delivered_at", "received_on", "anomalies", "missing_sheets", "in_sample",
    "quality", "checker", "checked_at", "remark", "agreement",
)  # fmt: skip


def export(notes: Sequence[TransferNoteOut], form: str) -> Response:
    """Notes as a download.

    Args:
        form: A key of `EXPORTS`.
    """
    text = _table(notes) if form == "csv" else "".join(f"{note.model_dump_json()}\n" for note in notes)
    headers = {"Content-Disposition": f'attachment; filename="transfervermerke.{form}"'}
    return Response(text, media_type=f"{EXPORTS[form]}; charset=utf-8", headers=headers)


def _table(notes: Sequence[TransferNoteOut]) -> str:
    """One line a note; where several stacks are in it, the columns of stacks name all of them."""
    return as_csv(COLUMNS, map(_row, notes))


def _row(note: TransferNoteOut) -> Iterator[object]:
    content, last = note.content, note.checks[-1] if note.checks else None
    scans, letter = content["scans"], content["completeness"]
    yield from (note.document_id, note.version, note.sha256, note.digest, note.intact)
    for key in ("batch_id", "station", "operator", "operator_kind", "device", "profile", "scanned_at", "delivered_at"):
        yield " | ".join(str(scan[key] or "") for scan in scans)
    yield " | ".join(scan["received_on"] for scan in scans)
    yield " | ".join([*(scan["remarks"] for scan in scans if scan["remarks"]), *content["anomalies"]])
    yield "" if letter is None else " ".join(map(str, letter["missing"]))
    yield from (content["quality_assurance"]["in_sample"], note.quality)
    yield from ("", "", "") if last is None else (last.checker_name, last.checked_at.isoformat(), last.remark)
    yield "" if content["agreement"] is None else content["agreement"]["statement"]
