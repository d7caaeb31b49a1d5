"""Cover sheets (Deckblätter): laid on a pile, they say where it belongs; codes along all edges, words in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import weasyprint

from eakte.sheet_faces import CoverSheetFace
from ocr.press.separator_sheets import marks

_KINDS = {"incoming": "Eingang", "outgoing": "Ausgang", "internal": "Internes Dokument"}
_STYLE = """
    @page { size: 210mm 297mm; margin: 0 }
    body { margin: 0; font-family: "Liberation Sans", "DejaVu Sans", sans-serif; color: black }
    section { position: relative; width: 210mm; height: 297mm; break-after: page; overflow: hidden }
    section:last-child { break-after: auto }
    section > div { position: absolute }
    svg { position: absolute }
    .words { left: 45mm; width: 120mm; top: 78mm; height: 140mm; overflow: hidden; text-align: center; font-size: 12pt;
        line-height: 1.4 }
    h1 { font-size: 34pt; margin: 0 0 6mm; line-height: 1 }
    .reference { font-size: 20pt; font-weight: bold; margin: 0 0 4mm; overflow-wrap: anywhere }
    p { margin: 0 0 3mm; overflow-wrap: anywhere }
    .small { font-size: 9.5pt }
"""


def write(faces: Sequence[CoverSheetFace], target: Path) -> None:
    """Write a PDF with one page for each cover sheet; whichever way round it lies, its code is read."""
    pages = "".join(f"<section>{marks(face.payload)}{_words(face)}</section>" for face in faces)
    document = f'<!doctype html><html lang="de"><title>Deckblätter</title><style>{_STYLE}</style>{pages}</html>'
    weasyprint.HTML(string=document).write_pdf(target)


def _words(face: CoverSheetFace) -> str:
    lines = [f"<p>{escape(_KINDS.get(face.kind, face.kind))}: <b>{escape(face.title)}</b></p>"]
    if face.section is not None:
        lines.append(f"<p>Register: <b>{escape(face.section)}</b></p>")
    if face.profile is not None:
        lines.append(f"<p>Scanprofil: <b>{escape(face.profile)}</b></p>")
    often = "Darf mehrmals verwendet werden." if face.reusable else "Gilt für einen Stapel."
    lines.append("<p>Alles hinter diesem Blatt bis zum nächsten Deck- oder Trennblatt gehört in diese Akte.</p>")
    lines.append(
        f'<p class="small">{often} Gedruckt am {face.printed_on:%d.%m.%Y} von {escape(face.printed_by)}. '
        f"{escape(face.payload)}</p>"
    )
    return (
        f'<div class="words"><h1>Deckblatt</h1><p class="reference">{escape(face.reference)}</p>{"".join(lines)}</div>'
    )
