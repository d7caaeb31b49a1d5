"""Return codes stand where DIN 5008 leaves room, as large as they must be, and are read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageFilter
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject, RectangleObject

from eakte import return_codes
from eakte.errors import Invalid
from eakte.ports import PageStamp
from ocr.press.letter_press import LocalLetterPress
from tests.letters.builders import KEY, Symbol, ink, letter, opened, page, shown, spot, stamped, symbols, text_of

MM = 300 / 25.4
PAYLOAD = return_codes.payload("7K3QX9MWTR", 1, KEY)
BOTH = {Symbol(PAYLOAD, "Code 128"), Symbol(PAYLOAD, "Data Matrix")}
A4_PT = (595.2756, 841.8898)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page(tmp_path_factory.mktemp("blank"))


@pytest.fixture(scope="module")
def print_300_dpi(blank: Path) -> Image.Image:
    return shown(stamped(blank), dpi=300)


def box_mm(image: Image.Image, *, left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
    """Smallest box around the ink within a part of the page, in millimetres of the page."""
    rows, columns = np.nonzero(ink(image, left_mm=left, top_mm=top, right_mm=right, bottom_mm=bottom))
    return (
        left + columns.min() / MM,
        top + rows.min() / MM,
        left + (columns.max() + 1) / MM,
        top + (rows.max() + 1) / MM,
    )


# -- as printed --------------------------------------------------------------------------------------


def test_every_module_of_the_bars_is_at_least_033_mm_wide(print_300_dpi: Image.Image) -> None:
    row = np.asarray(print_300_dpi)[round(13 * MM), round(105 * MM) : round(205 * MM)] < 128
    runs = [(dark, len(list(run))) for dark, run in groupby(row)]
    bars_and_gaps = [length for _, length in runs[1:-1]]

    assert min(bars_and_gaps) / MM >= 0.33
    # One to four modules of 4 dots (0.339 mm); pdfium rounds the page up to whole pixels, so one may be a pixel wider.
    assert {each - each % 4 for each in bars_and_gaps} <= {4, 8, 12, 16}
    assert {each % 4 for each in bars_and_gaps} <= {0, 1}
    assert bars_and_gaps.count(9) + bars_and_gaps.count(5) + bars_and_gaps.count(13) <= 1


def test_the_bars_are_12_mm_high_all_along(print_300_dpi: Image.Image) -> None:
    bars = ink(print_300_dpi, left_mm=114, top_mm=5, right_mm=200, bottom_mm=19.7)

    heights = bars.sum(axis=0)
    assert heights[heights > 0].min() / MM >= 12


def test_ten_modules_beside_the_bars_are_free(print_300_dpi: Image.Image) -> None:
    left, top, right, bottom = box_mm(print_300_dpi, left=100, top=5, right=210, bottom=20)
    quiet = 10 * 4 / MM

    assert not ink(print_300_dpi, left_mm=left - quiet, top_mm=top, right_mm=left - 0.1, bottom_mm=bottom).any()
    assert not ink(print_300_dpi, left_mm=right + 0.1, top_mm=top, right_mm=right + quiet, bottom_mm=bottom).any()
    assert left - quiet > 112
    assert right + quiet < 202


def test_the_squares_are_a_square_of_modules_of_at_least_05_mm(print_300_dpi: Image.Image) -> None:
    left, top, right, bottom = box_mm(print_300_dpi, left=150, top=260, right=210, bottom=297)

    assert right - left == pytest.approx(bottom - top, abs=0.1)
    assert (right - left) / 18 >= 0.5
    assert top > 275


def test_nothing_is_printed_on_folds_punch_mark_or_margins(print_300_dpi: Image.Image) -> None:
    left, top, right, bottom = box_mm(print_300_dpi, left=0, top=0, right=210, bottom=297)

    assert left >= 5
    assert top >= 5
    assert right <= 205
    assert bottom <= 292
    for line_mm in (87, 105, 148.5, 192, 210):
        near = ink(print_300_dpi, left_mm=0, top_mm=line_mm - 10, right_mm=210, bottom_mm=line_mm + 10)
        assert not near.any()


def test_the_code_is_readable_underneath_and_nowhere_else(blank: Path, print_300_dpi: Image.Image) -> None:
    assert text_of(stamped(blank)).strip() == return_codes.grouped(PAYLOAD)
    below = box_mm(print_300_dpi, left=100, top=19.6, right=210, bottom=100)
    assert below[3] < 24
    assert below[3] - below[1] > 2


def test_the_codes_are_vectors(blank: Path) -> None:
    assert list(PdfReader(stamped(blank)).pages[0].images) == []


# -- as scanned --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [300, 200])
@pytest.mark.parametrize("turn", [0, 2, -2, 90, 180, 270, 178])
def test_both_codes_are_read_again(blank: Path, dpi: int, turn: int) -> None:
    scan = shown(stamped(blank), dpi=dpi).rotate(turn, expand=True, fillcolor=255, resample=Image.Resampling.BILINEAR)

    assert symbols(scan) == BOTH


def test_both_codes_are_read_from_a_noisy_grey_blurred_scan(print_300_dpi: Image.Image) -> None:
    noise = np.random.default_rng(7).normal(0, 25, (print_300_dpi.height, print_300_dpi.width))
    grey = 60 + np.asarray(print_300_dpi.filter(ImageFilter.GaussianBlur(1))) * 0.7 + noise
    scan = Image.fromarray(grey.clip(0, 255).astype(np.uint8)).rotate(-1.5, fillcolor=230)

    assert symbols(scan.filter(ImageFilter.BoxBlur(1))) == BOTH  # the first step of the reading ladder


def test_both_codes_are_read_from_a_fax(print_300_dpi: Image.Image) -> None:
    assert symbols(print_300_dpi.resize((1728, 2443)).convert("1").convert("L")) == BOTH


@pytest.mark.parametrize(
    ("left_mm", "top_mm", "right_mm", "bottom_mm"),
    [pytest.param(0, 0, 210, 148, id="lower half torn off"), pytest.param(0, 148, 210, 297, id="upper half torn off")],
)
def test_half_a_page_still_has_a_code(
    print_300_dpi: Image.Image, left_mm: float, top_mm: float, right_mm: float, bottom_mm: float
) -> None:
    half = print_300_dpi.crop((round(left_mm * MM), round(top_mm * MM), round(right_mm * MM), round(bottom_mm * MM)))

    assert {each.text for each in symbols(half)} == {PAYLOAD}


def test_codes_of_every_kind_are_read_again(tmp_path: Path) -> None:
    """Runs of digits switch Code 128 to another code set and make other DataMatrix words."""
    ids = [
        "0000000000",
        "1234567890",
        "A123456789",
        "12345ABCDE",
        "ABCDE12345",
        "A1B2C3D4E5",
        "AB12345CDE",
        "ZZZZZZZZZZ",
    ]
    codes = [return_codes.payload(each, sheet, KEY) for each in ids for sheet in (1, 99)]
    writer = PdfWriter()
    for _ in codes:
        writer.add_blank_page(*A4_PT)
    blank, target = tmp_path / "blank.pdf", tmp_path / "stamped.pdf"
    writer.write(blank)

    LocalLetterPress().stamp(blank, [PageStamp(n, code) for n, code in enumerate(codes, 1)], target)

    for page_number, code in enumerate(codes, 1):
        found = symbols(shown(target, page_number, dpi=200))
        assert found == {Symbol(code, "Code 128"), Symbol(code, "Data Matrix")}


# -- onto any page -----------------------------------------------------------------------------------


def odd_page(folder: Path, *, rotate: int, left: float, bottom: float, bleed: float) -> Path:
    """A page that is shown as A4 upright, whatever its boxes and rotation say."""
    width, height = A4_PT if rotate % 180 == 0 else A4_PT[::-1]
    writer = PdfWriter()
    odd = writer.add_blank_page(width, height)
    odd.mediabox = RectangleObject((left - bleed, bottom - bleed, left + width + bleed, bottom + height + bleed))
    odd.cropbox = RectangleObject((left, bottom, left + width, bottom + height))
    odd[NameObject("/Rotate")] = NumberObject(rotate)
    path = folder / "odd.pdf"
    writer.write(path)
    return path


@pytest.mark.parametrize("rotate", [0, 90, 180, 270, 360, -90])
@pytest.mark.parametrize(("left", "bottom", "bleed"), [(0, 0, 0), (100, -50, 0), (-33, 20, 25)])
def test_codes_stand_upright_at_their_places_on_turned_and_shifted_pages(
    tmp_path: Path, print_300_dpi: Image.Image, rotate: int, left: float, bottom: float, bleed: float
) -> None:
    pdf = odd_page(tmp_path, rotate=rotate, left=left, bottom=bottom, bleed=bleed)

    image = shown(stamped(pdf))

    assert symbols(image) == BOTH
    for corner in ((100, 0, 210, 40), (150, 260, 210, 297)):
        part = dict(zip(("left", "top", "right", "bottom"), corner, strict=True))
        assert box_mm(image, **part) == pytest.approx(box_mm(print_300_dpi, **part), abs=0.15)


def test_everything_else_on_the_page_stays_as_it_was(tmp_path: Path) -> None:
    pdf = letter(tmp_path)

    before, after = np.array(shown(pdf)), np.array(shown(stamped(pdf)))

    changed_rows, changed_columns = np.nonzero(before != after)
    upper = changed_rows < 148 * MM
    assert changed_rows[upper].max() / MM < 24
    assert changed_columns[upper].min() / MM > 114
    assert changed_rows[~upper].min() / MM > 275
    assert changed_columns[~upper].min() / MM > 185


def test_a_page_that_inherits_its_fonts_and_leaves_its_drawing_state_open_is_stamped_in_place(tmp_path: Path) -> None:
    untidy = tmp_path / "untidy.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=A4_PT)
        only = pdf.pages[0]
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        pdf.Root.Pages.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary({"/F1": font}))
        if "/Resources" in only:
            del only["/Resources"]
        only.Contents = pdf.make_stream(
            b"q 0.5 0 0 0.5 30 40 cm BT /F1 40 Tf 100 700 Td (Guten Tag) Tj ET q 2 0 0 2 0 0 cm"
        )
        pdf.save(untidy)

    target = stamped(untidy)

    assert symbols(shown(target)) == BOTH
    assert "Guten Tag" in text_of(target)
    assert ink(shown(target), left_mm=20, top_mm=100, right_mm=110, bottom_mm=180).any()


def test_only_the_pages_asked_for_are_stamped(tmp_path: Path) -> None:
    target = stamped(page(tmp_path, "<p style='break-after:page'><p style='break-after:page'><p>"), 1, 3)

    assert [len(symbols(shown(target, n, dpi=200))) for n in (1, 2, 3)] == [2, 0, 2]
    assert Symbol(return_codes.payload("7K3QX9MWTR", 3, KEY), "Code 128") in symbols(shown(target, 3, dpi=200))


def test_without_stamps_the_pages_come_out_as_they_are(tmp_path: Path, blank: Path) -> None:
    LocalLetterPress().stamp(blank, [], tmp_path / "same.pdf")

    with opened(tmp_path / "same.pdf") as document:
        assert len(document) == 1
    assert symbols(shown(tmp_path / "same.pdf", dpi=200)) == set()


def test_letters_are_stamped_in_several_threads_at_once(tmp_path: Path) -> None:
    blank_pages = [page(tmp_path, name=f"{n}.pdf") for n in range(6)]

    def work(pdf: Path) -> Path:
        target = pdf.with_suffix(".stamped.pdf")
        LocalLetterPress().stamp(pdf, [PageStamp(1, PAYLOAD)], target)
        return target

    with ThreadPoolExecutor(6) as threads:
        targets = list(threads.map(work, blank_pages))

    assert all(symbols(shown(target, dpi=200)) == BOTH for target in targets)


# -- refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param(spot("black", left_mm=150, top_mm=10), "oben rechts", id="in the bars"),
        pytest.param(spot("black", left_mm=115, top_mm=12), "oben rechts", id="in the quiet zone"),
        pytest.param(spot("black", left_mm=150, top_mm=22), "oben rechts", id="in the readable line"),
        pytest.param(spot("#f8f8f8", left_mm=150, top_mm=10), "oben rechts", id="lightest grey"),
        pytest.param(spot("#ffffe0", left_mm=150, top_mm=10), "oben rechts", id="lightest yellow"),
        pytest.param(spot("black", left_mm=120, top_mm=10, width_mm=0.05, height_mm=3), "oben rechts", id="hairline"),
        pytest.param(spot("red", left_mm=190, top_mm=285), "unten rechts", id="in the squares"),
        pytest.param(spot("#eee", left_mm=199.9, top_mm=280), "unten rechts", id="beside the squares"),
        pytest.param("<style>@page{background:#f5f5f0}</style>", "oben rechts", id="tinted paper"),
        pytest.param(
            "<p style='position:absolute;top:280mm;left:120mm;margin:0;white-space:nowrap'>"
            "Bankverbindung DE12 3456 7890 1234 5678 90 Fußzeile mit viel Text",
            "unten rechts",
            id="footer",
        ),
    ],
)
def test_ink_where_a_code_must_stand_is_refused_naming_page_and_place(tmp_path: Path, body: str, place: str) -> None:
    two_pages = page(tmp_path, f"<p style='break-after:page;margin:0'>{body}")

    with pytest.raises(Invalid, match=rf"Seite \d .*{place}.* mm von links"):
        stamped(two_pages, *range(1, len(PdfReader(two_pages).pages) + 1))

    assert not (tmp_path / "stamped.pdf").exists()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(spot("white", left_mm=150, top_mm=10), id="white"),
        pytest.param(spot("black", left_mm=112, top_mm=10), id="left of the bars"),
        pytest.param(spot("black", left_mm=150, top_mm=24.2), id="below the readable line"),
        pytest.param(spot("black", left_mm=183, top_mm=280), id="left of the squares"),
        pytest.param(spot("black", left_mm=190, top_mm=274), id="above the squares"),
        pytest.param("<p style='position:absolute;top:8mm;left:140mm;opacity:0'>unsichtbar</p>", id="invisible"),
    ],
)
def test_what_is_no_ink_or_stands_beside_is_allowed(tmp_path: Path, body: str) -> None:
    assert symbols(shown(stamped(page(tmp_path, body)))) == BOTH


def test_a_stamped_page_is_not_stamped_again(tmp_path: Path) -> None:
    once = stamped(page(tmp_path)).rename(tmp_path / "once.pdf")

    with pytest.raises(Invalid, match=r"Seite 1 .* nicht frei"):
        stamped(once)


def test_ink_is_looked_for_where_the_code_would_be_shown(tmp_path: Path) -> None:
    """Turned upside down, the ink of the upper right corner lies lower left, and does not disturb."""
    writer = PdfWriter(clone_from=PdfReader(page(tmp_path, spot("black", left_mm=150, top_mm=10))))
    writer.pages[0].rotate(180)
    writer.write(tmp_path / "turned.pdf")

    assert symbols(shown(stamped(tmp_path / "turned.pdf"))) == BOTH


@pytest.mark.parametrize("page_number", [0, -1, 2, 99])
def test_a_page_that_does_not_exist_is_refused(blank: Path, page_number: int) -> None:
    with pytest.raises(Invalid, match=rf"hat 1 Seite\(n\), Seite {page_number}"):
        LocalLetterPress().stamp(blank, [PageStamp(page_number, PAYLOAD)], blank.with_name("no.pdf"))


def test_the_same_page_twice_is_refused(blank: Path) -> None:
    with pytest.raises(Invalid, match="zweimal"):
        stamped(blank, 1, 1)


@pytest.mark.parametrize("size", ["148mm 210mm", "297mm 210mm", "216mm 279mm", "297mm 420mm", "30mm 30mm"])
def test_a_page_that_is_not_a4_upright_is_refused_with_its_size(tmp_path: Path, size: str) -> None:
    width, height = (part.removesuffix("mm") for part in size.split())

    with pytest.raises(Invalid, match=f"Seite 1 misst {width} × {height} mm"):
        stamped(page(tmp_path, size=size))


def test_a_page_in_units_of_its_own_is_refused(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(A4_PT[0] / 2, A4_PT[1] / 2)[NameObject("/UserUnit")] = NumberObject(2)
    writer.write(tmp_path / "unit.pdf")

    with pytest.raises(Invalid, match="UserUnit"):
        stamped(tmp_path / "unit.pdf")


@pytest.mark.parametrize("content", [b"", b"garbage", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.pdf").write_bytes(content)

    with pytest.raises(Invalid, match="kein lesbares PDF"):
        stamped(tmp_path / "no.pdf")


def test_an_encrypted_pdf_is_refused(tmp_path: Path, blank: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(blank))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "secret.pdf")

    with pytest.raises(Invalid, match="kein lesbares PDF"):
        stamped(tmp_path / "secret.pdf")


def test_a_payload_that_does_not_fit_is_a_mistake_of_the_caller(blank: Path) -> None:
    with pytest.raises(ValueError, match="too long"):
        LocalLetterPress().stamp(blank, [PageStamp(1, "A" * 30)], blank.with_name("no.pdf"))


def test_where_there_is_no_room_an_optional_code_is_left_out(tmp_path: Path) -> None:
    ink_in_its_place = spot("black", left_mm=150, top_mm=10)
    pdf = page(tmp_path, f"<p style='break-after:page;margin:0'>{ink_in_its_place}<p style='break-after:page'>")
    target = tmp_path / "stamped.pdf"
    stamps = [PageStamp(n, return_codes.payload("7K3QX9MWTR", n, KEY), optional=n != 2) for n in (1, 2, 9)]

    assert LocalLetterPress().stamp(pdf, stamps, target) == [2]

    assert [bool(symbols(shown(target, n))) for n in (1, 2)] == [False, True]
