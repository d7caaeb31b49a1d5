"""Evidence (Anhaltspunkte) for where a text belongs, looked up for nobody in particular.

Nothing found here is told to anybody: `suggestions` drops what the viewer may not file into before anything is
counted or weighed.

The weights are how often such a piece of evidence, if it stood alone and named one case file only, may be expected
to be right; what each is and why stands in `docs/scanning.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte.case_file_tables import CaseFile, Party
from eakte.clues import Clue, ClueKind
from eakte.document_tables import Document
from eakte.intake.suggestions_text import NameMention, Run, TextClues, folded_text
from eakte.letter_tables import Letter, LetterStatus
from eakte.references import reference_key

REFERENCE = 0.9
REFERENCE_WITH_SLIPS = 0.75
EXTERNAL_ID = 0.8
LONG_FIELD = 0.7
SHORT_FIELD = 0.45
NAME_AND_BIRTH_DATE = 0.85
NAME_OF_SENDER = 0.5
NAME = 0.4
ADDRESS = 0.4
OPEN_LETTER = 0.3

LONG = 7
"""Signs from which a field's value hardly stands anywhere by chance."""
COMMON = 2_000
"""What so many case files share tells nothing: a job centre that is a party everywhere."""
_AT_ONCE = 900
REFERENCE_MARK = "{Aktenzeichen}"
"""Stands in a reason for the reference of the case file it is about."""


Key = TypeVar("Key", str, UUID)


@dataclass(frozen=True)
class Evidence:
    """One reason to believe that a text belongs to a case file.

    Attributes:
        clue: What was found; all case files that share it divide its weight.
        scope_id: Under which scope the evidence itself lies, where that is not the case file's.
    """

    case_file_id: UUID
    clue: tuple[str, ...]
    weight: float
    reason: str
    scope_id: int | None = None


def find_evidence(session: Session, text: TextClues) -> list[Evidence]:
    """Everything in a text that points to a case file, in no order."""
    found = [*_of_numbers(session, text.runs), *_of_names(session, text)]
    return found + list(_of_open_letters(session, found))


# -- references, ids, fields -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hit:
    run: Run
    clue: Clue
    case_file_id: UUID
    exact: bool

    def covers(self, other: _Hit) -> bool:
        """Whether the other reading of the same place is the poorer one: it has slips, or is part of this."""
        mine, theirs = self.run, other.run
        if mine.page_number != theirs.page_number or mine.end <= theirs.start or theirs.end <= mine.start:
            return False
        if self.exact != other.exact:
            return self.exact
        return (mine.end - mine.start) > (theirs.end - theirs.start)


def _of_numbers(session: Session, runs: Sequence[Run]) -> Iterator[Evidence]:
    by_key: dict[str, list[Run]] = {}
    for run in runs:
        for _, key in run.keys:
            by_key.setdefault(key, []).append(run)
    hits: list[_Hit] = []
    for clue, printed_key in _clues_called(session, list(by_key)):
        runs_of_it = {id(run): run for run in by_key[clue.key] if (clue.kind, clue.key) in run.keys}
        for run in runs_of_it.values():
            exact = not _is_reference(clue) or reference_key(run.text) == printed_key
            hits.append(_Hit(run, clue, clue.case_file_id, exact))
    best: dict[tuple[UUID, ClueKind], Evidence] = {}
    for group in (
        [hit for hit in hits if _is_reference(hit.clue)],
        [hit for hit in hits if not _is_reference(hit.clue)],
    ):
        for hit in group:
            if any(other.covers(hit) for other in group):
                continue
            evidence = _of_hit(hit)
            kind = ClueKind.REFERENCE if _is_reference(hit.clue) else hit.clue.kind
            known = best.get((hit.case_file_id, kind))
            if known is None or known.weight < evidence.weight:
                best[hit.case_file_id, kind] = evidence
    yield from best.values()


def _is_reference(clue: Clue) -> bool:
    return clue.kind in (ClueKind.REFERENCE, ClueKind.REFERENCE_SQUEEZED)


def _clues_called(session: Session, keys: Sequence[str]) -> Iterator[tuple[Clue, str]]:
    """Clues with these keys, each with its case file's reference key; those that nearly everybody has are left out."""
    for some in _in_steps(keys):
        counted = select(Clue.key, sa.func.count()).where(col(Clue.key).in_(some)).group_by(col(Clue.key))
        rare = [key for key, count in session.exec(counted) if count <= COMMON]
        if rare:
            rows = select(Clue, CaseFile.reference_key).join(CaseFile).where(col(Clue.key).in_(rare))
            yield from session.exec(rows)


def _in_steps(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for first in range(0, len(keys), _AT_ONCE):
        yield keys[first : first + _AT_ONCE]


def _of_hit(hit: _Hit) -> Evidence:
    page = f"Seite {hit.run.page_number}"
    clue, signs = hit.clue, len(hit.clue.key)
    if _is_reference(clue):
        weight = REFERENCE if hit.exact else REFERENCE_WITH_SLIPS
        read = "im Text" if hit.exact else f"im Text (gelesen als „{hit.run.text}“)"
        return Evidence(hit.case_file_id, ("reference",), weight, f"Aktenzeichen {REFERENCE_MARK} {read}, {page}")
    if clue.kind is ClueKind.EXTERNAL_ID:
        return Evidence(
            hit.case_file_id, ("external", clue.key), EXTERNAL_ID, f"Kennung „{hit.run.text}“ im Text, {page}"
        )
    label = clue.label.replace("_", " ").strip()
    weight = LONG_FIELD if signs >= LONG else SHORT_FIELD
    return Evidence(
        hit.case_file_id, ("field", clue.key), weight, f"{label[:1].upper()}{label[1:]} „{hit.run.text}“, {page}"
    )


# -- people ------------------------------------------------------------------------------------------


_NAMESAKES = (
    sa.select(
        *(col(Party.case_file_id), col(Party.name), col(Party.name_key), col(Party.birth_date)),
        *(col(Party.address), col(Party.protected)),
    )
    .where(col(Party.name_key) == sa.bindparam("key"))
    .limit(COMMON + 1)
)


@dataclass(frozen=True)
class _PartyFound:
    case_file_id: UUID
    name: str
    name_key: str
    birth_date: date | None
    address: dict[str, str] | None
    protected: bool


def _of_names(session: Session, text: TextClues) -> Iterator[Evidence]:
    for party in _parties_called(session, list(text.names)):
        mentions = text.names[party.name_key]
        evidence = _of_party(party, mentions, text)
        if evidence is None:
            continue
        yield evidence
        if _address_stands_in(party, text):
            yield replace(
                evidence, clue=("address", party.name_key), weight=ADDRESS, reason=f"Anschrift von {party.name}"
            )


def _parties_called(session: Session, keys: Sequence[str]) -> Iterator[_PartyFound]:
    """Parties with these names, name by name; names that nearly everybody has are left out."""
    known: list[str] = []
    for some in _in_steps(keys):
        known += session.exec(select(Party.name_key).where(col(Party.name_key).in_(some)).distinct())
    for key in known:
        rows = session.execute(_NAMESAKES, {"key": key}).all()
        if len(rows) <= COMMON:
            yield from (_PartyFound(*row) for row in rows)


def _of_party(party: _PartyFound, mentions: Sequence[NameMention], text: TextClues) -> Evidence | None:
    """What the name says for a party; None where the day of birth written behind it is another's."""
    if party.birth_date is not None and party.birth_date in text.days:
        return Evidence(
            party.case_file_id,
            ("person", party.name_key, party.birth_date.isoformat()),
            NAME_AND_BIRTH_DATE,
            f"Name und Geburtsdatum von {party.name}",
        )
    if party.birth_date is not None and any(mention.born_on is not None for mention in mentions):
        return None
    page = f"Seite {mentions[0].page_number}"
    if any(mention.is_sender for mention in mentions):
        return Evidence(
            party.case_file_id, ("name", party.name_key), NAME_OF_SENDER, f"{party.name} als Absender, {page}"
        )
    return Evidence(party.case_file_id, ("name", party.name_key), NAME, f"Name von {party.name}, {page}")


def _address_stands_in(party: _PartyFound, text: TextClues) -> bool:
    """Whether the street of a party stands in the text; a protected address is never compared."""
    address = {} if party.protected or party.address is None else party.address
    street = address.get("street") or address.get("text", "").replace("\n", ",").partition(",")[0]
    folded = folded_text(street)
    return any(sign.isdigit() for sign in street) and len(folded) >= 8 and folded in text.folded


# -- letters -----------------------------------------------------------------------------------------


_OPEN_LETTERS = (
    sa.select(
        *(col(Letter.case_file_id), col(Letter.posted_on)),
        *(col(Party.name), col(Party.name_key), col(Document.access_scope_id)),
    )
    .join(Party, col(Party.id) == col(Letter.recipient_id))
    .join(Document, col(Document.id) == col(Letter.document_id))
    .where(
        col(Letter.status) == LetterStatus.POSTED,
        col(Letter.answered_on).is_(None),
        col(Document.withdrawn_at).is_(None),
    )
    .order_by(col(Letter.posted_on).desc(), col(Letter.id))
)


def _of_open_letters(session: Session, found: Iterable[Evidence]) -> Iterator[Evidence]:
    """Letters posted to somebody who is named and not answered yet."""
    named = {(one.case_file_id, one.clue[1]) for one in found if one.clue[0] in ("person", "name")}
    told: set[UUID] = set()
    for case_file_ids in _in_steps(sorted({id_ for id_, _ in named})):
        rows = session.execute(_OPEN_LETTERS.where(col(Letter.case_file_id).in_(case_file_ids)))
        for case_file_id, posted_on, name, name_key, scope_id in rows:
            if (case_file_id, name_key) in named and case_file_id not in told and posted_on is not None:
                told.add(case_file_id)
                reason = f"unbeantwortetes Schreiben vom {posted_on:%d.%m.%Y} an {name}"
                yield Evidence(case_file_id, ("letter", name_key), OPEN_LETTER, reason, scope_id)
