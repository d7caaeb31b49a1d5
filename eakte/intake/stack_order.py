"""The stack as it lay on the table: patch events become separators, and two passes become sheets again.

Both come from outside (the scanner's word, the operator's hand) and can be wrong. Where they cannot be true, the
pages stay as they were delivered and everything of that file goes to a person, who is told why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import TypeAlias

from eakte.intake.splitting import Segment, StackPage
from eakte.scan_profiles import ScanSettings

PatchCode: TypeAlias = Mapping[str, int]
"""A page the scanner saw a patch sheet on: `file` from 0, `page` from 1."""


@dataclass(frozen=True)
class OrderedStack:
    """Pages in the order of the stack.

    Attributes:
        doubts: By file, why its documents need a person.
    """

    pages: tuple[StackPage, ...]
    doubts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


def in_stack_order(
    pages: Sequence[StackPage], settings: ScanSettings, patch_codes: Sequence[PatchCode]
) -> OrderedStack:
    """Bring the pages of a delivery, file by file, into the order in which they lay.

    Args:
        pages: In the order delivered.
    """
    ordered: list[StackPage] = []
    doubts: dict[int, tuple[str, ...]] = {}
    for file_index, of_one_file in groupby(pages, key=lambda page: page.file_index):
        given = [page if settings.separators else replace(page, separator=False) for page in of_one_file]
        patched = {code["page"] for code in patch_codes if settings.separators and code["file"] == file_index}
        marked, told = _with_patches(given, patched)
        if settings.is_collated:
            marked, also = _collated(marked)
            told += also
        ordered += marked
        if told:
            doubts[file_index] = tuple(told)
    return OrderedStack(tuple(ordered), doubts)


def doubted(segments: Sequence[Segment], doubts: Mapping[int, tuple[str, ...]]) -> list[Segment]:
    """The segments with the doubts about the files their pages are from."""
    told = []
    for segment in segments:
        files = dict.fromkeys(page.file_index for page in segment.pages)
        also = chain.from_iterable(doubts.get(file_index, ()) for file_index in files)
        told.append(replace(segment, doubts=(*segment.doubts, *also)))
    return told


def hidden_pages(segment: Segment, settings: ScanSettings) -> list[int]:
    """Numbers, within the document, of the blank pages that readers hide; never all of its pages."""
    if not settings.hides_blank_pages:
        return []
    blank = [number for number, page in enumerate(segment.pages, start=1) if page.empty]
    return blank if len(blank) < len(segment.pages) else []


def _with_patches(pages: Sequence[StackPage], patched: set[int]) -> tuple[list[StackPage], list[str]]:
    """Pages with the scanner's patch events as separators, and what cannot be right about them."""
    beyond = sorted(patched - {page.reading.page_number for page in pages})
    if beyond:
        numbers = ", ".join(map(str, beyond))
        return list(pages), [
            f"Der Scanner meldet ein Trennblatt auf Seite {numbers}, die Datei hat aber nur {len(pages)} Seiten."
        ]
    coded = [page.reading.page_number for page in pages if page.reading.page_number in patched and not page.uncoded]
    # What carries a return code is somebody's answer: it must not vanish as a separator does.
    marked = [replace(page, separator=True) if _is_patch(page, patched) else page for page in pages]
    told = [
        f"Der Scanner meldet ein Trennblatt auf Seite {number}, dort steht aber ein Antwortcode." for number in coded
    ]
    return marked, told


def _is_patch(page: StackPage, patched: set[int]) -> bool:
    return page.reading.page_number in patched and page.uncoded


def _collated(pages: Sequence[StackPage]) -> tuple[list[StackPage], list[str]]:
    """Two passes put together: the first half are fronts in order, the second half backs in reverse."""
    if len(pages) % 2:
        doubt = (
            f"Der Stapel wurde in zwei Durchgängen gescannt, hat aber {len(pages)} Seiten: Zu einer Vorderseite "
            "fehlt die Rückseite oder umgekehrt. Bitte prüfen und gegebenenfalls neu scannen."
        )
        return list(pages), [doubt]
    middle = len(pages) // 2
    return list(chain.from_iterable(zip(pages[:middle], reversed(pages[middle:]), strict=True))), []
