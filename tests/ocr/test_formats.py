"""Every way in which scanners and programs store a page: shown as it is, and its text read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from PIL import Image

from eakte.paper import PageText
from ocr.paper_reader import LocalPaperReader
from ocr.pdf_pages import _PIECE_BYTES, _names_a_mask
from tests.ocr.sample_pages import black_and_white, jpeg, letter, scan_pdf
from tests.ocr.sample_pdfs import group_4, jbig2
from tests.ocr.test_recognition import likeness

DPI = 200
PRINTED = letter(dpi=DPI, line_count=2)
SLIP = PRINTED.image.crop((150, 300, PRINTED.image.width - 100, 480))
A4_PT = (595, 842)


def must_be_shown_and_read(page: PageText) -> None:
    assert likeness(PRINTED.text, page.text) > 0.9
    picture = np.asarray(Image.open(io.BytesIO(page.image)).convert("L"))
    height, width = picture.shape
    first = page.words[0]
    rows = slice(int(first.top * height), int(first.bottom * height))
    word = picture[rows, int(first.left * width) : int(first.right * width)]
    assert np.median(picture) > 230
    assert np.percentile(word, 5) < 90


@pytest.mark.parametrize(
    "kind", ["16-bit PNG", "16-bit TIFF", "PNG on clear ground", "turned by the camera", "white is zero"]
)
def test_image_files(reader: LocalPaperReader, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "scan"
    deep = Image.fromarray(np.asarray(SLIP, np.uint16) * 257)
    match kind:
        case "16-bit PNG":
            deep.save(path, "PNG", dpi=(DPI, DPI))
        case "16-bit TIFF":
            deep.save(path, "TIFF", dpi=(DPI, DPI))
        case "PNG on clear ground":
            clear = Image.new("RGBA", SLIP.size, (0, 0, 0, 0))
            clear.putalpha(SLIP.point(lambda level: 255 - level))
            clear.save(path, "PNG", dpi=(DPI, DPI))
        case "turned by the camera":
            exif = Image.Exif()
            exif[274] = 8  # to be turned a quarter against the clock
            path.write_bytes(jpeg(SLIP.transpose(Image.Transpose.ROTATE_270), DPI, exif=exif))
        case "white is zero":
            black_and_white(SLIP).save(path, "TIFF", compression="group4", dpi=(DPI, DPI), tiffinfo={262: 0})
    (page,) = reader.recognise(path, {1: 0}, languages=["deu"])
    must_be_shown_and_read(page)


def test_a_pdf_of_mixed_pages(reader: LocalPaperReader, pdf: Path) -> None:
    """JBIG2, Group 4, CMYK as Photoshop writes it, 16 bits, with a mask, turned, of all sizes: one file."""
    with pikepdf.new() as file:
        fax = group_4(black_and_white(SLIP))
        add_page(file, jbig2(fax, SLIP.size), "/JBIG2Decode", bits=1)
        parameters = pikepdf.Dictionary(K=-1, Columns=SLIP.width, Rows=SLIP.height, BlackIs1=False)
        add_page(file, fax, "/CCITTFaxDecode", bits=1, DecodeParms=parameters)
        black = SLIP.point(lambda level: 255 - level)
        inks = Image.merge(
            "CMYK", [Image.new("L", SLIP.size)] * 3 + [black]
        )  # Pillow writes it as Adobe does: inverted
        inverted = [value for _ in range(4) for value in (1, 0)]
        add_page(file, jpeg(inks, DPI), "/DCTDecode", space="/DeviceCMYK", Decode=inverted)
        deep = (np.asarray(SLIP, ">u2") * 257).astype(">u2").tobytes()
        add_page(file, deep, None, bits=16)
        mask = file.make_stream(SLIP.point(lambda level: 255 - level).tobytes(), image_keys(8, "/DeviceGray"))
        add_page(file, bytes(SLIP.width * SLIP.height), None, SMask=mask)
        turned = SLIP.transpose(Image.Transpose.ROTATE_90)
        add_page(file, turned.tobytes(), None, size=turned.size, rotate=90)
        add_page(file, SLIP.tobytes(), None, page_pt=A4_PT)
        file.save(pdf)

    pages = reader.recognise(pdf, dict.fromkeys(range(1, 8), 0), languages=["deu"])

    slip_mm = SLIP.width / DPI * 25.4, SLIP.height / DPI * 25.4
    for page in pages:
        must_be_shown_and_read(page)
        assert (page.width_mm, page.height_mm) == pytest.approx((210, 297) if page.page_number == 7 else slip_mm, abs=1)


def image_keys(bits: int, space: str, size: tuple[int, int] = SLIP.size, **more: Any) -> pikepdf.Dictionary:
    keys = pikepdf.Dictionary(Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=size[0], Height=size[1])
    keys.BitsPerComponent, keys.ColorSpace = bits, pikepdf.Name(space)
    for name, value in more.items():
        keys[f"/{name}"] = value
    return keys


def add_page(
    file: pikepdf.Pdf,
    content: bytes,
    coding: str | None,
    *,
    bits: int = 8,
    space: str = "/DeviceGray",
    size: tuple[int, int] = SLIP.size,
    page_pt: tuple[float, float] | None = None,
    rotate: int = 0,
    **more: Any,
) -> None:
    """A page with one image at its upper edge, as large as that or as told."""
    width, height = (pixels / DPI * 72 for pixels in size)
    page_width, page_height = page_pt or (width, height)
    keys = image_keys(bits, space, size, **more)
    if coding is not None:
        keys.Filter = pikepdf.Name(coding)
    image = file.make_stream(content, keys)
    page = file.add_blank_page(page_size=(page_width, page_height))
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=image))
    drawing = f"q {width} 0 0 {height} 0 {page_height - height} cm /Scan Do Q"
    page.obj.Contents = file.make_stream(drawing.encode())
    page.obj.Rotate = rotate


@pytest.mark.parametrize("before", [0, _PIECE_BYTES - 7, _PIECE_BYTES - 1, _PIECE_BYTES + 3])
def test_a_mask_is_noticed_wherever_a_file_names_it(tmp_path: Path, before: int) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"x" * before + b"/SMask 7 0 R")
    assert _names_a_mask(path)
    path.write_bytes(b"x" * before + b"/SMisk 7 0 R")
    assert not _names_a_mask(path)


def test_a_file_larger_than_the_memory_of_a_child_is_looked_at(reader: LocalPaperReader, tmp_path: Path) -> None:
    path = scan_pdf(tmp_path / "large.pdf", [jpeg(letter(1, dpi=50, line_count=3).image, 50)])
    with path.open("r+b") as file:  # its table of contents at the end counts from the beginning, where the same stands
        content = file.read()
        file.seek(500 * 1024 * 1024)
        file.write(content)
    assert len(reader.look(path).pages) == 1
