"""What tests of a matrix organisation's rights are made of."""

from __future__ import annotations

from uuid import UUID

from eakte import (
    access,
    deputies,
    documents,
    nodes,
    places,
    scopes,
)
from eakte.access_tables import Right
from eakte.case_file_tables import CaseFile
from eakte.deputies import DeputyWish
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentWish
from eakte.nodes import Node, NodeKind
from tests.domain.registry import Registry, node_of


def may(registry: Registry, person: str, thing: CaseFile | Document | Node) -> Right:
    return access.rights_on(registry.session, registry.actor(person), nodes.place_of(registry.session, node_of(thing)))


def filed(
    registry: Registry, case_file: CaseFile, *, section: str | None = None, proceeding: UUID | None = None
) -> Document:
    wish = DocumentWish("Blatt", DocumentKind.INCOMING, section=section, proceeding_id=proceeding)
    document, _ = documents.attach_document(registry.session, registry.actor(), case_file.id, registry.stored(), wish)
    return document


def shield(registry: Registry, node: Node) -> None:
    scopes.set_shield(registry.session, nodes.scope_for_rights(registry.session, node), shielded=True)


def entry_section(registry: Registry, code: str, section: str) -> Node:
    entry = registry.entry(code, sections=(section, "Vertrag"))
    places.sections_changed(registry.session, entry)
    return Node(NodeKind.ENTRY_SECTION, code, section)


def name_deputy(registry: Registry, person: str, for_person: str, on: Node | None = None) -> None:
    wish = DeputyWish(person, for_person, on)
    deputies.name_deputy(registry.session, registry.actor(for_person), wish)
