"""Rows as they are told over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlmodel import Session

from api.rest.schemas.case_files import CaseFileOut, PartyOut, ProceedingOut
from api.rest.schemas.documents import DocumentOut, SignatureOut, VersionOut
from api.rest.schemas.filing_plan import FilingPlanEntryOut
from api.rest.schemas.finding import AuditEventOut, SearchHitOut
from api.rest.schemas.letters import LetterOut
from api.rest.schemas.paper import (
    CompletenessOut,
    InboxItemOut,
    OneInboxItemOut,
    ScanBatchOut,
    ScanFileOut,
    ScanItemOut,
    SheetOut,
    SuggestionOut,
)
from api.rest.schemas.quarantine import CountsOut
from eakte import access, letters, listed, signatures
from eakte.actors import Actor
from eakte.audit_reading import TrailEvent
from eakte.case_file_tables import CaseFile, Party, Proceeding
from eakte.document_tables import Document, DocumentVersion
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.inbox import Waiting
from eakte.intake import progress, receive
from eakte.intake.suggestions import Suggestion
from eakte.letter_tables import Letter
from eakte.listed import BesideDocuments
from eakte.scan_tables import ScanBatch, ScanItem, ScanOutcome
from eakte.search import SearchHit
from eakte.withdrawn_sheets import withdrawn_files


def entry(session: Session, row: FilingPlanEntry) -> FilingPlanEntryOut:
    """A filing plan entry."""
    return FilingPlanEntryOut(
        code=row.code,
        title=row.title,
        parent=row.parent_code,
        retention_years=row.retention_years,
        level=access.level_of(session, row.access_scope_id).word,
        fields=row.field_types,
        sections=row.sections,
    )


def party(row: Party) -> PartyOut:
    """A party."""
    return PartyOut(
        id=row.id,
        role=row.role,
        name=row.name,
        birth_date=row.birth_date,
        address=row.address,
        protected=row.protected,
    )


def case_file(session: Session, actor: Actor, row: CaseFile) -> CaseFileOut:
    """A case file with its parties and the caller's own id for it."""
    return case_files_listed(session, actor, [row])[0]


def case_files_listed(session: Session, actor: Actor, rows: Sequence[CaseFile]) -> list[CaseFileOut]:
    """Case files the caller may read, as `case_file` tells one."""
    beside = listed.beside_case_files(session, actor, rows)
    return [
        CaseFileOut(
            id=row.id,
            reference=row.reference,
            filing_plan=row.filing_plan_code,
            title=row.title,
            status=row.status.value,
            level=beside.levels[row.id].word,
            responsible_unit=row.responsible_unit_id,
            parties=[party(member) for member in beside.parties.get(row.id, ())],
            fields=row.fields,
            external_references={actor.id: beside.external_ids[row.id]} if row.id in beside.external_ids else {},
            created_at=row.created_at,
            updated_at=row.updated_at,
            completed_at=row.completed_at,
        )
        for row in rows
    ]


def proceeding(row: Proceeding) -> ProceedingOut:
    """A proceeding."""
    return ProceedingOut(id=row.id, case_file_id=row.case_file_id, title=row.title, created_at=row.created_at)


def document(session: Session, actor: Actor, row: Document) -> DocumentOut:
    """A document with its newest version."""
    return documents_listed(session, actor, [row])[0]


def documents_listed(session: Session, actor: Actor, rows: Sequence[Document]) -> list[DocumentOut]:
    """Documents the caller may read, as `document` tells one."""
    beside = listed.beside_documents(session, rows)
    return [_document(actor, row, beside) for row in rows]


def _document(actor: Actor, row: Document, beside: BesideDocuments) -> DocumentOut:
    newest = beside.newest[row.id]
    return DocumentOut(
        id=row.id,
        case_file_id=row.case_file_id,
        reference=beside.references.get(row.id),
        title=row.title,
        kind=row.kind.value,
        section=row.section,
        proceeding=row.proceeding_id,
        level=beside.levels[row.id].word,
        document_date=row.document_date,
        received_on=row.received_on,
        channel=row.channel,
        external_id=row.external_id if row.created_by == actor.id else None,
        status=row.status.value,
        status_reason=row.status_reason,
        version=newest.number,
        sha256=newest.sha256,
        size_bytes=newest.size_bytes,
        media_type=newest.media_type,
        file_name=newest.file_name,
        pages=newest.page_count,
        hidden_pages=newest.hidden_pages,
        signatures=_signatures(newest),
        archive_problem=newest.archive_problem,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _signatures(row: DocumentVersion) -> list[SignatureOut]:
    return [SignatureOut.model_validate(asdict(signature)) for signature in signatures.told(row)]


def version(row: DocumentVersion) -> VersionOut:
    """A version."""
    return VersionOut(
        number=row.number,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        media_type=row.media_type,
        file_name=row.file_name,
        pages=row.page_count,
        hidden_pages=row.hidden_pages,
        signatures=_signatures(row),
        archive_problem=row.archive_problem,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def letter(session: Session, row: Letter) -> LetterOut:
    """A letter with the codes on the sheets expected back."""
    codes = letters.payloads(session, row)
    return LetterOut(
        id=row.id,
        case_file_id=row.case_file_id,
        document_id=row.document_id,
        template=row.template_id,
        recipient=row.recipient_id,
        status=row.status.value,
        return_code=codes[0],
        return_codes=codes,
        sheets=len(codes),
        created_at=row.created_at,
        approved_at=row.approved_at,
        posted_on=row.posted_on,
        cancelled_at=row.cancelled_at,
        answered_on=row.answered_on,
        answer_document_id=row.answer_document_id,
        reply=row.reply.value,
        sheets_missing=row.sheets_missing,
        returned_on=row.returned_on,
        returned_document_id=row.returned_document_id,
    )


def scan_batch(session: Session, row: ScanBatch) -> ScanBatchOut:
    """A stack with its files and documents."""
    items = receive.items_of(session, row)
    gone = withdrawn_files(session, [row.id])
    files = [
        ScanFileOut(
            file_name="" if file.id in gone else file.file_name,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            pages=None if file.reading is None else len(file.reading["pages"]),
            refused=file.refused_reason,
        )
        for file in receive.files_of(session, row)
    ]
    return ScanBatchOut(
        id=row.id,
        station=row.station_id,
        batch_id=row.batch_id,
        operator=row.operator,
        profile=row.profile,
        received_on=row.received_on,
        channel=row.channel,
        box=row.box,
        keep_paper_until=row.keep_paper_until,
        expected_sheets=row.expected_sheets,
        scanned_at=row.scanned_at,
        delivered_at=row.delivered_at,
        status=row.status.value,
        counts=CountsOut(**vars(progress.counts_of(session, [row])[row.id])),
        files=files,
        items=[_scan_item(item) for item in items],
    )


def _scan_item(row: ScanItem) -> ScanItemOut:
    if row.outcome is ScanOutcome.WITHDRAWN:
        return ScanItemOut(
            outcome=row.outcome.value,
            reason=row.reason,
            document_id=None,
            case_file_id=None,
            letter_id=None,
            pages=[SheetOut(file=file, page=page) for file, page in row.sheets],
            codes=[],
            answer=None,
            completeness=None,
        )
    return ScanItemOut(
        outcome=row.outcome.value,
        reason=row.reason,
        document_id=row.document_id,
        case_file_id=row.case_file_id,
        letter_id=row.letter_id,
        pages=[SheetOut(file=file, page=page) for file, page in row.sheets],
        codes=row.codes,
        answer=None if row.answer is None else row.answer.value,
        completeness=None if row.completeness is None else CompletenessOut(**row.completeness),
    )


def inbox_item(waiting: Waiting) -> InboxItemOut:
    """What waits."""
    item, held = waiting.item, waiting.document
    return InboxItemOut(
        id=item.id,
        unit=item.unit_id,
        document_id=held.id,
        title=held.title,
        reason=item.reason,
        note=item.note,
        concerns_case_file_id=item.concerns_case_file_id,
        received_on=held.received_on,
        created_at=item.created_at,
    )


def inbox_item_with_suggestions(waiting: Waiting, suggestions: Sequence[Suggestion]) -> OneInboxItemOut:
    """What waits, and where it probably belongs."""
    return OneInboxItemOut(
        **inbox_item(waiting).model_dump(),
        suggestions=[
            SuggestionOut(
                case_file_id=one.case_file.id,
                reference=one.case_file.reference,
                title=one.case_file.title,
                score=one.score,
                reason=one.reason,
            )
            for one in suggestions
        ],
    )


def search_hit(hit: SearchHit) -> SearchHitOut:
    """Something found."""
    return SearchHitOut(
        kind="case_file" if hit.kind == "case_file" else "document",
        case_file_id=hit.case_file_id,
        document_id=hit.document_id,
        reference=hit.reference,
        title=hit.title,
        page=hit.page,
        snippet=hit.snippet,
        highlights=list(hit.highlights),
    )


def audit_event(row: TrailEvent) -> AuditEventOut:
    """An event of the trail."""
    return AuditEventOut(
        number=row.number,
        at=row.at,
        actor=row.actor_id,
        tag=row.tag,
        object_kind=row.object_kind,
        object_id=row.object_id,
        details=row.details,
        hash=row.hash,
    )
