"""`eakte ingest`: deliver files from the machine itself, as a station's stack, and work it off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from api.service import Service
from api.worker import work_off
from eakte import access, actors
from eakte.documents import StoredFile
from eakte.file_names import safe_file_name
from eakte.intake import receive
from eakte.intake.receive import Delivery


def ingest_files(service: Service, files: Sequence[Path], *, station: str, batch_id: str) -> Iterator[str]:
    """Deliver files as one stack and work until nothing is due; tells what became of them, line by line."""
    stored = []
    for file in files:
        with file.open("rb") as content:
            stored.append(StoredFile(service.blobs.put(content), safe_file_name(file.name)))
    name = (
        batch_id or "ingest-" + hashlib.sha256("".join(part.blob.sha256 for part in stored).encode()).hexdigest()[:16]
    )
    with service.database.writing() as session:
        actor = actors.actor_for(session, station)
        delivery = Delivery(station=station, operator="ingest", batch_id=name)
        batch, new = receive.receive_batch(session, actor, delivery, stored)
    yield f"Stapel {name}: {len(stored)} Dateien {'angenommen' if new else 'waren schon da'}."
    work_off(service)
    with service.database.reading() as session:
        for item in receive.items_of(session, batch):
            pages = ", ".join(f"Datei {file + 1} Seite {page}" for file, page in item.sheets)
            case_file = "" if item.case_file_id is None else access.reference_of(session, item.case_file_id)
            yield f"  {item.outcome.value:12} {case_file:20} {item.reason or ''} [{pages}]"
