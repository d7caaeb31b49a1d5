"""Putting right what came of a letter: "Das ist doch die Antwort", and back.

Only what came back is judged anew, the document stays where it lies. An answer ends the waiting for one; a letter that
came back undelivered does not.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, select

from eakte import audit, documents, jobs, letters
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.clock import today
from eakte.document_tables import Document
from eakte.errors import Conflict
from eakte.jobs import JobKind
from eakte.letter_tables import Letter
from eakte.scan_tables import ScanItem, ScannedAnswer

ANSWER_TITLE = "Antwort auf: "
UNDELIVERED_TITLE = "Unzustellbar zurück: "


def take_as_answer(session: Session, actor: Actor, letter_id: UUID) -> Letter:
    """What came back as undeliverable is the answer after all; harmless when it is already.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: On the letter and its case file (`file`), or what came back.
        Conflict: Nothing came back undelivered, or another answer has come.
    """
    letter = letters.open_for_writing(session, actor, letter_id)
    if letter.returned_document_id is None:
        if letter.answered_on is not None:
            return letter
        raise Conflict("Zu diesem Schreiben kam nichts unzustellbar zurück.")
    if letter.answered_on is not None:
        raise Conflict("Auf dieses Schreiben liegt schon eine Antwort vor.")
    document = _came_back(session, actor, letter.returned_document_id)
    letter.answered_on = letter.returned_on or document.received_on or today()
    letter.answer_document_id = document.id
    letter.returned_on, letter.returned_document_id = None, None
    if letter.part_document_id == document.id:
        letter.part_document_id, letter.part_sheets = None, None
    return _judged(session, actor, letter, document, ScannedAnswer.ANSWER, UNDELIVERED_TITLE, ANSWER_TITLE)


def take_as_undeliverable(session: Session, actor: Actor, letter_id: UUID) -> Letter:
    """What was taken for the answer is the letter itself, undelivered; harmless when it is that already.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: As `take_as_answer`.
        Conflict: No answer has come, or it lies in no document.
    """
    letter = letters.open_for_writing(session, actor, letter_id)
    if letter.answer_document_id is None:
        if letter.returned_document_id is not None:
            return letter
        raise Conflict("Auf dieses Schreiben ist keine Antwort gekommen.")
    document = _came_back(session, actor, letter.answer_document_id)
    letter.returned_on = letter.answered_on or document.received_on or today()
    letter.returned_document_id = document.id
    letter.answered_on, letter.answer_document_id = None, None
    return _judged(session, actor, letter, document, ScannedAnswer.UNDELIVERABLE, ANSWER_TITLE, UNDELIVERED_TITLE)


def _came_back(session: Session, actor: Actor, document_id: UUID) -> Document:
    return documents.open_for_writing(session, actor, document_id, Right.FILE)


def _judged(
    session: Session,
    actor: Actor,
    letter: Letter,
    document: Document,
    answer: ScannedAnswer,
    title_before: str,
    title_after: str,
) -> Letter:
    """Let the document, its stack and the trail say the same; a title somebody gave it stays."""
    letter.revision += 1
    if document.title.startswith(title_before):
        document.title = title_after + document.title.removeprefix(title_before)
    for entry in session.exec(select(ScanItem).where(ScanItem.document_id == document.id)):
        if entry.answer is not None:
            entry.answer = answer
    documents.touch(session, document)
    audit.record(
        session,
        AuditTag.REPLY_CORRECTED,
        actor_id=actor.id,
        object_kind="letter",
        object_id=letter.id,
        case_file_id=letter.case_file_id,
        origin=actor.origin,
        document=str(document.id),
        answer=answer.value,
    )
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return letter
