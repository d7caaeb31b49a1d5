"""Turns pages of image files into PDF pages without touching the pixels."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import img2pdf
import pikepdf
from PIL import Image

from eakte.errors import Unreadable
from ocr.image_pages import MIRROR_AND_TURN, ORIENTATION_TAG, ImagePages, resolution
from ocr.pixels import plain
from ocr.png_to_pdf import write_png_page

_TURNS = {1: 0, 3: 180, 6: 90, 8: 270}  # EXIF orientation to clockwise degrees; the others are mirrored
_STRIP_OFFSETS, _STRIP_SIZES, _COMPRESSION = 273, 279, 259
_PHOTOMETRIC, _FILL_ORDER, _GROUP_4 = 262, 266, 4
_PNG = b"\x89PNG"
_LOSSLESS_MODES = ("1", "L", "RGB", "P", "I;16")


def image_page(pages: ImagePages, path: Path, page_number: int, folder: Path) -> pikepdf.Pdf:
    """One page of an image file as a PDF of its own.

    A fax (Group 4), JPEG and PNG go in as they are; other compressions are unpacked and packed again
    without loss. The PDF lies in `folder` and is read when needed, so that a thick TIFF never sits in memory.
    """
    frame = pages.frame(page_number)
    across, down = resolution(frame)
    # Asking a PNG unpacks it, and no scanner writes an orientation there.
    orientation = 1 if frame.format == "PNG" else frame.getexif().get(ORIENTATION_TAG, 1)
    mirror = MIRROR_AND_TURN.get(orientation) if orientation not in _TURNS else None
    target = folder / f"page-{page_number}.pdf"
    try:
        as_it_is = frame.format == "PNG" and mirror is None and write_png_page(path, target, (across, down))
        if not as_it_is:
            _pack(frame, path, mirror, target, (across, down))
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise Unreadable(
            "page_damaged", f"Das Bild der Seite {page_number} ist beschädigt oder unvollständig. Bitte neu scannen."
        ) from error
    pdf = pikepdf.open(target)
    turn = _TURNS.get(orientation, 0)
    if turn:
        pdf.pages[0].obj["/Rotate"] = turn
    return pdf


def _pack(
    frame: Image.Image, path: Path, mirror: Image.Transpose | None, target: Path, dpi: tuple[float, float]
) -> None:
    source = _source(frame, path, mirror)
    try:
        _write(source, target, dpi)
    except (img2pdf.ImageOpenError, img2pdf.AlphaChannelError, NotImplementedError, ValueError):
        _write(_repacked(plain(frame)), target, dpi)


def _write(source: bytes, target: Path, dpi: tuple[float, float]) -> None:
    if source.startswith(_PNG):
        packed = target.with_suffix(".png")
        packed.write_bytes(source)
        written = write_png_page(packed, target, dpi)
        packed.unlink()
        if written:
            return
    with target.open("wb") as file:
        # What img2pdf would write about itself and the time would make every PDF another file.
        img2pdf.convert(
            source, layout_fun=img2pdf.get_fixed_dpi_layout_fun(dpi), rotation=img2pdf.Rotation.none,
            outputstream=file, engine=img2pdf.Engine.pikepdf, nodate=True, producer="",
        )  # fmt: skip


def _source(frame: Image.Image, path: Path, mirror: Image.Transpose | None) -> bytes:
    """An image file that holds just this page, its pixels packed as they were wherever possible."""
    if mirror is not None:  # PDF can turn a page, not mirror it
        return _repacked(plain(frame).transpose(mirror))
    if frame.format == "JPEG":
        return path.read_bytes()
    if "A" in frame.getbands() or "transparency" in frame.info:
        return _repacked(plain(frame))
    return _single_strip_fax(frame, path) or _repacked(frame)


def _repacked(image: Image.Image) -> bytes:
    """The same pixels, packed without loss."""
    content = io.BytesIO()
    if image.mode == "1":
        image.save(content, "TIFF", compression="group4", tiffinfo={278: image.height})
        return content.getvalue()
    if image.mode not in _LOSSLESS_MODES or "transparency" in image.info:
        image = plain(image)
    image.info.clear()
    image.save(content, "PNG", compress_level=1)
    return content.getvalue()


def _single_strip_fax(frame: Image.Image, path: Path) -> bytes | None:
    """A page of a Group 4 TIFF as a file of its own with the very same bytes; None where it is packed otherwise."""
    tags = getattr(frame, "tag_v2", {})
    offsets, sizes = tags.get(_STRIP_OFFSETS, ()), tags.get(_STRIP_SIZES, ())
    if tags.get(_COMPRESSION) != _GROUP_4 or len(offsets) != 1 or len(sizes) != 1 or frame.mode != "1":
        return None
    with path.open("rb") as file:
        file.seek(offsets[0])
        strip = file.read(sizes[0])
    if len(strip) != sizes[0]:
        raise EOFError("the strip lies behind the end of the file")
    width, height = frame.size
    head = 8 + 2 + 10 * 12 + 4
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 1), (_COMPRESSION, 3, _GROUP_4),
        (_PHOTOMETRIC, 3, int(tags.get(_PHOTOMETRIC, 0))), (_FILL_ORDER, 3, int(tags.get(_FILL_ORDER, 1))),
        (_STRIP_OFFSETS, 4, head), (277, 3, 1), (278, 4, height), (_STRIP_SIZES, 4, len(strip)),
    ]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory + struct.pack("<I", 0) + strip
