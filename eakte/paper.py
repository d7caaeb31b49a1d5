"""Values that describe paper: what a scan shows, before anybody decides what it means.

Frozen and free of behaviour, so that they cross process borders (the child that opens foreign files
sends them back) and the domain can be tested without a scanner.

Coordinates are fractions of the page as it is shown upright: 0 is left or top, 1 is right or bottom.
So a box fits every rendering of the page, whatever its resolution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MAIL = "message/rfc822"
"""The kind of an e-mail kept as it was received (EML)."""


class Symbology(StrEnum):
    """Kinds of printed codes the product reads."""

    CODE_128 = "code128"
    DATA_MATRIX = "datamatrix"
    CODE_39 = "code39"
    QR = "qr"


@dataclass(frozen=True)
class Code:
    """One code as decoded from a page; nobody has checked yet whether it is one of ours.

    Attributes:
        text: What the symbol says.
        symbology: How it was printed.
        rotation: Clockwise degrees (0, 90, 180, 270) to turn the page so that the symbol stands upright.
    """

    text: str
    symbology: Symbology
    rotation: int


@dataclass(frozen=True)
class PageReading:
    """What was found on one page before recognition.

    Attributes:
        page_number: From 1, within the file.
        codes: In no promised order; the same text may stand twice in two symbologies.
        blank: True when the page shows no ink at all (strictly; a faint pencil stroke is not blank).
        rotation: Clockwise degrees to turn the page upright, told by its codes; None where no code told it.
        has_text_layer: True when a usable text layer makes recognition unnecessary.
        problem: Why the page could not be looked at, or that something like a code stands on it that could not be
            read, so that nobody knows where it belongs; for a clerk. None when all went well.
    """

    page_number: int
    codes: tuple[Code, ...] = ()
    blank: bool = False
    rotation: int | None = None
    has_text_layer: bool = False
    problem: str | None = None


@dataclass(frozen=True)
class FileReading:
    """What a foreign file is.

    Attributes:
        media_type: By content, never by name: `application/pdf`, `image/tiff`, `image/jpeg`, `image/png`,
            `message/rfc822` (whose pages are what it would look like printed).
        pages: One entry per page, in order.
        signed: A PDF that carries a signature (its bytes stay the original, always).
        notes: What else is worth telling a clerk (active content, repaired structure), in German.
        title: What it calls itself: the subject of an e-mail, else empty.
    """

    media_type: str
    pages: tuple[PageReading, ...]
    signed: bool = False
    notes: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Enclosure:
    """A file that came in an e-mail (Anlage).

    Attributes:
        file: Name of the file that now holds its bytes.
        name: As its sender called it, reduced to a plain name.
        media_type: As its sender claimed.
    """

    file: str
    name: str
    media_type: str


@dataclass(frozen=True)
class Sheet:
    """One page to be taken out of a file.

    Attributes:
        file_index: From 0, into the list of files the page comes from.
        page_number: From 1, within that file.
        rotation: Clockwise degrees to turn the page for display; the image itself stays untouched.
    """

    file_index: int
    page_number: int
    rotation: int = 0


class TextSource(StrEnum):
    """Where a page's text comes from."""

    OCR = "ocr"
    TEXT_LAYER = "text_layer"
    BLANK = "blank"


@dataclass(frozen=True)
class Word:
    """One word on an upright page; the box in fractions of the page (0..1), confidence 0..1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    line: int


@dataclass(frozen=True)
class PageText:
    """The recognised text of one page.

    Attributes:
        page_number: From 1, within the file that was recognised.
        rotation: Clockwise degrees by which the stored page must be turned to stand upright.
        width_mm, height_mm: Of the upright page.
        text: Lines separated by newlines, in reading order.
        words: In reading order; a blank page has none.
        confidence: Mean word confidence 0..1; None without words.
        image: Upright picture of the page for reading on screen (JPEG bytes); empty where none was made.
        problem: Why the page could not be read, for a clerk; such a page has no words. None when all went well.
    """

    page_number: int
    rotation: int
    width_mm: float
    height_mm: float
    text: str
    words: tuple[Word, ...]
    source: TextSource
    confidence: float | None
    image: bytes = field(default=b"", repr=False)
    problem: str | None = None


class Trust(StrEnum):
    """Whether the certificate of a signature goes back to an issuer whom the installation trusts."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Signature:
    """What a check said of one electronic signature of a PDF.

    Attributes:
        signer: The name in the certificate; empty where there is none to be read.
        signed_at: RFC 3339; of a timestamp where there is a sound one, else as the signer claims. None when not said.
        covers_whole_document: Nothing was added to the file after signing.
        intact: What was signed is unchanged, and signed with the key of the certificate.
        verifies: Intact, and nothing that came later touches what was signed; says nothing of trust.
        reason: What there is to be said about it, in German; empty when all is well.
    """

    signer: str = ""
    signed_at: str | None = None
    covers_whole_document: bool = False
    intact: bool = False
    verifies: bool = False
    trusted: Trust = Trust.NO
    reason: str = ""
