"""Foreign files are opened in children that cannot take their worker along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eakte.errors import Unreadable
from ocr.child import ChildDied, ChildServer
from ocr.child_messages import Limits

JOBS = "tests.ocr.child_jobs"
LIMITS = Limits(memory_bytes=400 * 1024**2, step_wall_s=20.0, step_cpu_s=20, file_bytes=1024**2)


@pytest.fixture(scope="module")
def children() -> Iterator[ChildServer]:
    with ChildServer() as server:
        yield server


def run(children: ChildServer, job: str, *arguments: object, limits: Limits = LIMITS) -> list[object]:
    return list(children.run(f"{JOBS}:{job}", *arguments, limits=limits))


def test_a_child_answers_piece_by_piece(children: ChildServer) -> None:
    assert run(children, "count_to", 3) == [1, 2, 3]


def test_a_refusal_of_the_child_reaches_the_caller_with_its_reason(children: ChildServer) -> None:
    with pytest.raises(Unreadable, match="Verschlüsselt") as refusal:
        run(children, "refuse")
    assert refusal.value.reason == "encrypted"


@pytest.mark.parametrize(
    ("job", "limits", "reason"),
    [
        pytest.param("crash", LIMITS, "crashed", id="crashes"),
        pytest.param("hang", Limits(step_wall_s=0.3), "too_slow", id="sleeps"),
        pytest.param("burn", Limits(step_wall_s=20.0, step_cpu_s=0), "too_slow", id="computes for ever"),
        pytest.param("devour", LIMITS, "too_large", id="wants too much memory"),
    ],
)
def test_a_child_that_misbehaves_is_ended_and_the_next_one_works(
    children: ChildServer, job: str, limits: Limits, reason: str
) -> None:
    with pytest.raises(ChildDied) as death:
        run(children, job, limits=limits)

    assert death.value.reason == reason
    assert run(children, "count_to", 1) == [1]


def test_a_child_cannot_fill_the_disk(children: ChildServer, tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        run(children, "fill_disk", tmp_path / "large")
    assert (tmp_path / "large").stat().st_size <= LIMITS.file_bytes


def test_an_unexpected_error_in_a_child_is_logged_and_refuses_the_file(
    children: ChildServer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unreadable) as refusal:
        run(children, "bug")
    assert refusal.value.reason == "unreadable"
    assert "nobody expected this" in caplog.text


def test_a_child_that_was_taken_over_cannot_take_over_its_caller(children: ChildServer, tmp_path: Path) -> None:
    with pytest.raises(ChildDied):
        run(children, "take_over", tmp_path / "proof")
    assert not (tmp_path / "proof").exists()


def test_a_child_leaves_no_core_and_knows_no_secrets(children: ChildServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAKTE_BLOBS__SECRET_KEY", "geheim")
    with ChildServer() as fresh:
        (environment,) = run(fresh, "environment")
    (limits,) = run(children, "limits")

    assert isinstance(environment, dict)
    assert not [name for name in environment if name.startswith("EAKTE")]
    assert environment["OMP_THREAD_LIMIT"] == "1"
    assert isinstance(limits, tuple)
    assert limits[1:] == (0, LIMITS.file_bytes)


def test_programs_of_a_dead_child_end_with_it(children: ChildServer) -> None:
    answers = children.run(f"{JOBS}:leave_a_program_behind", limits=LIMITS)
    program = next(answers)
    with pytest.raises(ChildDied):
        next(answers)
    assert wait_until(lambda: not alive(program))


def test_children_of_several_threads_do_not_mix_their_answers(children: ChildServer) -> None:
    results: dict[int, list[object]] = {}

    def count(last: int) -> None:
        results[last] = run(children, "count_to", last)

    threads = [threading.Thread(target=count, args=(last,)) for last in range(1, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {last: list(range(1, last + 1)) for last in range(1, 13)}


def test_no_zombies_are_left(children: ChildServer) -> None:
    for _ in range(5):
        run(children, "count_to", 1)
    with pytest.raises(ChildDied):
        run(children, "crash")
    assert children._process is not None
    server_pid = children._process.pid
    assert wait_until(lambda: not children_of(server_pid))
    assert not [pid for pid in children_of(os.getpid()) if state(pid) == "Z"]


def test_a_server_that_was_killed_is_replaced(children: ChildServer) -> None:
    run(children, "count_to", 1)
    assert children._process is not None
    children._process.kill()
    children._process.wait()
    assert run(children, "count_to", 2) == [1, 2]


def test_children_die_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    worker = f"""
import pathlib
from ocr.child import ChildServer
from ocr.child_messages import Limits
answers = ChildServer().run("{JOBS}:own_pid_then_hang", limits=Limits())
pathlib.Path({str(told)!r}).write_text(str(next(answers)))
next(answers)
"""
    with subprocess.Popen([sys.executable, "-c", worker], cwd=Path(__file__).parents[2]) as process:
        assert wait_until(lambda: told.exists() and told.read_text() != "")
        process.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not alive(int(told.read_text())))


def wait_until(condition: object) -> bool:
    assert callable(condition)
    for _ in range(400):
        if condition():
            return True
        time.sleep(0.05)
    return False


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    return state(pid) not in ("", "Z", "X")


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
