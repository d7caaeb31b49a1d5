"""Decide where a document from a stack belongs: filed by itself only when everything agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.cover_sheet_tables import CoverSheet
from eakte.cover_sheets_scanned import decide_cover
from eakte.document_tables import Document
from eakte.intake.splitting import Segment
from eakte.letter_tables import Letter, LetterStatus
from eakte.scan_tables import ScannedAnswer

WITHOUT_CODE = "Kein Antwortcode gefunden."
"""The reason of what waits only because nothing on it says where it belongs."""


@dataclass(frozen=True)
class Completeness:
    """Which sheets of the letter came back (RESISCAN A.DV.2); all numbers from 1."""

    expected: tuple[int, ...]
    found: tuple[int, ...]
    own: tuple[int, ...] = ()
    """Sheets of ours that carry a code and are not expected back."""

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(sheet for sheet in self.expected if sheet not in self.found)

    @property
    def doubled(self) -> tuple[int, ...]:
        return tuple(sorted({sheet for sheet in self.found if self.found.count(sheet) > 1}))

    @property
    def unexpected(self) -> tuple[int, ...]:
        return tuple(sorted(set(self.found) - set(self.expected) - set(self.own)))

    @property
    def answer(self) -> ScannedAnswer:
        """What the sheets mean, if nothing else stands against them.

        The whole letter came back when every sheet with a code did, and some of them nobody expected. Where all
        sheets are expected back, an undelivered letter cannot be told from its answer.
        """
        if self.own and {*self.expected, *self.own} <= set(self.found):
            return ScannedAnswer.UNDELIVERABLE
        if self.missing:
            return ScannedAnswer.PARTIAL
        return ScannedAnswer.COPY if set(self.own) & set(self.found) else ScannedAnswer.ANSWER

    def to_row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "expected": list(self.expected),
            "found": list(self.found),
            "missing": list(self.missing),
            "doubled": list(self.doubled),
            "complete": not (self.missing or self.doubled or self.unexpected),
        }


@dataclass(frozen=True)
class Decision:
    """Where a document goes.

    Attributes:
        letter, case_file: What its code names; None without a code of an existing letter.
        cover: The cover sheet it lay under.
        reasons: Why it waits for a person; empty: it files itself as the answer to the letter.
    """

    letter: Letter | None
    case_file: CaseFile | None
    completeness: Completeness | None
    reasons: tuple[str, ...]
    cover: CoverSheet | None = None
    only_part: bool = False
    """Nothing stands against it but that sheets are missing."""

    @property
    def answer(self) -> ScannedAnswer | None:
        return None if self.completeness is None else self.completeness.answer

    @property
    def files_itself(self) -> bool:
        return (self.letter is not None or self.cover is not None) and not self.reasons


def case_files_named(session: Session, segments: Sequence[Segment]) -> list[CaseFile]:
    """The case files that the codes and cover sheets of these name, without touching their letters yet."""
    code_ids = [segment.code_id for segment in segments if segment.code_id is not None]
    cover_ids = [segment.cover_id for segment in segments if segment.cover_id is not None]
    by_letter = select(Letter.case_file_id).where(col(Letter.code_id).in_(code_ids))
    by_cover = select(CoverSheet.case_file_id).where(col(CoverSheet.code_id).in_(cover_ids))
    named = col(CaseFile.id).in_(by_letter) | col(CaseFile.id).in_(by_cover)
    return list(session.exec(select(CaseFile).where(named)))


def decide(session: Session, segment: Segment) -> Decision:
    """Match a document with the letter its code names, or with the cover sheet it lay under."""
    if segment.cover_id is not None:
        led = decide_cover(session, segment.cover_id)
        return Decision(None, led.case_file, None, (*segment.doubts, *led.reasons), led.sheet)
    if segment.code_id is None:
        return Decision(None, None, None, segment.doubts or (WITHOUT_CODE,))
    letter = session.exec(select(Letter).where(Letter.code_id == segment.code_id).with_for_update()).first()
    if letter is None:
        return Decision(
            None, None, None, (*segment.doubts, "Der Antwortcode ist gültig, aber das Schreiben gibt es hier nicht.")
        )
    case_file = session.get_one(CaseFile, letter.case_file_id)
    completeness = Completeness(tuple(letter.answer_sheets), segment.sheets, tuple(letter.own_sheets))
    objections = [*segment.doubts, *objections_to(session, letter, case_file, completeness)]
    missing = []
    if completeness.answer is ScannedAnswer.PARTIAL:
        missing = [f"Es fehlt {sheets_named(completeness.missing)} von {len(completeness.expected)}."]
    reasons = (*objections, *missing)
    return Decision(letter, case_file, completeness, reasons, only_part=bool(missing) and not objections)


def objections_to(session: Session, letter: Letter, case_file: CaseFile, completeness: Completeness) -> list[str]:
    """What stands against filing these sheets as an answer by themselves, besides that some are missing."""
    objections = _objections(letter, case_file, completeness)
    if session.get_one(Document, letter.document_id).withdrawn_at is not None:
        objections.append("Das Schreiben wurde aus der Akte zurückgezogen.")
    return objections


def _objections(letter: Letter, case_file: CaseFile, completeness: Completeness) -> list[str]:
    objections = []
    if letter.status is LetterStatus.CANCELLED:
        objections.append("Das Schreiben wurde storniert.")
    if letter.answered_on is not None:
        objections.append("Auf dieses Schreiben liegt schon eine Antwort vor.")
    if case_file.status is CaseFileStatus.COMPLETED:
        objections.append("Die Akte ist abgeschlossen.")
    if letter.returned_on is not None and completeness.answer is ScannedAnswer.UNDELIVERABLE:
        objections.append(f"Das Schreiben kam schon am {letter.returned_on:%d.%m.%Y} unzustellbar zurück.")
    if completeness.doubled:
        objections.append(f"Doppelt: {sheets_named(completeness.doubled)}.")
    if completeness.unexpected:
        objections.append(f"Nicht zurückerwartet: {sheets_named(completeness.unexpected)}.")
    return objections


def sheets_named(numbers: Sequence[int]) -> str:
    """As in "Blatt 2, 3"."""
    return "Blatt " + ", ".join(str(number) for number in numbers)
