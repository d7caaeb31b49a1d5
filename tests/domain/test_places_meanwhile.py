"""Filing while rights change: whoever comes second waits, so that nothing is left outside a shield."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from eakte import access, case_files, correcting, documents, granting, grants, inbox, letters, nodes, paper_originals
from eakte.access_tables import ExclusionCause, Right
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.clock import today
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentChange, DocumentWish
from eakte.errors import Conflict
from eakte.granting import ExclusionWish, GrantWish
from eakte.intake.filing import CutSegment, file_stack
from eakte.intake.splitting import Segment, StackPage
from eakte.nodes import Node
from eakte.paper import PageReading
from eakte.paper_originals import PaperWish
from eakte.return_codes import ReturnCode
from eakte.scan_tables import ScanBatch, ScanFile
from eakte.subjects import SubjectWish
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from tests.domain.registry import Registry

WAITING_S = 0.2
"""Long enough for the second to get as far as it can before the first commits."""


@dataclass
class Town:
    """A shared database with a case file `file` of Anna's unit, and what is about to come into it."""

    database: Database
    blobs: FolderBlobs
    file: UUID
    other: UUID
    inside: UUID
    elsewhere: UUID
    waiting: UUID
    document: UUID
    proceeding: UUID
    letter: UUID

    def registry(self, session: Session) -> Registry:
        return Registry(session, self.blobs)

    def meanwhile(self, first: Callable[[Registry], object], second: Callable[[Registry], object]) -> None:
        """Do the first thing, then the second in a transaction of its own before the first is committed."""
        with ThreadPoolExecutor(1) as pool:
            with self.database.writing() as session:
                first(self.registry(session))
                session.flush()
                begun = threading.Event()
                done: Future[None] = pool.submit(self._do, second, begun)
                assert begun.wait(10)
                threading.Event().wait(WAITING_S)
            done.result(30)

    def _do(self, act: Callable[[Registry], object], begun: threading.Event) -> None:
        begun.set()
        with self.database.writing() as session:
            act(self.registry(session))

    def seen_by(self, person: str) -> list[str]:
        """What of the case file a person can read, by titles."""
        with self.database.reading() as session:
            actor = self.registry(session).actor(person)
            rows = [
                *session.exec(select(Document).where(Document.case_file_id == self.file)),
                *session.exec(select(Proceeding).where(Proceeding.case_file_id == self.file)),
            ]
            return sorted(row.title for row in rows if access.rights_on(session, actor, row.access_scope_id))


@pytest.fixture
def town(database: Database, blobs: FolderBlobs) -> Town:
    with database.writing() as session:
        registry = Registry(session, blobs)
        registry.person("otto")
        registry.station()
        entry = registry.entry("51", sections=("Vertrag",))
        registry.grant(entry, "person:otto", "read")
        file, other = registry.case_file("51", unit="SO"), registry.case_file("51", unit="SO")
        proceeding = case_files.open_proceeding(session, registry.actor(), file.id, "Vorgang")
        letter = registry.letter(file, title="Anhörung")
        item = registry.waiting(title="Eingang")
        ids = (registry.document(file, "Vorhanden").id, registry.document(other, "Anderswo").id)
        return Town(database, blobs, file.id, other.id, *ids, item.id, item.document_id, proceeding.id, letter.id)


# -- what comes into the case file -----------------------------------------------------------------------


def attach(town: Town, registry: Registry, *, section: str | None = None, proceeding: bool = False) -> None:
    wish = DocumentWish(
        "Neu", DocumentKind.INCOMING, section=section, proceeding_id=town.proceeding if proceeding else None
    )
    documents.attach_document(registry.session, registry.actor("anna"), town.file, registry.stored(), wish)


def attach_to_section(town: Town, registry: Registry) -> None:
    attach(town, registry, section="Vertrag")


def attach_to_proceeding(town: Town, registry: Registry) -> None:
    attach(town, registry, proceeding=True)


def put_into_section(town: Town, registry: Registry) -> None:
    change = DocumentChange(title="Neu", section="Vertrag")
    documents.change_document(registry.session, registry.actor("anna"), town.inside, change)


def move_in(town: Town, registry: Registry) -> None:
    correcting.move_document(registry.session, registry.actor("anna"), town.elsewhere, town.file)
    documents.change_document(registry.session, registry.actor("anna"), town.elsewhere, DocumentChange(title="Neu"))


def file_from_inbox(town: Town, registry: Registry) -> None:
    inbox.file_item(registry.session, registry.actor("anna"), town.waiting, town.file, title="Neu")


def open_proceeding(town: Town, registry: Registry) -> None:
    case_files.open_proceeding(registry.session, registry.actor("anna"), town.file, "Neu")


def make_letter(town: Town, registry: Registry) -> None:
    registry.letter(registry.session.get_one(CaseFile, town.file), title="Neu", by="anna")


def take_in_answer(town: Town, registry: Registry) -> None:
    letter = access.letter_for(registry.session, registry.actor("anna"), town.letter)
    page = StackPage(0, PageReading(1), False, (ReturnCode(letter.code_id, 1),), ("code",), ())
    batch = ScanBatch(
        station_id="scan-1", batch_id="1", fingerprint="", operator="a", received_on=today(), channel="post",
        delivered_by="scan-1",
    )  # fmt: skip
    registry.session.add(batch)
    registry.session.flush()
    registry.session.add(ScanFile(batch_id=batch.id, position=0, file_name="a.pdf", sha256="0" * 64, size_bytes=1))
    registry.session.flush()
    cut = CutSegment(Segment((page,), letter.code_id), registry.stored(), stands_upright=True)
    file_stack(registry.session, batch, [cut], operator_id="scan-1")


COMING_IN = [
    attach, attach_to_section, attach_to_proceeding, put_into_section, move_in, file_from_inbox, open_proceeding,
    make_letter, take_in_answer,
]  # fmt: skip


def shield(registry: Registry, node: Node) -> None:
    granting.shield(registry.session, registry.actor("anna"), node)


@pytest.mark.parametrize("come_in", COMING_IN)
@pytest.mark.parametrize("shield_first", [True, False], ids=["shield first", "filing first"])
def test_what_comes_into_a_case_file_while_it_is_shielded_lies_behind_the_shield(
    town: Town, come_in: Callable[[Town, Registry], None], shield_first: bool
) -> None:
    steps = (lambda registry: shield(registry, nodes.case_file(town.file)), lambda registry: come_in(town, registry))

    town.meanwhile(*(steps if shield_first else steps[::-1]))

    assert town.seen_by("otto") == []
    everything = town.seen_by("anna")
    assert "Neu" in everything or "Antwort auf: Anhörung" in everything


@pytest.mark.parametrize("come_in", [attach, attach_to_section, file_from_inbox])
def test_what_comes_in_while_somebody_is_excluded_does_not_exist_for_them(
    town: Town, come_in: Callable[[Town, Registry], None]
) -> None:
    def exclude(registry: Registry) -> None:
        wish = ExclusionWish("otto", "befangen")
        granting.exclude(registry.session, registry.actor("anna"), nodes.case_file(town.file), wish)

    town.meanwhile(exclude, lambda registry: come_in(town, registry))

    assert town.seen_by("otto") == []


def test_what_comes_into_a_proceeding_while_it_is_shielded_lies_behind_the_shield(town: Town) -> None:
    town.meanwhile(
        lambda registry: shield(registry, nodes.proceeding(town.proceeding)),
        lambda registry: attach_to_proceeding(town, registry),
    )

    assert town.seen_by("otto") == ["Anhörung", "Vorhanden"]


def test_somebody_excluded_from_a_document_while_it_is_filed_does_not_find_it_in_the_case_file(town: Town) -> None:
    def exclude(registry: Registry) -> None:
        node = nodes.document(town.document)
        scope_id = nodes.scope_for_rights(registry.session, node)
        grants.add_exclusion(registry.session, scope_id, "otto", ExclusionCause.APPLIED, given_by="anna")

    town.meanwhile(lambda registry: file_from_inbox(town, registry), exclude)

    assert town.seen_by("otto") == ["Anhörung", "Vorgang", "Vorhanden"]


def test_two_people_filing_the_same_item_file_it_once(town: Town) -> None:
    with pytest.raises(Conflict):
        town.meanwhile(
            lambda registry: file_from_inbox(town, registry),
            lambda registry: inbox.file_item(registry.session, registry.actor("anna"), town.waiting, town.other),
        )

    assert "Neu" in town.seen_by("anna")


def test_two_case_files_exchanging_documents_do_not_wait_for_each_other(town: Town) -> None:
    barrier = threading.Barrier(2, timeout=10)

    def move(document_id: UUID, target_id: UUID) -> None:
        with town.database.writing() as session:
            registry = town.registry(session)
            correcting.move_document(session, registry.actor("anna"), document_id, target_id)

    def move_often(document_id: UUID, first: UUID, second: UUID) -> None:
        for target_id in (first, second) * 5:
            barrier.wait()
            move(document_id, target_id)

    with ThreadPoolExecutor(2) as pool:
        moves = [
            pool.submit(move_often, town.inside, town.other, town.file),
            pool.submit(move_often, town.elsewhere, town.file, town.other),
        ]
        for done in moves:
            done.result(60)


def test_a_case_file_with_its_first_right_lies_behind_a_shield_set_above_it_meanwhile(town: Town) -> None:
    def let_otto_read(registry: Registry) -> None:
        wish = GrantWish(["read"], SubjectWish(person="otto"))
        granting.give(registry.session, registry.actor("anna"), nodes.case_file(town.file), wish)

    def shield_entry(registry: Registry) -> None:
        granting.shield(registry.session, registry.actor(), nodes.entry("51"))

    town.meanwhile(shield_entry, let_otto_read)

    with town.database.reading() as session:
        registrar = town.registry(session).actor()
        place_id = nodes.place_of(session, nodes.case_file(town.file))
        assert access.rights_on(session, registrar, place_id) == Right(0), "what they have stands above the shield"


def test_a_letter_that_was_answered_meanwhile_is_not_cancelled(town: Town) -> None:
    with pytest.raises(Conflict, match="Antwort"):
        town.meanwhile(
            lambda registry: take_in_answer(town, registry),
            lambda registry: letters.cancel_letter(registry.session, registry.actor("anna"), town.letter),
        )


def test_paper_that_was_destroyed_meanwhile_is_placed_nowhere(town: Town) -> None:
    with town.database.writing() as session:
        registry = town.registry(session)
        wish = PaperWish("K-1", today() - timedelta(days=1))
        paper = paper_originals.place_paper(session, registry.actor("anna"), town.inside, wish).id

    with pytest.raises(Conflict, match="nicht mehr da"):
        town.meanwhile(
            lambda registry: paper_originals.note_destroyed(registry.session, registry.actor("anna"), [paper]),
            lambda registry: paper_originals.change_paper(
                registry.session, registry.actor("anna"), paper, {"box": "K-2"}
            ),
        )
