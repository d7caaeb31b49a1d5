"""What rights can stand on (Knoten): filing plan entries, case files, their sections, proceedings, documents.

Written `plan:11.20`, `plan:11.20/Krankheit`, `case:11.20/2026/00042`, `case:…/Krankheit`, `proceeding:ID`,
`document:ID`, as in organisation files, on the command line and in the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, places
from eakte.access_tables import RIGHT_NAMES, AccessScope, Right, ScopeKind
from eakte.actors import ADMIN, Actor
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.document_tables import Document
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.principals import Unit
from eakte.references import reference_key
from eakte.scopes import find_scope, id_of


class NodeKind(StrEnum):
    """The kinds of things rights stand on."""

    ENTRY = "filing_plan"
    ENTRY_SECTION = "entry_section"
    CASE_FILE = "case_file"
    SECTION = "section"
    PROCEEDING = "proceeding"
    DOCUMENT = "document"


_SCOPE_KINDS = {
    NodeKind.ENTRY: ScopeKind.FILING_PLAN,
    NodeKind.ENTRY_SECTION: ScopeKind.ENTRY_SECTION,
    NodeKind.CASE_FILE: ScopeKind.CASE_FILE,
    NodeKind.SECTION: ScopeKind.SECTION,
    NodeKind.PROCEEDING: ScopeKind.PROCEEDING,
    NodeKind.DOCUMENT: ScopeKind.DOCUMENT,
}
_PREFIXES = {
    NodeKind.ENTRY: "plan",
    NodeKind.ENTRY_SECTION: "plan",
    NodeKind.CASE_FILE: "case",
    NodeKind.SECTION: "case",
    NodeKind.PROCEEDING: "proceeding",
    NodeKind.DOCUMENT: "document",
}


@dataclass(frozen=True)
class Node:
    """One of them.

    Attributes:
        id: The code of a filing plan entry; otherwise a UUID as text.
        section: For the two kinds of sections.
    """

    kind: NodeKind
    id: str
    section: str | None = None

    @property
    def key(self) -> str:
        """The node as its scope names it."""
        return self.id if self.section is None else f"{self.id}/{self.section}"

    @property
    def written(self) -> str:
        """The node as files and the API write it, by ids."""
        return f"{_PREFIXES[self.kind]}:{self.key}"

    @property
    def is_of_plan(self) -> bool:
        """Whether it belongs to the filing plan, which administrators arrange."""
        return self.kind in (NodeKind.ENTRY, NodeKind.ENTRY_SECTION)


def entry(code: str) -> Node:
    """A filing plan entry."""
    return Node(NodeKind.ENTRY, code)


def case_file(id_: UUID) -> Node:
    """A case file."""
    return Node(NodeKind.CASE_FILE, str(id_))


def section(case_file_id: UUID, name: str) -> Node:
    """A section of one case file."""
    return Node(NodeKind.SECTION, str(case_file_id), name)


def proceeding(id_: UUID) -> Node:
    """A proceeding."""
    return Node(NodeKind.PROCEEDING, str(id_))


def document(id_: UUID) -> Node:
    """A document."""
    return Node(NodeKind.DOCUMENT, str(id_))


# -- finding -----------------------------------------------------------------------------------------


def parse(session: Session, text: str) -> Node:
    """The thing a text names; also a bare reference, code or id. Nobody's rights are asked here.

    Raises:
        NotFound: There is no such thing.
    """
    prefix, colon, name = text.strip().partition(":")
    kind = prefix.strip().casefold().replace("-", "_")
    if not colon:
        kind, name = "", text
    name = name.strip()
    for prefixes, find in (
        (("", "plan", "filing_plan"), _entry_named),
        (("", "case", "case_file"), _case_file_named),
        (("", "proceeding"), _proceeding_named),
        (("", "document"), _document_named),
    ):
        if kind in prefixes:
            found = find(session, name)
            if found is not None:
                return found
    raise NotFound


def _entry_named(session: Session, name: str) -> Node | None:
    code, slash, section_name = name.partition("/")
    row = session.get(FilingPlanEntry, code.strip())
    if row is None or (slash and section_name not in row.sections):
        return None
    return Node(NodeKind.ENTRY_SECTION, row.code, section_name) if slash else entry(row.code)


def _case_file_named(session: Session, name: str) -> Node | None:
    row = _case_file_called(session, name)
    if row is not None:
        return case_file(row.id)
    above, slash, section_name = name.rpartition("/")
    row = _case_file_called(session, above) if slash else None
    if row is None or section_name not in session.get_one(FilingPlanEntry, row.filing_plan_code).sections:
        return None
    return section(row.id, section_name)


def _case_file_called(session: Session, name: str) -> CaseFile | None:
    id_ = _as_id(name)
    if id_ is not None:
        return session.get(CaseFile, id_)
    key = reference_key(name)
    return session.exec(select(CaseFile).where(CaseFile.reference_key == key)).first() if key else None


def _proceeding_named(session: Session, name: str) -> Node | None:
    id_ = _as_id(name)
    return proceeding(id_) if id_ is not None and session.get(Proceeding, id_) is not None else None


def _document_named(session: Session, name: str) -> Node | None:
    id_ = _as_id(name)
    row = None if id_ is None else session.get(Document, id_)
    return document(row.id) if row is not None and row.withdrawn_at is None else None


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# -- the door ----------------------------------------------------------------------------------------


def require(session: Session, actor: Actor, node: Node, right: Right) -> int:
    """Insist on a right on a node.

    Administrators arrange rights on the filing plan without having any there.

    Returns:
        The scope the node falls under now.

    Raises:
        NotFound, NotPermitted: As everywhere.
    """
    if node.is_of_plan and right is Right.SHARE and actor.has_role(ADMIN):
        return place_of(session, node)
    if node.kind is NodeKind.ENTRY:
        return access.filing_plan_entry_for(session, actor, node.id, right).access_scope_id
    if node.kind is NodeKind.CASE_FILE:
        return access.case_file_for(session, actor, UUID(node.id), right).access_scope_id
    if node.kind is NodeKind.PROCEEDING:
        return access.proceeding_for(session, actor, UUID(node.id), right).access_scope_id
    if node.kind is NodeKind.DOCUMENT:
        return access.document_for(session, actor, UUID(node.id), right).access_scope_id
    return _require_on_section(session, actor, node, right)


def _require_on_section(session: Session, actor: Actor, node: Node, right: Right) -> int:
    """As `require`. That there is a section, everybody knows who knows of what it divides."""
    try:
        place_id = place_of(session, node)
    except NotFound:
        place_id = None
    if place_id is not None and access.rights_on(session, actor, place_id) & Right.READ:
        access.require(session, actor, place_id, right)
        return place_id
    if node.kind is NodeKind.SECTION:
        access.case_file_for(session, actor, UUID(node.id))
    else:
        access.filing_plan_entry_for(session, actor, node.id)
    if place_id is None:
        raise NotFound
    raise NotPermitted(f"Dazu fehlt im Register das Recht „{RIGHT_NAMES[right]}“.")


def allows(session: Session, actor: Actor, node: Node, right: Right) -> bool:
    """Whether `require` would let the actor pass: for offering only what they may do."""
    try:
        require(session, actor, node, right)
    except (NotFound, NotPermitted):
        return False
    return True


def sections_with(session: Session, actor: Actor, case_file: CaseFile, right: Right) -> list[str]:
    """The sections of a case file in which the actor has this right, in the order of its filing plan entry."""
    entry = session.get_one(FilingPlanEntry, case_file.filing_plan_code)
    holders = {
        ScopeKind.SECTION: str(case_file.id),
        ScopeKind.RESPONSIBLE_SECTION: f"{entry.code}|{case_file.responsible_unit_id}",
    }
    named = {(kind, f"{holder}/{name}"): name for name in entry.sections for kind, holder in holders.items()}
    found = session.exec(
        select(AccessScope).where(
            col(AccessScope.kind).in_(holders), col(AccessScope.node).in_([node for _kind, node in named])
        )
    ).all()
    # A section of its own counts before the one that the case files of a responsible unit share.
    places_by_name: dict[str, int] = {}
    for scope in sorted(found, key=lambda scope: scope.kind is ScopeKind.SECTION):
        places_by_name[named[scope.kind, scope.node]] = id_of(scope)
    with_right = access.scopes_with(session, actor, right)
    return [name for name in entry.sections if name in places_by_name and places_by_name[name] in with_right]


# -- scopes ------------------------------------------------------------------------------------------


def own_scope(session: Session, node: Node) -> AccessScope | None:
    """The scope the node owns, or None."""
    return find_scope(session, _SCOPE_KINDS[node.kind], node.key)


def place_of(session: Session, node: Node) -> int:
    """The scope the node falls under now: its own or the nearest above.

    Raises:
        NotFound: There is no such thing.
    """
    own = own_scope(session, node)
    if own is not None:
        return id_of(own)
    if node.kind is NodeKind.SECTION:
        row = session.get(CaseFile, UUID(node.id))
        shared = None
        if row is not None:
            key = f"{row.filing_plan_code}|{row.responsible_unit_id}/{node.section}"
            shared = find_scope(session, ScopeKind.RESPONSIBLE_SECTION, key)
        if shared is None:
            raise NotFound
        return id_of(shared)
    if node.is_of_plan:
        raise NotFound
    thing: CaseFile | Proceeding | Document | None
    if node.kind is NodeKind.CASE_FILE:
        thing = session.get(CaseFile, UUID(node.id))
    elif node.kind is NodeKind.PROCEEDING:
        thing = session.get(Proceeding, UUID(node.id))
    else:
        thing = session.get(Document, UUID(node.id))
    if thing is None:
        raise NotFound
    return thing.access_scope_id


def scope_for_rights(session: Session, node: Node) -> int:
    """The scope the node owns; made when it has none."""
    own = own_scope(session, node)
    if own is not None:
        return id_of(own)
    if node.kind is NodeKind.CASE_FILE:
        return places.case_file_scope(session, session.get_one(CaseFile, UUID(node.id)))
    if node.kind is NodeKind.SECTION and node.section is not None:
        return places.section_scope(session, session.get_one(CaseFile, UUID(node.id)), node.section)
    if node.kind is NodeKind.PROCEEDING:
        return places.proceeding_scope(session, session.get_one(Proceeding, UUID(node.id)))
    if node.kind is NodeKind.DOCUMENT:
        return places.document_scope(session, session.get_one(Document, UUID(node.id)))
    raise NotFound  # everything of the filing plan owns its scope from the start


def entry_of(session: Session, node: Node) -> FilingPlanEntry | None:
    """The filing plan entry a node belongs to; None for what waits in an inbox."""
    if node.is_of_plan:
        return session.get(FilingPlanEntry, node.id)
    row = case_file_of(session, node)
    return None if row is None else session.get_one(FilingPlanEntry, row.filing_plan_code)


def case_file_of(session: Session, node: Node) -> CaseFile | None:
    """The case file a node is or lies in; None for the filing plan and what waits in an inbox."""
    if node.kind in (NodeKind.CASE_FILE, NodeKind.SECTION):
        return session.get(CaseFile, UUID(node.id))
    thing: Proceeding | Document | None = None
    if node.kind is NodeKind.PROCEEDING:
        thing = session.get(Proceeding, UUID(node.id))
    elif node.kind is NodeKind.DOCUMENT:
        thing = session.get(Document, UUID(node.id))
    return None if thing is None or thing.case_file_id is None else session.get_one(CaseFile, thing.case_file_id)


# -- words -------------------------------------------------------------------------------------------


def in_words(session: Session, node: Node) -> str:
    """The node as people call it, without titles: they may say more than the reader is to know."""
    if node.is_of_plan:
        return f"Aktenplan {node.id}" + (f", Register {node.section}" if node.section else "")
    row = case_file_of(session, node)
    file = "Postkorb" if row is None else f"Akte {row.reference}"
    if node.kind is NodeKind.SECTION:
        return f"{file}, Register {node.section}"
    if node.kind is NodeKind.PROCEEDING:
        return f"{file}, ein Vorgang"
    return f"{file}, ein Dokument" if node.kind is NodeKind.DOCUMENT else file


def scope_in_words(session: Session, scope: AccessScope) -> str:
    """What a scope belongs to, as people call it."""
    node = node_of_scope(scope)
    if node is not None:
        return in_words(session, node)
    if scope.kind is ScopeKind.ROOT:
        return "der ganze Aktenplan"
    if scope.kind is ScopeKind.INBOX:
        return f"Postkorb {_unit_name(session, scope.node)}"
    code, _bar, rest = scope.node.partition("|")
    if scope.kind is ScopeKind.PROCEEDING_SECTION:
        proceeding_id, _slash, name = scope.node.partition("/")
        return f"{in_words(session, Node(NodeKind.PROCEEDING, proceeding_id))}, Register {name}"
    unit_id, _slash, name = rest.partition("/")
    words = f"Akten {code} von {_unit_name(session, unit_id)}"
    return f"{words}, Register {name}" if name else words


def _unit_name(session: Session, unit_id: str) -> str:
    unit = session.get(Unit, unit_id)
    return unit_id if unit is None else unit.name


def node_of_scope(scope: AccessScope) -> Node | None:
    """The node that owns a scope; None for scopes that several share."""
    for kind, scope_kind in _SCOPE_KINDS.items():
        if scope.kind is scope_kind:
            if kind in (NodeKind.ENTRY_SECTION, NodeKind.SECTION):
                id_, _slash, name = scope.node.partition("/")
                return Node(kind, id_, name)
            return Node(kind, scope.node)
    return None
