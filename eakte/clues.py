"""What on a paper points to a case file (Hinweise): its reference, a specialist system's id, a telling field.

Kept per case file as keys that survive spelling and the usual slips of recognition, so that whatever stands on a
page is looked up in one index. The keys are derived; who may see what they point to is asked where they are used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from eakte.case_file_tables import CaseFile, ExternalReference
from eakte.columns import fixed_words

LONGEST_KEY = 80
FEWEST_SIGNS = 5
FEWEST_DIGITS = 3
"""Ids and fields shorter than these are no clue: they stand on every page by chance."""

_PART = re.compile(r"[^\W_]+")
_CONFUSED = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1", "s": "5", "b": "8"})
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class ClueKind(StrEnum):
    """What a clue is; a reference has two keys, by its parts and without any separator."""

    REFERENCE = "reference"
    REFERENCE_SQUEEZED = "squeezed"
    EXTERNAL_ID = "external"
    FIELD = "field"


class Clue(SQLModel, table=True):
    """One key that points to a case file; several may share one."""

    __tablename__ = "case_file_clue"
    __table_args__ = (sa.Index("ix_case_file_clue_key", "key", "kind"),)
    case_file_id: UUID = Field(primary_key=True, foreign_key="case_file.id")
    kind: ClueKind = Field(primary_key=True, sa_type=fixed_words(ClueKind, "kind"))
    key: str = Field(primary_key=True, max_length=LONGEST_KEY)
    label: str = ""
    """Name of the field, or of the specialist system."""


@dataclass(frozen=True)
class ClueKey:
    """A key before it is kept."""

    kind: ClueKind
    key: str
    label: str = ""


def confused(text: str) -> str:
    """The text as it looks to a bad eye: O is 0, l and I and | are 1, S is 5, B is 8; case does not count."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED).translate(_CONFUSED)


def spelled_key(text: str) -> str:
    """The parts of a reference without separators and leading zeros, `11.20/2O26/042` → `11/20/2026/42`."""
    parts = _PART.findall(confused(text))
    return "/".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in parts)


def squeezed_key(text: str) -> str:
    """Letters and digits only, `11.20/2026-00042` → `1120202600042`: lost and foreign separators do not count."""
    return "".join(_PART.findall(confused(text)))


def is_telling(text: str) -> bool:
    """Whether an id or a field's value is long enough to be no chance when it stands on a page."""
    key = squeezed_key(text)
    return FEWEST_SIGNS <= len(key) <= LONGEST_KEY and sum(sign.isdigit() for sign in text) >= FEWEST_DIGITS


def clues_changed(session: Session, case_file: CaseFile) -> None:
    """Bring the clues of a case file in line with its reference, fields and ids."""
    wanted = {(clue.kind, clue.key): clue for clue in _clues_of(session, case_file)}
    there = session.exec(select(Clue).where(Clue.case_file_id == case_file.id)).all()
    for row in there:
        clue = wanted.pop((row.kind, row.key), None)
        if clue is None:
            session.delete(row)
        else:
            row.label = clue.label
    session.add_all(
        Clue(case_file_id=case_file.id, kind=clue.kind, key=clue.key, label=clue.label) for clue in wanted.values()
    )
    session.flush()


def _clues_of(session: Session, case_file: CaseFile) -> Iterator[ClueKey]:
    ids = select(ExternalReference).where(ExternalReference.case_file_id == case_file.id)
    known = session.exec(ids.order_by(col(ExternalReference.system_id)))
    yield from reference_clues(case_file.reference)
    for row in known:
        if is_telling(row.external_id):
            yield ClueKey(ClueKind.EXTERNAL_ID, squeezed_key(row.external_id), row.system_id)
    for name, value in case_file.fields.items():
        if _may_tell(value) and is_telling(str(value)):
            yield ClueKey(ClueKind.FIELD, squeezed_key(str(value)), name)


def reference_clues(reference: str) -> Iterator[ClueKey]:
    """The two keys of a reference."""
    yield ClueKey(ClueKind.REFERENCE, spelled_key(reference)[:LONGEST_KEY])
    yield ClueKey(ClueKind.REFERENCE_SQUEEZED, squeezed_key(reference)[:LONGEST_KEY])


def _may_tell(value: object) -> bool:
    """Texts and whole numbers; dates stand on every page."""
    if isinstance(value, str):
        return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is None
    return isinstance(value, int) and not isinstance(value, bool)
