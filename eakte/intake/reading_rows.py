"""How a file's reading rests in its row between two steps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from eakte.paper import Code, FileReading, PageReading, Symbology


def to_row(reading: FileReading) -> dict[str, Any]:
    """A reading as JSON."""
    return asdict(reading)


def from_row(row: dict[str, Any]) -> FileReading:
    """The reading of `to_row`."""
    pages = tuple(
        PageReading(
            **{
                **page,
                "codes": tuple(
                    Code(code["text"], Symbology(code["symbology"]), code["rotation"]) for code in page["codes"]
                ),
            }
        )
        for page in row["pages"]
    )
    return FileReading(row["media_type"], pages, row["signed"], tuple(row["notes"]), row.get("title", ""))
