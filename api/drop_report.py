"""The report of a nightly drop: what became of each row of its index, as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from api.spreadsheets import harmless

FILED, KNOWN, REFUSED = "abgelegt", "war schon da", "abgelehnt"
_COLUMNS = ("Zeile", "Datei", "Ergebnis", "Grund", "Aktenzeichen", "Dokument")


@dataclass(frozen=True)
class RowResult:
    """What became of one row.

    Attributes:
        row: Its number; empty where the index as a whole is meant.
        file: As it lies in the folder; empty where there is none.
        reason: Why it was refused, for a person.
    """

    row: str
    file: str
    outcome: str
    reason: str = ""
    reference: str = ""
    document_id: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether nothing was filed."""
        return self.outcome == REFUSED


def write_report(path: Path, results: Sequence[RowResult]) -> None:
    """Write a report; once it lies there it is whole and durable."""
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(_COLUMNS)
        writer.writerows([_harmless(cell) for cell in astuple(result)] for result in results)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_report(path: Path) -> list[RowResult]:
    """The results of a report."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    return [RowResult(*(cell.removeprefix("'") for cell in row)) for row in rows]


def _harmless(cell: str) -> str:
    """As `harmless`, and so that reading it again tells what was added from what was there."""
    return f"'{cell}" if cell.startswith("'") else harmless(cell)
