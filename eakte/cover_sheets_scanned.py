"""A cover sheet that comes back on a stack: whether it steers is decided anew, under the rights of now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, select

from eakte import actors, where_to_file
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.clock import in_city, now
from eakte.cover_sheet_tables import CoverSheet
from eakte.errors import Invalid, NotFound, NotPermitted


@dataclass(frozen=True)
class CoverDecision:
    """What a cover sheet says of what lay behind it.

    Attributes:
        sheet, case_file: None where no such sheet was printed here.
        reasons: Why it does not steer, for a clerk; none when it does.
    """

    sheet: CoverSheet | None
    case_file: CaseFile | None
    reasons: tuple[str, ...]


def decide_cover(session: Session, code_id: str) -> CoverDecision:
    """Say where a cover sheet leads now; it is held until the transaction ends, so that it is used once only."""
    sheet = session.exec(select(CoverSheet).where(CoverSheet.code_id == code_id).with_for_update()).first()
    if sheet is None:
        return CoverDecision(None, None, ("Das Deckblatt ist gültig, aber hier nicht verzeichnet.",))
    case_file = session.get_one(CaseFile, sheet.case_file_id)
    reasons = []
    if sheet.used_at is not None and not sheet.reusable:
        reasons.append(f"Das Deckblatt wurde schon am {in_city(sheet.used_at):%d.%m.%Y} verwendet und gilt nur einmal.")
    if case_file.status is CaseFileStatus.COMPLETED:
        reasons.append("Die Akte ist abgeschlossen.")
    try:
        printer = actors.actor_for(session, sheet.created_by)
        where_to_file.place_to_file(session, printer, case_file.id, sheet.section, None)
    except (NotFound, NotPermitted):
        reasons.append("Wer das Deckblatt gedruckt hat, darf dort nicht mehr ablegen.")
    except Invalid as error:
        reasons.append(str(error))
    return CoverDecision(sheet, case_file, tuple(reasons))


def mark_used(session: Session, sheet: CoverSheet) -> None:
    """Note that a cover sheet has filed something."""
    sheet.used_at, sheet.times_used = now(), sheet.times_used + 1
    session.flush()
