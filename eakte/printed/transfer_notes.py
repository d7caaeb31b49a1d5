"""Transfer notes on paper."""

from __future__ import annotations

import tempfile
from pathlib import Path

from eakte.note_words import sections_of
from eakte.ports import LetterPress
from eakte.transfer_notes import NoteView

TEMPLATE = Path(__file__).parent / "transfer_note.html"


def print_note(press: LetterPress, view: NoteView, *, city: str, work_dir: Path) -> bytes:
    """A note as PDF. Needs no session: setting it in type takes its time, and must hold nobody's turn meanwhile."""
    work_dir.mkdir(parents=True, exist_ok=True)
    values = {
        "city": city,
        "title": view.title,
        "digest": view.note.digest,
        "sections": [
            [section.heading, [[label, text] for label, text in section.lines]] for section in sections_of(view)
        ],
    }
    with tempfile.TemporaryDirectory(dir=work_dir, prefix="note-") as folder:
        target = Path(folder, "transfer-note.pdf")
        press.render(TEMPLATE, "text/html", values, target)
        return target.read_bytes()
