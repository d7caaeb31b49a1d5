"""What happens to rights in a random city: granting, shielding, excluding, deputising."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlmodel import col, select

from eakte import break_glass, deputies, granting, grants, nodes, scopes, subjects
from eakte.access_tables import AccessExclusion, AccessGrant, Deputyship, ExclusionCause, GrantCause, Right
from eakte.case_file_tables import Party
from eakte.clock import now
from eakte.deputies import DeputyWish
from eakte.errors import Invalid, NotFound, NotPermitted
from eakte.granting import RIGHT_WORDS, ExclusionWish, GrantWish
from eakte.levels import LEVEL_WORDS
from eakte.managing import EverybodyLockedOut
from tests.domain import access_oracle as oracle
from tests.domain.oracle_city import PEOPLE, ROLES, SYSTEM, UNITS, node_of
from tests.domain.oracle_records import LivingRecords, one_of, picks
from tests.domain.oracle_world import Excluded, Granted, Stands, Term, Thing
from tests.domain.registry import Registry

WORDS = ("lesen", "file", "bearbeiten", "share", "leiten", "registratur")
SIMPLE = [
    *(f"person:{name}" for name in PEOPLE),
    f"system:{SYSTEM}",
    *(f"{kind}:{unit}" for kind in ("unit", "unit-tree") for unit in UNITS),
    *(f"role:{role}@{unit}" for role in ROLES for unit in UNITS),
]
COMBINED = [
    "all_of:" + " & ".join(sorted(pair))
    for pair in (
        ("unit:SO", "unit:A"), ("unit-tree:A", "unit-tree:B"), ("role:registry@A", "unit:SO"),
        ("role:chief@B", "unit-tree:A"), ("person:otto", "unit-tree:C"), ("unit:B", "unit:C"),
    )
]  # fmt: skip
meant = st.sampled_from(SIMPLE) | st.sampled_from(COMBINED)
people = st.sampled_from(list(PEOPLE))
hours = st.sampled_from([None, None, None, None, None, -50, -1, 1, 50])


class LivingRights(LivingRecords):
    """Rights, and whom they mean, change all the time."""

    def thing(self, pick: int) -> Thing:
        return one_of(self.world.things(), pick)

    def is_waiting(self, thing: Thing) -> bool:
        return thing.kind == "document" and self.world.documents[thing.id].case_file is None

    def sharer(self, thing: Thing, pick: int, rights: Right = Right.SHARE) -> str | None:
        """Somebody who may change rights here and has these; None for when only an organisation file can."""
        able = [
            name
            for name in self.able(Right.SHARE, thing)
            if rights & ~oracle.rights(self.world, name, thing) == Right(0)
        ]
        return one_of(able, pick) if able and not self.is_waiting(thing) else None

    def _scope(self, registry: Registry, thing: Thing) -> int:
        return nodes.scope_for_rights(registry.session, node_of(thing))

    # -- grants ------------------------------------------------------------------------------------

    @rule(pick=picks, subject=meant, word=st.sampled_from(WORDS), since=hours, until=hours, by=picks)
    def give(self, pick: int, subject: str, word: str, since: int | None, until: int | None, by: int) -> None:
        thing, term = self.thing(pick), _term(since, until)
        rights = RIGHT_WORDS[word] | Right.READ
        gone = {f"person:{name}" for name, somebody in self.world.people.items() if not somebody.active}
        # Whoever has left is granted nothing any more, except by an organisation file that still names them.
        name = None if gone & set(subjects.members_of(subject)) else self.sharer(thing, by, rights)
        wish = GrantWish([word], subjects.to_wish(subject), term.since, term.until)
        if name is not None and oracle.means(self.world, subject, name):
            borrowed = rights & ~oracle.own_rights(self.world, name, thing)
            if borrowed:
                with pytest.raises(NotPermitted):
                    self.does(lambda r: granting.give(r.session, r.actor(name), node_of(thing), wish))
                return
        with self.acting() as registry:
            session = registry.session
            if name is not None:
                row = granting.give(session, registry.actor(name), node_of(thing), wish)
            else:
                subjects.remember_combination(session, subject)
                row = grants.add_grant(
                    session, self._scope(registry, thing), subject, rights, GrantCause.APPLIED,
                    valid_from=term.since, valid_until=term.until,
                )  # fmt: skip
            assert row.subject == subject
            self.world.grants.append(Granted(thing, subject, rights, term, row.cause.value, row.id))

    @rule(pick=picks, by=picks)
    def revoke(self, pick: int, by: int) -> None:
        standing = [one for one in self.world.grants if not one.term.ended and one.row is not None]
        if not standing:
            return
        grant = one_of(standing, pick)
        name = self.sharer(grant.on, by) if grant.on in self.world.things() else None

        def act(registry: Registry) -> None:
            if name is not None:
                granting.revoke(registry.session, registry.actor(name), node_of(grant.on), _id(grant.row))
            else:
                row = registry.session.get_one(AccessGrant, grant.row)
                grants.end_grant(registry.session, row, revoked_by="organisation")

        if name is None:
            self.does(act)
            grant.term.ended = True
        else:
            self.unless_locked_out(
                oracle.managed(self.world, grant.on, grant.term.since),
                act,
                lambda: setattr(grant.term, "ended", True),
                lambda: setattr(grant.term, "ended", False),
            )

    @rule(pick=picks, by=picks, cause=st.sampled_from([GrantCause.SHARING, GrantCause.APPLIED]))
    def revoke_cause(self, pick: int, by: int, cause: GrantCause) -> None:
        thing = self.thing(pick)
        name = self.sharer(thing, by)
        given = [one for one in self.world.grants if one.on == thing and one.cause == cause and not one.term.ended]
        if name is None or not given:
            return

        def ended(is_ended: bool) -> None:
            for grant in given:
                grant.term.ended = is_ended

        self.unless_locked_out(
            oracle.managed(self.world, thing, *(grant.term.since for grant in given)),
            lambda r: granting.revoke_cause(r.session, r.actor(name), node_of(thing), cause),
            lambda: ended(True),
            lambda: ended(False),
        )

    @rule(person=people, pick=picks)
    def break_the_glass(self, person: str, pick: int) -> None:
        id_ = one_of(list(self.world.case_files), pick)
        somebody, thing, file = self.world.people[person], Thing("case_file", id_), self.world.case_files[id_]
        if not somebody.active:
            return
        allowed = (
            self.world.entries[file.entry].break_glass
            and oracle.level(self.world, thing) <= somebody.ceiling
            and oracle.kept_from(self.world, thing, person) is None
        )

        def act(registry: Registry) -> None:
            break_glass.break_glass(registry.session, registry.actor(person), file.reference, "Gefahr im Verzug")
            row = registry.session.exec(select(AccessGrant).order_by(col(AccessGrant.id).desc())).first()
            assert row is not None
            term = Term(until=row.valid_until)
            self.world.grants.append(Granted(thing, f"person:{person}", Right.READ, term, "break_glass", row.id))

        if allowed:
            self.does(act)
        else:
            with pytest.raises(NotFound):
                self.does(act)

    # -- shields, levels, exclusions ---------------------------------------------------------------

    @rule(pick=picks, by=picks)
    def shield(self, pick: int, by: int) -> None:
        thing = self.thing(pick)
        name = self.sharer(thing, by)
        if thing in self.world.shielded:
            return
        if name is None:
            self.does(lambda r: scopes.set_shield(r.session, self._scope(r, thing), shielded=True))
            self.world.shielded.add(thing)
            return
        rights, before = oracle.own_rights(self.world, name, thing), oracle.managed(self.world, thing)
        self.world.shielded.add(thing)
        keeps: Granted | None = None
        if oracle.leaves_alone(self.world, before) and rights & Right.SHARE:
            kind = "person" if name in self.world.people else "system"
            keeps = Granted(thing, f"{kind}:{name}", rights, Term(), "sharing")
            self.world.grants.append(keeps)

        def act(registry: Registry) -> None:
            granting.shield(registry.session, registry.actor(name), node_of(thing))
            row = registry.session.exec(select(AccessGrant).order_by(col(AccessGrant.id).desc())).first()
            if keeps is not None:
                assert row is not None
                assert row.subject == keeps.subject
                keeps.row = row.id

        if oracle.leaves_alone(self.world, before):
            with pytest.raises(EverybodyLockedOut):
                self.does(act)
            self.world.shielded.remove(thing)
            if keeps is not None:
                self.world.grants.remove(keeps)
        else:
            self.does(act)

    @rule(pick=picks, by=picks)
    def unshield(self, pick: int, by: int) -> None:
        standing = sorted(self.world.shielded & set(self.world.things()))
        if not standing:
            return
        thing = one_of(standing, pick)
        name = self.sharer(thing, by)
        if name is None:
            self.does(lambda r: scopes.set_shield(r.session, self._scope(r, thing), shielded=False))
        else:
            self.does(lambda r: granting.unshield(r.session, r.actor(name), node_of(thing)))
        self.world.shielded.remove(thing)

    @rule(pick=picks, level=st.sampled_from([0, 0, 0, 1, 1, 2, 3]), by=picks)
    def set_level(self, pick: int, level: int, by: int) -> None:
        thing = self.thing(pick)
        name = self.sharer(thing, by)
        levels = dict(self.world.levels)
        changed = levels | {thing: level}
        if name is None:
            self.does(lambda r: scopes.set_level(r.session, self._scope(r, thing), level))
            self.world.levels = changed
            return
        act = lambda r: granting.set_level(r.session, r.actor(name), node_of(thing), LEVEL_WORDS[level])  # noqa: E731
        if level > self.world.everybody[name].ceiling:
            with pytest.raises(Invalid):
                self.does(act)
            return
        self.unless_locked_out(
            oracle.managed(self.world, thing),
            act,
            lambda: setattr(self.world, "levels", changed),
            lambda: setattr(self.world, "levels", levels),
        )

    @rule(pick=picks, person=people, since=hours, until=hours, by=picks)
    def exclude(self, pick: int, person: str, since: int | None, until: int | None, by: int) -> None:
        thing, term = self.thing(pick), _term(since, until)
        name = self.sharer(thing, by)
        noted = Excluded(thing, person, term)

        def act(registry: Registry) -> None:
            session = registry.session
            if name is not None:
                wish = ExclusionWish(person, "Befangen", term.since, term.until)
                row = granting.exclude(session, registry.actor(name), node_of(thing), wish)
            else:
                row = grants.add_exclusion(
                    session, self._scope(registry, thing), person, ExclusionCause.APPLIED, given_by="organisation",
                    valid_from=term.since, valid_until=term.until,
                )  # fmt: skip
            noted.row = row.id

        self.world.exclusions.append(noted)
        if name is None:
            self.does(act)
            return
        self.world.exclusions.pop()
        self.unless_locked_out(
            oracle.managed(self.world, thing, term.since),
            act,
            lambda: self.world.exclusions.append(noted),
            lambda: self.world.exclusions.pop(),
        )

    @rule(pick=picks, by=picks)
    def lift(self, pick: int, by: int) -> None:
        standing = [one for one in self.world.exclusions if not one.term.ended]
        if not standing:
            return
        noted = one_of(standing, pick)
        name = self.sharer(noted.on, by) if noted.on in self.world.things() else None

        def act(registry: Registry) -> None:
            if name is not None and name != noted.person:
                granting.lift(registry.session, registry.actor(name), node_of(noted.on), _id(noted.row))
            else:
                row = registry.session.get_one(AccessExclusion, noted.row)
                grants.end_exclusion(registry.session, row, revoked_by="organisation")

        self.does(act)
        noted.term.ended = True

    @rule(pick=picks)
    def tell_namesakes_apart(self, pick: int) -> None:
        """Somebody says that a party only has the name of a person who works here."""
        with self.acting() as registry:
            session = registry.session
            rows = session.exec(
                select(AccessExclusion)
                .where(
                    AccessExclusion.cause == ExclusionCause.PARTY,
                    col(AccessExclusion.revoked_at).is_(None),
                )
                .order_by(col(AccessExclusion.id))
            ).all()
            if rows:
                row = one_of(list(rows), pick)
                party = session.get_one(Party, row.party_id)
                grants.end_exclusion(session, row, revoked_by="registrar", reason="jemand anderes")
                noted = self.world.case_files[str(party.case_file_id)].parties[party.position]
                noted.somebody_else.add(row.person_id)

    # -- deputies ----------------------------------------------------------------------------------

    @rule(deputy=people, person=people, below=st.none() | picks, since=hours, until=hours)
    def deputise(self, deputy: str, person: str, below: int | None, since: int | None, until: int | None) -> None:
        if deputy == person or sum(not one.term.ended for one in self.world.deputies) > 3:
            return
        term, thing = _term(since, until), None if below is None else self.thing(below)
        over = term.until is not None and term.until < now()
        active = all(self.world.people[name].active for name in (deputy, person))
        readable = thing is None or oracle.rights(self.world, person, thing)
        noted = Stands(deputy, person, thing, term)

        def act(registry: Registry) -> None:
            session = registry.session
            node = None if thing is None else node_of(thing)
            if active and readable and not over:
                wish = DeputyWish(deputy, person, node, term.since, term.until)
                row = deputies.name_deputy(session, registry.actor(person), wish)
            else:
                row = Deputyship(
                    person_id=deputy, for_id=person, scope_id=None if thing is None else self._scope(registry, thing),
                    valid_from=term.since, valid_until=term.until, applied=True,
                )  # fmt: skip
                session.add(row)
                session.flush()
                scopes.rights_changed(session)
            noted.row = row.id

        self.does(act)
        self.world.deputies.append(noted)

    @rule(pick=picks)
    def end_deputyship(self, pick: int) -> None:
        standing = [one for one in self.world.deputies if not one.term.ended]
        if standing:
            noted = one_of(standing, pick)
            self.does(
                lambda r: deputies.end(r.session, r.session.get_one(Deputyship, noted.row), actor_id="organisation")
            )
            noted.term.ended = True


def _term(since: int | None, until: int | None) -> Term:
    """A time by hours from now; one that would end before it begins, begins earlier."""
    begins, ends = (None if hour is None else now() + timedelta(hours=hour) for hour in (since, until))
    return Term(_before(begins, ends), ends)


def _before(begins: datetime | None, ends: datetime | None) -> datetime | None:
    return None if begins is not None and ends is not None and begins >= ends else begins


def _id(row: UUID | None) -> UUID:
    assert row is not None
    return row
