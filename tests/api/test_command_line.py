"""The command line: the same words as everywhere else, clear exit codes, machine-readable where machines read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.command_line import app
from api.service import Service
from eakte import sign_in
from eakte.settings import Settings
from storage.database import Database
from storage.migration import differences
from tests.api.city import API, ORGANISATION, City, attach, deliver, open_case_file, told
from tests.api.paper import text_pdf

COMMANDS = (
    "serve",
    "worker",
    "apply",
    "password",
    "token",
    "ingest",
    "watch",
    "reindex",
    "check",
    "explain",
    "batches",
    "queue",
    "quarantine",
    "demo",
)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that does not exist yet, as the commands' setting."""
    folder = tmp_path / "däta ordner"
    monkeypatch.setenv("EAKTE_DATA_DIR", str(folder))
    monkeypatch.delenv("EAKTE_DEMO", raising=False)
    return folder


@pytest.fixture
def set_up(data_dir: Path, city_template: Path) -> Path:
    """A data folder with the city in it."""
    shutil.copytree(city_template, data_dir)
    return data_dir


def run(*arguments: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Result:
    """A command in this process; what it does not catch is raised here."""
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], input=stdin, env=env, catch_exceptions=False
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_touches_nothing(data_dir: Path, command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    assert not data_dir.exists()


def test_the_program_lists_its_commands() -> None:
    assert run("--help").exit_code == 0
    assert run().exit_code == 2
    assert all(command in run("--help").stdout for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nix"],
        ["check", "--nix"],
        ["apply"],
        ["apply", "gibt-es-nicht.yaml"],
        ["apply", "."],
        ["token"],
        ["password"],
        ["ingest", "--station", "scan-1"],
        ["ingest", "pyproject.toml"],
        ["serve", "--port", "x"],
        ["worker", "--role", "chef"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_touches_nothing(data_dir: Path, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [(["check"], 0), (["reindex"], 0), (["jobs"], 0), (["token", "wer"], 1), (["password", "wer", "--stdin"], 1)],
)
def test_every_command_creates_the_database_first(data_dir: Path, arguments: list[str], exit_code: int) -> None:
    assert run(*arguments, stdin="geheimes-Wort\n").exit_code == exit_code

    database = Database(f"sqlite:///{data_dir / 'eakte.sqlite3'}")
    assert differences(database) == []
    database.close()


def test_apply_is_repeatable_and_shows_what_changes(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "Örganisation.yaml"
    file.write_text(ORGANISATION, "utf-8")

    dry = run("apply", file, "--dry-run")
    first = run("apply", file)
    second = run("apply", file)
    file.write_text(ORGANISATION.replace("Änne Ärmel", "'Änne [bold]Öhr[/]'"), "utf-8")
    third = run("apply", file)

    assert (dry.exit_code, first.exit_code, second.exit_code, third.exit_code) == (0, 0, 0, 0)
    assert "(nur gezeigt)" in dry.stdout
    effects = [line for line in dry.stdout.splitlines() if line[:2] in ("> ", "< ")]
    assert "> Änne Ärmel (anna) gewinnt: Lesen, Ablegen, Bearbeiten, Abschließen, Freigeben – Aktenplan 11" in effects
    foreseen = [line for line in dry.stdout.splitlines() if line not in effects]
    assert "\n".join(foreseen).replace(" (nur gezeigt)", "") + "\n" == first.stdout
    assert all(line[:2] in ("+ ", "~ ", "- ") for line in first.stdout.splitlines()[:-1])
    assert second.stdout == "Keine Änderung.\n"
    assert len(third.stdout.splitlines()) == 2
    assert "[bold]Öhr[/]" in third.stdout


def test_explain_tells_every_right_with_its_origin_or_what_takes_it(set_up: Path) -> None:
    city = City(set_up)
    case_file = open_case_file(city.client("anna"))
    path = f"{API}/case-files/{case_file['id']}/exclusions"
    told(city.client("anna").post(path, json={"person": "lisa", "reason": "Nichte"}), 201)
    city.close()
    spelled = case_file["reference"].replace("/", "-")

    anna, lisa = run("explain", "anna", spelled), run("explain", "lisa", spelled)
    everybody = run("explain", "-", f"case:{case_file['reference']}")

    assert "Rechte: Lesen, Ablegen, Bearbeiten, Abschließen, Freigeben" in anna.stdout
    assert "auf Aktenplan 11 für Personal; gehört zu Personal; Organisationsdatei" in anna.stdout
    assert "Rechte: keine" in lisa.stdout
    assert "selbst" not in lisa.stdout
    assert "ausgeschlossen" in lisa.stdout
    assert "Nichte" in lisa.stdout
    assert "Anni Amt (anni, Personal)" in everybody.stdout
    assert "lisa" not in everybody.stdout
    assert "Größmann" not in anna.stdout + lisa.stdout + everybody.stdout


@pytest.mark.parametrize(
    ("person", "thing"), [("geist", "plan:11"), ("anna", "11.20/2026/99999"), ("scan-1", "plan:11")]
)
def test_explain_names_what_there_is_not(set_up: Path, person: str, thing: str) -> None:
    result = run("explain", person, thing)

    assert result.exit_code == 1
    assert result.stderr.startswith("Fehler: ")


def test_apply_dry_run_leaves_nothing(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "organisation.yaml"
    file.write_text(ORGANISATION, "utf-8")
    run("check")
    before = sorted(path.relative_to(data_dir) for path in (data_dir / "blobs").rglob("*"))

    run("apply", file, "--dry-run")

    assert run("token", "scan-1").exit_code == 1
    assert sorted(path.relative_to(data_dir) for path in (data_dir / "blobs").rglob("*")) == before


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("units:\n  - {id: A, name: A}\n  - {id: A, name: B}\n", 3),
        ("units:\n  - {id: A}\n", 2),
        ("units: [\n", None),
        ("a: b: c\n", 1),
        ("people:\n  - {id: x, name: X, units: [NIX]}\n", 2),
        ("units: []\nfarben: []\n", 2),
        ("\tunits: []\n", 1),
    ],
)
def test_a_wrong_file_is_refused_with_its_lines(data_dir: Path, tmp_path: Path, source: str, line: int | None) -> None:
    file = tmp_path / "organisation.yaml"
    file.write_text(source, "utf-8")

    result = run("apply", file)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Fehler: ")
    assert "Zeile" in result.stderr
    assert line is None or f"Zeile {line}" in result.stderr


def test_a_file_that_is_no_text_is_refused(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "organisation.yaml"
    file.write_bytes("units: [{id: Ä}]".encode("latin-1"))

    result = run("apply", file)

    assert result.exit_code == 1
    assert "UTF-8" in result.stderr


def test_token_prints_the_token_alone(set_up: Path) -> None:
    result = run("token", "km-personal")

    assert result.exit_code == 0
    assert result.stderr == ""
    token = result.stdout.rstrip("\n")
    assert len(token) > 30
    assert token.isascii()
    assert token.split() == [token]
    service = Service(Settings())
    with service.database.reading() as session:
        row = sign_in.principal_for_token(session, token)
        assert row.principal_id == "km-personal"
        assert round((row.expires_at - row.created_at).total_seconds()) == 24 * 3600
    service.close()


def test_people_get_tokens_only_in_the_demo(set_up: Path) -> None:
    refused = run("token", "anna")
    shown = run("token", "anna", env={"EAKTE_DEMO": "1"})

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "EAKTE_DEMO=1" in refused.stderr
    assert shown.exit_code == 0
    assert run("token", "scan-1").exit_code == 0


@pytest.mark.parametrize("name", ["wer", "", "[/red]", "Ä" * 200, "a b"])
def test_an_unknown_name_is_said_so(set_up: Path, name: str) -> None:
    for arguments in (["token", name], ["password", name, "--stdin"]):
        result = run(*arguments, stdin="geheimes-Wort\n")
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"„{name}“" in result.stderr


def test_a_password_is_read_from_standard_input(set_up: Path) -> None:
    assert run("password", "lisa", "--stdin", stdin="größer-als-8\r\nzweite Zeile\n").exit_code == 0
    too_short = run("password", "lisa", "--stdin", stdin="kurz\n")

    assert too_short.exit_code == 1
    assert "8" in too_short.stderr
    service = Service(Settings())
    with service.database.writing() as session:
        assert sign_in.check_secret(session, "lisa", "größer-als-8").id == "lisa"
    service.close()


def test_a_password_typed_twice_differently_is_asked_again(set_up: Path) -> None:
    typed = "erstes-Wort\nzweites-Wort\ndrittes-Wort\ndrittes-Wort\n"

    result = run("password", "lisa", stdin=typed)

    assert result.exit_code == 0
    assert "Wort" not in result.stdout


def test_ingest_delivers_and_works_the_stack(set_up: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "Größe [b].pdf", tmp_path / "kaputt.pdf"
    good.write_bytes(text_pdf("Ein Brief ohne Code"))
    bad.write_bytes(b"Unsinn")

    first = run("ingest", good, bad, "--station", "scan-1")
    second = run("ingest", good, bad, "--station", "scan-1")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "angenommen" in first.stdout
    assert [line.split()[0] for line in first.stdout.splitlines()[1:]] == ["inbox", "quarantined"]
    assert "waren schon da" in second.stdout
    assert second.stdout.splitlines()[1:] == first.stdout.splitlines()[1:]
    for station in ("anna", "km-personal", "wer"):
        assert run("ingest", good, "--station", station).exit_code == 1
    assert run("ingest", bad, "--station", "scan-1", "--batch-id", "7").exit_code == 0
    assert run("ingest", good, "--station", "scan-1", "--batch-id", "7").exit_code == 1


def test_watch_once_tells_by_its_exit_code_whether_all_came_in(set_up: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "scan.pdf").write_bytes(text_pdf("Ein Brief ohne Code"))
    options = (folder, "--once", "--settle", "0")

    came = run("watch", *options, "--station", "scan-1")
    again = run("watch", *options, "--station", "scan-1", "--delete")
    (folder / "brief.docx").write_bytes(b"Text")
    left = run("watch", *options, "--station", "scan-1")
    unknown = run("watch", *options, "--station", "wer")

    assert (came.exit_code, again.exit_code, left.exit_code, unknown.exit_code) == (0, 0, 1, 1)
    assert "angenommen" in came.stdout
    assert "kein PDF" in left.stdout
    assert unknown.stderr.startswith("Fehler: ")


def test_check_finds_damage_and_names_it_on_one_line(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAKTE_DATA_DIR", str(city.data_dir))
    monkeypatch.setenv("EAKTE_DATABASE__URL", str(city.service.database.url))
    client = city.client("anna")
    case_file = open_case_file(client)
    hashes = [told(attach(client, case_file["id"], content), 201)["sha256"] for content in (b"eins", b"zwei", b"drei")]
    attach(client, case_file["id"], b"")
    whole = run("check")
    blobs = [city.data_dir / "blobs" / name[:2] / name[2:4] / name for name in hashes]
    blobs[0].unlink()
    blobs[1].chmod(0o600)
    blobs[1].write_bytes(b"zwEi")

    damaged = run("check")

    assert whole.exit_code == 0, whole.stdout
    assert "Hinweis: Datei ohne Datensatz" in whole.stdout
    assert damaged.exit_code == 1
    faults = [line for line in damaged.stdout.splitlines() if line.startswith("FEHLER")]
    assert sorted(fault[-65:-1] for fault in faults) == sorted(hashes[:2])
    assert "2 Fehler gefunden." in damaged.stdout


def test_reindex_makes_everything_found_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAKTE_DATA_DIR", str(city.data_dir))
    monkeypatch.setenv("EAKTE_DATABASE__URL", str(city.service.database.url))
    client = city.client("anna")
    open_case_file(client, title="Akte Öhrchen")
    search = {"q": "oehrchen"}
    assert told(client.get(f"{API}/search", params=search))["items"] == []

    result = run("reindex")

    assert (result.exit_code, result.stdout) == (0, "1 Einträge im Volltextindex.\n")
    assert len(told(client.get(f"{API}/search", params=search))["items"]) == 1


def test_an_empty_queue_is_told_in_words(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAKTE_DATA_DIR", str(city.data_dir))
    monkeypatch.setenv("EAKTE_DATABASE__URL", str(city.service.database.url))

    assert run("queue").stdout == "Nichts wartet, nichts läuft, nichts ist gescheitert.\n"
    assert run("jobs").stdout == run("queue").stdout


def test_jobs_tells_what_is_to_do(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EAKTE_DATA_DIR", str(city.data_dir))
    monkeypatch.setenv("EAKTE_DATABASE__URL", str(city.service.database.url))
    told(deliver(city.client("scan-1"), b"x"), 201)

    result = run("jobs", "--retry")

    assert result.exit_code == 0
    assert "work_scan_batch" in result.stdout
    assert "0 Aufträge" in result.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EAKTE_DATA_DIR", "/proc/nirgends"),
        ("EAKTE_DATA_DIR", "/etc/passwd"),
        ("EAKTE_BLOBS__KIND", "schrank"),
        ("EAKTE_DATABASE__URL", "quatsch"),
        ("EAKTE_DATABASE__URL", "postgresql+psycopg://u:p@127.0.0.1:1/x"),
        ("EAKTE_READING__WORKERS", "0"),
    ],
)
def test_impossible_settings_are_told_without_a_traceback(data_dir: Path, name: str, value: str) -> None:
    result = run("check", env={name: value})

    assert result.exit_code == 1
    assert result.stderr.startswith("Fehler: ")


def test_the_real_program_keeps_its_streams_apart(set_up: Path) -> None:
    def eakte(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "api.command_line", *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ)

    token = eakte("token", "scan-1")
    assert (token.returncode, token.stderr, len(token.stdout.split())) == (0, "", 1)
    unknown = eakte("token", "Änne")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "Traceback" not in unknown.stderr
    assert "„Änne“" in unknown.stderr
