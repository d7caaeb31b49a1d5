"""References of case files (Aktenzeichen): given out without gaps, found in any spelling."""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte.case_file_tables import ReferenceCounter
from eakte.errors import FieldProblem, Invalid

_NUMBER_OR_WORD = re.compile(r"[0-9]+|[^\W\d_]+")
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def next_reference(session: Session, filing_plan_code: str, year: int, format_: str) -> str:
    """Give out the next reference of a filing plan entry and year.

    Args:
        format_: Python format string over `plan`, `year`, `number`, from the settings.

    Raises:
        Invalid: The configured format is not one.
    """
    counter = session.exec(
        select(ReferenceCounter)
        .where(ReferenceCounter.filing_plan_code == filing_plan_code, ReferenceCounter.year == year)
        .with_for_update()
    ).first()
    if counter is None:
        counter = ReferenceCounter(filing_plan_code=filing_plan_code, year=year)
        session.add(counter)
    counter.last_number += 1
    session.flush()
    try:
        return format_.format(plan=filing_plan_code, year=year, number=counter.last_number)
    except (KeyError, IndexError, ValueError) as error:
        raise Invalid(
            "Das eingestellte Format der Aktenzeichen ist ungültig (EAKTE_REFERENCE_FORMAT).",
            FieldProblem(
                "/reference_format", "Erlaubt sind {plan}, {year} und {number}, etwa {plan}/{year}/{number:05d}."
            ),
        ) from error


def reference_key(text: str) -> str:
    """The part of a reference that survives any spelling.

    Leading zeros, separators and case do not count: `11.20/2026/00042`, `11.20-2026-42` and
    `11.20 / 2026 / 042` have the same key. Nor does it matter how the keyboard makes an umlaut.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    return "/".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in _NUMBER_OR_WORD.findall(folded))


def reference_sort(text: str) -> str:
    """A twin of the reference whose text order is its number order."""
    return re.sub(r"[0-9]+", lambda digits: digits.group().lstrip("0").rjust(10, "0"), text.casefold())


def highest_number(session: Session, filing_plan_code: str, year: int) -> int:
    """The last number given out; 0 when none was."""
    counter = session.exec(
        select(sa.func.coalesce(sa.func.max(col(ReferenceCounter.last_number)), 0)).where(
            ReferenceCounter.filing_plan_code == filing_plan_code, ReferenceCounter.year == year
        )
    ).one()
    return int(counter)
