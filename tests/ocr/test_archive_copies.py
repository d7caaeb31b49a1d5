"""Archive copies (PDF/A-2b): what has to be in them, and what happens where a document cannot be converted.

That they keep the standard's rules is checked by veraPDF, with the other services tests.
"""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from eakte.errors import EngineMissing, Unreadable
from ocr.archive_copy import archive_copy
from ocr.limits import ReadingLimits
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import fax_tiff, jpeg, letter, scan_pdf
from tests.ocr.sample_pdfs import jbig2_pdf, unembedded_pdf
from tests.ocr.test_derived_pdfs import images_of, page_text, pdftotext


def small(seed: int = 1) -> Image.Image:
    return letter(seed, dpi=50, line_count=3).image


def claims_to_be_archived(path: Path) -> bool:
    with pikepdf.open(path) as pdf:
        if "/OutputIntents" not in pdf.Root or "/Info" in pdf.trailer or "/ID" not in pdf.trailer:
            return False
        metadata = pdf.Root["/Metadata"].read_bytes()
        return b"<pdfaid:part>2<" in metadata and path.read_bytes().startswith(b"%PDF-1.7\n")


def scanned_as(kind: str, folder: Path) -> Path:
    match kind:
        case "JPEG":
            return scan_pdf(folder / "scan.pdf", [jpeg(small(), 50), jpeg(small(2), 50)])
        case "colour JPEG":
            path = folder / "scan.jpg"
            path.write_bytes(jpeg(Image.merge("RGB", [small(1), small(2), small(3)]), 50))
            return path
        case "Group 4":
            return fax_tiff(folder / "fax.tif", [small()], 50)
        case _:
            return jbig2_pdf(folder / "scan.pdf", small(), 50)


@pytest.mark.parametrize("kind", ["JPEG", "colour JPEG", "Group 4", "JBIG2"])
def test_the_searchable_pdf_of_a_scan_is_its_archive_copy_with_untouched_images(
    reader: LocalPaperReader, tmp_path: Path, kind: str
) -> None:
    path = scanned_as(kind, tmp_path)
    assert reader.searchable_pdf(path, [page_text()], tmp_path / "out.pdf")
    assert claims_to_be_archived(tmp_path / "out.pdf")
    assert "wohnt" in pdftotext(tmp_path / "out.pdf")
    if kind != "Group 4":
        before = [("/DCTDecode", path.read_bytes())] if kind == "colour JPEG" else list(images_of(path))
        assert list(images_of(tmp_path / "out.pdf")) == before


def test_a_page_made_by_a_program_is_converted_and_scanned_ones_beside_it_are_not_touched(
    reader: LocalPaperReader, tmp_path: Path
) -> None:
    scan = scan_pdf(tmp_path / "scan.pdf", [jpeg(small(), 50)])
    with (
        pikepdf.new() as mixed,
        pikepdf.open(scan) as scanned,
        pikepdf.open(unembedded_pdf(tmp_path / "b.pdf")) as born,
    ):
        for source in (scanned, born, scanned):
            mixed.pages.append(source.pages[0])
        mixed.save(tmp_path / "mixed.pdf")
    texts = [page_text(), page_text(page_number=3)]
    assert not reader.searchable_pdf(tmp_path / "mixed.pdf", texts, tmp_path / "searchable.pdf")
    assert not claims_to_be_archived(tmp_path / "searchable.pdf")

    reader.archive_copy(tmp_path / "searchable.pdf", 3, tmp_path / "archive.pdf")

    assert claims_to_be_archived(tmp_path / "archive.pdf")
    assert list(images_of(tmp_path / "archive.pdf")) == [*images_of(scan), *images_of(scan)]
    assert pdftotext(tmp_path / "archive.pdf").split() == pdftotext(tmp_path / "searchable.pdf").split()
    with pikepdf.open(tmp_path / "archive.pdf") as pdf:
        fonts = pdf.pages[1].resources["/Font"]
        (name,) = fonts.keys()
        assert any(key.startswith("/FontFile") for key in set(fonts[name]["/FontDescriptor"].keys()))


@pytest.mark.parametrize(
    ("program", "refused"),
    [
        ("exit 1", Unreadable),
        ("sleep 60", Unreadable),
        ('for last; do :; done; echo rubbish > "$(dirname "$last")/after.pdf"', Unreadable),
        ("exit 0", Unreadable),
        (None, EngineMissing),
    ],
    ids=["crashes", "hangs", "writes rubbish", "writes nothing", "is not there"],
)
def test_whatever_ghostscript_does_nothing_half_made_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None, refused: type[Exception]
) -> None:
    (tmp_path / "bin").mkdir()
    if program is not None:
        (tmp_path / "bin/gs").write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{program}\n")
        (tmp_path / "bin/gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "work").mkdir()
    source = unembedded_pdf(tmp_path / "born.pdf")
    limits = ReadingLimits(page_wall_s=0.3)
    with pytest.raises(refused):
        list(archive_copy(source, tmp_path / "archive.pdf", limits, tmp_path / "work"))
    assert not (tmp_path / "archive.pdf").exists()


def test_forms_and_notes_become_part_of_their_page(reader: LocalPaperReader, tmp_path: Path) -> None:
    path = unembedded_pdf(tmp_path / "form.pdf")
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        shown = pikepdf.Stream(pdf, b"BT /F1 12 Tf 0 0 Td (Freigegeben) Tj ET")
        shown.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 100, 20],
            Resources=pdf.pages[0].obj["/Resources"],
        )  # fmt: skip
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[100, 100, 200, 120], F=4,
            AP=pikepdf.Dictionary(N=shown),
        )  # fmt: skip
        pdf.pages[0].obj["/Annots"] = pikepdf.Array([pdf.make_indirect(note)])
        pdf.save(path)
    reader.archive_copy(path, 1, tmp_path / "archive.pdf")
    assert "Freigegeben" in pdftotext(tmp_path / "archive.pdf")
    with pikepdf.open(tmp_path / "archive.pdf") as pdf:
        assert "/Annots" not in pdf.pages[0].obj
