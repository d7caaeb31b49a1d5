"""Return codes (Antwortcodes): what is printed on a sheet so that its answer finds the way home.

    EA  7K3QX9MWTR  01  H2CN
    │   │           │   └ keyed check: the first 20 bits of an HMAC-SHA-256 over all that stands before it
    │   │           └ number of the sheet within the letter, 01..99
    │   └ random id of the code
    └ fixed prefix

A scanner meets many codes that are not ours, and damaged prints of ours do decode to wrong texts
that satisfy the barcode's own checksum. So a text counts only when pattern and check agree; whether
a letter with this id exists is asked afterwards, elsewhere. The check is keyed: who has no key of
this installation cannot print a code that it accepts, and neither can another installation.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from eakte.errors import Invalid

PREFIX = "EA"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 symbols without look-alikes: no I, L, O (1, 1, 0) and no U. Source: D. Crockford, Base 32, 2019-03-04."""

ID_LENGTH = 10
SHEET_LENGTH = 2
CHECK_LENGTH = 4
PAYLOAD_LENGTH = len(PREFIX) + ID_LENGTH + SHEET_LENGTH + CHECK_LENGTH
HIGHEST_SHEET = 99
SHORTEST_KEY_BYTES = 16

# Wider than what we print: a damaged print of ours must be noticed as such, not taken for a foreign code.
_LIKE_OURS = re.compile(rf"{PREFIX}[0-9A-Z]{{{PAYLOAD_LENGTH - len(PREFIX)}}}")
_OURS = re.compile(
    rf"{PREFIX}(?P<id>[{ALPHABET}]{{{ID_LENGTH}}})(?P<sheet>(?!00)[0-9]{{{SHEET_LENGTH}}})[{ALPHABET}]{{{CHECK_LENGTH}}}"
)
_CODE_ID = re.compile(rf"[{ALPHABET}]{{{ID_LENGTH}}}")

_BETWEEN_GROUPS = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")
_MISTYPED = str.maketrans("OILU", "011V")
_GROUP_LENGTHS = (len(PREFIX), ID_LENGTH // 2, ID_LENGTH // 2, SHEET_LENGTH, CHECK_LENGTH)


@dataclass(frozen=True)
class ReturnCode:
    """A code that this installation has printed.

    Attributes:
        code_id: Names the code; the letter that carries it is known by it.
        sheet: Number of the sheet within the letter, from 1.
    """

    code_id: str
    sheet: int


@dataclass(frozen=True)
class RefusedCode:
    """Looks like a return code, but its check is wrong: damaged, forged, or of another installation.

    Nobody can tell which of the three from the text alone. It never files anything; its page goes
    to a person.

    Attributes:
        text: As it was read.
    """

    text: str


def new_code_id() -> str:
    """Draw the random id of a new code (50 bits: nobody guesses one, and no two letters share one)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def payload(code_id: str, sheet: int, key: bytes) -> str:
    """Write what is printed on one sheet.

    Args:
        code_id: From `new_code_id`.
        sheet: From 1.
        key: Secret of this installation, at least 16 bytes.

    Returns:
        18 upper-case letters and digits.

    Raises:
        Invalid: More sheets than a code can count.
    """
    if not _CODE_ID.fullmatch(code_id):
        raise ValueError(f"not the id of a return code: {code_id!r}")
    if sheet < 1:
        raise ValueError(f"sheets count from 1, not {sheet}")
    if sheet > HIGHEST_SHEET:
        raise Invalid(
            f"Ein Antwortcode zählt höchstens {HIGHEST_SHEET} Blätter, verlangt ist Blatt {sheet}. "
            "Bitte das Schreiben aufteilen."
        )
    checked = f"{PREFIX}{code_id}{sheet:0{SHEET_LENGTH}d}"
    return checked + check_characters(checked, key)


def read(text: str, key: bytes) -> ReturnCode | RefusedCode | None:
    """Say whether a text that was read from a symbol is one of our return codes.

    Exact: a barcode gives exact text. What a person has typed goes through `typed` first.

    Returns:
        The code; or `RefusedCode` when it looks like one of ours but its check is wrong; or None
        when it is something else altogether (a parcel's code, a separator).
    """
    if not _LIKE_OURS.fullmatch(text):
        return None
    ours = _OURS.fullmatch(text)
    if ours is None:
        return RefusedCode(text)
    checked, check = text[:-CHECK_LENGTH], text[-CHECK_LENGTH:]
    if not hmac.compare_digest(check, check_characters(checked, key)):
        return RefusedCode(text)
    return ReturnCode(code_id=ours["id"], sheet=int(ours["sheet"]))


def typed(text: str) -> str:
    """Bring a code that a person has typed into the form it was printed in.

    Forgives what hands and eyes do: lower case, spaces, hyphens and full stops between the groups,
    and the letters that the alphabet leaves out because they look like others (O as 0, I and L as 1,
    U as V). It decides nothing: the result goes to `read`.
    """
    return _BETWEEN_GROUPS.sub("", text).upper().translate(_MISTYPED)


def grouped(text: str) -> str:
    """Group a payload for the line under the barcode: `EA 7K3QX 9MWTR 01 H2CN`.

    Other texts than a return code's come back as they are.
    """
    if not _LIKE_OURS.fullmatch(text):
        return text
    groups, start = [], 0
    for length in _GROUP_LENGTHS:
        groups.append(text[start : start + length])
        start += length
    return " ".join(groups)


def check_characters(checked: str, key: bytes) -> str:
    """The keyed check of what stands before it: the first 20 bits of an HMAC-SHA-256, in our alphabet."""
    if len(key) < SHORTEST_KEY_BYTES:
        raise ValueError(f"the key of the return codes has {len(key)} bytes, needed are {SHORTEST_KEY_BYTES} or more")
    digest = hmac.digest(key, checked.encode("ascii"), hashlib.sha256)
    first_20_bits = int.from_bytes(digest[:3], "big") >> 4
    return "".join(ALPHABET[first_20_bits >> shift & 31] for shift in (15, 10, 5, 0))
