"""Parts are away or go mad while the stack is worked: records, index, Tesseract, clocks, workers that fell asleep."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from eakte.jobs import JobKind, put_off_jobs
from eakte.scan_tables import ScanItem
from tests.api.city import API
from tests.faults.broken_city import LOOKS_S, BrokenCity
from tests.faults.installation import opened
from tests.faults.nursery import CLOCK, Nursery
from tests.faults.runs import ROLES, finish, run, work_off
from tests.faults.stack import Stack
from tests.faults.steps import How, Point
from tests.faults.test_kills import SEED, WORKING

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

TWO_OF_EACH = (*ROLES, "clerk-2", "reader-2")


def test_somebody_locks_the_records_for_longer_than_anybody_waits(
    nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path
) -> None:
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack, EAKTE_DATABASE__PATIENCE_S="0.5")

    city.excuse = "Fehler: Die Datenbank antwortet nicht"

    def lock(over: threading.Event) -> None:
        for _ in range(6):
            if over.wait(1.0):
                return
            with closing(sqlite3.connect(city.data_dir / "eakte.sqlite3", timeout=30, isolation_level=None)) as rows:
                rows.execute("BEGIN IMMEDIATE")
                over.wait(2.0)
                rows.execute("ROLLBACK")

    run(city, meanwhile=lock)

    assert "antwortet nicht" in (tmp_path / "city" / "log").read_text()


def test_the_index_is_gone_and_comes_back(nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path) -> None:
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack)
    try:
        with opened(city.data_dir) as service:
            city.start(*ROLES)
            city.deliver()
            _wait_until(lambda: bool(_items(city)), city)
            shutil.rmtree(city.data_dir / "index")
            _wait_until(lambda: _only_the_index_waits(city), city)
            with city.client() as anna:
                assert anna.get(f"{API}/search", params={"q": "Ahorn"}).status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert "eakte reindex" in city.command("queue")

            assert "im Volltextindex" in city.command("reindex")
            assert "noch einmal versucht" in city.command("queue", "retry")
            work_off(city, service)
            finish(city, service, *ROLES[1:])
    finally:
        city.end()


def test_tesseract_crashes_hangs_and_prints_rubbish(
    nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path
) -> None:
    programs, calls, broken = tmp_path / "programs", tmp_path / "calls", tmp_path / "broken"
    programs.mkdir()
    broken.touch()
    (programs / "tesseract").write_text(f"""#!/bin/sh
        [ -e {broken} ] && exit 127
        echo >> {calls}
        case $(wc -l < {calls}) in
            2|3) kill -SEGV $$;;
            4) exec sleep 600;;
            5) printf '\\377\\376rubbish\\n'; exit 0;;
            6) printf 'level\\tx\\n5\\t1\\n'; exit 0;;
            7) exit 0;;
            8) head -n 2 | {shutil.which("tesseract")} "$@"; kill -SEGV $$;;
        esac
        exec {shutil.which("tesseract")} "$@"
        """)
    (programs / "tesseract").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack, PATH=path, EAKTE_READING__PAGE_TIMEOUT_S="20")

    def mend(over: threading.Event) -> None:
        while not over.wait(LOOKS_S):
            if "nicht installiert" in city.log():
                broken.unlink(missing_ok=True)

    run(city, meanwhile=mend)

    assert len(calls.read_text()) > 8


def test_the_clock_jumps_while_two_of_each_work(nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack, (), **{CLOCK: str(clock)})

    def jump(over: threading.Event) -> None:
        for hours in (2, -3, 20, 0, -30, 1, 0):
            if over.wait(1.5):
                return
            draft = tmp_path / "clock.new"
            draft.write_text(str(hours * 3600))
            draft.replace(clock)

    run(city, TWO_OF_EACH, meanwhile=jump)


def test_who_slept_through_its_lease_leaves_no_second_trace(
    nursery: Nursery, prepared: Path, stack: Stack, tmp_path: Path
) -> None:
    """Two workers with one job: the first is frozen in the midst of it, the second does it, the first wakes."""
    chance = random.Random(f"{SEED}/frozen")
    points = [Point(step, chance.randrange(2_000), How.FROZEN) for step in sorted(chance.sample(WORKING, 10))]
    city = BrokenCity(nursery, prepared, tmp_path / "city", stack, points)

    run(city, TWO_OF_EACH)

    assert len(city.deaths()) == len(points)
    assert "somebody else has taken it over" in (tmp_path / "city" / "log").read_text()


def _wait_until(holds: object, city: BrokenCity) -> None:
    assert callable(holds)
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, city.log()
        city.revive()
        time.sleep(LOOKS_S)


def _items(city: BrokenCity) -> list[ScanItem]:
    with opened(city.data_dir) as service, service.database.reading() as session:
        return list(session.exec(select(ScanItem)))


def _only_the_index_waits(city: BrokenCity) -> bool:
    with opened(city.data_dir) as service, service.database.reading() as session:
        waiting = put_off_jobs(session)
        kinds = {job.kind for job in waiting}
        rows = session.exec(select(ScanItem)).all()
        return len(waiting) >= len(rows) > 0 and kinds <= {JobKind.INDEX_DOCUMENT, JobKind.INDEX_CASE_FILE}
