"""Says what a foreign file is, by its content: kind, pages, encryption, signature, active content.

Runs inside a child process only. What cannot be taken is `Unreadable` with a reason a clerk understands.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

from eakte.errors import Unreadable
from eakte.paper import MAIL
from ocr.file_facts import FileFacts
from ocr.limits import ReadingLimits
from ocr.mail import looks_like_mail
from ocr.mail_pages import MailPages
from ocr.pages import open_pages

PDF, TIFF, JPEG, PNG = "application/pdf", "image/tiff", "image/jpeg", "image/png"

_MAGIC = (
    (b"II*\x00", TIFF), (b"MM\x00*", TIFF), (b"II+\x00", TIFF), (b"MM\x00+", TIFF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
)  # fmt: skip
_PDF_MAGIC_WITHIN_BYTES = 1024
_PDF_END_WITHIN_BYTES = 2048
_MAIL_HEAD_BYTES = 8192
_ARCHIVES = {b"PK\x03\x04": "ein ZIP-Archiv oder eine Office-Datei", b"PK\x05\x06": "ein leeres ZIP-Archiv",
             b"Rar!": "ein RAR-Archiv", b"7z\xbc\xaf": "ein 7-Zip-Archiv", b"\x1f\x8b": "ein gzip-Archiv",
             b"\xd0\xcf\x11\xe0": "eine alte Office-Datei oder Outlook-Nachricht"}  # fmt: skip


def media_type_of(path: Path) -> str:
    """The kind of a file by its first bytes, never by its name.

    Raises:
        Unreadable: Empty, or nothing we read.
    """
    with path.open("rb") as file:
        start = file.read(_MAIL_HEAD_BYTES)
    head = start[: _PDF_MAGIC_WITHIN_BYTES + 8]
    if not head:
        raise Unreadable("empty", "Die Datei ist leer (0 Bytes). Bitte erneut scannen oder übertragen.")
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if b"%PDF-" in head:
        return PDF
    if looks_like_mail(start):
        return MAIL
    for magic, name in _ARCHIVES.items():
        if head.startswith(magic):
            raise Unreadable(
                "archive",
                f"Die Datei ist {name}, kein Scan. Gelesen werden PDF, TIFF, JPEG, PNG und E-Mails (EML); "
                "bitte den Inhalt als PDF senden.",
            )
    raise Unreadable(
        "unknown_type",
        "Die Datei ist weder PDF noch TIFF, JPEG, PNG oder E-Mail (EML), oder sie ist von Anfang an beschädigt. "
        "Bitte in einem dieser Formate senden.",
    )


def inspect(path: Path, limits: ReadingLimits) -> FileFacts:
    """Say what a file is.

    Raises:
        Unreadable: Empty, garbage, cut off, encrypted, without pages or with too many.
    """
    media_type = media_type_of(path)
    if media_type == PDF:
        facts = _inspect_pdf(path)
    else:
        with open_pages(path, media_type, limits) as pages:
            title = pages.mail.subject if isinstance(pages, MailPages) else ""
            facts = FileFacts(media_type, pages.page_count, title=title)
    if facts.page_count == 0:
        raise Unreadable("no_pages", "Die Datei enthält keine Seite. Bitte neu scannen oder erneut anfordern.")
    if facts.page_count > limits.max_pages:
        counted = f"{facts.page_count:,}".replace(",", ".") if media_type == PDF else f"mehr als {limits.max_pages}"
        raise Unreadable(
            "too_many_pages",
            f"Die Datei hat {counted} Seiten; gelesen werden höchstens {limits.max_pages:,} je Datei. "
            "Bitte in kleinere Dateien teilen.".replace(",", ".", 1),
        )
    return facts


def _inspect_pdf(path: Path) -> FileFacts:
    notes = []
    try:
        pdf, repaired = open_pdf(path)
        with pdf:
            page_count = len(pdf.pages)
            signed = _is_signed(pdf)
            notes += _active_content(pdf)
            repaired = repaired or bool(pdf.get_warnings())
    except pikepdf.PdfError as error:
        raise _damaged(path) from error
    if repaired:
        if not _has_end(path):
            raise _damaged(path)
        notes.append(
            "Der Aufbau des PDF war fehlerhaft und wurde beim Lesen ergänzt; bitte auf Vollständigkeit prüfen."
        )
    return FileFacts(PDF, page_count, signed, tuple(notes))


def open_pdf(path: Path) -> tuple[pikepdf.Pdf, bool]:
    """Open a PDF, if need be with qpdf's repair.

    Returns:
        The open file, and whether it had to be repaired.

    Raises:
        Unreadable: It needs a password.
        pikepdf.PdfError: It cannot be repaired either.
    """
    try:
        try:
            return pikepdf.open(path, attempt_recovery=False), False
        except pikepdf.PasswordError:
            raise
        except pikepdf.PdfError:
            return pikepdf.open(path), True
    except pikepdf.PasswordError as error:
        raise Unreadable(
            "encrypted", "Das PDF ist mit einem Kennwort verschlüsselt. Bitte ohne Kennwort anfordern."
        ) from error


def _has_end(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _PDF_END_WITHIN_BYTES))
        return b"%%EOF" in file.read()


def _damaged(path: Path) -> Unreadable:
    if not _has_end(path):
        return Unreadable(
            "truncated", "Das PDF ist unvollständig: Sein Ende fehlt. Bitte neu scannen oder erneut übertragen."
        )
    return Unreadable(
        "damaged", "Das PDF ist beschädigt und lässt sich nicht öffnen. Bitte neu scannen oder erneut anfordern."
    )


def _is_signed(pdf: pikepdf.Pdf) -> bool:
    """A field that holds a signature, or a certification of the whole file. Source: ISO 32000-2, 12.8."""
    root = pdf.Root
    if "/Perms" in root and any(key in root["/Perms"] for key in ("/DocMDP", "/UR3")):
        return True
    return any(True for _ in signed_fields(pdf))


def signed_fields(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """The form's fields that hold a signature, sound or not."""
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary):
        for field in _fields(form.get("/Fields"), depth=0):
            if field.get("/FT") == "/Sig" and "/V" in field:
                yield field


def _fields(fields: Any, depth: int) -> Iterator[pikepdf.Dictionary]:
    if not isinstance(fields, pikepdf.Array) or depth > 10:
        return
    for field in list(fields)[:2_000]:
        if isinstance(field, pikepdf.Dictionary):
            yield field
            yield from _fields(field.get("/Kids"), depth + 1)


def _active_content(pdf: pikepdf.Pdf) -> list[str]:
    """What the file would like to do; nothing of it is ever carried out."""
    notes = []
    root = pdf.Root
    names = root.get("/Names")
    names = names if isinstance(names, pikepdf.Dictionary) else pikepdf.Dictionary()
    opening = root.get("/OpenAction")
    runs = isinstance(opening, pikepdf.Dictionary) and opening.get("/S") in ("/JavaScript", "/Launch")
    if runs or "/JavaScript" in names or "/AA" in root:
        notes.append("Das PDF enthält ein Programm (JavaScript); es wird hier nie ausgeführt.")
    if "/EmbeddedFiles" in names or "/AF" in root:
        notes.append("Dem PDF sind weitere Dateien angehängt; sie stehen nur im Original.")
    form = root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
        notes.append("Das PDF ist ein XFA-Formular; was es zeigt, kann vom Original abweichen.")
    return notes
