"""Letter templates from an organisation file."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from sqlmodel import Session

from eakte.apply.changes import Change, Differences, added
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.apply.yaml_lines import Place
from eakte.letter_tables import LetterTemplate
from eakte.ports import BlobStore
from eakte.shipped_templates import SHIPPED_TEMPLATE

MEDIA_TYPES = {
    ".html": "text/html",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
MOST_TEMPLATE_BYTES = 50_000_000


def check_templates(file: OrganisationFile, folder: Path, problems: Problems) -> dict[str, bytes]:
    """Find the files of the templates.

    Args:
        folder: Where the organisation file lies; a template lies in it or below.

    Returns:
        Template id → content.
    """
    problems.refuse_repeats(
        ((template.part.id, (*template.place, "id")) for template in file.templates), "eine id gilt nur einmal."
    )
    contents: dict[str, bytes] = {}
    for template in file.templates:
        if template.part.id == SHIPPED_TEMPLATE:
            detail = f"Die Vorlage „{SHIPPED_TEMPLATE}“ wird mitgeliefert; bitte eine andere id wählen."
            problems.add((*template.place, "id"), detail)
        content = _content(template.part.file, folder, (*template.place, "file"), problems)
        if content is not None:
            contents[template.part.id] = content
    return contents


def _content(name: str, folder: Path, place: Place, problems: Problems) -> bytes | None:
    try:
        root = folder.resolve()
        path = (root / name).resolve()  # also follows symbolic links, which may lead outside
        if not path.is_relative_to(root):
            refusal = "liegt außerhalb des Ordners dieser Datei; bitte die Vorlage hineinlegen."
        elif path.suffix.lower() not in MEDIA_TYPES:
            refusal = "ist keine Vorlage; möglich sind Dateien auf .html und .docx."
        elif not path.is_file():
            refusal = "gibt es im Ordner dieser Datei nicht; bitte die Schreibweise prüfen."
        elif not 0 < path.stat().st_size <= MOST_TEMPLATE_BYTES:
            refusal = (
                f"ist leer oder größer als {MOST_TEMPLATE_BYTES // 1_000_000} MB; bitte die richtige Datei nennen."
            )
        else:
            return path.read_bytes()
    except (OSError, RuntimeError) as error:
        refusal = f"lässt sich nicht lesen ({error}); bitte Namen und Rechte prüfen."
    problems.add(place, f"„{name}“ {refusal}")
    return None


def apply_templates(
    session: Session, blobs: BlobStore, file: OrganisationFile, contents: dict[str, bytes], *, dry_run: bool
) -> list[Change]:
    """Make or change the templates of the file, in its order, after the shipped one; others stay."""
    changes: list[Change] = []
    for position, template in enumerate(file.templates, start=1):
        part, content = template.part, contents[template.part.id]
        what = f"Vorlage {part.id} „{part.name}“"
        wanted = LetterTemplate(
            id=part.id,
            name=part.name,
            position=position,
            sha256=hashlib.sha256(content).hexdigest(),
            file_name=Path(part.file).name,
            media_type=MEDIA_TYPES[Path(part.file).suffix.lower()],
            answer_sheets=list(part.answer_sheets) if part.answer_sheets is not None else None,
        )
        there = session.get(LetterTemplate, part.id)
        if not dry_run and (there is None or there.sha256 != wanted.sha256):
            blobs.put(io.BytesIO(content))
        changes += [added(what)] if there is None else _differences(there, wanted).of(what)
        session.merge(wanted)
    session.flush()
    return changes


def _differences(there: LetterTemplate, wanted: LetterTemplate) -> Differences:
    differences = Differences()
    differences.note("Name", there.name, wanted.name)
    differences.note("Datei", there.file_name, wanted.file_name)
    differences.note_that(there.sha256 != wanted.sha256, "Inhalt")
    differences.note("Antwortseiten", there.answer_sheets or "alle", wanted.answer_sheets or "alle")
    differences.note_that(there.position != wanted.position, "Reihenfolge")
    return differences
