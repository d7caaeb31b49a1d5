"""Neighbours in the stack (Nachbarn): what was scanned right before and right behind what waits in an inbox."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, inbox
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.document_tables import Document
from eakte.errors import NotFound
from eakte.inbox_tables import InboxItem
from eakte.scan_tables import ScanItem


@dataclass(frozen=True)
class Neighbour:
    """A document that was scanned next to another.

    Attributes:
        item: Where it waits itself; None once it is filed.
        may_join: Whether the actor may put something to it.
    """

    document: Document
    item: InboxItem | None
    may_join: bool


@dataclass(frozen=True)
class Neighbours:
    """What lay right before and right behind in the stack; None at its ends, and where the actor may not know of it."""

    previous: Neighbour | None
    next: Neighbour | None


def neighbours_of(session: Session, actor: Actor, document: Document) -> Neighbours:
    """The neighbours of a scanned document the actor has before them.

    What the actor may not know of is no neighbour, and what lies behind it is none either.
    """
    own = session.exec(select(ScanItem).where(ScanItem.document_id == document.id)).first()
    if own is None:
        return Neighbours(None, None)
    stack = select(ScanItem.document_id).where(ScanItem.batch_id == own.batch_id).order_by(col(ScanItem.position))
    ids = list(session.exec(stack))
    first = ids.index(document.id)
    last = len(ids) - 1 - ids[::-1].index(document.id)
    before = ids[first - 1] if first else None
    behind = ids[last + 1] if last + 1 < len(ids) else None
    return Neighbours(_known(session, actor, before), _known(session, actor, behind))


def _known(session: Session, actor: Actor, document_id: UUID | None) -> Neighbour | None:
    if document_id is None:
        return None
    try:
        document = access.document_for(session, actor, document_id)
    except NotFound:
        return None
    item = inbox.waiting_item(session, document)
    may_join = bool(access.rights_on(session, actor, document.access_scope_id) & Right.FILE)
    return Neighbour(document, item, may_join)
