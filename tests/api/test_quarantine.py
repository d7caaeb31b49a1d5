"""Over the API and the command line: the virus scanner at every door, the quarantine, the queue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.command_line import app
from eakte.jobs import JobKind
from tests.api.city import API, City, attach, city_like, deliver, open_case_file, told
from tests.api.paper import text_pdf
from tests.clamd_server import SIGNATURE, ClamdServer, clamd_server

INFECTED = text_pdf("Rechnung") + SIGNATURE
LOOKING = frozenset({JobKind.WORK_SCAN_BATCH, JobKind.READ_VERSION})


@pytest.fixture
def socket_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="eakte-") as folder:
        yield Path(folder, "clamd")


@pytest.fixture
def clamd(socket_path: Path) -> Iterator[ClamdServer]:
    with clamd_server(socket_path) as server:
        yield server


@pytest.fixture
def scanning(city_template: Path, tmp_path: Path, socket_path: Path) -> Iterator[City]:
    """A city whose files are scanned, whether or not somebody listens there."""
    with city_like(city_template, tmp_path / "data", clamd=str(socket_path)) as city:
        city.service.prepare()
        yield city


def look(city: City) -> None:
    """Look at what came in; nobody reads it yet."""
    city.work_off(LOOKING)


def held(city: City, name: str) -> list[dict[str, Any]]:
    return list(told(city.client(name).get(f"{API}/quarantine"))["items"])


def test_through_every_door_what_is_infected_is_held_back_and_what_is_clean_goes_on(
    scanning: City, clamd: ClamdServer
) -> None:
    km, station = scanning.client("km-personal"), scanning.client("scan-1")
    case_file = open_case_file(km)
    attached = told(attach(km, case_file["id"], INFECTED), 201)
    clean = told(attach(km, case_file["id"], text_pdf("Guten Tag"), external_id="gut"), 201)
    version = told(km.post(f"{API}/documents/{clean['id']}/versions", files={"file": ("b.pdf", INFECTED)}), 201)
    batch = told(deliver(station, INFECTED), 201)
    assert km.get(f"{API}/documents/{attached['id']}/content").status_code == 409, "not scanned yet"

    look(scanning)

    refusal = km.get(f"{API}/documents/{attached['id']}/content")
    assert (refusal.status_code, "Quarantäne" in told(refusal, 403)["detail"]) == (403, True)
    content = f"{API}/documents/{clean['id']}/content"
    assert (km.get(content).status_code, version["number"]) == (403, 2)
    assert km.get(content, params={"version": 1}).status_code == 200
    counts = told(station.get(f"{API}/scan-batches/{batch['id']}"))["counts"]
    assert (counts["documents"], counts["failed"], counts["filed"]) == (1, 1, 0)
    assert {one["cause"] for one in held(scanning, "adam")} == {"infected"}
    assert len(held(scanning, "adam")) == 3
    assert clamd.scanned.count(INFECTED) == 1, "the same bytes are scanned once"


def test_an_administrator_learns_neither_title_nor_name_and_releases_with_a_reason(
    scanning: City, clamd: ClamdServer
) -> None:
    km, adam = scanning.client("km-personal"), scanning.client("adam")
    document = told(attach(km, open_case_file(km)["id"], INFECTED), 201)
    look(scanning)
    (entry,) = held(scanning, "adam")
    assert (entry["document_id"], entry["title"], entry["file_name"], entry["size_bytes"]) == (None,) * 4
    assert entry["may"] == ["retry", "release", "withdraw"]
    path = f"{API}/quarantine/{entry['id']}"
    assert km.post(f"{path}/release", json={"reason": "harmlos"}).status_code == 403
    assert [field["pointer"] for field in told(adam.post(f"{path}/release", json={}), 422)["errors"]] == ["/reason"]
    assert adam.post(f"{path}/release", json={"reason": "x"}, headers={"If-Match": '"alt"'}).status_code == 412

    released = told(adam.post(f"{path}/release", json={"reason": "Fehlalarm"}))

    assert (released["state"], released["done_reason"], released["may"]) == ("released", "Fehlalarm", [])
    assert km.get(f"{API}/documents/{document['id']}/content").content == INFECTED
    assert told(km.get(f"{API}/documents/{document['id']}"))["status"] == "ready"
    assert told(adam.post(f"{path}/retry"), 409)["detail"].startswith("Diese Datei wurde inzwischen von Adam Admin")
    assert adam.post(f"{path}/withdraw", json={"reason": "doch nicht"}).status_code == 409
    assert scanning.client("otto").get(path).status_code == 404


def test_while_clamd_is_away_everything_waits_and_is_told_and_then_goes_on(scanning: City, socket_path: Path) -> None:
    km = scanning.client("km-personal")
    document = told(attach(km, open_case_file(km)["id"], text_pdf("Guten Tag")), 201)
    scanning.work_off(LOOKING)

    ready = told(scanning.client().get("/readyz"))
    assert ready["status"] == "waiting"
    assert "antwortet nicht" in ready["checks"]["virus_scanner"]
    assert "eakte_virus_scanner_up 0" in scanning.client().get("/metrics").text
    assert told(km.get(f"{API}/documents/{document['id']}"))["status"] == "received"
    queue = CliRunner().invoke(app, ["queue"], env=environment(scanning)).stdout
    assert "Versuch 0: Der Virenscanner" in queue

    with clamd_server(socket_path):
        job_id = queue.splitlines()[-1].split()[2]
        jobs = CliRunner().invoke(app, ["queue", "retry", job_id], env=environment(scanning))
        look(scanning)
        assert told(scanning.client().get("/readyz"))["status"] == "ok"

    assert jobs.stdout == "1 Aufträge werden noch einmal versucht.\n"
    assert told(km.get(f"{API}/documents/{document['id']}"))["status"] == "reading"


def environment(city: City) -> dict[str, str]:
    """The settings of commands that work on the city's data."""
    return {"EAKTE_DATA_DIR": str(city.data_dir), "EAKTE_DATABASE__URL": str(city.service.database.url)}


def test_the_mail_room_tries_again_and_sorts_out_over_the_api(city: City) -> None:
    nina = city.client("nina")
    batch = told(deliver(city.client("scan-1"), b"no paper"), 201)
    look(city)
    (entry,) = held(city, "nina")
    assert (entry["batch"]["id"], entry["file_name"], entry["tries"]) == (batch["id"], "scan-0.pdf", 1)

    again = told(nina.post(f"{API}/quarantine/{entry['id']}/retry"))
    assert (again["state"], again["tries"], again["may"]) == ("retrying", 2, ["release", "withdraw"])
    look(city)
    assert held(city, "nina")[0]["state"] == "held"
    gone = nina.post(f"{API}/quarantine/{entry['id']}/withdraw", json={"reason": "Testdatei"})

    assert gone.status_code == 204
    assert held(city, "nina") == held(city, "adam") == []
    counts = told(nina.get(f"{API}/scan-batches/{batch['id']}"))["counts"]
    assert (counts["failed"], counts["sorted_out"]) == (0, 1)


def test_the_list_comes_in_pages(city: City) -> None:
    for number in range(3):
        told(deliver(city.client("scan-1"), b"no paper %d" % number, batch_id=str(number)), 201)
    look(city)
    first = told(city.client("nina").get(f"{API}/quarantine", params={"limit": 2}))

    rest = told(city.client("nina").get(f"{API}/quarantine", params={"limit": 2, "cursor": first["next_cursor"]}))

    assert [one["batch"]["batch_id"] for one in first["items"] + rest["items"]] == ["0", "1", "2"]
    assert rest["next_cursor"] is None


def test_on_the_machine_itself_one_lists_retries_releases_and_sorts_out(city: City) -> None:
    for number in range(2):
        told(deliver(city.client("scan-1"), b"no paper %d" % number, batch_id=f"Stapel-{number}"), 201)
    look(city)
    first, second = (entry["id"] for entry in held(city, "nina"))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["quarantine", *arguments], env=environment(city))
        assert result.exit_code == 0, result.output
        return result.stdout

    assert f"{first} unreadable" in run("list")
    assert "1x Stapel Stapel-0 (scan-1)" in run("list")
    assert run("retry", first) == "1 Dateien werden noch einmal gelesen.\n"
    assert run("release", first, "--reason", "liegt auf Papier vor") == "Freigegeben.\n"
    assert run("withdraw", second, "--reason", "Test") == "Aussortiert.\n"
    assert run("list") == "Nichts ist in Quarantäne.\n"
    refused = CliRunner().invoke(app, ["quarantine", "retry", first], env=environment(city))
    assert (refused.exit_code, "inzwischen freigegeben" in refused.stderr) == (1, True)


def test_scanning_is_switched_off_by_a_word_and_not_by_a_missing_setting(scanning: City) -> None:
    forgetful = environment(scanning) | {"EAKTE_CLAMD": ""}
    km = scanning.client("km-personal")
    document = told(attach(km, open_case_file(km)["id"], text_pdf("Guten Tag")), 201)
    assert CliRunner().invoke(app, ["queue"], env=forgetful).exit_code == 0
    assert km.get(f"{API}/documents/{document['id']}/content").status_code == 409

    assert CliRunner().invoke(app, ["queue"], env=forgetful | {"EAKTE_CLAMD": "off"}).exit_code == 0

    assert km.get(f"{API}/documents/{document['id']}/content").status_code == 200
    wrong = CliRunner().invoke(app, ["queue"], env=forgetful | {"EAKTE_CLAMD": "irgendwo"})
    assert (wrong.exit_code, "EAKTE_CLAMD" in wrong.stderr) == (1, True)
