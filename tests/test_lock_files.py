"""The locks say exactly what is installed: each package pinned with hashes, from wherever pip is told to look."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)", re.IGNORECASE)


def requirements(lock: str) -> dict[str, str]:
    """Each requirement of a lock: its name and its whole entry, options included."""
    joined = re.sub(r"\\\n\s*", " ", (PROJECT / lock).read_text(encoding="utf-8"))
    entries = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {re.split(r"[=\s;\[]", entry, maxsplit=1)[0].lower(): entry for entry in entries}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    entries = requirements(lock)

    assert len(entries) > 20
    for entry in entries.values():
        assert PINNED.match(entry), f"not pinned: {entry[:80]}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), f"no hash: {entry[:80]}"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_place_to_download_from(lock: str) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")

    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)\b", text, re.MULTILINE)


def test_the_tests_run_with_the_versions_the_service_runs_with() -> None:
    service, development = requirements("requirements.lock"), requirements("requirements-dev.lock")

    for name, entry in service.items():
        assert PINNED.match(development[name])[0] == PINNED.match(entry)[0]  # type: ignore[index]


def test_every_dependency_that_is_declared_is_locked() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = {
        "requirements.lock": [*project["dependencies"], *extras["build"]],
        "requirements-dev.lock": [*project["dependencies"], *extras["build"], *extras["dev"]],
    }

    for lock, names in declared.items():
        locked = requirements(lock)
        missing = [name for name in names if re.split(r"[\s\[<>=!~;]", name)[0].lower() not in locked]
        assert missing == [], f"run tools/lock: {lock} lacks {missing}"
