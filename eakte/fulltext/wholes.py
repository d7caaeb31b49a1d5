"""Things written in several ways that are one: dates, amounts, account numbers.

Every pattern starts where a number or a country code starts and takes in the blanks inside the thing,
so that `DE89 3704 0044 0532 0130 00` is one token and not six.
"""

from __future__ import annotations

import re
from datetime import date

MONTHS = (
    ("januar", "jänner", "jan"),
    ("februar", "feber", "feb"),
    ("märz", "maerz", "mrz"),
    ("april", "apr"),
    ("mai",),
    ("juni", "jun"),
    ("juli", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("oktober", "okt"),
    ("november", "nov"),
    ("dezember", "dez"),
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}
_MONTH_NAMES = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))

_IBAN_LENGTHS = {
    **dict(AD=24, AT=20, BE=16, BG=22, CH=21, CY=28, CZ=24, DE=22, DK=18, EE=20, ES=24, FI=18, FR=27),
    **dict(GB=22, GR=27, HR=21, HU=28, IE=22, IS=26, IT=27, LI=21, LT=20, LU=20, LV=21, MC=27, MT=31),
    **dict(NL=18, NO=15, PL=28, PT=25, RO=24, SE=24, SI=19, SK=24, SM=27, TR=26, UA=29, VA=22),
}
"""Characters of an account number by country. Source: ISO 13616, IBAN registry."""

_EDGE = r"(?![./-]?\d)"  # the number does not go on, as in a reference or a longer date
_START = r"(?<![\d.,/-])"


def _iban_pattern() -> str:
    by_length: dict[int, list[str]] = {}
    for country, length in _IBAN_LENGTHS.items():
        by_length.setdefault(length, []).append(country)
    alternatives = (rf"(?:{'|'.join(names)})\d\d(?:[ ]?[A-Z\d]){{{n - 4}}}" for n, names in by_length.items())
    return rf"(?P<iban>(?=[A-Za-z][A-Za-z]\d)(?i:\b(?:{'|'.join(alternatives)})\b))"


IBAN = _iban_pattern()
DATE = (
    rf"(?P<date>(?=\d){_START}(?:"
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"|\d{1,2}\.[ ]?\d{1,2}\.[ ]?(?:\d{4}|\d{2})"
    rf"|\d{{1,2}}\.?\s{{1,2}}(?i:{_MONTH_NAMES})\.?\s{{1,2}}\d{{4}}"
    rf"){_EDGE}\b)"
)
AMOUNT = (
    rf"(?P<amount>(?=\d){_START}(?:"
    r"\d{1,3}(?:[.'’\u00a0\u202f]\d{3})+(?:,\d{1,2})?"
    r"|\d{1,3}(?:[ ]\d{3})+,\d\d"
    r"|\d+,\d{1,2}"
    r")(?![./,-]?\d)(?!\w))"
)

REFERENCE = r"\d{1,4}(?:\s?\.\s?\d{1,4})*\s?[./ -]\s?(?:19|20)\d{2}\s?[./ -]\s?\d{1,8}(?!\w)"
TYPED = re.compile(rf"(?:{IBAN}|{DATE}|{AMOUNT}(?:\s?(?:€|EUR\b|Euro\b))?|{REFERENCE})(?=[\s,;]|$)")
"""What belongs together in a query although there may be blanks inside."""

_DATE_PARTS = re.compile(r"[\s.-]+")


def iban(text: str) -> str:
    """The account number without blanks, in small letters."""
    return re.sub(r"\s", "", text).lower()


def day(text: str) -> str:
    """The date as `2026-12-31`; empty where there is no such day.

    Two digits of a year mean the nearest hundred years a letter is likely to speak of: 1951 to 2050.
    """
    parts = _DATE_PARTS.split(text.strip().lower())
    if len(parts[0]) == 4:
        parts.reverse()
    month = _MONTH_NUMBERS.get(parts[1]) or int(parts[1])
    year = int(parts[2])
    if len(parts[2]) == 2:
        year += 2000 if year <= 50 else 1900
    try:
        return date(year, month, int(parts[0])).isoformat()
    except ValueError:
        return ""


def amount(text: str) -> str:
    """The amount without separators of thousands: `1234,56`; whole amounts without decimals."""
    whole, _, decimals = re.sub(r"[^\d,]", "", text).partition(",")
    whole = whole.lstrip("0") or "0"
    if not decimals.strip("0"):
        return whole
    return f"{whole},{decimals.ljust(2, '0')}"
