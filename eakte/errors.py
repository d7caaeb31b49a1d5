"""What can go wrong, in one small tree.

    EakteError
    ├── NotFound        it does not exist, or the actor may not know that it does
    ├── NotPermitted    known to the actor, but not allowed
    ├── Conflict        it contradicts what is already there (closed, locked, taken, changed meanwhile)
    ├── Invalid         the request is wrong in itself; names the field and the remedy
    │   └── Unreadable  a foreign file that cannot be opened as what it claims to be
    ├── Unavailable     an outside part (database, store, engine) does not answer; try again
    │   ├── EngineMissing  a program that should be installed is not
    │   ├── EngineFailed   a program failed on this very thing; after some tries it is the thing
    │   └── ScannerAway    the virus scanner does not answer: what is to be scanned waits, however long
    └── Damaged         stored bytes or rows are not what was stored

The message says what happened and what to do, in German, since people read it. The edge maps the
kinds to problem details, pages and exit codes, once (`api/problems.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


class EakteError(Exception):
    """Base of all errors this product raises on purpose."""


class NotFound(EakteError):
    """It does not exist, or the actor may not know that it exists: both look alike."""

    def __init__(self, message: str = "Nicht gefunden.") -> None:
        super().__init__(message)


class NotPermitted(EakteError):
    """The actor knows the thing but may not do this to it."""


class Conflict(EakteError):
    """The wish contradicts what is already there."""


@dataclass(frozen=True)
class FieldProblem:
    """One wrong field.

    Attributes:
        pointer: JSON pointer into the request body (RFC 6901), such as `/parties/0/birth_date`.
        detail: What is wrong and what would be right.
    """

    pointer: str
    detail: str


class Invalid(EakteError):
    """The request is wrong in itself.

    Args:
        message: What is wrong, for a person.
        fields: Which fields, each with its remedy; empty where no field can be named.
    """

    def __init__(self, message: str, *fields: FieldProblem) -> None:
        super().__init__(message)
        self.fields = fields


class Unreadable(Invalid):
    """A foreign file cannot be opened as what it claims to be.

    Args:
        reason: Stable short word for machines and statistics, such as `encrypted` or `too_many_pages`.
        message: What a clerk is told.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unavailable(EakteError):
    """An outside part does not answer now; the same call may succeed later."""


class EngineMissing(Unavailable):
    """A program the work needs is not installed."""


class EngineFailed(Unavailable):
    """A program crashed, hung or answered rubbish on one thing.

    Another try may succeed. Where several do not, the thing itself is to blame and not the machine.
    """


class ScannerAway(Unavailable):
    """The virus scanner does not answer: what is to be scanned waits, and no try is counted."""


class Damaged(EakteError):
    """Stored bytes or rows are not what was stored."""
