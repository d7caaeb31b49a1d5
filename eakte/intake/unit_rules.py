"""Inbox rules (Eingangsregeln): what waits at the station and names no case file goes to the unit it is meant for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from eakte.actors import manned_unit
from eakte.document_tables import Document, DocumentVersion, Page
from eakte.fulltext.words import fold
from eakte.inbox_rule_tables import InboxRule
from eakte.inbox_tables import InboxItem
from eakte.intake.suggestions_text import MOST_PAGES
from eakte.principals import Station
from eakte.scan_tables import ScanBatch, ScanItem

HEAD_LINES = 15
"""Lines of the first page in which a sender is looked for."""
_WORD = re.compile(r"[^\W_]+")
_DIVIDED = re.compile(r"(?<=[^\W\d_])[-‐]\r?\n\s*(?=[a-zäöüß])")


@dataclass(frozen=True)
class Incoming:
    """What a rule looks at.

    Attributes:
        text, head: Folded, single blanks between the words and around all.
        station_id: None where it came by no scanning station.
    """

    text: str
    head: str
    station_id: str | None


@dataclass(frozen=True)
class RuleMatch:
    """A rule that fits, and why, in words for a clerk."""

    rule: InboxRule
    unit_id: str
    reason: str


def rules_in_order(session: Session) -> list[InboxRule]:
    """All rules, the first to be tried first."""
    return list(session.exec(select(InboxRule).order_by(col(InboxRule.position), col(InboxRule.id))))


def incoming(session: Session, documents: Collection[UUID]) -> dict[UUID, Incoming]:
    """What rules look at, for several documents with two questions; without a text where none is recognised yet."""
    newest: dict[UUID, UUID] = dict(
        session.exec(
            select(DocumentVersion.document_id, DocumentVersion.id)
            .where(col(DocumentVersion.document_id).in_(documents))
            .order_by(col(DocumentVersion.number))
        ).all()
    )
    pages: dict[UUID, list[str]] = {}
    wanted = select(Page.version_id, Page.text).where(
        col(Page.version_id).in_(newest.values()), col(Page.page_number) <= MOST_PAGES
    )
    for version_id, text in session.exec(wanted.order_by(col(Page.version_id), col(Page.page_number))):
        pages.setdefault(version_id, []).append(text)
    stations = dict(
        session.exec(
            select(ScanItem.document_id, ScanBatch.station_id)
            .join(ScanBatch, col(ScanBatch.id) == col(ScanItem.batch_id))
            .where(col(ScanItem.document_id).in_(documents))
        ).all()
    )
    return {id_: _incoming(pages.get(newest[id_], []), stations.get(id_)) for id_ in documents if id_ in newest}


def _incoming(pages: Sequence[str], station_id: str | None) -> Incoming:
    head = "\n".join(pages[0].splitlines()[:HEAD_LINES]) if pages else ""
    return Incoming(folded("\n".join(pages)), folded(head), station_id)


def first_match(session: Session, rules: Sequence[InboxRule], what: Incoming) -> RuleMatch | None:
    """The first rule that fits and whose unit anybody belongs to."""
    for number, rule in enumerate(rules, start=1):
        told = _fits(rule, what)
        unit_id = manned_unit(session, rule.unit_id) if told else None
        if unit_id is not None:
            return RuleMatch(rule, unit_id, f"Eingangsregel {number} ({', '.join(told)})")
    return None


def station_unit(session: Session, document: Document) -> str | None:
    """The unit of the station a document was scanned at; None where it came another way."""
    return session.exec(
        select(Station.unit_id)
        .join(ScanBatch, col(ScanBatch.station_id) == col(Station.id))
        .join(ScanItem, col(ScanItem.batch_id) == col(ScanBatch.id))
        .where(ScanItem.document_id == document.id)
    ).first()


def goes_by_rules(session: Session, item: InboxItem, document: Document) -> bool:
    """Whether an item still waits where its station put it and no code of it names anything."""
    return (
        item.concerns_case_file_id is None
        and item.letter_id is None
        and item.unit_id == station_unit(session, document)
    )


def folded(text: str) -> str:
    """Words in one spelling (ä is ae, accents and case do not count), one blank between and around them."""
    return f" {' '.join(fold(word) for word in _WORD.findall(_DIVIDED.sub('', text)))} "


def _fits(rule: InboxRule, what: Incoming) -> list[str]:
    """What of the rule holds, in words; empty where something does not."""
    told: list[str] = []
    if rule.station_id is not None:
        if rule.station_id != what.station_id:
            return []
        told.append(f"Station {rule.station_id}")
    if rule.sender:
        if folded(rule.sender) not in what.head:
            return []
        told.append(f"Absender „{rule.sender}“")
    if rule.words:
        word = next((word for word in rule.words if _stands(word, what.text)), None)
        if word is None:
            return []
        told.append(f"Wort „{word}“")
    return told


def _stands(word: str, text: str) -> bool:
    wanted = folded(word.removesuffix("*"))
    if not wanted.strip():
        return False
    return (wanted.rstrip() if word.endswith("*") else wanted) in text
