"""The inbox: putting what waits to its neighbour, and splitting it by its pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.pages.inbox_pages import act_on, next_path
from api.pages.notices import go_to
from api.pages.visits import Posted, PostedDep
from eakte import rearranging
from eakte.errors import EakteError, FieldProblem, Invalid
from eakte.rearranging import JoinPlan, SplitPlan
from eakte.scan_origins import Cut

router = APIRouter()
Plan = TypeVar("Plan", JoinPlan, SplitPlan)


@router.post("/postkorb/{item_id}/anhaengen")
def join_item(posted: PostedDep, item_id: UUID) -> Response:
    """Put it to a neighbour and go on there, or to what waits next where the neighbour is filed already."""
    actor = posted.visit.actor

    def choose(session: Session) -> JoinPlan:
        other = posted.id("with")
        if other is None:
            raise Invalid("Es ist nichts gewählt, an das angehängt werden soll.")
        return rearranging.plan_join(session, actor, item_id, other)

    def join(session: Session, plan: JoinPlan, cuts: Sequence[Cut]) -> Response:
        document = rearranging.join_item(session, actor, plan, cuts[0])
        other = posted.id("with")
        path = next_path(session, actor, item_id) if document.id == other else f"/postkorb/{other}"
        return go_to(path, "item_joined", title=document.title, document=str(document.id))

    return _cut_and_act(posted, item_id, choose, join)


@router.post("/postkorb/{item_id}/trennen")
def split_item(posted: PostedDep, item_id: UUID) -> Response:
    """Split it where a new document begins; what stays is shown again."""
    actor = posted.visit.actor

    def choose(session: Session) -> SplitPlan:
        return rearranging.plan_split(session, actor, item_id, _beginnings(posted))

    def split(session: Session, plan: SplitPlan, cuts: Sequence[Cut]) -> Response:
        rearranging.split_document(session, actor, plan, cuts)
        return go_to(f"/postkorb/{item_id}", "item_split", count=str(len(cuts)))

    return _cut_and_act(posted, item_id, choose, split)


def _cut_and_act(
    posted: Posted,
    item_id: UUID,
    choose: Callable[[Session], Plan],
    act: Callable[[Session, Plan, Sequence[Cut]], Response],
) -> Response:
    """Cut the paper without holding the records, then write.

    A form sent twice gets its first answer, though there is nothing to prepare any more.
    """
    service = posted.visit.service
    ready: tuple[Plan, Sequence[Cut]] | EakteError
    try:
        with service.database.reading() as session:
            plan = choose(session)
        work_dir = service.settings.work_dir / "rearranging"
        ready = plan, rearranging.cut_pieces(service.blobs, service.reader, plan, work_dir)
    except EakteError as error:
        ready = error

    def write(session: Session) -> Response:
        if isinstance(ready, EakteError):
            raise ready
        return act(session, *ready)

    return act_on(posted, item_id, write)


def _beginnings(posted: Posted) -> list[int]:
    try:
        return [int(text) for text in posted.all("at")]
    except ValueError as error:
        raise Invalid("Diese Seiten gibt es nicht.", FieldProblem("/at", "Bitte die Seiten neu auswählen.")) from error
