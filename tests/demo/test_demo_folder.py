"""The demo empties its own folder and no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api.demo.folder import MARK, clean_folder, note
from eakte.errors import Conflict


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("there", [True, False], ids=["empty", "not there yet"])
def test_an_empty_folder_becomes_the_demos_own(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "deep" / "demo"
    if there:
        folder.mkdir(parents=True)

    with clean_folder(folder):
        assert contents(folder) == {MARK}


def test_a_second_run_starts_clean(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with clean_folder(folder):
        (folder / "blobs" / "ab").mkdir(parents=True)
        (folder / "blobs" / "ab" / "cd").write_bytes(b"left over")
        (folder / "eakte.sqlite3").write_bytes(b"left over")

    with clean_folder(folder):
        assert contents(folder) == {MARK}


def test_what_a_link_points_to_is_not_emptied(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("stays")
    folder = tmp_path / "demo"
    with clean_folder(folder):
        (folder / "link").symlink_to(elsewhere)

    with clean_folder(folder):
        assert contents(folder) == {MARK}
    assert contents(elsewhere) == {"precious"}


@pytest.mark.parametrize("name", ["eakte.sqlite3", ".hidden", MARK + ".txt"])
def test_a_folder_of_somebody_else_stays_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")

    with pytest.raises(Conflict, match="EAKTE_DATA_DIR"), clean_folder(tmp_path):
        pytest.fail("the folder was taken")
    assert contents(tmp_path) == {name}


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("precious")

    with pytest.raises(Conflict, match="kein Ordner"), clean_folder(tmp_path / "demo"):
        pytest.fail("the folder was taken")


def test_two_demos_do_not_share_a_folder_and_the_second_is_told_where_the_first_is(tmp_path: Path) -> None:
    with clean_folder(tmp_path) as mark:
        note(mark, "http://127.0.0.1:8123")
        (tmp_path / "eakte.sqlite3").write_bytes(b"in use")

        with pytest.raises(Conflict, match=r"127\.0\.0\.1:8123"), clean_folder(tmp_path):
            pytest.fail("the folder was taken twice")
        assert (tmp_path / "eakte.sqlite3").exists()


def test_a_server_that_outlives_its_demo_keeps_the_folder(tmp_path: Path) -> None:
    with clean_folder(tmp_path) as mark:
        inherited = os.dup(mark)
    try:
        with pytest.raises(Conflict, match="läuft schon"), clean_folder(tmp_path):
            pytest.fail("the folder was taken twice")
    finally:
        os.close(inherited)
