"""No query reaches case files and what lies in them around the access door: a check of the code itself.

A function that selects, gets, changes or joins a guarded table must ask the door itself, or stand in the register
below with the reason why it need not. Whoever writes a new one meets this test and decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
GUARDED = frozenset(
    {
        "AuditEvent", "CaseFile", "CoverSheet", "Document", "DocumentVersion", "ExternalReference", "InboxItem",
        "Letter", "Page", "PaperOriginal", "Party", "Proceeding", "QualityCheck", "ReceiptCorrection", "Rendition",
        "ScanItem", "ScanMistake", "TransferNote", "UnscannedPost",
    }
)  # fmt: skip
REACHING = frozenset({"select", "get", "get_one", "update", "delete", "join", "outerjoin", "select_from", "exists"})
DOOR = frozenset(
    {
        "case_file_for", "document_for", "proceeding_for", "letter_for", "filing_plan_entry_for", "scopes_with",
        "rights_on", "claims_on", "documents_among", "require", "may_see_item", "case_file_reached",
        "visible_entry_codes", "open_for_writing", "place_to_file", "item_for", "notices_for", "check_may_file",
    }
)  # fmt: skip
"""The door itself, and the use cases that go through it for others."""

MACHINES = {
    "eakte.checking": "proves rows against bytes on the machine itself; shows ids, no content",
    "eakte.indexing": "writes the index for all; every hit is read again through the door",
    "eakte.cover_sheets_scanned": "asks anew whether whoever printed a cover sheet may file; nobody sees what it reads",
    "eakte.holding_back": "holds back what could not be read; shows nothing",
    "eakte.intake.held_files": "splits and files what was held back, as `eakte.intake.filing` does",
    "eakte.intake.progress": "counts what became of stacks; shows numbers to whoever may see the stack",
    "eakte.intake.filing": "files by the authority of a return code or a cover sheet",
    "eakte.intake.matching": "compares return codes with letters; nobody sees what it reads",
    "eakte.intake.parts": "puts sheets of a letter together by the authority of its return code",
    "eakte.intake.recognition": "reads paper for whoever may see it later",
    "eakte.intake.receive": "takes paper in",
    "eakte.intake.transfer_notes": "writes what was scanned, for whoever may see it later",
    "eakte.note_proofs": "proves notes on the machine itself; shows ids, no content",
    "eakte.intake.suggestions_evidence": "looks up for nobody; `suggestions.suggest` shows what one may file into",
    "eakte.intake.suggestions_filing": "files and sends on by the authority of a unit's rule",
    "eakte.intake.unit_rules": "compares texts with rules; shows nothing",
    "eakte.clues": "keeps keys that point to case files; shows nothing",
    "eakte.places": "puts things under their scopes; whoever calls has asked the door",
    "eakte.paper_following": "keeps where paper lies; shows nothing",
    "eakte.interested_parties": "keeps parties out; shows nothing",
    "eakte.apply": "organisation files are applied by whoever holds the machine",
}
"""Modules in which nobody acts who could see anything."""

_ASKED = "only called once the door was asked for what it belongs to"
_OWN = "finds only what the caller itself brought, by its own id for it"
_UNTOLD = "finds what nobody could manage any more; tells at most that there is something"
_KEEPS = "only for the unit that keeps the paper; documents are told as the door lets them through, one by one"
_STACK = "acts by the word of the station whose stack it is, and tells numbers only"
_NAMED = "turns a name into an id and says nothing of it; the door is asked next (`nodes.require`)"

AROUND = {
    "eakte.archive_copies.give_up_archive_copy": "notes for those who may read the document; nobody sees what it reads",
    "eakte.archive_copies.make_archive_copy": "makes a copy for those who may read the document",
    "eakte.documents.version_of": _ASKED,
    "eakte.renditions.rendition_of": _ASKED,
    "eakte.access.reference_of": "the reference alone is known to every reader of one of its documents",
    "eakte.audit.verify_chain": "proves the chain on the machine itself; shows numbers, no events",
    "eakte.audit_reading._names_of": _ASKED,
    "eakte.audit_reading._note": _ASKED,
    "eakte.audit_reading._scope_of": "finds the scope that `trail_of` then asks the door about",
    "eakte.break_glass._open_to_it": "is a door of its own: entry, exclusions and ceiling decide, all refusals alike",
    "eakte.case_files.find_by_external_reference": _OWN,
    "eakte.case_files._unused_reference": "looks whether a number is free",
    "eakte.correcting._check_external_id_free": _ASKED,
    "eakte.correcting._bring_letters_along": _ASKED,
    "eakte.correcting.take_back_answer": _ASKED,
    "eakte.documents.newest_version": _ASKED,
    "eakte.documents.filed_in": _ASKED,
    "eakte.documents._by_external_id": _OWN,
    "eakte.explaining._concerned_scope": _ASKED,
    "eakte.inbox._came_back": _ASKED,
    "eakte.inbox.tell_batch": _ASKED,
    "eakte.inbox.waiting_item": _ASKED,
    "eakte.letters.forget_parts_in": _ASKED,
    "eakte.intake.suggestions.text_of": _ASKED,
    "eakte.intake.suggestions._case_files": "drops next, in `suggest`, what the viewer may not file into",
    "eakte.letter_values.template_values": _ASKED,
    "eakte.letters._recipient": _ASKED,
    "eakte.listed.beside_case_files": _ASKED,
    "eakte.listed._newest": _ASKED,
    "eakte.listed.beside_documents": _ASKED,
    "eakte.listed.with_thumbnails": _ASKED,
    "eakte.managing._proceedings": _UNTOLD,
    "eakte.managing._documents": _UNTOLD,
    "eakte.nodes._case_file_called": _NAMED,
    "eakte.nodes._proceeding_named": _NAMED,
    "eakte.nodes._document_named": _NAMED,
    "eakte.nodes.place_of": "tells a scope, which the door is then asked about",
    "eakte.nodes.scope_for_rights": _ASKED,
    "eakte.nodes.case_file_of": _ASKED,
    "eakte.quality_checks._standing": "narrows a statement; whoever uses it asks",
    "eakte.quality_checks.check_quality": "asks in `note_to_check`, first of all",
    "eakte.quality_checks.counts_of_batch": "counts, as a stack tells outcomes; whoever calls may see the stack",
    "eakte.quality_checks.open_faults": "tells a station the pages it delivered and a remark written for it",
    "eakte.intake.day_protocol._anomalies": "tells a station what was noticed about its scans; names no document",
    "eakte.intake.day_protocol._odd": "counts a station's scans about which something was noticed",
    "eakte.quarantine.list_held": "tells only what the door lets through, one by one; administrators learn no title",
    "eakte.quarantine.counted": "counts for whoever runs the machine",
    "eakte.quarantine._let_wait": _ASKED,
    "eakte.quarantine._batch_to_split": _ASKED,
    "eakte.quarantine._to_deal_with": _ASKED,
    "eakte.quarantine.withdraw": _ASKED,
    "eakte.reading._page": _ASKED,
    "eakte.documents.all_versions": _ASKED,
    "eakte.letters.forget_document": _ASKED,
    "eakte.paper_originals.papers_of": _ASKED,
    "eakte.receipt.corrections_of": _ASKED,
    "eakte.paper_originals.paper_for": "tells only who keeps it, and the document only to who gets it at the door",
    "eakte.paper_originals.boxes_of": _KEEPS,
    "eakte.paper_originals._kept": _ASKED,
    "eakte.paper_originals._done": _ASKED,
    "eakte.receipt._delivered_at": _ASKED,
    "eakte.receipt._documents_of": _STACK,
    "eakte.receipt._takes_changes": _STACK,
    "eakte.receipt_history.receipt_changed": _ASKED,
    "eakte.replies._judged": _ASKED,
    "eakte.scanned_by_mistake._all_held": _STACK,
    "eakte.scanned_by_mistake.mistakes_in": _STACK,
    "eakte.scanned_by_mistake.mistake_for": "asks the door in `_may_undo`",
    "eakte.scanned_by_mistake._entries_of": _ASKED,
    "eakte.scanned_by_mistake._withdraw": _ASKED,
    "eakte.scanned_by_mistake._letters_of": _ASKED,
    "eakte.scanned_by_mistake._bring_back": _ASKED,
    "eakte.unscanned_post.post_for": "is a door of its own: the mail room's and the addressee's unit",
    "eakte.unscanned_post.list_post": "is a door of its own: the mail room's and the addressee's unit",
    "eakte.withdrawn_sheets.showing_withdrawn_sheets": _ASKED,
    "eakte.withdrawn_sheets.withdrawn_files": _ASKED,
    "eakte.neighbours.neighbours_of": "tells only what the door lets through, one by one",
    "eakte.rearranged_rows.add_piece": _ASKED,
    "eakte.rearranged_rows.letter_on": _ASKED,
    "eakte.rearranged_rows.follow_parts": _ASKED,
    "eakte.rearranged_rows.lead_to": _ASKED,
    "eakte.rearranged_rows.lead_pieces": _ASKED,
    "eakte.rearranged_rows._make_room": _ASKED,
    "eakte.rearranging._in_stack_order": _ASKED,
    "eakte.rearranging._in_open_case_file": _ASKED,
    "eakte.search._reread": "drops every hit whose scope is not among the readable ones",
    "eakte.search._told": _ASKED,
    "eakte.transfer_notes.checks_of": _ASKED,
    "eakte.transfer_notes.find_note": _ASKED,
    "eakte.transfer_notes.notes_of_batch": "drops what `note_for` does not let through, one by one",
}
"""Functions that need not ask, each with its reason."""


@dataclass(frozen=True)
class Reach:
    """A function that touches guarded tables."""

    name: str
    module: str
    tables: frozenset[str]
    asks: bool
    line: int


def reaches() -> list[Reach]:
    found: list[Reach] = []
    for folder in ("eakte", "api"):
        for path in sorted((PROJECT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            prepared = _prepared(tree)
            found += [
                Reach(f"{module}.{name}", module, tables, _asks(function), function.lineno)
                for name, function in _functions(tree)
                if (tables := _tables(function, prepared))
            ]
    return found


def _prepared(tree: ast.Module) -> dict[str, frozenset[str]]:
    """Statements a module has built beforehand, and what they touch; whoever uses one reaches that."""
    prepared: dict[str, frozenset[str]] = {}
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            tables = _tables(node.value, prepared)
            prepared |= {target.id: tables for target in targets if tables and isinstance(target, ast.Name)}
    return prepared


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions of a module and methods of its classes; what is defined inside them counts as theirs."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield f"{node.name}.{inner.name}", inner


def _tables(function: ast.AST, prepared: Mapping[str, frozenset[str]]) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            names |= prepared.get(node.id, frozenset())
        if isinstance(node, ast.Call) and _called(node) in REACHING:
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                names |= {inner.id for inner in ast.walk(argument) if isinstance(inner, ast.Name)} & GUARDED
    return frozenset(names)


def _asks(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and _called(node) in DOOR for node in ast.walk(function))


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_machine(reach: Reach) -> bool:
    return any(reach.module == name or reach.module.startswith(f"{name}.") for name in MACHINES)


def test_every_query_of_what_has_rights_asks_the_door_or_says_why_not() -> None:
    unasked = {
        f"{reach.name} (line {reach.line}: {', '.join(sorted(reach.tables))})"
        for reach in reaches()
        if not reach.asks and not _is_machine(reach) and reach.name not in AROUND
    }

    assert unasked == set()


def test_the_edge_itself_asks_for_nothing_that_has_rights() -> None:
    reaching = {reach.name for reach in reaches() if reach.module.startswith("api.") and not reach.asks}

    assert reaching - AROUND.keys() == set()


def test_the_register_names_only_what_is_there() -> None:
    names = {reach.name for reach in reaches() if not reach.asks}
    modules = {reach.module for reach in reaches()}

    assert AROUND.keys() <= names, "no longer needed: remove it"
    for machine in MACHINES:
        assert any(module == machine or module.startswith(f"{machine}.") for module in modules), machine


@pytest.mark.parametrize(
    "source",
    [
        "def leak(session, id_):\n    return session.get(Document, id_)",
        "def leak(session):\n    return session.exec(select(CaseFile.title))",
        "def leak(session):\n    return session.exec(sa.select(sa.func.count()).select_from(Letter))",
        "def leak(session):\n    return session.exec(select(Unit).join(InboxItem, col(InboxItem.unit_id) == Unit.id))",
        "TITLES = select(CaseFile.title)\nOPEN = TITLES.where(True)\ndef leak(session):\n    return session.exec(OPEN)",
        "class A:\n    def leak(self):\n        def inner():\n            return self.s.exec(sa.delete(AuditEvent))",
    ],
)
def test_the_check_would_see_a_query_that_does_not_ask(source: str) -> None:
    tree = ast.parse(source)
    [(_, function)] = _functions(tree)

    assert _tables(function, _prepared(tree))
    assert not _asks(function)
