"""Rights as the API tells and takes them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session

from api.calls import PROPOSALS_HEADER, Answer
from api.rest.schemas.grants import (
    DeltaOut,
    DeputyOut,
    ExclusionOut,
    ExplanationOut,
    GrantIn,
    GrantOut,
    NoticeOut,
    ObstacleOut,
    PreviewOut,
    ProposalOut,
    ReaderOut,
    ReasonOut,
    SubjectIn,
)
from eakte import access, nodes
from eakte.access_tables import (
    AccessExclusion,
    AccessGrant,
    AccessNotice,
    AccessScope,
    Deputyship,
    Right,
    RightsProposal,
)
from eakte.deputy_preview import HandedOn
from eakte.explaining import Explanation, Reader, Reason
from eakte.granting import GrantWish
from eakte.principals import Principal
from eakte.rights_preview import RightsDelta
from eakte.subjects import SubjectWish, to_wish

Preview = Annotated[bool, Query(description="Only tell who would gain and who would lose; nothing is changed")]
PREVIEW_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"model": PreviewOut, "description": "With `preview=true`: who would gain and lose; nothing was changed"}
}

WAITING_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            PROPOSALS_HEADER: {
                "description": "Four eyes: ids of the proposals, comma-separated, for what waits for a second person "
                "(`…/proposals`); absent when everything holds",
                "schema": {"type": "string"},
            }
        }
    }
}


def previewed(changes: list[RightsDelta]) -> Answer:
    """Who would gain and lose; a repeat looks again."""
    return Answer(PreviewOut(items=[delta(change) for change in changes]), kept=False)


def handed_on(session: Session, deputy_id: str, found: list[HandedOn]) -> Answer:
    """What a deputy would be handed on."""
    name = session.get_one(Principal, deputy_id).name
    items = [DeltaOut(id=deputy_id, name=name, gained=right_words(one.rights), lost=[], on=one.on) for one in found]
    return Answer(PreviewOut(items=items))


def right_words(rights: Right | int) -> list[str]:
    """Rights by their names, in the order of the access model."""
    return [str(right.name).lower() for right in Right if right in Right(rights)]


def subject_wish(body: SubjectIn) -> SubjectWish:
    """Whom a grant is for, as somebody asked over the wire."""
    return SubjectWish(
        person=body.person,
        unit=body.unit,
        sub_units=body.sub_units,
        role=body.role,
        system=body.system,
        all_of=None if body.all_of is None else tuple(subject_wish(part) for part in body.all_of),
    )


def grant_wish(body: GrantIn, pointer: str = "") -> GrantWish:
    """A grant as somebody asked for it over the wire."""
    return GrantWish(
        rights=body.rights,
        to=subject_wish(body.to),
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        reason=body.reason or "",
        pointer=pointer,
    )


def subject(wish: SubjectWish) -> dict[str, Any]:
    """Whom a grant is for, as it was asked for."""
    if wish.all_of is not None:
        return {"all_of": [subject(part) for part in wish.all_of]}
    told: dict[str, Any] = {
        name: value for name in ("person", "role", "unit", "system") if (value := getattr(wish, name)) is not None
    }
    return {**told, "sub_units": True} if wish.sub_units else told


def grant(row: AccessGrant) -> GrantOut:
    """A grant."""
    return GrantOut(
        id=row.id,
        to=subject(to_wish(row.subject)),
        rights=right_words(row.rights),
        cause=row.cause.value,
        given_by=row.given_by,
        confirmed_by=row.confirmed_by,
        given_at=row.given_at,
        reason=row.reason,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def exclusion(row: AccessExclusion) -> ExclusionOut:
    """An exclusion."""
    return ExclusionOut(
        id=row.id,
        person=row.person_id,
        cause=row.cause.value,
        allows_reading=row.allows_reading,
        reason=row.reason,
        given_by=row.given_by,
        given_at=row.given_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def proposal(row: RightsProposal) -> ProposalOut:
    """What waits for a second person."""
    wish = dict(row.wish)
    if row.what == "grant":
        wish["to"] = subject(to_wish(wish.pop("subject")))
        wish["rights"] = right_words(wish["rights"])
    return ProposalOut(id=row.id, what=row.what, wish=wish, asked_by=row.asked_by, asked_at=row.asked_at)


def delta(change: RightsDelta) -> DeltaOut:
    """What a change gives and takes for one person."""
    return DeltaOut(
        id=change.person_id,
        name=change.name,
        gained=right_words(change.gained),
        lost=right_words(change.lost),
        on=change.on,
    )


def explanation(told: Explanation) -> ExplanationOut:
    """Why somebody may, or may not."""
    return ExplanationOut(
        person=told.person_id,
        name=told.name,
        object=told.node.written,
        on=told.on,
        level=told.level,
        ceiling=told.ceiling,
        rights=right_words(told.rights),
        reasons=[_reason(one) for one in told.reasons],
        obstacles=[ObstacleOut(kind=one.kind, text=one.text) for one in told.obstacles],
    )


def reader(told: Reader) -> ReaderOut:
    """Somebody with rights on a thing."""
    return ReaderOut(
        id=told.person_id,
        name=told.name,
        kind=told.kind.value,
        units=list(told.units),
        rights=right_words(told.rights),
        reasons=[_reason(one) for one in told.reasons],
    )


def _reason(told: Reason) -> ReasonOut:
    return ReasonOut(
        rights=right_words(told.rights),
        on=told.on,
        to=told.to,
        because=told.because,
        cause=told.cause.value,
        given_by=told.given_by,
        given_at=told.given_at,
        reason=told.reason,
        valid_from=told.valid_from,
        valid_until=told.valid_until,
        deputy_for=told.deputy_for,
    )


def deputyship(session: Session, row: Deputyship) -> DeputyOut:
    """A deputyship."""
    scope = None if row.scope_id is None else session.get_one(AccessScope, row.scope_id)
    node = None if scope is None else nodes.node_of_scope(scope)
    return DeputyOut(
        id=row.id,
        person=row.person_id,
        for_person=row.for_id,
        on=None if node is None else node.written,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        reason=row.reason,
        given_by=row.given_by,
    )


def notice(session: Session, row: AccessNotice) -> NoticeOut:
    """An emergency access."""
    return NoticeOut(
        id=row.id,
        case_file_id=row.case_file_id,
        reference=access.reference_of(session, row.case_file_id),
        person=row.person_id,
        reason=row.reason,
        created_at=row.created_at,
        until=row.until_at,
    )
