"""Archive copies keep the rules of PDF/A-2b, as veraPDF sees them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
import weasyprint
from PIL import Image, ImageCms

from eakte.paper import PageText
from eakte.ports import PageStamp
from ocr.paper_reader import LocalPaperReader
from ocr.press.letter_press import LocalLetterPress
from tests.ocr.sample_pages import fax_tiff, jpeg, letter, scan_pdf
from tests.ocr.sample_pdfs import jbig2_pdf, unembedded_pdf
from tests.ocr.signing import sign, signer
from tests.ocr.test_derived_pdfs import armed_pdf, page_text

VERAPDF = Path(__file__).resolve().parents[2] / "tools/verapdf"
pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not (VERAPDF / "jars/.stamp").exists(), reason="veraPDF's jars could not be had"),
]
TRANSPARENT = "<p style='opacity:.5; color:#147'>Der Bescheid ist bestandskräftig geworden.</p><a href='https://example.org'>x</a>"


def small(seed: int = 1) -> Image.Image:
    return letter(seed, dpi=50, line_count=3).image


def coloured(mode: str = "RGB") -> Image.Image:
    return Image.merge("RGB", [small(1), small(2), small(3)]).convert(mode)


def scan(path: Path) -> None:
    scan_pdf(path, [jpeg(small(), 50)])


def fax(path: Path) -> None:
    fax_tiff(path, [small(), small(2)], 50)


def jbig2(path: Path) -> None:
    jbig2_pdf(path.with_suffix(".pdf"), small(), 50).rename(path)


def colour_with_profile(path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path.write_bytes(jpeg(coloured(), 50, icc_profile=profile))


def colours_of_print(path: Path) -> None:
    path.write_bytes(jpeg(coloured("CMYK"), 50))


def palette(path: Path) -> None:
    coloured("P").save(path, "PNG", dpi=(50, 50))


def sixteen_bits(path: Path) -> None:
    deep = small().convert("I").point(lambda level: level * 257).convert("I;16")
    deep.save(path, "TIFF", dpi=(50, 50))


def see_through(path: Path) -> None:
    weasyprint.HTML(string=TRANSPARENT).write_pdf(path)


def without_fonts(path: Path) -> None:
    unembedded_pdf(path)


def armed(path: Path) -> None:
    armed_pdf(path)


def signed(path: Path) -> None:
    scan(path)
    path.write_bytes(sign(path.read_bytes(), signer()))


def our_letter(path: Path) -> None:
    press = LocalLetterPress(asset_folders=[])
    template = path.with_name("template.html")
    template.write_text("<html><body><p>Bitte füllen Sie das Formular aus.</p></body></html>", encoding="utf-8")
    plain = path.with_name("plain.pdf")
    press.render(template, "text/html", {}, plain)
    press.stamp(plain, [PageStamp(1, "EA7K3M9QX2TP01ABCD")], path)


def mixed(path: Path) -> None:
    scan(path.with_name("a.pdf"))
    see_through(path.with_name("b.pdf"))
    with pikepdf.new() as pdf, pikepdf.open(path.with_name("a.pdf")) as a, pikepdf.open(path.with_name("b.pdf")) as b:
        pdf.pages.append(a.pages[0])
        pdf.pages.append(b.pages[0])
        pdf.save(path)


KINDS: dict[str, tuple[Callable[[Path], None], bool]] = {
    "a scan": (scan, True),
    "a fax": (fax, True),
    "JBIG2": (jbig2, True),
    "colours with a profile": (colour_with_profile, True),
    "colours of print": (colours_of_print, False),
    "a palette": (palette, True),
    "sixteen bits": (sixteen_bits, True),
    "see-through": (see_through, False),
    "without its fonts": (without_fonts, False),
    "with programs in it": (armed, False),
    "signed": (signed, True),
    "a letter of ours": (our_letter, False),
    "scanned and made": (mixed, False),
}
"""How each is made, and whether its searchable PDF is its archive copy already."""


def test_veraPDF_finds_nothing_in_any_of_our_archive_copies(  # noqa: N802
    reader: LocalPaperReader, tmp_path: Path
) -> None:
    free = {}
    for number, (kind, (make, _)) in enumerate(KINDS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        make(folder / "source.bin")
        searchable, copy = folder / "searchable.pdf", tmp_path / f"{kind}.pdf"
        free[kind] = reader.searchable_pdf(folder / "source.bin", texts(kind), searchable)
        if free[kind]:
            searchable.rename(copy)
        else:
            reader.archive_copy(searchable, 2, copy)

    no_copy = tmp_path / "no copy.pdf"
    scan(no_copy)

    *found, wrong = validated([*(tmp_path / f"{kind}.pdf" for kind in KINDS), no_copy])

    assert found == [f"ok {tmp_path}/{kind}.pdf" for kind in KINDS]
    assert wrong.startswith(f"bad {no_copy} {{6.")
    assert free == {kind: expected for kind, (_, expected) in KINDS.items()}


def texts(kind: str) -> list[PageText]:
    """What was recognised; pages made by programs keep their own."""
    made = kind in {"see-through", "without its fonts", "a letter of ours"}
    return [] if made else [page_text()]


def validated(files: list[Path]) -> list[str]:
    """A line per file: ok, or the first rule it breaks."""
    answer = subprocess.run(
        ["java", "-Xshare:auto", "-cp", f"{VERAPDF}/jars/*", VERAPDF / "Validate.java", *files],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    return [line for line in answer.stdout.splitlines() if line.startswith(("ok ", "bad "))]
