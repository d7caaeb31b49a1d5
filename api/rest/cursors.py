"""Cursors: where a page of a list ended, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from eakte.access_lists import Position
from eakte.errors import FieldProblem, Invalid

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before")]


def write(*parts: Any) -> str:
    """A cursor over JSON-serialisable parts."""
    return base64.urlsafe_b64encode(json.dumps(parts, default=str).encode()).decode().rstrip("=")


def read(cursor: str, count: int) -> list[Any]:
    """The parts of a cursor.

    Raises:
        Invalid: Not one of ours.
    """
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise _wrong() from error
    if not isinstance(parts, list) or len(parts) != count:
        raise _wrong()
    return parts


def write_position(updated_at: datetime, id_: UUID) -> str:
    """The cursor after a row of a list ordered by time."""
    return write(updated_at.isoformat(), str(id_))


def read_position(cursor: str | None) -> Position | None:
    """The position of `write_position`; None for the first page."""
    if cursor is None:
        return None
    moment, id_ = read(cursor, 2)
    try:
        position = Position(datetime.fromisoformat(moment), UUID(id_))
        if position.updated_at.tzinfo is None:
            raise _wrong()
        return position
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong() from error


def read_id(cursor: str | None) -> UUID | None:
    """The id a cursor stands at; None for the first page."""
    if cursor is None:
        return None
    try:
        return UUID(read(cursor, 1)[0])
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong() from error


def read_number(cursor: str | None) -> int:
    """The number a cursor stands at; 0 for the first page."""
    if cursor is None:
        return 0
    number = read(cursor, 1)[0]
    if type(number) is not int or not 0 <= number <= 1_000_000:
        raise _wrong()
    return number


def _wrong() -> Invalid:
    return Invalid(
        "Der Cursor ist ungültig.",
        FieldProblem("/cursor", "Bitte „next_cursor“ der vorigen Antwort unverändert verwenden."),
    )
