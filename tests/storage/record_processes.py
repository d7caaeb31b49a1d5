"""Child processes that write records and take work, to run beside each other and to be killed.

Run: `python -m tests.storage.record_processes ACTION URL`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eakte import references
from eakte.jobs import JobKind
from eakte.principals import Unit
from storage.database import Database
from storage.lease_queue import LeaseQueue
from storage.migration import upgrade

ROOT = Path(__file__).parents[2]
TURNS = 5
THREADS = 5


def write(url: str) -> None:
    """Several threads each count a unit's position up and take a reference, several times; prints the references."""
    database = Database(url)
    for reference in count_up(database, threads=THREADS, turns=TURNS):
        print(reference)


def count_up(database: Database, *, threads: int, turns: int) -> list[str]:
    """Read, change and write back in parallel threads; raises what any of them met."""

    def run(_thread: int) -> list[str]:
        given = []
        for _ in range(turns):
            with database.writing() as session:
                unit = session.get_one(Unit, "SO", with_for_update=True)
                unit.position += 1
                given.append(references.next_reference(session, "50", 2026, "{number}"))
        return given

    with ThreadPoolExecutor(threads) as pool:
        return [reference for given in pool.map(run, range(threads)) for reference in given]


def make(url: str) -> None:
    """Create or upgrade the database; prints whether it did."""
    print(upgrade(Database(url)))


def take(url: str) -> None:
    """Lease one job, say so, and hold it until killed."""
    job = LeaseQueue(Database(url)).lease(frozenset(JobKind))
    print(None if job is None else job.id, flush=True)
    sys.stdin.read()


def take_all(url: str) -> None:
    """Lease until nothing is due; prints the jobs."""
    queue = LeaseQueue(Database(url))
    while job := queue.lease(frozenset(JobKind)):
        print(job.id, flush=True)


def child(action: Callable[[str], None], url: str) -> subprocess.Popen[str]:
    """Start an action in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.record_processes", action.__name__, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> list[str]:
    """What a child printed until its end; it must have ended well."""
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0, output
    return output.split()


if __name__ == "__main__":
    {"write": write, "make": make, "take": take, "take_all": take_all}[sys.argv[1]](sys.argv[2])
