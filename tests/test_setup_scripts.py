"""What a newcomer meets first: the scripts behind `make setup`, on machines that lack something."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
NEEDED_TO_RUN = {
    "tesseract-ocr", "tesseract-ocr-deu", "ghostscript", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0",
}  # fmt: skip


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT / "tools" / script, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def machine(folder: Path, programs: Mapping[str, str]) -> str:
    """A PATH on which these programs, given as shell lines, stand before the real ones."""
    for name, lines in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_without_root_the_missing_packages_are_listed_and_nothing_is_installed(tmp_path: Path) -> None:
    path = machine(
        tmp_path,
        {
            "id": "echo 1000",
            "sudo": "exit 1",
            "dpkg-query": "echo 'ii  tesseract-ocr'; echo 'rc  fonts-liberation'; exit 1",
            "apt-get": f"touch {tmp_path}/installed",
        },
    )

    answer = run("setup-system", PATH=path)

    command = next(line for line in answer.stderr.splitlines() if "apt-get install" in line).split()
    assert answer.returncode == 1
    assert set(command) >= (NEEDED_TO_RUN - {"tesseract-ocr"}) | {"fonts-liberation", "python3-venv"}
    assert "tesseract-ocr" not in command
    assert not (tmp_path / "installed").exists()


def test_as_root_only_what_is_missing_is_installed(tmp_path: Path) -> None:
    others = {"python3-venv", "poppler-utils", "fonts-dejavu-core"}
    present = "\n".join(f"echo 'ii  {name}'" for name in NEEDED_TO_RUN | others)
    path = machine(tmp_path, {"id": "echo 0", "dpkg-query": present, "apt-get": f'echo "$@" >> {tmp_path}/calls'})

    answer = run("setup-system", PATH=path)

    update, install = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert answer.returncode == 0
    assert update.endswith("update")
    assert install.endswith("install --yes --no-install-recommends fonts-liberation")


def test_a_failing_installation_says_why_and_fails(tmp_path: Path) -> None:
    path = machine(
        tmp_path, {"id": "echo 0", "dpkg-query": "exit 1", "apt-get": "echo 'E: no room on the disk'; exit 100"}
    )

    answer = run("setup-system", PATH=path)

    assert answer.returncode != 0
    assert "no room on the disk" in answer.stderr


def test_another_distribution_is_told_what_to_install(tmp_path: Path) -> None:
    for name in ("bash", "sort", "tr", "cat"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")

    answer = run("setup-system", PATH=str(tmp_path))

    assert answer.returncode == 1
    assert "tesseract-ocr-deu" in answer.stderr
    assert run("setup-system", PATH=str(tmp_path), SKIP_SYSTEM="1").returncode == 0


def test_an_unknown_group_is_refused() -> None:
    answer = run("setup-system", "everything")

    assert answer.returncode == 2
    assert "everything" in answer.stderr


@pytest.mark.parametrize(("group", "part_of"), [("runtime", "base"), ("base", "services")])
def test_each_group_contains_the_one_before(group: str, part_of: str) -> None:
    smaller, larger = (set(run("setup-system", "--list", name).stdout.split()) for name in (group, part_of))

    assert NEEDED_TO_RUN <= smaller < larger


def test_an_old_python_is_named_with_the_remedy(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "tools").mkdir(parents=True)
    script = (PROJECT / "tools" / "setup-python").read_text(encoding="utf-8")
    (checkout / "tools" / "setup-python").write_text(
        script.replace("/usr/bin/python3 ", f"{tmp_path}/python3 "), encoding="utf-8"
    )
    for name in ("requirements-dev.lock", "pyproject.toml"):
        (checkout / name).write_bytes((PROJECT / name).read_bytes())

    answer = subprocess.run(
        ["bash", checkout / "tools" / "setup-python"],
        env=os.environ | {"PATH": machine(tmp_path, {"python3": "exit 1"})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert answer.returncode == 1
    assert "3.11" in answer.stderr
    assert "apt-get install python3" in answer.stderr
