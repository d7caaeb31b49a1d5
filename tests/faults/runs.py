"""One run of a stack through a city that breaks."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence

from api.service import Service
from tests.faults.broken_city import CLERK, LOOKS_S, READER, SERVER, BrokenCity
from tests.faults.installation import opened
from tests.faults.nursery import PATIENCE_S
from tests.faults.truth import assert_everything_done, assert_nothing_lost_or_double, work_left

ROLES = (SERVER, CLERK, READER)


def run(
    city: BrokenCity, roles: Sequence[str] = ROLES, *, meanwhile: Callable[[threading.Event], None] | None = None
) -> None:
    """Deliver the stack, work until nothing is left, and look for what must hold: after each fault, and at the end.

    Args:
        roles: Who works.
        meanwhile: Does harm in a thread of its own; told when all is over.
    """
    over = threading.Event()
    harm = None if meanwhile is None else threading.Thread(target=meanwhile, args=[over])
    try:
        with opened(city.data_dir) as service:
            city.start(*roles)
            if harm is not None:
                harm.start()
            city.deliver()
            work_off(city, service)
            over.set()
            if harm is not None:
                harm.join()
            finish(city, service, *(role for role in roles if role != SERVER))
    finally:
        over.set()
        city.end()


def work_off(city: BrokenCity, service: Service) -> None:
    """Wait until nothing is left to do, and start again who dies."""
    deadline = time.monotonic() + PATIENCE_S
    while work_left(service):
        if city.revive():
            assert_nothing_lost_or_double(service, city.stack, acknowledged=True)
        assert time.monotonic() < deadline, f"{work_left(service)} jobs are left\n{city.log()}"
        time.sleep(LOOKS_S)


def finish(city: BrokenCity, service: Service, *workers: str) -> None:
    """End the workers and look whether everything is as if nothing had happened."""
    city.end(*workers, number=signal.SIGTERM)
    assert_everything_done(service, city.stack)
    for file in range(len(city.stack.files)):  # who searches finds a sheet of each file, once
        mark = next(mark for page, mark in city.stack.marks.items() if page[0] == file and mark)
        assert [item["kind"] for item in city.told("/search", q=mark)["items"]] == ["document"], mark
    said = city.command("check")
    assert "Alles in Ordnung." in said, said
