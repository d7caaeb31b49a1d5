"""Split a stack of pages into documents (Vereinzelung): pure, and the first guard against misfiling.

A separator ends an envelope. A page with the return code of another letter starts a document. **An uncoded page
never files itself**: it goes with the coded answer only inside an envelope that separators close on both sides and
that holds the answer to one letter alone; otherwise it becomes a document of its own for the inbox, beside its
neighbours. A cover sheet steers the uncoded pages behind it, up to the next separator or cover sheet or the end of the
file: whoever laid it there said so of the whole pile. Blank backs stay with the page before them, a separator's or
cover sheet's blank back with that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from eakte import cover_sheet_codes, return_codes, separators
from eakte.cover_sheet_codes import CoverCode
from eakte.paper import PageReading
from eakte.return_codes import RefusedCode, ReturnCode


@dataclass(frozen=True)
class StackPage:
    """One page of the stack with what its codes mean.

    Attributes:
        returns: Our accepted return codes on it, each once.
        code_texts: What they say, as printed.
        refused: Texts that look like ours but whose check is wrong.
        covers: Ids of our cover sheets whose code stands on it, each once.
    """

    file_index: int
    reading: PageReading
    separator: bool
    returns: tuple[ReturnCode, ...]
    code_texts: tuple[str, ...]
    refused: tuple[str, ...]
    covers: tuple[str, ...] = ()

    @property
    def code_id(self) -> str | None:
        """The letter this page answers, when its codes agree on one."""
        ids = {code.code_id for code in self.returns}
        return ids.pop() if len(ids) == 1 and not self.covers else None

    @property
    def cover_id(self) -> str | None:
        """The cover sheet this page is, when its codes agree on one."""
        return self.covers[0] if len(self.covers) == 1 and not self.returns and not self.refused else None

    @property
    def uncoded(self) -> bool:
        """No trace of a code of ours, so that it may accompany an answer."""
        return not self.returns and not self.refused and not self.covers

    @property
    def border(self) -> bool:
        """Whether it ends what lies before it and is no page of a document itself."""
        return self.separator or self.cover_id is not None

    @property
    def empty(self) -> bool:
        """Nothing at all stands on it, so that it says nothing about where it belongs."""
        return self.uncoded and self.reading.blank


@dataclass(frozen=True)
class Segment:
    """Pages that make one document.

    Attributes:
        code_id: The letter it answers; None for the inbox.
        doubts: Why a person must look, for a clerk; none for a clean answer.
        cover_id: The cover sheet it lay under.
    """

    pages: tuple[StackPage, ...]
    code_id: str | None
    doubts: tuple[str, ...] = field(default=())
    cover_id: str | None = None

    @property
    def sheets(self) -> tuple[int, ...]:
        """Numbers of the letter's sheets found, in the order of the pages; doubles stay."""
        return tuple(code.sheet for page in self.pages for code in page.returns if code.code_id == self.code_id)


def read_page(file_index: int, reading: PageReading, key: bytes) -> StackPage:
    """Say what the codes of a page mean to this installation."""
    returns: dict[ReturnCode, str] = {}
    refused: dict[str, None] = {}
    covers: dict[str, None] = {}
    for code in reading.codes:
        meaning = return_codes.read(code.text, key) or cover_sheet_codes.read(code.text, key)
        if isinstance(meaning, ReturnCode):
            returns[meaning] = code.text
        elif isinstance(meaning, CoverCode):
            covers[meaning.code_id] = None
        elif isinstance(meaning, RefusedCode):
            refused[meaning.text] = None
    is_separator = any(separators.is_separator(code) for code in reading.codes) and not returns and not covers
    doubtful = () if returns or covers else tuple(refused)
    return StackPage(
        file_index, reading, is_separator, tuple(returns), tuple(returns.values()), doubtful, tuple(covers)
    )


def split(pages: Sequence[StackPage], *, ends_are_borders: bool = False) -> list[Segment]:
    """Split a stack, in its order.

    An envelope lies between two separators. The ends of the stack are none by themselves: a scan may begin in the
    middle of an envelope after a paper jam. A file's end ends a document, but says nothing about the envelope.

    Args:
        ends_are_borders: The delivery says that the stack begins and ends with a whole envelope.

    Returns:
        Separators belong to no document, nor does an envelope between or behind them without any ink (scanned
        from both sides, a separator has a blank back); every other page to exactly one. Sheets of one letter that
        lie scattered over the stack are one document, where the first of them lies.
    """
    segments: list[Segment] = []
    for first, last in _between_borders(pages):
        before = pages[first - 1] if first else None
        if before is not None and before.cover_id is not None and before.file_index == pages[first].file_index:
            segments += _split_under_cover(pages[first : last + 1], before.cover_id)
            continue
        opened = ends_are_borders if before is None else before.separator
        closed = pages[last + 1].border if last + 1 < len(pages) else ends_are_borders
        segments += _split_envelope(pages[first : last + 1], opened=opened, closed=closed)
    return _united(segments)


def _between_borders(pages: Sequence[StackPage]) -> Iterator[tuple[int, int]]:
    """First and last index of each run of pages that no separator, cover sheet or file's end parts."""
    first: int | None = None
    for index, page in enumerate(pages):
        if page.border:
            first = None
            continue
        first = index if first is None else first
        following = pages[index + 1] if index + 1 < len(pages) else None
        if following is None or following.border or following.file_index != page.file_index:
            yield first, index
            first = None


def _split_envelope(pages: Sequence[StackPage], *, opened: bool, closed: bool) -> list[Segment]:
    """The documents of what lies between two borders; an envelope only where separators stand on both sides."""
    if opened and all(page.empty for page in pages):
        return []
    letters = {code.code_id for page in pages for code in page.returns}
    clean = all(page.uncoded or page.code_id is not None for page in pages)
    if opened and closed and len(letters) <= 1 and clean:
        return [_segment(pages, next(iter(letters), None))]
    return [_segment(run, _first_with_ink(run).code_id) for run in _runs(pages)]


def _split_under_cover(pages: Sequence[StackPage], cover_id: str) -> list[Segment]:
    """The document behind a cover sheet, up to the next border or the end of the file.

    Where a sheet of a letter lies among its pages, one was laid in wrongly or a separator is missing: the letter's
    sheets go their way, the rest to a person.
    """
    inside = pages[1:] if pages[0].empty else pages  # scanned from both sides, the cover sheet has a blank back
    if all(page.empty for page in inside):
        return []
    if all(page.uncoded for page in inside):
        return [replace(_segment(inside, None), cover_id=cover_id)]
    doubt = "Hinter dem Deckblatt liegt auch ein Blatt mit einem anderen Code."
    return [
        segment if segment.code_id is not None else replace(segment, cover_id=cover_id, doubts=(*segment.doubts, doubt))
        for segment in (_segment(run, _first_with_ink(run).code_id) for run in _runs(inside))
    ]


def _united(segments: Sequence[Segment]) -> list[Segment]:
    """Put the sheets of each letter together, wherever they lay; not where a sheet came twice.

    Each sheet names its letter itself, so nothing between them matters. Of a sheet that came twice nobody knows
    which belongs to which others: a person looks.
    """
    united: list[Segment] = []
    for segment in segments:
        parts = [other for other in segments if segment.code_id is not None and other.code_id == segment.code_id]
        sheets = [sheet for part in parts for sheet in part.sheets]
        if len(parts) < 2 or len(set(sheets)) < len(sheets):
            united.append(segment)
        elif parts[0] is segment:
            together = in_order([page for part in parts for page in part.pages], segment.code_id)
            doubts = tuple(dict.fromkeys(doubt for part in parts for doubt in part.doubts))
            united.append(Segment(tuple(together), segment.code_id, doubts))
    return united


def _runs(pages: Sequence[StackPage]) -> list[list[StackPage]]:
    """Neighbouring pages of the same letter, or without any.

    An empty page stays with the one before it; before all others, with the one behind it.
    """
    runs: list[list[StackPage]] = []
    for page in pages:
        if runs and (page.empty or _same(_first_with_ink(runs[-1]), page)):
            runs[-1].append(page)
        else:
            runs.append([page])
    return runs


def _first_with_ink(run: Sequence[StackPage]) -> StackPage:
    return next((page for page in run if not page.empty), run[0])


def _same(first: StackPage, page: StackPage) -> bool:
    if first.empty:
        return True
    if first.uncoded or page.uncoded:
        return first.uncoded and page.uncoded
    return first.code_id is not None and first.code_id == page.code_id


def _segment(pages: Sequence[StackPage], code_id: str | None) -> Segment:
    doubts = []
    if any(len({code.code_id for code in page.returns}) > 1 for page in pages):
        doubts.append("Auf einer Seite stehen Antwortcodes verschiedener Schreiben.")
    if any(page.covers for page in pages):
        doubts.append("Auf einer Seite stehen der Code eines Deckblatts und noch ein anderer.")
    if any(page.refused for page in pages):
        doubts.append("Ein Antwort- oder Deckblattcode ist beschädigt oder stammt nicht aus diesem System.")
    doubts += [f"Seite {page.reading.page_number}: {page.reading.problem}" for page in pages if page.reading.problem]
    return Segment(tuple(in_order(pages, code_id)), code_id, tuple(doubts))


def in_order(pages: Sequence[StackPage], code_id: str | None) -> list[StackPage]:
    """The letter's sheets by their number, each with the blank back that follows it, then the enclosures."""
    if code_id is None:
        return list(pages)
    leaves: list[list[StackPage]] = []
    for page in pages:
        if leaves and page.empty:
            leaves[-1].append(page)
        else:
            leaves.append([page])
    coded = [leaf for leaf in leaves if leaf[0].code_id == code_id]
    enclosed = [leaf for leaf in leaves if leaf[0].code_id != code_id]
    coded.sort(key=lambda leaf: min(code.sheet for code in leaf[0].returns))
    return [page for leaf in (*coded, *enclosed) for page in leaf]
