"""Tables for spreadsheets as they are read in this country: with semicolons, and no cell a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: object) -> str:
    """As text that no spreadsheet takes for a formula, whoever wrote it."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The whole file, with the mark by which spreadsheets know UTF-8."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(map(harmless, row) for row in rows)
    return "\ufeff" + target.getvalue()
