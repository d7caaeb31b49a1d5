"""Bad and hostile files: a clear answer for a clerk, and the next file is read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from eakte.errors import Unreadable
from eakte.paper import Sheet
from ocr.limits import ReadingLimits
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import RETURN_CODE, fax_tiff, jpeg, letter, scan_pdf, scanned, with_codes


def refusal(reader: LocalPaperReader, path: Path) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        reader.look(path)
    assert str(refused.value).endswith(".")
    return refused.value


@pytest.fixture(scope="module")
def good_pdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.pdf"
    scan = jpeg(scanned(with_codes(letter(line_count=2)).image), 200)
    return scan_pdf(path, [scan, scan]).read_bytes()


@pytest.fixture(scope="module")
def hasty_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPaperReader]:
    """Gives up quickly, so that tests need not wait as long as an office does."""
    limits = replace(ReadingLimits(), page_cpu_s=2, max_broken_pages=2)
    reader = LocalPaperReader(tmp_path_factory.mktemp("hasty"), limits)
    yield reader
    reader.close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\x00\x17garbage\xff" * 500, "unknown_type", id="garbage"),
        pytest.param(b"Sehr geehrte Damen und Herren", "unknown_type", id="plain text"),
        pytest.param(b"%PDF-1.7\n%%EOF\n", "damaged", id="PDF without content"),
        pytest.param(b"%PDF-1.7\n" + b"\xaa" * 5000, "truncated", id="PDF of garbage"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "damaged", id="PNG of garbage"),
        pytest.param(b"II*\x00\xff\xff\xff\x7f", "truncated", id="TIFF that points nowhere"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "truncated", id="JPEG of a few bytes"),
    ],
)
def test_what_is_no_document_is_refused(reader: LocalPaperReader, tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(content)
    refused = refusal(reader, path)
    assert refused.reason in (reason, "damaged", "truncated") if reason in ("damaged", "truncated") else reason


def test_a_zip_named_pdf_is_called_what_it_is(reader: LocalPaperReader, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    refused = refusal(reader, path)
    assert refused.reason == "archive"
    assert "ZIP" in str(refused)


def test_a_name_says_nothing_about_the_kind(reader: LocalPaperReader, tmp_path: Path, good_pdf: bytes) -> None:
    path = tmp_path / "a\nb\u202e.exe.tif"
    path.write_bytes(good_pdf)
    assert reader.look(path).media_type == "application/pdf"


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.98])
def test_a_truncated_pdf_is_refused_since_sheets_may_be_missing(
    reader: LocalPaperReader, pdf: Path, good_pdf: bytes, kept: float
) -> None:
    pdf.write_bytes(good_pdf[: int(len(good_pdf) * kept)])
    assert refusal(reader, pdf).reason == "truncated"


def test_a_pdf_with_a_wrong_cross_reference_is_read_and_noted(
    reader: LocalPaperReader, pdf: Path, good_pdf: bytes
) -> None:
    pdf.write_bytes(good_pdf.replace(b"startxref\n", b"startxref\n9"))
    reading = reader.look(pdf)
    assert len(reading.pages) == 2
    assert any("fehlerhaft" in note for note in reading.notes)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8, 0.99])
def test_a_truncated_tiff_does_not_pass_for_whole(reader: LocalPaperReader, tmp_path: Path, kept: float) -> None:
    path = fax_tiff(tmp_path / "cut.tif", [scanned(letter(seed, dpi=100).image) for seed in (1, 2)], 100)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert problems_of(reader, path) & {"truncated", "damaged", "page"}


def problems_of(reader: LocalPaperReader, path: Path) -> set[str]:
    """The reason of the refusal, or `page` when some page has a problem."""
    try:
        return {"page" for page in reader.look(path).pages if page.problem}
    except Unreadable as refused:
        return {refused.reason, "page"} if refused.reason.startswith("page") else {refused.reason}


def test_a_truncated_jpeg_is_refused(reader: LocalPaperReader, tmp_path: Path) -> None:
    content = jpeg(scanned(letter().image), 200)
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    assert refusal(reader, tmp_path / "cut.jpg").reason == "page_damaged"


def test_an_encrypted_pdf_is_refused(reader: LocalPaperReader, pdf: Path, good_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(good_pdf)) as file:
        file.save(pdf, encryption=pikepdf.Encryption(user="geheim", owner="geheim"))
    refused = refusal(reader, pdf)
    assert refused.reason == "encrypted"
    assert "Kennwort" in str(refused)


def test_a_pdf_that_only_forbids_changes_is_read(reader: LocalPaperReader, pdf: Path, good_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(good_pdf)) as file:
        file.save(pdf, encryption=pikepdf.Encryption(user="", owner="geheim"))
    assert [page.rotation for page in reader.look(pdf).pages] == [0, 0]


def empty_pages(path: Path, count: int, size_pt: float = 595) -> Path:
    with pikepdf.new() as file:
        for _ in range(count):
            file.add_blank_page(page_size=(size_pt, size_pt))
        file.save(path)
    return path


def test_ten_thousand_pages_are_refused(reader: LocalPaperReader, pdf: Path) -> None:
    refused = refusal(reader, empty_pages(pdf, 10_000))
    assert refused.reason == "too_many_pages"
    assert "10.000" in str(refused)
    assert "2.000" in str(refused)


def test_a_tiff_whose_pages_form_a_ring_ends(reader: LocalPaperReader, tmp_path: Path) -> None:
    path = fax_tiff(tmp_path / "ring.tif", [letter(line_count=1).image], 200)
    content = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, directory)
    struct.pack_into("<I", content, directory + 2 + 12 * count, directory)
    path.write_bytes(content)
    assert len(reader.look(path).pages) == 1


def test_a_page_of_five_metres_is_refused(reader: LocalPaperReader, pdf: Path) -> None:
    refused = refusal(reader, empty_pages(pdf, 1, size_pt=14_400))
    assert refused.reason == "page_too_large"
    assert "5,08" in str(refused)


def test_a_huge_page_does_not_stop_the_others(reader: LocalPaperReader, pdf: Path, good_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(good_pdf)) as file:
        file.add_blank_page(page_size=(14_400, 14_400))
        second = file.pages[1]
        del file.pages[1]
        file.pages.append(second)
        file.save(pdf)
    pages = reader.look(pdf).pages
    assert [page.problem is None for page in pages] == [True, False, True]
    assert [page.rotation for page in pages] == [0, None, 0]


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large; its pixels are all white and pack very well."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = zlib.compressobj(9)
    packed = b"".join(row.compress(b"\x00" + b"\xff" * (width // 8)) for _ in range(height)) + row.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def huge_png() -> bytes:
    return png_of(30_000, 30_000)


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_an_image_of_900_megapixels_is_refused(
    reader: LocalPaperReader, tmp_path: Path, huge_png: bytes, kind: str
) -> None:
    path = tmp_path / "huge"
    if kind == "png":
        path.write_bytes(huge_png)
    else:
        fax_tiff(path, [Image.new("L", (64, 64), 255)], 300)
        content = path.read_bytes()
        for side in (256, 257):  # width and height are each written as one short value
            entry = content.index(struct.pack("<H", side))
            kind_of_value, count = struct.unpack_from("<HI", content, entry + 2)
            assert count == 1
            value = struct.pack("<H2x" if kind_of_value == 3 else "<I", 30_000)
            content = content[: entry + 8] + value + content[entry + 12 :]
        path.write_bytes(content)
    refused = refusal(reader, path)
    assert refused.reason == "image_too_large"
    assert "900" in str(refused)


def test_an_image_of_900_megapixels_inside_a_pdf_is_refused(reader: LocalPaperReader, pdf: Path) -> None:
    with pikepdf.new() as file:
        file.add_blank_page(page_size=(595, 842))
        packed = zlib.compress(bytes(30_000 * 30_000 // 8), 9)
        image = pikepdf.Stream(file, packed, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=30_000,
                               Height=30_000, BitsPerComponent=1, ColorSpace=pikepdf.Name.DeviceGray,
                               Filter=pikepdf.Name.FlateDecode)  # fmt: skip
        file.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
        file.pages[0].Contents = pikepdf.Stream(file, b"595 0 0 842 0 0 cm /Im0 Do")
        file.save(pdf)
    assert refusal(reader, pdf).reason == "image_too_large"


def bomb(file: pikepdf.Pdf) -> pikepdf.Stream:
    """Millions of drawing operations in some kilobytes."""
    return pikepdf.Stream(file, b"0 0 m 9 9 l S q 1 0 0 1 1 1 cm Q\n" * 3_000_000)


def test_a_page_of_millions_of_operations_costs_only_itself(
    hasty_reader: LocalPaperReader, pdf: Path, good_pdf: bytes
) -> None:
    with pikepdf.open(io.BytesIO(good_pdf)) as file:
        file.add_blank_page(page_size=(595, 842))
        file.pages[2].Contents = bomb(file)
        second = file.pages[1]
        del file.pages[1]
        file.pages.append(second)
        file.save(pdf, compress_streams=True)
    assert pdf.stat().st_size < 1_500_000

    pages = hasty_reader.look(pdf).pages

    assert [page.problem is None for page in pages] == [True, False, True]
    assert [RETURN_CODE in {code.text for code in page.codes} for page in pages] == [True, False, True]
    texts = hasty_reader.recognise(pdf, {2: None}, languages=["deu"])
    assert [(text.page_number, text.words, text.problem is None) for text in texts] == [(2, (), False)]


def test_signatures_and_active_content_are_noted(reader: LocalPaperReader, pdf: Path, good_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(good_pdf)) as file:
        file.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        file.attachments["virus.exe"] = b"MZ"
        signature = file.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Sig, Contents=pikepdf.String("x")))
        field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T=pikepdf.String("Unterschrift"), V=signature)
        file.Root.AcroForm = pikepdf.Dictionary(SigFlags=3, Fields=pikepdf.Array([file.make_indirect(field)]))
        file.save(pdf)

    reading = reader.look(pdf)

    assert reading.signed
    assert any("JavaScript" in note for note in reading.notes)
    assert any("angehängt" in note for note in reading.notes)


def test_an_unsigned_pdf_is_not_signed(reader: LocalPaperReader, pdf: Path, good_pdf: bytes) -> None:
    pdf.write_bytes(good_pdf)
    reading = reader.look(pdf)
    assert not reading.signed
    assert reading.notes == ()


def test_nothing_is_left_in_the_work_folder(tmp_path: Path, good_pdf: bytes) -> None:
    killed = tmp_path / "work" / "reading-999999999-abc"
    killed.mkdir(parents=True)
    (killed / "page.tif").write_bytes(b"left over")
    reader = LocalPaperReader(tmp_path / "work")
    path = tmp_path / "scan.pdf"
    path.write_bytes(good_pdf)
    with pytest.raises(Unreadable):
        reader.searchable_pdf(tmp_path / "missing.pdf", [], tmp_path / "target.pdf")
    reader.recognise(path, {1: 0}, languages=["deu"])
    reader.close()
    assert list((tmp_path / "work").iterdir()) == []
    assert not (tmp_path / "target.pdf").exists()


READ_ONE = """
import resource, sys
from pathlib import Path
from eakte.errors import Unreadable
from ocr.paper_reader import LocalPaperReader
reader = LocalPaperReader(Path(sys.argv[1]) / "work")
for path in sys.argv[2:]:
    try:
        reader.look(Path(path))
        reader.recognise(Path(path), {1: None}, languages=["deu"])
    except Unreadable:
        pass
reader.close()
print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


@pytest.mark.parametrize("in_pdf", [False, True])
def test_a_colour_scan_of_600_dpi_fits_into_a_child(reader: LocalPaperReader, tmp_path: Path, in_pdf: bool) -> None:
    path = tmp_path / "fine.png"
    with_codes(letter(dpi=600, line_count=1)).image.convert("RGB").save(path, dpi=(600, 600), compress_level=1)
    if in_pdf:
        reader.take_out([path], [Sheet(0, 1)], tmp_path / "fine.pdf")
        path = tmp_path / "fine.pdf"
    (page,) = reader.look(path).pages
    assert RETURN_CODE in {code.text for code in page.codes}
