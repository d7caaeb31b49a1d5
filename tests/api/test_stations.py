"""Over the API and the command line: how far stacks are, and the day's protocol."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.command_line import app
from eakte.clock import today
from eakte.jobs import JobKind
from tests.api.city import API, City, city_like, deliver, told
from tests.api.paper import text_pdf
from tests.api.test_quarantine import environment

LETTER = text_pdf("Guten Tag", "Seite zwei")


@pytest.fixture(scope="module")
def delivered(city_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two stacks of one station, one of another; looked at and split, not read. Nobody changes them."""
    with city_like(city_template, tmp_path_factory.mktemp("stations") / "data") as city:
        _deliver(city)
        yield city


def _deliver(city: City) -> None:
    station = city.client("scan-1")
    told(deliver(station, LETTER, b"no paper", batch_id="=1+1", expected_sheets=5), 201)
    told(deliver(station, text_pdf("Noch einer"), batch_id="2"), 201)
    told(deliver(city.client("scan-2"), LETTER, station="scan-2", batch_id="1"), 201)
    city.work_off(frozenset({JobKind.WORK_SCAN_BATCH}))


def test_a_list_of_stacks_tells_counts_and_only_ones_own(delivered: City) -> None:
    lines = told(delivered.client("nina").get(f"{API}/scan-batches", params={"day": today().isoformat()}))["items"]

    assert [(line["station"], line["batch_id"]) for line in lines] == [("scan-1", "2"), ("scan-1", "=1+1")]
    assert lines[1]["counts"] == {
        "files": 2, "pages": 2, "sheets": 2, "documents": 2, "filed": 0, "waiting": 1, "failed": 1, "sorted_out": 0,
        "pending": 0, "read": 0, "reading": 1,
    }  # fmt: skip
    yesterday = {"day": (today() - timedelta(days=1)).isoformat()}
    assert told(delivered.client("nina").get(f"{API}/scan-batches", params=yesterday))["items"] == []
    assert told(delivered.client("nina").get(f"{API}/scan-batches", params={"station": "scan-2"}))["items"] == []
    assert told(delivered.client("lisa").get(f"{API}/scan-batches"))["items"] == []


def test_the_list_of_stacks_comes_in_pages(delivered: City) -> None:
    station = delivered.client("scan-1")
    first = told(station.get(f"{API}/scan-batches", params={"limit": 1}))

    rest = told(station.get(f"{API}/scan-batches", params={"limit": 1, "cursor": first["next_cursor"]}))

    assert [line["batch_id"] for line in first["items"] + rest["items"]] == ["2", "=1+1"]
    assert rest["next_cursor"] is None


def test_the_days_protocol_names_files_hashes_operator_and_what_does_not_add_up(delivered: City) -> None:
    protocol = told(delivered.client("scan-1").get(f"{API}/stations/scan-1/protocol"))

    assert (protocol["station"], protocol["name"], protocol["day"]) == ("scan-1", "Poststelle", today().isoformat())
    assert (protocol["total"]["files"], protocol["total"]["documents"], protocol["total"]["failed"]) == (3, 3, 1)
    first, second = protocol["stacks"]
    assert first["files"][0]["sha256"] == hashlib.sha256(LETTER).hexdigest()
    assert first["files"][1]["refused"]
    assert first["operator"] == "op-7"
    assert first["anomalies"][0] == "Gezählt wurden 5 Blätter, gescannt 2."
    assert second["anomalies"] == []
    for stranger in ("otto", "lisa", "scan-2", "adam"):
        assert delivered.client(stranger).get(f"{API}/stations/scan-1/protocol").status_code == 404


def test_the_protocol_as_csv_has_a_line_for_each_file_and_no_formula(delivered: City) -> None:
    response = delivered.client("nina").get(f"{API}/stations/scan-1/protocol", params={"format": "csv"})

    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff")), delimiter=";"))
    assert [(row["Stapel"], row["Datei"], row["Seiten"]) for row in rows] == [
        ("'=1+1", "scan-0.pdf", "2"), ("'=1+1", "scan-1.pdf", ""), ("2", "scan-0.pdf", "1"),
    ]  # fmt: skip


def test_on_the_machine_itself_stacks_tell_counts_and_no_titles(delivered: City) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["batches", *arguments], env=environment(delivered))
        assert result.exit_code == 0, result.output
        return result.stdout

    everything = run("--day", today().isoformat())
    assert len(everything.splitlines()) == 3
    assert "2 Dateien, 2 Blätter, 2 Dokumente: 0 abgelegt, 1 warten, 1 in Quarantäne" in everything
    one = run("=1+1").splitlines()
    assert one[1].split() == ["inbox", "[Datei", "1", "Seite", "1,", "Datei", "1", "Seite", "2]"]
    assert run(one[0].split()[0]).splitlines() == one
    missing = CliRunner().invoke(app, ["batches", "gibt-es-nicht"], env=environment(delivered))
    assert missing.exit_code == 1


def test_following_ends_when_nothing_more_happens_by_itself(city: City) -> None:
    told(deliver(city.client("scan-1"), b"no paper"), 201)
    city.work_off(frozenset({JobKind.WORK_SCAN_BATCH}))

    result = CliRunner().invoke(app, ["batches", "stapel-1", "--follow"], env=environment(city))

    assert (result.exit_code, "1 in Quarantäne" in result.stdout) == (0, True)
