"""A font for invisible text layers: every character is the same box, and its Unicode value survives.

The box is never painted (text render mode 3). It is there for readers that take a character's place from its
outline: pdfium finds no text at all on a page turned sideways when the glyphs are empty.

A font per document numbers the characters that occur in it and says in its ToUnicode map what each number
means. So characters beyond the basic plane (rare names, emoji) are extracted as well as umlauts, which the
widespread fonts of this kind lose.

Source: ISO 32000-2:2020, 9.7.4 (CIDFonts), 9.10.3 (ToUnicode CMaps).
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Stream

_NAME = "/EAktePaper"
_UNITS_PER_EM = 1000
_ADVANCE, _ASCENT, _DESCENT = 500, 800, -200
CHARACTER_WIDTH = _ADVANCE / _UNITS_PER_EM
"""Width of every character, as a share of the font size."""
DESCENT = -_DESCENT / _UNITS_PER_EM
"""How far every character reaches below the base line, as a share of the font size."""

_CMAP_BLOCK = 100  # the standard allows no more entries in one block


def is_invisible_font(font: pikepdf.Object) -> bool:
    """Whether a font in a PDF is one that this module wrote."""
    try:
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        return font["/BaseFont"] == Name(_NAME) and descriptor["/FontFile2"].read_bytes() == _FONT_FILE
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, pikepdf.PdfError):
        return False


class InvisibleFont:
    """The font of one document; it learns characters while pages are written."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def encoded(self, text: str) -> bytes:
        """The text as a hexadecimal PDF string of character numbers; NUL, which is none, is left out."""
        characters = text.replace("\x00", "")
        numbers = [self._numbers.setdefault(character, len(self._numbers) + 1) for character in characters]
        return b"<" + "".join(f"{number:04X}" for number in numbers).encode("ascii") + b">"

    def add_to(self, pdf: pikepdf.Pdf) -> pikepdf.Object:
        """Write the font; to be called when all pages are written, since it then knows all characters."""
        return pdf.make_indirect(self.description(pdf))

    def description(self, pdf: pikepdf.Pdf) -> Dictionary:
        """The font as PDF objects."""
        file = Stream(pdf, _FONT_FILE)
        file["/Length1"] = len(_FONT_FILE)
        descriptor = Dictionary(
            Type=Name.FontDescriptor, FontName=Name(_NAME), Flags=4, ItalicAngle=0, StemV=80,
            Ascent=_ASCENT, Descent=_DESCENT, CapHeight=700, FontBBox=Array([0, _DESCENT, _ADVANCE, _ASCENT]),
            FontFile2=pdf.make_indirect(file),
        )  # fmt: skip
        all_to_the_box = b"\x00\x01" * (len(self._numbers) + 1)
        descendant = Dictionary(
            Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name(_NAME), DW=_ADVANCE,
            CIDSystemInfo=Dictionary(
                Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
            ),
            CIDToGIDMap=pdf.make_indirect(Stream(pdf, all_to_the_box)),
            FontDescriptor=pdf.make_indirect(descriptor),
        )  # fmt: skip
        return Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name(_NAME), Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=pdf.make_indirect(Stream(pdf, _to_unicode(self._numbers.items()))),
        )  # fmt: skip


def _drawn_font() -> bytes:
    """A TrueType font with one glyph beside the one for unknown characters."""
    builder = FontBuilder(_UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box"])
    builder.setupCharacterMap({0x20: "box"})
    builder.setupGlyf({".notdef": Glyph(), "box": _box()})
    builder.setupHorizontalMetrics({".notdef": (_ADVANCE, 0), "box": (_ADVANCE, 0)})
    builder.setupHorizontalHeader(ascent=_ASCENT, descent=_DESCENT)
    builder.setupNameTable({"familyName": "eAkte Paper", "styleName": "Regular", "psName": _NAME[1:]})
    builder.setupOS2(sTypoAscender=_ASCENT, sTypoDescender=_DESCENT, usWinAscent=_ASCENT, usWinDescent=-_DESCENT)
    builder.setupPost()
    # The same bytes every time, so that a searchable PDF made again is the same file.
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    content = io.BytesIO()
    builder.save(content)
    return content.getvalue()


def _box() -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((0, _DESCENT))
    for corner in ((0, _ASCENT), (_ADVANCE, _ASCENT), (_ADVANCE, _DESCENT)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def _to_unicode(numbers: Iterable[tuple[str, int]]) -> bytes:
    entries = [f"<{number:04X}> <{_utf_16(character)}>" for character, number in numbers]
    blocks = [entries[start : start + _CMAP_BLOCK] for start in range(0, len(entries), _CMAP_BLOCK)]
    mapping = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{mapping}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
""".encode("ascii")


def _utf_16(character: str) -> str:
    return character.encode("utf-16-be", "replace").hex().upper()


_FONT_FILE = _drawn_font()  # once for all documents: children inherit it
