"""What joining and splitting write: versions with their transfer notes, new items, and where a batch's sheets lie now.

Whoever calls has asked the access door.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import documents, inbox, installation, paper_following, places, where_to_file
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document, DocumentVersion
from eakte.documents import DocumentWish
from eakte.inbox_tables import InboxItem
from eakte.intake import cut_versions
from eakte.intake.splitting import read_page
from eakte.letter_tables import Letter
from eakte.scan_origins import Cut, SourcePage
from eakte.scan_tables import ScanBatch, ScanItem, ScanOutcome

WITHOUT_CODE = "Eingang ohne Zuordnung"
JOINED = "Nachträglich zusammengelegt."
SPLIT = "Nachträglich getrennt: Die Blätter lagen zuvor mit anderen in einem Dokument."
"""What transfer notes, stacks and inboxes tell of it; not from or with what.

Whoever reads the one, or may see the stack, need not know of the other.
"""


def add_cut_version(session: Session, actor: Actor, document: Document, cut: Cut, anomaly: str) -> DocumentVersion:
    """A new version of a document, made of scanned pages."""
    batch = _batch_of(session, cut)
    return cut_versions.add_next_cut(session, document, cut, batch, anomaly, created_by=actor.id, by=actor)


def add_piece(
    session: Session, actor: Actor, source: Document, cut: Cut, unit_id: str, *, of: CaseFile | None
) -> InboxItem:
    """A document of its own, made of pages of another, that waits in an inbox for whoever its own codes say.

    Args:
        of: The case file the pages lay in until now; without a code they concern that one.
    """
    letter = letter_on(session, cut.pages)
    wish = DocumentWish(
        title=source.title if letter is not None else WITHOUT_CODE,
        kind=source.kind,
        received_on=source.received_on,
        channel=source.channel,
    )
    scope_id = places.inbox_scope(session, unit_id)
    where_to_file.check_may_open_up(session, actor, source, scope_id)
    piece = documents.add_document(session, actor.id, wish, case_file_id=None, scope_id=scope_id)
    cut_versions.add_first_cut(session, piece, cut, _batch_of(session, cut), SPLIT, by=actor)
    return inbox.put_into_inbox(
        session,
        piece,
        unit_id,
        SPLIT,
        by=actor,
        concerns=of if letter is None else session.get_one(CaseFile, letter.case_file_id),
        letter=letter,
    )


def letter_on(session: Session, pages: Sequence[SourcePage]) -> Letter | None:
    """The one letter that the return codes on these pages name; None when there is none, or several."""
    key = installation.return_code_key(session)
    names = {code.code_id for page in pages for code in read_page(0, page.reading, key).returns}
    if len(names) != 1:
        return None
    return session.exec(select(Letter).where(Letter.code_id == names.pop())).first()


def follow_parts(session: Session, document: Document, cut: Cut, *, gone_id: UUID | None = None) -> None:
    """What a letter knows of the sheets that came of its answer follows them into another document, or out of one.

    Args:
        cut: What the document is made of now.
        gone_id: The document that was put to it.
    """
    key = installation.return_code_key(session)
    codes = [code for page in cut.pages for code in read_page(0, page.reading, key).returns]
    for letter in session.exec(select(Letter).where(col(Letter.part_document_id).in_([document.id, gone_id]))):
        sheets = sorted({code.sheet for code in codes if code.code_id == letter.code_id})
        letter.part_document_id, letter.part_sheets = (document.id, sheets) if sheets else (None, None)
        letter.revision += 1


def lead_to(session: Session, document_id: UUID, target: Document) -> None:
    """The batch learns that sheets of one document lie in another now."""
    outcome = ScanOutcome.INBOX if target.case_file_id is None else ScanOutcome.FILED
    for item in session.exec(select(ScanItem).where(ScanItem.document_id == document_id)):
        item.document_id, item.outcome, item.case_file_id = target.id, outcome, target.case_file_id
    paper_following.follow_join(session, document_id, target.id)
    session.flush()


def lead_pieces(session: Session, document: Document, pieces: Sequence[tuple[UUID, Cut]]) -> None:
    """The batch learns which sheets of a document lie in which piece now; an entry for each of them.

    Args:
        pieces: Document of each, the first being the document itself.
    """
    paper_following.follow_split(
        session, document.id, [(piece_id, {page.at.batch_id for page in cut.pages}) for piece_id, cut in pieces]
    )
    for item in session.exec(select(ScanItem).where(ScanItem.document_id == document.id)).all():
        shares = []
        for piece_id, cut in pieces:
            own = {(page.at.file, page.at.page) for page in cut.pages if page.at.batch_id == item.batch_id}
            sheets = [sheet for sheet in item.sheets if tuple(sheet) in own]
            if sheets:
                shares.append((piece_id, sheets))
        if not shares:
            continue
        item.document_id, item.sheets = shares[0]
        _make_room(session, item, len(shares) - 1)
        for offset, (piece_id, sheets) in enumerate(shares[1:], start=1):
            session.add(
                ScanItem(
                    batch_id=item.batch_id,
                    position=item.position + offset,
                    outcome=ScanOutcome.INBOX,
                    reason=SPLIT,
                    document_id=piece_id,
                    sheets=sheets,
                )
            )
        session.flush()


def _make_room(session: Session, item: ScanItem, count: int) -> None:
    """Move what lies behind an entry of a batch, so that its pieces can follow it.

    The last first, since no two share a position.
    """
    if not count:
        return
    behind = select(ScanItem).where(ScanItem.batch_id == item.batch_id, ScanItem.position > item.position)
    for other in session.exec(behind.order_by(col(ScanItem.position).desc())).all():
        other.position += count
        session.flush()


def _batch_of(session: Session, cut: Cut) -> ScanBatch:
    return session.get_one(ScanBatch, cut.pages[0].at.batch_id)
