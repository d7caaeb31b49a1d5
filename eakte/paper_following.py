"""Paper follows its document: noted when it is scanned, brought along when a stack is put right.

Whoever calls has asked the access door, or files by the authority of a code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.document_tables import Document
from eakte.principals import Station
from eakte.receipt_tables import PaperOriginal
from eakte.scan_tables import ScanBatch


def note_scanned(session: Session, batch: ScanBatch, document: Document) -> None:
    """Keep where the paper of a scanned document lies, where its stack said so."""
    if batch.box is None and batch.keep_paper_until is None:
        return
    known = session.exec(
        select(PaperOriginal).where(PaperOriginal.document_id == document.id, PaperOriginal.batch_id == batch.id)
    ).first()
    if known is None:
        unit_id = session.get_one(Station, batch.station_id).unit_id
        session.add(
            PaperOriginal(
                document_id=document.id,
                batch_id=batch.id,
                unit_id=unit_id,
                box=batch.box,
                keep_until=batch.keep_paper_until,
            )
        )
        session.flush()


def follow_join(session: Session, gone_id: UUID, target_id: UUID) -> None:
    """The paper of a document that was put to another is that one's now; what is said twice is said once."""
    there = {_said(paper) for paper in session.exec(_of(target_id))}
    for paper in session.exec(_of(gone_id)).all():
        if _said(paper) in there:
            session.delete(paper)
        else:
            paper.document_id = target_id
            paper.revision += 1
    session.flush()


def follow_split(session: Session, document_id: UUID, pieces: Iterable[tuple[UUID, set[UUID]]]) -> None:
    """The pieces of a document lie where it lay.

    Args:
        pieces: The document of each and the stacks its sheets are of; the document itself may be among them.
    """
    papers = session.exec(_of(document_id)).all()
    for piece_id, batch_ids in pieces:
        if piece_id == document_id:
            continue
        for paper in papers:
            if paper.batch_id is None or paper.batch_id in batch_ids:
                copied = paper.model_dump(exclude={"id", "document_id", "created_at", "revision"})
                session.add(PaperOriginal(document_id=piece_id, **copied))
    session.flush()


def put_thing(session: Session, document: Document, unit_id: str, thing: str, box: str | None) -> PaperOriginal:
    """Keep where a thing lies that could not be scanned; whoever calls has made its document."""
    paper = PaperOriginal(document_id=document.id, unit_id=unit_id, thing=thing, box=box)
    session.add(paper)
    session.flush()
    return paper


def _of(document_id: UUID) -> Any:
    return select(PaperOriginal).where(PaperOriginal.document_id == document_id).order_by(col(PaperOriginal.id))


def _said(paper: PaperOriginal) -> tuple[object, ...]:
    return tuple(paper.model_dump(exclude={"id", "document_id", "created_at", "revision"}).values())
