"""Codes of cover sheets (Deckblätter): like return codes, with a prefix of their own and no sheet number.

    ED  7K3QX9MWTR  H2CN
    │   │           └ keyed check over all that stands before it, as in `eakte.return_codes`
    │   └ random id of the sheet
    └ fixed prefix

A text steers only when pattern, check and an existing row agree. The prefix is part of what is checked, so no return
code ever passes for a cover sheet.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from eakte.return_codes import ALPHABET, CHECK_LENGTH, ID_LENGTH, RefusedCode, check_characters

PREFIX = "ED"
PAYLOAD_LENGTH = len(PREFIX) + ID_LENGTH + CHECK_LENGTH

# As with return codes, wider than what we print: a damaged print of ours must be noticed as such.
_LIKE_OURS = re.compile(rf"{PREFIX}[0-9A-Z]{{{PAYLOAD_LENGTH - len(PREFIX)}}}")
_CODE_ID = re.compile(rf"[{ALPHABET}]{{{ID_LENGTH}}}")


@dataclass(frozen=True)
class CoverCode:
    """A cover sheet that this installation has printed."""

    code_id: str


def payload(code_id: str, key: bytes) -> str:
    """Write what is printed on a cover sheet: 16 upper-case letters and digits."""
    if not _CODE_ID.fullmatch(code_id):
        raise ValueError(f"not the id of a cover sheet: {code_id!r}")
    return f"{PREFIX}{code_id}{check_characters(PREFIX + code_id, key)}"


def read(text: str, key: bytes) -> CoverCode | RefusedCode | None:
    """Say whether a text that was read from a symbol is one of our cover sheets.

    Returns:
        The code; or `RefusedCode` when it looks like one of ours but its check is wrong; or None.
    """
    if not _LIKE_OURS.fullmatch(text):
        return None
    checked, check = text[:-CHECK_LENGTH], text[-CHECK_LENGTH:]
    code_id = checked.removeprefix(PREFIX)
    if not _CODE_ID.fullmatch(code_id) or not hmac.compare_digest(check, check_characters(checked, key)):
        return RefusedCode(text)
    return CoverCode(code_id)
