"""Separators (Trennblätter): sheets that only mark where an envelope ends."""

from __future__ import annotations

from eakte.paper import Code, Symbology

SEPARATOR_PAYLOAD = "EATRENN"
"""Printed on our separator sheets; fixed, so that sheets printed years ago keep working."""

_WIDESPREAD = "PATCHT"
"""On the separator sheets of many scanner makers and of other archives."""

_PRINTED_AS = frozenset({Symbology.CODE_39, Symbology.CODE_128, Symbology.QR, Symbology.DATA_MATRIX})


def is_separator(code: Code) -> bool:
    """Say whether a code marks a separator sheet.

    Only the exact text counts (the widespread one in any case), since a code that merely contains
    it belongs to somebody else.
    """
    if code.symbology not in _PRINTED_AS:
        return False
    return code.text == SEPARATOR_PAYLOAD or code.text.upper() == _WIDESPREAD
