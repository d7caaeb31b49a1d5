"""Reading the audit trail of one object: for the data protection officer, and for whoever leads the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, nodes
from eakte.access_tables import Right
from eakte.actors import DPO, Actor
from eakte.audit import AuditEvent, AuditTag
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.document_tables import Document
from eakte.errors import NotFound
from eakte.inbox_tables import InboxItem
from eakte.letter_tables import Letter
from eakte.nodes import Node

NEWEST_EVENTS = 1_000
_CONTENT = frozenset({"title", "query", "before"})
"""Details that tell what stands in a file: nothing for somebody who sees the trail only."""
_SCOPE = "scope"
"""The scope a document fell under then: decides who sees events on what has left the case file since."""


@dataclass(frozen=True)
class TrailEvent:
    """An event as its reader may know it.

    Attributes:
        details: What else belongs to it; empty once erased by rule.
    """

    number: int
    at: datetime
    actor_id: str
    tag: str
    object_kind: str
    object_id: str
    details: dict[str, Any]
    hash: str


def require_officer(actor: Actor) -> None:
    """Insist on the role of the data protection officer; for everybody else there is no such desk.

    Raises:
        NotFound: Somebody else.
    """
    if not actor.has_role(DPO):
        raise NotFound


def trail_of(session: Session, actor: Actor, object_id: str) -> list[TrailEvent]:
    """The newest events on a case file (with everything in it), document or letter, oldest first.

    Also on what `nodes.parse` understands: a case file by its reference, or what was granted on a filing plan entry.

    Whoever leads the file sees no events on what they may not know of in it. The data protection officer sees all
    events, without the details that tell content. Reading the trail enters it.

    Raises:
        NotFound: Nothing of that id, or not for this actor; needs `share`, or the role `dpo`.
    """
    is_officer = actor.has_role(DPO)
    try:
        id_ = UUID(object_id)
    except ValueError:
        return _trail_of_node(session, actor, nodes.parse(session, object_id))
    if not is_officer:
        _require_leading(session, actor, id_)
    about = col(AuditEvent.object_id).in_(_names_of(session, id_)) | (col(AuditEvent.case_file_id) == id_)
    events = session.exec(
        select(AuditEvent).where(about).order_by(col(AuditEvent.number).desc()).limit(NEWEST_EVENTS)
    ).all()
    if not events:
        raise NotFound
    may_read: dict[int | None, bool] = {None: False}
    told: list[TrailEvent] = []
    for event in reversed(events):
        details: dict[str, Any] = json.loads(event.payload) if event.payload is not None else {}
        if not is_officer and event.object_id != str(id_):
            scope_id = _scope_of(session, id_, event.object_kind, event.object_id, details)
            if scope_id not in may_read:
                may_read[scope_id] = bool(access.rights_on(session, actor, scope_id or 0) & Right.READ)
            if not may_read[scope_id]:
                continue
        told.append(_told(event, {_SCOPE, *(_CONTENT if is_officer else ())}))
    _note(session, actor, id_)
    return told


def _names_of(session: Session, id_: UUID) -> list[str]:
    """The ids under which events tell of a thing: of a document also as the letter it is and as what waited."""
    letters = session.exec(select(Letter.id).where(Letter.document_id == id_)).all()
    items = session.exec(select(InboxItem.id).where(InboxItem.document_id == id_)).all()
    return [str(name) for name in (id_, *letters, *items)]


def _trail_of_node(session: Session, actor: Actor, node: Node) -> list[TrailEvent]:
    if node.section is None and not node.is_of_plan:
        return trail_of(session, actor, node.id)
    if not actor.has_role(DPO):
        nodes.require(session, actor, node, Right.SHARE)
    about = (AuditEvent.object_kind == node.kind.value) & (AuditEvent.object_id == node.key)
    newest = select(AuditEvent).where(about).order_by(col(AuditEvent.number).desc()).limit(NEWEST_EVENTS)
    events = session.exec(newest).all()
    _note(session, actor, node.key)
    return [_told(event, {_SCOPE, *_CONTENT}) for event in reversed(events)]


def _told(event: AuditEvent, hidden: set[str]) -> TrailEvent:
    details: dict[str, Any] = json.loads(event.payload) if event.payload is not None else {}
    kept = {name: value for name, value in details.items() if name not in hidden}
    return TrailEvent(
        event.number, event.at, event.actor_id, event.tag, event.object_kind, event.object_id, kept, event.hash
    )


def _note(session: Session, actor: Actor, id_: UUID | str) -> None:
    case_file = session.get(CaseFile, id_) if isinstance(id_, UUID) else None
    audit.record(
        session,
        AuditTag.TRAIL_READ,
        actor_id=actor.id,
        object_kind="trail",
        object_id=id_,
        case_file_id=None if case_file is None else case_file.id,
        origin=actor.origin,
    )


def _require_leading(session: Session, actor: Actor, id_: UUID) -> None:
    if session.get(CaseFile, id_) is not None:
        access.case_file_for(session, actor, id_, Right.SHARE)
    elif session.get(Letter, id_) is not None:
        access.letter_for(session, actor, id_, Right.SHARE)
    else:
        access.document_for(session, actor, id_, Right.SHARE)


def _scope_of(session: Session, asked: UUID, kind: str, object_id: str, details: dict[str, Any]) -> int | None:
    """The scope of what an event is about; None for what nobody can be shown to have a right on.

    Of what was withdrawn, and of what has left the case file asked about, the traces stay with those who could
    read it there.
    """
    try:
        if kind == "section":
            case_file_id, _slash, name = object_id.partition("/")
            return nodes.place_of(session, nodes.section(UUID(case_file_id), name))
        id_ = UUID(object_id)
    except (ValueError, NotFound):
        return None
    thing: CaseFile | Proceeding | Document | None = None
    if kind in ("case_file", "trail"):
        thing = session.get(CaseFile, id_)
    elif kind == "proceeding":
        thing = session.get(Proceeding, id_)
    else:
        holder = session.get(Letter, id_) or session.get(InboxItem, id_)
        thing = session.get(Document, id_ if holder is None else holder.document_id)
        if thing is not None and thing.case_file_id != asked and _SCOPE in details:
            return int(details[_SCOPE])
    return None if thing is None else thing.access_scope_id
