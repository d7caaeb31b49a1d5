"""The house rules that no reviewer should have to watch: which way imports go, and how large a file may be."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PARTS = ("eakte", "storage", "ocr", "api")
MAX_LINES = 400
LONGER_ON_PURPOSE: dict[str, str] = {}
"""Path to the reason why this file may be longer; a file that got shorter must leave the list."""

OURS = (*PARTS, "tests", "benchmarks", "tools", "docs", ".ci")
MADE_BY_ALEMBIC = PROJECT / "storage" / "migrations" / "versions"
WRITTEN_BY_HAND = {".py", ".html", ".css", ".js", ".sh", ".md", ".yaml", ".yml", ".mako", ""}


def our_files() -> Iterator[Path]:
    """Everything people of this project write and read, without what tools generate."""
    for folder in OURS:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix not in WRITTEN_BY_HAND or "__pycache__" in path.parts or path.parent == MADE_BY_ALEMBIC:
                continue
            if path.is_file():
                yield path
    yield from (path for path in PROJECT.iterdir() if path.is_file() and path.suffix in {".md", ".yml"})


def test_imports_go_one_way() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_file_hides_a_second_subject() -> None:
    lengths = {
        path.relative_to(PROJECT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in our_files()
    }
    too_long = {path: lines for path, lines in lengths.items() if lines > MAX_LINES}

    assert set(too_long) == set(LONGER_ON_PURPOSE), f"more than {MAX_LINES} lines: {too_long}"


@pytest.mark.parametrize("part", PARTS)
def test_every_part_says_what_it_is(part: str) -> None:
    assert (PROJECT / part / "__init__.py").read_text(encoding="utf-8").startswith('"""')


OPENING_FILES = {
    "eakte/virus_checks.py": "the way to everything that came from outside: scanned first, where that is due",
    "eakte/scan_origins.py": "cuts anew what was looked at when it came in",
    "eakte/archive_copies.py": "the searchable PDF that was made here of what was scanned first",
    "eakte/letters.py": "templates, which whoever runs the application has put in",
}


def test_there_is_one_way_to_open_what_came_from_outside() -> None:
    opening = {
        path.relative_to(PROJECT).as_posix()
        for folder in ("eakte", "api")
        for path in (PROJECT / folder).rglob("*.py")
        if ".local_path(" in path.read_text(encoding="utf-8")
    }

    assert opening == set(OPENING_FILES)


def test_nothing_is_named_for_having_no_subject() -> None:
    shapeless = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}

    assert [path for path in our_files() if path.stem in shapeless] == []
