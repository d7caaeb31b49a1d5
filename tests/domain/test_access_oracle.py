"""No leak through any door: random organisations, rights and changes, and every door agrees with the oracle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.domain.oracle_city import Size
from tests.domain.oracle_doors import Doors, Turn
from tests.domain.oracle_organisation import LivingOrganisation

NIGHTLY = os.environ.get("EAKTE_NIGHTLY") == "1"
PHASES = [Phase.generate, Phase.shrink] if NIGHTLY else [Phase.generate]
"""What fails prints how to reproduce it; finding the shortest life that fails takes minutes."""
CITIES = {
    "small": (4, 80, Size()),
    "many papers": (4, 80, Size(case_files=3, documents=14)),
    "many files": (4, 80, Size(case_files=6, documents=6)),
    "many matters": (4, 80, Size(proceedings=6, documents=12)),
    "few things": (4, 80, Size(case_files=2, documents=4, proceedings=2)),
    "short lives": (8, 30, Size()),
    "long lives": (2, 180, Size(case_files=5, documents=12)),
    "longest lives": (2, 240, Size(documents=16)),
}
"""Name to how many lives are tried at a time, the steps of each, and how large the city may grow."""
LEAST_STEPS = 5_000 if NIGHTLY else 250
"""Of each city: steps that changed something, or were rightly refused, and were looked at afterwards."""


class ProvenCity(LivingOrganisation):
    """A city in which after every step every door is held against the oracle."""

    search_every = 20
    checked = 0
    looked_after = 0

    @invariant()
    def every_door_agrees(self) -> None:
        if self.acts == self.looked_after or type(self).checked >= LEAST_STEPS:
            return  # nothing was there to be done, or nobody who might; or this city has proved enough
        self.looked_after = self.acts
        type(self).checked += 1
        searching = self.acts % self.search_every == 0
        guests, things = (3, 6) if NIGHTLY else (1, 2)
        self.look(Turn(self.acts, guests=guests, things=things), lagging=searching)
        if searching:
            self.search_once_more()

    def at_the_end(self) -> None:
        self.index_everything_due()
        self.look(Turn(self.acts, guests=2, things=8, whole=NIGHTLY), lagging=False)
        self.search_once_more()

    def look(self, turn: Turn, *, lagging: bool) -> None:
        with self.database.writing() as session:
            doors = Doors(session, self.world, self.blobs, turn)
            doors.look()
            if lagging:
                doors.searches(self.index, lagging=True)
            session.rollback()

    def search_once_more(self) -> None:
        self.index_everything_due()
        with self.database.writing() as session:
            Doors(session, self.world, self.blobs, Turn(self.acts)).searches(self.index, lagging=False)
            session.rollback()


@pytest.mark.timeout(7200 if NIGHTLY else 400)
@pytest.mark.parametrize("name", CITIES)
def test_every_door_agrees_with_the_oracle(sqlite_template: Path, name: str) -> None:
    lives, steps, grown = CITIES[name]

    class ThisCity(ProvenCity):
        template = sqlite_template
        size = grown

    while ThisCity.checked < LEAST_STEPS:
        run_state_machine_as_test(
            ThisCity,
            settings=settings(
                max_examples=lives,
                stateful_step_count=steps,
                deadline=None,
                derandomize=False,
                suppress_health_check=list(HealthCheck),
                database=None,
                print_blob=True,
                report_multiple_bugs=False,
                phases=PHASES,
            ),
        )


def test_the_default_run_proves_two_thousand_steps() -> None:
    assert len(CITIES) * LEAST_STEPS >= 2_000
