"""The filing plan (Aktenplan) as an actor may know it, and what its entries ask of case files."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from eakte.access import visible_entry_codes
from eakte.actors import Actor
from eakte.errors import FieldProblem, Invalid
from eakte.filing_plan_tables import FilingPlanEntry

LONGEST_TEXT = 10_000


def visible_plan(session: Session, actor: Actor) -> list[FilingPlanEntry]:
    """The entries the actor may know of, in tree order: parents before children, siblings as they are sorted."""
    codes = visible_entry_codes(session, actor)
    below: dict[str | None, list[FilingPlanEntry]] = {}
    for entry in session.exec(select(FilingPlanEntry)):
        if entry.code in codes:
            below.setdefault(entry.parent_code, []).append(entry)
    ordered: list[FilingPlanEntry] = []
    waiting = _last_first(below.get(None, []))
    while waiting:
        entry = waiting.pop()
        ordered.append(entry)
        waiting += _last_first(below.get(entry.code, []))
    return ordered


def _last_first(siblings: list[FilingPlanEntry]) -> list[FilingPlanEntry]:
    return sorted(siblings, key=lambda entry: (entry.position, entry.code), reverse=True)


def is_leaf(session: Session, code: str) -> bool:
    """Whether nothing hangs below an entry, so that case files may."""
    return session.exec(select(FilingPlanEntry.code).where(FilingPlanEntry.parent_code == code)).first() is None


def check_fields(entry: FilingPlanEntry, fields: Mapping[str, Any], *, pointer: str = "/fields") -> dict[str, Any]:
    """Check the typed fields of a case file against its filing plan entry.

    Args:
        fields: Name → JSON value; None is as if the field were not given.
        pointer: Where the fields stand in the request.

    Returns:
        The fields as they are kept, in the order of the entry, without those not given.

    Raises:
        Invalid: Naming every wrong, unknown or missing field.
    """
    kept: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, field_type in entry.field_types.items():
        value = fields.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if field_type["required"]:
                problems.append(FieldProblem(_below(pointer, name), f"„{name}“ ist ein Pflichtfeld; bitte ausfüllen."))
            continue
        try:
            kept[name] = _READERS[field_type["type"]](value)
        except ValueError as error:
            problems.append(FieldProblem(_below(pointer, name), f"„{name}“ muss {error} sein."))
    for name in fields:
        if name not in entry.field_types:
            known = ", ".join(entry.field_types) or "keines"
            problems.append(
                FieldProblem(_below(pointer, name), f"Das Feld „{name}“ hat „{entry.code}“ nicht; möglich: {known}.")
            )
    if problems:
        raise Invalid("Die Felder der Akte stimmen nicht; bitte berichtigen.", *problems)
    return kept


def _below(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\x00" in value:
        raise ValueError(f"ein Text von höchstens {LONGEST_TEXT} Zeichen")
    return value.strip()


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("eine Zahl")
    return value


def _date(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    wanted = "ein Datum (JJJJ-MM-TT)"
    if not isinstance(value, str):
        raise ValueError(wanted)  # noqa: TRY004 - caught above together with what is no date
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise ValueError(wanted) from error


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("wahr oder falsch (true, false)")  # noqa: TRY004 - caught above
    return value


_READERS: dict[str, Callable[[Any], Any]] = {"text": _text, "number": _number, "date": _date, "boolean": _boolean}
