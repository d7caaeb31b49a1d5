"""Taking pages out of delivered files: as they are where that is possible, as pictures where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from eakte.desk import Desk
from eakte.documents import StoredFile
from eakte.errors import Unreadable
from eakte.intake.splitting import StackPage
from eakte.paper import Sheet

PICTURE_WIDTH_PX = 2_480
"""A4 at 300 dpi; no page is enlarged."""

AS_PICTURES = "Die Seiten ließen sich nicht aus der Datei nehmen und wurden als Bilder übernommen."


def take_out(
    desk: Desk, paths: Mapping[int, Path], pages: Sequence[StackPage], folder: Path
) -> tuple[StoredFile, tuple[str, ...]]:
    """Make a document of pages, upright as far as codes told, and store its bytes.

    Args:
        paths: The opened files by their position.

    Returns:
        What is stored, and what the transfer note should tell of it. The delivered file keeps its bytes either way.

    Raises:
        Unreadable: The pages can neither be taken out nor drawn.
    """
    target = folder / "document.pdf"
    used = sorted({page.file_index for page in pages})
    sheets = [
        Sheet(used.index(page.file_index), page.reading.page_number, page.reading.rotation or 0) for page in pages
    ]
    try:
        desk.reader.take_out([paths[index] for index in used], sheets, target)
    except Unreadable:
        _as_pictures(desk, paths, pages, folder, target)
        return _stored(desk, target), (AS_PICTURES,)
    return _stored(desk, target), ()


def _as_pictures(desk: Desk, paths: Mapping[int, Path], pages: Sequence[StackPage], folder: Path, target: Path) -> None:
    pictures = []
    for number, page in enumerate(pages):
        picture = folder / f"picture-{number}.jpg"
        drawn = desk.reader.page_image(
            paths[page.file_index],
            page.reading.page_number,
            rotation=page.reading.rotation or 0,
            width_px=PICTURE_WIDTH_PX,
        )
        picture.write_bytes(drawn)
        pictures.append(picture)
    desk.reader.take_out(pictures, [Sheet(number, 1) for number in range(len(pictures))], target)


def _stored(desk: Desk, target: Path) -> StoredFile:
    with target.open("rb") as content:
        blob = desk.blobs.put(content)
    return StoredFile(blob, "scan.pdf", "application/pdf")
