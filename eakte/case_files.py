"""The life of a case file (Akte): opening, finding, changing, completing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import (
    access,
    case_file_writing,
    clues,
    filing_plan,
    four_eyes,
    granting,
    handing_over,
    interested_parties,
    jobs,
    nodes,
    places,
    references,
    scopes,
)
from eakte.access_lists import Position, newest
from eakte.access_tables import Right, RightsProposal
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile, CaseFileStatus, ExternalReference, Party, Proceeding
from eakte.case_file_writing import note, open_for_writing, touch
from eakte.clock import now, today
from eakte.errors import Conflict, FieldProblem, Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.jobs import JobKind
from eakte.levels import parse_level
from eakte.parties import PartyWish, record_party
from eakte.principals import UNASSIGNED_UNIT, PrincipalKind


@dataclass(frozen=True)
class CaseFileWish:
    """What a case file is to be opened with.

    Attributes:
        filing_plan: Code of a leaf of the filing plan.
        responsible_unit: Id; None for the opener's own first unit, or nobody's yet.
        external_id: The caller's own name for it; only specialist systems have one.
    """

    filing_plan: str
    title: str
    parties: Sequence[PartyWish] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    responsible_unit: str | None = None
    external_id: str | None = None
    level: str | None = None


def open_case_file(session: Session, actor: Actor, wish: CaseFileWish, *, reference_format: str) -> CaseFile:
    """Open a case file (Akte anlegen). Who opens it gains no rights by that.

    Raises:
        NotFound: No such filing plan entry, as far as the actor may know.
        NotPermitted: The actor may see the entry but not file there.
        Invalid: Not a leaf, unknown unit or level, wrong fields.
        Conflict: The external id is taken.
    """
    entry = handing_over.entry_to_file_on(session, actor, wish.filing_plan)
    fields = filing_plan.check_fields(entry, wish.fields)
    unit_id = _responsible_unit(session, actor, wish.responsible_unit)
    level = None if wish.level is None else parse_level(wish.level, "/level")
    if level is not None:
        granting.check_below_ceiling(actor, level, "/level")
    _check_title(wish.title)

    reference = _unused_reference(session, entry.code, reference_format)
    case_file = CaseFile(
        reference=reference,
        reference_sort=references.reference_sort(reference),
        reference_key=references.reference_key(reference),
        filing_plan_code=entry.code,
        title=wish.title.strip(),
        fields=fields,
        responsible_unit_id=unit_id,
        access_scope_id=places.responsible_scope(session, entry, unit_id),
        created_by=actor.id,
    )
    session.add(case_file)
    session.flush()
    for position, party in enumerate(wish.parties):
        record_party(session, case_file, party, position)
    interested_parties.parties_changed(session, case_file)
    if level:
        scopes.set_level(session, places.case_file_scope(session, case_file), int(level))
    if wish.external_id is not None:
        if find_by_external_reference(session, actor, wish.external_id) is not None:
            raise Conflict(f"Zur Kennung „{wish.external_id}“ gibt es schon eine Akte.")
        session.add(ExternalReference(system_id=actor.id, external_id=wish.external_id, case_file_id=case_file.id))
    session.flush()
    clues.clues_changed(session, case_file)
    note(session, actor, AuditTag.CASE_FILE_OPENED, case_file, reference=reference, external_id=wish.external_id)
    jobs.enqueue(session, JobKind.INDEX_CASE_FILE, case_file.id)
    return case_file


def find_or_open(session: Session, actor: Actor, wish: CaseFileWish, *, reference_format: str) -> tuple[CaseFile, bool]:
    """Find the case file of a specialist system's own id, or open it.

    Returns:
        The case file, and True when it was opened by this call. One that was there is left unchanged.
    """
    if actor.kind is not PrincipalKind.SYSTEM or wish.external_id is None:
        raise NotPermitted("Nur Fachverfahren öffnen Akten unter einer eigenen Kennung.")
    known = find_by_external_reference(session, actor, wish.external_id)
    if known is not None:
        return access.case_file_for(session, actor, known), False
    return open_case_file(session, actor, wish, reference_format=reference_format), True


def find_by_external_reference(session: Session, actor: Actor, external_id: str) -> UUID | None:
    """The case file a specialist system knows by this id, or None."""
    row = session.get(ExternalReference, (actor.id, external_id))
    return None if row is None else row.case_file_id


def find_by_reference(session: Session, actor: Actor, reference: str) -> CaseFile:
    """The case file with this reference in any spelling; reading rights needed.

    Raises:
        NotFound: None the actor may know of.
    """
    case_file = session.exec(
        select(CaseFile).where(CaseFile.reference_key == references.reference_key(reference))
    ).first()
    if case_file is None:
        raise NotFound
    return access.case_file_for(session, actor, case_file.id)


def find_all_by_reference(session: Session, actor: Actor, reference: str) -> list[CaseFile]:
    """As `find_by_reference`, for lists: one case file or none."""
    try:
        return [find_by_reference(session, actor, reference)]
    except NotFound:
        return []


def list_case_files(
    session: Session,
    actor: Actor,
    *,
    filing_plan_code: str | None = None,
    status: CaseFileStatus | None = None,
    responsible_unit: str | None = None,
    after: Position | None = None,
    limit: int,
) -> list[CaseFile]:
    """Case files the actor may read, newest change first."""
    conditions = []
    if filing_plan_code is not None:
        conditions.append(col(CaseFile.filing_plan_code) == filing_plan_code)
    if status is not None:
        conditions.append(col(CaseFile.status) == status)
    if responsible_unit is not None:
        conditions.append(col(CaseFile.responsible_unit_id) == responsible_unit)
    readable = access.scopes_with(session, actor)
    ids = newest(session, readable, CaseFile, *conditions, after=after, limit=limit)
    rows = {row.id: row for row in session.exec(select(CaseFile).where(col(CaseFile.id).in_(ids)))}
    return [rows[id_] for id_ in ids]


@dataclass(frozen=True)
class CaseFileChange:
    """What is to change; None leaves it as it is."""

    title: str | None = None
    fields: dict[str, Any] | None = None
    responsible_unit: str | None = None
    filing_plan: str | None = None
    level: str | None = None


def change_case_file(
    session: Session, actor: Actor, case_file_id: UUID, change: CaseFileChange
) -> tuple[CaseFile, list[RightsProposal]]:
    """Change metadata. Handing over and moving also change who sees it and need `share`, a move also `file` there.

    Returns:
        The case file, and what of the change waits for a second person; the rest holds at once.

    Raises:
        CaseFileCompleted: It takes no changes any more.
    """
    case_file = open_for_writing(session, actor, case_file_id, Right.EDIT)
    before = case_file_writing.as_it_was(case_file)
    waiting: list[RightsProposal | None] = []
    if change.title is not None:
        _check_title(change.title)
        case_file.title = change.title.strip()
    if change.filing_plan is not None and change.filing_plan != case_file.filing_plan_code:
        waiting.append(four_eyes.move(session, actor, case_file, change.filing_plan, change.fields))
    elif change.fields is not None:
        entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
        case_file.fields = filing_plan.check_fields(entry, change.fields)
        clues.clues_changed(session, case_file)
    if change.responsible_unit is not None and change.responsible_unit != case_file.responsible_unit_id:
        waiting.append(four_eyes.hand_over(session, actor, case_file, change.responsible_unit))
    if change.level is not None:
        waiting.append(four_eyes.set_level(session, actor, nodes.case_file(case_file.id), change.level))
    case_file_writing.changed(session, actor, case_file, before)
    return case_file, [proposal for proposal in waiting if proposal is not None]


def complete_case_file(session: Session, actor: Actor, case_file_id: UUID) -> CaseFile:
    """Complete a case file (abschließen): no more writing until it is reopened."""
    case_file = open_for_writing(session, actor, case_file_id, Right.CLOSE)
    case_file.status, case_file.completed_at = CaseFileStatus.COMPLETED, now()
    touch(session, case_file)
    note(session, actor, AuditTag.CASE_FILE_COMPLETED, case_file)
    return case_file


def reopen_case_file(session: Session, actor: Actor, case_file_id: UUID) -> CaseFile:
    """Open a completed case file again; harmless when it is open."""
    case_file = access.case_file_for(session, actor, case_file_id, Right.CLOSE)
    if case_file.status is CaseFileStatus.COMPLETED:
        case_file.status, case_file.completed_at = CaseFileStatus.OPEN, None
        touch(session, case_file)
        note(session, actor, AuditTag.CASE_FILE_REOPENED, case_file)
    return case_file


# -- parties and proceedings -------------------------------------------------------------------------


def parties_of(session: Session, actor: Actor, case_file_id: UUID) -> list[Party]:
    """The parties of a case file the actor may read, in order."""
    case_file = access.case_file_for(session, actor, case_file_id)
    return list(
        session.exec(
            select(Party).where(Party.case_file_id == case_file.id).order_by(col(Party.position), col(Party.id))
        )
    )


def add_party(session: Session, actor: Actor, case_file_id: UUID, wish: PartyWish) -> Party:
    """Add a party (Beteiligte) to a case file."""
    case_file = open_for_writing(session, actor, case_file_id, Right.EDIT)
    count = len(session.exec(select(Party.id).where(Party.case_file_id == case_file_id)).all())
    party = record_party(session, case_file, wish, count)
    interested_parties.parties_changed(session, case_file)
    touch(session, case_file)
    note(session, actor, AuditTag.PARTY_ADDED, case_file, role=wish.role)
    jobs.enqueue(session, JobKind.INDEX_CASE_FILE, case_file.id)
    return party


def open_proceeding(session: Session, actor: Actor, case_file_id: UUID, title: str) -> Proceeding:
    """Open a proceeding (Vorgang) in a case file."""
    case_file = open_for_writing(session, actor, case_file_id, Right.FILE)
    _check_title(title)
    proceeding = Proceeding(
        case_file_id=case_file.id,
        title=title.strip(),
        access_scope_id=case_file.access_scope_id,
        created_by=actor.id,
    )
    session.add(proceeding)
    touch(session, case_file)
    note(session, actor, AuditTag.PROCEEDING_OPENED, case_file, proceeding=str(proceeding.id))
    return proceeding


def proceedings_of(session: Session, actor: Actor, case_file_id: UUID) -> list[Proceeding]:
    """The proceedings of a case file that the actor may read, oldest first."""
    access.case_file_for(session, actor, case_file_id)
    readable = access.scopes_with(session, actor)
    rows = session.exec(select(Proceeding).where(Proceeding.case_file_id == case_file_id).order_by(col(Proceeding.id)))
    return [row for row in rows if row.access_scope_id in readable]


# -- inside ------------------------------------------------------------------------------------------


def _unused_reference(session: Session, code: str, reference_format: str) -> str:
    while True:
        reference = references.next_reference(session, code, today().year, reference_format)
        key = references.reference_key(reference)
        if session.exec(select(CaseFile.id).where(CaseFile.reference_key == key)).first() is None:
            return reference


def _responsible_unit(session: Session, actor: Actor, wished: str | None) -> str:
    if wished is None:
        return actor.units[0] if actor.kind is PrincipalKind.PERSON and actor.units else UNASSIGNED_UNIT
    handing_over.check_unit(session, wished)
    return wished


def _check_title(title: str) -> None:
    if not title.strip():
        raise Invalid("Der Titel fehlt.", FieldProblem("/title", "Bitte einen Titel angeben."))
