"""Where the rights of things are shown: every kind of node has its page below the thing's own address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from sqlmodel import Session

from eakte import access, case_files, nodes
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.nodes import Node, NodeKind


@dataclass(frozen=True)
class Link:
    """A way to another page."""

    path: str
    label: str


def _entry(code: str) -> Node:
    return nodes.entry(code)


def _entry_section(code: str, section: str) -> Node:
    return Node(NodeKind.ENTRY_SECTION, code, section)


def _case_file(case_file_id: UUID) -> Node:
    return nodes.case_file(case_file_id)


def _section(case_file_id: UUID, section: str) -> Node:
    return nodes.section(case_file_id, section)


def _proceeding(proceeding_id: UUID) -> Node:
    return nodes.proceeding(proceeding_id)


def _document(document_id: UUID) -> Node:
    return nodes.document(document_id)


ADDRESSES: tuple[tuple[str, Callable[..., Node]], ...] = (
    ("/akten/{case_file_id}/register/{section:path}", _section),
    ("/akten/{case_file_id}", _case_file),
    ("/vorgaenge/{proceeding_id}", _proceeding),
    ("/dokumente/{document_id}", _document),
    ("/aktenplan/{code:path}/register/{section:path}", _entry_section),  # before entries, whose addresses begin alike
    ("/aktenplan/{code:path}", _entry),
)
"""Where each kind of node is, and the node from the parameters of its path."""


def thing_path(node: Node) -> str:
    """The address of the thing itself; a section has none, but rights have their page below it all the same."""
    if node.kind in (NodeKind.SECTION, NodeKind.ENTRY_SECTION):
        above = "akten" if node.kind is NodeKind.SECTION else "aktenplan"
        return f"/{above}/{quote(node.id)}/register/{quote(node.section or '', safe='')}"
    folder = {NodeKind.ENTRY: "aktenplan", NodeKind.CASE_FILE: "akten", NodeKind.PROCEEDING: "vorgaenge"}
    return f"/{folder.get(node.kind, 'dokumente')}/{quote(node.id)}"


def rights_path(node: Node) -> str:
    """The address of a node's rights."""
    return f"{thing_path(node)}/rechte"


def title_of(session: Session, actor: Actor, node: Node) -> str:
    """What the thing is called, for whoever may read it; empty where its name says it all."""
    if node.kind is NodeKind.PROCEEDING:
        return access.proceeding_for(session, actor, UUID(node.id)).title
    if node.kind is NodeKind.DOCUMENT:
        return access.document_for(session, actor, UUID(node.id)).title
    if node.kind is NodeKind.CASE_FILE:
        return access.case_file_for(session, actor, UUID(node.id)).title
    entry = nodes.entry_of(session, node) if node.kind is NodeKind.ENTRY else None
    return "" if entry is None else entry.title


def way_back(session: Session, actor: Actor, node: Node) -> list[Link]:
    """From the widest to the thing itself, as far as the actor may go."""
    entry, row = nodes.entry_of(session, node), nodes.case_file_of(session, node)
    links: list[Link] = []
    if entry is not None and nodes.allows(session, actor, nodes.entry(entry.code), Right.READ):
        links.append(Link(f"/aktenplan/{quote(entry.code)}", f"{entry.code} {entry.title}"))
    if row is not None and nodes.allows(session, actor, nodes.case_file(row.id), Right.READ):
        links.append(Link(f"/akten/{row.id}", f"{row.reference} {row.title}"))
    if node.kind is NodeKind.DOCUMENT:
        links.append(Link(thing_path(node), "Dokument"))
    return links


def parts_of(session: Session, actor: Actor, node: Node) -> list[Link]:
    """What lies in the node and has rights of its own that the actor may arrange."""
    below: list[tuple[Node, str]] = []
    if node.kind is NodeKind.ENTRY:
        entry = nodes.entry_of(session, node)
        names = [] if entry is None else entry.sections
        below = [(Node(NodeKind.ENTRY_SECTION, node.id, name), f"Register {name}") for name in names]
    elif node.kind is NodeKind.CASE_FILE:
        row = access.case_file_for(session, actor, UUID(node.id))
        sections = nodes.sections_with(session, actor, row, Right.SHARE)
        below = [(nodes.section(row.id, name), f"Register {name}") for name in sections]
        below += [
            (nodes.proceeding(one.id), f"Vorgang {one.title}")
            for one in case_files.proceedings_of(session, actor, row.id)
        ]
    return [Link(rights_path(part), label) for part, label in below if nodes.allows(session, actor, part, Right.SHARE)]
