"""What happens to units and people in a random city: they move, end, merge, leave, return."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlmodel import select

from eakte.principals import Membership, Principal, RoleHolding, Unit
from tests.domain import access_oracle as oracle
from tests.domain.oracle_city import ROLES, UNITS
from tests.domain.oracle_records import one_of, picks
from tests.domain.oracle_rights import LivingRights, people
from tests.domain.registry import Registry


class LivingOrganisation(LivingRights):
    """Whom rights mean changes all the time, too."""

    @rule(unit=st.sampled_from(UNITS), pick=picks)
    def move_unit(self, unit: str, pick: int) -> None:
        units = self.world.units
        possible = [
            None,
            *(one for one in units if not units[one].ended and not oracle.lies_below(self.world, one, unit)),
        ]
        if units[unit].ended:
            return
        units[unit].above = one_of(possible, pick)
        self.does(lambda r: setattr(r.session.get_one(Unit, unit), "parent_id", units[unit].above))

    @rule(unit=st.sampled_from(UNITS), into=st.sampled_from([None, *UNITS]))
    def end_unit(self, unit: str, into: str | None) -> None:
        """A unit ends, is merged into another, or, when it had ended, goes on."""
        units = self.world.units
        office = units[unit]
        if office.ended:
            office.ended, office.merged_into, office.above = False, None, None
        else:
            below = [name for name, one in units.items() if one.above == unit and not one.ended]
            if below or (into is not None and (into == unit or units[into].ended)):
                return
            office.ended, office.merged_into = True, into

        def act(registry: Registry) -> None:
            row = registry.session.get_one(Unit, unit)
            row.ended, row.merged_into_id, row.parent_id = office.ended, office.merged_into, office.above

        self.does(act)

    @rule(person=people, units=st.sets(st.sampled_from(UNITS), max_size=2))
    def change_units(self, person: str, units: set[str]) -> None:
        def act(registry: Registry) -> None:
            for row in registry.session.exec(select(Membership).where(Membership.person_id == person)):
                registry.session.delete(row)
            registry.session.flush()
            registry.session.add_all(Membership(person_id=person, unit_id=unit) for unit in units)

        self.does(act)
        self.world.people[person].units = set(units)

    @rule(person=people)
    def leave_or_return(self, person: str) -> None:
        somebody = self.world.people[person]
        somebody.active = not somebody.active
        self.does(lambda r: setattr(r.session.get_one(Principal, person), "active", somebody.active))

    @rule(person=people, ceiling=st.integers(0, 3))
    def vet(self, person: str, ceiling: int) -> None:
        """A person's ceiling becomes another."""
        self.world.people[person].ceiling = ceiling
        self.does(lambda r: setattr(r.session.get_one(Principal, person), "ceiling", ceiling))

    @rule(person=people, role=st.sampled_from(ROLES), unit=st.sampled_from(UNITS))
    def give_or_take_role(self, person: str, role: str, unit: str) -> None:
        roles = self.world.people[person].roles

        def act(registry: Registry) -> None:
            wanted = select(RoleHolding).where(
                RoleHolding.person_id == person, RoleHolding.role == role, RoleHolding.unit_id == unit
            )
            row = registry.session.exec(wanted).first()
            if row is not None:
                registry.session.delete(row)
            else:
                registry.session.add(RoleHolding(person_id=person, role=role, unit_id=unit))

        self.does(act)
        roles.symmetric_difference_update({(role, unit)})
