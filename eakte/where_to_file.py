"""Where somebody may file (ablegen): into a case file, one of its sections or a proceeding of it."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from eakte import access, places
from eakte.access_tables import AccessScope, Right, ScopeKind
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.document_tables import Document
from eakte.errors import FieldProblem, Invalid, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry


def check_may_open_up(session: Session, actor: Actor, document: Document, place_id: int) -> None:
    """Insist on `share` where a document is to go to a place that keeps it less well than its present one.

    Raises:
        NotPermitted: The actor may change the document, but not who sees it.
    """
    place = session.get_one(AccessScope, document.access_scope_id)
    present_id = place.parent_id if place.kind is ScopeKind.DOCUMENT and place.parent_id else document.access_scope_id
    if places.opens_up(session, present_id, place_id):
        access.require(session, actor, document.access_scope_id, Right.SHARE)


def check_may_file(session: Session, actor: Actor, case_file_id: UUID) -> None:
    """Insist that the actor may file something, somewhere in a case file, before bytes are taken in for it.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    access.case_file_reached(session, actor, case_file_id, Right.FILE)


def place_to_file(
    session: Session, actor: Actor, case_file_id: UUID, section: str | None, proceeding_id: UUID | None
) -> tuple[CaseFile, int]:
    """The case file, and the scope a new document falls under there, once the actor may file into it.

    The case file is held until the transaction ends: what falls under the scope then is what is known now.
    Rights of a section or proceeding decide alone: they may be less than those on the case file, or more.

    Raises:
        NotFound, NotPermitted: As everywhere.
        Invalid: Unknown section or proceeding.
    """
    if section is None and proceeding_id is None:
        places.hold(session, access.case_file_for(session, actor, case_file_id, Right.FILE))
        case_file = access.case_file_for(session, actor, case_file_id, Right.FILE)
        return case_file, case_file.access_scope_id
    case_file = access.case_file_reached(session, actor, case_file_id, Right.READ)
    places.hold(session, case_file)
    check_section(session, case_file, section)
    proceeding = None if proceeding_id is None else session.get(Proceeding, proceeding_id)
    if proceeding_id is not None and (
        proceeding is None
        or proceeding.case_file_id != case_file.id
        or not access.rights_on(session, actor, proceeding.access_scope_id)
    ):
        raise Invalid(
            "Den Vorgang gibt es in dieser Akte nicht.",
            FieldProblem("/proceeding", "Bitte die Kennung eines Vorgangs dieser Akte angeben."),
        )
    place_id = places.place_of(session, case_file, section, proceeding)
    if not access.rights_on(session, actor, place_id) & Right.FILE:
        raise NotPermitted("Dazu fehlt dort das Recht „Ablegen“.")
    access.require(session, actor, place_id, Right.FILE)
    return case_file, place_id


def check_section(session: Session, case_file: CaseFile, section: str | None) -> None:
    """Refuse a section (Register) the case file does not have, naming those it has."""
    if section is None:
        return
    known = session.get_one(FilingPlanEntry, case_file.filing_plan_code).sections
    if section not in known:
        remedy = "Möglich sind: " + ", ".join(known) + "." if known else "Diese Akte hat keine Register."
        raise Invalid(f"Das Register „{section}“ gibt es in dieser Akte nicht.", FieldProblem("/section", remedy))
