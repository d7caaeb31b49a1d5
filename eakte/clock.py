"""What time it is, and which day it is in the city."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Europe/Berlin")
"""Days (deadlines, validity, posting) are counted where the authority is, moments in UTC."""


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in the city."""
    return datetime.now(CITY_ZONE).date()


def start_of(day: date) -> datetime:
    """The moment a day begins in the city, as UTC."""
    try:
        return datetime.combine(day, time.min, CITY_ZONE).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The moment after a day has ended in the city, as UTC; validity `until` a day includes that day."""
    if day == date.max:  # "until 9999-12-31" means for ever; the last moments do not exist in every zone
        return start_of(day)
    return start_of(day + timedelta(days=1))


def in_city(moment: datetime) -> datetime:
    """The same moment as the clocks in the city show it."""
    return moment.astimezone(CITY_ZONE)
