"""What the pages say of a document's receipt and its paper, and what may be done about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from eakte import inbox, paper_originals, receipt
from eakte.access_tables import Right
from eakte.document_tables import Document, DocumentKind, DocumentVersion
from eakte.principals import Principal
from eakte.receipt_tables import PaperOriginal, ReceiptCorrection


@dataclass(frozen=True)
class CorrectionLine:
    """A correction with the name of whoever made it."""

    correction: ReceiptCorrection
    by: str


@dataclass(frozen=True)
class ReceiptView:
    """Receipt and paper of a document.

    Attributes:
        may_edit: Whether the visitor may correct, place and withdraw.
        is_scanned: Whether it came with a stack.
    """

    document: Document
    corrections: Sequence[CorrectionLine]
    papers: Sequence[PaperOriginal]
    may_edit: bool
    is_scanned: bool

    @property
    def is_incoming(self) -> bool:
        return self.document.kind is DocumentKind.INCOMING


def gather(session: Session, document: Document, version: DocumentVersion, rights: Right) -> ReceiptView:
    """Everything told of a document's receipt; the visitor has it before them.

    Args:
        version: The newest.
        rights: The visitor's on the document.
    """
    corrections = receipt.corrections_of(session, document)
    people = {one.corrected_by for one in corrections}
    names = {}
    if people:
        names = dict(session.exec(select(Principal.id, Principal.name).where(col(Principal.id).in_(people))).all())
    return ReceiptView(
        document=document,
        corrections=[CorrectionLine(one, names[one.corrected_by]) for one in corrections],
        papers=paper_originals.papers_of(session, document),
        may_edit=bool(rights & Right.EDIT),
        is_scanned=version.origin is not None,
    )


def place_of(session: Session, document: Document) -> str:
    """Where a document the visitor may see is looked at: in its case file, or in the inbox it waits in."""
    item = inbox.waiting_item(session, document)
    return f"/dokumente/{document.id}" if item is None else f"/postkorb/{item.id}"
