"""Inbox rules from an organisation file."""

from __future__ import annotations

from sqlmodel import Session

from eakte.apply.changes import Change
from eakte.apply.principals import known_principals
from eakte.apply.problems import Problems
from eakte.apply.reading import OrganisationFile
from eakte.apply.schema import InboxRulePart
from eakte.apply.targets import listed
from eakte.apply.units import known_units, refuse_unknown_unit
from eakte.inbox_rule_tables import InboxRule
from eakte.intake.unit_rules import folded, rules_in_order
from eakte.principals import PrincipalKind


def check_inbox_rules(session: Session, file: OrganisationFile, problems: Problems) -> None:
    """Unknown units and stations, rules that ask for nothing, words without letters."""
    units = known_units(session, file)
    stations = known_principals(session, file, PrincipalKind.STATION)
    for rule in listed(file.inbox_rules):
        part, place = rule.part, rule.place
        refuse_unknown_unit(problems, units, part.unit, (*place, "unit"))
        condition, within = part.condition, (*place, "if")
        if condition.station is None and not condition.sender and not condition.words:
            problems.add(within, "Eine Regel braucht „words“, „sender“ oder „station“.")
        if condition.station is not None and condition.station not in stations:
            detail = f"Die Scanstation „{condition.station}“ gibt es nicht; bitte unter „stations“ anlegen."
            problems.add((*within, "station"), detail)
        if condition.sender and not folded(condition.sender).strip():
            problems.add((*within, "sender"), "Ein Absender braucht Buchstaben oder Ziffern.")
        for index, word in enumerate(condition.words):
            if not folded(word.removesuffix("*")).strip():
                problems.add((*within, "words", index), f"„{word}“ hat weder Buchstaben noch Ziffern.")


def apply_inbox_rules(session: Session, file: OrganisationFile) -> list[Change]:
    """Make the rules exactly those of the file, in its order; a file that does not speak of them changes none."""
    if file.inbox_rules is None:
        return []
    numbered = [
        (one.part.position if one.part.position is not None else place, place, one.part)
        for place, one in enumerate(file.inbox_rules, start=1)
    ]
    wanted = [part for _, _, part in sorted(numbered, key=lambda each: each[:2])]
    there = rules_in_order(session)
    changes: list[Change] = []
    for place, part in enumerate(wanted, start=1):
        row = there[place - 1] if place <= len(there) else None
        new = _row(part, place)
        if row is None:
            session.add(new)
            changes.append(Change(f"Eingangsregel {place} angelegt: {in_words(new)}", "added"))
        elif in_words(row) != in_words(new):
            changes.append(
                Change(f"Eingangsregel {place} geändert: {in_words(new)} (vorher: {in_words(row)})", "changed")
            )
            row.unit_id, row.words, row.sender, row.station_id = new.unit_id, new.words, new.sender, new.station_id
        if row is not None:
            row.position = place
    for place, row in enumerate(there[len(wanted) :], start=len(wanted) + 1):
        session.delete(row)
        changes.append(Change(f"Eingangsregel {place} aufgehoben: {in_words(row)}", "removed"))
    session.flush()
    return changes


def _row(part: InboxRulePart, position: int) -> InboxRule:
    condition = part.condition
    return InboxRule(
        position=position,
        unit_id=part.unit,
        words=list(condition.words),
        sender=condition.sender,
        station_id=condition.station,
    )


def in_words(rule: InboxRule) -> str:
    """A rule as a line for people."""
    conditions = [
        *([f"Station {rule.station_id}"] if rule.station_id else []),
        *([f"Absender „{rule.sender}“"] if rule.sender else []),
        *([f"eines der Wörter {', '.join(rule.words)}"] if rule.words else []),
    ]
    return f"{' und '.join(conditions)} → {rule.unit_id}"
