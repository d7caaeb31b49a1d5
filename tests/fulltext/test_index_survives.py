"""Two processes, killed processes, torn folders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eakte.errors import Unavailable
from eakte.ports import IndexEntry, SearchIndex
from eakte.search_query import parse
from storage.index_generations import Generations
from tests.fulltext.builders import entry, found
from tests.fulltext.index_processes import ENGINES, open_index

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, engine: str) -> Path:
    """An index with the entries 0 to 9."""
    made = open_index(engine, tmp_path / "index")
    made.rebuild(entry(number, f"Bestand Nummer{number}") for number in range(10))
    return tmp_path / "index"


def other_process(engine: str, folder: Path, order: str, first: int, count: int) -> subprocess.Popen[str]:
    """Another process at work on the index, started and ready."""
    program = [
        sys.executable,
        "-m",
        "tests.fulltext.index_processes",
        engine,
        str(folder),
        order,
        str(first),
        str(count),
    ]
    process = subprocess.Popen(
        program, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_readers_see_what_another_process_wrote(engine: str, folder: Path) -> None:
    index = open_index(engine, folder)
    assert found(index, "Nachtrag") == []
    with other_process(engine, folder, "update", 100, 3) as writer:
        assert writer.wait(60) == 0
    assert sorted(found(index, "Nachtrag")) == [100, 101, 102]
    assert index.count() == 13


def test_two_processes_update_and_nothing_is_lost(engine: str, folder: Path) -> None:
    writers = [other_process(engine, folder, "update", first, 15) for first in (100, 200)]
    index = open_index(engine, folder)
    for number in range(300, 310):
        index.update([entry(number, "Nachtrag")])
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert index.count() == 10 + 15 + 15 + 10


def test_threads_update_and_search_at_once(engine: str, folder: Path) -> None:
    index = open_index(engine, folder)
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 5):
                index.update([entry(number, "Nachtrag")])
                assert number in found(index, "Nachtrag", limit=100)
        except BaseException as error:  # noqa: BLE001  # shown by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert index.count() == 25


def test_searches_see_the_old_index_until_the_rebuild_is_complete(engine: str, folder: Path) -> None:
    reader, writer = open_index(engine, folder), open_index(engine, folder)
    seen: list[list[int]] = []

    def entries() -> Iterator[IndexEntry]:
        for number in range(50, 55):
            yield entry(number, "Neubau")
            seen.append([len(found(index, text)) for index in (reader, writer) for text in ("Bestand", "Neubau")])

    writer.rebuild(entries())
    assert seen == [[10, 0, 10, 0]] * 5
    for index in (reader, writer):
        assert (len(found(index, "Bestand")), len(found(index, "Neubau"))) == (0, 5)


def test_another_process_searches_on_while_a_rebuild_swaps(engine: str, folder: Path) -> None:
    index = open_index(engine, folder)
    with other_process(engine, folder, "rebuild", 100, 300) as rebuilding:
        while rebuilding.poll() is None:
            assert len(found(index, "Schreiben", limit=1000)) in (10, 300)
    assert rebuilding.returncode == 0
    assert index.count() == 300
    assert len(list(folder.glob("generation-*"))) == 1


@pytest.mark.parametrize("order", ["update", "update-all"])
def test_a_writer_killed_at_any_moment_harms_nobody(engine: str, folder: Path, order: str) -> None:
    index = open_index(engine, folder)
    kept = set(range(10))
    for round_number, patience_s in enumerate((0.0, 0.01, 0.03, 0.08), start=1):
        process = other_process(engine, folder, order, round_number * 1000, 300)
        assert process.stdout is not None
        reported = [process.stdout.readline()] if order == "update" else []
        threading.Event().wait(patience_s)
        process.send_signal(signal.SIGKILL)
        reported += process.communicate()[0].splitlines()
        kept |= {int(line) for line in reported if line.strip()}
        index.update([entry(round_number, f"Bestand Nummer{round_number}")])
        assert sorted(found(index, "Bestand")) == list(range(10))
        assert kept <= set(found(index, "Nummer*", limit=10_000))


def test_a_rebuild_that_dies_leaves_the_old_index_and_the_next_one_cleans_up(engine: str, folder: Path) -> None:
    index = open_index(engine, folder)
    process = other_process(engine, folder, "die-in-rebuild", 100, 5)
    assert process.wait(60) == -signal.SIGKILL
    process.communicate()
    assert sorted(found(index, "Bestand")) == list(range(10))
    index.update([entry(77, "Bestand")])
    assert index.rebuild([entry(1, "Bestand")]) == 1
    assert len(list(folder.glob("generation-*"))) == 1
    assert found(index, "Bestand") == [1]


def test_a_rebuild_whose_entries_fail_leaves_the_old_index(engine: str, folder: Path) -> None:
    def failing() -> Iterator[IndexEntry]:
        yield entry(1, "Neubau")
        raise ConnectionError("database away")

    index = open_index(engine, folder)
    with pytest.raises(ConnectionError):
        index.rebuild(failing())
    assert len(found(index, "Bestand")) == 10
    index.update([entry(99, "Bestand")])
    assert index.count() == 11


def test_who_waits_too_long_for_another_writer_is_told_so(engine: str, folder: Path) -> None:
    impatient = open_index(engine, folder, timeout_s=0.05)
    with Generations(folder, engine="any").writing():
        with pytest.raises(Unavailable, match="von anderer Stelle geschrieben"):
            impatient.update([entry(99, "Nachtrag")])
        with pytest.raises(Unavailable):
            impatient.rebuild([])
        assert len(found(impatient, "Bestand")) == 10
    impatient.update([entry(99, "Nachtrag")])


def delete_everything(folder: Path) -> None:
    shutil.rmtree(folder)


def delete_pointer(folder: Path) -> None:
    (folder / "CURRENT").unlink()


def tear_pointer(folder: Path) -> None:
    (folder / "CURRENT").write_text('{"generat', encoding="utf-8")


def delete_generation(folder: Path) -> None:
    for generation in folder.glob("generation-*"):
        shutil.rmtree(generation)


def empty_generation(folder: Path) -> None:
    for path in folder.glob("generation-*/*"):
        path.unlink()


def tear_files(folder: Path) -> None:
    for path in folder.glob("generation-*/*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def another_version(folder: Path) -> None:
    pointer = folder / "CURRENT"
    pointer.write_text(pointer.read_text(encoding="utf-8").replace("tokens", "tokens 0."), encoding="utf-8")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # whoosh leaves torn files open
@pytest.mark.parametrize(
    "damage",
    [delete_everything, delete_pointer, tear_pointer, delete_generation, empty_generation, tear_files, another_version],
    ids=lambda damage: damage.__name__,
)
def test_a_missing_or_torn_index_says_what_to_do_and_can_be_rebuilt(
    engine: str, folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder)
    index = open_index(engine, folder)
    for attempt in (
        lambda: index.search(parse("Bestand"), scope_ids=[1], limit=10),
        lambda: index.count(),
        lambda: index.update([entry(1, "Bestand")]),
    ):
        with pytest.raises(Unavailable, match="eakte reindex"):
            attempt()
    assert index.rebuild([entry(1, "Bestand")]) == 1
    assert found(index, "Bestand") == [1]
    assert len(list(folder.glob("generation-*"))) == 1


def test_readers_follow_an_index_made_anew_in_the_same_place(engine: str, folder: Path) -> None:
    index = open_index(engine, folder)
    assert len(found(index, "Bestand")) == 10
    shutil.rmtree(folder)
    open_index(engine, folder).rebuild([entry(1, "Bestand")])
    assert found(index, "Bestand") == [1]


def test_an_engine_does_not_touch_the_index_of_another(tmp_path: Path) -> None:
    first, second = (open_index(engine, tmp_path) for engine in ENGINES)
    first.rebuild([entry(1, "Bestand")])
    with pytest.raises(Unavailable, match="eakte reindex"):
        found(second, "Bestand")
    assert second.rebuild([entry(1, "Bestand"), entry(2, "Bestand")]) == 2
    assert sorted(found(second, "Bestand")) == [1, 2]


def test_every_index_is_a_search_index(engine: str, tmp_path: Path) -> None:
    index: SearchIndex = ENGINES[engine](tmp_path)
    assert index.rebuild([]) == 0
