"""What a rights page shows, gathered through the domain: who may what here, and what was arranged on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.pages import organisation, rights_addresses, rights_changes
from api.pages.rendering import german_end, german_start
from api.pages.rights_addresses import Link
from eakte import access, case_files, clock, explaining, four_eyes, granting, nodes
from eakte.access_tables import AccessExclusion, ExclusionCause, Right, RightsProposal, right_names
from eakte.actors import Actor
from eakte.explaining import CAUSE_WORDS, EXCLUSION_WORDS, Explanation, Reader
from eakte.levels import Level
from eakte.nodes import Node
from eakte.principals import Principal, PrincipalKind, Unit
from eakte.subjects import DisplayNames, display_names, in_words

BY_NAME = "Ist jemand anderes mit demselben Namen"
"""The reason offered for lifting the exclusion of a namesake."""


@dataclass(frozen=True)
class GivenLine:
    """A grant on the node itself."""

    id: UUID
    to: str
    rights: str
    cause: str
    given_by: str
    given_at: datetime
    confirmed_by: str
    reason: str
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True)
class ExcludedLine:
    """An exclusion at the node itself.

    Attributes:
        offered_reason: For lifting it; not empty where only the name agrees with a party's.
    """

    id: UUID
    person: str
    cause: str
    allows_reading: bool
    is_own: bool
    offered_reason: str
    reason: str
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True)
class ProposalLine:
    """What waits for a second person."""

    id: UUID
    what: str
    details: str
    asked_by: str
    asked_at: datetime
    is_own: bool


@dataclass(frozen=True)
class RightsView:
    """The rights of a node as its page shows them.

    Attributes:
        on: The node in words, without its title.
        back: The way to the thing.
        parts: Pages of what lies in it.
        own_level: The level it has of its own; `level` is the one that counts.
        levels: What the actor may make it; none where levels come from the organisation file.
        takes_two: Whether what opens something up waits for a second person.
    """

    path: str
    on: str
    title: str
    back: list[Link]
    parts: list[Link]
    level: str
    own_level: str
    levels: list[str]
    is_shielded: bool
    takes_two: bool
    readers: list[Reader]
    given: list[GivenLine]
    excluded: list[ExcludedLine]
    proposals: list[ProposalLine]
    shown_at: datetime


@dataclass(frozen=True)
class Choices:
    """Whom rights can be given to."""

    people: list[Principal]
    systems: list[Principal]
    units: list[Unit]
    roles: list[str]


def gather_rights(session: Session, actor: Actor, node: Node) -> RightsView:
    """Everything the rights page of a node shows; that somebody looked enters the trail.

    Raises:
        NotFound, NotPermitted: As everywhere; needs `share`.
    """
    place_id = nodes.require(session, actor, node, Right.SHARE)
    names = display_names(session)
    exclusions = granting.exclusions_on(session, actor, node)
    excluded = [_excluded(session, actor, node, row, names) for row in exclusions]
    return RightsView(
        path=rights_addresses.rights_path(node),
        on=nodes.in_words(session, node),
        title=rights_addresses.title_of(session, actor, node),
        back=rights_addresses.way_back(session, actor, node),
        parts=rights_addresses.parts_of(session, actor, node),
        level=access.level_of(session, place_id).word,
        own_level=rights_changes.own_level(session, node).word,
        levels=[] if node.is_of_plan else [level.word for level in Level if level <= actor.own.ceiling],
        is_shielded=granting.is_shielded(session, node),
        takes_two=four_eyes.is_asked_for(session, node),
        readers=explaining.readers(session, actor, node),
        given=[
            GivenLine(
                row.id,
                in_words(row.subject, names),
                right_names(row.rights),
                CAUSE_WORDS[row.cause],
                names.principal(row.given_by),
                row.given_at,
                names.principal(row.confirmed_by or ""),
                row.reason,
                row.valid_from,
                row.valid_until,
            )
            for row in granting.grants_on(session, actor, node)
        ],
        excluded=excluded,
        proposals=[_proposal(actor, row, names, excluded) for row in four_eyes.proposals_on(session, actor, node)],
        shown_at=clock.now(),
    )


def gather_choices(session: Session) -> Choices:
    """Whom the forms offer."""
    return Choices(
        people=organisation.principals(session, PrincipalKind.PERSON),
        systems=organisation.principals(session, PrincipalKind.SYSTEM),
        units=[unit for unit in organisation.units(session) if not unit.ended],
        roles=organisation.unit_roles(session),
    )


def gather_explanation(session: Session, actor: Actor, typed: str, node: Node) -> Explanation:
    """Why somebody may, or may not.

    Raises:
        Invalid: Nobody of that name.
    """
    person_id = organisation.find_person_or_system(session, typed, "/person")
    return explaining.explain(session, actor, person_id, node)


def _excluded(session: Session, actor: Actor, node: Node, row: AccessExclusion, names: DisplayNames) -> ExcludedLine:
    by_name = row.cause is ExclusionCause.PARTY and _is_namesake(session, actor, node, row)
    return ExcludedLine(
        row.id,
        names.principal(row.person_id),
        EXCLUSION_WORDS[row.cause],
        row.allows_reading,
        row.person_id == actor.id,
        BY_NAME if by_name else "",
        row.reason,
        row.valid_from,
        row.valid_until,
    )


def _is_namesake(session: Session, actor: Actor, node: Node, row: AccessExclusion) -> bool:
    """Whether only the name says that the person is a party."""
    case_file = nodes.case_file_of(session, node)
    if case_file is None:
        return False
    parties = case_files.parties_of(session, actor, case_file.id)
    return any(party.id == row.party_id and party.person_id != row.person_id for party in parties)


def _proposal(actor: Actor, row: RightsProposal, names: DisplayNames, excluded: list[ExcludedLine]) -> ProposalLine:
    wish, details = row.wish, ""
    if row.what == "grant":
        details = f"{in_words(wish['subject'], names)}: {right_names(wish['rights'])}"
        if wish["valid_from"]:
            details += f" ab {german_start(datetime.fromisoformat(wish['valid_from']))}"
        if wish["valid_until"]:
            details += f" bis {german_end(datetime.fromisoformat(wish['valid_until']))}"
    elif row.what == "lift":
        details = next((line.person for line in excluded if str(line.id) == wish["exclusion"]), "")
    elif row.what == "level":
        details = f"auf „{wish['level']}“"
    elif row.what == "hand_over":
        details = f"an {names.unit(wish['responsible_unit'])}"
    elif row.what == "move":
        details = f"nach Aktenplan {wish['filing_plan']}"
    if wish.get("reason"):
        details += f"; {wish['reason']}"
    what = {
        "grant": "Recht vergeben",
        "unshield": "Abschirmung aufheben",
        "lift": "Ausschluss aufheben",
        "level": "Stufe senken",
        "hand_over": "Federführung abgeben",
        "move": "Akte umhängen",
    }[row.what]
    return ProposalLine(row.id, what, details, names.principal(row.asked_by), row.asked_at, row.asked_by == actor.id)
