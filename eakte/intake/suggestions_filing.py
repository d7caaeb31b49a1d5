"""What waits without a code, once its text is recognised: sent on by rule, and filed where a unit asked for that.

An uncoded document files itself only where its unit switched that on (`file_without_code` in the organisation file),
its best suggestion reaches the unit's threshold, no other comes near, and nothing about its codes or its neighbours
in the stack is in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import documents, inbox, places
from eakte.actors import manned_unit
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.desk import Desk, Done
from eakte.document_tables import Document, DocumentStatus, DocumentVersion
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import unit_rules
from eakte.intake.matching import WITHOUT_CODE
from eakte.intake.suggestions import Suggestion, suggest_to_nobody
from eakte.principals import Unit
from eakte.scan_tables import ScanItem
from eakte.transfer_note_tables import TransferNote

NEXT_BELOW = 0.5
"""The second best suggestion must have less than this part of the best one's score."""


def place_waiting(desk: Desk, document_id: UUID, done: Done) -> None:
    """Send a document that waits in an inbox on, or file it; most often it just waits."""
    with desk.records.writing() as session:
        place_document_waiting(session, session.get_one(Document, document_id))
        done(session)


def place_document_waiting(session: Session, document: Document) -> None:
    """As `place_waiting`, within a transaction."""
    places.hold(session, document)
    item = session.exec(select(InboxItem).where(InboxItem.document_id == document.id)).first()
    if item is not None and _still_waits(item, document):
        send_on(session, item, document)
        file_if_sure(session, item, document)


def send_on(session: Session, item: InboxItem, document: Document) -> None:
    """Send what waits at its station to the unit of the first rule that fits."""
    rules = unit_rules.rules_in_order(session)
    if not rules or not unit_rules.goes_by_rules(session, item, document):
        return
    if documents.newest_version(session, document).number > 1:
        return  # a person has joined or split it since, and has it in hand
    match = unit_rules.first_match(session, rules, unit_rules.incoming(session, [document.id])[document.id])
    if match is not None and match.unit_id != item.unit_id:
        inbox.forward_by_rule(session, item, document, match.unit_id, match.reason)


def file_if_sure(session: Session, item: InboxItem, document: Document) -> None:
    """File what waits into the case file its text names, where its unit wants that and nothing is in doubt."""
    threshold = session.get_one(Unit, item.unit_id).files_without_code_from
    if threshold is None or _codes_in_doubt(session, item, document):
        return
    best = sure_one(suggest_to_nobody(session, document), threshold)
    if best is None:
        return
    places.hold(session, best.case_file, document)
    target = session.get_one(CaseFile, best.case_file.id)
    is_its_own = manned_unit(session, target.responsible_unit_id) == item.unit_id
    if is_its_own and target.status is CaseFileStatus.OPEN and _still_waits(item, document):
        inbox.file_by_itself(session, item, document, target, score=best.score, evidence=best.reason)


def sure_one(suggestions: Sequence[Suggestion], threshold: float) -> Suggestion | None:
    """The best suggestion if it reaches the threshold and the next has less than half of its score."""
    if not suggestions or suggestions[0].score < threshold:
        return None
    if len(suggestions) > 1 and suggestions[1].score >= NEXT_BELOW * suggestions[0].score:
        return None
    return suggestions[0]


def _still_waits(item: InboxItem, document: Document) -> bool:
    return (
        item.status is InboxStatus.WAITING
        and document.case_file_id is None
        and document.withdrawn_at is None
        and document.status is not DocumentStatus.QUARANTINED
    )


def _codes_in_doubt(session: Session, item: InboxItem, document: Document) -> bool:
    """Whether it waits for any other reason than having no code, or the page beside it carries one."""
    if item.concerns_case_file_id is not None or item.letter_id is not None:
        return True
    own = session.exec(select(ScanItem).where(ScanItem.document_id == document.id)).all()
    notes = (
        select(TransferNote)
        .join(DocumentVersion, col(DocumentVersion.id) == col(TransferNote.version_id))
        .where(DocumentVersion.document_id == document.id)
    )
    if any(one.codes or one.reason != WITHOUT_CODE for one in own) or any(
        note.anomalies for note in session.exec(notes)
    ):
        return True
    return any(other.codes and _touch(one, other) for one in own for other in _beside(session, one))


def _beside(session: Session, one: ScanItem) -> Sequence[ScanItem]:
    return session.exec(
        select(ScanItem).where(
            ScanItem.batch_id == one.batch_id, col(ScanItem.position).in_([one.position - 1, one.position + 1])
        )
    ).all()


def _touch(one: ScanItem, other: ScanItem) -> bool:
    """Whether two documents of a stack may follow each other without a separator between them.

    That a page lies between them is only known within one file whose pages lie as they were scanned: between files,
    and where fronts and backs were put together, they count as touching.
    """
    if not (_lies_as_scanned(one.sheets) and _lies_as_scanned(other.sheets)):
        return True
    first, second = sorted((one.sheets, other.sheets))
    return first[-1][0] != second[0][0] or first[-1][1] + 1 >= second[0][1]


def _lies_as_scanned(sheets: Sequence[Sequence[int]]) -> bool:
    """Page after page of one file."""
    return bool(sheets) and all(
        (file, page) == (sheets[0][0], sheets[0][1] + step) for step, (file, page) in enumerate(sheets)
    )
