"""The letter press on this machine: implements the port `LetterPress`."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from eakte.errors import Invalid
from eakte.ports import PageStamp
from eakte.sheet_faces import CoverSheetFace, PlaceholderFace
from ocr.press import cover_sheets, html_letters, placeholder_sheets, separator_sheets, stamping, word_letters

HTML = "text/html"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# pdfium tolerates one caller at a time in a process, and requests run in threads. The rest is
# mostly Python, so waiting for each other costs nothing there.
_one_at_a_time = threading.Lock()


class LocalLetterPress:
    """Sets letters with WeasyPrint, Word templates with LibreOffice where it is installed.

    Args:
        asset_folders: Where templates find pictures, stylesheets and parts, besides their own
            folder and the shipped ones.
        soffice: Program of LibreOffice, a name on the PATH or a path.
        soffice_timeout_s: For one letter.
    """

    def __init__(
        self, *, asset_folders: Sequence[Path] = (), soffice: str = "soffice", soffice_timeout_s: float = 60
    ) -> None:
        self._asset_folders = tuple(asset_folders)
        self._soffice = soffice
        self._soffice_timeout_s = soffice_timeout_s

    def render(self, template: Path, media_type: str, values: Mapping[str, object], target: Path) -> int:
        """Fill a template and write it as PDF; see the port.

        Raises:
            Invalid: The template is wrong, or uses a value that is not there; names line and value.
            EngineMissing: A Word template, and no LibreOffice installed.
            Unavailable: LibreOffice failed or took too long.
        """
        if media_type == HTML:
            with _one_at_a_time:
                return html_letters.render(template, values, target, more_folders=self._asset_folders)
        if media_type == WORD:
            return word_letters.render(
                template, values, target, soffice=self._soffice, timeout_s=self._soffice_timeout_s
            )
        raise Invalid(f"Vorlagen sind HTML- oder Word-Dateien (.docx), nicht „{media_type}“.")

    def stamp(self, pdf: Path, stamps: Sequence[PageStamp], target: Path) -> list[int]:
        """Stamp return codes onto finished pages; see the port."""
        with _one_at_a_time:
            return stamping.stamp(pdf, stamps, target)

    def separator_sheets(self, count: int, target: Path) -> None:
        """Write a PDF with separator sheets to print (Trennblätter)."""
        with _one_at_a_time:
            separator_sheets.write(count, target)

    def cover_sheets(self, faces: Sequence[CoverSheetFace], target: Path) -> None:
        """Write a PDF with cover sheets to print (Deckblätter), one page each."""
        with _one_at_a_time:
            cover_sheets.write(faces, target)

    def placeholder_sheet(self, face: PlaceholderFace, target: Path) -> None:
        """Write a PDF of one page that stands for a thing (Platzhalter)."""
        with _one_at_a_time:
            placeholder_sheets.write(face, target)
