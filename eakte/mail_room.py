"""The mail room (Poststelle): what waits where, how long already, and whose it may be by the rules of the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from eakte import access, inbox
from eakte.access_tables import Right
from eakte.actors import Actor
from eakte.case_file_tables import CaseFile
from eakte.document_tables import Document
from eakte.inbox import Waiting
from eakte.inbox_tables import InboxItem, InboxStatus
from eakte.intake import unit_rules
from eakte.intake.unit_rules import RuleMatch
from eakte.list_filters import any_of
from eakte.principals import Unit


@dataclass(frozen=True)
class UnitWaiting:
    """How much waits for a unit, as far as the visitor may see it."""

    unit_id: str
    name: str
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class MailLine:
    """Something that waits, and the rule that would send it on; None where none fits or it is there already."""

    waiting: Waiting
    match: RuleMatch | None


def waiting_by_unit(session: Session, actor: Actor) -> list[UnitWaiting]:
    """The units whose inboxes the actor works on, longest waiting first, those where nothing waits last."""
    readable, may_file = access.scopes_with(session, actor), access.scopes_with(session, actor, Right.FILE)
    counted = (
        sa.select(col(InboxItem.unit_id), sa.func.count(), sa.func.min(col(InboxItem.created_at)))
        .join(Document, col(Document.id) == col(InboxItem.document_id))
        .join(CaseFile, col(CaseFile.id) == col(InboxItem.concerns_case_file_id), isouter=True)
        .where(
            col(InboxItem.unit_id).in_(actor.inbox_units),
            col(InboxItem.status) == InboxStatus.WAITING,
            col(Document.withdrawn_at).is_(None),
            any_of(session, Document.access_scope_id, readable.ids),
            col(InboxItem.concerns_case_file_id).is_(None) | any_of(session, CaseFile.access_scope_id, may_file.ids),
        )
        .group_by(col(InboxItem.unit_id))
    )
    found = {unit_id: (count, oldest_at) for unit_id, count, oldest_at in session.execute(counted)}
    units = session.exec(select(Unit).where(col(Unit.id).in_(actor.inbox_units)))
    lines = [UnitWaiting(unit.id, unit.name, *found.get(unit.id, (0, None))) for unit in units]
    return sorted(lines, key=lambda line: (line.oldest_at is None, line.oldest_at or 0, line.name))


def waiting_in(session: Session, actor: Actor, unit_id: str, *, limit: int) -> list[MailLine]:
    """What waits for a unit, longest waiting first, each with the rule that names another unit for it.

    The rules are looked at as they are now: what came before a rule was made can be sent after it.
    """
    waiting = inbox.list_waiting(session, actor, unit_id=unit_id, limit=limit)
    rules = unit_rules.rules_in_order(session)
    looked_at = unit_rules.incoming(session, [one.document.id for one in waiting]) if rules else {}
    lines: list[MailLine] = []
    for one in waiting:
        what = looked_at.get(one.document.id) if one.item.concerns_case_file_id is None else None
        match = None if what is None else unit_rules.first_match(session, rules, what)
        lines.append(MailLine(one, match if match is not None and match.unit_id != one.item.unit_id else None))
    return lines


def units_of_rules(session: Session, *, besides: str) -> Sequence[Unit]:
    """The units that rules name, in the order of the rules: where a mail room sends most."""
    ids = list(dict.fromkeys(rule.unit_id for rule in unit_rules.rules_in_order(session)))
    there = {unit.id: unit for unit in session.exec(select(Unit).where(col(Unit.id).in_(ids)))}
    return [there[id_] for id_ in ids if id_ != besides and not there[id_].ended]
