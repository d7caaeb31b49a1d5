"""Putting right what the stack was split into (Zusammenlegen, Trennen): every sheet stays in exactly one document.

Cutting opens the originals, which must not hold the database, not even a reader's turn at it: `plan_…` says which
pages, `cut_pieces` stores the bytes without any session, `join_item` and `split_document` then write the rows, and
refuse when somebody changed one of the documents meanwhile. A kill in between leaves bytes without a row, which
`eakte check` lists, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import (
    access,
    case_file_writing,
    documents,
    inbox,
    jobs,
    places,
    rearranged_rows,
    scan_origins,
    where_to_file,
)
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import now
from eakte.document_tables import Document, DocumentStatus
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.inbox import Waiting
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake.filing import inbox_unit
from eakte.jobs import JobKind
from eakte.ports import BlobStore, PaperReader
from eakte.principals import Station
from eakte.scan_origins import Cut, ScannedPage, SourcePage
from eakte.scan_tables import ScanBatch, ScanItem


@dataclass(frozen=True)
class JoinPlan:
    """Two documents to be made into one; the versions are those it is made of."""

    item_id: UUID
    target_id: UUID
    source_version_id: UUID
    target_version_id: UUID
    pages: tuple[SourcePage, ...]

    @property
    def pieces(self) -> tuple[tuple[SourcePage, ...]]:
        """What is to be cut: one piece."""
        return (self.pages,)


@dataclass(frozen=True)
class SplitPlan:
    """A document to be made into several; the first piece stays it."""

    id_: UUID
    version_id: UUID
    pieces: tuple[tuple[SourcePage, ...], ...]


def cut_pieces(blobs: BlobStore, reader: PaperReader, plan: JoinPlan | SplitPlan, work_dir: Path) -> list[Cut]:
    """Make the documents of a plan from the originals and store their bytes.

    Raises:
        Unreadable: An original cannot be opened.
        Unavailable: The bytes could not be stored.
    """
    return [scan_origins.cut(blobs, reader, piece, work_dir) for piece in plan.pieces]


def plan_join(session: Session, actor: Actor, item_id: UUID, with_id: UUID) -> JoinPlan:
    """Say which pages make one document of what waits and another one.

    Args:
        with_id: An inbox item that waits, or a document.

    Raises:
        NotFound, NotPermitted: On either.
        CaseFileCompleted: The other one lies in a completed case file.
        Conflict: Not scanned, or not readable.
    """
    source = inbox.item_for(session, actor, item_id).document
    access.require(session, actor, source.access_scope_id, Right.FILE)
    target = _target(session, actor, with_id)
    if source.id == target.id:
        raise Invalid("Ein Eingang kann nicht an sich selbst angehängt werden.", _other_one())
    versions = [documents.newest_version(session, document) for document in (source, target)]
    own, others = (
        _pages(document, scan_origins.scanned_pages(v)) for document, v in zip((source, target), versions, strict=True)
    )
    pages = scan_origins.sources(session, _in_stack_order(session, [source.id, target.id], [*others, *own]))
    return JoinPlan(item_id, target.id, versions[0].id, versions[1].id, tuple(pages))


def join_item(session: Session, actor: Actor, plan: JoinPlan, cut: Cut) -> Document:
    """Put what waits to another document, as a new version of that one with the pages in stack order; the item ends.

    What its code says goes along: the case file it concerns, and with it who may see it.

    Args:
        cut: The pages of the plan.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: On either.
        Conflict: One of them was changed meanwhile, or they concern different case files.
    """
    places.hold(
        session,
        inbox.item_for(session, actor, plan.item_id).document,
        _target(session, actor, plan.target_id),
    )
    source = inbox.item_for(session, actor, plan.item_id)
    target = _target(session, actor, plan.target_id)
    access.require(session, actor, source.document.access_scope_id, Right.FILE)
    _unchanged(session, source.document, plan.source_version_id)
    _unchanged(session, target, plan.target_version_id)
    where_to_file.check_may_open_up(session, actor, source.document, target.access_scope_id)
    waiting = inbox.waiting_item(session, target)
    if waiting is not None:
        _bring_along(source.item, waiting)
    elif source.item.concerns_case_file_id not in (None, target.case_file_id):
        raise _of_different_case_files()
    rearranged_rows.add_cut_version(session, actor, target, cut, rearranged_rows.JOINED)
    documents.note(session, actor, AuditTag.INBOX_JOINED, target, inbox_item=str(source.item.id))
    if target.case_file_id is not None:
        case_file_writing.touch(session, session.get_one(CaseFile, target.case_file_id))
    gone = source.document
    gone.withdrawn_at, gone.withdrawn_reason = now(), f"Zusammengelegt mit „{target.title}“."
    documents.touch(session, gone)
    documents.note(session, actor, AuditTag.INBOX_JOINED, gone, inbox_item=str(source.item.id))
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, gone.id)
    inbox.close_item(session, source.item, InboxStatus.JOINED, done_by=actor.id)
    rearranged_rows.lead_to(session, gone.id, target)
    rearranged_rows.follow_parts(session, target, cut, gone_id=gone.id)
    return target


def plan_split(session: Session, actor: Actor, id_: UUID, at: Sequence[int]) -> SplitPlan:
    """Say which pages make several documents of one.

    Args:
        id_: Of an inbox item that waits, or of a document.
        at: Page numbers, from 2, that begin a new document.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: On the item (`file`), or the filed document (`edit`).
        Invalid: No such page.
        Conflict: Not scanned, or not readable.
    """
    document = _to_split(session, actor, id_)
    version = documents.newest_version(session, document)
    pages = scan_origins.sources(session, _pages(document, scan_origins.scanned_pages(version)))
    beginnings = sorted(set(at))
    if not beginnings or beginnings[0] < 2 or beginnings[-1] > len(pages):
        remedy = f"Bitte Seiten von 2 bis {len(pages)} angeben, mit denen ein neues Dokument beginnt."
        raise Invalid(
            "So lässt sich das Dokument nicht trennen.",
            FieldProblem("/at", remedy if len(pages) > 1 else "Es hat nur eine Seite."),
        )
    borders = [0, *(number - 1 for number in beginnings), len(pages)]
    return SplitPlan(id_, version.id, tuple(tuple(pages[first:last]) for first, last in pairwise(borders)))


def split_document(session: Session, actor: Actor, plan: SplitPlan, cuts: Sequence[Cut]) -> list[Waiting]:
    """Split a document: its first pages stay, as a new version; each further piece waits for itself in an inbox.

    Pieces of what waits stay in its inbox; those of a filed document go to the unit responsible for the case file.

    Args:
        cuts: The pieces of the plan.

    Returns:
        The further pieces that wait for the actor, too, in the order of their pages.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: As `plan_split`.
        Conflict: It was changed meanwhile.
    """
    places.hold(session, _to_split(session, actor, plan.id_))
    document = _to_split(session, actor, plan.id_)
    _unchanged(session, document, plan.version_id)
    rearranged_rows.add_cut_version(session, actor, document, cuts[0], rearranged_rows.SPLIT)
    documents.note(session, actor, AuditTag.INBOX_SPLIT, document)
    item = inbox.waiting_item(session, document)
    case_file = None if document.case_file_id is None else session.get_one(CaseFile, document.case_file_id)
    station = session.get_one(Station, session.get_one(ScanBatch, cuts[0].pages[0].at.batch_id).station_id)
    unit_id = inbox_unit(session, station, case_file) if item is None else item.unit_id
    pieces = [rearranged_rows.add_piece(session, actor, document, piece, unit_id, of=case_file) for piece in cuts[1:]]
    if case_file is not None:
        case_file_writing.touch(session, case_file)
    if item is not None:
        _keep_own_letter(session, item, cuts[0])
    rearranged_rows.follow_parts(session, document, cuts[0])
    of_pieces = [document.id, *(piece.document_id for piece in pieces)]
    rearranged_rows.lead_pieces(session, document, list(zip(of_pieces, cuts, strict=True)))
    waiting = [Waiting(piece, session.get_one(Document, piece.document_id)) for piece in pieces]
    return [one for one in waiting if access.may_see_item(session, actor, one.item, one.document)]


# -- inside ------------------------------------------------------------------------------------------


def _target(session: Session, actor: Actor, with_id: UUID) -> Document:
    """What something is to be put to: the document of an item that waits, or a document that is filed or waits."""
    item = session.get(InboxItem, with_id)
    if item is not None:
        document = inbox.item_for(session, actor, with_id).document
        access.require(session, actor, document.access_scope_id, Right.FILE)
        return document
    document = access.document_for(session, actor, with_id, Right.FILE)
    if document.case_file_id is not None:
        return _in_open_case_file(session, document)
    if inbox.waiting_item(session, document) is None:
        raise NotFound
    return document


def _to_split(session: Session, actor: Actor, id_: UUID) -> Document:
    """What is to be split: what waits in an inbox, or a document that is filed."""
    if session.get(InboxItem, id_) is not None:
        return _target(session, actor, id_)
    document = access.document_for(session, actor, id_, Right.EDIT)
    return document if document.case_file_id is None else _in_open_case_file(session, document)


def _in_open_case_file(session: Session, document: Document) -> Document:
    case_file = session.get_one(CaseFile, document.case_file_id)
    if case_file.status is CaseFileStatus.COMPLETED:
        raise CaseFileCompleted(case_file.reference)
    return document


def _keep_own_letter(session: Session, item: InboxItem, cut: Cut) -> None:
    """What still waits concerns the letter whose code is still on it; that of a piece went with the piece."""
    named = rearranged_rows.letter_on(session, cut.pages)
    if item.letter_id is not None and (named is None or named.id != item.letter_id):
        item.letter_id = None if named is None else named.id
        item.concerns_case_file_id = None if named is None else named.case_file_id
    item.revision += 1
    session.flush()


def _bring_along(source: InboxItem, target: InboxItem) -> None:
    """What the joined item's code says holds for the one it is put to."""
    if source.concerns_case_file_id is not None:
        if target.concerns_case_file_id not in (None, source.concerns_case_file_id):
            raise _of_different_case_files()
        if target.letter_id not in (None, source.letter_id):
            raise Conflict("Die beiden Eingänge gehören laut ihren Codes zu verschiedenen Schreiben.")
        if target.concerns_case_file_id is None or target.letter_id is None:
            target.reason = source.reason
            target.concerns_case_file_id, target.letter_id = source.concerns_case_file_id, source.letter_id
    target.revision += 1


def _of_different_case_files() -> Conflict:
    return Conflict("Die beiden gehören laut ihren Codes zu verschiedenen Akten.")


def _pages(document: Document, pages: list[ScannedPage]) -> list[ScannedPage]:
    if document.status is DocumentStatus.QUARANTINED or not pages:
        raise Conflict(f"„{document.title}“ ist nicht lesbar oder nicht gescannt und lässt sich nicht umordnen.")
    return pages


def _in_stack_order(session: Session, document_ids: list[UUID], pages: list[ScannedPage]) -> list[ScannedPage]:
    """The pages of documents as these lay in their stacks, the earlier delivered stack first.

    Within an entry of a stack the pages keep the order the document had, such as a letter's sheets by their number.
    """
    entries = session.exec(
        select(ScanItem, ScanBatch.delivered_at)
        .join(ScanBatch, col(ScanBatch.id) == col(ScanItem.batch_id))
        .where(col(ScanItem.document_id).in_(document_ids))
    ).all()
    places_of = {
        ScannedPage(entry.batch_id, *sheet): (delivered_at, entry.batch_id, entry.position)
        for entry, delivered_at in entries
        for sheet in entry.sheets
    }
    return sorted(pages, key=places_of.__getitem__)


def _unchanged(session: Session, document: Document, version_id: UUID) -> None:
    if documents.newest_version(session, document).id != version_id:
        raise Conflict("Das Dokument wurde inzwischen geändert; bitte neu laden und noch einmal versuchen.")


def _other_one() -> FieldProblem:
    return FieldProblem("/with", "Bitte einen anderen Eingang oder ein Dokument angeben.")
