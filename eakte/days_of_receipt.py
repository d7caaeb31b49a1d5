"""The day something reached the authority (Eingangstag): which days are possible, the same at every door."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from eakte.clock import in_city, now
from eakte.errors import FieldProblem, Invalid

CLOCKS_APART = timedelta(minutes=15)
"""So far a scanner's clock may be ahead of ours: shortly before midnight it names the day that begins there already."""


def check_day(day: date | None, delivered_at: datetime | None = None, field: str = "/received_on") -> None:
    """Refuse a day of receipt to come, and one after the delivery; days are those of the city.

    Args:
        day: None where nobody said one.
        delivered_at: When it was here at the latest; now when None.

    Raises:
        Invalid: Names the field and the last day possible.
    """
    present = now()
    here = min(delivered_at or present, present)
    if day is None or day <= in_city(here + CLOCKS_APART).date():
        return
    late = "nach der Abgabe" if day <= in_city(present + CLOCKS_APART).date() else "in der Zukunft"
    raise Invalid(
        f"Der Eingangstag liegt {late}.",
        FieldProblem(field, f"Bitte höchstens den {in_city(here):%d.%m.%Y} angeben."),
    )
