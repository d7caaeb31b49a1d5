"""What stood there before a receipt was changed, and the letters that count from it."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from eakte.document_tables import Document
from eakte.letter_tables import Letter
from eakte.receipt_tables import ReceiptCorrection


def receipt_changed(
    session: Session,
    document: Document,
    day_before: date | None,
    channel_before: str | None,
    *,
    corrected_by: str,
    reason: str = "",
) -> None:
    """Keep what stood there; a letter that the document answered, or that came back as it, counts from the new day.

    Whoever calls has asked the access door and changed the document.
    """
    session.add(
        ReceiptCorrection(
            document_id=document.id,
            received_on_before=day_before,
            received_on=document.received_on,
            channel_before=channel_before,
            channel=document.channel,
            reason=reason,
            corrected_by=corrected_by,
        )
    )
    concerned = (col(Letter.answer_document_id) == document.id) | (col(Letter.returned_document_id) == document.id)
    for letter in session.exec(select(Letter).where(concerned)):
        if letter.answer_document_id == document.id:
            letter.answered_on = document.received_on
        if letter.returned_document_id == document.id:
            letter.returned_on = document.received_on
        letter.revision += 1
    session.flush()
