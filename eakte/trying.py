"""Trying something out: done in a savepoint, looked at, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session


@contextmanager
def taken_back(session: Session) -> Iterator[None]:
    """Whatever is done within is taken back at its end, audit events too; rows read within are read anew."""
    with session.begin_nested() as attempt:
        yield
        attempt.rollback()
    session.expire_all()
