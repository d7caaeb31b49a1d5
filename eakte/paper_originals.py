"""Where paper lies (Papieroriginale): in which box, until when it is kept, what goes back, what was destroyed.

Nothing is destroyed or sent back by software: the unit that keeps the paper says that it did, by name and day. Its
members see what lies in their boxes; what it says, and even what it is called, only who may read the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import access, documents, places
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.clock import today
from eakte.document_tables import Document
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.principals import PrincipalKind, Station
from eakte.receipt_tables import LONGEST_BOX, LONGEST_RECIPIENT, PaperOriginal
from eakte.scan_tables import ScanBatch
from eakte.typed_lines import line_or_none

MOST_AT_ONCE = 1_000


class Due(StrEnum):
    """What is to be done with paper: it may be destroyed today, or has to go back."""

    DESTROY = "destroy"
    RETURN = "return"


@dataclass(frozen=True)
class PaperWish:
    """Where paper lies and what becomes of it."""

    box: str | None = None
    keep_until: date | None = None
    return_to: str | None = None


@dataclass(frozen=True)
class PaperLine:
    """Paper, with its document and stack as far as the actor may know of them."""

    paper: PaperOriginal
    document: Document | None
    batch: ScanBatch | None


@dataclass(frozen=True)
class BoxLine:
    """A box (Karton) and what lies in it.

    Attributes:
        box: None for what lies in none.
        destroyable: How many may be destroyed today.
        to_return: How many have to go back.
        keep_until: The last day on which something in it has to be kept.
    """

    box: str | None
    papers: int
    destroyable: int
    to_return: int
    keep_until: date | None


# -- where it lies -----------------------------------------------------------------------------------


def papers_of(session: Session, document: Document) -> list[PaperOriginal]:
    """The paper of a document the caller got through the door; nothing where nobody said where it lies."""
    wanted = select(PaperOriginal).where(PaperOriginal.document_id == document.id)
    return list(session.exec(wanted.order_by(col(PaperOriginal.id))))


def place_paper(session: Session, actor: Actor, document_id: UUID, wish: PaperWish) -> PaperOriginal:
    """Say where the paper of a document lies (needs `edit`).

    It is kept by the unit whose station scanned it, else by the actor's first.

    Raises:
        NotFound, NotPermitted: As everywhere.
        Invalid: Nothing said, or the actor belongs to no unit that could keep it.
    """
    document = access.document_for(session, actor, document_id, Right.EDIT)
    if wish == PaperWish():
        raise Invalid("Es ist nichts angegeben.", FieldProblem("/box", "Bitte Karton, Frist oder Empfänger angeben."))
    batch = _batch_of(session, document)
    keeper = actor.units[0] if actor.units else None
    if batch is not None:
        keeper = session.get_one(Station, batch.station_id).unit_id
    if keeper is None:
        raise Invalid("Sie gehören zu keiner Einheit, die Papier aufbewahren könnte.")
    paper = PaperOriginal(document_id=document.id, batch_id=None if batch is None else batch.id, unit_id=keeper)
    return _place(session, actor, paper, wish, document)


def paper_for(session: Session, actor: Actor, paper_id: UUID) -> PaperLine:
    """Paper that the actor keeps, or whose document they may read.

    Raises:
        NotFound: None such.
    """
    paper = session.get(PaperOriginal, paper_id)
    if paper is None:
        raise access.nothing_there(session, actor)
    line = _line(session, actor, paper)
    if line.document is None and paper.unit_id not in _kept_by(actor):
        raise NotFound
    return line


def change_paper(session: Session, actor: Actor, paper_id: UUID, changes: dict[str, Any]) -> PaperLine:
    """Say anew where paper lies, up to when it is kept, to whom it goes back.

    It is up to the unit that keeps it, and to whoever may change the document.

    Args:
        changes: Fields of `PaperWish`, those to change.

    Raises:
        NotFound, NotPermitted: Neither.
        Conflict: It is gone.
    """
    known = paper_for(session, actor, paper_id).paper
    places.hold(session, session.get_one(Document, known.document_id))
    line = paper_for(session, actor, paper_id)
    paper = line.paper
    if paper.unit_id not in _kept_by(actor):
        access.document_for(session, actor, paper.document_id, Right.EDIT)
    if paper.is_gone:
        raise Conflict("Dieses Papier ist nicht mehr da.")
    wish = PaperWish(**{"box": paper.box, "keep_until": paper.keep_until, "return_to": paper.return_to, **changes})
    paper.revision += 1
    _place(session, actor, paper, wish, session.get_one(Document, paper.document_id))
    return line


# -- the boxes of a unit -----------------------------------------------------------------------------


def boxes_of(session: Session, actor: Actor, unit_id: str) -> list[BoxLine]:
    """The boxes of a unit the actor belongs to, by name; what lies in none comes last.

    Raises:
        NotFound: Another unit's.
    """
    _check_keeps(actor, unit_id)
    goes_back, may_go = _goes_back(), _may_be_destroyed(today())
    counted = (
        sa.select(
            col(PaperOriginal.box),
            sa.func.count(),
            sa.func.sum(sa.case((may_go, 1), else_=0)),
            sa.func.sum(sa.case((goes_back, 1), else_=0)),
            sa.func.max(col(PaperOriginal.keep_until)),
        )
        .where(col(PaperOriginal.unit_id) == unit_id, *_still_here())
        .group_by(col(PaperOriginal.box))
    )
    lines = [
        BoxLine(box, count, int(destroy), int(back), last)
        for box, count, destroy, back, last in session.execute(counted)
    ]
    return sorted(lines, key=lambda line: (line.box is None, line.box or ""))


def list_papers(
    session: Session,
    actor: Actor,
    unit_id: str,
    *,
    box: str | None = None,
    due: Due | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[PaperLine]:
    """Paper that a unit the actor belongs to keeps, oldest first.

    Args:
        box: Only what lies there, also what is gone from it; the empty text for what lies in none.
        due: Only what may be destroyed today, or has to go back.

    Raises:
        NotFound: Another unit's.
    """
    _check_keeps(actor, unit_id)
    wanted = select(PaperOriginal).where(PaperOriginal.unit_id == unit_id)
    if box is not None:
        wanted = wanted.where(col(PaperOriginal.box) == box if box else col(PaperOriginal.box).is_(None))
    if due is Due.DESTROY:
        wanted = wanted.where(_may_be_destroyed(today()))
    if due is Due.RETURN:
        wanted = wanted.where(_goes_back())
    if box is None and due is None:
        wanted = wanted.where(*_still_here())
    if after is not None:
        wanted = wanted.where(col(PaperOriginal.id) > after)
    rows = session.exec(wanted.order_by(col(PaperOriginal.id)).limit(limit)).all()
    documents_seen = access.documents_among(session, actor, {row.document_id for row in rows})
    of_these = select(ScanBatch).where(col(ScanBatch.id).in_({row.batch_id for row in rows} - {None}))
    batches = {batch.id: batch for batch in session.exec(of_these)}
    return [
        PaperLine(row, documents_seen.get(row.document_id), None if row.batch_id is None else batches[row.batch_id])
        for row in rows
    ]


def note_returned(session: Session, actor: Actor, paper_ids: Sequence[UUID], on: date | None = None) -> int:
    """Note that originals were sent or given back; all or none.

    Raises:
        NotFound, NotPermitted: One of them is none, or another unit keeps it.
        Conflict: One does not go back, or is gone.
        Invalid: A day to come.
    """
    day = _day(on)
    papers = _kept(session, actor, paper_ids)
    for paper in papers:
        if paper.return_to is None:
            raise Conflict("Eines der Papiere geht nach den Angaben nicht zurück; bitte zuerst den Empfänger angeben.")
    for paper in papers:
        paper.returned_on = day
    return _done(session, actor, AuditTag.PAPER_RETURNED, papers, day)


def note_destroyed(session: Session, actor: Actor, paper_ids: Sequence[UUID], on: date | None = None) -> int:
    """Note that paper was destroyed; all or none.

    Raises:
        NotFound, NotPermitted: One of them is none, or another unit keeps it.
        Conflict: One has to be kept still, has no day until which, goes back, or is gone.
        Invalid: A day to come.
    """
    day = _day(on)
    papers = _kept(session, actor, paper_ids)
    for paper in papers:
        if paper.return_to is not None:
            raise Conflict("Eines der Papiere geht im Original zurück und darf nicht vernichtet werden.")
        if paper.keep_until is None:
            raise Conflict("Für eines der Papiere ist nicht festgelegt, bis wann es aufzubewahren ist.")
        if paper.keep_until >= day:
            raise Conflict(
                f"Eines der Papiere ist bis zum {paper.keep_until:%d.%m.%Y} aufzubewahren und darf nicht vernichtet "
                "werden."
            )
    for paper in papers:
        paper.destroyed_on = day
    return _done(session, actor, AuditTag.PAPER_DESTROYED, papers, day)


# -- inside ------------------------------------------------------------------------------------------


def _still_here() -> tuple[sa.ColumnElement[bool], ...]:
    return col(PaperOriginal.returned_on).is_(None), col(PaperOriginal.destroyed_on).is_(None)


def _goes_back() -> sa.ColumnElement[bool]:
    return sa.and_(col(PaperOriginal.return_to).is_not(None), *_still_here())


def _may_be_destroyed(day: date) -> sa.ColumnElement[bool]:
    return sa.and_(col(PaperOriginal.keep_until) < day, col(PaperOriginal.return_to).is_(None), *_still_here())


def _kept_by(actor: Actor) -> tuple[str, ...]:
    """The units whose boxes the actor works on."""
    return actor.inbox_units if actor.kind is PrincipalKind.PERSON else ()


def _check_keeps(actor: Actor, unit_id: str) -> None:
    if unit_id not in _kept_by(actor):
        raise NotFound


def _line(session: Session, actor: Actor, paper: PaperOriginal) -> PaperLine:
    try:
        document = access.document_for(session, actor, paper.document_id)
    except NotFound:
        document = None
    keeps = paper.unit_id in _kept_by(actor)
    batch = session.get(ScanBatch, paper.batch_id) if paper.batch_id is not None and keeps else None
    return PaperLine(paper, document, batch)


def _batch_of(session: Session, document: Document) -> ScanBatch | None:
    sheets = [sheet for version in documents.all_versions(session, document) for sheet in version.sheets]
    return session.get_one(ScanBatch, sheets[0][0]) if sheets else None


def _place(session: Session, actor: Actor, paper: PaperOriginal, wish: PaperWish, document: Document) -> PaperOriginal:
    paper.box = line_or_none(wish.box, "/box", LONGEST_BOX)
    paper.keep_until = wish.keep_until
    paper.return_to = line_or_none(wish.return_to, "/return_to", LONGEST_RECIPIENT)
    session.add(paper)
    session.flush()
    said = {"box": paper.box, "return_to": paper.return_to}
    if paper.keep_until is not None:
        said["keep_until"] = str(paper.keep_until)
    documents.note(session, actor, AuditTag.PAPER_PLACED, document, paper=str(paper.id), **said)
    return paper


def _day(on: date | None) -> date:
    if on is not None and on > today():
        raise Invalid("Der Tag liegt in der Zukunft.", FieldProblem("/on", "Bitte höchstens heute angeben."))
    return on or today()


def _kept(session: Session, actor: Actor, paper_ids: Sequence[UUID]) -> list[PaperOriginal]:
    ids = list(dict.fromkeys(paper_ids))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise Invalid(
            "Es ist nichts ausgewählt." if not ids else "Das sind zu viele auf einmal.",
            FieldProblem("/papers", f"Bitte zwischen 1 und {MOST_AT_ONCE} auswählen."),
        )
    lines = [paper_for(session, actor, id_) for id_ in ids]
    for line in lines:
        if line.paper.unit_id not in _kept_by(actor):
            raise NotPermitted("Das vermerkt nur die Einheit, die das Papier aufbewahrt.")
    places.hold(session, *(session.get_one(Document, line.paper.document_id) for line in lines))
    papers = [line.paper for line in lines]
    for paper in papers:
        if paper.is_gone:
            raise Conflict("Eines der Papiere ist nicht mehr da; bitte die Liste neu laden.")
    return papers


def _done(session: Session, actor: Actor, tag: AuditTag, papers: Sequence[PaperOriginal], day: date) -> int:
    for paper in papers:
        paper.done_by = actor.id
        paper.revision += 1
        document = session.get_one(Document, paper.document_id)
        said = {"box": paper.box, "return_to": paper.return_to, "day": str(day)}
        documents.note(session, actor, tag, document, paper=str(paper.id), **said)
    session.flush()
    return len(papers)
