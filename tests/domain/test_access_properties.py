"""The pieces of the access model, each beside a naive twin: whom people are, what lies above what, what arrives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from eakte import actors, everybody, scopes, subjects
from eakte.access_tables import AccessScope, ScopeAncestor, ScopeKind
from eakte.principals import Membership, RoleHolding, Unit
from tests.domain import access_oracle as oracle
from tests.domain.oracle_world import Office, Somebody, World
from tests.domain.registry import Registry

UNITS = ("A", "B", "C", "D", "E")
PEOPLE = ("p1", "p2", "p3")
ROLES = ("registry", "chief")
SINGLE = [f"{kind}:{unit}" for kind in ("unit", "unit-tree") for unit in UNITS]
SINGLE += [f"role:{role}@{unit}" for role in ROLES for unit in UNITS] + [f"person:{name}" for name in PEOPLE]
ORDINARY = settings(
    max_examples=150 if os.environ.get("EAKTE_NIGHTLY") == "1" else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
    database=None,
)


@contextmanager
def taken_back(session: Session) -> Iterator[None]:
    """What happens inside leaves nothing behind for the next example."""
    attempt = session.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()
        session.expunge_all()


# -- whom people are ---------------------------------------------------------------------------------


@st.composite
def organisations(draw: st.DrawFn) -> World:
    """Any tree of units, any of them ended or merged into a later one, people anywhere in it with any roles."""
    world = World()
    for number, unit in enumerate(UNITS):
        above = draw(st.sampled_from([None, *UNITS[:number]]))
        fate = draw(st.sampled_from(["lives", "lives", "ends", "merges"]))
        into = draw(st.sampled_from(UNITS[number + 1 :])) if fate == "merges" and number + 1 < len(UNITS) else None
        world.units[unit] = Office(above, ended=fate != "lives", merged_into=into)
    for name in PEOPLE:
        held = draw(st.sets(st.tuples(st.sampled_from(ROLES), st.sampled_from(UNITS)), max_size=3))
        world.people[name] = Somebody(name, 0, draw(st.sets(st.sampled_from(UNITS), max_size=3)), held)
    return world


def set_up(registry: Registry, world: World) -> None:
    """Make an organisation real."""
    session = registry.session
    for unit, office in world.units.items():
        registry.unit(unit, office.above)
        session.get_one(Unit, unit).ended = office.ended
    session.flush()
    for unit, office in world.units.items():
        session.get_one(Unit, unit).merged_into_id = office.merged_into
    for name, somebody in world.people.items():
        registry.person(name)
        session.add_all(
            Membership(person_id=name, unit_id=unit, position=number)
            for number, unit in enumerate(sorted(somebody.units))
        )
        session.add_all(RoleHolding(person_id=name, role=role, unit_id=unit) for role, unit in sorted(somebody.roles))
    session.flush()


@given(
    world=organisations(),
    combined=st.lists(st.lists(st.sampled_from(SINGLE), min_size=2, max_size=3, unique=True), max_size=6),
)
@ORDINARY
def test_one_person_and_everybody_at_once_are_called_the_same_as_the_oracle_says(
    registry: Registry, world: World, combined: list[list[str]]
) -> None:
    session = registry.session
    with taken_back(session):
        set_up(registry, world)
        combinations = ["all_of:" + " & ".join(sorted(members)) for members in combined]
        for token in combinations:
            subjects.remember_combination(session, token)

        at_once = everybody.tokens_of_everybody(session)

        for name in PEOPLE:
            own = actors.actor_for(session, name).own.subjects
            assert at_once[name] == own
            assert own == {token for token in (*SINGLE, *combinations) if oracle.means(world, token, name)}


# -- what lies above what ----------------------------------------------------------------------------


@dataclass
class Tree:
    """Scopes as somebody would draw them: each with those directly above it, shields and levels."""

    above: dict[int, list[int]] = field(default_factory=dict)
    shielded: set[int] = field(default_factory=set)
    levels: dict[int, int] = field(default_factory=dict)

    def way(self, scope_id: int) -> set[int]:
        """A scope and all above it."""
        found = {scope_id}
        for upper in self.above[scope_id]:
            found |= self.way(upper)
        return found

    def closure(self) -> set[tuple[int, int, bool]]:
        """Lower, upper, and whether what is granted at the upper arrives at the lower."""
        return {
            (lower, upper, self.shielded & self.way(lower) <= self.way(upper))
            for lower in self.above
            for upper in self.way(lower)
        }

    def level(self, scope_id: int) -> int:
        return max(self.levels.get(one, 0) for one in self.way(scope_id))


picks = st.integers(0, 997)
changes = st.one_of(
    st.tuples(st.just("make"), picks, picks, st.booleans()),
    st.tuples(st.just("make"), picks, picks, st.booleans()),
    st.tuples(st.just("move"), picks, picks, st.booleans()),
    st.tuples(st.just("shield"), picks, picks, st.booleans()),
    st.tuples(st.just("level"), picks, picks, st.booleans()),
)
Change = tuple[str, int, int, bool]


def change(session: Session, tree: Tree, wanted: Change) -> None:
    """Do one thing to the scopes and to the drawing."""
    what, first, second, twice = wanted
    known = sorted(tree.above)
    one = known[first % len(known)]
    if what == "shield":
        tree.shielded.symmetric_difference_update({one})
        scopes.set_shield(session, one, shielded=one in tree.shielded)
    elif what == "level":
        tree.levels[one] = second % 4
        scopes.set_level(session, one, second % 4)
    else:
        free = known if what == "make" else [other for other in known if one not in tree.way(other)]
        if not free:
            return
        parent, beside = free[second % len(free)], free[(first + second) % len(free)] if twice else None
        if what == "make":
            node = f"n{len(known)}"
            one = scopes.make_scope(session, ScopeKind.SECTION, node, parent, beside_id=beside)
        else:
            scopes.move_scope(session, one, parent, beside_id=beside)
        tree.above[one] = [upper for upper in (parent, beside) if upper is not None]


def test_the_closure_is_what_one_would_draw_whatever_is_made_moved_and_shielded(session: Session) -> None:
    steps = 0

    @given(life=st.lists(changes, min_size=10, max_size=30))
    @settings(ORDINARY, max_examples=40)
    def lives(life: list[Change]) -> None:
        nonlocal steps
        with taken_back(session):
            top = scopes.make_scope(session, ScopeKind.INBOX, "top", None)
            tree = Tree({top: []})
            for wanted in life:
                change(session, tree, wanted)
                steps += 1
                rows = session.exec(select(ScopeAncestor))
                known = {(row.scope_id, row.ancestor_id, row.inherits) for row in rows if row.scope_id in tree.above}
                assert known == tree.closure(), wanted
                for scope_id in tree.above:
                    level = session.get_one(AccessScope, scope_id).effective_level
                    assert level == tree.level(scope_id), wanted

    lives()

    assert steps >= 400
