"""Turns at the database, and commits that several threads share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from eakte.errors import Unavailable
from storage.shared_commits import SharedCommits
from storage.turns import Turns

PATIENCE_S = 30.0


def in_threads(*acts: Callable[[], object]) -> list[Exception | None]:
    """Do these at once; tells what each raised."""
    raised: list[Exception | None] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            acts[number]()
        except Exception as error:  # noqa: BLE001 # looked at by the test
            raised[number] = error

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return raised


# -- turns -----------------------------------------------------------------------------------------------


def test_no_more_than_so_many_at_once_and_everybody_in_the_end() -> None:
    turns = Turns(2, PATIENCE_S)
    inside: set[int] = set()
    seen: list[int] = []
    two = threading.Barrier(2, timeout=PATIENCE_S)  # passed only by two at once

    def take() -> None:
        with turns.turn():
            inside.add(threading.get_ident())
            seen.append(len(inside))
            two.wait()
            inside.discard(threading.get_ident())

    assert in_threads(*[take] * 10) == [None] * 10
    assert len(seen) == 10
    assert max(seen) == 2


def test_whoever_has_a_turn_may_ask_again_and_others_are_told_in_the_end() -> None:
    turns = Turns(1, patience_s=0.05)

    def ask() -> None:
        with turns.turn():
            pass

    with turns.turn():
        ask()
        (told,) = in_threads(ask)
        assert isinstance(told, Unavailable)
    assert in_threads(ask) == [None]


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns(1, patience_s=0.05)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        pass


# -- shared commits --------------------------------------------------------------------------------------


class Book:
    """What was committed, and how; the first commit waits until the others stand in line."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.commits: list[list[str]] = []
        self.first_is_under_way = threading.Event()
        self.go_on = threading.Event()
        self._breaks = breaks

    def commit(self, things: Sequence[str]) -> None:
        if not self.first_is_under_way.is_set():
            self.first_is_under_way.set()
            self.go_on.wait(PATIENCE_S)
        elif self._breaks:
            raise Unavailable("Die Platte ist voll.")
        self.commits.append(list(things))


def hand_in(book: Book) -> list[Exception | None]:
    """One thing while nobody waits, and three more while it is being committed."""
    shared = SharedCommits(book.commit)
    asked = [threading.Event() for _ in range(3)]

    def later(number: int) -> None:
        book.first_is_under_way.wait(PATIENCE_S)
        asked[number].set()
        shared.commit([f"later {number}"])

    def release() -> None:
        for event in asked:
            event.wait(PATIENCE_S)
        while len(shared._waiting) < 3:
            threading.Event().wait(0.01)
        book.go_on.set()

    return in_threads(lambda: shared.commit(["first"]), *[lambda n=n: later(n) for n in range(3)], release)


def test_whoever_waits_is_committed_together() -> None:
    book = Book()

    assert hand_in(book) == [None] * 5
    assert book.commits[0] == ["first"]
    assert [sorted(things) for things in book.commits[1:]] == [["later 0", "later 1", "later 2"]]


def test_a_commit_that_fails_is_told_to_everybody_it_was_for() -> None:
    book = Book(breaks=True)

    first, *others, release = hand_in(book)

    assert first is None
    assert [str(error) for error in others] == ["Die Platte ist voll."] * 3
    assert release is None
    assert book.commits == [["first"]]
