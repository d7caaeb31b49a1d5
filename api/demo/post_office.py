"""Third part: the answers come back among other sheets, and the scanning station delivers the stack."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image

from api.demo import paper
from api.demo.board import Board, DemoFailed, german
from api.demo.callers import Caller
from api.demo.caseworker import SentLetter, answered
from api.demo.paper import Feed
from ocr.press import separator_sheets

STATION = "scan-1"
FOREIGN_WORD = "Straßenlaterne"
ENCLOSED_WORD = "Gebärdensprache"
DONE_WITHIN_S = 180.0
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Stack:
    """A scanned stack: two files, as two runs of the scanner."""

    pdf: bytes
    tiff: bytes
    sheet_count: int


@dataclass(frozen=True)
class Delivered:
    """What became of a stack: one item per document, in stack order, as the API tells it."""

    batch: dict[str, Any]
    filed_after_s: float
    ready_after_s: float

    @property
    def items(self) -> list[dict[str, Any]]:
        """One per document."""
        items: list[dict[str, Any]] = self.batch["items"]
        return items


def scan_answers(board: Board, letters: Sequence[SentLetter]) -> Stack:
    """Lay the answers among other sheets and scan them: askew, noisy, one upside down."""
    with board.step("Die Antworten kommen auf Papier zurück und werden gescannt") as step:
        brief, hearing, invitation = (answered(letter) for letter in letters)
        separator = _separator()
        first_run = [
            paper.scanned(brief, Feed(1, tilt_degrees=0.8)),
            paper.scanned(separator, Feed(2, tilt_degrees=-0.4)),
            paper.scanned(_foreign_letter(), Feed(3, tilt_degrees=-1.0)),
            paper.scanned(separator, Feed(4, tilt_degrees=0.3)),
            paper.scanned(hearing, Feed(5, tilt_degrees=0.6, upside_down=True)),
            paper.scanned(paper.blank_sheet(), Feed(6)),
            paper.scanned(separator, Feed(7)),
        ]
        second_run = [
            paper.scanned(invitation, Feed(8, tilt_degrees=-0.7)),
            paper.scanned(_enclosure(), Feed(9, tilt_degrees=0.5)),
            paper.scanned(separator, Feed(10, tilt_degrees=1.0)),
        ]
        stack = Stack(paper.scan_pdf(first_run), paper.scan_tiff(second_run), len(first_run) + len(second_run))
        step.tell(f"PDF mit {len(first_run)} Seiten, 300 dpi, grau: {german(len(stack.pdf) / 1e6)} MB")
        step.tell(f"TIFF mit {len(second_run)} Seiten, 300 dpi, schwarzweiß (G4): {len(stack.tiff) / 1e3:.0f} kB")
        step.tell(
            "schief und verrauscht, ein Blatt auf dem Kopf, ein fremder Brief, eine leere Rückseite, Trennblätter"
        )
    return stack


def deliver(board: Board, station: Caller, stack: Stack) -> tuple[dict[str, Any], float]:
    """Deliver the stack twice, as a station does whose connection dropped; tells the batch and when it was taken."""
    with board.step("Die Scanstation liefert den Stapel ab") as step:
        batch = station.call("POST", "/scan-batches", status=201, **_delivery(stack)).json()
        taken_at = time.monotonic()
        step.tell("201: alles gespeichert, ab hier geht nichts mehr verloren")
        again = station.ask("POST", "/scan-batches", **_delivery(stack))
        same = again.status_code == 200 and again.json()["id"] == batch["id"]
        step.tell("Derselbe Stapel noch einmal: 200, derselbe Stapel")
        board.expect(same, f"Derselbe Stapel noch einmal abgegeben ist einer ({again.status_code})")
    return batch, taken_at


def watch(
    board: Board, station: Caller, readers: dict[str, Caller], batch: dict[str, Any], taken_at: float
) -> Delivered:
    """Watch the stack until it is filed and every document of it is read.

    Args:
        readers: By outcome, who may see such documents.
        taken_at: When the delivery was acknowledged, monotonic seconds.

    Raises:
        DemoFailed: It takes longer than anybody waits.
    """
    deadline = taken_at + DONE_WITHIN_S
    with board.step("Der Stapel wird getrennt, abgelegt und gelesen") as step:
        while (batch := station.get(f"/scan-batches/{batch['id']}"))["status"] != "done":
            step.now({"received": "angenommen", "working": "wird angesehen"}.get(batch["status"], batch["status"]))
            _pause_until(deadline, f"Der Stapel ist nach {DONE_WITHIN_S:.0f} s noch nicht abgelegt ({batch['status']})")
        filed_after_s = time.monotonic() - taken_at
        outcomes = [item["outcome"] for item in batch["items"]]
        step.tell(
            f"nach {german(filed_after_s)} s: {outcomes.count('filed')} abgelegt, {outcomes.count('inbox')} im Postkorb"
        )

        waiting = {
            UUID(item["document_id"]): readers[item["outcome"]]
            for item in batch["items"]
            if item["outcome"] in readers and item["document_id"]
        }
        total = len(waiting)
        while waiting:
            states = {id_: reader.get(f"/documents/{id_}")["status"] for id_, reader in waiting.items()}
            waiting = {id_: reader for id_, reader in waiting.items() if states[id_] not in ("ready", "quarantined")}
            step.now(f"{total - len(waiting)} von {total} Dokumenten gelesen")
            if waiting:
                _pause_until(deadline, f"{len(waiting)} Dokumente sind nach {DONE_WITHIN_S:.0f} s noch nicht gelesen")
        ready_after_s = time.monotonic() - taken_at
        step.tell(f"nach {german(ready_after_s)} s: {total} Dokumente erkannt, mit durchsuchbarem PDF")
    return Delivered(batch, filed_after_s, ready_after_s)


def _pause_until(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise DemoFailed(f"{complaint}.")
    time.sleep(_LOOK_EVERY_S)


def _delivery(stack: Stack) -> dict[str, Any]:
    metadata = {
        "station": STATION,
        "operator": "Scankraft 7",
        "batch_id": "vorfuehrung-1",
        "expected_sheets": stack.sheet_count,
    }
    files = [
        ("files", ("lauf-1.pdf", stack.pdf, "application/pdf")),
        ("files", ("lauf-2.tif", stack.tiff, "image/tiff")),
    ]
    return {"files": files, "data": {"metadata": json.dumps(metadata)}}


def _separator() -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "trennblatt.pdf")
        separator_sheets.write(1, target)
        return paper.printed(target.read_bytes())[0]


def _foreign_letter() -> Image.Image:
    text = paper.typeset(
        "<p>Familie Sauerbier<br>Kastanienallee 5<br>12345 Musterstadt</p><p>An die Stadtverwaltung</p>"
        f"<h3>Defekte {FOREIGN_WORD}</h3><p>Sehr geehrte Damen und Herren,</p><p>seit drei Wochen ist die "
        f"{FOREIGN_WORD} vor unserem Haus dunkel. Der Gehweg ist abends nicht mehr zu sehen, und meine Mutter ist dort "
        "schon gestürzt. Bitte lassen Sie sie bald reparieren.</p><p>Mit freundlichen Grüßen<br><br>Olga Sauerbier</p>"
    )
    return paper.printed(text)[0]


def _enclosure() -> Image.Image:
    text = paper.typeset(
        "<h2>Bescheinigung</h2><p>Zur Vorlage bei der Dienststelle</p><p>Hiermit wird bescheinigt, dass für Gespräche "
        f"eine Übersetzung in {ENCLOSED_WORD} erforderlich ist. Die Kosten trägt das Integrationsamt.</p>"
        "<p>Musterstadt, den 19. November 2026</p>"
    )
    return paper.printed(text)[0]
