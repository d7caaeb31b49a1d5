"""PDFs made from paper: searchable, upright, and the image streams byte for byte as they were."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdf
import pypdfium2
import pytest
import weasyprint
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from eakte.errors import Unreadable
from eakte.paper import PageText, Sheet, TextSource, Word
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import RETURN_CODE, black_and_white, fax_tiff, jpeg, letter, scan_pdf, scanned, with_codes

LINES = ("Änne Ärmel wohnt", "in der Größestraße", "Αθήνα 北京 Кириллица 🙂👍🏽", "ﬁn — „Ende“ 𝔉")


def page_text(rotation: int = 0, lines: tuple[str, ...] = LINES, page_number: int = 1) -> PageText:
    words = []
    for number, line in enumerate(lines):
        left = 0.1
        for text in line.split():
            right = left + 0.02 * len(text)
            words.append(Word(text, left, 0.1 + 0.05 * number, right, 0.12 + 0.05 * number, 0.9, number))
            left = right + 0.015
    return PageText(page_number, rotation, 210, 297, "\n".join(lines), tuple(words), TextSource.OCR, 0.9)


def images_of(path: Path) -> Iterator[tuple[str, bytes]]:
    with pikepdf.open(path) as file:
        for page in file.pages:
            for image in page.get_images().values():
                kind = image["/Filter"]
                yield str(kind[0] if isinstance(kind, pikepdf.Array) else kind), image.read_raw_bytes()


def small_scan(seed: int = 1, dpi: int = 100) -> bytes:
    return jpeg(scanned(letter(seed, dpi=dpi, line_count=3).image), dpi)


def pdftotext(path: Path, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, path, "-"], check=True, capture_output=True, text=True).stdout


class TestSearchablePdf:
    @pytest.mark.parametrize("stored", [0, 90, 180, 270])
    @pytest.mark.parametrize("turn", [0, 90, 180, 270])
    def test_words_lie_where_they_are_seen_however_the_page_is_turned(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path, stored: int, turn: int
    ) -> None:
        scan_pdf(pdf, [small_scan()])
        with pikepdf.open(pdf, allow_overwriting_input=True) as file:
            file.pages[0].obj["/Rotate"] = stored
            file.pages[0].obj["/MediaBox"] = pikepdf.Array([20, 30, 20 + 500, 30 + 700])
            file.save(pdf)
        text = page_text(turn)
        reader.searchable_pdf(pdf, [text], tmp_path / "out.pdf")

        with pypdfium2.PdfDocument(tmp_path / "out.pdf") as file:
            page = file[0]
            assert page.get_rotation() == (stored + turn) % 360
            left, bottom, right, top = self.box_of(page, "wohnt")
            across, down = page.get_size()
        word = next(word for word in text.words if word.text == "wohnt")
        shown = {
            0: (left - 20, 730 - top, right - 20, 730 - bottom),
            90: (bottom - 30, left - 20, top - 30, right - 20),
            180: (520 - right, bottom - 30, 520 - left, top - 30),
            270: (730 - top, 520 - right, 730 - bottom, 520 - left),
        }[(stored + turn) % 360]
        expected = (word.left * across, word.top * down, word.right * across, word.bottom * down)
        assert shown == pytest.approx(expected, abs=6)

    @staticmethod
    def box_of(page: pypdfium2.PdfPage, word: str) -> tuple[float, float, float, float]:
        text_page = page.get_textpage()
        index, count = text_page.search(word).get_next()
        boxes = [text_page.get_charbox(number, loose=True) for number in range(index, index + count)]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

    def test_every_character_survives_in_order(self, reader: LocalPaperReader, pdf: Path, tmp_path: Path) -> None:
        scan_pdf(pdf, [small_scan()])
        reader.searchable_pdf(pdf, [page_text()], tmp_path / "out.pdf")

        extracted = pypdf.PdfReader(tmp_path / "out.pdf").pages[0].extract_text()
        assert [line.split() for line in extracted.splitlines() if line.strip()] == [line.split() for line in LINES]
        seen = pdftotext(tmp_path / "out.pdf")
        assert [line.split() for line in seen.splitlines() if line.strip()] == [line.split() for line in LINES]

    @pytest.mark.parametrize(("turned", "skew_degrees"), [(0, 0.0), (0, -0.8), (90, 0.8), (180, 0.4), (270, -0.4)])
    def test_lines_are_extracted_whole_though_the_page_was_askew(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path, turned: int, skew_degrees: float
    ) -> None:
        printed = letter(line_count=6)
        scan_pdf(pdf, [jpeg(scanned(printed.image, skew_degrees=skew_degrees).rotate(-turned, expand=True), 200)])
        pages = reader.recognise(pdf, {1: -turned % 360}, languages=["deu"])
        reader.searchable_pdf(pdf, pages, tmp_path / "out.pdf")
        assert pdftotext(tmp_path / "out.pdf").split() == pages[0].text.split()
        assert pypdf.PdfReader(tmp_path / "out.pdf").pages[0].extract_text().split() == pages[0].text.split()

    def test_images_stay_byte_for_byte_and_look_the_same(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path
    ) -> None:
        scan_pdf(pdf, [small_scan(1), small_scan(2)])
        before = list(images_of(pdf))
        reader.searchable_pdf(pdf, [page_text(), page_text(180, page_number=2)], tmp_path / "out.pdf")
        assert list(images_of(tmp_path / "out.pdf")) == before
        with pypdfium2.PdfDocument(pdf) as old, pypdfium2.PdfDocument(tmp_path / "out.pdf") as new:
            assert old[0].render().to_pil().tobytes() == new[0].render().to_pil().tobytes()
            assert old[1].render().to_pil().rotate(180).tobytes() == new[1].render().to_pil().tobytes()

    def test_the_same_input_gives_the_same_file(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        path = fax_tiff(tmp_path / "fax.tif", [letter(dpi=100).image], 100)
        for name in ("a.pdf", "b.pdf"):
            reader.searchable_pdf(path, [page_text()], tmp_path / name)
        assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()

    def test_a_born_digital_page_keeps_its_text_and_gets_no_second(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path
    ) -> None:
        weasyprint.HTML(string="<p>Der Bescheid ist bestandskräftig geworden.</p>").write_pdf(pdf)
        pages = reader.recognise(pdf, {1: None}, languages=["deu"])
        reader.searchable_pdf(pdf, pages, tmp_path / "out.pdf")
        assert pdftotext(tmp_path / "out.pdf").split() == ["Der", "Bescheid", "ist", "bestandskräftig", "geworden."]

    def test_a_hidden_layer_of_garbage_is_replaced(self, reader: LocalPaperReader, pdf: Path, tmp_path: Path) -> None:
        scan_pdf(pdf, [small_scan()])
        garbage = page_text(lines=("|| ~~ ;;", ",,, ^^ ::"))
        reader.searchable_pdf(pdf, [garbage], tmp_path / "garbage.pdf")
        assert not reader.look(tmp_path / "garbage.pdf").pages[0].has_text_layer

        reader.searchable_pdf(tmp_path / "garbage.pdf", [page_text()], tmp_path / "out.pdf")

        extracted = pdftotext(tmp_path / "out.pdf")
        assert "wohnt" in extracted
        assert "~~" not in extracted

    def test_a_layer_of_ours_is_good_enough_to_be_read_again(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path
    ) -> None:
        printed = letter(line_count=6)
        scan_pdf(pdf, [jpeg(scanned(printed.image).rotate(180), 200)])
        (text,) = reader.recognise(pdf, {1: 180}, languages=["deu"])
        reader.searchable_pdf(pdf, [text], tmp_path / "out.pdf")

        (again,) = reader.recognise(tmp_path / "out.pdf", {1: None}, languages=["deu"])

        assert again.source is TextSource.TEXT_LAYER
        assert again.rotation == 0
        assert again.text.split() == text.text.split()
        for new, old in zip(again.words, text.words, strict=True):
            assert (new.left, new.top) == pytest.approx((old.left, old.top), abs=0.02)

    def test_what_acts_by_itself_or_is_attached_stays_in_the_original(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path
    ) -> None:
        armed_pdf(pdf)
        reader.searchable_pdf(pdf, [page_text()], tmp_path / "out.pdf")
        assert_harmless(tmp_path / "out.pdf")


class TestImagesAsPdf:
    @pytest.mark.parametrize("whole_strips", [True, False])
    def test_a_fax_stays_a_fax(self, reader: LocalPaperReader, tmp_path: Path, whole_strips: bool) -> None:
        pages = [scanned(letter(seed, dpi=100).image) for seed in (1, 2, 3)]
        path = fax_tiff(tmp_path / "fax.tif", pages, 100, whole_strips=whole_strips)
        reader.searchable_pdf(path, [page_text(page_number=2)], tmp_path / "out.pdf")
        images = list(images_of(tmp_path / "out.pdf"))
        assert [kind for kind, _ in images] == ["/CCITTFaxDecode"] * 3
        with Image.open(path) as tiff, pypdfium2.PdfDocument(tmp_path / "out.pdf") as file:
            for index, (_, content) in enumerate(images):
                tiff.seek(index)
                if whole_strips:
                    assert isinstance(tiff, TiffImageFile)
                    offset, size = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
                    assert content == path.read_bytes()[offset : offset + size]
                shown = next(iter(file[index].get_objects())).get_bitmap(render=False).to_pil().convert("1")
                assert shown.tobytes() == black_and_white(pages[index]).tobytes()

    def test_a_jpeg_stays_a_jpeg(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        (tmp_path / "scan.jpg").write_bytes(small_scan())
        reader.searchable_pdf(tmp_path / "scan.jpg", [page_text()], tmp_path / "out.pdf")
        assert list(images_of(tmp_path / "out.pdf")) == [("/DCTDecode", small_scan())]

    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_images_of_every_kind_become_pages_of_the_right_size(
        self, reader: LocalPaperReader, tmp_path: Path, mode: str, kind: str
    ) -> None:
        image = letter(dpi=100, line_count=3).image
        if mode == "I;16":
            image = image.convert("I").point(lambda level: level * 257).convert("I;16")
        path = tmp_path / "scan"
        image.convert(mode).save(path, kind, dpi=(100, 100))
        reader.searchable_pdf(path, [page_text()], tmp_path / "out.pdf")
        with pypdfium2.PdfDocument(tmp_path / "out.pdf") as file:
            assert file[0].get_size() == pytest.approx((595, 842), abs=2)
            shown = file[0].render(scale=100 / 72, grayscale=True).to_pil().resize(image.size)
        expected = letter(dpi=100, line_count=3).image
        difference = sum(abs(a - b) for a, b in zip(shown.tobytes(), expected.tobytes(), strict=True))
        assert difference / len(expected.tobytes()) < 6

    def test_a_photo_is_shown_upright(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[274] = 6
        image = letter(dpi=100).image.rotate(90, expand=True)
        (tmp_path / "photo.jpg").write_bytes(jpeg(image, 100, exif=exif))
        reader.searchable_pdf(tmp_path / "photo.jpg", [page_text()], tmp_path / "out.pdf")
        with pypdfium2.PdfDocument(tmp_path / "out.pdf") as file:
            assert file[0].get_rotation() == 90
            assert file[0].get_width() < file[0].get_height()


class TestTakingSheetsOut:
    def test_sheets_of_several_files_in_the_order_asked_for(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        scan_pdf(tmp_path / "a.pdf", [small_scan(1), small_scan(2)])
        fax_tiff(tmp_path / "b.tif", [letter(3, dpi=100).image, letter(4, dpi=100).image], 100)
        (tmp_path / "c.jpg").write_bytes(small_scan(5))
        files = [tmp_path / "a.pdf", tmp_path / "b.tif", tmp_path / "c.jpg"]

        reader.take_out(files, [Sheet(1, 2), Sheet(0, 2, 180), Sheet(2, 1, 90), Sheet(0, 1)], tmp_path / "out.pdf")

        taken = list(images_of(tmp_path / "out.pdf"))
        assert [kind for kind, _ in taken] == [
            "/CCITTFaxDecode", "/DCTDecode", "/DCTDecode", "/DCTDecode",
        ]  # fmt: skip
        assert [content for _, content in taken][1:] == [small_scan(2), small_scan(5), small_scan(1)]
        with pikepdf.open(tmp_path / "out.pdf") as file:
            assert [int(page.obj.get("/Rotate", 0)) for page in file.pages] == [0, 180, 90, 0]

    def test_an_upside_down_answer_is_taken_out_upright(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path
    ) -> None:
        scan_pdf(pdf, [jpeg(scanned(with_codes(letter()).image).rotate(180), 200)])
        (reading,) = reader.look(pdf).pages
        reader.take_out([pdf], [Sheet(0, 1, reading.rotation or 0)], tmp_path / "out.pdf")
        (taken,) = reader.look(tmp_path / "out.pdf").pages
        assert taken.rotation == 0
        assert RETURN_CODE in {code.text for code in taken.codes}

    def test_nothing_but_the_pages_comes_along(self, reader: LocalPaperReader, pdf: Path, tmp_path: Path) -> None:
        armed_pdf(pdf)
        reader.take_out([pdf], [Sheet(0, 1)], tmp_path / "out.pdf")
        assert_harmless(tmp_path / "out.pdf")
        assert (tmp_path / "out.pdf").stat().st_size < 400_000  # a link to another page must not bring that along

    def test_a_sheet_that_does_not_exist_leaves_no_file(
        self, reader: LocalPaperReader, pdf: Path, tmp_path: Path
    ) -> None:
        scan_pdf(pdf, [small_scan()])
        with pytest.raises(Unreadable):
            reader.take_out([pdf], [Sheet(0, 2)], tmp_path / "out.pdf")
        assert [path.name for path in tmp_path.iterdir()] == ["scan.pdf"]


class TestPageImages:
    @pytest.mark.parametrize("turn", [0, 90])
    def test_a_page_is_shown_upright_in_the_width_asked_for(
        self, reader: LocalPaperReader, pdf: Path, turn: int
    ) -> None:
        scan_pdf(pdf, [small_scan()])
        image = Image.open(io.BytesIO(reader.page_image(pdf, 1, rotation=turn, width_px=400)))
        assert image.width == 400
        assert image.height == pytest.approx(400 * (297 / 210 if turn == 0 else 210 / 297), abs=4)

    def test_a_born_digital_page_is_drawn_in_the_width_asked_for(self, reader: LocalPaperReader, pdf: Path) -> None:
        weasyprint.HTML(string="<p>Bescheid").write_pdf(pdf)
        image = Image.open(io.BytesIO(reader.page_image(pdf, 1, rotation=0, width_px=900)))
        assert image.size == pytest.approx((900, 1273), abs=2)


def armed_pdf(path: Path) -> None:
    """A PDF that would run a program, carries a file and links to its heavy second page."""
    scan_pdf(path, [small_scan(1), jpeg(scanned(letter(2).image, noise=30), 200)])
    with pikepdf.open(path, allow_overwriting_input=True) as file:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        file.Root.OpenAction = script
        file.attachments["virus.exe"] = b"MZ harmful"
        page = file.pages[0]
        page.obj["/AA"] = pikepdf.Dictionary(O=script)
        rectangle = pikepdf.Array([0, 0, 9, 9])
        to_second = pikepdf.Array([file.pages[1].obj, pikepdf.Name.Fit])
        notes = [
            pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Rect=rectangle, A=script),
            pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Rect=rectangle, Dest=to_second),
            pikepdf.Dictionary(Subtype=pikepdf.Name.FileAttachment, Rect=rectangle),
        ]
        page.obj["/Annots"] = pikepdf.Array([file.make_indirect(note) for note in notes])
        file.save(path)


def assert_harmless(path: Path) -> None:
    with pikepdf.open(path) as file:
        assert not file.attachments
        everything = b"".join(item.unparse(resolved=True) for item in file.objects)
    for harmful in (b"JavaScript", b"app.alert", b"EmbeddedFile", b"FileAttachment", b"virus"):
        assert harmful not in everything


def test_pictures_are_not_sent_to_the_child_again(reader: LocalPaperReader, pdf: Path, tmp_path: Path) -> None:
    scan_pdf(pdf, [small_scan()])
    reader.searchable_pdf(pdf, [replace(page_text(), image=bytes(200 * 1024**2))], tmp_path / "out.pdf")
    assert "wohnt" in pdftotext(tmp_path / "out.pdf")
