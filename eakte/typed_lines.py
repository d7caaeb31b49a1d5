"""What people and stations type into one line: labels of boxes, names, numbers of stacks."""

from __future__ import annotations

import unicodedata

from eakte.errors import FieldProblem, Invalid

_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, half characters, ends of lines."""


def line_or_none(text: str | None, field: str, longest: int) -> str | None:
    """One line without what stands around it; None for nothing.

    Raises:
        Invalid: It is too long, or holds characters that nobody can see, such as a line's end.
    """
    line = (text or "").strip()
    if len(line) > longest:
        raise Invalid("Die Angabe ist zu lang.", FieldProblem(field, f"Bitte höchstens {longest} Zeichen angeben."))
    if any(unicodedata.category(sign) in _UNSEEN for sign in line):
        raise Invalid("Die Angabe enthält Steuerzeichen.", FieldProblem(field, "Bitte nur eine Zeile Text angeben."))
    return line or None


def line(text: str, field: str, longest: int) -> str:
    """As `line_or_none`, where something has to be said.

    Raises:
        Invalid: Nothing is said, or as there.
    """
    said = line_or_none(text, field, longest)
    if said is None:
        raise Invalid("Eine Angabe fehlt.", FieldProblem(field, "Bitte ausfüllen."))
    return said
