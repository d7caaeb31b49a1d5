"""Correcting what was filed wrongly (Umhängen, Zurückziehen): gone from the wrong file through every door at once."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, select

from eakte import access, case_file_writing, documents, jobs, letters, places, where_to_file
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import now
from eakte.document_tables import Document
from eakte.errors import Conflict, FieldProblem, Invalid
from eakte.jobs import JobKind
from eakte.letter_tables import Letter


def move_document(
    session: Session, actor: Actor, document_id: UUID, target_id: UUID, *, section: str | None = None
) -> Document:
    """Move a wrongly filed document into another case file; gone from the first through every door at once.

    Raises:
        NotFound, NotPermitted: On either side (edit there, file here; `share` there where it is kept less well here).
        Conflict: It still waits in an inbox, or its sender's id is taken in the other case file.
    """
    known = access.document_for(session, actor, document_id, Right.EDIT)
    places.hold(session, known, access.case_file_reached(session, actor, target_id, Right.READ))
    document = documents.open_for_writing(session, actor, document_id, Right.EDIT)
    proceeding_id = document.proceeding_id if target_id == document.case_file_id else None
    target, place_id = where_to_file.place_to_file(session, actor, target_id, section, proceeding_id)
    if target.status is CaseFileStatus.COMPLETED:
        raise CaseFileCompleted(target.reference)
    source = documents.filed_in(session, document)
    where_to_file.check_may_open_up(session, actor, document, place_id)
    if target.id == source.id:
        document.section = section
        places.place_document(session, document)
    else:
        _check_external_id_free(session, document, target)
        documents.note(session, actor, AuditTag.DOCUMENT_MOVED, document)  # stays in the trail of the file it leaves
        document.case_file_id, document.section, document.proceeding_id = target.id, section, None
        places.place_document(session, document)
        _bring_letters_along(session, document, target)
        case_file_writing.touch(session, source)
    documents.touch(session, document)
    case_file_writing.touch(session, target)
    documents.note(session, actor, AuditTag.DOCUMENT_MOVED, document, moved_from=source.id)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)
    return document


def withdraw_document(session: Session, actor: Actor, document_id: UUID, reason: str) -> None:
    """Withdraw what should never have been filed: from now on it exists for nobody; its traces stay."""
    document = documents.open_for_writing(session, actor, document_id, Right.EDIT)
    case_file = documents.filed_in(session, document)
    if not reason.strip():
        raise Invalid(
            "Der Grund fehlt.", FieldProblem("/reason", "Bitte angeben, warum das Dokument zurückgezogen wird.")
        )
    document.withdrawn_at, document.withdrawn_reason = now(), reason.strip()
    take_back_answer(session, document)
    documents.touch(session, document)
    case_file_writing.touch(session, case_file)
    documents.note(session, actor, AuditTag.DOCUMENT_WITHDRAWN, document, reason=reason)
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id)


# -- inside ------------------------------------------------------------------------------------------


def _check_external_id_free(session: Session, document: Document, target: CaseFile) -> None:
    taken = (
        document.external_id is not None
        and session.exec(
            select(Document.id).where(
                Document.case_file_id == target.id,
                Document.created_by == document.created_by,
                Document.external_id == document.external_id,
            )
        ).first()
    )
    if taken:
        raise Conflict(
            f"In der Akte {target.reference} gibt es schon ein Dokument mit der Kennung „{document.external_id}“."
        )


def _bring_letters_along(session: Session, document: Document, target: CaseFile) -> None:
    """A letter's answer is expected where the letter lies; a document that went away answers nothing any more."""
    letter = session.exec(select(Letter).where(Letter.document_id == document.id)).first()
    if letter is not None:
        letter.case_file_id = target.id
        letter.revision += 1
    take_back_answer(session, document)


def take_back_answer(session: Session, document: Document) -> None:
    """What was withdrawn or lies elsewhere answers nothing any more; whoever calls has asked the door."""
    letters.forget_parts_in(session, document.id)
    answered = session.exec(select(Letter).where(Letter.answer_document_id == document.id)).all()
    for letter in answered:
        if document.withdrawn_at is not None or letter.case_file_id != document.case_file_id:
            letter.answered_on, letter.answer_document_id = None, None
            letter.revision += 1
