"""Separators (Trennblätter): sheets that only mark where an envelope ends."""

from __future__ import annotations

import re

from eakte.paper import Code, Symbology

SEPARATOR_PAYLOAD = "EATRENN"
"""Printed on our separator sheets; fixed, so that sheets printed years ago keep working."""

_WIDESPREAD = re.compile(r"\*?PATCH ?[T23]\*?")
"""On the separator sheets of many scanner makers and of other archives, as `PATCHT`; some print a blank, or the
asterisks that frame Code 39 into the text. T and 2 part documents, 3 parts batches, which ends an envelope, too. 1, 4
and 6 switch the scanner (colour, double feed) and part nothing.

Source: Kodak's patch codes as described by their distributor, alliancegroup.co.uk/patch-codes.htm (as of 2026-11).
"""

_PRINTED_AS = frozenset({Symbology.CODE_39, Symbology.CODE_128, Symbology.QR, Symbology.DATA_MATRIX})


def is_separator(code: Code) -> bool:
    """Say whether a code marks a separator sheet.

    Only the whole text counts (the widespread one in any case), since a code that merely contains
    it belongs to somebody else.
    """
    if code.symbology not in _PRINTED_AS:
        return False
    return code.text == SEPARATOR_PAYLOAD or _WIDESPREAD.fullmatch(code.text.upper()) is not None
