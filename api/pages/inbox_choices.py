"""Where something that waits may go: what its text suggests, and what was sought for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from eakte import access, case_files, search
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import DocumentStatus
from eakte.errors import NotFound
from eakte.inbox import Waiting
from eakte.intake.suggestions import Suggestion, suggest
from eakte.ports import SearchIndex

MOST_FOUND = 10


@dataclass(frozen=True)
class Choices:
    """Case files to file something into with one key or click.

    Attributes:
        is_being_read: Its text is not recognised yet; suggestions may come.
        sought: What was typed; empty when nothing was.
    """

    suggestions: tuple[Suggestion, ...]
    is_being_read: bool
    sought: str
    found: tuple[CaseFile, ...]


def gather(session: Session, index: SearchIndex, actor: Actor, waiting: Waiting, sought: str) -> Choices:
    """What is offered for an item the actor has before them."""
    reading = waiting.document.status in (DocumentStatus.RECEIVED, DocumentStatus.READING)
    found = _found(session, index, actor, sought) if sought else []
    return Choices(tuple(suggest(session, actor, waiting.document)), reading, sought, tuple(found))


def _found(session: Session, index: SearchIndex, actor: Actor, sought: str) -> list[CaseFile]:
    """Case files the actor may file into, by their reference or by what stands in them."""
    rows: dict[object, CaseFile] = {row.id: row for row in case_files.find_all_by_reference(session, actor, sought)}
    for hit in search.find(session, index, actor, sought).hits if not rows else ():
        if hit.case_file_id is None or hit.case_file_id in rows:
            continue
        try:
            rows[hit.case_file_id] = access.case_file_for(session, actor, hit.case_file_id)
        except NotFound:
            continue  # only one of its documents may be read
    may_file = access.scopes_with(session, actor, Right.FILE)
    return [row for row in rows.values() if row.access_scope_id in may_file][:MOST_FOUND]
