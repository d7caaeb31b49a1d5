"""Rights explained in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from eakte.access_tables import right_names
from eakte.clock import in_city
from eakte.explaining import CAUSE_WORDS, Explanation, Reader, Reason


def explanation_lines(told: Explanation) -> Iterator[str]:
    """One person's rights on one thing, with every grant behind them and what takes rights away."""
    yield f"{told.name} ({told.person_id}) – {told.on}"
    yield f"  Stufe {told.level}, Freigabe bis {told.ceiling}"
    yield f"  Rechte: {right_names(told.rights) or 'keine'}"
    for reason in told.reasons:
        yield f"  + {_reason_line(reason)}"
    for obstacle in told.obstacles:
        yield f"  - {obstacle.text}"


def reader_lines(readers: list[Reader]) -> Iterator[str]:
    """Everybody with rights on one thing, with the grants behind them."""
    for reader in readers:
        units = f", {', '.join(reader.units)}" if reader.units else ""
        yield f"{reader.name} ({reader.person_id}{units}): {right_names(reader.rights)}"
        for reason in reader.reasons:
            yield f"  + {_reason_line(reason)}"


def _reason_line(reason: Reason) -> str:
    parts = [f"{right_names(reason.rights)} auf {reason.on} für {reason.to}"]
    if reason.deputy_for is not None:
        parts.append(f"in Vertretung von {reason.deputy_for}")
    if reason.because:
        parts.append(reason.because)
    parts.append(CAUSE_WORDS[reason.cause] + (f" von {reason.given_by}" if reason.given_by else ""))
    if reason.confirmed_by is not None:
        parts.append(f"bestätigt von {reason.confirmed_by}")
    if reason.valid_from is not None:
        parts.append(f"ab {_moment(reason.valid_from)}")
    if reason.valid_until is not None:
        parts.append(f"bis {_moment(reason.valid_until)}")
    return "; ".join([*parts, reason.reason] if reason.reason else parts)


def _moment(moment: datetime) -> str:
    return f"{in_city(moment):%d.%m.%Y %H:%M}"
