"""Two people for what opens something up (Vier-Augen-Prinzip), where the filing plan entry asks for it.

Granting, lifting a shield, lifting an exclusion, lowering a level, handing a case file over and moving it to another
entry then become proposals, carried out when a second person with `share` confirms. What takes rights away holds at
once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import granting, handing_over, nodes
from eakte.access_tables import AccessGrant, Right, RightsProposal
from eakte.actors import ADMIN, Actor, actor_for
from eakte.audit import AuditTag
from eakte.case_file_tables import CaseFile
from eakte.claims import claims_on
from eakte.clock import now
from eakte.errors import Conflict, NotFound, NotPermitted
from eakte.filing_plan_tables import FilingPlanEntry
from eakte.granting import GrantWish
from eakte.levels import parse_level
from eakte.nodes import Node
from eakte.principals import PrincipalKind
from eakte.subjects import subject_for, to_wish
from eakte.trying import taken_back

SHARE = "share"
DISPOSE = "dispose"


def is_asked_for(session: Session, node: Node) -> bool:
    """Whether changes of rights on a node take two people."""
    entry = nodes.entry_of(session, node)
    return entry is not None and SHARE in entry.four_eyes


def give(session: Session, actor: Actor, node: Node, wish: GrantWish) -> AccessGrant | RightsProposal:
    """Grant, or propose to. What is wrong with the wish is told at once."""
    if not is_asked_for(session, node):
        return granting.give(session, actor, node, wish)
    with taken_back(session):
        grant = granting.give(session, actor, node, wish)
        subject, rights, begins, ends = grant.subject, grant.rights, grant.valid_from, grant.valid_until
    subject_for(session, wish.to, f"{wish.pointer}/to")
    return _propose(
        session, actor, node, "grant",
        subject=subject, rights=rights, reason=wish.reason, valid_from=_text(begins), valid_until=_text(ends),
    )  # fmt: skip


def unshield(session: Session, actor: Actor, node: Node) -> RightsProposal | None:
    """Lift a shield, or propose to; None when it is done."""
    if not is_asked_for(session, node) or not granting.is_shielded(session, node):
        granting.unshield(session, actor, node)
        return None
    return _propose(session, actor, node, "unshield")


def lift(session: Session, actor: Actor, node: Node, exclusion_id: UUID, *, reason: str = "") -> RightsProposal | None:
    """Lift an exclusion, or propose to; None when it is done."""
    if not is_asked_for(session, node):
        granting.lift(session, actor, node, exclusion_id, reason=reason)
        return None
    with taken_back(session):
        granting.lift(session, actor, node, exclusion_id, reason=reason)
    return _propose(session, actor, node, "lift", exclusion=str(exclusion_id), reason=reason)


def set_level(session: Session, actor: Actor, node: Node, word: str) -> RightsProposal | None:
    """Give a node a level of its own, or propose to where that lowers it; None when it is done."""
    scope = nodes.own_scope(session, node)
    lowers = scope is not None and parse_level(word, "/level") < scope.level
    if not lowers or not is_asked_for(session, node):
        granting.set_level(session, actor, node, word)
        return None
    with taken_back(session):
        granting.set_level(session, actor, node, word)
    return _propose(session, actor, node, "level", level=word)


def hand_over(session: Session, actor: Actor, case_file: CaseFile, unit_id: str) -> RightsProposal | None:
    """Make another unit responsible, or propose to; None when it is done.

    A specialist system says at once who is responsible for what it opened, as it did when opening.
    """
    node = nodes.case_file(case_file.id)
    if handing_over.is_its_opener(actor, case_file) or not is_asked_for(session, node):
        handing_over.hand_over(session, actor, case_file, unit_id)
        return None
    with taken_back(session):
        handing_over.hand_over(session, actor, case_file, unit_id)
    return _propose(session, actor, node, "hand_over", responsible_unit=unit_id)


def move(
    session: Session, actor: Actor, case_file: CaseFile, code: str, fields: dict[str, Any] | None
) -> RightsProposal | None:
    """Hang a case file on another entry, or propose to where either entry asks for it; None when it is done."""
    node, entry = nodes.case_file(case_file.id), session.get(FilingPlanEntry, code)
    if not is_asked_for(session, node) and (entry is None or SHARE not in entry.four_eyes):
        handing_over.move(session, actor, case_file, code, fields)
        return None
    with taken_back(session):
        handing_over.move(session, actor, case_file, code, fields)
    return _propose(session, actor, node, "move", filing_plan=code, fields=fields)


def proposals_on(session: Session, actor: Actor, node: Node) -> list[RightsProposal]:
    """What waits for a second person on a node, oldest first; needs `share`."""
    nodes.require(session, actor, node, Right.SHARE)
    return list(
        session.exec(
            select(RightsProposal)
            .where(RightsProposal.node == node.written, col(RightsProposal.decided_at).is_(None))
            .order_by(col(RightsProposal.id))
        )
    )


def confirm(session: Session, actor: Actor, node: Node, proposal_id: UUID) -> None:
    """Carry out what another person proposed.

    Raises:
        NotFound: Nothing of that id waits here.
        NotPermitted: It is the actor's own, or the proposer may no longer do it.
    """
    proposal = _waiting(session, actor, node, proposal_id)
    if proposal.asked_by == actor.id:
        raise NotPermitted("Den eigenen Vorschlag muss jemand anderes bestätigen.")
    _check_second_person(session, actor, node, proposal)
    try:
        proposer = actor_for(session, proposal.asked_by)
    except NotFound as error:
        raise Conflict("Wer das vorgeschlagen hat, ist nicht mehr tätig; bitte den Vorschlag ablehnen.") from error
    wish = proposal.wish
    if proposal.what == "grant":
        granting.give(
            session,
            proposer,
            node,
            GrantWish(
                [right.name.lower() for right in Right(wish["rights"]) if right.name],
                to_wish(wish["subject"]),
                _moment(wish["valid_from"]),
                _moment(wish["valid_until"]),
                wish["reason"],
            ),
            confirmed_by=actor.id,
        )
    elif proposal.what == "level":
        granting.set_level(session, proposer, node, wish["level"])
    elif proposal.what == "hand_over":
        handing_over.hand_over_confirmed(session, proposer, UUID(node.id), wish["responsible_unit"])
    elif proposal.what == "move":
        handing_over.move_confirmed(session, proposer, UUID(node.id), wish["filing_plan"], wish["fields"])
    elif proposal.what == "unshield":
        granting.unshield(session, proposer, node)
    else:
        granting.lift(session, proposer, node, UUID(wish["exclusion"]), reason=wish["reason"])
    _decide(session, actor, node, proposal, confirmed=True)


def refuse(session: Session, actor: Actor, node: Node, proposal_id: UUID) -> None:
    """Turn a proposal down, or take back one's own."""
    _decide(session, actor, node, _waiting(session, actor, node, proposal_id), confirmed=False)


def _propose(session: Session, actor: Actor, node: Node, what: str, **wish: Any) -> RightsProposal:
    place_id = nodes.require(session, actor, node, Right.SHARE)
    proposal = RightsProposal(scope_id=place_id, node=node.written, what=what, wish=wish, asked_by=actor.id)
    session.add(proposal)
    session.flush()
    told = {name: value for name, value in wish.items() if name != "fields"}  # content is not for the trail
    granting.note(session, actor, AuditTag.RIGHTS_PROPOSED, node, what=what, proposal=proposal.id, **told)
    return proposal


def _waiting(session: Session, actor: Actor, node: Node, proposal_id: UUID) -> RightsProposal:
    nodes.require(session, actor, node, Right.SHARE)
    # Held until the decision is committed: two people deciding at once do so one after the other.
    wanted = select(RightsProposal).where(RightsProposal.id == proposal_id, RightsProposal.node == node.written)
    proposal = session.exec(wanted.with_for_update().execution_options(populate_existing=True)).first()
    if proposal is None or proposal.decided_at is not None:
        raise NotFound
    return proposal


def _check_second_person(session: Session, actor: Actor, node: Node, proposal: RightsProposal) -> None:
    """The second pair of eyes is a person's, and not borrowed from the first as their deputy."""
    if actor.kind is not PrincipalKind.PERSON:
        raise NotPermitted("Bestätigen kann nur eine Person.")
    if node.is_of_plan and actor.has_role(ADMIN):
        return
    claims = claims_on(session, actor, nodes.place_of(session, node))
    if not any(claim.rights & Right.SHARE and claim.person_id != proposal.asked_by for claim in claims):
        raise NotPermitted(
            "Wer den Vorschlag gemacht hat, kann ihn nicht durch die eigene Vertretung bestätigen lassen."
        )


def _decide(session: Session, actor: Actor, node: Node, proposal: RightsProposal, *, confirmed: bool) -> None:
    proposal.decided_by, proposal.decided_at, proposal.confirmed = actor.id, now(), confirmed
    session.flush()
    tag = AuditTag.RIGHTS_CONFIRMED if confirmed else AuditTag.RIGHTS_REFUSED
    granting.note(session, actor, tag, node, proposal=proposal.id, asked_by=proposal.asked_by)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
