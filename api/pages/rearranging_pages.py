"""The inbox: putting what waits to its neighbour, and splitting it by its pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages.inbox_pages import act_on, next_path
from api.pages.notices import go_to
from api.pages.visits import Posted, PostedDep
from eakte import rearranging
from eakte.errors import EakteError, FieldProblem, Invalid
from eakte.ports import BlobStore, PaperReader

router = APIRouter()
Prepared = TypeVar("Prepared")


@router.post("/postkorb/{item_id}/anhaengen")
def join_item(posted: PostedDep, item_id: UUID) -> Response:
    """Put it to a neighbour and go on there, or to what waits next where the neighbour is filed already."""
    actor = posted.visit.actor

    def prepare(session: Session, blobs: BlobStore, reader: PaperReader, work_dir: Path) -> rearranging.PreparedJoin:
        other = posted.id("with")
        if other is None:
            raise Invalid("Es ist nichts gewählt, an das angehängt werden soll.")
        return rearranging.prepare_join(session, blobs, reader, actor, item_id, other, work_dir)

    def join(session: Session, prepared: rearranging.PreparedJoin) -> Response:
        document = rearranging.join_item(session, actor, prepared)
        other = posted.id("with")
        path = next_path(session, actor, item_id) if document.id == other else f"/postkorb/{other}"
        return go_to(path, "item_joined", title=document.title, document=str(document.id))

    return _prepare_and_act(posted, item_id, prepare, join)


@router.post("/postkorb/{item_id}/trennen")
def split_item(posted: PostedDep, item_id: UUID) -> Response:
    """Split it where a new document begins; what stays is shown again."""
    actor = posted.visit.actor

    def prepare(session: Session, blobs: BlobStore, reader: PaperReader, work_dir: Path) -> rearranging.PreparedSplit:
        return rearranging.prepare_split(session, blobs, reader, actor, item_id, _beginnings(posted), work_dir)

    def split(session: Session, prepared: rearranging.PreparedSplit) -> Response:
        rearranging.split_document(session, actor, prepared)
        return go_to(f"/postkorb/{item_id}", "item_split", count=str(len(prepared.cuts)))

    return _prepare_and_act(posted, item_id, prepare, split)


def _prepare_and_act(
    posted: Posted,
    item_id: UUID,
    prepare: Callable[[Session, BlobStore, PaperReader, Path], Prepared],
    act: Callable[[Session, Prepared], Response],
) -> Response:
    """Cut the paper without holding the records, then write.

    A form sent twice gets its first answer, though there is nothing to prepare any more.
    """
    service = posted.visit.service
    prepared: Prepared | EakteError
    try:
        with service.database.reading() as session:
            prepared = prepare(session, service.blobs, service.reader, service.settings.work_dir / "rearranging")
    except EakteError as error:
        prepared = error

    def write(session: Session) -> Response:
        if isinstance(prepared, EakteError):
            raise prepared
        return act(session, prepared)

    return act_on(posted, item_id, write)


def _beginnings(posted: Posted) -> list[int]:
    try:
        return [int(text) for text in posted.all("at")]
    except ValueError as error:
        raise Invalid("Diese Seiten gibt es nicht.", FieldProblem("/at", "Bitte die Seiten neu auswählen.")) from error
