"""Cover sheets (Deckblätter): printed by whoever may file, they steer what lies behind them into a case file.

Drawing them takes a moment that must not hold the database: `plan_cover_sheets` reads, `draw` draws, and
`make_cover_sheets` writes the rows. A sheet of which no row was written steers nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, cover_sheet_codes, installation, return_codes, scan_profiles, where_to_file
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, CaseFileStatus
from eakte.case_file_writing import CaseFileCompleted
from eakte.clock import today
from eakte.cover_sheet_tables import CoverSheet
from eakte.document_tables import DocumentKind
from eakte.errors import FieldProblem, Invalid
from eakte.ids import new_id
from eakte.ports import LetterPress
from eakte.sheet_faces import CoverSheetFace

MOST_SHEETS = 100
UNTITLED = "Eingang mit Deckblatt"


@dataclass(frozen=True)
class CoverSheetWish:
    """What a cover sheet steers.

    Attributes:
        title: Of the document; a general one when None.
        profile: How to scan what lies behind it; None for any.
        reusable: Whether it may be laid on one stack after the other.
    """

    case_file_id: UUID
    section: str | None = None
    title: str | None = None
    kind: DocumentKind = DocumentKind.INCOMING
    profile: str | None = None
    reusable: bool = False


@dataclass(frozen=True)
class PlannedCoverSheets:
    """Cover sheets that have no rows yet; wishes, code ids and faces in the order of the pages."""

    printing_id: UUID
    wishes: tuple[CoverSheetWish, ...]
    code_ids: tuple[str, ...]
    faces: tuple[CoverSheetFace, ...]


def plan_cover_sheets(session: Session, actor: Actor, wishes: Sequence[CoverSheetWish]) -> PlannedCoverSheets:
    """Find out what will stand on cover sheets; only reads records.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted: As for filing a document there.
        Invalid: None or too many, an unknown section or profile; fields are named below `/sheets/0` and so on.
    """
    if not 1 <= len(wishes) <= MOST_SHEETS:
        raise Invalid(
            f"Bitte zwischen 1 und {MOST_SHEETS} Deckblätter bestellen, nicht {len(wishes)}.",
            FieldProblem("/sheets", f"Höchstens {MOST_SHEETS} auf einmal."),
        )
    key = installation.return_code_key(session)
    code_ids = tuple(return_codes.new_code_id() for _ in wishes)
    faces = []
    for number, (wish, code_id) in enumerate(zip(wishes, code_ids, strict=True)):
        case_file = access.case_file_reached(session, actor, wish.case_file_id, Right.FILE)
        _check(session, case_file, wish, number)
        payload = cover_sheet_codes.payload(code_id, key)
        faces.append(_face(payload, case_file, wish, actor))
    return PlannedCoverSheets(new_id(), tuple(wishes), code_ids, tuple(faces))


def draw(press: LetterPress, faces: Sequence[CoverSheetFace], work_dir: Path) -> bytes:
    """Cover sheets as PDF, one page each; needs no database.

    Args:
        work_dir: Where files in the making may lie.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work_dir, prefix="cover-") as folder:
        target = Path(folder, "cover-sheets.pdf")
        press.cover_sheets(faces, target)
        return target.read_bytes()


def as_of_one(error: Invalid) -> Invalid:
    """The same refusal for whoever asked for a single sheet: its fields stand at the top."""
    fields = [FieldProblem("/" + field.pointer.rsplit("/", 1)[-1], field.detail) for field in error.fields]
    return Invalid(str(error), *fields)


def make_cover_sheets(session: Session, actor: Actor, planned: PlannedCoverSheets) -> list[CoverSheet]:
    """Let planned cover sheets steer from now on, once the actor may file where each of them leads.

    Raises:
        NotFound, NotPermitted, CaseFileCompleted, Invalid: As `plan_cover_sheets`.
    """
    sheets: list[CoverSheet] = []
    for wish, code_id in zip(planned.wishes, planned.code_ids, strict=True):
        case_file, _ = where_to_file.place_to_file(session, actor, wish.case_file_id, wish.section, None)
        _check(session, case_file, wish, len(sheets))
        sheet = CoverSheet(
            printing_id=planned.printing_id,
            code_id=code_id,
            case_file_id=case_file.id,
            section=wish.section,
            title=_title(wish),
            kind=wish.kind,
            profile=wish.profile,
            reusable=wish.reusable,
            created_by=actor.id,
        )
        session.add(sheet)
        session.flush()
        _note(session, actor, sheet)
        sheets.append(sheet)
    return sheets


def printed_before(session: Session, actor: Actor, printing_id: UUID) -> list[CoverSheetFace]:
    """What stands on cover sheets that exist already, for whoever ordered them and may still file there.

    Raises:
        NotFound, NotPermitted: None such, somebody else's, or no longer permitted.
    """
    rows = session.exec(
        select(CoverSheet)
        .where(CoverSheet.printing_id == printing_id, CoverSheet.created_by == actor.id)
        .order_by(col(CoverSheet.id))
    ).all()
    if not rows:
        raise access.nothing_there(session, actor)
    key = installation.return_code_key(session)
    faces = []
    for row in rows:
        case_file = access.case_file_reached(session, actor, row.case_file_id, Right.FILE)
        payload = cover_sheet_codes.payload(row.code_id, key)
        faces.append(_face(payload, case_file, row, actor))
    return faces


# -- inside ------------------------------------------------------------------------------------------


def _check(session: Session, case_file: CaseFile, wish: CoverSheetWish, number: int) -> None:
    if case_file.status is CaseFileStatus.COMPLETED:
        raise CaseFileCompleted(case_file.reference)
    try:
        where_to_file.check_section(session, case_file, wish.section)
        if wish.profile is not None:
            scan_profiles.settings_of(session, wish.profile)
    except Invalid as error:
        below = (field.pointer.rsplit("/", 1)[-1] for field in error.fields)
        fields = [
            FieldProblem(f"/sheets/{number}/{name}", field.detail)
            for name, field in zip(below, error.fields, strict=True)
        ]
        raise Invalid(str(error), *fields) from error


def _title(of: CoverSheetWish | CoverSheet) -> str:
    return (of.title or "").strip() or UNTITLED


def _face(payload: str, case_file: CaseFile, of: CoverSheetWish | CoverSheet, actor: Actor) -> CoverSheetFace:
    return CoverSheetFace(
        payload=payload,
        reference=case_file.reference,
        section=of.section,
        title=_title(of),
        kind=of.kind.value,
        profile=of.profile,
        reusable=of.reusable,
        printed_by=actor.name,
        printed_on=today(),
    )


def _note(session: Session, actor: Actor, sheet: CoverSheet) -> None:
    audit.record(
        session,
        AuditTag.COVER_SHEET_PRINTED,
        actor_id=actor.id,
        object_kind="cover_sheet",
        object_id=sheet.id,
        case_file_id=sheet.case_file_id,
        origin=actor.origin,
        section=sheet.section or "",
        reusable=sheet.reusable,
    )
