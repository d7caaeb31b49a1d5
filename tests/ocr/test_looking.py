"""What is seen on paper before any recognition: codes in every orientation, blank backs, text layers."""

from __future__ import annotations

import io
from pathlib import Path

import img2pdf
import pikepdf
import pytest
import weasyprint
import zxingcpp
from PIL import Image, ImageDraw

from eakte.paper import Code, Symbology
from ocr.paper_reader import LocalPaperReader
from tests.ocr.sample_pages import (
    RETURN_CODE,
    a4_pixels,
    code_128,
    fax_tiff,
    jpeg,
    letter,
    scan_pdf,
    scanned,
    with_codes,
)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_return_code_is_read_in_every_orientation_and_tells_which_way_is_up(
    reader: LocalPaperReader, tmp_path: Path, turned: int
) -> None:
    page = scanned(with_codes(letter()).image).rotate(-turned, expand=True)  # clockwise
    path = tmp_path / "scan.jpg"
    path.write_bytes(jpeg(page, 200))

    (reading,) = reader.look(path).pages

    upright = (360 - turned) % 360
    assert set(reading.codes) == {
        Code(RETURN_CODE, Symbology.CODE_128, upright),
        Code(RETURN_CODE, Symbology.DATA_MATRIX, upright),
    }
    assert reading.rotation == upright
    assert not reading.blank


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_the_turn_a_pdf_prescribes_counts(reader: LocalPaperReader, pdf: Path, rotate: int) -> None:
    scan_pdf(pdf, [jpeg(scanned(with_codes(letter()).image), 200)])
    with pikepdf.open(pdf, allow_overwriting_input=True) as file:
        file.pages[0].obj["/Rotate"] = rotate
        file.save(pdf)

    (reading,) = reader.look(pdf).pages

    assert reading.rotation == (360 - rotate) % 360


def test_one_torn_code_leaves_the_other(reader: LocalPaperReader, tmp_path: Path) -> None:
    page = with_codes(letter()).image
    ImageDraw.Draw(page).rectangle((0, 0, page.width, 400), fill=255)
    path = tmp_path / "scan.tif"
    scanned(page).save(path, dpi=(200, 200))

    (reading,) = reader.look(path).pages

    assert [code.symbology for code in reading.codes] == [Symbology.DATA_MATRIX]
    assert reading.rotation == 0


def test_a_foreign_code_does_not_turn_the_page(reader: LocalPaperReader, tmp_path: Path) -> None:
    page = letter().image
    page.paste(code_128("0034012345678901", 200).rotate(180), (600, 100))
    path = tmp_path / "scan.png"
    page.save(path, dpi=(200, 200))

    (reading,) = reader.look(path).pages

    assert [code.text for code in reading.codes] == ["0034012345678901"]
    assert reading.rotation is None


@pytest.mark.parametrize(
    ("symbology", "text", "scale"),
    [
        pytest.param(zxingcpp.BarcodeFormat.Code39, "PATCHT", 3, id="Code 39"),
        pytest.param(zxingcpp.BarcodeFormat.QRCode, "EATRENN", 5, id="QR"),
        pytest.param(zxingcpp.BarcodeFormat.QRCode, "EATRENN", 40, id="QR as large as a hand"),
        pytest.param(zxingcpp.BarcodeFormat.DataMatrix, "EATRENN", 30, id="large DataMatrix"),
    ],
)
def test_separators_are_read(
    reader: LocalPaperReader, tmp_path: Path, symbology: zxingcpp.BarcodeFormat, text: str, scale: int
) -> None:
    image = zxingcpp.create_barcode(text, symbology).to_image(scale=scale)
    page = Image.new("L", a4_pixels(200), 255)
    page.paste(Image.fromarray(image), (200, 300))
    path = tmp_path / "separator.tif"
    scanned(page).save(path, dpi=(200, 200))

    (reading,) = reader.look(path).pages

    assert text in [code.text for code in reading.codes]
    assert reading.rotation is None


def test_every_page_of_a_fax_is_looked_at(reader: LocalPaperReader, tmp_path: Path) -> None:
    first, second = with_codes(letter(1)), letter(2)
    path = fax_tiff(tmp_path / "fax.tif", [scanned(first.image), scanned(second.image)], 200)

    reading = reader.look(path)

    assert reading.media_type == "image/tiff"
    assert [page.page_number for page in reading.pages] == [1, 2]
    assert [page.rotation for page in reading.pages] == [0, None]


class TestBlankPages:
    def blank(self, draw: str = "nothing", noise: float = 6.0) -> Image.Image:
        page = Image.new("L", a4_pixels(200), 255)
        pen = ImageDraw.Draw(page)
        if draw == "pencil":
            pen.line((700, 900, 760, 905), fill=222, width=4)
        elif draw == "full stop":
            pen.ellipse((700, 900, 709, 909), fill=60)
        elif draw == "dust":
            pen.point([(37 * n % 1600, 91 * n % 2300) for n in range(60)], fill=90)
        elif draw == "dense print":
            page = letter(line_count=60, size_pt=7).image
        return scanned(page, noise=noise)

    @pytest.mark.parametrize("noise", [0.0, 10.0])
    @pytest.mark.parametrize(
        ("draw", "blank"),
        [("nothing", True), ("dust", True), ("pencil", False), ("full stop", False), ("dense print", False)],
    )
    def test_only_a_page_without_any_ink_is_blank(
        self, reader: LocalPaperReader, tmp_path: Path, draw: str, blank: bool, noise: float
    ) -> None:
        path = tmp_path / "back.tif"
        self.blank(draw, noise).save(path, dpi=(200, 200))
        assert reader.look(path).pages[0].blank is blank

    def test_a_page_of_coarse_pixels_full_of_text_is_not_blank(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        page = letter(dpi=72, line_count=50).image
        path = tmp_path / "coarse.png"
        page.save(path, dpi=(72, 72))
        assert not reader.look(path).pages[0].blank


class TestTextLayers:
    def born_digital(self, path: Path, body: str) -> Path:
        weasyprint.HTML(string=f"<style>@page{{size:A4}}</style>{body}").write_pdf(path)
        return path

    def test_a_born_digital_page_needs_no_recognition(self, reader: LocalPaperReader, pdf: Path) -> None:
        self.born_digital(pdf, "<h1>Bescheid</h1><p>Die Gebühr beträgt 25,00 Euro und ist sofort fällig.</p>")
        (reading,) = reader.look(pdf).pages
        assert reading.has_text_layer
        assert not reading.blank

    def test_a_scan_with_a_stamped_line_is_recognised(self, reader: LocalPaperReader, pdf: Path) -> None:
        scan = jpeg(scanned(letter().image), 200)
        style = "@page{margin:0} img{width:210mm} p{position:absolute;top:1mm}"
        stamp = f"<style>{style}</style><p>Eingegangen am 3. Mai 2026, Poststelle des Rathauses</p>"
        (pdf.parent / "scan.jpg").write_bytes(scan)
        weasyprint.HTML(string=f"{stamp}<img src='scan.jpg'>", base_url=str(pdf.parent) + "/").write_pdf(pdf)
        assert not reader.look(pdf).pages[0].has_text_layer

    @pytest.mark.parametrize(
        "garbage",
        [
            pytest.param("\ufffd\ufffd\ufffd\ufffd \ufffd\ufffd\ufffd " * 10, id="characters without a meaning"),
            pytest.param("jf.. ;:'' ,,.- ||| _,;: \\\\ ~~~ ^^^ ''' ,, -- ;; " * 4, id="specks"),
            pytest.param("xkRtWq bnZpLv qqTrsB hgFdKp mNbvCx wRtzPl sDfghJ " * 4, id="letters at random"),
        ],
    )
    def test_garbage_is_no_text_layer(self, reader: LocalPaperReader, pdf: Path, garbage: str) -> None:
        self.born_digital(pdf, f"<p>{garbage}</p>")
        assert not reader.look(pdf).pages[0].has_text_layer

    def test_mixed_pages_are_told_apart(self, reader: LocalPaperReader, pdf: Path, tmp_path: Path) -> None:
        self.born_digital(tmp_path / "a.pdf", "<p>Anschreiben zu den beigefügten Unterlagen vom Mai.</p>")
        scan_pdf(tmp_path / "b.pdf", [jpeg(scanned(letter().image), 200)])
        with pikepdf.open(tmp_path / "a.pdf") as both, pikepdf.open(tmp_path / "b.pdf") as scan:
            both.pages.append(scan.pages[0])
            both.save(pdf)
        assert [page.has_text_layer for page in reader.look(pdf).pages] == [True, False]


class TestKindsOfImages:
    def look_at(self, reader: LocalPaperReader, path: Path) -> None:
        (reading,) = reader.look(path).pages
        assert RETURN_CODE in [code.text for code in reading.codes], reading

    @pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "I;16"])
    def test_png_of_every_kind(self, reader: LocalPaperReader, tmp_path: Path, mode: str) -> None:
        image = with_codes(letter(line_count=1)).image
        if mode == "I;16":
            image = image.convert("I").point(lambda level: level * 257).convert("I;16")
        elif mode in ("RGBA", "LA"):
            ink = image.point([255 - level for level in range(256)])  # black on transparent
            image = Image.new(mode, image.size, 0)
            image.putalpha(ink)
        else:
            image = image.convert(mode)
        image.save(tmp_path / "scan.png", dpi=(200, 200))
        self.look_at(reader, tmp_path / "scan.png")

    @pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
    def test_jpeg_of_every_kind(self, reader: LocalPaperReader, tmp_path: Path, mode: str) -> None:
        content = jpeg(with_codes(letter(line_count=1)).image.convert(mode), 200)
        (tmp_path / "scan.jpg").write_bytes(content)
        self.look_at(reader, tmp_path / "scan.jpg")
        (tmp_path / "scan.pdf").write_bytes(img2pdf.convert(content))
        self.look_at(reader, tmp_path / "scan.pdf")

    @pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate"])
    def test_tiff_of_every_kind(self, reader: LocalPaperReader, tmp_path: Path, compression: str) -> None:
        image = with_codes(letter(line_count=1)).image.convert("RGB")
        image.save(tmp_path / "scan.tif", compression=compression, dpi=(200, 200))
        self.look_at(reader, tmp_path / "scan.tif")

    def test_a_photo_is_seen_the_way_the_camera_was_held(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        image = with_codes(letter(line_count=1)).image.rotate(90, expand=True)
        exif = Image.Exif()
        exif[274] = 6
        content = io.BytesIO()
        image.save(content, "JPEG", exif=exif, dpi=(200, 200))
        (tmp_path / "photo.jpg").write_bytes(content.getvalue())
        assert reader.look(tmp_path / "photo.jpg").pages[0].rotation == 0

    def test_a_fax_with_oblong_pixels_is_evened_out(self, reader: LocalPaperReader, tmp_path: Path) -> None:
        image = with_codes(letter(line_count=1)).image
        low = image.resize((image.width, image.height // 2))
        low.save(tmp_path / "fax.tif", dpi=(200, 100))
        image_bytes = reader.page_image(tmp_path / "fax.tif", 1, rotation=0, width_px=400)
        shown = Image.open(io.BytesIO(image_bytes))
        assert shown.height / shown.width == pytest.approx(297 / 210, rel=0.02)
