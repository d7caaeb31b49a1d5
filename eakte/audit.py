"""The audit trail (Protokoll): who did or read what, when, from where, why. Append-only, hash-chained.

Events are collected during a transaction and sealed when it commits, so the chain's head is held only for
that moment. Each event's payload enters the chain as a digest with a salt of its own: erasing payload and
salt after their time leaves the chain whole and the content beyond recovery.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Field, Session, SQLModel, col, select

from eakte.clock import now
from eakte.columns import UtcDateTime

GENESIS = "0" * 64
_PENDING = "eakte.audit.pending"
_SAVEPOINTS = "eakte.audit.savepoints"
_ACTING = "eakte.audit.acting"


class AuditTag(StrEnum):
    """The vocabulary of the trail."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    TOKEN_ISSUED = "token_issued"
    ORGANISATION_APPLIED = "organisation_applied"
    SECRET_SET = "secret_set"
    CASE_FILE_OPENED = "case_file_opened"
    CASE_FILE_CHANGED = "case_file_changed"
    CASE_FILE_COMPLETED = "case_file_completed"
    CASE_FILE_REOPENED = "case_file_reopened"
    PARTY_ADDED = "party_added"
    PROCEEDING_OPENED = "proceeding_opened"
    DOCUMENT_FILED = "document_filed"
    DOCUMENT_CHANGED = "document_changed"
    DOCUMENT_MOVED = "document_moved"
    DOCUMENT_WITHDRAWN = "document_withdrawn"
    VERSION_ADDED = "version_added"
    CONTENT_READ = "content_read"
    PAGE_READ = "page_read"
    TEXT_READ = "text_read"
    SEARCHED = "searched"
    LETTER_MADE = "letter_made"
    LETTER_APPROVED = "letter_approved"
    LETTER_POSTED = "letter_posted"
    LETTER_CANCELLED = "letter_cancelled"
    LETTER_ANSWERED = "letter_answered"
    LETTER_PARTLY_ANSWERED = "letter_partly_answered"
    LETTER_RETURNED = "letter_returned"
    COVER_SHEET_PRINTED = "cover_sheet_printed"
    BATCH_DELIVERED = "batch_delivered"
    BATCH_WORKED = "batch_worked"
    INBOX_RECEIVED = "inbox_received"
    INBOX_FILED = "inbox_filed"
    INBOX_FORWARDED = "inbox_forwarded"
    INBOX_REJECTED = "inbox_rejected"
    INBOX_JOINED = "inbox_joined"
    INBOX_SPLIT = "inbox_split"
    RECEIPT_CORRECTED = "receipt_corrected"
    SCANNED_BY_MISTAKE = "scanned_by_mistake"
    SCAN_MISTAKE_UNDONE = "scan_mistake_undone"
    PAPER_PLACED = "paper_placed"
    PAPER_RETURNED = "paper_returned"
    PAPER_DESTROYED = "paper_destroyed"
    POST_REGISTERED = "post_registered"
    POST_HANDED_OVER = "post_handed_over"
    REPLY_CORRECTED = "reply_corrected"
    GRANT_GIVEN = "grant_given"
    GRANT_REVOKED = "grant_revoked"
    SHIELD_SET = "shield_set"
    SHIELD_LIFTED = "shield_lifted"
    EXCLUSION_SET = "exclusion_set"
    EXCLUSION_LIFTED = "exclusion_lifted"
    LEVEL_SET = "level_set"
    DEPUTY_NAMED = "deputy_named"
    DEPUTY_ENDED = "deputy_ended"
    BREAK_GLASS = "break_glass"
    NOTICE_SEEN = "notice_seen"
    RIGHTS_PROPOSED = "rights_proposed"
    RIGHTS_CONFIRMED = "rights_confirmed"
    RIGHTS_REFUSED = "rights_refused"
    ACCESS_EXPLAINED = "access_explained"
    TRAIL_READ = "trail_read"
    ACCESS_DENIED = "access_denied"
    QUARANTINED = "quarantined"
    TRANSFER_NOTED = "transfer_noted"
    TRANSFER_NOTE_READ = "transfer_note_read"
    QUALITY_CHECKED = "quality_checked"
    OPERATOR_RESOLVED = "operator_resolved"
    QUARANTINE_RETRIED = "quarantine_retried"
    QUARANTINE_RELEASED = "quarantine_released"
    QUARANTINE_WITHDRAWN = "quarantine_withdrawn"
    QUARANTINE_READ = "quarantine_read"
    WORK_RETRIED = "work_retried"
    VIRUS_SCANNING_SWITCHED = "virus_scanning_switched"


@dataclass(frozen=True)
class Origin:
    """Where a request came from.

    Attributes:
        request_id: Also in the answer's `X-Request-Id`.
        address: Network address of the caller; empty for the machine itself.
    """

    request_id: str = ""
    address: str = ""


NOWHERE = Origin()
"""The machine itself: workers, the command line."""


class Doer(Protocol):
    """Whoever does what the trail tells: an actor, or the application by itself."""

    @property
    def id(self) -> str: ...

    @property
    def origin(self) -> Origin: ...


@dataclass(frozen=True)
class Machine:
    """The application by itself: it files by codes, holds back, sends on by rule. Nobody who delivered did that."""

    id: str = "eakte"
    origin: Origin = NOWHERE


MACHINE = Machine()


class AuditEvent(SQLModel, table=True):
    """One link of the chain."""

    __tablename__ = "audit_event"
    __table_args__ = (sa.Index("ix_audit_event_object", "object_kind", "object_id", "number"),)
    number: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: str = Field(index=True)
    tag: str
    object_kind: str
    object_id: str
    case_file_id: UUID | None = Field(default=None, index=True)
    payload: str | None
    """JSON with the details, among them `request_id` and `address`; None once erased by rule."""
    salt: str | None
    payload_digest: str = Field(max_length=64)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)


class AuditHead(SQLModel, table=True):
    """Where the chain ends; the row every committing transaction takes for a moment."""

    __tablename__ = "audit_head"
    id: int = Field(default=1, primary_key=True)
    number: int = 0
    hash: str = GENESIS


def record(
    session: Session,
    tag: AuditTag,
    *,
    actor_id: str,
    object_kind: str,
    object_id: str | UUID,
    case_file_id: UUID | None = None,
    origin: Origin = NOWHERE,
    **details: Any,
) -> None:
    """Note an event; it becomes part of the chain when the session commits, and is gone if it rolls back.

    Args:
        details: What else belongs to it, JSON-serialisable; no document content.
    """
    payload = {key: value for key, value in details.items() if value is not None}
    payload |= session.info.get(_ACTING, {}).get(actor_id, {})
    if origin.request_id:
        payload["request_id"] = origin.request_id
    if origin.address:
        payload["address"] = origin.address
    pending = session.info.setdefault(_PENDING, [])
    pending.append(
        AuditEvent(
            number=0,
            at=now(),
            actor_id=actor_id,
            tag=tag.value,
            object_kind=object_kind,
            object_id=str(object_id),
            case_file_id=case_file_id,
            payload=_as_json(payload),
            salt=secrets.token_hex(16),
            payload_digest="",
            previous_hash="",
            hash="",
        )
    )


def acts_as_deputy(session: Session, actor_id: str, person_id: str) -> None:
    """Let all further events of the actor in this transaction name whose deputy they were."""
    session.info.setdefault(_ACTING, {}).setdefault(actor_id, {})["deputy_for"] = person_id


def acts_by_break_glass(session: Session, actor_id: str) -> None:
    """Mark all further events of the actor in this transaction as done by emergency access (Notzugriff)."""
    session.info.setdefault(_ACTING, {}).setdefault(actor_id, {})["break_glass"] = True


def _as_json(payload: dict[str, Any]) -> str:
    """Readable JSON; half characters, which no database takes, stand in it as escapes."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, default=str)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def payload_digest(payload: str, salt: str) -> str:
    """Digest of a payload under its salt (SHA-256, hex)."""
    return hashlib.sha256(f"{salt}\n{payload}".encode()).hexdigest()


def link_hash(event: AuditEvent) -> str:
    """Hash of a link over everything but the payload itself, which stands in it as its digest."""
    parts = [
        event.previous_hash,
        str(event.number),
        event.at.isoformat(),
        event.actor_id,
        event.tag,
        event.object_kind,
        event.object_id,
        str(event.case_file_id or ""),
        event.payload_digest,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


_COLUMNS = tuple(AuditEvent.model_fields)
_HEAD = sa.select(col(AuditHead.number), col(AuditHead.hash))
_UNHEARD = {"synchronize_session": False}
"""Nobody holds the head as an object."""


@event.listens_for(OrmSession, "before_commit")
def _seal(session: OrmSession) -> None:
    pending: list[AuditEvent] = session.info.get(_PENDING, [])
    if not pending or session.in_nested_transaction():
        return
    session.info[_PENDING] = []
    session.flush()
    number, last_hash = session.execute(_HEAD.with_for_update()).one()
    rows: list[dict[str, Any]] = []
    for link in pending:
        number += 1
        link.number = number
        link.previous_hash = last_hash
        link.payload_digest = payload_digest(link.payload or "", link.salt or "")
        link.hash = last_hash = link_hash(link)
        rows.append({name: getattr(link, name) for name in _COLUMNS})
    # Written as rows: a unit of work for what nobody changes again would take longer than all the rest.
    session.execute(sa.insert(AuditEvent), rows)
    session.execute(sa.update(AuditHead), {"number": number, "hash": last_hash}, execution_options=_UNHEARD)


@event.listens_for(OrmSession, "after_transaction_create")
def _mark(session: OrmSession, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(session.info.get(_PENDING, []))


@event.listens_for(OrmSession, "after_rollback")
def _forget(session: OrmSession) -> None:
    """What was rolled back did not happen; of a savepoint only what came after it."""
    kept = session.info.get(_SAVEPOINTS, {}).get(session.get_nested_transaction(), 0)
    del session.info.get(_PENDING, [])[kept:]


@event.listens_for(OrmSession, "after_transaction_end")
def _end(session: OrmSession, transaction: SessionTransaction) -> None:
    """A session that is closed without a commit takes nothing along into its next transaction."""
    session.info.get(_SAVEPOINTS, {}).pop(transaction, None)
    if transaction.parent is None:
        session.info.pop(_PENDING, None)
        session.info.pop(_ACTING, None)


def pending_events(session: Session) -> list[AuditEvent]:
    """What would be sealed by a commit now, in order."""
    return list(session.info.get(_PENDING, []))


def take_pending(session: Session) -> list[AuditEvent]:
    """Take out of a session what its commit would seal, in order."""
    events: list[AuditEvent] = session.info.pop(_PENDING, [])
    return events


def carry_over(session: Session, events: Sequence[AuditEvent]) -> None:
    """Let a session seal at its commit what another one noted."""
    session.info.setdefault(_PENDING, []).extend(events)


@dataclass(frozen=True)
class ChainFault:
    """A place where the chain does not hold; `detail` says how, for an administrator."""

    number: int
    detail: str


def verify_chain(session: Session) -> list[ChainFault]:
    """Walk the whole chain.

    Returns:
        Every fault in order; empty when the chain holds from its first event to its head.
    """
    faults: list[ChainFault] = []
    number, previous = 0, GENESIS
    for link in session.exec(select(AuditEvent).order_by(col(AuditEvent.number)).execution_options(yield_per=500)):
        if link.number != number + 1:
            faults.append(ChainFault(link.number, f"Ereignisse {number + 1} bis {link.number - 1} fehlen."))
        if link.previous_hash != previous:
            faults.append(ChainFault(link.number, "Das Ereignis schließt nicht an das vorige an."))
        if link.payload is not None and payload_digest(link.payload, link.salt or "") != link.payload_digest:
            faults.append(ChainFault(link.number, "Die Einzelheiten wurden nachträglich verändert."))
        if link_hash(link) != link.hash:
            faults.append(ChainFault(link.number, "Das Ereignis wurde nachträglich verändert."))
        number, previous = link.number, link.hash
    head = session.execute(_HEAD).first()
    if head is None or tuple(head) != (number, previous):
        faults.append(ChainFault(number, "Das Ende der Kette fehlt oder wurde verändert."))
    return faults
