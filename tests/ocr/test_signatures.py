"""Signed PDFs say whether their signatures verify; what is wrong with them is told and breaks nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from pyhanko.pdf_utils.generic import NameObject, NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from eakte.paper import Signature, Trust
from ocr.paper_reader import LocalPaperReader
from ocr.signatures import signatures
from tests.ocr.sample_pages import jpeg, letter, scan_pdf
from tests.ocr.signing import issuer, sign, signer


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    image = jpeg(letter(dpi=50, line_count=3).image, 50)
    return scan_pdf(tmp_path_factory.mktemp("signing") / "unsigned.pdf", [image]).read_bytes()


@pytest.fixture(scope="module")
def signed(unsigned: bytes) -> bytes:
    return sign(unsigned, signer())


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the issuer of our signers."""
    return issuer().put_into(tmp_path_factory.mktemp("trusted"))


def told(path: Path, content: bytes, trusted: Path | None) -> list[Signature]:
    """Checked in this process: a child of its own reads the library anew each time."""
    path.write_bytes(content)
    return list(signatures(path, trusted))


def test_a_sound_signature_of_a_trusted_issuer_needs_no_words(pdf: Path, signed: bytes, trusted: Path) -> None:
    (found,) = told(pdf, signed, trusted)
    assert found.signed_at is not None
    assert found == Signature("Änne Ärmel", found.signed_at, True, True, True, Trust.YES, "")


def test_whom_to_trust_is_unknown_until_somebody_says_so(pdf: Path, signed: bytes) -> None:
    (found,) = told(pdf, signed, None)
    assert (found.verifies, found.trusted) == (True, Trust.UNKNOWN)
    assert "nicht eingestellt" in found.reason


def test_anybody_can_issue_a_certificate_but_not_anybody_is_trusted(pdf: Path, unsigned: bytes, trusted: Path) -> None:
    (found,) = told(pdf, sign(unsigned, signer(issued_by=issuer("Hinterhof"))), trusted)
    assert (found.verifies, found.trusted) == (True, Trust.NO)
    assert "Aussteller" in found.reason


def test_one_changed_byte_breaks_it(pdf: Path, signed: bytes, trusted: Path) -> None:
    at = signed.index(b"/MediaBox")
    digit = next(index for index in range(at, at + 60) if signed[index : index + 1] in b"123456789")
    forged = signed[:digit] + (b"1" if signed[digit : digit + 1] != b"1" else b"2") + signed[digit + 1 :]
    (found,) = told(pdf, forged, trusted)
    assert (found.signer, found.intact, found.verifies, found.trusted) == ("Änne Ärmel", False, False, Trust.NO)
    assert "nach dem Unterschreiben verändert" in found.reason


def test_another_signature_later_leaves_the_first_as_it_was(pdf: Path, signed: bytes, trusted: Path) -> None:
    first, second = told(pdf, sign(signed, signer("Otto Öl"), "Mitzeichnung"), trusted)
    assert (first.signer, first.verifies, first.covers_whole_document) == ("Änne Ärmel", True, False)
    assert (second.signer, second.verifies, second.covers_whole_document) == ("Otto Öl", True, True)


def test_a_page_exchanged_after_signing_is_told(pdf: Path, signed: bytes, trusted: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page[NameObject("/Rotate")] = NumberObject(180)  # type: ignore[no-untyped-call]
    writer.update_container(page)
    later = io.BytesIO()
    writer.write(later)  # type: ignore[no-untyped-call]

    (found,) = told(pdf, later.getvalue(), trusted)

    assert (found.intact, found.covers_whole_document, found.verifies) == (True, False, False)
    assert "nach dem unterschreiben" in found.reason.lower()


def test_a_certificate_that_has_run_out_is_told(pdf: Path, unsigned: bytes, trusted: Path) -> None:
    (found,) = told(pdf, sign(unsigned, signer(valid_days=50)), trusted)
    assert (found.intact, found.trusted) == (True, Trust.NO)
    assert "galt beim Unterschreiben nicht" in found.reason


@pytest.mark.parametrize(
    "value",
    [
        Dictionary(Type=Name.Sig),
        Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"),
                   ByteRange=Array([0, 5, 9, 10**9]), Contents=pikepdf.String(b"rubbish")),
        Dictionary(Type=Name.Sig, Filter=Name("/Unknown"), ByteRange=Name.None_, Contents=Array([])),
    ],
    ids=["empty", "rubbish in it", "of the wrong kinds"],
)  # fmt: skip
def test_a_broken_signature_is_told_and_breaks_nothing(
    pdf: Path, unsigned: bytes, trusted: Path, value: Dictionary
) -> None:
    pdf.write_bytes(unsigned)
    with pikepdf.open(pdf, allow_overwriting_input=True) as file:
        field = Dictionary(FT=Name.Sig, T=pikepdf.String("Feld"), V=value)
        file.Root.AcroForm = Dictionary(Fields=Array([file.make_indirect(field)]))
        file.save(pdf)
    found = list(signatures(pdf, trusted))
    assert [(signature.intact, signature.verifies) for signature in found] == [(False, False)]
    assert "lässt sich nicht prüfen" in found[0].reason


def test_certificates_that_cannot_be_read_are_told_and_stop_nothing(tmp_path: Path, pdf: Path, signed: bytes) -> None:
    (tmp_path / "notes.txt").write_text("no certificate")
    (found,) = told(pdf, signed, tmp_path)
    assert (found.verifies, found.trusted) == (True, Trust.UNKNOWN)
    assert "nicht lesbar" in found.reason


def test_the_searchable_pdf_shows_no_signature_that_it_broke_itself(
    reader: LocalPaperReader, pdf: Path, tmp_path: Path, signed: bytes
) -> None:
    pdf.write_bytes(signed)
    (found,) = reader.signatures(pdf)  # in a child, as everything foreign is
    assert found.verifies
    reader.searchable_pdf(pdf, [], tmp_path / "out.pdf")
    assert not reader.look(tmp_path / "out.pdf").signed
    with pikepdf.open(tmp_path / "out.pdf") as file:
        everything = b"".join(item.unparse(resolved=True) for item in file.objects)
    assert b"ByteRange" not in everything
    assert pdf.read_bytes() == signed
