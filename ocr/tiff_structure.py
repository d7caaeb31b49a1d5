"""Checks that a TIFF is whole. Pillow reads a cut-off one as far as it goes and would lose the last sheets silently.

Source: TIFF 6.0, section 2 (1992-06-03); BigTIFF (offsets of 8 bytes).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from eakte.errors import Unreadable

_STRIPS = {273: 279, 324: 325}  # where the pixels lie: tag of the offsets to tag of the sizes
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_ENTRIES = 4_096
_MOST_STRIPS = 1_000_000


@dataclass(frozen=True)
class _Layout:
    """How numbers are written in this file."""

    order: str
    offset: str
    count: str

    def read(self, file: BinaryIO, kinds: str) -> tuple[int, ...]:
        pattern = struct.Struct(self.order + kinds)
        content = file.read(pattern.size)
        if len(content) < pattern.size:
            raise _cut_off()
        return pattern.unpack(content)


def count_pages(path: Path, at_most: int) -> int:
    """Count the pages of a TIFF, making sure that all their pixels are there.

    Returns:
        Their number; `at_most + 1` when there are more.

    Raises:
        Unreadable: A directory or pixels lie behind the end of the file.
    """
    size = path.stat().st_size
    seen: set[int] = set()
    with path.open("rb") as file:
        layout, offset = _head(file)
        while offset and offset not in seen and len(seen) <= at_most:  # a ring of pages ends where it began
            seen.add(offset)
            offset = _check_directory(file, offset, layout, size)
    return len(seen)


def _head(file: BinaryIO) -> tuple[_Layout, int]:
    order = "<" if file.read(2) == b"II" else ">"
    (version,) = _Layout(order, "I", "H").read(file, "H")
    if version == 43:
        layout = _Layout(order, "Q", "Q")
        layout.read(file, "HH")
    else:
        layout = _Layout(order, "I", "H")
    (first,) = layout.read(file, layout.offset)
    return layout, first


def _check_directory(file: BinaryIO, offset: int, layout: _Layout, size: int) -> int:
    """Check one page and say where the next begins."""
    file.seek(min(offset, size))
    (count,) = layout.read(file, layout.count)
    if count > _MOST_ENTRIES:
        raise _cut_off()
    entries = {}
    for _ in range(count):
        tag, kind, number = layout.read(file, "HH" + layout.offset)
        entries[tag] = (kind, number, file.tell())
        file.seek(struct.calcsize("=" + layout.offset), os.SEEK_CUR)
    (following,) = layout.read(file, layout.offset)
    for offsets_tag, sizes_tag in _STRIPS.items():
        if offsets_tag in entries and sizes_tag in entries:
            starts = _values(file, entries[offsets_tag], layout)
            lengths = _values(file, entries[sizes_tag], layout)
            if any(start + length > size for start, length in zip(starts, lengths, strict=False)):
                raise _cut_off()
    return following


def _values(file: BinaryIO, entry: tuple[int, int, int], layout: _Layout) -> tuple[int, ...]:
    kind, number, place = entry
    if kind not in _UNSIGNED or number > _MOST_STRIPS:
        raise _cut_off()
    file.seek(place)
    if number * struct.calcsize("=" + _UNSIGNED[kind]) > struct.calcsize("=" + layout.offset):
        (elsewhere,) = layout.read(file, layout.offset)
        file.seek(elsewhere)
    return layout.read(file, f"{number}{_UNSIGNED[kind]}")


def _cut_off() -> Unreadable:
    return Unreadable(
        "truncated", "Die TIFF-Datei ist unvollständig oder beschädigt. Bitte neu scannen oder erneut übertragen."
    )
