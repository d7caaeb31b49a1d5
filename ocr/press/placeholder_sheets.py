"""Placeholder sheets (Platzhalter): the page that stands in a file for a thing that could not be scanned. No codes."""

from __future__ import annotations

from html import escape
from pathlib import Path

import weasyprint

from eakte.sheet_faces import PlaceholderFace

_STYLE = """
    @page { size: 210mm 297mm; margin: 30mm 25mm }
    body { margin: 0; font-family: "Liberation Sans", "DejaVu Sans", sans-serif; color: black; font-size: 12pt;
        line-height: 1.45 }
    h1 { font-size: 28pt; margin: 0 0 8mm; line-height: 1.1 }
    h2 { font-size: 17pt; margin: 0 0 6mm; overflow-wrap: anywhere }
    p { margin: 0 0 3mm; overflow-wrap: anywhere }
    .thing { margin: 0 0 8mm; white-space: pre-line }
    .small { font-size: 9.5pt; margin-top: 10mm }
"""


def write(face: PlaceholderFace, target: Path) -> None:
    """Write a PDF of one page that says what is kept where."""
    facts = [("Karton", face.box), ("Eingegangen am", face.received_on), ("Eingangsweg", face.channel)]
    lines = "".join(f"<p>{label}: <b>{escape(text)}</b></p>" for label, text in facts if text)
    document = (
        f'<!doctype html><html lang="de"><title>{escape(face.title)}</title><style>{_STYLE}</style>'
        f"<h1>Platzhalter</h1><h2>{escape(face.title)}</h2>"
        f'<p class="thing">{escape(face.thing)}</p>{lines}'
        '<p class="small">Dieses Blatt steht für einen Gegenstand, der nicht gescannt werden konnte und im Original '
        f"aufbewahrt wird. Angelegt am {face.made_on:%d.%m.%Y} von {escape(face.made_by)}.</p>"
    )
    weasyprint.HTML(string=document).write_pdf(target)
