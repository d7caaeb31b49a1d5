"""Every door of the domain beside the oracle: whatever it tells a person is what they may know, no more and no less."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, select

from eakte import (
    access,
    actors,
    audit_reading,
    case_files,
    documents,
    everybody,
    explaining,
    filing_plan,
    inbox,
    letters,
    nodes,
    reading,
    search,
)
from eakte.access_tables import AccessScope, Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile, Proceeding
from eakte.document_tables import Document
from eakte.errors import NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.inbox_tables import InboxItem
from eakte.ports import BlobStore, SearchIndex
from eakte.principals import Principal
from tests.domain import access_oracle as oracle
from tests.domain.oracle_city import WORD, node_of, scope_of, uuid
from tests.domain.oracle_world import Thing, World

LISTED = 200
LOOKED_AT: tuple[type[SQLModel], ...] = (AccessScope, FilingPlanEntry, CaseFile, Proceeding, Document, Principal)
Choice = TypeVar("Choice")


class Turn:
    """Which part of everything is looked at in one step; over the steps of a life everything is, many times.

    Args:
        number: Of the step, which decides the choice.
        guests: How many people and systems go through the doors that show one person one thing.
        things: How many things they ask for there.
        whole: Everybody and everything.
    """

    def __init__(self, number: int, *, guests: int = 1, things: int = 2, whole: bool = False) -> None:
        self.chance = Random(number)
        self.guests, self.things, self.whole = guests, things, whole

    def some(self, known: Iterable[Choice], count: int) -> list[Choice]:
        """So many of these."""
        every = list(known)
        return every if self.whole or count >= len(every) else self.chance.sample(every, count)

    def is_time_for(self, share: float) -> bool:
        """Whether this is one of the steps that do something costly."""
        return self.whole or self.chance.random() < share


class Doors:
    """One look through the doors, in one session, at what the oracle says is there."""

    def __init__(self, session: Session, world: World, blobs: BlobStore, turn: Turn) -> None:
        self.session = session
        self.world = world
        self.blobs = blobs
        self.turn = turn
        self.things = world.things()
        self._told: dict[tuple[str, Thing], Right] = {}
        # Held here, these rows need not be fetched for each of many questions about them.
        self._rows = [row for table in LOOKED_AT for row in session.exec(select(table))]
        self._own = {(row.kind.value, row.node): row.id for row in self._rows if isinstance(row, AccessScope)}

    def told(self, name: str, thing: Thing) -> Right:
        """The oracle's answer, asked for once in a look."""
        if (name, thing) not in self._told:
            self._told[name, thing] = oracle.rights(self.world, name, thing)
        return self._told[name, thing]

    def scope(self, thing: Thing) -> int:
        """The scope a thing falls under by the rows, without asking for each."""
        key = f"{thing.id}/{thing.section}" if thing.section else thing.id
        own = self._own.get((thing.kind, key))
        if own is not None:
            return own
        if thing.kind == "section":
            file = self.world.case_files[thing.id]
            return int(self._own["responsible_section", f"{file.entry}|{file.unit}/{thing.section}"] or 0)
        if thing.kind == "case_file":
            return self.session.get_one(CaseFile, uuid(thing)).access_scope_id
        if thing.kind == "proceeding":
            return self.session.get_one(Proceeding, uuid(thing)).access_scope_id
        return self.session.get_one(Document, uuid(thing)).access_scope_id

    def is_concerned(self, thing: Thing) -> bool:
        """Whether more is asked than rights in its scope: what waits and concerns a case file."""
        return thing.kind == "document" and self.world.documents[thing.id].concerns is not None

    def look(self) -> None:
        """Go through every door."""
        if self.turn.is_time_for(0.25):
            self.everybody_at_once()
        if self.turn.is_time_for(0.2):
            self.readers()
        active = [name for name, somebody in self.world.everybody.items() if somebody.active]
        for name in self.turn.some(active, self.turn.guests):
            actor = actors.actor_for(self.session, name)
            self.sets_of_scopes(name, actor)
            self.lists(name, actor)
            others = (
                self.lists_in_case_files, self.single_things, self.single_things, self.contents, self.contents,
                self.waiting_and_written, self.trails, self.explanations,
            )  # fmt: skip
            for other in self.turn.some(others, 2):
                other(name, actor)
        if self.turn.is_time_for(0.2):
            self.gone_people()

    # -- rights ------------------------------------------------------------------------------------

    def everybody_at_once(self) -> None:
        known: dict[int, dict[str, Right]] = {}
        plain = [thing for thing in self.things if not self.is_concerned(thing)]
        tokens = everybody.tokens_of_everybody(self.session)
        for thing in self.turn.some(plain, self.turn.things):
            scope_id = self.scope(thing)
            if scope_id not in known:
                known[scope_id] = everybody.rights_of_everybody(self.session, scope_id, tokens)
            assert known[scope_id] == self.who_has(thing), thing

    def who_has(self, thing: Thing) -> dict[str, Right]:
        return {name: rights for name in self.world.everybody if (rights := self.told(name, thing))}

    def sets_of_scopes(self, name: str, actor: Actor) -> None:
        """All things at once: the sets lists and searches filter by."""
        for right in {Right.READ, *self.turn.some(Right, 1 if self.turn.is_time_for(0.5) else 0)}:
            within = access.scopes_with(self.session, actor, right)
            for thing in self.things:
                if not self.is_concerned(thing):
                    assert (self.scope(thing) in within) == bool(self.told(name, thing) & right), (name, thing, right)

    def single_things(self, name: str, actor: Actor) -> None:
        for thing in self.turn.some(self.things, self.turn.things):
            assert scope_of(self.session, thing) == self.scope(thing)
            if not self.is_concerned(thing):
                assert access.rights_on(self.session, actor, self.scope(thing)) == self.told(name, thing), (name, thing)
            for right in self.turn.some(Right, 1):
                found = outcome(lambda: nodes.require(self.session, actor, node_of(thing), right))  # noqa: B023
                assert found is self._expected(name, thing, right), (name, thing, right)

    def _expected(self, name: str, thing: Thing, right: Right) -> type[Exception] | None:
        told = self.told(name, thing)
        if told & right:
            return None
        if told:
            return NotPermitted
        if thing.kind == "filing_plan":
            knows = thing.id in oracle.plan(self.world, name)
            return NotFound if not knows else None if right is Right.READ else NotPermitted
        if thing.kind == "entry_section":
            return NotPermitted if thing.id in oracle.plan(self.world, name) else NotFound
        if thing.kind == "section":
            return NotPermitted if self.told(name, Thing("case_file", thing.id)) else NotFound
        return NotFound

    # -- lists -------------------------------------------------------------------------------------

    def lists(self, name: str, actor: Actor) -> None:
        session, world = self.session, self.world
        listed = case_files.list_case_files(session, actor, limit=LISTED)
        assert {str(row.id) for row in listed} == self._readable(name, "case_file")
        among = access.case_files_among(session, actor, {UUID(id_) for id_ in world.case_files})
        assert {str(id_) for id_ in among} == self._readable(name, "case_file")
        papers = access.documents_among(session, actor, {UUID(id_) for id_ in world.documents})
        assert {str(id_) for id_ in papers} == self._readable(name, "document")
        assert {entry.code for entry in filing_plan.visible_plan(session, actor)} == oracle.plan(world, name)
        units = oracle.inbox_units(world, name)
        waiting = {str(one.document.id) for one in inbox.list_waiting(session, actor, limit=LISTED)}
        assert waiting == {
            id_
            for id_ in self._readable(name, "document")
            if world.documents[id_].case_file is None and oracle.goes_on(world, world.documents[id_].unit) in units
        }

    def _readable(self, name: str, kind: str) -> set[str]:
        return {thing.id for thing in self.things if thing.kind == kind and self.told(name, thing)}

    def lists_in_case_files(self, name: str, actor: Actor) -> None:
        session, world = self.session, self.world
        for id_ in self.turn.some(world.case_files, 1):
            key, readable = UUID(id_), bool(self.told(name, Thing("case_file", id_)))
            mine = {one for one in self._readable(name, "document") if world.documents[one].case_file == id_}
            opened = {one for one in self._readable(name, "proceeding") if world.proceedings[one] == id_}
            written = {letter for letter, document in world.letters.items() if document in mine}
            doors: list[tuple[Callable[[], Iterable[Any]], set[str]]] = [
                (lambda: documents.list_documents(session, actor, key, limit=LISTED), mine),  # noqa: B023
                (lambda: case_files.proceedings_of(session, actor, key), opened),  # noqa: B023
                (lambda: letters.letters_of(session, actor, key), written),  # noqa: B023
            ]
            for door, expected in self.turn.some(doors, 2):
                if readable:
                    assert {str(row.id) for row in door()} == expected, (name, id_)
                else:
                    assert outcome(door) is NotFound
            others = [
                lambda: case_files.parties_of(session, actor, key),  # noqa: B023
                lambda: case_files.find_by_reference(session, actor, world.case_files[id_].reference),  # noqa: B023
            ]
            for other in self.turn.some(others, 1):
                assert outcome(other) is (None if readable else NotFound)

    # -- content -----------------------------------------------------------------------------------

    def contents(self, name: str, actor: Actor) -> None:
        """Bytes, image, words, text, versions."""
        for id_ in self.turn.some(self.world.documents, self.turn.things):
            paper, thing = self.world.documents[id_], Thing("document", id_)
            readable = not paper.withdrawn and bool(self.told(name, thing))
            for door in self.turn.some(self._content_doors(actor, UUID(id_), paper.secret), 2):
                assert outcome(door) is (None if readable else NotFound), (name, thing)

    def _content_doors(self, actor: Actor, id_: UUID, secret: str) -> list[Callable[[], object]]:
        session = self.session

        def text() -> None:
            [page] = reading.text_of(session, actor, id_)
            assert secret in page.text

        return [
            text,
            lambda: reading.content_of(session, actor, id_),
            lambda: reading.content_of(session, actor, id_, number=1),
            lambda: reading.page_image(session, actor, id_, 1),
            lambda: reading.words_of_page(session, actor, id_, 1),
            lambda: documents.versions_of(session, actor, id_),
            lambda: access.document_for(session, actor, id_),
        ]

    def waiting_and_written(self, name: str, actor: Actor) -> None:
        """One inbox item, one letter."""
        waiting = [
            id_ for id_, paper in self.world.documents.items() if paper.case_file is None and not paper.withdrawn
        ]
        for id_ in self.turn.some(waiting, 1):
            item = self.session.exec(select(InboxItem).where(InboxItem.document_id == UUID(id_))).one()
            expected = None if self.told(name, Thing("document", id_)) else NotFound
            assert outcome(lambda: inbox.item_for(self.session, actor, item.id)) is expected  # noqa: B023
        for letter in self.turn.some(self.world.letters, 1):
            id_ = self.world.letters[letter]
            readable = not self.world.documents[id_].withdrawn and self.told(name, Thing("document", id_))
            found = outcome(lambda: access.letter_for(self.session, actor, UUID(letter)))  # noqa: B023
            assert found is (None if readable else NotFound)

    # -- the trail, and why ------------------------------------------------------------------------

    def trails(self, name: str, actor: Actor) -> None:
        traced = [one for one in self.things if one.kind in ("case_file", "document")]
        for thing in self.turn.some(traced, 1):
            told = self.told(name, thing)
            shown: list[str] = []

            def read(thing: Thing = thing, shown: list[str] = shown) -> None:
                events = audit_reading.trail_of(self.session, actor, thing.id)
                shown.extend(event.object_id for event in events if event.object_kind == "document")

            expected = None if told & Right.SHARE else NotPermitted if told else NotFound
            assert outcome(read) is expected, (name, thing)
            for id_ in set(shown) if thing.kind == "case_file" else set():
                paper = self.world.documents[id_]
                if paper.case_file == thing.id and not paper.withdrawn:
                    assert self.told(name, Thing("document", id_)), (name, id_)

    def explanations(self, name: str, _actor: Actor) -> None:
        for thing in self.turn.some(self.things, 1):
            explanation = explaining.explanation_of(self.session, name, node_of(thing))
            told = self.told(name, thing)
            assert explanation.rights == told, (name, thing)
            if told:
                assert explanation.reasons
            elif oracle.would_have(self.world, name, thing):
                assert explanation.obstacles, (name, thing)

    def gone_people(self) -> None:
        gone = [name for name, somebody in self.world.everybody.items() if not somebody.active]
        for name in self.turn.some(gone, 1):
            assert outcome(lambda: actors.actor_for(self.session, name)) is NotFound  # noqa: B023
            for thing in self.turn.some(self.things, 1):
                explanation = explaining.explanation_of(self.session, name, node_of(thing))
                assert explanation.rights == Right(0)
                assert [one.kind for one in explanation.obstacles] == ["inactive"]

    def readers(self) -> None:
        for thing in self.turn.some(self.things, 1):
            found = explaining.readers_of(self.session, node_of(thing))
            assert {one.person_id: one.rights for one in found} == self.who_has(thing), thing

    # -- search ------------------------------------------------------------------------------------

    def searches(self, index: SearchIndex, *, lagging: bool) -> None:
        """What an index that lags finds is never too much; one that is up to date finds it all."""
        active = [name for name, somebody in self.world.everybody.items() if somebody.active]
        for name in self.turn.some(active, 3):
            actor = actors.actor_for(self.session, name)
            found = search.find(self.session, index, actor, WORD, limit=LISTED)
            files = {str(hit.case_file_id) for hit in found.hits if hit.kind == "case_file"}
            papers = {str(hit.document_id) for hit in found.hits if hit.kind == "document"}
            may = {thing for thing in self.things if self.told(name, thing)}
            own_files = {thing.id for thing in may if thing.kind == "case_file"}
            own_papers = {thing.id for thing in may if thing.kind == "document"}
            assert files <= own_files, (name, files - own_files)
            assert papers <= own_papers, (name, papers - own_papers)
            for hit in found.hits:
                known = self.world.documents.get(str(hit.document_id)) or self.world.case_files[str(hit.case_file_id)]
                assert known.secret in hit.title
                assert hit.snippet.count("Geheim") <= 1
            if not lagging:
                assert files == own_files
                # What concerns a known case file is not in the index until it is filed.
                assert papers == {id_ for id_ in own_papers if self.world.documents[id_].concerns is None}


def outcome(door: Callable[[], object]) -> type[Exception] | None:
    try:
        door()
    except (NotFound, NotPermitted) as refusal:
        return type(refusal)
    return None
