"""A real city beside the oracle's notes of it: every act is done in the records and written down."""

from __future__ import annotations

import atexit
import copy
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from sqlalchemy import event
from sqlmodel import Session, select

from eakte import job_steps, jobs, nodes, page_words, places
from eakte.access_tables import EVERYTHING, Right
from eakte.case_file_tables import CaseFile
from eakte.desk import Desk
from eakte.document_tables import Document, DocumentVersion, Page
from eakte.jobs import JobKind
from eakte.nodes import Node, NodeKind
from eakte.paper import TextSource, Word
from eakte.ports import BlobStore, PaperReader, SearchIndex
from eakte.principals import RoleHolding, Unit
from storage.database import Database
from storage.folder_blobs import FolderBlobs
from storage.lease_queue import LeaseQueue
from storage.tantivy_index import TantivyIndex
from tests.databases import put_copy
from tests.domain import access_oracle as oracle
from tests.domain.oracle_world import ROOT, Entry, File, Granted, Office, Paper, Somebody, Term, Thing, World
from tests.domain.registry import REGISTRAR, Registry

INDEXING = frozenset({JobKind.INDEX_CASE_FILE, JobKind.INDEX_DOCUMENT})
WORD = "Wanderfalke"
UNITS = ("SO", "A", "B", "C")
PEOPLE = {"anna": "Anna", "otto": "Otto Öl", "ida": "Ida Igel", "karl": "Karl Kahn"}
SYSTEM = "km"
ROLES = ("registry", "chief")
SECTIONS = ("Bezüge", "Krankheit")
ENTRIES = 4


@cache
def _records() -> Database:
    """For one city after the other, with statements compiled once; durability is proved elsewhere and takes time."""
    folder = tempfile.TemporaryDirectory(prefix="oracle-records-")
    database = Database(f"sqlite:///{Path(folder.name) / 'eakte.sqlite3'}")
    event.listen(database.engine, "connect", lambda link, _record: link.execute("PRAGMA synchronous=OFF"))
    atexit.register(folder.cleanup)
    atexit.register(database.close)
    return database


@dataclass
class Size:
    """How large a city may grow."""

    case_files: int = 4
    documents: int = 8
    proceedings: int = 3


class City(RuleBasedStateMachine):
    """The records of a city, and the oracle's notes of the same."""

    template: Path
    size = Size()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="oracle-"))
        self.world = World()
        self.numbers = 0
        self.acts = 0
        self.open_records()

    def open_records(self) -> None:
        """Records without people."""
        self.database = _records()
        put_copy(self.template, self.database)
        self.blobs: BlobStore = FolderBlobs(self.folder / "blobs")
        self.index: SearchIndex = TantivyIndex(self.folder / "index")
        self.index.rebuild([])
        self.queue = LeaseQueue(self.database)
        self.desk = Desk(self.database, self.blobs, cast(PaperReader, None), self.index, ("deu",), self.folder / "work")

    def teardown(self) -> None:
        try:
            if self.world.entries:
                self.at_the_end()
        finally:
            self.close_records()
            shutil.rmtree(self.folder)

    def close_records(self) -> None:
        self.database.close()

    def at_the_end(self) -> None:
        """What is checked once more when a city's life is over."""

    # -- acting ------------------------------------------------------------------------------------

    @contextmanager
    def acting(self) -> Iterator[Registry]:
        """One request's transaction."""
        self.acts += 1
        with self.database.writing() as session:
            yield Registry(session, self.blobs)

    def does(self, act: Callable[[Registry], Any]) -> None:
        """Do something in one transaction."""
        with self.acting() as registry:
            act(registry)

    def able(self, right: Right, *things: Thing) -> list[str]:
        """Who has a right on all of these things, most ordinary people first."""
        return [
            name
            for name in self.world.everybody
            if all(oracle.rights(self.world, name, thing) & right for thing in things)
        ]

    def imagined(self, paper: Paper) -> Callable[[str], Right]:
        """The rights people would have on a document that is not there."""
        world = copy.copy(self.world)
        world.documents = {**world.documents, "imagined": paper}
        return lambda name: oracle.rights(world, name, Thing("document", "imagined"))

    def new_secret(self) -> str:
        """A word that stands in one thing only, and finds its way into no other."""
        self.numbers += 1
        return f"Geheim{self.numbers:04d}x"

    def index_everything_due(self) -> None:
        """Let the index catch up."""
        while job := self.queue.lease(INDEXING):
            job_steps.do_job(self.desk, job, partial(self.queue.finish, job=job))

    # -- founding ----------------------------------------------------------------------------------

    @initialize(
        above=st.tuples(*(st.integers(-1, number - 1) for number in range(len(UNITS)))),
        members=st.tuples(*(st.sets(st.sampled_from(UNITS), max_size=2) for _ in PEOPLE)),
        ceilings=st.tuples(*(st.integers(0, 3) for _ in PEOPLE)),
        entries_above=st.tuples(*(st.integers(-1, number - 1) for number in range(ENTRIES))),
        sections=st.tuples(*(st.booleans() for _ in range(ENTRIES))),
    )
    def found(
        self,
        above: tuple[int, ...],
        members: tuple[set[str], ...],
        ceilings: tuple[int, ...],
        entries_above: tuple[int, ...],
        sections: tuple[bool, ...],
    ) -> None:
        """Units and entries as trees (index of the one above, negative for none), and people in units."""
        world = self.world
        with self.acting() as registry:
            session = registry.session
            world.systems[REGISTRAR] = Somebody("Registrar", 3)
            world.grants.append(Granted(ROOT, f"system:{REGISTRAR}", EVERYTHING, Term()))
            for number, unit in enumerate(UNITS):
                parent = UNITS[above[number]] if above[number] >= 0 else None
                world.units[unit] = Office(parent)
                if unit != "SO":
                    registry.unit(unit, parent)
                elif parent is not None:
                    session.get_one(Unit, unit).parent_id = parent
            for (person, name), units, ceiling in zip(PEOPLE.items(), members, ceilings, strict=True):
                own = {"SO"} if person == "anna" else set(units)
                world.people[person] = Somebody(name, 0 if person == "anna" else ceiling, own)
                if person != "anna":
                    registry.person(person, *sorted(own), ceiling=ceiling, name=name)
            world.people["anna"].roles.add(("registry", "A"))
            session.add(RoleHolding(person_id="anna", role="registry", unit_id="A"))
            world.systems[SYSTEM] = Somebody(SYSTEM, 1)
            registry.system(SYSTEM, ceiling=1)
            world.entries["50"] = Entry(None)
            for number, parent_index in enumerate(entries_above):
                code, parent = f"6{number}", None if parent_index < 0 else f"6{parent_index}"
                own_sections = SECTIONS if sections[number] else ()
                world.entries[code] = Entry(parent, own_sections, number % 2 == 0, number % 2 == 1)
                row = registry.entry(code, parent, sections=own_sections)
                row.parties_may_read, row.break_glass = number % 2 == 0, number % 2 == 1
                places.sections_changed(session, row)
            for leaf in world.leaves[:2]:
                self.note_case_file(registry.case_file(leaf, title=f"Akte {WORD}", unit=UNITS[len(leaf) % 2]))
            first = next(iter(world.case_files))
            letter = registry.letter(session.get_one(CaseFile, UUID(first)))
            self.note_document(session, session.get_one(Document, letter.document_id), Paper(self.new_secret(), first))
            world.letters[str(letter.id)] = str(letter.document_id)

    # -- writing down ------------------------------------------------------------------------------

    def note_case_file(self, row: CaseFile) -> str:
        """Write down a case file; its title gets a secret of its own."""
        secret = self.new_secret()
        row.title = f"Akte {WORD} {secret}"
        self.world.case_files[str(row.id)] = File(row.filing_plan_code, row.responsible_unit_id, row.reference, secret)
        return str(row.id)

    def note_document(self, session: Session, row: Document, paper: Paper) -> None:
        """Write down a document and let it be read: one page with its secret, an image, words."""
        row.title = f"Brief {WORD} {paper.secret}"
        version = session.exec(select(DocumentVersion).where(DocumentVersion.document_id == row.id)).one()
        version.page_count = 1
        session.add(
            Page(
                version_id=version.id,
                page_number=1,
                width_mm=210,
                height_mm=297,
                text=f"Der {WORD} fliegt. {paper.secret}",
                words=page_words.pack([Word(paper.secret, 0.1, 0.1, 0.3, 0.2, 0.9, 1)]),
                source=TextSource.OCR,
                image_sha256=version.sha256,
            )
        )
        session.flush()
        jobs.enqueue(session, JobKind.INDEX_DOCUMENT, row.id)
        self.world.documents[str(row.id)] = paper


def node_of(thing: Thing) -> Node:
    """A thing as the product names it."""
    return Node(NodeKind(thing.kind), thing.id, thing.section or None)


def scope_of(session: Session, thing: Thing) -> int:
    """The scope a thing falls under now."""
    return nodes.place_of(session, node_of(thing))


def uuid(thing: Thing) -> UUID:
    return UUID(thing.id)
