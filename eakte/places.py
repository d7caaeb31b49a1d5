"""Under which scope things fall (Zugriffsbereich): case files, their sections, proceedings and documents.

A case file without rights of its own shares the scope of its filing plan entry and responsible unit; the first
right of its own gives it a scope, and everything in it is put in its new place. Documents in a section always
fall under a scope of that section, so that a right on a section touches no document.

What changes its scope is indexed anew; until that is done, searches also look where it stood before.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import grants, jobs
from eakte.access_tables import LEADING, AccessScope, GrantCause, Right, ScopeKind
from eakte.audit import MACHINE
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.document_tables import Document
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.inbox_tables import InboxItem
from eakte.jobs import JobKind
from eakte.letter_tables import Letter
from eakte.principals import UNASSIGNED_UNIT
from eakte.receipt_tables import PaperOriginal, ScanMistake
from eakte.scan_tables import ScanItem
from eakte.scopes import ancestors_of, find_scope, id_of, make_scope, move_scope

SYSTEM = MACHINE.id
"""Who gives and ends what follows from the rules themselves."""


# -- one after the other -----------------------------------------------------------------------------


_READ_ANEW = (CaseFile, Proceeding, Document, InboxItem, AccessScope, Letter, PaperOriginal, ScanItem, ScanMistake)
"""What may have been changed by whoever held the same before."""


def hold(session: Session, *things: CaseFile | Proceeding | Document) -> None:
    """Hold the case files things are or lie in until the transaction ends, or what waits in an inbox itself.

    Whoever decides where something in a case file falls, and whoever gives a case file or something in it a scope
    of its own, does so one after the other: otherwise a document being filed could be left outside a shield. Rows
    read before are read anew. Case files are held before anything else is changed, several by their ids, so that
    nobody waits crosswise. Whoever writes to SQLite is alone already.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    session.flush()
    held: set[UUID] = set()
    while wanted := {_held_by(thing) for thing in things} - held:
        for table in (CaseFile, Document):
            found = select(table.id).where(col(table.id).in_(wanted)).order_by(col(table.id))
            session.exec(found.with_for_update(key_share=True)).all()
        for row in list(session.identity_map.values()):
            if isinstance(row, _READ_ANEW):
                session.expire(row)
        held |= wanted


def _held_by(thing: CaseFile | Proceeding | Document) -> UUID:
    return thing.id if isinstance(thing, CaseFile) or thing.case_file_id is None else thing.case_file_id


# -- scopes that several things share ----------------------------------------------------------------


def responsible_scope(session: Session, entry: FilingPlanEntry, unit_id: str) -> int:
    """The scope shared by all case files of an entry with this responsible unit; made when first needed."""
    node = f"{entry.code}|{unit_id}"
    scope = find_scope(session, ScopeKind.RESPONSIBLE, node)
    if scope is not None:
        return id_of(scope)
    scope_id = make_scope(session, ScopeKind.RESPONSIBLE, node, entry.access_scope_id)
    _give_responsible_unit(session, scope_id, unit_id)
    for section in entry.sections:
        _shared_section(session, entry, scope_id, node, section)
    return scope_id


def entry_section_scope(session: Session, entry: FilingPlanEntry, section: str) -> int:
    """The scope of a section of a filing plan entry; what is granted here reaches it in every case file."""
    return _found_or_made(session, ScopeKind.ENTRY_SECTION, f"{entry.code}/{section}", entry.access_scope_id)


def sections_changed(session: Session, entry: FilingPlanEntry) -> None:
    """Give every section of an entry its scopes: the entry's own, and one below all that divides by it."""
    for section in entry.sections:
        entry_section_scope(session, entry, section)
        below = session.exec(
            select(AccessScope).where(
                AccessScope.parent_id == entry.access_scope_id,
                col(AccessScope.kind).in_([ScopeKind.RESPONSIBLE, ScopeKind.CASE_FILE]),
            )
        ).all()
        for scope in below:
            if scope.kind is ScopeKind.RESPONSIBLE:
                _shared_section(session, entry, id_of(scope), scope.node, section)
            else:
                _section_place(session, session.get_one(CaseFile, UUID(scope.node)), section)


def inbox_scope(session: Session, unit_id: str) -> int:
    """The scope of what waits in a unit's inbox: its members may read and file it. Hangs below nothing."""
    scope = find_scope(session, ScopeKind.INBOX, unit_id)
    if scope is not None:
        return id_of(scope)
    scope_id = make_scope(session, ScopeKind.INBOX, unit_id, None)
    rights = Right.READ | Right.FILE | Right.EDIT
    grants.add_grant(session, scope_id, f"unit:{unit_id}", rights, GrantCause.INBOX, reason="Postkorb")
    return scope_id


# -- scopes of one thing -----------------------------------------------------------------------------


def case_file_scope(session: Session, case_file: CaseFile) -> int:
    """The scope a case file owns; made, with everything in the file put below it, when it has none."""
    hold(session, case_file)
    own = find_scope(session, ScopeKind.CASE_FILE, str(case_file.id))
    if own is not None:
        return id_of(own)
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    scope_id = make_scope(session, ScopeKind.CASE_FILE, str(case_file.id), entry.access_scope_id)
    _give_responsible_unit(session, scope_id, case_file.responsible_unit_id)
    arrange(session, case_file)
    return scope_id


def section_scope(session: Session, case_file: CaseFile, section: str) -> int:
    """The scope a case file's own section owns; made, with its documents put below it, when it has none."""
    case_file_scope(session, case_file)
    return _section_place(session, case_file, section)


def proceeding_scope(session: Session, proceeding: Proceeding) -> int:
    """The scope a proceeding owns; made, with its documents put below it, when it has none."""
    hold(session, proceeding)
    own = find_scope(session, ScopeKind.PROCEEDING, str(proceeding.id))
    if own is not None:
        return id_of(own)
    scope_id = make_scope(session, ScopeKind.PROCEEDING, str(proceeding.id), proceeding.access_scope_id)
    arrange(session, session.get_one(CaseFile, proceeding.case_file_id))
    return scope_id


def document_scope(session: Session, document: Document) -> int:
    """The scope a document owns; made when it has none."""
    hold(session, document)
    own = find_scope(session, ScopeKind.DOCUMENT, str(document.id))
    if own is not None:
        return id_of(own)
    inherited = document.access_scope_id
    scope_id = make_scope(session, ScopeKind.DOCUMENT, str(document.id), inherited)
    document.access_scope_id = scope_id
    jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id, scope_before_id=inherited)
    return scope_id


# -- where things fall -------------------------------------------------------------------------------


def place_of(session: Session, case_file: CaseFile, section: str | None, proceeding: Proceeding | None) -> int:
    """The scope a document in this section and proceeding falls under, unless it owns one itself.

    In both, it inherits from both, and a shield of either holds.
    """
    own_proceeding = None if proceeding is None else find_scope(session, ScopeKind.PROCEEDING, str(proceeding.id))
    if section is None:
        return case_file.access_scope_id if own_proceeding is None else id_of(own_proceeding)
    section_id = _section_place(session, case_file, section)
    if proceeding is None or own_proceeding is None:
        return section_id
    node, above = f"{proceeding.id}/{section}", id_of(own_proceeding)
    both_id = _found_or_made(session, ScopeKind.PROCEEDING_SECTION, node, above, beside_id=section_id)
    move_scope(session, both_id, above, beside_id=section_id)
    return both_id


def opens_up(session: Session, from_id: int, to_id: int) -> bool:
    """Whether what goes from one place to another becomes less kept: a lower level, or a shield left behind."""
    there, then = session.get_one(AccessScope, from_id), session.get_one(AccessScope, to_id)
    if then.effective_level < there.effective_level:
        return True
    left = ancestors_of(session, from_id) - ancestors_of(session, to_id)
    shielded = select(AccessScope.id).where(col(AccessScope.id).in_(left), col(AccessScope.shielded).is_(True))
    return session.exec(shielded.limit(1)).first() is not None


def hang_document(session: Session, document: Document, scope_id: int) -> None:
    """Put a document below a scope, keeping what was granted on the document itself."""
    own = find_scope(session, ScopeKind.DOCUMENT, str(document.id))
    if own is not None:
        move_scope(session, id_of(own), scope_id)
    elif document.access_scope_id != scope_id:
        inherited, document.access_scope_id = document.access_scope_id, scope_id
        jobs.enqueue(session, JobKind.INDEX_DOCUMENT, document.id, scope_before_id=inherited)
    session.flush()


def place_document(session: Session, document: Document) -> None:
    """Put a filed document where its case file, section and proceeding say."""
    assert document.case_file_id is not None, "only filed documents have a place"
    case_file = session.get_one(CaseFile, document.case_file_id)
    proceeding = None if document.proceeding_id is None else session.get_one(Proceeding, document.proceeding_id)
    hang_document(session, document, place_of(session, case_file, document.section, proceeding))


def responsibility_changed(session: Session, case_file: CaseFile) -> None:
    """The responsible unit of a case file, or its filing plan entry, is another: rights follow."""
    hold(session, case_file)
    own = find_scope(session, ScopeKind.CASE_FILE, str(case_file.id))
    if own is not None:
        subject = f"unit:{case_file.responsible_unit_id}"
        for grant in grants.grants_on(session, id_of(own)):
            if grant.cause is GrantCause.RESPONSIBLE and grant.subject != subject:
                grants.end_grant(session, grant, revoked_by=SYSTEM)
        if all(grant.cause is not GrantCause.RESPONSIBLE for grant in grants.grants_on(session, id_of(own))):
            _give_responsible_unit(session, id_of(own), case_file.responsible_unit_id)
    arrange(session, case_file)


def arrange(session: Session, case_file: CaseFile) -> None:
    """Put a case file and everything in it under the scopes they fall under now; what has its own keeps it."""
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    own = find_scope(session, ScopeKind.CASE_FILE, str(case_file.id))
    before = {case_file.access_scope_id}
    if own is not None:
        move_scope(session, id_of(own), entry.access_scope_id)
        case_file.access_scope_id = id_of(own)
    else:
        case_file.access_scope_id = responsible_scope(session, entry, case_file.responsible_unit_id)
    session.flush()
    proceedings = session.exec(select(Proceeding).where(Proceeding.case_file_id == case_file.id)).all()
    for proceeding in proceedings:
        scope = find_scope(session, ScopeKind.PROCEEDING, str(proceeding.id))
        if scope is not None:
            move_scope(session, id_of(scope), case_file.access_scope_id)
        proceeding.access_scope_id = case_file.access_scope_id if scope is None else id_of(scope)
    session.flush()
    if own is not None:
        for name in entry.sections:
            _section_place(session, case_file, name)
    by_id = {proceeding.id: proceeding for proceeding in proceedings}
    for section, proceeding_id in _places_in_use(session, case_file):
        proceeding_or_none = None if proceeding_id is None else by_id[proceeding_id]
        place_id = place_of(session, case_file, section, proceeding_or_none)
        before |= _move_documents(session, case_file, section, proceeding_id, place_id)
    for scope_before_id in sorted(before - {case_file.access_scope_id}):
        jobs.enqueue(session, JobKind.INDEX_CASE_FILE, case_file.id, scope_before_id=scope_before_id)


def _places_in_use(session: Session, case_file: CaseFile) -> list[tuple[str | None, UUID | None]]:
    used = session.exec(
        select(Document.section, Document.proceeding_id).where(Document.case_file_id == case_file.id).distinct()
    ).all()
    sections = session.exec(
        select(AccessScope.node).where(
            AccessScope.kind == ScopeKind.SECTION, col(AccessScope.node).startswith(f"{case_file.id}/", autoescape=True)
        )
    ).all()
    owned: list[tuple[str | None, UUID | None]] = [(node.partition("/")[2], None) for node in sections]
    return list(dict.fromkeys([*owned, *((section, proceeding_id) for section, proceeding_id in used)]))


def _move_documents(
    session: Session, case_file: CaseFile, section: str | None, proceeding_id: UUID | None, place_id: int
) -> set[int]:
    """Put the documents of one section and proceeding in their place; returns the scopes they were under."""
    there = (
        col(Document.case_file_id) == case_file.id,
        col(Document.section).is_not_distinct_from(section),
        col(Document.proceeding_id).is_not_distinct_from(proceeding_id),
        col(Document.access_scope_id) != place_id,
    )
    found = session.exec(
        select(AccessScope).where(
            col(AccessScope.id).in_(sa.select(col(Document.access_scope_id)).where(*there).distinct())
        )
    ).all()
    before: set[int] = set()
    for scope in found:
        if scope.kind is ScopeKind.DOCUMENT:
            move_scope(session, id_of(scope), place_id)
        else:
            before.add(id_of(scope))
    if before:
        session.exec(
            sa.update(Document)
            .where(*there, col(Document.access_scope_id).in_(before))
            .values(access_scope_id=place_id)
        )
    return before


def _section_place(session: Session, case_file: CaseFile, section: str) -> int:
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    own = find_scope(session, ScopeKind.CASE_FILE, str(case_file.id))
    if own is None:
        node = f"{entry.code}|{case_file.responsible_unit_id}"
        return _shared_section(session, entry, case_file.access_scope_id, node, section)
    beside_id = entry_section_scope(session, entry, section)
    node = f"{case_file.id}/{section}"
    scope_id = _found_or_made(session, ScopeKind.SECTION, node, id_of(own), beside_id=beside_id)
    move_scope(session, scope_id, id_of(own), beside_id=beside_id)
    return scope_id


def _shared_section(session: Session, entry: FilingPlanEntry, holder_id: int, holder: str, section: str) -> int:
    beside_id = entry_section_scope(session, entry, section)
    kind, node = ScopeKind.RESPONSIBLE_SECTION, f"{holder}/{section}"
    return _found_or_made(session, kind, node, holder_id, beside_id=beside_id)


def _found_or_made(
    session: Session, kind: ScopeKind, node: str, parent_id: int, *, beside_id: int | None = None
) -> int:
    scope = find_scope(session, kind, node)
    return make_scope(session, kind, node, parent_id, beside_id=beside_id) if scope is None else id_of(scope)


def _give_responsible_unit(session: Session, scope_id: int, unit_id: str) -> None:
    if unit_id != UNASSIGNED_UNIT:
        grants.add_grant(
            session,
            scope_id,
            f"unit:{unit_id}",
            LEADING,
            GrantCause.RESPONSIBLE,
            given_by=SYSTEM,
            reason="Federführung",
        )
