"""Handing a case file over (Abgabe) and moving it in the filing plan: both change who sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, case_file_writing, clues, filing_plan, interested_parties, managing, nodes, places
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import PrincipalKind, Unit


def hand_over(session: Session, actor: Actor, case_file: CaseFile, unit_id: str) -> None:
    """Make another unit responsible; its rights follow. Whoever calls notes the change (`case_file_writing.changed`).

    Raises:
        NotPermitted: Without `share`, unless a specialist system hands over what it opened itself.
        Invalid: No such unit.
        EverybodyLockedOut: Nobody could manage its rights then, as where nobody belongs to the unit.
    """
    if not is_its_opener(actor, case_file):
        access.require(session, actor, case_file.access_scope_id, Right.SHARE)
    check_unit(session, unit_id)
    before = managing.managed(session, nodes.case_file(case_file.id))
    case_file.responsible_unit_id = unit_id
    places.responsibility_changed(session, case_file)
    managing.check_still_managed(session, before)


def move(session: Session, actor: Actor, case_file: CaseFile, code: str, fields: dict[str, Any] | None) -> None:
    """Hang a case file on another leaf of the filing plan, if what lies in it has a place there.

    It keeps its reference, and its rights are those of its new place. Whoever calls notes the change.

    Args:
        fields: As the new entry asks for them; None to keep those it has.

    Raises:
        NotPermitted: Without `share`, or without `file` on the new entry.
        Invalid: No leaf the actor may know of, or wrong fields.
        Conflict: Documents lie in sections that the new entry does not have.
        EverybodyLockedOut: Nobody could manage its rights there.
    """
    access.require(session, actor, case_file.access_scope_id, Right.SHARE)
    entry = entry_to_file_on(session, actor, code)
    case_file.fields = filing_plan.check_fields(entry, case_file.fields if fields is None else fields)
    clues.clues_changed(session, case_file)
    used = session.exec(
        select(Document.section)
        .where(Document.case_file_id == case_file.id, col(Document.section).is_not(None))
        .distinct()
    )
    homeless = sorted({str(section) for section in used} - set(entry.sections))
    if homeless:
        raise Conflict(
            f"Unter „{code}“ gibt es die Register {', '.join(homeless)} nicht, in denen Dokumente liegen; "
            "bitte diese zuerst in andere Register legen."
        )
    before = managing.managed(session, nodes.case_file(case_file.id))
    case_file.filing_plan_code = entry.code
    places.responsibility_changed(session, case_file)
    interested_parties.case_file_moved(session, case_file)
    managing.check_still_managed(session, before)


def hand_over_confirmed(session: Session, proposer: Actor, case_file_id: UUID, unit_id: str) -> None:
    """Carry out a proposed handing over, as its proposer would now.

    Raises:
        CaseFileCompleted: It was completed meanwhile.
        NotFound, NotPermitted, Invalid, EverybodyLockedOut: As for `hand_over`.
    """
    case_file = case_file_writing.open_for_writing(session, proposer, case_file_id, Right.EDIT)
    before = case_file_writing.as_it_was(case_file)
    hand_over(session, proposer, case_file, unit_id)
    case_file_writing.changed(session, proposer, case_file, before)


def move_confirmed(
    session: Session, proposer: Actor, case_file_id: UUID, code: str, fields: dict[str, Any] | None
) -> None:
    """Carry out a proposed move, as its proposer would now.

    Raises:
        CaseFileCompleted: It was completed meanwhile.
        NotFound, NotPermitted, Invalid, Conflict, EverybodyLockedOut: As for `move`.
    """
    case_file = case_file_writing.open_for_writing(session, proposer, case_file_id, Right.EDIT)
    before = case_file_writing.as_it_was(case_file)
    move(session, proposer, case_file, code, fields)
    case_file_writing.changed(session, proposer, case_file, before)


def is_its_opener(actor: Actor, case_file: CaseFile) -> bool:
    """Whether a specialist system opened the case file: it says who is responsible, as it did when opening."""
    return actor.kind is PrincipalKind.SYSTEM and case_file.created_by == actor.id


def entry_to_file_on(session: Session, actor: Actor, code: str) -> FilingPlanEntry:
    """The leaf of the filing plan on which the actor may hang a case file.

    Raises:
        Invalid: No leaf the actor may know of.
        NotPermitted: They may see it but not file there.
    """
    try:
        entry = access.filing_plan_entry_for(session, actor, code, Right.FILE)
    except NotFound:
        raise Invalid(
            "Diese Aktenplaneinheit gibt es nicht.",
            FieldProblem("/filing_plan", f"„{code}“ ist keine Einheit des Aktenplans, die Sie kennen."),
        ) from None
    if not filing_plan.is_leaf(session, code):
        raise Invalid(
            "Akten hängen nur an den untersten Einheiten des Aktenplans.",
            FieldProblem("/filing_plan", f"„{code}“ hat Untereinheiten; bitte eine davon wählen."),
        )
    return entry


def check_unit(session: Session, unit_id: str) -> None:
    """Refuse to make a unit responsible that there is not."""
    if session.get(Unit, unit_id) is None:
        raise Invalid(
            "Die federführende Einheit gibt es nicht.",
            FieldProblem("/responsible_unit", f"„{unit_id}“ ist keine Organisationseinheit."),
        )
