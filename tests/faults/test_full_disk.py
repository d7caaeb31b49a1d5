"""The disk is full at one write after the other, of every kind there is; what waits goes on when there is room."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.broken_city import BrokenCity
from tests.faults.nursery import Nursery
from tests.faults.runs import run
from tests.faults.stack import Stack
from tests.faults.steps import How, Point
from tests.faults.test_kills import DELIVERING, SEED, WORKING

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

DISK_BYTES = 96 * 1024 * 1024
RUNS = int(os.environ.get("EAKTE_FAULT_FULL_DISKS", "1"))
FULL = 12
"""Times in one run; the first two while the stack is delivered."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of a city whose data lie on a disk of their own."""
    folder = tmp_path / "city"
    (folder / "data").mkdir(parents=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder / "data")]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("nobody but root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder / "data")], check=True)


@pytest.mark.parametrize("run_number", range(RUNS))
def test_a_full_disk_loses_nothing_and_the_work_goes_on_when_there_is_room(
    nursery: Nursery, prepared: Path, stack: Stack, small_disk: Path, run_number: int
) -> None:
    chance = random.Random(f"{SEED}/full/{run_number}")
    steps = [*chance.sample(DELIVERING, 2), *chance.sample(WORKING, FULL - 2)]
    points = [Point(step, how=How.DISK_FULL) for step in sorted(steps)]
    city = BrokenCity(nursery, prepared, small_disk, stack, points)

    run(city)

    assert len(city.deaths()) == len(points), city.deaths()
