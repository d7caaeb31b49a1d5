"""Suggestions (Vorschläge) for what waits in an inbox without a code: where it probably belongs, and why.

Worked out anew for whoever looks, from the recognised text. Only case files that the viewer may file into take part,
from the first count on: a hidden namesake neither appears nor lowers the score of the one that is seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, documents
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, Page
from eakte.intake.suggestions_evidence import REFERENCE_MARK, Evidence, find_evidence
from eakte.intake.suggestions_text import MOST_PAGES, TextClues, read_text

MOST_SHOWN = 5
LEAST_SCORE = 0.05
SUREST = 0.99
"""Nothing that was read from paper is certain."""


@dataclass(frozen=True)
class Suggestion:
    """A case file that what waits may belong to.

    Attributes:
        score: From 0 to 1: how likely it is, by what was found.
        reasons: The evidence in words for a clerk, weightiest first.
    """

    case_file: CaseFile
    score: float
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return "; ".join(self.reasons)


def suggest(session: Session, actor: Actor, document: Document, *, limit: int = MOST_SHOWN) -> list[Suggestion]:
    """Case files the actor may file what waits into, likeliest first; none while its text is not recognised.

    The caller has got the document through the access door.
    """
    evidence = find_evidence(session, text_of(session, document))
    if not evidence:
        return []
    case_files = _case_files(session, {one.case_file_id for one in evidence})
    may_file, may_read = access.scopes_with(session, actor, Right.FILE), access.scopes_with(session, actor)
    open_to_actor = {id_: row for id_, row in case_files.items() if row.access_scope_id in may_file}
    told = [
        one
        for one in evidence
        if one.case_file_id in open_to_actor and (one.scope_id is None or one.scope_id in may_read)
    ]
    return weigh(open_to_actor, told)[:limit]


def suggest_to_nobody(session: Session, document: Document) -> list[Suggestion]:
    """As `suggest`, over all case files: for deciding, never for showing."""
    evidence = find_evidence(session, text_of(session, document))
    return weigh(_case_files(session, {one.case_file_id for one in evidence}), evidence)


def text_of(session: Session, document: Document) -> TextClues:
    """What the recognised pages of the newest version say."""
    version = documents.newest_version(session, document)
    pages = select(Page.text).where(Page.version_id == version.id, col(Page.page_number) <= MOST_PAGES)
    return read_text(session.exec(pages.order_by(col(Page.page_number))).all())


def weigh(case_files: dict[UUID, CaseFile], evidence: Sequence[Evidence]) -> list[Suggestion]:
    """Put evidence together: what several case files share is divided among them, independent pieces add up.

    The score is 1 - (1 - w1)(1 - w2)…: each piece takes away a part of the doubt that the others left.
    """
    sharing: dict[tuple[str, ...], set[UUID]] = {}
    for one in evidence:
        sharing.setdefault(one.clue, set()).add(one.case_file_id)
    doubts: dict[UUID, float] = {}
    reasons: dict[UUID, dict[str, float]] = {}
    for one in _weightiest(evidence):
        weight = one.weight / len(sharing[one.clue])
        doubts[one.case_file_id] = doubts.get(one.case_file_id, 1.0) * (1 - weight)
        reason = one.reason.replace(REFERENCE_MARK, case_files[one.case_file_id].reference)
        reasons.setdefault(one.case_file_id, {})[reason] = weight
    suggestions = [
        Suggestion(
            case_files[id_],
            round(min(1 - doubt, SUREST), 2),
            tuple(sorted(reasons[id_], key=lambda reason: -reasons[id_][reason])),
        )
        for id_, doubt in doubts.items()
    ]
    kept = [one for one in suggestions if one.score >= LEAST_SCORE]
    return sorted(kept, key=lambda one: (-one.score, one.case_file.reference_sort))


def _weightiest(evidence: Iterable[Evidence]) -> list[Evidence]:
    """One piece of each kind and person for each case file: a name does not count twice because two share it."""
    best: dict[tuple[UUID, tuple[str, ...]], Evidence] = {}
    for one in evidence:
        key = (one.case_file_id, one.clue)
        if key not in best or best[key].weight < one.weight:
            best[key] = one
    return list(best.values())


def _case_files(session: Session, ids: Collection[UUID]) -> dict[UUID, CaseFile]:
    rows = session.exec(select(CaseFile).where(col(CaseFile.id).in_(ids)))
    return {row.id: row for row in rows}
