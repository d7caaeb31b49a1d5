"""The life of a letter (Schreiben): made from a template, approved, posted, answered.

Making one renders for up to a second, which must not hold the database: `plan_letter` reads, `render_letter` renders
and stores the bytes, `make_letter` writes the rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, case_file_writing, documents, installation, jobs, return_codes, virus_checks
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag, Doer
from eakte.case_file_tables import CaseFile, Party
from eakte.clock import now, today
from eakte.document_tables import DocumentKind
from eakte.documents import DocumentWish, StoredFile
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.jobs import JobKind
from eakte.letter_tables import Letter, LetterStatus, LetterTemplate
from eakte.letter_values import template_values
from eakte.ports import BlobStore, LetterPress, PageStamp


@dataclass(frozen=True)
class PlannedLetter:
    """All that a letter takes from the records.

    Attributes:
        data: The free values, as they are kept with the letter.
        values: What the template may use, the free values among them.
        key: Of the installation's return codes.
    """

    case_file_id: UUID
    template_id: str
    template_name: str
    template_sha256: str
    template_suffix: str
    media_type: str
    answer_sheets: list[int] | None
    recipient_id: UUID | None
    data: dict[str, Any]
    values: dict[str, Any]
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class RenderedLetter:
    """A letter on paper that has no row yet."""

    planned: PlannedLetter
    code_id: str
    answer_sheets: list[int]
    stored: StoredFile
    coded_sheets: list[int] | None = None


def list_templates(session: Session) -> list[LetterTemplate]:
    """All letter templates, `brief` first."""
    return list(session.exec(select(LetterTemplate).order_by(col(LetterTemplate.position), col(LetterTemplate.name))))


def plan_letter(
    session: Session,
    actor: Actor,
    case_file_id: UUID,
    *,
    template_id: str,
    data: Mapping[str, Any],
    recipient_id: UUID | None,
    city: str,
) -> PlannedLetter:
    """Find out what will stand in a letter; only reads records.

    Args:
        data: The free values of the template (`daten`).
        recipient_id: A party of the case file; None for a letter without an address.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: As for filing a document.
        Invalid: Unknown template or recipient.
    """
    case_file = case_file_writing.still_open(session, actor, case_file_id, Right.FILE)
    template = _template(session, template_id)
    recipient = _recipient(session, case_file, recipient_id)
    return PlannedLetter(
        case_file_id=case_file.id,
        template_id=template.id,
        template_name=template.name,
        template_sha256=template.sha256,
        template_suffix=Path(template.file_name).suffix,
        media_type=template.media_type,
        answer_sheets=template.answer_sheets,
        recipient_id=recipient_id,
        data=dict(data),
        values=template_values(session, actor, case_file, recipient, data, city=city),
        key=installation.return_code_key(session),
    )


def render_letter(planned: PlannedLetter, blobs: BlobStore, press: LetterPress, work_dir: Path) -> RenderedLetter:
    """Fill the template and stamp return codes; needs no database.

    Args:
        work_dir: Where files in the making may lie.

    Raises:
        Invalid: The template cannot be filled or stamped with these values.
    """
    code_id = return_codes.new_code_id()
    work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work_dir, prefix="letter-") as folder:
        plain, stamped = Path(folder, "plain.pdf"), Path(folder, "stamped.pdf")
        with blobs.local_path(planned.template_sha256) as stored_template:
            source = Path(folder, "template" + planned.template_suffix)
            source.write_bytes(stored_template.read_bytes())
            page_count = press.render(source, planned.media_type, planned.values, plain)
        sheets = _sheets_expected_back(planned, page_count)
        stamps = [
            PageStamp(sheet, return_codes.payload(code_id, sheet, planned.key), optional=sheet not in sheets)
            for sheet in sorted({*sheets, *range(1, min(page_count, return_codes.HIGHEST_SHEET) + 1)})
        ]
        coded_sheets = press.stamp(plain, stamps, stamped)
        with stamped.open("rb") as content:
            blob = blobs.put(content)
    stored = StoredFile(blob, f"{planned.template_id}.pdf", "application/pdf")
    return RenderedLetter(planned, code_id, sheets, stored, coded_sheets)


def _sheets_expected_back(planned: PlannedLetter, page_count: int) -> list[int]:
    sheets = planned.answer_sheets or list(range(1, page_count + 1))
    if max(sheets) > page_count:
        raise Invalid(
            f"Die Vorlage „{planned.template_name}“ erwartet Blatt {max(sheets)} zurück, das Schreiben hat aber nur "
            f"{page_count} Seiten. Bitte „answer_sheets“ der Vorlage ändern."
        )
    if planned.template_id == "brief" and page_count > 1:
        raise Invalid(
            "Der Text ist zu lang für den Brief mit Rückantwort, der auf eine Seite passen muss.",
            FieldProblem("/data/text", "Bitte den Text kürzen."),
        )
    return sheets


def make_letter(session: Session, actor: Actor, rendered: RenderedLetter) -> Letter:
    """File a rendered letter as an outgoing document, as a draft."""
    planned = rendered.planned
    case_file = case_file_writing.open_for_writing(session, actor, planned.case_file_id, Right.FILE)
    subject = str(planned.data.get("betreff") or planned.template_name)
    wish = DocumentWish(title=subject, kind=DocumentKind.OUTGOING, document_date=today())
    document = documents.add_document(
        session, actor.id, wish, case_file_id=case_file.id, scope_id=case_file.access_scope_id
    )
    version = documents.add_first_version(session, document, rendered.stored, actor.id)
    virus_checks.note_made_here(session, version.sha256)
    letter = Letter(
        case_file_id=case_file.id,
        document_id=document.id,
        template_id=planned.template_id,
        recipient_id=planned.recipient_id,
        data=planned.data,
        code_id=rendered.code_id,
        answer_sheets=rendered.answer_sheets,
        coded_sheets=rendered.coded_sheets,
        created_by=actor.id,
    )
    session.add(letter)
    session.flush()
    case_file_writing.touch(session, case_file)
    _note(session, actor, AuditTag.LETTER_MADE, letter, template=planned.template_id)
    jobs.enqueue(session, JobKind.READ_VERSION, version.id)
    return letter


def approve_letter(session: Session, actor: Actor, letter_id: UUID) -> Letter:
    """Approve a draft (freigeben); harmless when it is approved already."""
    letter = open_for_writing(session, actor, letter_id)
    if letter.status is LetterStatus.APPROVED:
        return letter
    _must_be(letter, LetterStatus.DRAFT, "freigegeben")
    letter.status, letter.approved_by, letter.approved_at = LetterStatus.APPROVED, actor.id, now()
    return _changed(session, actor, AuditTag.LETTER_APPROVED, letter)


def post_letter(session: Session, actor: Actor, letter_id: UUID, *, posted_on: date | None = None) -> Letter:
    """Note that an approved letter went out (versandt).

    Args:
        posted_on: The day it was handed to the post, today when None; not in the future.
    """
    letter = open_for_writing(session, actor, letter_id)
    day = posted_on or today()
    if letter.status is LetterStatus.POSTED and letter.posted_on == day:
        return letter
    _must_be(letter, LetterStatus.APPROVED, "versandt")
    if day > today():
        raise Invalid(
            "Der Versandtag liegt in der Zukunft.",
            FieldProblem("/posted_on", "Bitte höchstens das heutige Datum angeben."),
        )
    letter.status, letter.posted_by, letter.posted_on = LetterStatus.POSTED, actor.id, day
    return _changed(session, actor, AuditTag.LETTER_POSTED, letter, posted_on=day)


def cancel_letter(session: Session, actor: Actor, letter_id: UUID) -> Letter:
    """Cancel a letter (stornieren): its return code no longer files anything."""
    letter = open_for_writing(session, actor, letter_id)
    if letter.status is LetterStatus.CANCELLED:
        return letter
    if letter.answered_on is not None:
        raise Conflict("Auf dieses Schreiben liegt schon eine Antwort vor; es kann nicht mehr storniert werden.")
    letter.status, letter.cancelled_by, letter.cancelled_at = LetterStatus.CANCELLED, actor.id, now()
    return _changed(session, actor, AuditTag.LETTER_CANCELLED, letter)


def letters_of(session: Session, actor: Actor, case_file_id: UUID) -> list[Letter]:
    """The letters of a case file the actor may read, newest first."""
    access.case_file_for(session, actor, case_file_id)
    rows = session.exec(select(Letter).where(Letter.case_file_id == case_file_id).order_by(col(Letter.id).desc())).all()
    readable: list[Letter] = []
    for row in rows:
        try:
            access.document_for(session, actor, row.document_id)
        except NotFound:
            continue
        readable.append(row)
    return readable


def payloads(session: Session, letter: Letter) -> list[str]:
    """What is printed on the sheets expected back, in order."""
    key = installation.return_code_key(session)
    return [return_codes.payload(letter.code_id, sheet, key) for sheet in letter.answer_sheets]


def mark_answered(session: Session, letter: Letter, document_id: UUID, *, received_on: date, by: Doer) -> None:
    """Note that the answer to a letter has come and lies in its case file."""
    letter.answered_on, letter.answer_document_id = received_on, document_id
    if letter.part_document_id == document_id:
        letter.part_document_id, letter.part_sheets = None, None
    _came(session, AuditTag.LETTER_ANSWERED, letter, document_id, by)


def mark_returned(session: Session, letter: Letter, document_id: UUID, *, received_on: date, by: Doer) -> None:
    """Note that the whole letter came back undelivered (unzustellbar); its answer is waited for as before."""
    letter.returned_on, letter.returned_document_id = received_on, document_id
    _came(session, AuditTag.LETTER_RETURNED, letter, document_id, by)


def mark_part(session: Session, letter: Letter, document_id: UUID, sheets: Sequence[int], *, by: Doer) -> None:
    """Note that some sheets of the answer have come and where they lie; the others are waited for."""
    letter.part_document_id, letter.part_sheets = document_id, sorted(set(sheets))
    _came(session, AuditTag.LETTER_PARTLY_ANSWERED, letter, document_id, by)


def forget_parts_in(session: Session, document_id: UUID) -> None:
    """A document went away: what it was of a letter's answer counts no more."""
    concerned = (col(Letter.part_document_id) == document_id) | (col(Letter.returned_document_id) == document_id)
    for letter in session.exec(select(Letter).where(concerned)):
        if letter.part_document_id == document_id:
            letter.part_document_id, letter.part_sheets = None, None
        if letter.returned_document_id == document_id:
            letter.returned_on, letter.returned_document_id = None, None
        letter.revision += 1


def forget_document(session: Session, document_id: UUID) -> None:
    """A document exists for nobody any more: neither as the answer to a letter nor as a part of one."""
    forget_parts_in(session, document_id)
    for letter in session.exec(select(Letter).where(Letter.answer_document_id == document_id)):
        letter.answered_on, letter.answer_document_id = None, None
        letter.revision += 1


def _came(session: Session, tag: AuditTag, letter: Letter, document_id: UUID, by: Doer) -> None:
    letter.revision += 1
    session.flush()
    audit.record(
        session,
        tag,
        actor_id=by.id,
        object_kind="letter",
        object_id=letter.id,
        case_file_id=letter.case_file_id,
        origin=by.origin,
        document=str(document_id),
    )


# -- inside ------------------------------------------------------------------------------------------


def open_for_writing(session: Session, actor: Actor, letter_id: UUID) -> Letter:
    """A letter the actor may deal with (`file`) in an open case file, held until the transaction ends.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: As everywhere.
    """
    letter = access.letter_for(session, actor, letter_id, Right.FILE)
    case_file_writing.open_for_writing(session, actor, letter.case_file_id, Right.FILE)
    return letter


def _template(session: Session, template_id: str) -> LetterTemplate:
    template = session.get(LetterTemplate, template_id)
    if template is None:
        known = ", ".join(row.id for row in list_templates(session))
        raise Invalid(
            f"Die Vorlage „{template_id}“ gibt es nicht.", FieldProblem("/template", f"Vorhanden sind: {known}.")
        )
    return template


def _recipient(session: Session, case_file: CaseFile, recipient_id: UUID | None) -> Party | None:
    if recipient_id is None:
        return None
    party = session.get(Party, recipient_id)
    if party is None or party.case_file_id != case_file.id:
        raise Invalid(
            "Empfänger muss eine beteiligte Person dieser Akte sein.",
            FieldProblem("/recipient", "Bitte die Kennung eines Beteiligten angeben."),
        )
    return party


def _must_be(letter: Letter, status: LetterStatus, verb: str) -> None:
    if letter.status is not status:
        names = {
            LetterStatus.DRAFT: "ein Entwurf",
            LetterStatus.APPROVED: "freigegeben",
            LetterStatus.POSTED: "versandt",
            LetterStatus.CANCELLED: "storniert",
        }
        raise Conflict(f"Das Schreiben ist {names[letter.status]}; nur was {names[status]} ist, kann {verb} werden.")


def _changed(session: Session, actor: Actor, tag: AuditTag, letter: Letter, **details: Any) -> Letter:
    letter.revision += 1
    session.flush()
    _note(session, actor, tag, letter, **details)
    return letter


def _note(session: Session, actor: Actor, tag: AuditTag, letter: Letter, **details: Any) -> None:
    audit.record(
        session,
        tag,
        actor_id=actor.id,
        object_kind="letter",
        object_id=letter.id,
        case_file_id=letter.case_file_id,
        origin=actor.origin,
        **details,
    )
