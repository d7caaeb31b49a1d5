"""Transfer notes as they leave the house, which the trail tells: on paper, or as a file with those of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from fastapi import Response

from api.rest.schemas.transfer_notes import QualityCheckOut, TransferNoteOut
from api.service import Service
from api.spreadsheets import as_csv
from eakte import transfer_notes
from eakte.actors import Actor
from eakte.printed.transfer_notes import print_note
from eakte.transfer_notes import NoteView

EXPORTS = {"jsonl": "application/jsonl", "csv": "text/csv"}
PDF_HEADERS = {"Content-Disposition": 'inline; filename="transfervermerk.pdf"'}
COLUMNS = (
    "document_id", "version", "sha256", "digest", "intact", "batch_id", "station", "operator", "operator_kind",
    "device", "profile", "scanned_at", "delivered_at", "received_on", "anomalies", "missing_sheets", "in_sample",
    "quality", "checker", "checked_at", "remark", "agreement",
)  # fmt: skip


def export_batch(service: Service, actor: Actor, batch_id: UUID, form: str) -> Response:
    """The notes of a stack's documents, as far as the actor may read these, as a download.

    Args:
        form: A key of `EXPORTS`.

    Raises:
        NotFound: No such stack, or somebody else's.
    """
    with service.database.noting() as session:
        views = transfer_notes.notes_of_batch(session, actor, batch_id)
        for view in views:
            transfer_notes.noted_reading(session, actor, view, "export")
    notes = [note_out(view) for view in views]
    text = as_csv(COLUMNS, map(_row, notes)) if form == "csv" else _lines(notes)
    headers = {"Content-Disposition": f'attachment; filename="transfervermerke.{form}"'}
    return Response(text, media_type=f"{EXPORTS[form]}; charset=utf-8", headers=headers)


def printed(service: Service, actor: Actor, document_id: UUID, number: int | None = None) -> bytes:
    """The note of a scanned document as PDF.

    Args:
        number: Of the version; the newest when None.

    Raises:
        NotFound: No such document or version, not for this actor, or not scanned.
    """
    with service.database.noting() as session:
        view = transfer_notes.note_for(session, actor, document_id, number)
        transfer_notes.noted_reading(session, actor, view, "pdf")
    return print_note(service.press, view, city=service.settings.city, work_dir=service.settings.work_dir / "notes")


def note_out(view: NoteView) -> TransferNoteOut:
    """A note as it is told."""
    return TransferNoteOut(
        id=view.note.id,
        document_id=view.document.id,
        version=view.facts["version"],
        sha256=view.facts["product"]["sha256"],
        digest=view.note.digest,
        intact=view.is_intact,
        quality=view.note.quality.value,
        needs_check=view.needs_check,
        content=view.facts,
        checks=[QualityCheckOut.model_validate(check) for check in view.checks],
    )


def _lines(notes: Sequence[TransferNoteOut]) -> str:
    return "".join(f"{note.model_dump_json()}\n" for note in notes)


def _row(note: TransferNoteOut) -> Iterator[object]:
    """One line of the table; where several stacks are in a note, the columns of stacks name all of them."""
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
