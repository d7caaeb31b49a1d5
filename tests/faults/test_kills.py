"""A batch of sixty pages, and whoever works on it is killed, again and again.

`EAKTE_FAULT_POINTS` says at how many points in all, `EAKTE_FAULT_SEED` draws others; both belong to a report.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.faults.broken_city import BrokenCity
from tests.faults.nursery import Nursery
from tests.faults.runs import run
from tests.faults.stack import Stack
from tests.faults.steps import How, Point

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

POINTS = int(os.environ.get("EAKTE_FAULT_POINTS", "20"))
SEED = int(os.environ.get("EAKTE_FAULT_SEED", "20261127"))
KILLS = 5
"""In one run, one after the other; the first two while the stack is delivered. Fewer than `MAX_ATTEMPTS`: a job under
which workers die again and again is rightly given up."""

DELIVERING = range(1, 60)
WORKING = range(60, 1950)
"""Steps of a run in which nobody dies; those that die do some of them twice, so that all of these are reached."""

_HOW = [How.KILLED, How.KILLED, How.KILLED, How.ALL_KILLED]


def points(run_number: int) -> list[Point]:
    """Where somebody dies in one run."""
    chance = random.Random(f"{SEED}/{run_number}")
    count = min(KILLS, POINTS - run_number * KILLS)
    early = min(2, count)
    steps = [*chance.sample(DELIVERING, early), *chance.sample(WORKING, count - early)]
    return [Point(step, _delay_us(chance), chance.choice(_HOW)) for step in sorted(steps)]


def _delay_us(chance: random.Random) -> int:
    """Before the step; within it; or wherever the process is a while later."""
    return chance.choice([0, chance.randrange(1, 2_000), chance.randrange(2_000, 60_000)])


def test_undisturbed_everything_goes_its_way(nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path) -> None:
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack)
    run(city)

    steps = city.steps()
    assert stack.page_count == 60
    assert len(steps) > WORKING.stop
    assert any(step.startswith("clerk: UPDATE job") for step in steps[: DELIVERING.stop])


@pytest.mark.parametrize("run_number", range(-(-POINTS // KILLS)))
def test_killed_at_any_point_every_sheet_is_there_once(
    nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path, run_number: int
) -> None:
    wanted = points(run_number)
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack, wanted)

    run(city)

    assert len(city.deaths()) == len(wanted), city.deaths()
