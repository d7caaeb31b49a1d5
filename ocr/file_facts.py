"""What a file is before its pages are looked at; known on both sides of the child's border."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileFacts:
    """Kind and extent of a file, as `eakte.paper.FileReading` says them."""

    media_type: str
    page_count: int
    signed: bool = False
    notes: tuple[str, ...] = ()
    title: str = ""
