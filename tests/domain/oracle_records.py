"""What happens to case files and documents in a random city: opening, filing, forwarding, moving, withdrawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlmodel import Session, select

from eakte import case_files, correcting, documents, inbox, places
from eakte.access_tables import Right
from eakte.case_file_tables import CaseFile
from eakte.case_files import CaseFileChange, CaseFileWish
from eakte.document_tables import Document, DocumentKind
from eakte.documents import DocumentChange, DocumentWish
from eakte.errors import Invalid, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.inbox_tables import InboxItem
from eakte.managing import EverybodyLockedOut
from eakte.parties import PartyWish
from tests.domain import access_oracle as oracle
from tests.domain.oracle_city import PEOPLE, SECTIONS, UNITS, WORD, City
from tests.domain.oracle_world import Involved, Paper, Thing
from tests.domain.registry import FORMAT, Registry

Choice = TypeVar("Choice")
picks = st.integers(0, 997)
responsible = st.sampled_from([*UNITS, "unassigned"])
REFUSED = (NotFound, NotPermitted)
PARTY_NAMES = ("Öl, Otto", "otto ÖL", "Ida Igel", "Igel", "Anna", "Zoë Zander")


def one_of(choices: list[Choice], pick: int) -> Choice:
    """One of several, chosen by hypothesis."""
    return choices[pick % len(choices)]


def item_of(session: Session, document_id: str) -> InboxItem:
    return session.exec(select(InboxItem).where(InboxItem.document_id == UUID(document_id))).one()


class LivingRecords(City):
    """Case files and documents come and go, by whoever may."""

    def filed(self) -> list[str]:
        return [id_ for id_, paper in self.world.documents.items() if paper.case_file and not paper.withdrawn]

    def waiting(self) -> list[str]:
        return [id_ for id_, paper in self.world.documents.items() if paper.case_file is None and not paper.withdrawn]

    def sections_of(self, case_file: str) -> list[str | None]:
        return [None, *self.world.entries[self.world.case_files[case_file].entry].sections]

    # -- case files --------------------------------------------------------------------------------

    @rule(pick=picks, unit=responsible, by=picks)
    def open_case_file(self, pick: int, unit: str, by: int) -> None:
        leaf = one_of(self.world.leaves, pick)
        able = self.able(Right.FILE, Thing("filing_plan", leaf))
        if len(self.world.case_files) >= self.size.case_files or not able:
            return
        wish = CaseFileWish(leaf, f"Akte {WORD}", responsible_unit=unit)
        with self.acting() as registry:
            actor = registry.actor(one_of(able, by))
            self.note_case_file(case_files.open_case_file(registry.session, actor, wish, reference_format=FORMAT))

    @rule(pick=picks, unit=responsible, by=picks)
    def hand_over(self, pick: int, unit: str, by: int) -> None:
        id_ = one_of(list(self.world.case_files), pick)
        # A system may hand over what it opened itself, which is not told apart here.
        able = [name for name in self.able(Right.EDIT, Thing("case_file", id_)) if name in self.world.people]
        if not able or unit == self.world.case_files[id_].unit:
            return
        name, change = one_of(able, by), CaseFileChange(responsible_unit=unit)
        if oracle.rights(self.world, name, Thing("case_file", id_)) & Right.SHARE:
            self._change_case_file(name, id_, change)
        else:
            with pytest.raises(NotPermitted):
                self.does(lambda r: case_files.change_case_file(r.session, r.actor(name), UUID(id_), change))

    @rule(pick=picks, to=picks, by=picks)
    def move_case_file(self, pick: int, to: int, by: int) -> None:
        id_, leaf = one_of(list(self.world.case_files), pick), one_of(self.world.leaves, to)
        used = {paper.section for paper in self.world.documents.values() if paper.case_file == id_} - {None}
        able = [
            name
            for name in self.able(Right.SHARE, Thing("case_file", id_))
            if oracle.rights(self.world, name, Thing("case_file", id_)) & Right.EDIT
            and oracle.rights(self.world, name, Thing("filing_plan", leaf)) & Right.FILE
        ]
        if able and used <= set(self.world.entries[leaf].sections):
            self._change_case_file(one_of(able, by), id_, CaseFileChange(filing_plan=leaf))

    def _change_case_file(self, name: str, id_: str, change: CaseFileChange) -> None:
        before = self.world.case_files[id_]
        after = replace(before, unit=change.responsible_unit or before.unit, entry=change.filing_plan or before.entry)
        self.unless_locked_out(
            oracle.managed(self.world, Thing("case_file", id_)),
            lambda r: case_files.change_case_file(r.session, r.actor(name), UUID(id_), change),
            lambda: self.world.case_files.update({id_: after}),
            lambda: self.world.case_files.update({id_: before}),
        )

    def unless_locked_out(
        self,
        before: dict[datetime, set[Thing]],
        act: Callable[[Registry], object],
        note: Callable[[], object],
        undo: Callable[[], object],
    ) -> None:
        """Do something, unless nobody could manage afterwards what somebody did before: then it must be refused."""
        note()
        if oracle.leaves_alone(self.world, before):
            undo()
            with pytest.raises(EverybodyLockedOut):
                self.does(act)
        else:
            self.does(act)

    @rule(pick=picks, by=picks)
    def open_proceeding(self, pick: int, by: int) -> None:
        id_ = one_of(list(self.world.case_files), pick)
        able = self.able(Right.FILE, Thing("case_file", id_))
        if len(self.world.proceedings) >= self.size.proceedings or not able:
            return
        with self.acting() as registry:
            actor = registry.actor(one_of(able, by))
            secret = self.new_secret()
            row = case_files.open_proceeding(registry.session, actor, UUID(id_), f"Vorgang {secret}")
            self.world.proceedings[str(row.id)], self.world.matters[str(row.id)] = id_, secret

    @rule(pick=picks, name=st.sampled_from(PARTY_NAMES), account=st.none() | st.sampled_from(list(PEOPLE)), by=picks)
    def add_party(self, pick: int, name: str, account: str | None, by: int) -> None:
        id_ = one_of(list(self.world.case_files), pick)
        able = self.able(Right.EDIT, Thing("case_file", id_))
        if able and len(self.world.case_files[id_].parties) < 2:
            wish = PartyWish("Mutter", name, person=account if by % 3 == 0 else None)
            self.does(lambda r: case_files.add_party(r.session, r.actor(one_of(able, by)), UUID(id_), wish))
            self.world.case_files[id_].parties.append(Involved(name, wish.person))

    @rule(pick=picks, name=st.sampled_from(SECTIONS))
    def divide(self, pick: int, name: str) -> None:
        """An organisation file gives the case files of an entry a section more."""
        code = one_of(list(self.world.entries), pick)
        entry = self.world.entries[code]
        if name in entry.sections:
            return
        entry.sections = (*entry.sections, name)

        def act(registry: Registry) -> None:
            row = registry.session.get_one(FilingPlanEntry, code)
            row.sections = list(entry.sections)
            places.sections_changed(registry.session, row)

        self.does(act)

    # -- documents ---------------------------------------------------------------------------------

    @rule(pick=picks, section=picks, proceeding=st.none() | picks, by=picks)
    def attach(self, pick: int, section: int, proceeding: int | None, by: int) -> None:
        case_file = one_of(list(self.world.case_files), pick)
        known = [id_ for id_, within in self.world.proceedings.items() if within == case_file]
        if sum(not paper.withdrawn for paper in self.world.documents.values()) >= self.size.documents:
            return
        paper = Paper(
            self.new_secret(),
            case_file,
            one_of(self.sections_of(case_file), section),
            one_of(known, proceeding) if known and proceeding is not None else None,
        )
        there = self.imagined(paper)
        able = [name for name in self.world.everybody if there(name) & Right.FILE]
        if paper.proceeding is not None:
            able = [
                name for name in able if oracle.rights(self.world, name, Thing("proceeding", str(paper.proceeding)))
            ]
        if not able:
            return
        wish = DocumentWish(
            "Brief",
            DocumentKind.INCOMING,
            section=paper.section,
            proceeding_id=None if paper.proceeding is None else UUID(paper.proceeding),
        )
        with self.acting() as registry:
            row, _ = documents.attach_document(
                registry.session, registry.actor(one_of(able, by)), UUID(case_file), registry.stored(), wish
            )
            self.note_document(registry.session, row, paper)

    @rule(unit=st.sampled_from(UNITS), concerned=st.none() | picks)
    def receive(self, unit: str, concerned: int | None) -> None:
        if sum(not paper.withdrawn for paper in self.world.documents.values()) >= self.size.documents:
            return
        concerns = None if concerned is None else one_of(list(self.world.case_files), concerned)
        with self.acting() as registry:
            session = registry.session
            known = None if concerns is None else session.get_one(CaseFile, UUID(concerns))
            item = registry.waiting(unit, concerns=known)
            paper = Paper(self.new_secret(), None, unit=unit, concerns=concerns)
            self.note_document(session, session.get_one(Document, item.document_id), paper)

    @rule(pick=picks, to=picks, section=picks, by=picks)
    def file_item(self, pick: int, to: int, section: int, by: int) -> None:
        if not self.waiting():
            return
        id_, target = one_of(self.waiting(), pick), one_of(list(self.world.case_files), to)
        where = one_of(self.sections_of(target), section)
        there = self.imagined(Paper("", target, where))
        seeing = self.able(Right.FILE, Thing("document", id_))
        able = [name for name in seeing if there(name) & Right.FILE]

        def by_whom(name: str) -> None:
            self.does(
                lambda r: inbox.file_item(
                    r.session, r.actor(name), item_of(r.session, id_).id, UUID(target), section=where
                )
            )

        if able:
            by_whom(one_of(able, by))
            paper = self.world.documents[id_]
            paper.case_file, paper.section, paper.unit, paper.concerns = target, where, "", None
        elif seeing:
            with pytest.raises(REFUSED):
                by_whom(one_of(seeing, by))

    @rule(pick=picks, unit=st.sampled_from(UNITS), by=picks, rejects=st.booleans())
    def deal_with_item(self, pick: int, unit: str, by: int, rejects: bool) -> None:
        """Somebody sends on what waits, or sorts it out; who may not even see it is told that it is not there.

        Nothing is sent to a unit that has ended: nobody would find it.
        """
        if not self.waiting():
            return
        id_, rejects = one_of(self.waiting(), pick), rejects and by % 3 == 0
        name = one_of([one for one, known in self.world.everybody.items() if known.active] or ["registrar"], by)

        def act(registry: Registry) -> None:
            actor, item = registry.actor(name), item_of(registry.session, id_)
            if rejects:
                inbox.reject_item(registry.session, actor, item.id, "Werbung")
            else:
                inbox.forward_item(registry.session, actor, item.id, unit, "")

        rights = oracle.rights(self.world, name, Thing("document", id_))
        if not rights & Right.FILE:
            with pytest.raises(NotPermitted if rights else NotFound):
                self.does(act)
            return
        if not rejects and self.world.units[unit].ended:
            with pytest.raises(Invalid):
                self.does(act)
            return
        self.does(act)
        if rejects:
            self.world.documents[id_].withdrawn = True
        else:
            self.world.documents[id_].unit = unit

    @rule(pick=picks, to=picks, section=picks, by=picks)
    def move_document(self, pick: int, to: int, section: int, by: int) -> None:
        if not self.filed():
            return
        id_, target = one_of(self.filed(), pick), one_of(list(self.world.case_files), to)
        paper = self.world.documents[id_]
        where = one_of(self.sections_of(target), section)
        stays = paper.case_file == target
        new = Paper("", target, where, paper.proceeding if stays else None)
        there = self.imagined(new)
        able = [name for name in self.able(Right.EDIT, Thing("document", id_)) if there(name) & Right.FILE]
        if new.proceeding is not None:
            able = [name for name in able if oracle.rights(self.world, name, Thing("proceeding", new.proceeding))]
        if not able:
            return
        name = one_of(able, by)
        if self._may_not_open_up(name, id_, new):
            with pytest.raises(NotPermitted):
                self.does(
                    lambda r: correcting.move_document(r.session, r.actor(name), UUID(id_), UUID(target), section=where)
                )
            return
        self.does(lambda r: correcting.move_document(r.session, r.actor(name), UUID(id_), UUID(target), section=where))
        paper.case_file, paper.section = target, where
        paper.proceeding = paper.proceeding if stays else None

    def _may_not_open_up(self, name: str, id_: str, new: Paper) -> bool:
        may_share = oracle.rights(self.world, name, Thing("document", id_)) & Right.SHARE
        return not may_share and oracle.opens_up(self.world, self.world.documents[id_], new)

    @rule(pick=picks, section=picks, by=picks)
    def put_into_section(self, pick: int, section: int, by: int) -> None:
        if not self.filed():
            return
        id_ = one_of(self.filed(), pick)
        paper = self.world.documents[id_]
        where = one_of(self.sections_of(str(paper.case_file)), section)
        if where is None or where == paper.section:
            return
        there = self.imagined(Paper("", paper.case_file, where, paper.proceeding))
        able = [name for name in self.able(Right.EDIT, Thing("document", id_)) if there(name) & Right.FILE]
        if paper.proceeding is not None:
            able = [
                name for name in able if oracle.rights(self.world, name, Thing("proceeding", str(paper.proceeding)))
            ]
        if able:
            change = DocumentChange(section=where)
            name = one_of(able, by)
            if self._may_not_open_up(name, id_, Paper("", paper.case_file, where, paper.proceeding)):
                with pytest.raises(NotPermitted):
                    self.does(lambda r: documents.change_document(r.session, r.actor(name), UUID(id_), change))
                return
            self.does(lambda r: documents.change_document(r.session, r.actor(name), UUID(id_), change))
            paper.section = where

    @rule(pick=picks, by=picks)
    def withdraw(self, pick: int, by: int) -> None:
        if len(self.filed()) < 3:
            return
        id_ = one_of(self.filed(), pick)
        if able := self.able(Right.EDIT, Thing("document", id_)):
            name = one_of(able, by)
            self.does(lambda r: correcting.withdraw_document(r.session, r.actor(name), UUID(id_), "Versehen"))
            self.world.documents[id_].withdrawn = True
