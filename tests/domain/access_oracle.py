"""The rights of a small world told slowly and obviously, as docs/rights.md says them: walks the tree for each question.

It remembers nothing and shares no code with `eakte`'s access model; only the bits of the rights are the same.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from eakte.access_tables import Right
from eakte.clock import now
from tests.domain.oracle_world import ROOT, Granted, Paper, Term, Thing, World

NOTHING = Right(0)
LEADING = Right.READ | Right.FILE | Right.EDIT | Right.CLOSE | Right.SHARE
INBOX = Right.READ | Right.FILE | Right.EDIT


# -- the tree ----------------------------------------------------------------------------------------


def parents(world: World, thing: Thing) -> list[Thing]:
    """What lies directly above a thing."""
    match thing.kind:
        case "filing_plan":
            above = world.entries[thing.id].above
            return [ROOT if above is None else Thing("filing_plan", above)]
        case "entry_section":
            return [Thing("filing_plan", thing.id)]
        case "case_file":
            return [Thing("filing_plan", world.case_files[thing.id].entry)]
        case "section":
            entry = world.case_files[thing.id].entry
            return [Thing("case_file", thing.id), Thing("entry_section", entry, thing.section)]
        case "proceeding":
            return [Thing("case_file", world.proceedings[thing.id])]
        case "document":
            return _parents_of_document(world.documents[thing.id])
    return []


def _parents_of_document(paper: Paper) -> list[Thing]:
    if paper.case_file is None:
        return [Thing("inbox", paper.unit)]
    found = []
    if paper.proceeding is not None:
        found.append(Thing("proceeding", paper.proceeding))
    if paper.section is not None:
        found.append(Thing("section", paper.case_file, paper.section))
    return found or [Thing("case_file", paper.case_file)]


def on_the_way(world: World, thing: Thing) -> set[Thing]:
    """A thing and everything above it."""
    found = {thing}
    for above in parents(world, thing):
        found |= on_the_way(world, above)
    return found


def level(world: World, thing: Thing) -> int:
    """The highest level on the way down to a thing."""
    return max(world.levels.get(one, 0) for one in on_the_way(world, thing))


def opens_up(world: World, before: Paper, after: Paper) -> bool:
    """Whether a document becomes less kept: a lower level above it, or a shield left behind."""
    old, new = (
        set().union(*(on_the_way(world, above) for above in _parents_of_document(paper))) for paper in (before, after)
    )
    levels = [max(world.levels.get(one, 0) for one in way) for way in (old, new)]
    return levels[1] < levels[0] or bool((old - new) & world.shielded)


# -- whom a grant means ------------------------------------------------------------------------------


def goes_on(world: World, unit: str) -> str | None:
    """The unit that has a unit's rights now: itself, or its successor; None when it ended without one."""
    office = world.units.get(unit)
    if office is None:
        return None
    if office.merged_into is not None:
        return goes_on(world, office.merged_into)
    return None if office.ended else unit


def means(world: World, subject: str, name: str) -> bool:
    """Whether a subject means a person or system by what they are themselves."""
    kind, _, rest = subject.partition(":")
    if kind == "all_of":
        return all(means(world, part, name) for part in rest.split(" & "))
    if kind == "system":
        return rest == name and name in world.systems
    if name not in world.people:
        return False
    if kind == "person":
        return rest == name
    somebody = world.people[name]
    if kind == "role":
        role, _, unit = rest.partition("@")
        now = goes_on(world, unit)
        return now is not None and any(held == role and goes_on(world, where) == now for held, where in somebody.roles)
    own = {goes_on(world, unit) for unit in somebody.units} - {None}
    if goes_on(world, rest) in own:
        return True
    return kind == "unit-tree" and any(lies_below(world, unit, rest) for unit in own if unit is not None)


def lies_below(world: World, unit: str, above: str) -> bool:
    if world.units[above].ended:
        return False
    at: str | None = unit
    while at is not None:
        if at == above:
            return True
        at = world.units[at].above
    return False


@dataclass(frozen=True)
class Role:
    """As whom somebody acts: as themself, or as somebody's deputy."""

    person: str
    ceiling: int
    excluded: frozenset[str]
    below: Thing | None = None


def roles_of(world: World, name: str) -> list[Role]:
    """As whom somebody may act now; nobody when they have left."""
    somebody = world.everybody[name]
    if not somebody.active:
        return []
    found = [Role(name, somebody.ceiling, frozenset({name}))]
    for one in world.deputies:
        other = world.people[one.person]
        if one.deputy == name and one.term.holds and other.active:
            ceiling = min(somebody.ceiling, other.ceiling)
            found.append(Role(one.person, ceiling, frozenset({name, one.person}), one.below))
    return found


# -- rights ------------------------------------------------------------------------------------------


def standing_grants(world: World) -> Iterator[Granted]:
    """Every grant that holds now, those by rule too."""
    yield from (grant for grant in world.grants if grant.term.holds)


def given_by_rule(world: World, thing: Thing) -> list[tuple[str, Right]]:
    """What a thing gives by itself: a case file to the responsible unit, an inbox to the members of its unit."""
    if thing.kind == "case_file":
        unit = world.case_files[thing.id].unit
        return [] if unit == "unassigned" else [(f"unit:{unit}", LEADING)]
    return [(f"unit:{thing.id}", INBOX)] if thing.kind == "inbox" else []


def given_above(world: World, thing: Thing) -> list[tuple[Thing, str, Right]]:
    """Every grant on a thing or above it, whether or not it arrives."""
    way = on_the_way(world, thing)
    found = [(grant.on, grant.subject, grant.rights) for grant in standing_grants(world) if grant.on in way]
    return found + [(on, subject, rights) for on in way for subject, rights in given_by_rule(world, on)]


def arrives(world: World, source: Thing, thing: Thing) -> bool:
    """Whether what is given at a source reaches a thing: every shield on the way is the source or lies above it."""
    way = on_the_way(world, thing)
    return source in way and world.shielded & way <= on_the_way(world, source)


def kept_from(world: World, thing: Thing, name: str) -> Right | None:
    """What exclusions leave a person on a thing; None when there are none."""
    way = on_the_way(world, thing)
    left: Right | None = None
    for one in world.exclusions:
        if one.person == name and one.on in way and one.term.holds:
            left = NOTHING
    for above in way:
        if above.kind == "case_file" and is_party(world, above.id, name):
            may_read = world.entries[world.case_files[above.id].entry].parties_may_read
            left = (Right.READ if left is None else left) & (Right.READ if may_read else NOTHING)
    return left


def is_party(world: World, case_file: str, name: str) -> bool:
    """Whether a person is a party of a case file, or has the name of one and nobody said that they are not meant."""
    somebody = world.people.get(name)
    if somebody is None:
        return False
    return any(
        name not in party.somebody_else
        and (party.account == name if party.account is not None else same_name(party.name, somebody.name))
        for party in world.case_files[case_file].parties
    )


def same_name(one: str, other: str) -> bool:
    """The same words in any order and case, two at least."""
    words = [sorted(re.findall(r"\w+", name.casefold())) for name in (one, other)]
    return len(words[0]) >= 2 and words[0] == words[1]


def rights(world: World, name: str, thing: Thing) -> Right:
    """What somebody may do with a thing now."""
    paper = world.documents.get(thing.id) if thing.kind == "document" else None
    if paper is not None and paper.withdrawn:
        return NOTHING
    way, given = on_the_way(world, thing), given_above(world, thing)
    found = NOTHING
    for role in roles_of(world, name):
        if level(world, thing) > role.ceiling or (role.below is not None and role.below not in way):
            continue
        own = NOTHING
        for source, subject, some in given:
            if means(world, subject, role.person) and arrives(world, source, thing):
                own |= some
        for person in role.excluded:
            left = kept_from(world, thing, person)
            own = own if left is None else own & left
        found |= own
    if paper is not None and paper.concerns is not None and paper.case_file is None:
        return found if rights(world, name, Thing("case_file", paper.concerns)) & Right.FILE else NOTHING
    return found


def own_rights(world: World, name: str, thing: Thing) -> Right:
    """What somebody may do with a thing without standing in for anybody."""
    alone = copy.copy(world)
    alone.deputies = []
    return rights(alone, name, thing)


def would_have(world: World, name: str, thing: Thing) -> bool:
    """Whether some grant on a thing or above names somebody, be it taken away by whatever."""
    way, given = on_the_way(world, thing), given_above(world, thing)
    roles = [role for role in roles_of(world, name) if role.below is None or role.below in way]
    return any(means(world, subject, role.person) for role in roles for _on, subject, _rights in given)


def plan(world: World, name: str) -> set[str]:
    """The entries somebody may know of: what they can read, and the way to what they can read."""
    visible = {code for code in world.entries if rights(world, name, Thing("filing_plan", code))}
    visible |= {file.entry for id_, file in world.case_files.items() if rights(world, name, Thing("case_file", id_))}
    return {one.id for code in visible for one in on_the_way(world, Thing("filing_plan", code)) if one != ROOT}


def inbox_units(world: World, name: str) -> set[str]:
    """The units whose inbox somebody works on: their own, and those of whom they wholly stand in for."""
    whole = [role.person for role in roles_of(world, name) if role.below is None and role.person in world.people]
    units = {goes_on(world, unit) for person in whole for unit in world.people[person].units}
    return {unit for unit in units if unit is not None}


def managers(world: World, thing: Thing) -> set[str]:
    """The people who may manage rights on a thing; of the filing plan it is never asked."""
    if thing.kind in ("filing_plan", "entry_section"):
        return set()
    return {name for name in world.people if rights(world, name, thing) & Right.SHARE}


def managed(world: World, thing: Thing, *begins: datetime | None) -> dict[datetime, set[Thing]]:
    """What of a thing and of what lies in its case file somebody manages now, and when something begins later."""
    if thing.kind in ("filing_plan", "entry_section"):
        return {}  # the administration is always there
    moments = {now(), *(later for later in begins if later is not None and later > now())}
    inside = [one for one in world.things() if thing in on_the_way(world, one)]
    return {moment: {one for one in inside if managers(at(world, moment), one)} for moment in moments}


def leaves_alone(world: World, before: dict[datetime, set[Thing]]) -> bool:
    """Whether nobody manages any more what somebody did before a change, unless it is gone."""
    there = set(world.things())
    return any(not managers(at(world, moment), thing) for moment, things in before.items() for thing in things & there)


def at(world: World, moment: datetime) -> World:
    """A world as it will be at a moment, if nobody changes it."""

    def then(term: Term) -> Term:
        return Term(ended=not term.holds_at(moment))

    seen = copy.copy(world)
    seen.grants = [replace(one, term=then(one.term)) for one in world.grants]
    seen.exclusions = [replace(one, term=then(one.term)) for one in world.exclusions]
    seen.deputies = [replace(one, term=then(one.term)) for one in world.deputies]
    return seen
