"""Takes out of a PDF what acts by itself or hides further files; what can be seen stays.

Signatures go, too: they hold for the original's bytes alone, and in a file made from it they would seem forged.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

_ACTING_NOTES = frozenset(
    {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"},
)
_PAGE_KEYS = ("/AA", "/AF", "/B", "/PieceInfo", "/PresSteps", "/StructParents", "/Thumb", "/Trans")
_ROOT_KEYS = ("/OpenAction", "/AA", "/AF", "/Collection", "/PieceInfo", "/Perms", "/DSS")


def disarm_page(page: pikepdf.Page) -> None:
    """Remove a page's actions, attachments and what ties it to the rest of its file (links to other pages)."""
    for key in _PAGE_KEYS:
        with suppress(KeyError):
            del page.obj[key]
    notes = page.obj.get("/Annots")
    if not isinstance(notes, Array):
        return
    kept = [note for note in notes if isinstance(note, Dictionary) and note.get("/Subtype") not in _ACTING_NOTES]
    for note in kept:
        if _is_signature(note):
            _make_picture(note)
        _disarm_note(note)
    kept = [note for note in kept if note.get("/Subtype") != Name.Stamp or "/AP" in note]
    if kept:
        page.obj["/Annots"] = Array(kept)
    else:
        del page.obj["/Annots"]


def _is_signature(note: Any) -> bool:
    parent = note.get("/Parent")
    kinds = note.get("/FT"), parent.get("/FT") if isinstance(parent, Dictionary) else None
    return Name.Sig in kinds and note.get("/Subtype") == Name.Widget


def _make_picture(note: Any) -> None:
    """Of a signature field: what it shows stays to be seen, the signature does not."""
    note["/Subtype"] = Name.Stamp
    for key in ("/FT", "/V", "/T", "/TU", "/Ff", "/Lock", "/SV", "/MK"):
        with suppress(KeyError):
            del note[key]


def _disarm_note(note: Any) -> None:
    action = note.get("/A")
    if isinstance(action, Dictionary):
        if action.get("/S") != Name.URI:
            del note["/A"]
        else:
            note["/A"] = Dictionary(S=Name.URI, URI=action.get("/URI", pikepdf.String("")))
    for key in ("/AA", "/Dest", "/PA", "/Parent", "/P", "/AF", "/StructParent", "/Popup", "/IRT"):
        with suppress(KeyError):
            del note[key]


def _holds_signature(field: Any) -> bool:
    if not isinstance(field, Dictionary):
        return False
    kids = field.get("/Kids", ())
    return field.get("/FT") == Name.Sig or any(
        isinstance(kid, Dictionary) and kid.get("/FT") == Name.Sig for kid in kids
    )


def disarm_document(pdf: pikepdf.Pdf) -> None:
    """Remove a file's own actions and attachments."""
    for key in _ROOT_KEYS:
        with suppress(KeyError):
            del pdf.Root[key]
    names = pdf.Root.get("/Names")
    if isinstance(names, Dictionary):
        for key in ("/JavaScript", "/EmbeddedFiles"):
            with suppress(KeyError):
                del names[key]
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary):
        for key in ("/XFA", "/CO", "/SigFlags"):
            with suppress(KeyError):
                del form[key]
        fields = form.get("/Fields")
        if isinstance(fields, Array):
            form["/Fields"] = Array([field for field in fields if not _holds_signature(field)])
            if not len(form["/Fields"]):
                del pdf.Root["/AcroForm"]
