"""Post that is not to be scanned (nicht zu scannende Post): sealed bids, the staff council's, personal letters.

The mail room registers what it took in and to whom it handed it over, so that it can prove both. Only the mail room's
and the addressee's unit know of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from eakte import access, audit, inbox
from eakte.actors import Actor
from eakte.audit import AuditTag
from eakte.clock import now, today
from eakte.days_of_receipt import check_day
from eakte.errors import Conflict, FieldProblem, Invalid, NotPermitted
from eakte.principals import PrincipalKind, Station
from eakte.receipt import check_channel
from eakte.receipt_tables import UnscannedPost, WhyUnscanned


@dataclass(frozen=True)
class PostWish:
    """What is registered.

    Attributes:
        unit: The mail room, where the actor belongs to several.
        remark: What stands on the outside.
        received_on: Today when None.
    """

    addressee_unit: str
    sender: str
    why: WhyUnscanned
    remark: str = ""
    received_on: date | None = None
    channel: str = "post"
    unit: str | None = None


def register_post(session: Session, actor: Actor, wish: PostWish) -> UnscannedPost:
    """Register a piece of post without scanning it.

    Raises:
        NotPermitted: Nobody of a mail room, or not of this one.
        Invalid: No sender, no such addressee, a day to come, an unknown channel.
    """
    rooms = mail_rooms_of(session, actor)
    unit_id = wish.unit or (rooms[0] if rooms else None)
    if unit_id not in rooms or unit_id is None:
        raise NotPermitted("Ungescannte Post erfasst nur, wer zu einer Einheit mit Scanstation gehört.")
    if not wish.sender.strip():
        raise Invalid(
            "Der Absender fehlt.", FieldProblem("/sender", "Bitte angeben, von wem es kommt, oder „unbekannt“.")
        )
    addressee = inbox.check_unit(session, wish.addressee_unit, "/addressee_unit")
    received_on = wish.received_on or today()
    check_day(received_on)
    check_channel(wish.channel)
    row = UnscannedPost(
        unit_id=unit_id,
        addressee_unit_id=addressee.id,
        why=wish.why,
        sender=wish.sender.strip(),
        remark=wish.remark.strip(),
        received_on=received_on,
        channel=wish.channel,
        registered_by=actor.id,
    )
    session.add(row)
    session.flush()
    _note(session, actor, AuditTag.POST_REGISTERED, row)
    return row


def post_for(session: Session, actor: Actor, post_id: UUID) -> UnscannedPost:
    """A registered piece of post, for the mail room's and the addressee's unit.

    Raises:
        NotFound: None such, or other units'.
    """
    row = session.get(UnscannedPost, post_id)
    if row is None or not _may_see(actor, row):
        raise access.nothing_there(session, actor)
    return row


def list_post(
    session: Session, actor: Actor, *, only_open: bool = False, after: UUID | None = None, limit: int
) -> list[UnscannedPost]:
    """What the actor's units registered or were addressed by, newest first.

    Args:
        only_open: Only what was not handed over yet.
    """
    units = _units_of(actor)
    wanted = select(UnscannedPost).where(
        col(UnscannedPost.unit_id).in_(units) | col(UnscannedPost.addressee_unit_id).in_(units)
    )
    if only_open:
        wanted = wanted.where(col(UnscannedPost.handed_at).is_(None))
    if after is not None:
        wanted = wanted.where(col(UnscannedPost.id) < after)
    return list(session.exec(wanted.order_by(col(UnscannedPost.id).desc()).limit(limit)))


def hand_over(session: Session, actor: Actor, post_id: UUID, to: str) -> UnscannedPost:
    """Note to whom a piece of post was handed; for good.

    Args:
        to: The name of whoever took it.

    Raises:
        NotFound: As `post_for`.
        Conflict: It was handed over to somebody else already.
        Invalid: No name.
    """
    row = post_for(session, actor, post_id)
    if not to.strip():
        raise Invalid("Der Name fehlt.", FieldProblem("/to", "Bitte angeben, wer die Sendung entgegengenommen hat."))
    if session.get_bind().dialect.name != "sqlite":
        session.refresh(row, with_for_update=True)
    if row.handed_at is not None:
        if row.handed_to == to.strip():
            return row
        raise Conflict("Diese Sendung ist schon übergeben.")
    row.handed_to, row.handed_at, row.handed_by = to.strip(), now(), actor.id
    row.revision += 1
    session.flush()
    _note(session, actor, AuditTag.POST_HANDED_OVER, row)
    return row


def mail_rooms_of(session: Session, actor: Actor) -> list[str]:
    """The actor's units that have a scanning station, most important first."""
    with_station = set(session.exec(select(Station.unit_id)))
    return [unit_id for unit_id in _units_of(actor) if unit_id in with_station]


def _units_of(actor: Actor) -> tuple[str, ...]:
    return actor.inbox_units if actor.kind is PrincipalKind.PERSON else ()


def _may_see(actor: Actor, row: UnscannedPost) -> bool:
    return not {row.unit_id, row.addressee_unit_id}.isdisjoint(_units_of(actor))


def _note(session: Session, actor: Actor, tag: AuditTag, row: UnscannedPost) -> None:
    audit.record(
        session,
        tag,
        actor_id=actor.id,
        object_kind="unscanned_post",
        object_id=row.id,
        origin=actor.origin,
        unit=row.unit_id,
        target=row.addressee_unit_id,
        handed_to=row.handed_to,
    )
